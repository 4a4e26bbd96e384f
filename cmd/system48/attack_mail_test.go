package main

import (
	"context"
	"fmt"
	"net/http"
	"net/smtp"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/email/emailtest"
)

// letter is a plain mail.
func letter(from, subject, id, text string, headers ...string) []string {
	lines := []string{"From: " + from, "To: s48@grad.example", "Subject: " + subject, "Message-ID: <" + id + ">", "Date: Mon, 02 Nov 2026 10:00:00 +0100", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"}
	return append(append(lines, headers...), "", text)
}

// reply addresses and Message-IDs of a letter of ours.
var (
	replyTo   = regexp.MustCompile(`(?m)^Reply-To:.*?([^\s<]+\+t[^\s>]+@grad\.example)`)
	ourID     = regexp.MustCompile(`(?mi)^Message-ID: <(s48\.[^>]+)>`)
	statusURL = regexp.MustCompile(`http://[^\s"<>]+\?k=[0-9A-Za-z-]+`)
)

// attackHijack holds A68–A75: a stranger's mail joins nobody's ticket, whatever
// it claims; with a valid token it is shown as a third party's and moves nothing.
func attackHijack(b *bureau, admin string) {
	b.mail("marko@posta.example", letter("Marko <marko@posta.example>", "Moja prijava", "prva@posta.example", "Prijava sa tajnim tekstom.")...)
	t := b.ticket(admin, "Moja prijava", 15*time.Second)
	receipt := decodeMail(b.inbox("marko@posta.example", 1, 20*time.Second)[0].Raw)
	address, id, link := replyTo.FindStringSubmatch(receipt), ourID.FindStringSubmatch(receipt), statusURL.FindString(receipt)
	if address == nil || id == nil || link == "" {
		b.Fatalf("the receipt lacks Reply-To, Message-ID or the link:\n%s", receipt)
	}
	forged := func(s string) string { // another last character of the HMAC
		at := strings.LastIndex(s, "@")
		c := "a"
		if s[at-1] == 'a' {
			c = "b"
		}
		return s[:at-1] + c + s[at:]
	}
	local, _, _ := strings.Cut(id[1], "@")
	short := local[:strings.LastIndex(local, ".")] + "@grad.example"
	b.atRest(admin, t.Ref, "")
	version := b.one(admin, t.Ref).Version
	zli := "Zli <zli@napad.example>"
	cases := map[string][]string{
		"References":    letter(zli, "Otmica 1", "z1@napad.example", "tekst 1", "References: <"+forged(id[1])+">", "In-Reply-To: <"+forged(id[1])+">"),
		"short id":      letter(zli, "Otmica 2", "z2@napad.example", "tekst 2", "In-Reply-To: <"+short+">"),
		"subject":       letter(zli, "Otmica 3 ["+t.Ref+"]", "z3@napad.example", "x"),
		"his id":        letter(zli, "Otmica 4", "z4@napad.example", "x", "In-Reply-To: <prva@posta.example>"),
		"same id":       letter(zli, "Otmica 5", "prva@posta.example", "x"),
		"forged from":   letter("Ana <ana@grad.example>", "Otmica 6 ["+t.Ref+"]", "z6@napad.example", "x"),
		"system header": letter(zli, "Otmica 7", "z7@napad.example", "x", "X-S48-Ticket: "+t.Ref, "X-S48-Loop: x", "Authentication-Results: mx.grad.example; dmarc=pass header.from=posta.example"),
		"two from":      letter("marko@posta.example, zli@napad.example", "Otmica 8 ["+t.Ref+"]", "z8@napad.example", "tekst 8"),
		"from twice":    letter("marko@posta.example", "Otmica 9 ["+t.Ref+"]", "z9@napad.example", "tekst 9", "From: zli@napad.example"),
	}
	for name, lines := range cases {
		to := "s48@grad.example"
		if err := smtp.SendMail(b.office.SMTPAddr(), smtp.PlainAuth("", "zli@napad.example", bureauPassword, "127.0.0.1"), "zli@napad.example", []string{to}, []byte(strings.Join(lines, "\r\n")+"\r\n")); err != nil {
			b.Errorf("%s: %v", name, err)
		}
	}
	plus := letter(zli, "Otmica 10", "z10@napad.example", "x", "Delivered-To: "+forged(address[1]))
	b.mail("zli@napad.example", plus...)
	found := map[string]bool{}
	for began := time.Now(); len(found) < len(cases)+1 && time.Since(began) < 15*time.Second; time.Sleep(100 * time.Millisecond) {
		for _, k := range b.tickets(admin, "") {
			if m := regexp.MustCompile(`^Otmica \d+`).FindString(k.Subject); m != "" && k.Ref != t.Ref {
				found[m] = true
			}
		}
	}
	if len(found) != len(cases)+1 {
		b.Errorf("%d of %d hijacks have tickets of their own: %v (A68–A75)", len(found), len(cases)+1, found)
	}
	if now := b.one(admin, t.Ref); now.Version != version {
		b.Errorf("a hijack touched the ticket: version %d, was %d (A68)", now.Version, version)
	}
	for _, m := range b.messages(admin, t.Ref) {
		if m.Direction == "in" && !strings.Contains(m.Text, "tajnim tekstom") {
			b.Errorf("a hijack is on the ticket: %+v (A68)", m)
		}
	}
	b.hijackByToken(admin, t, address[1], link)
}

// hijackByToken: a valid token in a stranger's hand (A69, A72).
func (b *bureau) hijackByToken(admin string, t ticketSeen, address, link string) {
	raw := strings.Join(letter("Zli <zli@napad.example>", "Re: Moja prijava", "z11@napad.example", "TRECA-STRANA pita za lozinku."), "\r\n") + "\r\n"
	raw = strings.Replace(raw, "To: s48@grad.example", "To: "+address, 1)
	if err := smtp.SendMail(b.office.SMTPAddr(), nil, "zli@napad.example", []string{address}, []byte(raw)); err != nil {
		b.Fatal(err)
	}
	var third *messageSeen
	for began := time.Now(); third == nil && time.Since(began) < 15*time.Second; time.Sleep(100 * time.Millisecond) {
		for _, m := range b.messages(admin, t.Ref) {
			if strings.Contains(m.Text, "TRECA-STRANA") {
				third = &m
			}
		}
	}
	if third == nil {
		b.Fatal("the third party's message is not on the ticket (A69)")
	}
	if third.Mark == nil || *third.Mark != "third_party" {
		b.Errorf("the third party's message is not marked: %+v (A69)", third)
	}
	now := b.one(admin, t.Ref)
	if now.State != t.State || now.Citizen.ID != t.Citizen.ID || strings.Contains(fmt.Sprint(now.Citizen), "zli@") {
		b.Errorf("a third party moved the ticket or became its requester: %+v (A69, I14)", now)
	}
	page := ask(b.T, nil, http.MethodGet, link, "")
	if page.status != http.StatusOK || strings.Contains(page.body, "TRECA-STRANA") || !strings.Contains(page.body, "tajnim tekstom") {
		b.Errorf("the citizen's page: %d, shows the third party: %t (A72)", page.status, strings.Contains(page.body, "TRECA-STRANA"))
	}
	reply := b.api(admin, http.MethodPost, "/tickets/"+t.Ref+"/replies", `{"text":"Odgovor gradjaninu"}`)
	if reply.status != http.StatusCreated || strings.Contains(reply.body, "zli@") {
		b.Errorf("a reply goes to the third party (A73): %s", reply.body)
	}
	b.inbox("marko@posta.example", 2, 15*time.Second)
	// Of their own tickets they have receipts; of this one nothing.
	for _, l := range b.lettersOf("zli@napad.example") {
		if strings.Contains(l, t.Ref) || strings.Contains(l, "Odgovor gradjaninu") {
			b.Errorf("the third party got a letter about %s (A69): %.300s", t.Ref, l)
		}
	}
	attackStatus(b, t, link)
}

// lettersOf gives what is in a mailbox now.
func (b *bureau) lettersOf(address string) []string {
	b.Helper()
	list, err := b.office.Messages(context.Background(), address, "INBOX", 1000)
	if err != nil {
		b.Fatal(err)
	}
	out := make([]string, 0, len(list))
	for _, m := range list {
		out = append(out, decodeMail(m.Raw))
	}
	return out
}

// attackStatus holds A47: without the code nothing is told, and guessing is slow.
func attackStatus(b *bureau, t ticketSeen, link string) {
	at := strings.Index(link, "?k=")
	path := strings.TrimPrefix(link[:at], "http://"+b.web)
	none := strings.Replace(path, t.Ref, unknownReference(), 1)
	guess := func(ip, path, code string) answer {
		return ask(b.T, b.from(ip).client, http.MethodGet, "http://"+b.web+path+"?k="+code, "")
	}
	wrong := guess("127.0.5.1", path, "AAAABBBBCCCC")
	for name, a := range map[string]answer{
		"no code": guess("127.0.5.2", path, ""), "unknown ticket": guess("127.0.5.3", none, "AAAABBBBCCCC"), "long code": guess("127.0.5.4", path, strings.Repeat("A", 5000)),
		"code of a space": guess("127.0.5.5", path, "%20"), "code of nothing": guess("127.0.5.6", path, "%00%00"),
	} {
		if clean := func(a answer) string { return strings.ReplaceAll(plain(a), "AAAABBBBCCCC", "") }; a.status != http.StatusNotFound || clean(a) != clean(wrong) && name != "long code" {
			b.Errorf("status page with %s: %d, differs from a wrong code: %t (A47)", name, a.status, plain(a) != plain(wrong))
		}
	}
	slow := 0
	for range 8 {
		if a := guess("127.0.5.9", path, "AAAABBBBCCCC"); a.status == http.StatusTooManyRequests {
			slow++
		}
	}
	if slow < 2 {
		b.Errorf("%d of 8 guesses are slowed down (A47)", slow)
	}
	if a := ask(b.T, b.from("127.0.5.9").client, http.MethodGet, link, ""); a.status == http.StatusOK {
		b.Log("the right code is shown to a guesser as well")
	}
}

// attackLoops holds A78: machines get no receipts, and two that answer each
// other stop soon.
func attackLoops(b *bureau, admin string) {
	silent := [][]string{
		letter("Odsutan <jelena@posta.example>", "Automatski", "l1@posta.example", "x", "Auto-Submitted: auto-replied"),
		letter("Lista <jelena@posta.example>", "Lista", "l2@posta.example", "x", "Precedence: list", "List-Id: <a.posta.example>"),
		letter("jelena@posta.example", "Bulk", "l3@posta.example", "x", "Precedence: bulk"),
		letter("jelena@posta.example", "Suzbijeno", "l4@posta.example", "x", "X-Auto-Response-Suppress: All"),
		letter("MAILER-DAEMON@posta.example", "Undelivered Mail", "l5@posta.example", "x"),
		letter("s48@grad.example", "Od samih sebe", "l6@grad.example", "x"),
		letter("jelena@posta.example", "Reply-To na nas", "l7@posta.example", "x", "Reply-To: s48@grad.example"),
	}
	for i, lines := range silent {
		from := "jelena@posta.example"
		if i == 4 {
			from = ""
		}
		b.mail(from, lines...)
	}
	time.Sleep(3 * time.Second)
	for _, l := range b.lettersOf("jelena@posta.example") {
		if !strings.Contains(l, "In-Reply-To: <l7@posta.example>") { // a person's, whose reply address would be ours
			b.Errorf("a machine got a letter (A78):\n%s", l)
		}
	}
	if n := len(b.lettersOf("s48@grad.example")); n > 0 {
		b.Errorf("%d mails lie unread in our own mailbox", n)
	}
	// Another helpdesk answers each of our letters with a new mail that admits nothing.
	b.mail("zrtva@posta.example", letter("Pomoc <zrtva@posta.example>", "Tiket drugog sistema", "h0@posta.example", "x")...)
	answered := 0
	for began := time.Now(); time.Since(began) < 4*time.Second; time.Sleep(100 * time.Millisecond) {
		for range len(b.lettersOf("zrtva@posta.example")) - answered {
			answered++
			b.mail("zrtva@posta.example", letter("Pomoc <zrtva@posta.example>", fmt.Sprintf("Primili smo %d", answered), fmt.Sprintf("h%d@posta.example", answered), "Vas zahtjev je primljen.")...)
		}
	}
	if answered == 0 || answered > 21 {
		b.Errorf("two helpdesks exchanged %d letters (A78)", answered)
	}
	_ = admin
}

// attackCannon holds A79: whoever writes in another's name makes us send the
// victim three letters a day at most, which carry nothing of the attacker's.
func attackCannon(b *bureau, admin string) {
	const shots = 40
	auth := smtp.PlainAuth("", "zli@napad.example", bureauPassword, "127.0.0.1")
	for i := range shots {
		raw := strings.Join(letter("KUPITE-ODMAH <putevi@grad.example>", fmt.Sprintf("KUPITE-ODMAH http://zlo.example %d", i), fmt.Sprintf("c%d@napad.example", i), "KUPITE-ODMAH"), "\r\n") + "\r\n"
		if err := smtp.SendMail(b.office.SMTPAddr(), auth, "zli@napad.example", []string{"s48@grad.example"}, []byte(raw)); err != nil {
			b.Fatal(err)
		}
	}
	kept := 0
	for began := time.Now(); kept < shots && time.Since(began) < 20*time.Second; time.Sleep(200 * time.Millisecond) {
		kept = 0
		for _, t := range b.tickets(admin, "") {
			if strings.Contains(t.Subject, "KUPITE-ODMAH") {
				kept++
			}
		}
	}
	if kept != shots {
		b.Errorf("%d of %d mails are tickets (A79)", kept, shots)
	}
	time.Sleep(2 * time.Second)
	letters := b.lettersOf("putevi@grad.example")
	if len(letters) > 3 {
		b.Errorf("the victim got %d letters (A79)", len(letters))
	}
	for _, l := range letters {
		if strings.Contains(l, "KUPITE") || strings.Contains(l, "zlo.example") {
			b.Errorf("a letter to the victim carries the attacker's words (A79):\n%s", l)
		}
	}
}

// TestAttacksMail holds A47, A68–A75, A78 and A79 through SMTP and IMAP.
func TestAttacksMail(t *testing.T) {
	t.Parallel()
	b := newBureau(t, "admin:admin")
	admin := b.token("admin")
	for _, attack := range []struct {
		name string
		f    func(*bureau, string)
	}{{"A68 hijack", attackHijack}, {"A78 loops", attackLoops}, {"A79 cannon", attackCannon}} {
		t.Run(attack.name, func(t *testing.T) { attack.f(b.in(t), admin) })
	}
}

// TestAttacksHostile holds A80–A84, F14 and I13: hostile mails between good ones
// neither stop nor hide those; each has a disposition and its raw bytes.
func TestAttacksHostile(t *testing.T) {
	t.Parallel()
	hostile := emailtest.Hostile()
	if !torture() {
		var some []emailtest.Case
		for i := 0; i < len(hostile); i += 6 {
			some = append(some, hostile[i])
		}
		hostile = some
	}
	b := prepareBureau(t, "", "admin:admin")
	good := map[string]bool{}
	next := 0
	for m := range emailtest.Corpus(48, len(hostile)) {
		for _, raw := range [][]byte{m.Raw, hostile[next].Raw} {
			if err := b.office.Append("s48@grad.example", "INBOX", raw); err != nil {
				t.Fatalf("%s: %v", hostile[next].Name, err)
			}
		}
		good[sum(m.Raw)] = true
		next++
	}
	admin := b.token("admin")
	began := time.Now()
	b.start()
	type item struct {
		ID        int64
		State     string
		RawSHA256 string `json:"raw_sha256"`
		TicketRef string `json:"ticket_ref"`
	}
	var all []item
	for {
		all = all[:0]
		open, done := 0, 0
		for cursor := ""; ; {
			a := b.api(admin, http.MethodGet, "/intake?limit=100&cursor="+cursor, "")
			page := decode[struct {
				Items      []item
				NextCursor string `json:"next_cursor"`
			}](t, a.body)
			if all = append(all, page.Items...); page.NextCursor == "" {
				break
			}
			cursor = page.NextCursor
		}
		for _, x := range all {
			if x.State == "received" {
				open++
			} else if good[x.RawSHA256] {
				done++
			}
		}
		if open == 0 && done == len(good) && len(all) >= len(good)+len(hostile) {
			break
		}
		if time.Since(began) > 60*time.Second {
			t.Fatalf("after 60 s %d of %d good mails are worked, %d of %d known, %d wait\n%s", done, len(good), len(all), 2*len(hostile), open, tail(b.log.String()))
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("%d hostile and %d good mails in %s", len(hostile), len(good), time.Since(began).Round(time.Millisecond))
	states := map[string]int{}
	for _, x := range all {
		states[x.State]++
		if good[x.RawSHA256] && (x.State != "ticketed" || x.TicketRef == "") {
			t.Errorf("a good mail is %s", x.State)
		}
		if len(x.RawSHA256) != 64 {
			t.Errorf("item %d has no raw mail", x.ID)
		}
	}
	t.Logf("dispositions: %v", states)
	v := b.visitor("admin")
	pages := 0
	for i, x := range all {
		if good[x.RawSHA256] || !torture() && i%4 != 0 {
			continue
		}
		if a := ask(t, v.client, http.MethodGet, v.base+"/agent/intake/"+itoa(x.ID)+"/raw", ""); a.status != http.StatusOK || sum([]byte(a.body)) != x.RawSHA256 {
			t.Errorf("item %d: its raw mail is not what came (%d)", x.ID, a.status)
		}
		if x.TicketRef != "" {
			pages++
			if a := ask(t, v.client, http.MethodGet, v.base+"/agent/t/"+x.TicketRef, ""); a.status != http.StatusOK {
				t.Errorf("%s: %d", x.TicketRef, a.status)
			}
		}
	}
	if pages == 0 {
		t.Error("no page of a hostile ticket was looked at")
	}
	if panics := strings.Count(b.log.String(), "panic"); panics > 0 {
		t.Errorf("%d panics in the log", panics)
	}
}
