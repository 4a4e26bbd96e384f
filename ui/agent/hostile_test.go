package agent

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// planted are texts that become code where somebody forgot to escape.
var planted = []string{
	`<script>window.pwned=1</script>`, `"><img src=x onerror=window.pwned=1>`, `'"><svg/onload=window.pwned=1>`,
	`</title><script>window.pwned=1</script>`, `<a href="javascript:window.pwned=1">x</a>`, "{{7*7}}${7*7}", `</textarea><script>window.pwned=1</script>`,
	"\u202efdp.exe", `javascript:window.pwned=1`,
}

// code lists what a page would run that is not ours.
func code(t *testing.T, a answer) []string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		src := ""
		for _, at := range n.Attr {
			if strings.HasPrefix(strings.ToLower(at.Key), "on") {
				found = append(found, n.Data+" "+at.Key+"="+at.Val)
			}
			if (at.Key == "href" || at.Key == "src" || at.Key == "action" || at.Key == "formaction") && strings.HasPrefix(strings.ToLower(strings.TrimSpace(at.Val)), "javascript:") {
				found = append(found, n.Data+" "+at.Key+"="+at.Val)
			}
			if at.Key == "src" {
				src = at.Val
			}
		}
		if n.Data == "script" && !strings.HasPrefix(src, "/s/") {
			found = append(found, "script "+src)
		}
		if n.Data == "svg" && len(n.Attr) == 0 || n.Data == "iframe" && !strings.HasPrefix(src, "/agent/mail/") {
			found = append(found, n.Data)
		}
	}
	return found
}

// hostile lets a citizen write with everything planted everywhere.
func (s *site) hostile(t *testing.T) []ticketing.Reference {
	t.Helper()
	var refs []ticketing.Reference
	for i, p := range planted {
		in := s.Mail("attack"+id(int64(i))+"@mail.example", "rupa "+p, p+"\n\n> "+p)
		in.From.Name, in.FoldAt = p, len(p)
		in.HTMLKey = s.keep(t, "", "", []byte(p+`<p onclick="window.pwned=1">x</p><img src="https://canary.example/p.gif"><img src="cid:other">`)).Key
		in.Files = []ticketing.Attachment{
			s.keep(t, p+".html", "text/html", []byte("<script>window.pwned=1</script>")),
			s.keep(t, "x.svg", "image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="window.pwned=1"/>`)),
		}
		refs = append(refs, s.Receive(t, in).TicketRef)
	}
	return refs
}

// TestPlanted opens every page that shows what a citizen wrote (A01, A02, A08,
// A12): nothing of it is code.
func TestPlanted(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	refs := s.hostile(t)
	ana := s.as(t, s.Ana)
	desk := ticketing.Desk{Bureau: s.Core}
	for i, ref := range refs {
		must(t, second(desk.Move(t.Context(), ticketing.ActorOf(s.Ana), ticketing.Target{Ref: ref}, s.Roads.ID, planted[i])))
		must(t, second(desk.Change(t.Context(), ticketing.ActorOf(s.Ana), ticketing.Target{Ref: ref}, ticketing.Change{
			Tags: &[]string{planted[i]}, Location: &ticketing.Location{Address: planted[i]},
		})))
		ana.do(http.MethodPut, ticketing.TicketPath(ref)+"/drafts/reply", values([]string{"text", planted[i]}), false)
	}
	pages := []string{
		"/agent/v/all", "/agent/search?q=rupa", "/agent/search/options?q=rupa", "/agent/intake", "/agent/intake/1", "/agent/citizens?q=attack0", "/agent/outgoing",
		"/agent/tickets/rows?refs=" + string(refs[0]), "/agent/search?q=%22%3E%3Cscript%3E", "/agent/v/all?tag=%3Cscript%3E", "/agent/new?subject=%22%3E%3Cscript%3E&email=%3Csvg%2Fonload%3D1%3E",
	}
	for _, ref := range refs {
		v := s.View(t, ref)
		pages = append(pages, ticketing.TicketPath(ref), ticketing.TicketPath(ref)+"/why/answer", "/agent/mail/"+id(v.Messages[0].ID), "/agent/citizens/"+id(v.Citizen.ID))
	}
	for _, path := range pages {
		page := ana.get(path, http.StatusOK)
		for _, c := range code(t, page) {
			t.Errorf("%s: %s", path, c)
		}
		page.hasNot(t, `canary.example/p.gif"`)
		if !strings.Contains(path, "/mail/") {
			page.hasNot(t, "\u202e")
		}
	}
	ana.get(ticketing.TicketPath(refs[5]), http.StatusOK).has(t, "{{7*7}}${7*7}") // never worked out (A19)
}

// TestFrames hold the mail's own policy, load nothing from elsewhere and
// resolve cid: only within the message (A13–A15).
func TestFrames(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	in := s.Mail("ana@mail.example", "Slika", "tekst")
	in.HTMLKey = s.keep(t, "", "", []byte(`<p>Evo <img src="cid:a@x"> i <img src="cid:b@x"> i <img src="https://canary.example/1.gif"></p>`)).Key
	file := s.keep(t, "a.png", "image/png", picture(t))
	file.ContentID, file.Inline = "a@x", true
	in.Files = []ticketing.Attachment{file}
	ref := s.Receive(t, in).TicketRef
	other := s.Mail("boris@mail.example", "Druga", "tekst")
	foreign := s.keep(t, "b.png", "image/png", picture(t))
	foreign.ContentID = "b@x"
	other.Files = []ticketing.Attachment{foreign}
	s.Receive(t, other)
	ana := s.as(t, s.Ana)
	v := s.View(t, ref)
	page := ana.get("/agent/mail/"+id(v.Messages[0].ID), http.StatusOK)
	page.has(t, web.InlineImages+id(v.Messages[0].Files[0].ID))
	if n := strings.Count(page.body, "<img"); n != 1 {
		t.Errorf("%d pictures, want the one of the message", n)
	}
	csp := page.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "sandbox") || strings.Contains(csp, "allow-scripts") {
		t.Errorf("policy of a mail = %q", csp)
	}
	ana.get(ticketing.TicketPath(ref), http.StatusOK).has(t, `sandbox="`+web.MailSandbox+`"`, "/agent/mail/"+id(v.Messages[0].ID))

	page.has(t, `class="bar"`)
	page.hasNot(t, "canary.example", "pictures=outside") // no frame of ours asks
	path := "/agent/mail/" + id(v.Messages[0].ID)
	ana.framed(path).has(t, "?pictures=outside")
	ana.get(path+"?pictures=outside", http.StatusOK).hasNot(t, "canary.example") // a link in a mail does not ask
	asked := ana.framed(path + "?pictures=outside")
	asked.has(t, `src="https://canary.example/1.gif"`, web.InlineImages+id(v.Messages[0].Files[0].ID))
	if csp := asked.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "img-src 'self' https:;") || asked.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("with its pictures: policy %q, referrer %q", csp, asked.Header.Get("Referrer-Policy"))
	}
	ana.framed(path).hasNot(t, "canary.example") // nothing is remembered
}

