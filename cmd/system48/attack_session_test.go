package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// from gives a visitor whose connections come from another address of this machine.
func (b *bureau) from(ip string) *visitor {
	b.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}, Timeout: 5 * time.Second}
	return &visitor{T: b.T, base: "http://" + b.web, client: &http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{DialContext: d.DialContext}}}
}

// tryPassword signs in with a form of its own and gives the answer.
func (v *visitor) tryPassword(user, password string) answer {
	v.Helper()
	ask(v.T, v.client, "GET", v.base+"/sign-in", "")
	return v.submit("POST", "/sign-in", "email", user, "password", password)
}

func (v *visitor) signedIn() bool {
	v.Helper()
	return ask(v.T, v.client, "GET", v.base+"/profile", "").status == http.StatusOK
}

func (v *visitor) session() string {
	base, _ := url.Parse(v.base)
	for _, c := range v.client.Jar.Cookies(base) {
		if strings.HasSuffix(c.Name, "s48_session") {
			return c.Value
		}
	}
	return ""
}

// attackThrottle holds A22 and A55: a pause after five wrong passwords, which
// neither another spelling nor a forged header avoids, and which does not keep
// the owner out elsewhere.
func attackThrottle(b *bureau) {
	thief := b.from("127.0.0.2")
	for i, spelling := range []string{"milena@grad.example", "MILENA@grad.example", " milena@grad.example", "Milena@Grad.Example ", "milena@grad.example"} {
		if a := thief.tryPassword(spelling, "pogresna-lozinka"); i < 4 && a.status != http.StatusUnprocessableEntity {
			b.Errorf("try %d: %d", i+1, a.status)
		}
	}
	for _, header := range []string{"X: y", "X-Forwarded-For: 198.51.100.7", "X-Real-IP: 198.51.100.7", "Forwarded: for=198.51.100.7", "True-Client-IP: 198.51.100.7"} {
		base, _ := url.Parse(thief.base)
		form := url.Values{"email": {"milena@grad.example"}, "password": {bureauPassword}}
		for _, c := range thief.client.Jar.Cookies(base) {
			if c.Name == "s48_csrf" {
				form.Set("_csrf", c.Value)
			}
		}
		a := ask(b.T, thief.client, "POST", thief.base+"/sign-in", form.Encode(), "Content-Type: application/x-www-form-urlencoded", header)
		if a.status != http.StatusTooManyRequests {
			b.Errorf("%s: %d after five wrong passwords (A22, A55)", header, a.status)
		}
	}
	if thief.signedIn() {
		b.Error("the thief is in")
	}
	owner := b.from("127.0.0.3")
	if a := owner.tryPassword("milena@grad.example", bureauPassword); a.status != http.StatusSeeOther || !owner.signedIn() {
		b.Errorf("the owner is kept out: %d (A55)", a.status)
	}
}

// attackShift: a whole shift signs in from behind one address; those are no guesses (A55).
func attackShift(b *bureau) {
	for i := range 52 {
		v := b.from("127.0.0.4")
		if a := v.tryPassword([]string{"ana", "milena", "putar", "svjetlo"}[i%4]+"@grad.example", bureauPassword); a.status != http.StatusSeeOther {
			b.Fatalf("right password number %d from one network: %d (A55)", i+1, a.status)
		}
	}
}

// attackOracle holds A52, A53 and A65.
func attackOracle(b *bureau) {
	times := map[string][]time.Duration{}
	bodies := map[string]string{}
	for i := range 7 {
		for k, who := range []string{"senka@grad.example", "nikoga@grad.example"} {
			v := b.from(fmt.Sprintf("127.0.1.%d", 10*k+i+1))
			ask(b.T, v.client, "GET", v.base+"/sign-in", "")
			began := time.Now()
			a := v.submit("POST", "/sign-in", "email", who, "password", "pogresna-lozinka")
			times[who] = append(times[who], time.Since(began))
			bodies[who] = strings.ReplaceAll(plain(a), who, "~")
		}
	}
	slices.Sort(times["senka@grad.example"])
	slices.Sort(times["nikoga@grad.example"])
	known, unknown := times["senka@grad.example"][3], times["nikoga@grad.example"][3]
	if known > 3*unknown+20*time.Millisecond || unknown > 3*known+20*time.Millisecond {
		b.Errorf("a wrong password takes %s for a known account and %s for an unknown one (A52)", known, unknown)
	}
	if bodies["senka@grad.example"] != bodies["nikoga@grad.example"] {
		b.Error("the answer to a wrong password tells whether there is the account (A53)")
	}
	var asked [2]string
	for k, who := range []string{"senka@grad.example", "nikoga@grad.example"} {
		v := b.from(fmt.Sprintf("127.0.2.%d", k+1))
		ask(b.T, v.client, "GET", v.base+"/forgot", "")
		began := time.Now()
		a := v.submit("POST", "/forgot", "email", who)
		if took := time.Since(began); took < 390*time.Millisecond {
			b.Errorf("forgot: answered after %s (A53)", took)
		}
		if asked[k] = strings.ReplaceAll(plain(a), who, "~"); a.status != http.StatusOK {
			b.Errorf("forgot: %d", a.status)
		}
	}
	if asked[0] != asked[1] {
		b.Error("the answer to a forgotten password tells whether there is the account (A53)")
	}
	v := b.from("127.0.2.9")
	ask(b.T, v.client, "GET", v.base+"/sign-in", "")
	began := time.Now()
	a := v.submit("POST", "/sign-in", "email", "ana@grad.example", "password", strings.Repeat("a", 512<<10))
	if took := time.Since(began); a.status < 400 || a.status >= 500 || took > 2*time.Second {
		b.Errorf("a password of 512 kB: %d after %s (A65)", a.status, took)
	}
}

