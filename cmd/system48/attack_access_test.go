package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// submit sends a form, or multipart fields when a field's name ends with "@",
// as a page of the visitor's would, and follows nothing.
func (v *visitor) submit(method, path string, fields ...string) answer {
	v.Helper()
	base, err := url.Parse(v.base)
	if err != nil {
		v.Fatal(err)
	}
	token := ""
	for _, c := range v.client.Jar.Cookies(base) {
		if c.Name == "s48_csrf" {
			token = c.Value
		}
	}
	form, files := url.Values{"_csrf": {token}}, false
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		if name, isFile := strings.CutSuffix(fields[i], "@"); isFile {
			files = true
			part, _ := w.CreateFormFile(name, "prilog.txt") // to memory: never fails
			_, _ = part.Write([]byte(fields[i+1]))
			continue
		}
		form.Add(fields[i], fields[i+1])
	}
	if !files {
		return ask(v.T, v.client, method, v.base+path, form.Encode(), "Content-Type: application/x-www-form-urlencoded", "X-CSRF-Token: "+token)
	}
	for k, all := range form {
		for _, x := range all {
			_ = w.WriteField(k, x)
		}
	}
	w.Close()
	return ask(v.T, v.client, method, v.base+path, b.String(), "Content-Type: "+w.FormDataContentType(), "X-CSRF-Token: "+token)
}

// A target is a ticket with everything that hangs on it.
type attackTarget struct {
	ticketSeen
	incoming, outgoing messageSeen
	file, delivery     int64
	upload             string
}

// target makes a ticket in the department with a file, a reply with its
// delivery, and a draft with an upload of the officer.
func (b *bureau) target(admin string, officer *visitor, category, word string) attackTarget {
	b.Helper()
	t := attackTarget{ticketSeen: b.open(admin, "Predmet "+word, "Tekst "+word, category, word+"@posta.example")}
	reply := b.api(admin, http.MethodPost, "/tickets/"+t.Ref+"/replies", `{"text":"Odgovor `+word+`","to":["marko@posta.example"]}`)
	if reply.status != http.StatusCreated {
		b.Fatalf("reply: %d %s", reply.status, reply.body)
	}
	for _, m := range b.messages(admin, t.Ref) {
		if m.Direction == "out" {
			t.outgoing = m
		} else {
			t.incoming = m
		}
	}
	if len(t.incoming.Attachments) != 1 || len(t.outgoing.Deliveries) != 1 {
		b.Fatalf("the ticket lacks its file or its delivery: %+v %+v", t.incoming, t.outgoing)
	}
	t.file, t.delivery = t.incoming.Attachments[0].ID, t.outgoing.Deliveries[0].ID
	path := "/agent/t/" + t.Ref
	if a := officer.submit(http.MethodPost, path+"/uploads/reply", "file@", "nacrt "+word); a.status != http.StatusOK {
		b.Fatalf("upload: %d %.300s", a.status, a.body)
	} else if m := regexp.MustCompile(`/uploads/([0-9a-f]{16,})`).FindStringSubmatch(a.body); m != nil {
		t.upload = m[1]
	} else {
		b.Fatalf("no upload in %s", a.body)
	}
	if a := officer.submit(http.MethodPut, path+"/drafts/reply", "text", "Nacrt "+word); a.status != http.StatusNoContent {
		b.Fatalf("draft: %d %.300s", a.status, a.body)
	}
	return t
}

var changing = regexp.MustCompile(`nonce="[^"]*"|name="(_csrf|once)" value="[^"]*"|content="[^"]{32}"|[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}|"request_id":"[^"]*"|S48-\d\d-\d{6,}-\d|name="next" value="[^"]*"|\?next=[^"]*`)

// plain is an answer without what differs each time, and without the numbers asked for.
func plain(a answer, numbers ...string) string {
	s := changing.ReplaceAllString(a.body, "~")
	for _, n := range numbers {
		s = strings.ReplaceAll(s, n, "~")
	}
	return fmt.Sprint(a.status, " ", s)
}

// unknownReference gives a well-formed reference that no ticket has.
func unknownReference() string {
	for d := range 10 {
		ref := fmt.Sprintf("S48-26-999999-%d", d)
		if _, err := ticketing.ParseReference("S48", ref); err == nil {
			return ref
		}
	}
	panic("no digit fits")
}

