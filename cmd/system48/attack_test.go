package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/email/postoffice"
)

// A safeLog gathers what a running program logs.
type safeLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A bureau is a whole program under test beside a post office of its own, both
// in this process: what goes in and out goes through SMTP, IMAP and HTTP, over
// wires that can be cut.
type bureau struct {
	*testing.T
	dir      string
	database string
	settings string // further lines of the configuration
	channels string // further lines below channels
	office   *postoffice.Office
	imap     *wire
	smtp     *wire
	web, ops string
	log      *safeLog
	again    bool // mails are put into the mailbox a second time
	stop     context.CancelFunc
	done     chan int
}

const bureauPassword = "cetiri-osam-proba"

// officers and heads see the department after the colon.
var bureauStaff = []string{"admin:admin", "ana:agent", "milena:agent", "putar:officer:roads", "svjetlo:officer:lighting", "sefica:head:roads", "senka:auditor"}

// prepareBureau makes the post office, the configuration and the staff of a
// bureau; start runs it.
func prepareBureau(t *testing.T, database string, staff ...string) *bureau {
	t.Helper()
	b := &bureau{T: t, dir: t.TempDir(), database: database, log: &safeLog{}}
	if b.database == "" {
		b.database = "sqlite:" + filepath.Join(b.dir, "data", "s48.db")
	}
	accounts := []postoffice.Account{{Address: "s48@grad.example", Password: bureauPassword, Protected: true}}
	for _, who := range []string{"marko@posta.example", "jelena@posta.example", "zli@napad.example", "zrtva@posta.example", "putevi@grad.example"} {
		accounts = append(accounts, postoffice.Account{Address: who, Password: bureauPassword})
	}
	for _, who := range bureauStaff {
		name, _, _ := strings.Cut(who, ":")
		accounts = append(accounts, postoffice.Account{Address: name + "@grad.example", Password: bureauPassword, Protected: true})
	}
	var err error
	b.office, err = postoffice.Start(context.Background(), postoffice.Config{
		Accounts: accounts, Host: "mx.grad.example", Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.office.Close() })
	b.imap, b.smtp = newWire(t, b.office.IMAPAddr()), newWire(t, b.office.SMTPAddr())
	b.web, b.ops = freePort(t), freePort(t)
	b.configure()
	for _, who := range staff {
		part := strings.Split(who, ":")
		args := []string{"user", "create", "--email", part[0] + "@grad.example", "--role", part[1], "--password-stdin"}
		for _, d := range part[2:] {
			args = append(args, "--department", d)
		}
		b.command(bureauPassword+"\n", args...)
	}
	return b
}

// newBureau gives a running bureau with the staff.
func newBureau(t *testing.T, staff ...string) *bureau {
	t.Helper()
	b := prepareBureau(t, "", staff...)
	b.start()
	return b
}

func (b *bureau) config() string { return filepath.Join(b.dir, "config.yaml") }

func (b *bureau) file(name string) string { return filepath.Join(b.dir, name) }

// configure writes the configuration anew.
func (b *bureau) configure() {
	b.Helper()
	imapHost, imapPort, _ := net.SplitHostPort(b.imap.addr)
	smtpHost, smtpPort, _ := net.SplitHostPort(b.smtp.addr)
	if _, err := os.Stat(b.file("password")); err != nil {
		b.write("password", bureauPassword)
	}
	b.write("config.yaml", fmt.Sprintf(`public_url: http://%s
http: {listen: %q}
ops: {listen: %q}
database: {url: %q}
blobs: {url: %q}
keys: {thread_key_file: %q, tracking_key_file: %q}
log: {level: debug, format: json}
departments:
  - {code: bureau, intake: true, names: {sr-Latn-ME: Biro, en: Bureau}}
  - {code: roads, email: putevi@grad.example, names: {sr-Latn-ME: Putevi, en: Roads}}
  - {code: lighting, names: {sr-Latn-ME: Rasvjeta, en: Lighting}}
categories:
  - {code: other, department: bureau, resolve_days: 15, proof: none, default: true, names: {sr-Latn-ME: Ostalo, en: Other}}
  - {code: pothole, department: roads, resolve_days: 7, proof: none, names: {sr-Latn-ME: Rupa, en: Pothole}}
  - {code: street-light, department: lighting, resolve_days: 4, proof: none, names: {sr-Latn-ME: Svjetlo, en: Street light}}
%schannels:
  undo_wait: 1s
  email:
    - name: s48
      address: s48@grad.example
      trusted_authserv_ids: [mx.grad.example]
      imap: {host: %q, port: %s, tls: none, password_file: %q, start_from: all, mark: move, poll_interval: 2s}
      smtp: {host: %q, port: %s, tls: none, auth: password, password_file: %q, timeout: 3s, from: "Sistem 48 <s48@grad.example>"}
%s`, b.web, b.web, b.ops, b.database, "file:"+b.file("blobs"), b.file("thread.key"), b.file("tracking.key"), b.settings,
		imapHost, imapPort, b.file("password"), smtpHost, smtpPort, b.file("password"), b.channels))
}