// TestServedFiles are what they look like, saved rather than shown (A06–A08).
func TestServedFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	refs := s.hostile(t)
	ana := s.as(t, s.Ana)
	for _, ref := range refs {
		for _, f := range s.View(t, ref).Messages[0].Files {
			for _, at := range []string{"/agent/files/", web.InlineImages} {
				got := ana.get(at+id(f.ID), http.StatusOK)
				h := got.Header
				if h.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") ||
					h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
					t.Errorf("%s%d %s: %v", at, f.ID, f.Name, h)
				}
			}
		}
	}
	v := s.View(t, refs[0])
	raw := ana.get("/agent/mail/"+id(v.Messages[0].ID)+"/raw", http.StatusOK)
	if !strings.Contains(raw.Header.Get("Content-Disposition"), string(refs[0])) {
		t.Errorf("original is called %q", raw.Header.Get("Content-Disposition"))
	}
	events, err := s.Store.TicketEvents(t.Context(), ticketing.Scope{All: true}, refs[0])
	must(t, err)
	recorded := 0
	for _, e := range events {
		if e.Kind == ticketing.EventRawRead && e.Actor == ticketing.ActorOf(s.Ana).ID() {
			recorded++
		}
	}
	if recorded != 1 {
		t.Errorf("%d events of the original being taken, want 1", recorded)
	}
}

// TestPlantedRuns opens the worst of it in a real browser (A04): nothing runs.
func TestPlantedRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	refs := s.hostile(t)
	w := newWindow(t, s, s.Ana)
	for _, ref := range refs {
		v := s.View(t, ref)
		for _, path := range []string{ticketing.TicketPath(ref), "/agent/v/all", "/agent/mail/" + id(v.Messages[0].ID)} {
			w.open(path)
			if eval[bool](w, "'pwned' in window || Array.from(frames).some(f=>'pwned' in f)") {
				t.Errorf("%s: a planted text ran", path)
			}
		}
	}
}
