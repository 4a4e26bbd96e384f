package main

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing/calendar"
)

// A checker gathers what is wrong (faults) and what is allowed but should be
// known (doubts).
type checker struct {
	faults, doubts []Problem
}

func (k *checker) fault(key, what, remedy string) {
	k.faults = append(k.faults, Problem{Key: key, What: what, Remedy: remedy})
}

func (k *checker) doubt(key, what, remedy string) {
	k.doubts = append(k.doubts, Problem{Key: key, What: what, Remedy: remedy})
}

// check looks at every value by itself and at what belongs together. It reads
// no files and opens no connections.
func (c Config) check() (faults, doubts []Problem) {
	k := &checker{}
	k.web(c)
	k.city(c)
	k.storage(c)
	k.channels(c.Channels)
	k.directory(c)
	k.promises(c)
	k.bounds(c)
	return k.faults, k.doubts
}

// sourceLanguage is the language names must be given in; Cyrillic is computed
// from it, and it stands in where another is missing.
const sourceLanguage = "sr-Latn-ME"

// knownLanguages are those that letters and pages exist in.
var knownLanguages = []string{sourceLanguage, "sr-Cyrl-ME", "sq", "en"}

func (k *checker) web(c Config) {
	k.publicURL(c)
	k.listener("http.listen", c.HTTP.Listen)
	if c.Ops.Listen != "" {
		k.listener("ops.listen", c.Ops.Listen)
		if host, port, err := net.SplitHostPort(c.Ops.Listen); err == nil {
			if c.Ops.Listen == c.HTTP.Listen && port != "0" {
				k.fault("ops.listen", "is the address of http.listen", "give health and metrics a port of their own, for example 127.0.0.1:4849")
			}
			if !loopback(host) {
				k.doubt("ops.listen", "is reachable from other machines without a sign-in", "use 127.0.0.1, or keep the port behind a firewall")
			}
		}
	}
	k.networks("http.trusted_proxies", c.HTTP.TrustedProxies)
	k.networks("egress.allow_cidrs", c.Egress.AllowCIDRs)
}

func (k *checker) publicURL(c Config) {
	const remedy = "write the address people type, for example https://48.example.me"
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		k.fault("public_url", fmt.Sprintf("is %q, not an http or https address", clip(c.PublicURL)), remedy)
		return
	}
	if u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		k.fault("public_url", "has more than scheme, host and port", remedy)
	}
	if u.Scheme == "https" || loopback(u.Hostname()) {
		return
	}
	if !c.InsecureHTTP {
		k.fault("public_url", "is plain http, and not on this machine", "use https (a reverse proxy does it), or set insecure_http: true on a closed network")
		return
	}
	k.doubt("insecure_http", "lets passwords and citizens' data travel unencrypted", "use https as soon as anybody but you signs in")
}

func (k *checker) listener(key, address string) {
	_, port, err := net.SplitHostPort(address)
	if n, perr := strconv.Atoi(port); err != nil || perr != nil || n < 0 || n > 65535 {
		k.fault(key, fmt.Sprintf("is %q, not an address to listen on", clip(address)), "write host:port, for example 127.0.0.1:4848")
	}
}

func (k *checker) networks(key string, list []string) {
	for i, s := range list {
		if _, err := netip.ParsePrefix(s); err == nil {
			continue
		}
		if _, err := netip.ParseAddr(s); err != nil {
			k.fault(fmt.Sprintf("%s[%d]", key, i), fmt.Sprintf("is %q, not a network", clip(s)), "write an address or a range, for example 10.0.0.0/8")
		}
	}
}

// loopback says whether a host can only be this machine.
func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

var (
	colour          = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	region          = regexp.MustCompile(`^[A-Z]{2}$`)
	referencePrefix = regexp.MustCompile(`^[A-Z][A-Z0-9]{0,5}$`)
)