// atRest gives a ticket once its letters have left, so that nothing but an attack
// changes it any more. It must not contain what is not yet.
func (b *bureau) atRest(admin, ref, notYet string) string {
	b.Helper()
	was := ""
	for began := time.Now(); time.Since(began) < 20*time.Second; time.Sleep(500 * time.Millisecond) {
		is := b.api(admin, http.MethodGet, "/tickets/"+ref, "").body
		if is == was && (notYet == "" || !strings.Contains(is, notYet)) {
			return is
		}
		was = is
	}
	b.Fatalf("%s does not come to rest: %s", ref, was)
	return ""
}

// attackForeign holds A33–A38, A40, A67: what belongs to another department is
// as if it were not there, on every way to it.
func attackForeign(b *bureau, admin string) {
	roads, lights := b.visitor("putar"), b.visitor("svjetlo")
	mine, foreign := b.target(admin, lights, "street-light", "svjetiljka"), b.target(admin, roads, "pothole", "tajnarupa")
	token := b.token("svjetlo")
	none := unknownReference()
	before := b.atRest(admin, foreign.Ref, `"answered_at":null`)

	type try struct{ method, path string }
	for _, x := range []try{
		{"GET", ""},
		{"GET", "/live"},
		{"GET", "/why/answer"},
		{"POST", "/assign"},
		{"POST", "/move"},
		{"POST", "/change"},
		{"POST", "/wait"},
		{"POST", "/resume"},
		{"POST", "/resolve"},
		{"POST", "/close"},
		{"POST", "/reopen"},
		{"POST", "/unread"},
		{"POST", "/reveal"},
		{"PUT", "/drafts/reply"},
		{"POST", "/uploads/reply"},
		{"POST", "/message"},
		{"POST", "/validate"},
		{"POST", "/reject"},
		{"POST", "/spam"},
		{"POST", "/void-episode"},
		{"POST", "/messages/" + itoa(foreign.outgoing.ID) + "/take-back"},
		{"POST", "/messages/" + itoa(foreign.incoming.ID) + "/confirm-sender"},
		{"POST", "/deliveries/" + itoa(foreign.delivery) + "/retry"},
	} {
		fields := []string{"answer", "answer", "text_reply", "Upad", "text", "Upad", "code", "withdrawn", "assignee", "1", "department", "2", "reason", "weather"}
		if x.path == "/uploads/reply" {
			fields = append(fields, "file@", "upad")
		}
		got := lights.submit(x.method, "/agent/t/"+foreign.Ref+x.path, fields...)
		want := lights.submit(x.method, "/agent/t/"+none+x.path, fields...)
		if got.status != http.StatusNotFound && got.status != http.StatusForbidden || plain(got) != plain(want) {
			b.Errorf("%s %s of a foreign ticket: %d, of an unknown one: %d (A33)\n%.400s", x.method, x.path, got.status, want.status, got.body)
		}
		if strings.Contains(got.body, "tajnarupa") {
			b.Errorf("%s %s shows the foreign ticket's words", x.method, x.path)
		}
	}
	ids := []string{itoa(foreign.file), itoa(foreign.incoming.ID), itoa(foreign.outgoing.ID), itoa(foreign.ID), itoa(foreign.delivery), "987654321"}
	for _, p := range []struct{ path, id string }{
		{"/agent/files/", ids[0]}, {"/agent/inline/", ids[0]}, {"/agent/mail/", ids[1]}, {"/agent/mail/", ids[2]}, {"/agent/tickets/", ids[3]},
	} {
		got, want := ask(b.T, lights.client, "GET", lights.base+p.path+p.id, ""), ask(b.T, lights.client, "GET", lights.base+p.path+"987654321", "")
		if got.status != http.StatusNotFound || plain(got, p.path+p.id) != plain(want, p.path+"987654321") {
			b.Errorf("GET %s%s: %d, of an unknown one: %d (A34)", p.path, p.id, got.status, want.status)
		}
	}
	for _, x := range []struct{ method, path, other, body string }{
		{"GET", "/tickets/" + foreign.Ref, "/tickets/" + none, ""},
		{"GET", "/tickets/" + foreign.Ref + "/messages", "/tickets/" + none + "/messages", ""},
		{"GET", "/tickets/" + foreign.Ref + "/events", "/tickets/" + none + "/events", ""},
		{"GET", "/tickets/" + foreign.Ref + "/clocks", "/tickets/" + none + "/clocks", ""},
		{"GET", "/messages/" + ids[1], "/messages/987654321", ""},
		{"GET", "/messages/" + ids[1] + "/raw", "/messages/987654321/raw", ""},
		{"GET", "/attachments/" + ids[0], "/attachments/987654321", ""},
		{"POST", "/deliveries/" + ids[4] + "/retry", "/deliveries/987654321/retry", ""},
		{"PATCH", "/tickets/" + foreign.Ref, "/tickets/" + none, `{"subject":"Upad"}`},
		{"POST", "/tickets/" + foreign.Ref + "/replies", "/tickets/" + none + "/replies", `{"text":"Upad"}`},
		{"POST", "/tickets/" + foreign.Ref + "/notes", "/tickets/" + none + "/notes", `{"text":"Upad"}`},
		{"POST", "/tickets/" + foreign.Ref + "/closure", "/tickets/" + none + "/closure", `{"code":"withdrawn"}`},
		{"POST", "/tickets/" + foreign.Ref + "/pauses", "/tickets/" + none + "/pauses", `{"reason":"weather"}`},
		{"POST", "/tickets/" + mine.Ref + "/closure", "/tickets/" + mine.Ref + "/closure", `{"code":"duplicate","duplicate_of":"` + foreign.Ref + `"}`},
		{"POST", "/tickets/" + mine.Ref + "/replies", "/tickets/" + mine.Ref + "/replies", `{"text":"Upad","attachments":[{"upload":"` + foreign.upload + `"}]}`},
	} {
		other := strings.ReplaceAll(strings.ReplaceAll(x.body, foreign.Ref, none), foreign.upload, strings.Repeat("0", len(foreign.upload)))
		got, want := b.api(token, x.method, x.path, x.body), b.api(token, x.method, x.other, other)
		if got.status < 400 || plain(got) != plain(want) {
			b.Errorf("%s %s: %d, unknown: %d (A33, A35, A40)\n%.300s\n%.300s", x.method, x.path, got.status, want.status, got.body, want.body)
		}
	}
	// A35: the foreign children under a parent of one's own.
	for _, x := range []try{
		{"POST", "/messages/" + itoa(foreign.outgoing.ID) + "/take-back"},
		{"POST", "/deliveries/" + itoa(foreign.delivery) + "/retry"},
		{"POST", "/messages/" + itoa(foreign.incoming.ID) + "/confirm-sender"},
	} {
		if a := lights.submit(x.method, "/agent/t/"+mine.Ref+x.path); a.status < 400 {
			b.Errorf("%s under a ticket of one's own: %d (A35)", x.path, a.status)
		}
	}
	lights.submit("DELETE", "/agent/t/"+mine.Ref+"/uploads/"+foreign.upload)
	lights.submit("POST", "/agent/t/"+mine.Ref+"/message", "answer", "answer", "text_reply", "Pokusaj krade", "upload", foreign.upload)
	for _, m := range b.messages(admin, mine.Ref) {
		if m.Direction == "out" && m.Text == "Pokusaj krade" && len(m.Attachments) > 0 {
			b.Errorf("another's upload went out with a reply (A35): %+v", m)
		}
	}
	if page := roads.get("/agent/t/" + foreign.Ref); !strings.Contains(page, "Nacrt tajnarupa") || !strings.Contains(page, foreign.upload) {
		b.Error("the draft or its upload was lost to a stranger")
	}
	if after := b.api(admin, http.MethodGet, "/tickets/"+foreign.Ref, "").body; after != before {
		b.Errorf("the foreign ticket was changed:\n%s\n%s", before, after)
	}
	attackSearch(b, lights, token, mine, foreign)
}

