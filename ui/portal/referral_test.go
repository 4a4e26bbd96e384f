package portal

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// refer asks a body about Marko's ticket, whose category passes what is given,
// and gives the path of the signed link in the language.
func (s *site) refer(t *testing.T, ref ticketing.Reference, tag lang.Tag, passes ...ticketing.Passable) string {
	t.Helper()
	admin, ana := ticketing.ActorOf(s.Adam), ticketing.ActorOf(s.Ana)
	staff, desk := ticketing.Registry{Bureau: s.Core}, ticketing.Desk{Bureau: s.Core}
	b := ticketing.Body{Code: "traffic", Names: map[lang.Tag]string{lang.SrLatn: "Uprava za saobraćaj", lang.En: "Traffic Authority"}, Email: "pisarnica@saobracaj.example"}
	c := s.Other
	c.Passes = passes
	for _, err := range []error{staff.SaveBody(t.Context(), admin, &b), staff.SaveCategory(t.Context(), admin, &c)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s.Deliver(t, ticketing.DeliverySent)
	k, err := desk.Refer(t.Context(), ana, ticketing.Target{Ref: ref}, ticketing.ReferInput{Body: b.ID, Reason: "regionalni put R-15", Consent: true})
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(s.Core.ReferralURL(tag, ref, &k.Referrals[0]), s.base)
}

// say posts a statement as a browser without scripts does.
func (s *site) say(t *testing.T, link string, want int, pairs ...string) answer {
	t.Helper()
	path, code, _ := strings.Cut(link, "?k=")
	ref := ticketing.Reference(strings.Split(path, "/")[len(strings.Split(path, "/"))-2])
	step := strconv.Itoa(s.View(t, ref).Ticket.Referrals[0].Step)
	return s.post(t, path, want, append([]string{"k", code, "step", step, "person", "Jovana Stanišić"}, pairs...)...)
}

// TestReferralPage walks the way of a body without an account, in four languages
// and without scripts: nothing happens by opening, contact data only after
// acceptance, the answer goes to the citizen and stands on their page.
func TestReferralPage(t *testing.T) {
	t.Parallel()
	for _, tag := range lang.Tags() {
		s := newSite(t, "")
		ref := s.report(t)
		link := s.refer(t, ref, tag, ticketing.PassText)
		before := s.View(t, ref).Ticket.Version
		page := s.get(t, link, http.StatusOK)
		has(t, page, string(ref), "Rupa kod stanice.", "Udarna rupa", `lang="`+string(tag)+`"`)
		lacks(t, page, "marko.dj@posta.example", "Marko Đukanović", "<script", "outside.", "{{")
		s.do(t, http.MethodHead, link, nil)
		if after := s.View(t, ref).Ticket.Version; after != before {
			t.Error("opening the page changed the ticket")
		}
		has(t, s.say(t, link, http.StatusUnprocessableEntity, "deed", "refuse").body, `id="competent-error"`)
		has(t, s.say(t, link, http.StatusUnprocessableEntity).body, `class="error"`)
		has(t, s.say(t, link, http.StatusUnprocessableEntity, "deed", "ask").body, `id="text-error"`)
		a := s.say(t, link, http.StatusSeeOther, "deed", "accept", "outside", "08-332/26")
		page = s.get(t, a.Header.Get("Location"), http.StatusOK)
		has(t, page, "marko.dj@posta.example", `value="08-332/26"`, `role="status"`)
		a = s.say(t, link, http.StatusSeeOther, "deed", "answer", "text", "Zakrpljeno je danas.")
		lacks(t, s.get(t, a.Header.Get("Location"), http.StatusOK), string(ref), "Marko")
		has(t, s.get(t, s.link(t, lang.SrLatn, ref), http.StatusOK), "Zakrpljeno je danas.", "Uprava za saobraćaj")
		s.get(t, link, http.StatusGone)
	}
}

var dates = regexp.MustCompile(`nonce="[^"]*"|action="[^"]*"|href="[^"]*"`)

// TestReferralLinksRevealNothing (A33, A47): an unknown ticket, a wrong code and a
// used link give the same page, to the byte but for the address; a file of the
// ticket (A34, A35) and the words of the citizen stay closed.
func TestReferralLinksRevealNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.report(t)
	link := s.refer(t, ref, lang.En)
	path, code, _ := strings.Cut(link, "?k=")
	lacks(t, s.get(t, link, http.StatusOK), "Rupa kod stanice.", "Udarna rupa", "posta.example")
	wrong := "0" + code[1:15] + "Z"
	bodies := map[string]string{}
	for name, p := range map[string]string{
		"altered": path + "?k=" + wrong, "no code": path, "unknown": strings.Replace(path, string(ref), "S48-26-999999-2", 1) + "?k=" + code,
		"malformed": strings.Replace(path, string(ref), "x", 1) + "?k=" + code,
	} {
		bodies[name] = dates.ReplaceAllString(s.get(t, p, http.StatusGone), "")
	}
	s.say(t, link, http.StatusSeeOther, "deed", "refuse", "competent", "Putevi d.o.o.")
	s.Clock.Advance(guessWindow)
	bodies["used"] = dates.ReplaceAllString(s.get(t, link, http.StatusGone), "")
	for name, b := range bodies {
		if b != bodies["used"] {
			t.Errorf("the page of the %s link differs: %.600s", name, b)
		}
	}
	a := s.post(t, path+"/link", http.StatusSeeOther)
	b := s.post(t, strings.Replace(path, string(ref), "S48-26-999999-2", 1)+"/link", http.StatusSeeOther)
	if a.Header.Get("Location") != b.Header.Get("Location") {
		t.Error("asking for a new link tells which tickets there are")
	}
	lacks(t, s.log.String(), code, "marko", "Putevi")
}

// TestReferralAtOnce opens a link many times at once; wrong ones get five tries (A47).
func TestReferralAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	link := s.refer(t, s.report(t), lang.En)
	path, _, _ := strings.Cut(link, "?k=")
	if got := s.atOnce(t, slices.Repeat([]string{link}, 12)...); got[http.StatusOK] != 12 {
		t.Errorf("right ones by status: %v", got)
	}
	if got := s.atOnce(t, slices.Repeat([]string{path + "/files/1?k=0000000000000000"}, 12)...); got[http.StatusGone] != guesses || got[http.StatusTooManyRequests] != 12-guesses {
		t.Errorf("wrong ones by status: %v, want %d tries", got, guesses)
	}
}

// TestReferralGuesses (A47): guessing links is slow.
func TestReferralGuesses(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	for range guesses {
		s.get(t, "/izjasnjenje/S48-26-000001-1/1?k=0000000000000000", http.StatusGone)
	}
	s.get(t, "/izjasnjenje/S48-26-000001-1/1?k=0000000000000000", http.StatusTooManyRequests)
}