func (b *bureau) write(name, text string) {
	b.Helper()
	if err := os.WriteFile(b.file(name), []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
}

// command runs a command of the program on the bureau's configuration and
// gives what it prints.
func (b *bureau) command(input string, args ...string) string {
	b.Helper()
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if code := run(ctx, append(args, "-c", b.config()), strings.NewReader(input), &out, &errs); code != exitOK {
		b.Fatalf("%v: exit %d\n%s%s", args, code, out.String(), errs.String())
	}
	return out.String()
}

// token makes an API token with every scope for a member of staff.
func (b *bureau) token(user string) string {
	b.Helper()
	return strings.TrimSpace(b.command("", "token", "create", "--user", user+"@grad.example", "--scopes", "all"))
}

// start runs the bureau until the test or end ends it.
func (b *bureau) start() {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	b.stop, b.done = cancel, make(chan int, 1)
	go func(done chan int) {
		done <- run(ctx, []string{"serve", "-c", b.config()}, strings.NewReader(""), io.Discard, b.log)
	}(b.done)
	b.Cleanup(b.end)
	b.ready(http.StatusOK, 20*time.Second)
}

// end stops the bureau, which must end well.
func (b *bureau) end() {
	b.Helper()
	if b.stop == nil {
		return
	}
	b.stop()
	b.stop = nil
	select {
	case code := <-b.done:
		if code != exitOK {
			b.Errorf("the bureau ended with %d\n%s", code, tail(b.log.String()))
		}
	case <-time.After(25 * time.Second):
		b.Error("the bureau did not stop")
	}
}

func tail(s string) string { return s[max(0, len(s)-3000):] }

// ready waits until /readyz answers with the status and gives what it says.
func (b *bureau) ready(status int, within time.Duration) string {
	b.Helper()
	return b.readySaying(status, "", within)
}

func (b *bureau) readySaying(status int, text string, within time.Duration) string {
	b.Helper()
	began, last, code := time.Now(), "", 0
	client := &http.Client{Timeout: 8 * time.Second}
	for time.Since(began) < within {
		resp, err := client.Get("http://" + b.ops + "/readyz") //nolint:noctx // the client has a time limit
		if err == nil {
			body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
			resp.Body.Close()
			if last, code = string(body), resp.StatusCode; code == status && strings.Contains(last, text) {
				return last
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.Fatalf("/readyz does not answer %d with %q within %s: %d %s\n%s", status, text, within, code, last, tail(b.log.String()))
	return ""
}

// visitor signs a member of staff in.
func (b *bureau) visitor(user string) *visitor {
	b.Helper()
	v := newVisitor(b.T, "http://"+b.web)
	v.client.CheckRedirect = nil
	v.post("/sign-in", "/sign-in", "email", user+"@grad.example", "password", bureauPassword)
	return v
}

// An answer is what HTTP gave back.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request with headers "Name: value" and gives the answer; nothing
// is followed.
func ask(t testing.TB, client *http.Client, method, address, body string, headers ...string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if req.Header.Set(name, value); name == "Host" {
			req.Host = value
		}
	}
	plain := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if client != nil {
		plain.Jar, plain.Transport = client.Jar, client.Transport
	}
	resp, err := plain.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, address, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		t.Fatalf("%s %s: %v", method, address, err)
	}
	return answer{resp.StatusCode, resp.Header, string(data)}
}

// api asks the REST interface; body "" sends none.
func (b *bureau) api(token, method, path, body string, headers ...string) answer {
	b.Helper()
	headers = append(headers, "Authorization: Bearer "+token)
	if body != "" {
		headers = append([]string{"Content-Type: application/json"}, headers...)
	}
	return ask(b.T, nil, method, "http://"+b.web+"/api/v1"+path, body, headers...)
}

// A ticketSeen is the part of a REST ticket that the tests look at.
type ticketSeen struct {
	ID         int64
	Ref        string
	Subject    string
	State      string
	Version    int64
	Tags       []string
	Department struct{ Code string }
	Citizen    struct {
		ID     int64
		Name   string
		Emails []string
	}
	Assignee *string
}

// tickets lists the newest tickets of the token's scope.
func (b *bureau) tickets(token, query string) []ticketSeen {
	b.Helper()
	var out []ticketSeen
	cursor := ""
	for {
		a := b.api(token, http.MethodGet, "/tickets?limit=100&cursor="+url.QueryEscape(cursor)+query, "")
		var page struct {
			Items      []ticketSeen
			NextCursor string `json:"next_cursor"`
		}
		if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.status != http.StatusOK {
			b.Fatalf("tickets: %d %v %s", a.status, err, a.body)
		}
		if out = append(out, page.Items...); page.NextCursor == "" {
			return out
		}
		cursor = page.NextCursor
	}
}

// one reads a ticket.
func (b *bureau) one(token, ref string) ticketSeen {
	b.Helper()
	a := b.api(token, http.MethodGet, "/tickets/"+ref, "")
	if a.status != http.StatusOK {
		b.Fatalf("%s: %d %s", ref, a.status, a.body)
	}
	return decode[ticketSeen](b.T, a.body)
}

// ticket waits for the ticket with the subject.
func (b *bureau) ticket(token, subject string, within time.Duration) ticketSeen {
	b.Helper()
	for began := time.Now(); time.Since(began) < within; time.Sleep(50 * time.Millisecond) {
		for _, t := range b.tickets(token, "") {
			if t.Subject == subject {
				return t
			}
		}
	}
	b.Fatalf("no ticket %q within %s\n%s", subject, within, tail(b.log.String()))
	return ticketSeen{}
}

// open makes a ticket through REST.
func (b *bureau) open(token, subject, text, category, email string) ticketSeen {
	b.Helper()
	body, err := json.Marshal(map[string]any{
		"subject": subject, "text": text, "category": category, "citizen": map[string]string{"name": "Građanin", "email": email}, "receipt": false,
		"attachments": []map[string]string{{"name": "prilog.txt", "content": "dGFqbmE="}}, // "tajna"
	})
	if err != nil {
		b.Fatal(err)
	}
	a := b.api(token, http.MethodPost, "/tickets", string(body))
	var t ticketSeen
	if err := json.Unmarshal([]byte(a.body), &t); err != nil || a.status != http.StatusCreated {
		b.Fatalf("open: %d %v %s", a.status, err, a.body)
	}
	return t
}

// A messageSeen is the part of a REST message that the tests look at.
type messageSeen struct {
	ID          int64
	Direction   string
	Mark        *string
	Automatic   bool
	Text        string
	Attachments []struct {
		ID   int64
		Name string
	}
	Deliveries []struct {
		ID      int64
		State   string
		Address string
	}
}

func (b *bureau) messages(token, ref string) []messageSeen {
	b.Helper()
	a := b.api(token, http.MethodGet, "/tickets/"+ref+"/messages", "")
	var page struct{ Items []messageSeen }
	if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.status != http.StatusOK {
		b.Fatalf("messages: %d %v %s", a.status, err, a.body)
	}
	return page.Items
}

// mail hands lines over to the bureau's mail server, unsigned.
func (b *bureau) mail(from string, lines ...string) {
	b.Helper()
	raw := strings.Join(lines, "\r\n") + "\r\n"
	if err := smtp.SendMail(b.office.SMTPAddr(), nil, from, []string{"s48@grad.example"}, []byte(raw)); err != nil {
		b.Fatal(err)
	}
}

// inbox waits for n letters in a citizen's mailbox and gives them.
func (b *bureau) inbox(address string, n int, within time.Duration) []postoffice.Message {
	b.Helper()
	var list []postoffice.Message
	var err error
	for began := time.Now(); time.Since(began) < within; time.Sleep(50 * time.Millisecond) {
		if list, err = b.office.Messages(context.Background(), address, "INBOX", 1000); err != nil {
			b.Fatal(err)
		}
		if len(list) >= n {
			return list
		}
	}
	b.Fatalf("%d letters for %s within %s, want %d\n%s", len(list), address, within, n, tail(b.log.String()))
	return nil
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// decodeMail gives a mail's headers and the plain texts in it.
func decodeMail(raw []byte) string {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return string(raw)
	}
	var b strings.Builder
	for k, all := range m.Header {
		for _, v := range all {
			b.WriteString(k + ": " + decodeWords(v) + "\n")
		}
	}
	return b.String() + "\n" + plainText(textproto.MIMEHeader(m.Header), m.Body)
}

func decode[T any](t testing.TB, body string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%v in %.500s", err, body)
	}
	return v
}