// attackSearch holds A37 and A67: neither hits nor counts of what one may not
// see, and a wildcard is a letter.
func attackSearch(b *bureau, lights *visitor, token string, mine, foreign attackTarget) {
	for _, q := range []string{"tajnarupa", foreign.Ref, "tajnarupa@posta.example", "Gra", "%", "_", "*", "tajnar%", `" OR 1=1 --`, "svjetiljka"} {
		for _, path := range []string{"/agent/search?q=", "/agent/search/options?q=", "/agent/v/all?q=", "/agent/tickets/rows?view=all&q="} {
			a := ask(b.T, lights.client, "GET", lights.base+path+url.QueryEscape(q), "")
			body := strings.ReplaceAll(a.body, escaped(q), "")
			if a.status >= 500 || strings.Contains(body, foreign.Ref) || strings.Contains(body, "Predmet tajnarupa") {
				b.Errorf("%s%s: %d, shows a foreign ticket (A37)", path, q, a.status)
			}
		}
		for _, t := range b.tickets(token, "&q="+url.QueryEscape(q)) {
			if t.Ref == foreign.Ref || (q == "%" || q == "_" || q == "*") && !strings.Contains(t.Subject, q) {
				b.Errorf("q=%s finds %s (A37, A67)", q, t.Ref)
			}
		}
	}
	if found := b.tickets(token, "&q=svjetiljka"); len(found) != 1 || found[0].Ref != mine.Ref {
		b.Errorf("the ticket of one's own is not found: %v", found)
	}
}

