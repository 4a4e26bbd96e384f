package main

import "time"

// A Config is everything an operator decides, as plain data. A file, then the
// environment, are laid over DefaultConfig by LoadConfig; the adapters have
// their own configuration, made from this one when the program is wired.
//
// Times are written as 90s, 10m, 48h, 30d or 2w (a day is 24 hours, a week 7
// days). Secrets are never values: a key that ends in _file names the file that
// holds one.
type Config struct {
	PublicURL       string           `yaml:"public_url"`       // where citizens and agents reach the web listener
	InsecureHTTP    bool             `yaml:"insecure_http"`    // allow an http:// public_url that is not loopback
	HTTP            HTTPConfig       `yaml:"http"`             // the web listener
	Ops             OpsConfig        `yaml:"ops"`              // health, readiness, metrics, profiles
	Timezone        string           `yaml:"timezone"`         // IANA name; local days and promises count in it
	Languages       []string         `yaml:"languages"`        // of letters and pages, in the order menus show them
	DefaultLanguage string           `yaml:"default_language"` // when the citizen's is not known
	City            CityConfig       `yaml:"city"`
	Reference       ReferenceConfig  `yaml:"reference"`
	Database        DatabaseConfig   `yaml:"database"`
	Blobs           BlobsConfig      `yaml:"blobs"`
	Keys            KeysConfig       `yaml:"keys"`
	Channels        ChannelsConfig   `yaml:"channels"`
	Departments     []DepartmentItem `yaml:"departments"`     // entered at the first start, then kept in the database
	Categories      []CategoryItem   `yaml:"categories"`      // likewise
	DefaultProfile  string           `yaml:"default_profile"` // the promise of categories that name none
	Profiles        []ProfileItem    `yaml:"profiles"`
	Calendars       []CalendarItem   `yaml:"calendars"`
	Sessions        SessionsConfig   `yaml:"sessions"`
	Retention       RetentionConfig  `yaml:"retention"`
	Egress          EgressConfig     `yaml:"egress"`
	Limits          LimitsConfig     `yaml:"limits"`
	Log             LogConfig        `yaml:"log"`
}

// HTTPConfig is the listener of the web pages, the API and the webhooks.
type HTTPConfig struct {
	Listen         string   `yaml:"listen"`          // host:port
	TrustedProxies []string `yaml:"trusted_proxies"` // CIDR ranges whose X-Forwarded-For is believed
}

// OpsConfig is the listener of /healthz, /readyz, /metrics and profiles. It has
// no sign-in: keep it on loopback or behind a firewall.
type OpsConfig struct {
	Listen string `yaml:"listen"` // host:port; "" = none
}

// CityConfig is how the city presents itself to its citizens.
type CityConfig struct {
	Name    string        `yaml:"name"`    // in Latin script; Cyrillic is computed
	Phone   string        `yaml:"phone"`   // the free line, as printed in letters; "" = none
	Region  string        `yaml:"region"`  // ISO 3166 country of telephone numbers without one
	Colours ColoursConfig `yaml:"colours"` // of the city's marks on the pages
	Logo    string        `yaml:"logo"`    // file beside the name on the citizens' pages; "" = none
	Center  CenterConfig  `yaml:"center"`  // where the city lies
}

// CenterConfig says where a city lies and how far its districts may reach: an
// outline elsewhere is refused. A radius of 0 refuses none.
type CenterConfig struct {
	Lat      float64 `yaml:"lat"`
	Lon      float64 `yaml:"lon"`
	RadiusKM float64 `yaml:"radius_km"`
}

// ColoursConfig are the city's colours as #rrggbb; "" keeps the ones shipped.
type ColoursConfig struct {
	Primary string `yaml:"primary"`
	Accent  string `yaml:"accent"`
}

// ReferenceConfig shapes references such as S48-26-004812-6.
type ReferenceConfig struct {
	Prefix string `yaml:"prefix"` // 1 to 6 letters or digits, first a letter; never change it once letters are out
}

// DatabaseConfig names the database.
type DatabaseConfig struct {
	URL          string `yaml:"url"`           // sqlite:PATH or postgres://user@host[,host]/name?…
	PasswordFile string `yaml:"password_file"` // for postgres, when the URL holds none
}

