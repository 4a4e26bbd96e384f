package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// empty lists and lists that are not there mean the same in a configuration.
var sameLists = cmpopts.EquateEmpty()

func examplePath(t *testing.T) string {
	t.Helper()
	return filepath.Join("..", "..", "config.example.yaml")
}

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// completed is the default configuration as LoadConfig gives it.
func completed() Config {
	c := DefaultConfig()
	c.complete()
	return c
}

func TestExampleConfigEqualsDefaults(t *testing.T) {
	t.Parallel()
	got, warnings, err := LoadConfig(examplePath(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) > 0 {
		t.Errorf("warnings: %v", warnings)
	}
	if diff := cmp.Diff(completed(), got, sameLists); diff != "" {
		t.Errorf("config.example.yaml differs from DefaultConfig (-default +example):\n%s", diff)
	}
}

// TestExampleMailbox uncomments the mailbox of the example.
func TestExampleMailbox(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(examplePath(t))
	if err != nil {
		t.Fatal(err)
	}
	on := regexp.MustCompile(`(?m)^  #: `).ReplaceAllString(string(text), "  ")
	on = strings.Replace(strings.Replace(on, "  email: []\n", "", 1), "  phone: []\n", "", 1)
	on = strings.Replace(on, "  sms: []\n", "", 1)
	c, warnings, err := LoadConfig(writeConfig(t, on), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) > 0 {
		t.Errorf("warnings: %v", warnings)
	}
	short := "channels: {email: [{name: main, address: sistem48@example.me, trusted_authserv_ids: [mx.example.me],\n" +
		"  imap: {host: imap.example.me, password_file: /run/secrets/imap, start_from: now},\n" +
		"  smtp: {host: smtp.example.me, password_file: /run/secrets/smtp, from: Sistem 48 <sistem48@example.me>}}],\n" +
		"  phone: [{name: pbx, kind: cti, token_file: /run/secrets/cti},\n" +
		"    {name: voice, kind: twilio, twilio: {account_sid: AC00000000000000000000000000000000, auth_token_files: [/run/secrets/twilio]}},\n" +
		"    {name: log, kind: csv, csv: {path: /var/log/asterisk/cdr-csv/Master.csv, preset: asterisk, start_from: now}}],\n" +
		"  sms: [{name: texts, account_sid: AC00000000000000000000000000000000, auth_token_files: [/run/secrets/twilio], numbers: [\"+38220234567\"]}]}\n"
	minimal, _, err := LoadConfig(writeConfig(t, short), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(minimal, c, sameLists); diff != "" {
		t.Errorf("the example's mailbox does not show the defaults (-defaults +example):\n%s", diff)
	}
	a := c.Channels.Email[0]
	if a.IMAP.Port != 993 || a.SMTP.Port != 587 || a.IMAP.User != a.Address || a.ReplyDomain != "example.me" {
		t.Errorf("completed account: %+v", a)
	}
}

// TestExampleNamesEveryKey keeps the example complete.
func TestExampleNamesEveryKey(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(examplePath(t))
	if err != nil {
		t.Fatal(err)
	}
	var walk func(t reflect.Type) []string
	walk = func(rt reflect.Type) []string {
		switch rt.Kind() {
		case reflect.Pointer, reflect.Slice:
			return walk(rt.Elem())
		case reflect.Struct:
			var keys []string
			for i := range rt.NumField() {
				keys = append(keys, rt.Field(i).Tag.Get("yaml"))
				keys = append(keys, walk(rt.Field(i).Type)...)
			}
			return keys
		}
		return nil
	}
	for _, key := range walk(reflect.TypeFor[Config]()) {
		if key == "" {
			t.Error("a field without a yaml tag")
			continue
		}
		if !regexp.MustCompile(`(^|[\s{,])` + key + `:`).Match(text) {
			t.Errorf("config.example.yaml does not show %s", key)
		}
	}
}

func TestLoadConfigWithoutFile(t *testing.T) {
	t.Parallel()
	c, _, err := LoadConfig("", []string{
		"SYSTEM48_HTTP__LISTEN=127.0.0.1:0", "SYSTEM48_INSECURE_HTTP=true", "SYSTEM48_LIMITS__UPLOADS=3",
		"SYSTEM48_SESSIONS__IDLE=30m", "SYSTEM48_HTTP__TRUSTED_PROXIES=10.0.0.0/8, 192.168.0.1",
		"SYSTEM48_DEPARTMENTS__0__EMAIL=biro@example.me", "SYSTEM48_TEST_POSTGRES=x", "HOME=/x", "SYSTEM48_PORT=tcp://1",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := completed()
	want.HTTP = HTTPConfig{Listen: "127.0.0.1:0", TrustedProxies: []string{"10.0.0.0/8", "192.168.0.1"}}
	want.InsecureHTTP, want.Limits.Uploads, want.Sessions.Idle = true, 3, 30*time.Minute
	want.Departments[0].Email = "biro@example.me"
	if diff := cmp.Diff(want, c, sameLists); diff != "" {
		t.Errorf("LoadConfig (-want +got):\n%s", diff)
	}
}

func TestEnvironmentOverridesFile(t *testing.T) {
	t.Parallel()
	path := writeConfig(t, "log: {level: warn}\ncity: {name: Tivat}\n")
	c, _, err := LoadConfig(path, []string{"SYSTEM48_LOG__LEVEL=debug"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Log.Level != "debug" || c.City.Name != "Tivat" || c.Log.Format != "json" {
		t.Errorf("level %q, city %q, format %q", c.Log.Level, c.City.Name, c.Log.Format)
	}
}

// account is the least a mailbox needs; tests change one thing of it.
const account = "channels:\n  email:\n    - name: main\n      address: a@b.me\n      trusted_authserv_ids: [mx]\n" +
	"      imap: {host: h, password_file: p, start_from: now}\n      smtp: {host: h, password_file: p}\n"

func TestConfigProblems(t *testing.T) {
	t.Parallel()
	with := func(old, replacement string) string { return strings.Replace(account, old, replacement, 1) }
	tests := []struct {
		name, file string
		env        []string
		want       string // part of the one line
	}{
		{"unknown key", "log: {level: info}\nhtpp: {}\n", nil, `config.yaml:2: htpp is not a key that exists here; did you mean http?`},
		{"unknown inner key", "http:\n  lissten: x\n", nil, "config.yaml:2: http.lissten is not a key that exists here; did you mean listen?"},
		{"nothing near", "http:\n  banana: x\n", nil, "the keys here are listen, trusted_proxies"},
		{"inline secret", with("password_file: p, start", "password: geheim, password_file: p, start"), nil, "config.yaml:6: channels.email[0].imap.password is not a key that exists here; secrets are not written into the configuration: put it in a file of its own and name that file in password_file"},
		{"twice", "timezone: Europe/Podgorica\ntimezone: Europe/Belgrade\n", nil, `config.yaml:2: is not YAML: mapping key "timezone" already defined at [1:1]`},
		{"not yaml", "a: b: c\n", nil, "config.yaml:1: is not YAML"},
		{"nested brackets", "city: " + strings.Repeat("[", 100_000), nil, "config.yaml:1: is nested too deeply"},
		{"nested dashes", strings.Repeat("- ", 100_000), nil, "config.yaml:1: is nested too deeply"},
		{"two documents", "log: {level: info}\n---\nlog: {level: info}\n", nil, "a second document begins here"},
		{"section is a value", "http: 127.0.0.1\n", nil, "config.yaml:1: http must be a section of keys"},
		{"value is a section", "timezone: {a: b}\n", nil, "timezone must be one value"},
		{"list is a value", "languages: en\n", nil, "languages must be a list"},
		{"bool", "insecure_http: yes\n", nil, `insecure_http is "yes", not true or false; write true or false`},
		{"number", "limits: {uploads: many}\n", nil, `limits.uploads is "many", not a whole number`},
		{"duration", "sessions: {idle: 10}\n", nil, `sessions.idle is "10", not a time; write a number with a unit`},
		{"anchor", "city: &x {name: A}\n", nil, "city must be a section of keys"},
		{"environment value", "", []string{"SYSTEM48_LOG__LEVEL=loud"}, `environment SYSTEM48_LOG__LEVEL: log.level is "loud"; write one of: debug, info, warn, error`},
		{"environment key", "", []string{"SYSTEM48_LOG__LEVELL=info"}, `environment SYSTEM48_LOG__LEVELL: names no key: there is no "levell"; did you mean level?`},
		{"environment item", "", []string{"SYSTEM48_CHANNELS__EMAIL__0__NAME=x"}, "names no item: the list has 0"},
		{"environment below", "", []string{"SYSTEM48_LOG__LEVEL__X=info"}, "there is nothing below"},
		{"environment section", "", []string{"SYSTEM48_LOG=info"}, "cannot be set this way"},
		{"public url", "public_url: example.me\n", nil, "public_url is \"example.me\", not an http or https address"},
		{"public url path", "public_url: https://a.me/b\n", nil, "public_url has more than scheme, host and port"},
		{"plain http", "public_url: http://a.me\n", nil, "public_url is plain http, and not on this machine; use https"},
		{"listen", "http: {listen: 4848}\n", nil, `http.listen is "4848", not an address to listen on`},
		{"same port", "ops: {listen: 127.0.0.1:4848}\n", nil, "ops.listen is the address of http.listen"},
		{"proxies", "http: {trusted_proxies: [10.0.0.0/8, home]}\n", nil, "http.trusted_proxies[1] is \"home\", not a network"},
		{"zone", "timezone: Podgorica\n", nil, "timezone is \"Podgorica\", which is not known"},
		{"language", "languages: [sr-Latn-ME, de]\n", nil, "languages[1] is \"de\", in which there are no letters"},
		{"default language", "languages: [en]\n", nil, "default_language is \"sr-Latn-ME\", which is not among languages"},
		{"colour", "city: {colours: {primary: blue}}\n", nil, "city.colours.primary is \"blue\", not a colour"},
		{"light colour", "city: {colours: {primary: '#9ad0ff'}}\n", nil, "city.colours.primary is too light: text in it reaches a contrast of 1.4"},
		{"dim accent", "city: {colours: {accent: '#0a3a60'}}\n", nil, "city.colours.accent does not stand out from the masthead"},
		{"no logo", "city: {logo: /nowhere/grb.png}\n", nil, "city.logo cannot be read"},
		{"logo that is none", "city: {logo: /dev/null}\n", nil, "city.logo is no picture"},
		{"prefix", "reference: {prefix: s48}\n", nil, "reference.prefix is \"s48\""},
		{"database kind", "database: {url: mysql://x}\n", nil, "database.url is \"mysql://x\", of no known kind"},
		{"database memory", "database: {url: 'sqlite::memory:'}\n", nil, "not a plain path"},
		{"password twice", "database: {url: 'postgres://a:b@h/d', password_file: p}\n", nil, "the URL holds a password too"},
		{"blobs kind", "blobs: {url: ftp://x}\n", nil, "blobs.url is \"ftp://x\", of no known kind"},
		{"folder with keys", "blobs: {region: eu}\n", nil, "blobs.region is for an S3 store"},
		{"keys", "keys: {thread_key_file: a, tracking_key_file: a}\n", nil, "is the file of thread_key_file"},
		{"undo", "channels: {undo_wait: 1h}\n", nil, "channels.undo_wait is 1h; write a time from 0s to 10m"},
		{"start_from missing", with(", start_from: now", ""), nil, "config.yaml:6: channels.email[0].imap.start_from is not given; write now"},
		{"start_from", with("start_from: now", "start_from: yesterday"), nil, "channels.email[0].imap.start_from is \"yesterday\""},
		{"no host", with("imap: {host: h, ", "imap: {"), nil, "channels.email[0].imap.host is not given"},
		{"host with port", with("smtp: {host: h", "smtp: {host: 'h:25'"), nil, "channels.email[0].smtp.host is \"h:25\", not the name of a host"},
		{"no password", with("imap: {host: h, password_file: p", "imap: {host: h"), nil, "channels.email[0].imap.password_file is not given"},
		{"tls", with("imap: {host: h", "imap: {host: h, tls: ssl"), nil, "channels.email[0].imap.tls is \"ssl\"; write one of: tls, starttls, none"},
		{"address", with("a@b.me", "Ana <a@b.me>"), nil, "channels.email[0].address is \"Ana <a@b.me>\", not an e-mail address"},
		{"move to itself", with("start_from: now", "start_from: now, processed: INBOX"), nil, "channels.email[0].imap.processed is \"INBOX\", and mails are to be moved there"},
		{"batch", with("start_from: now", "start_from: now, batch: 51"), nil, "channels.email[0].imap.batch is 51; write a number from 1 to 50"},
		{"name", with("name: main", "name: Main Box"), nil, "channels.email[0].name is \"Main Box\", not a short name"},
		{"sender", with("smtp: {host: h", "smtp: {host: h, from: nobody"), nil, "channels.email[0].smtp.from is \"nobody\", not an address"},
		{"retention", "retention: {orphans: 1h}\n", nil, "retention.orphans is 1h; write a time from 24h"},
		{"log", "log: {format: xml}\n", nil, "log.format is \"xml\"; write one of: json, text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := LoadConfig(writeConfig(t, tt.file), tt.env)
			var ce *ConfigError
			if !errors.As(err, &ce) {
				t.Fatalf("LoadConfig() = %v, want a *ConfigError", err)
			}
			if len(ce.Problems) != 1 || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("LoadConfig() = %s\nwant one line with: %s", err, tt.want)
			}
			if ce.ExitCode() != 78 {
				t.Errorf("exit code %d, want 78", ce.ExitCode())
			}
			if ce.Problems[0].Remedy == "" {
				t.Error("no remedy")
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, _, err := LoadConfig(writeConfig(t, "log: {level: loud}\ntimezone: Mars\nreference: {prefix: '?'}\n"), nil)
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("LoadConfig() = %v, want three lines", err)
	}
}

func TestConfigFileThatIsNotThere(t *testing.T) {
	t.Parallel()
	for _, path := range []string{filepath.Join(t.TempDir(), "absent.yaml"), t.TempDir()} {
		_, _, err := LoadConfig(path, nil)
		var ce *ConfigError
		if !errors.As(err, &ce) || !strings.Contains(err.Error(), "cannot be read") {
			t.Errorf("LoadConfig(%s) = %v", path, err)
		}
	}
}

func TestConfigWarnings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file string
		env        []string
		want       string
	}{
		{"unencrypted mail", strings.Replace(account, "imap: {host: h", "imap: {host: h, tls: none", 1), nil, "channels.email[0].imap.tls is none"},
		{"unverified senders", strings.Replace(account, "      trusted_authserv_ids: [mx]\n", "", 1), nil, "no sender counts as verified"},
		{"open ops", "ops: {listen: ':4849'}\n", nil, "ops.listen is reachable from other machines"},
		{"plain http", "public_url: http://a.me\ninsecure_http: true\n", nil, "insecure_http lets passwords"},
		{"password in the URL", "database: {url: 'postgres://a:b@h/d'}\n", nil, "database.url holds a password"},
		{"mistyped variable", "", []string{"SYSTEM48_PUBLICURL=https://a.me"}, "SYSTEM48_PUBLICURL: is not a key and was left alone; did you mean SYSTEM48_PUBLIC_URL?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, warnings, err := LoadConfig(writeConfig(t, tt.file), tt.env)
			if err != nil {
				t.Fatal(err)
			}
			if len(warnings) != 1 || !strings.Contains(warnings[0].String(), tt.want) {
				t.Errorf("warnings %v, want one with %q", warnings, tt.want)
			}
		})
	}
}

func TestRedacted(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"postgres://a:geheim@h1,h2:5432/d?sslmode=disable":    "postgres://a:(hidden)@h1,h2:5432/d?sslmode=disable",
		"postgres://a:ge@heim@h/d":                            "postgres://a:(hidden)@h/d",
		"postgres://a@h/d?password=geheim&sslmode=disable":    "postgres://a@h/d?password=(hidden)&sslmode=disable",
		"postgres://a@h/d":                                    "postgres://a@h/d",
		"sqlite:data/system48.db":                             "sqlite:data/system48.db",
		"postgres://h/d?sslpassword=geheim#x":                 "postgres://h/d?sslpassword=(hidden)#x",
		"postgresql://:geheim@127.0.0.1:5432,127.0.0.1:5433/": "postgresql://:(hidden)@127.0.0.1:5432,127.0.0.1:5433/",
	}
	for in, want := range tests {
		if got := redacted(in); got != want {
			t.Errorf("redacted(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "10m": 10 * time.Minute, "48h": 48 * time.Hour, "30d": 30 * day, "2w": 14 * day, "1h30m": 90 * time.Minute, "0s": 0, "250ms": 250 * time.Millisecond,
	} {
		got, err := parseDuration(text)
		if err != nil || got != want {
			t.Errorf("parseDuration(%q) = %v, %v", text, got, err)
		}
		if again, err := parseDuration(formatDuration(want)); err != nil || again != want {
			t.Errorf("formatDuration(%v) = %q does not read back: %v, %v", want, formatDuration(want), again, err)
		}
	}
	for _, text := range []string{"", "10", "d", "-1d", "1.5d", "99999999d", "ten minutes"} {
		if d, err := parseDuration(text); err == nil {
			t.Errorf("parseDuration(%q) = %v, want an error", text, d)
		}
	}
}

func TestReadSecret(t *testing.T) {
	t.Parallel()
	path := writeConfig(t, "geheim \r\n")
	if s, err := readSecret(path); err != nil || s != "geheim " {
		t.Errorf("readSecret() = %q, %v", s, err)
	}
	for _, bad := range []string{writeConfig(t, "\n"), filepath.Join(t.TempDir(), "absent")} {
		if s, err := readSecret(bad); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("readSecret(%s) = %q, %v", bad, s, err)
		}
	}
}

// FuzzLoadConfig: no file makes the loader panic, and what it accepts can be
// printed and read back.
func FuzzLoadConfig(f *testing.F) {
	for _, seed := range []string{"", account, "a: &x [*x]\n", "- 1\n", "? a\n: b\n", "log: {level: !!str info}\n", "---\n...\n", "\x00", "city: {name: |\n  a\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := DefaultConfig()
		d := newDecoder()
		d.file([]byte(text), &c)
		if len(d.problems) > 0 {
			return
		}
		c.complete()
		if faults, _ := c.check(); len(faults) > 0 {
			return
		}
		printed, err := encodeConfig(c)
		if err != nil {
			t.Fatalf("encode: %v", err)
		}
		again := DefaultConfig()
		d = newDecoder()
		d.file(printed, &again)
		if len(d.problems) > 0 {
			t.Fatalf("does not read back: %v\n%s", d.problems, printed)
		}
		again.complete()
		if diff := cmp.Diff(c, again, sameLists); diff != "" {
			t.Fatalf("reads back differently (-printed +read):\n%s", diff)
		}
	})
}