var welcomeLink = regexp.MustCompile(`https?://[^\s"<>]+/welcome/[A-Za-z0-9_-]+`)

// resetLink asks for a reset with a poisoned host and gives the link of the mail.
func (b *bureau) resetLink(user string, n int) string {
	b.Helper()
	v := b.from("127.0.3.1")
	ask(b.T, v.client, "GET", v.base+"/forgot", "")
	base, _ := url.Parse(v.base)
	form := url.Values{"email": {user}}
	for _, c := range v.client.Jar.Cookies(base) {
		if c.Name == "s48_csrf" {
			form.Set("_csrf", c.Value)
		}
	}
	kind := "Content-Type: application/x-www-form-urlencoded"
	if a := ask(b.T, v.client, "POST", v.base+"/forgot", form.Encode(), kind, "Host: zlo.example"); a.status != http.StatusForbidden {
		b.Errorf("forgot at another host: %d (A54)", a.status)
	}
	a := ask(b.T, v.client, "POST", v.base+"/forgot", form.Encode(), kind, "X-Forwarded-Host: zlo.example", "X-Forwarded-Proto: https", "Forwarded: host=zlo.example")
	if a.status != http.StatusOK {
		b.Fatalf("forgot: %d %.300s", a.status, a.body)
	}
	letters := b.inbox(user, n, 20*time.Second)
	raw := decodeMail(letters[0].Raw)
	if strings.Contains(raw, "zlo.example") {
		b.Errorf("the letter names the host of the request (A54):\n%s", raw)
	}
	link := welcomeLink.FindString(raw)
	if !strings.HasPrefix(link, "http://"+b.web+"/") {
		b.Fatalf("the link %q is not at the public address (A54)\n%s", link, raw)
	}
	return strings.TrimPrefix(link, "http://"+b.web)
}

// attackLinks holds A49, A50, A54: a link works once, by POST, and not after a
// later one was used.
func attackLinks(b *bureau) {
	for _, secret := range []string{"%20", "null", "undefined", "0", "%00", "..%2f", strings.Repeat("a", 52), strings.Repeat("a", 4000), "'%20OR%201=1"} {
		for _, method := range []string{"GET", "POST"} {
			v := b.from("127.0.3.2")
			ask(b.T, v.client, "GET", v.base+"/sign-in", "")
			if a := v.submit(method, "/welcome/"+secret, "password", "nova-lozinka-1948", "password2", "nova-lozinka-1948"); a.status != http.StatusNotFound && a.status != http.StatusBadRequest {
				b.Errorf("%s /welcome/%.20s: %d (A49)", method, secret, a.status)
			}
		}
	}
	user := "sefica@grad.example"
	old := b.visitor("sefica")
	older := b.resetLink(user, 1)
	link := b.resetLink(user, 2)
	for range 3 { // scanners
		if a := ask(b.T, nil, "GET", "http://"+b.web+link, ""); a.status != http.StatusOK {
			b.Fatalf("GET of the link: %d", a.status)
		}
	}
	use := func(link string) (answer, *visitor) {
		v := b.from("127.0.3.3")
		ask(b.T, v.client, "GET", v.base+"/sign-in", "")
		return v.submit("POST", link, "password", "nova-lozinka-1948", "password2", "nova-lozinka-1948"), v
	}
	if a, v := use(link); a.status != http.StatusSeeOther || !v.signedIn() {
		b.Fatalf("the link does not work: %d %.300s", a.status, a.body)
	}
	if old.signedIn() {
		b.Error("a session of before the reset lives (A57)")
	}
	if a, v := use(link); a.status != http.StatusGone || v.signedIn() {
		b.Errorf("the link works twice: %d (A50)", a.status)
	}
	if a, v := use(older); a.status < 400 || v.signedIn() {
		b.Errorf("an older link works after the password was changed: %d (A50)", a.status)
	}
}