func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(s)
}

// attackSignals holds A38: the stream tells of changes in one's own departments only.
func attackSignals(b *bureau, admin string) {
	lights := b.visitor("svjetlo")
	own, foreign := b.open(admin, "Signal svoj", "x", "street-light", ""), b.open(admin, "Signal tudj", "x", "pothole", "")
	lines := b.listen(lights)
	b.api(admin, http.MethodPost, "/tickets/"+foreign.Ref+"/notes", `{"text":"tiho"}`)
	b.api(admin, http.MethodPost, "/tickets/"+own.Ref+"/notes", `{"text":"glasno"}`)
	heard := ""
	mine, other := fmt.Sprintf(`"ticket":%d,`, own.ID), fmt.Sprintf(`"ticket":%d,`, foreign.ID)
	for began := time.Now(); time.Since(began) < 5*time.Second && !strings.Contains(heard, mine); time.Sleep(50 * time.Millisecond) {
		heard = lines.String()
	}
	if !strings.Contains(heard, mine) {
		b.Errorf("the stream does not tell of one's own ticket: %q", heard)
	}
	if strings.Contains(heard, other) || strings.Contains(heard, foreign.Ref) || strings.Contains(heard, "tiho") || strings.Contains(heard, "glasno") {
		b.Errorf("the stream tells too much (A38): %q", heard)
	}
}

// listen gathers what the visitor's stream says, until it ends: then "(closed)".
func (b *bureau) listen(v *visitor) *safeLog {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+"/agent/events", nil)
	if err != nil {
		b.Fatal(err)
	}
	resp, err := (&http.Client{Jar: v.client.Jar}).Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.Fatalf("stream: %v %v", err, resp)
	}
	b.Cleanup(func() { resp.Body.Close() })
	said := &safeLog{}
	started := make(chan struct{})
	go func() {
		var once sync.Once
		for s := bufio.NewScanner(resp.Body); s.Scan(); {
			_, _ = said.Write([]byte(s.Text() + "\n"))
			once.Do(func() { close(started) })
		}
		_, _ = said.Write([]byte("(closed)\n"))
	}()
	select {
	case <-started:
	case <-time.After(5 * time.Second):
		b.Fatal("the stream says nothing")
	}
	return said
}

// attackAssignment holds A41: fields nobody offered change nothing.
func attackAssignment(b *bureau, admin string) {
	t := b.open(admin, "Masovna dodjela", "x", "pothole", "marko@posta.example")
	for _, field := range []string{`"state":"closed"`, `"answered_at":"2026-01-01T00:00:00Z"`, `"version":1`, `"citizen":{"id":1}`, `"id":1`, `"ref":"S48-26-000001-1"`, `"custody":1`} {
		if a := b.api(admin, http.MethodPatch, "/tickets/"+t.Ref, "{"+field+"}"); a.status != http.StatusUnprocessableEntity {
			b.Errorf("PATCH %s: %d %s (A41)", field, a.status, a.body)
		}
	}
	officer := b.visitor("putar")
	officer.submit("POST", "/profile", "name", "putar", "language", "sr-Latn-ME", "role", "admin", "departments", "1", "departments", "3", "id", "1", "email", "admin2@grad.example", "disabled", "")
	officer.submit("POST", "/agent/t/"+t.Ref+"/change", "subject", "Nov", "state", "closed", "department", "3", "citizen", "1", "answered_at", "2026-01-01")
	if a := b.api(admin, http.MethodGet, "/users", ""); !strings.Contains(a.body, `"email":"putar@grad.example"`) || strings.Contains(a.body, "admin2@") {
		b.Errorf("the profile form changed the account (A41): %s", a.body)
	}
	if a := ask(b.T, officer.client, "GET", officer.base+"/manage/users", ""); a.status < 400 {
		b.Errorf("an officer reads /manage/users: %d (A41)", a.status)
	}
	if now := b.one(admin, t.Ref); now.State != t.State || now.Department != t.Department || now.Citizen.ID != t.Citizen.ID {
		b.Errorf("%+v became %+v (A41)", t, now)
	}
}