// BlobsConfig names the place of raw mails and attachments. The keys below url
// are for s3://BUCKET[/PREFIX] only.
type BlobsConfig struct {
	URL           string `yaml:"url"`      // file:DIR or s3://BUCKET[/PREFIX]
	Endpoint      string `yaml:"endpoint"` // https://host[:port] of the store
	Region        string `yaml:"region"`
	AccessKeyFile string `yaml:"access_key_file"`
	SecretKeyFile string `yaml:"secret_key_file"`
	CAFile        string `yaml:"ca_file"` // certificates to trust on top of the system's
}

// KeysConfig names the secret keys of the installation, 32 bytes or more each.
// Missing files are made at the first start; processes that share a database
// must share them, and a backup without them cannot recognise answers to old
// letters.
type KeysConfig struct {
	ThreadKeyFile   string `yaml:"thread_key_file"`   // signs reply addresses and Message-IDs
	TrackingKeyFile string `yaml:"tracking_key_file"` // makes citizens' tracking codes
}

// SessionsConfig bounds sign-ins of staff.
type SessionsConfig struct {
	Idle     time.Duration `yaml:"idle"`     // without a request; an open page's signals do not count
	Lifetime time.Duration `yaml:"lifetime"` // in all
}

// RetentionConfig says how long things are kept that only serve a time.
type RetentionConfig struct {
	Outbox  time.Duration `yaml:"outbox"`  // composed bytes of settled deliveries
	Orphans time.Duration `yaml:"orphans"` // stored files that no row names
	Drafts  time.Duration `yaml:"drafts"`  // unsent text and uploads of agents
}

// EgressConfig opens private networks to connections that a citizen's or a
// partner's data could cause. Servers named in this file need no entry.
type EgressConfig struct {
	AllowCIDRs []string `yaml:"allow_cidrs"`
}

// LimitsConfig bounds what one request or one sender may bring.
type LimitsConfig struct {
	BodyMB          int `yaml:"body_mb"`            // a form or an API request without files
	UploadMB        int `yaml:"upload_mb"`          // one attached file
	Uploads         int `yaml:"uploads"`            // files with one message
	OutgoingMB      int `yaml:"outgoing_mb"`        // a whole outgoing mail, as it travels
	SignInPerMinute int `yaml:"sign_in_per_minute"` // attempts from one address
	StatusPerMinute int `yaml:"status_per_minute"`  // look-ups of the status page from one address
	APIPerMinute    int `yaml:"api_per_minute"`     // requests with one token
}

// LogConfig shapes the log on standard error.
type LogConfig struct {
	Level  string `yaml:"level"`  // debug, info, warn or error
	Format string `yaml:"format"` // json or text
}

// DefaultConfig is a bureau in one folder: SQLite and files below data/,
// loopback listeners, no channels yet. config.example.yaml says the same in
// words.
func DefaultConfig() Config {
	return Config{
		PublicURL:       "http://127.0.0.1:4848",
		HTTP:            HTTPConfig{Listen: "127.0.0.1:4848"},
		Ops:             OpsConfig{Listen: "127.0.0.1:4849"},
		Timezone:        "Europe/Podgorica",
		Languages:       []string{"sr-Latn-ME", "sr-Cyrl-ME", "sq", "en"},
		DefaultLanguage: "sr-Latn-ME",
		City:            CityConfig{Name: "Sistem 48", Region: "ME", Center: CenterConfig{Lat: 42.44, Lon: 19.26, RadiusKM: 150}},
		Reference:       ReferenceConfig{Prefix: "S48"},
		Database:        DatabaseConfig{URL: "sqlite:data/system48.db"},
		Blobs:           BlobsConfig{URL: "file:data/blobs"},
		Keys:            KeysConfig{ThreadKeyFile: "data/keys/thread.key", TrackingKeyFile: "data/keys/tracking.key"},
		Channels:        ChannelsConfig{UndoWait: 10 * time.Second},
		Departments:     defaultDepartments(),
		Categories:      defaultCategories(),
		DefaultProfile:  "24x7",
		Profiles:        defaultProfiles(),
		Calendars:       defaultCalendars(),
		Sessions:        SessionsConfig{Idle: 2 * time.Hour, Lifetime: 12 * time.Hour},
		Retention:       RetentionConfig{Outbox: 30 * day, Orphans: day, Drafts: 30 * day},
		Limits: LimitsConfig{
			BodyMB: 2, UploadMB: 25, Uploads: 10, OutgoingMB: 25,
			SignInPerMinute: 10, StatusPerMinute: 20, APIPerMinute: 1200,
		},
		Log: LogConfig{Level: "info", Format: "json"},
	}
}