func (k *checker) city(c Config) {
	if _, err := calendar.LoadZone(c.Timezone); err != nil {
		k.fault("timezone", fmt.Sprintf("is %q, which is not known", clip(c.Timezone)), "use an IANA name such as Europe/Podgorica")
	}
	for i, tag := range c.Languages {
		key := fmt.Sprintf("languages[%d]", i)
		if !slices.Contains(knownLanguages, tag) {
			k.fault(key, fmt.Sprintf("is %q, in which there are no letters", clip(tag)), "the languages are "+strings.Join(knownLanguages, ", "))
		}
		if slices.Contains(c.Languages[:i], tag) {
			k.fault(key, "is listed twice", "keep one")
		}
	}
	if !slices.Contains(c.Languages, c.DefaultLanguage) {
		k.fault("default_language", fmt.Sprintf("is %q, which is not among languages", clip(c.DefaultLanguage)), "add it there, or choose one of them")
	}
	if strings.TrimSpace(c.City.Name) == "" {
		k.fault("city.name", "is empty", "write the name citizens know, for example Sistem 48 Podgorica")
	}
	if !region.MatchString(c.City.Region) {
		k.fault("city.region", fmt.Sprintf("is %q, not a country", clip(c.City.Region)), "write two capital letters, for example ME")
	}
	for key, v := range map[string]string{"city.colours.primary": c.City.Colours.Primary, "city.colours.accent": c.City.Colours.Accent} {
		if v != "" && !colour.MatchString(v) {
			k.fault(key, fmt.Sprintf("is %q, not a colour", clip(v)), `write it as "#0f5c8a", in quotes because of the #`)
		}
	}
	if p := c.City.Center; !(math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180) {
		k.fault("city.center", fmt.Sprintf("is latitude %g, longitude %g", p.Lat, p.Lon), "write degrees: lat from -90 to 90, lon from -180 to 180")
	}
	if !(c.City.Center.RadiusKM >= 0) {
		k.fault("city.center.radius_km", fmt.Sprintf("is %g", c.City.Center.RadiusKM), "write kilometres, or 0 for anywhere")
	}
	k.brand(c.City)
	if !referencePrefix.MatchString(c.Reference.Prefix) {
		k.fault("reference.prefix", fmt.Sprintf("is %q", clip(c.Reference.Prefix)), "write 1 to 6 capital letters and digits, beginning with a letter, for example S48 or PG")
	}
}

func (k *checker) storage(c Config) {
	k.database(c.Database)
	k.blobs(c.Blobs)
	if c.Keys.ThreadKeyFile == "" {
		k.fault("keys.thread_key_file", "is empty", "name a file; it is made at the first start")
	}
	if c.Keys.TrackingKeyFile == "" {
		k.fault("keys.tracking_key_file", "is empty", "name a file; it is made at the first start")
	}
	if c.Keys.ThreadKeyFile == c.Keys.TrackingKeyFile && c.Keys.ThreadKeyFile != "" {
		k.fault("keys.tracking_key_file", "is the file of thread_key_file", "give each key a file of its own")
	}
}

func (k *checker) database(c DatabaseConfig) {
	const remedy = "write sqlite:PATH for a folder, or postgres://user@host/name for PostgreSQL"
	file, embedded := strings.CutPrefix(c.URL, "sqlite:")
	switch {
	case embedded && (file == "" || strings.HasPrefix(file, ":") || strings.HasPrefix(file, "//") || strings.ContainsAny(file, "?#")):
		k.fault("database.url", fmt.Sprintf("is %q: not a plain path", clip(c.URL)), "write sqlite:data/system48.db, without options")
	case embedded && c.PasswordFile != "":
		k.fault("database.password_file", "is for PostgreSQL, and the database is SQLite", "take it away")
	case embedded:
	case !strings.HasPrefix(c.URL, "postgres://") && !strings.HasPrefix(c.URL, "postgresql://"):
		k.fault("database.url", fmt.Sprintf("is %q, of no known kind", clip(redacted(c.URL))), remedy)
	case redacted(c.URL) != c.URL && c.PasswordFile != "":
		k.fault("database.password_file", "is given, and the URL holds a password too", "keep one of them, better the file")
	case redacted(c.URL) != c.URL:
		k.doubt("database.url", "holds a password", "put it into a file and name that in database.password_file")
	}
}