// attackCollision holds A97: of two who answer at once one is told, and keeps
// the text.
func attackCollision(b *bureau, admin string) {
	t := b.open(admin, "Dvoje odgovara", "x", "other", "marko@posta.example")
	path := "/agent/t/" + t.Ref
	agents := []string{"ana", "milena"}
	var wg sync.WaitGroup
	answers, visitors, seen := make([]answer, 2), make([]*visitor, 2), make([]string, 2)
	for i, who := range agents {
		visitors[i] = b.visitor(who)
		m := regexp.MustCompile(`name="seen" value="(\d+)"`).FindStringSubmatch(visitors[i].get(path))
		if m == nil {
			b.Fatal("the composer does not say what was seen")
		}
		seen[i] = m[1]
	}
	for i, who := range agents {
		wg.Go(func() {
			answers[i] = visitors[i].submit("POST", path+"/message", "answer", "answer", "text_reply", "Odgovor od "+who, "seen", seen[i])
		})
	}
	wg.Wait()
	sent, refused := 0, 0
	for i, a := range answers {
		switch {
		case a.status == http.StatusConflict && strings.Contains(a.body, "Odgovor od "+agents[i]):
			refused++
		case a.status < 400:
			sent++
		default:
			b.Errorf("answer %d: %d %.300s", i, a.status, a.body)
		}
	}
	out := 0
	for _, m := range b.messages(admin, t.Ref) {
		if m.Direction == "out" && !m.Automatic {
			out++
		}
	}
	if sent != 1 || refused != 1 || out != 1 {
		b.Errorf("%d sent, %d refused, %d in the ticket; saw %v (A97)", sent, refused, out, seen)
	}
}

// attackIsolation holds A98: what was put to a note never goes to the citizen.
func attackIsolation(b *bureau, admin string) {
	t := b.open(admin, "Odvojeni nacrti", "x", "other", "jelena@posta.example")
	v, path := b.visitor("ana"), "/agent/t/"+t.Ref
	a := v.submit("POST", path+"/uploads/note", "file@", "SAMO-INTERNO-1")
	m := regexp.MustCompile(`/uploads/([0-9a-f]{16,})`).FindStringSubmatch(a.body)
	if m == nil {
		b.Fatalf("upload: %d %s", a.status, a.body)
	}
	v.submit("PUT", path+"/drafts/note", "text", "SAMO-INTERNO-2")
	got := v.submit("POST", path+"/message", "answer", "answer", "text_reply", "Javni odgovor", "text_note", "SAMO-INTERNO-3", "upload", m[1], "file_note@", "SAMO-INTERNO-4")
	if got.status >= 400 {
		b.Fatalf("reply: %d %.300s", got.status, got.body)
	}
	for _, letter := range b.inbox("jelena@posta.example", 1, 15*time.Second) {
		if strings.Contains(string(letter.Raw), "SAMO-INTERNO") || strings.Contains(string(letter.Raw), "U0FNTy1JTlRFUk5P") || strings.Contains(string(letter.Raw), "prilog.txt") {
			b.Errorf("the citizen got what was internal (A98):\n%s", letter.Raw)
		}
	}
	if page := v.get(path); !strings.Contains(page, "SAMO-INTERNO-2") || !strings.Contains(page, m[1]) {
		b.Error("sending a reply lost the note's draft (A98)")
	}
}

// TestAttacksAccess holds A33–A41, A67, A97 and A98 on the whole program.
func TestAttacksAccess(t *testing.T) {
	t.Parallel()
	b := newBureau(t, bureauStaff...)
	admin := b.token("admin")
	for _, attack := range []struct {
		name string
		f    func(*bureau, string)
	}{
		{"A33 foreign", attackForeign},
		{"A38 signals", attackSignals},
		{"A41 assignment", attackAssignment},
		{"A97 collision", attackCollision},
		{"A98 isolation", attackIsolation},
	} {
		t.Run(attack.name, func(t *testing.T) { attack.f(b.in(t), admin) })
	}
}