// attackSession holds A56, A57 and A59.
func attackSession(b *bureau) {
	v := b.from("127.0.4.1")
	base, _ := url.Parse(v.base)
	planted := "podmetnuta-sesija-0123456789012345678901234"
	v.client.Jar.SetCookies(base, []*http.Cookie{{Name: "s48_session", Value: planted, Path: "/"}})
	a := v.tryPassword("ana@grad.example", bureauPassword)
	first := v.session()
	if a.status != http.StatusSeeOther || first == planted || len(first) < 22 {
		b.Errorf("the session id after signing in is %q (A56)", first)
	}
	v.client.Jar.SetCookies(base, []*http.Cookie{{Name: "s48_session", Value: first, Path: "/"}})
	if v.tryPassword("ana@grad.example", bureauPassword); v.session() == first {
		b.Error("the session id stays when signing in again (A56)")
	}
	for _, next := range []string{"//zlo.example", "https://zlo.example/", `/\zlo.example`, "/%5Czlo.example", "javascript:alert(1)", "/\t/zlo.example", "http:zlo.example", "/sign-in/..//zlo.example", "///zlo.example"} {
		v := b.from("127.0.4.2")
		ask(b.T, v.client, "GET", v.base+"/sign-in?next="+url.QueryEscape(next), "")
		a := v.submit("POST", "/sign-in", "email", "ana@grad.example", "password", bureauPassword, "next", next)
		loc := strings.ReplaceAll(strings.Map(func(r rune) rune {
			if r < ' ' {
				return -1
			}
			return r
		}, a.header.Get("Location")), `\`, "/")
		if a.status != http.StatusSeeOther || !strings.HasPrefix(loc, "/") || strings.HasPrefix(loc, "//") {
			b.Errorf("next=%q leads to %q (A59)", next, a.header.Get("Location"))
		}
	}
	b.attackDisabled()
}

// attackDisabled: a disabled account's pages, stream and tokens end within a
// second, whoever disabled it (A57). The stream of one that a command in another
// process disabled may last some seconds more.
func (b *bureau) attackDisabled() {
	for who, within := range map[string]time.Duration{"otisao": 2 * time.Second, "otpusten": 8 * time.Second} {
		b.command(bureauPassword+"\n", "user", "create", "--email", who+"@grad.example", "--role", "agent", "--password-stdin")
		token := b.token(who)
		time.Sleep(1100 * time.Millisecond) // until the running process knows the account that another one made
		v := b.visitor(who)
		said := b.listen(v)
		if a := b.api(token, "GET", "/tickets", ""); a.status != http.StatusOK {
			b.Fatalf("token: %d", a.status)
		}
		if who == "otpusten" {
			b.command("", "user", "disable", who+"@grad.example")
		} else {
			b.disable(who)
		}
		began := time.Now()
		time.Sleep(time.Second)
		if v.signedIn() {
			b.Errorf("%s: a second after the account was disabled its session lives (A57)", who)
		}
		if a := b.api(token, "GET", "/tickets", ""); a.status != http.StatusUnauthorized {
			b.Errorf("%s: a second after the account was disabled its token gives %d (A57)", who, a.status)
		}
		for !strings.Contains(said.String(), "(closed)") {
			if time.Since(began) > within {
				b.Errorf("%s: the stream of a disabled account is open after %s (A57)", who, within)
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if again := b.from("127.0.4.3"); again.tryPassword(who+"@grad.example", bureauPassword).status == http.StatusSeeOther {
			b.Errorf("%s: a disabled account signs in", who)
		}
	}
}

// disable switches an account off on the page of users.
func (b *bureau) disable(who string) {
	b.Helper()
	boss := b.visitor("admin")
	at := regexp.MustCompile(`href="(/manage/users/\d+)"[^>]*>\s*(?:<[^>]*>\s*)*` + who).FindStringSubmatch(boss.get("/manage/users"))
	if at == nil {
		b.Fatalf("no link to %s among the users", who)
	}
	boss.post(at[1], at[1], "name", who, "email", who+"@grad.example", "role", "agent", "language", "sr-Latn-ME", "disabled", "1")
}

// attackForgery holds A58 and A45: other sites' pages and headers change nothing.
func attackForgery(b *bureau, admin string) {
	t := b.open(admin, "Krivotvorenje", "x", "other", "")
	v := b.visitor("ana")
	base, _ := url.Parse(v.base)
	token := ""
	for _, c := range v.client.Jar.Cookies(base) {
		if c.Name == "s48_csrf" {
			token = c.Value
		}
	}
	form := func(csrf string) string {
		return url.Values{"_csrf": {csrf}, "code": {"withdrawn"}, "assignee": {"1"}, "language": {"sq"}, "name": {"Provala"}}.Encode()
	}
	kind := "Content-Type: application/x-www-form-urlencoded"
	for _, path := range []string{"/agent/t/" + t.Ref + "/close", "/agent/t/" + t.Ref + "/spam", "/agent/t/" + t.Ref + "/assign", "/profile", "/sign-out", "/profile/sessions/end-others"} {
		for name, a := range map[string]answer{
			"without a token":    ask(b.T, v.client, "POST", v.base+path, form(""), kind),
			"with a wrong token": ask(b.T, v.client, "POST", v.base+path, form(strings.Repeat("x", 32)), kind),
			"from another site":  ask(b.T, v.client, "POST", v.base+path, form(token), kind, "Sec-Fetch-Site: cross-site", "Origin: https://zlo.example"),
			"from a sibling":     ask(b.T, v.client, "POST", v.base+path, form(token), kind, "Sec-Fetch-Site: same-site", "Origin: http://drugi.grad.example"),
			"as JSON":            ask(b.T, v.client, "POST", v.base+path, `{"code":"withdrawn"}`, "Content-Type: application/json"),
			"as plain text":      ask(b.T, v.client, "POST", v.base+path, form(""), "Content-Type: text/plain"),
			"by GET":             ask(b.T, v.client, "GET", v.base+path+"?"+form(token), ""),
			"by method override": ask(b.T, v.client, "GET", v.base+path+"?_method=POST&"+form(token), "", "X-HTTP-Method-Override: POST"),
		} {
			if a.status < 400 && !(strings.HasPrefix(name, "by ") && path == "/profile") {
				b.Errorf("%s %s: %d (A58)", path, name, a.status)
			}
			if cors := a.header.Get("Access-Control-Allow-Origin"); cors != "" {
				b.Errorf("%s: Access-Control-Allow-Origin %q", path, cors)
			}
		}
	}
	if !v.signedIn() {
		b.Error("another site signed the agent out (A58)")
	}
	if now := b.one(admin, t.Ref); now.Version != t.Version {
		b.Errorf("another site changed the ticket (A58): %+v", now)
	}
	for _, h := range []string{"X-Remote-User: admin@grad.example", "X-Forwarded-User: admin", "Remote-User: admin", "X-Auth-Request-Email: admin@grad.example"} {
		if a := ask(b.T, nil, "GET", v.base+"/manage/users", "", h); a.status == http.StatusOK {
			b.Errorf("%s opens the settings (A45)", h)
		}
	}
}

// attackPaths holds A94–A96, A100 and A66.
func attackPaths(b *bureau, admin string) {
	v := b.visitor("ana")
	for _, path := range []string{
		"/s/../config.yaml", "/s/%2e%2e/%2e%2e/config.yaml", "/s/..%2f..%2fetc/passwd", "/agent/files/..%2f..%2fconfig.yaml", "/agent/files/../../config.yaml", "/agent/inline/..%5c..%5cx",
		"/agent/mail/..%2f1/raw", "/config.yaml", "/data/s48.db", "/blobs/", "/.git/config", "/.env", "/debug/pprof/", "/metrics", "/readyz", "/thread.key", "/backup.tar.gz", "/s/", "/s/x/../../../etc/passwd", "/agent/files/-1",
		"/agent/files/1%00.png", "/agent/files/99999999999999999999", "/install", "/setup", "/admin", "/s48.db",
	} {
		a := rawGet(b, v, path)
		if a.status != 404 && a.status != 400 && a.status != 403 && a.status != 301 || strings.Contains(a.body, "root:") || strings.Contains(a.body, "public_url") {
			b.Errorf("GET %s: %d %.80q (A44, A95, A96)", path, a.status, a.body)
		}
	}
	for _, q := range []string{"sort=id;drop+table+tickets", "sort=(select+1)", "sort=-received,id", "state='%20OR%201=1--", "department=roads'--", "assignee=1+or+1=1", "limit=1000000000", "limit=-1", "cursor=AAAA", "cursor=%00", "overdue=x'", "category=%25", "channel=email'--"} {
		for _, path := range []string{"/agent/v/all?", "/agent/tickets/rows?view=all&", "/agent/intake?", "/agent/citizens?"} {
			began := time.Now()
			a := ask(b.T, v.client, "GET", v.base+path+q, "")
			if took := time.Since(began); a.status >= 500 || took > 2*time.Second || strings.Contains(strings.ToLower(a.body), "sql") {
				b.Errorf("GET %s%s: %d after %s (A66)", path, q, a.status, took)
			}
		}
		if a := b.api(admin, "GET", "/tickets?"+q, ""); a.status >= 500 || strings.Contains(strings.ToLower(a.body), "sql") {
			b.Errorf("GET /tickets?%s: %d %.200s (A66)", q, a.status, a.body)
		}
	}
	deep := strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)
	for _, body := range []string{deep, strings.Repeat("[", 200_000), `{"text":"a","text":"b"}x`, "\xff\xfe", `{"subject":` + strings.Repeat("9", 100_000) + "}"} {
		if a := b.api(admin, "POST", "/tickets", body); a.status < 400 || a.status >= 500 {
			b.Errorf("a body of %.10q…: %d (A100)", body, a.status)
		}
	}
	if a := ask(b.T, nil, "GET", v.base+"/sign-in", "", "X-Long: "+strings.Repeat("a", 2<<20)); a.status != http.StatusRequestHeaderFieldsTooLarge {
		b.Errorf("a header of 2 MB: %d (A94)", a.status)
	}
}

// rawGet asks for a path as it is written: clients would clean it.
func rawGet(b *bureau, v *visitor, path string) answer {
	b.Helper()
	conn, err := net.DialTimeout("tcp", b.web, 5*time.Second)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: s48_session=%s\r\nConnection: close\r\n\r\n", path, b.web, v.session())
	data, err := io.ReadAll(conn)
	if err != nil {
		b.Fatal(err)
	}
	a := answer{body: string(data)}
	_, _ = fmt.Sscanf(a.body, "HTTP/1.1 %d", &a.status)
	return a
}

// attackUploads holds A93: too much is refused early and leaves nothing behind.
func attackUploads(b *bureau, admin string) {
	t := b.open(admin, "Otpremanje", "x", "other", "")
	v := b.visitor("ana")
	conn, err := net.DialTimeout("tcp", b.web, 5*time.Second)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	base, _ := url.Parse(v.base)
	csrf := ""
	for _, c := range v.client.Jar.Cookies(base) {
		if c.Name == "s48_csrf" {
			csrf = c.Value
		}
	}
	fmt.Fprintf(conn, "POST /agent/t/%s/uploads/reply HTTP/1.1\r\nHost: %s\r\nCookie: s48_session=%s; s48_csrf=%s\r\nX-CSRF-Token: %s\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: 5000000000\r\n\r\n--B\r\n",
		t.Ref, b.web, v.session(), csrf, csrf)
	buf := make([]byte, 200)
	n, err := conn.Read(buf)
	if err != nil || !strings.HasPrefix(string(buf[:n]), "HTTP/1.1 413") {
		b.Errorf("an upload of 5 GB: %q %v (A93)", buf[:n], err)
	}
	for _, path := range []string{"/sign-in", "/agent/t/" + t.Ref + "/assign", "/profile", "/api/v1/tickets"} {
		a := ask(b.T, v.client, "POST", v.base+path, strings.Repeat("a=b&", 8<<20), "Content-Type: application/x-www-form-urlencoded", "Authorization: Bearer "+admin)
		if a.status < 400 || a.status >= 500 {
			b.Errorf("POST %s with 32 MB: %d (A93)", path, a.status)
		}
	}
}

// TestAttacksSession holds A22, A45, A49–A59, A65, A66, A93–A96 and A100.
func TestAttacksSession(t *testing.T) {
	t.Parallel()
	b := newBureau(t, bureauStaff...)
	admin := b.token("admin")
	for _, attack := range []struct {
		name string
		f    func(*bureau)
	}{
		{"A55 throttle", attackThrottle},
		{"A55 shift", attackShift},
		{"A52 A53 A65 oracle", attackOracle},
		{"A49 A50 A54 links", attackLinks},
		{"A56 A57 A59 session", attackSession},
		{"A58 forgery", func(b *bureau) { attackForgery(b, admin) }},
		{"A95 paths", func(b *bureau) { attackPaths(b, admin) }},
		{"A93 uploads", func(b *bureau) { attackUploads(b, admin) }},
	} {
		t.Run(attack.name, func(t *testing.T) { attack.f(b.in(t)) })
	}
}