var bucketURL = regexp.MustCompile(`^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?$`)

func (k *checker) blobs(c BlobsConfig) {
	dir, folder := strings.CutPrefix(c.URL, "file:")
	store := map[string]string{"endpoint": c.Endpoint, "region": c.Region, "access_key_file": c.AccessKeyFile, "secret_key_file": c.SecretKeyFile, "ca_file": c.CAFile}
	switch {
	case folder:
		if dir == "" || strings.HasPrefix(dir, "//") {
			k.fault("blobs.url", fmt.Sprintf("is %q: no folder", clip(c.URL)), "write file:data/blobs or file:/var/lib/system48/blobs")
		}
		for name, v := range store {
			if v != "" {
				k.fault("blobs."+name, "is for an S3 store, and the files go into a folder", "take it away, or write url: s3://BUCKET")
			}
		}
	case bucketURL.MatchString(c.URL):
		for _, name := range []string{"endpoint", "access_key_file", "secret_key_file"} {
			if store[name] == "" {
				k.fault("blobs."+name, "is empty, and the files go to an S3 store", "give it; blobs in config.example.yaml shows how")
			}
		}
		k.endpoint(c.Endpoint)
	default:
		k.fault("blobs.url", fmt.Sprintf("is %q, of no known kind", clip(redacted(c.URL))), "write file:DIR or s3://BUCKET")
	}
}

func (k *checker) endpoint(endpoint string) {
	u, err := url.Parse(endpoint)
	switch {
	case endpoint == "":
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		k.fault("blobs.endpoint", fmt.Sprintf("is %q, not an http or https address", clip(endpoint)), "write https://host or https://host:port")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		k.doubt("blobs.endpoint", "is plain http: citizens' files travel unencrypted", "use https")
	}
}

func (k *checker) bounds(c Config) {
	k.duration("channels.undo_wait", c.Channels.UndoWait, 0, 10*time.Minute)
	k.duration("sessions.idle", c.Sessions.Idle, time.Minute, 7*day)
	k.duration("sessions.lifetime", c.Sessions.Lifetime, c.Sessions.Idle, 30*day)
	k.duration("retention.outbox", c.Retention.Outbox, day, 3660*day)
	k.duration("retention.orphans", c.Retention.Orphans, day, 366*day)
	k.duration("retention.drafts", c.Retention.Drafts, day, 366*day)
	k.number("limits.body_mb", c.Limits.BodyMB, 1, 64)
	k.number("limits.upload_mb", c.Limits.UploadMB, 1, 100)
	k.number("limits.uploads", c.Limits.Uploads, 1, 50)
	k.number("limits.outgoing_mb", c.Limits.OutgoingMB, 1, 150)
	k.number("limits.sign_in_per_minute", c.Limits.SignInPerMinute, 1, 1000)
	k.number("limits.status_per_minute", c.Limits.StatusPerMinute, 1, 100_000)
	k.number("limits.api_per_minute", c.Limits.APIPerMinute, 1, 1_000_000)
	k.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	k.oneOf("log.format", c.Log.Format, "json", "text")
}

func (k *checker) duration(key string, d, low, high time.Duration) {
	if d < low || d > high {
		k.fault(key, "is "+formatDuration(d), fmt.Sprintf("write a time from %s to %s", formatDuration(low), formatDuration(high)))
	}
}

func (k *checker) number(key string, n, low, high int) {
	if n < low || n > high {
		k.fault(key, fmt.Sprintf("is %d", n), fmt.Sprintf("write a number from %d to %d", low, high))
	}
}

func (k *checker) oneOf(key, v string, allowed ...string) {
	if slices.Contains(allowed, v) {
		return
	}
	remedy := "write one of: " + strings.Join(allowed, ", ")
	if v == "" {
		k.fault(key, "is empty", remedy)
		return
	}
	k.fault(key, fmt.Sprintf("is %q", clip(v)), remedy)
}
