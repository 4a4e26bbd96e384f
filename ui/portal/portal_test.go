package portal

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/letters"
	"github.com/sistem48/system48/ticketing/ticketingtest"
	"github.com/sistem48/system48/ui/web/webtest"
)

// A site is the portal on an in-memory bureau, served on loopback.
type site struct {
	*ticketingtest.Office
	base    string
	anybody *webtest.Browser
	log     *bytes.Buffer
	slow    atomic.Int64 // nanoseconds that finding a ticket takes longer
}

// TicketForCitizen implements Reads.
func (s *site) TicketForCitizen(ctx context.Context, ref ticketing.Reference) (*ticketing.TicketView, error) {
	time.Sleep(time.Duration(s.slow.Load()))
	return s.Store.TicketForCitizen(ctx, ref)
}

func newSite(t *testing.T, profile string) *site {
	t.Helper()
	s := &site{Office: ticketingtest.NewOffice(t, profile), log: &bytes.Buffer{}}
	srv := webtest.Serve(t, s.Office, slog.NewJSONHandler(s.log, nil), func(srv *webtest.Server) {
		New(Deps{Kit: srv.Kit, Bureau: s.Core, Reads: s, Blobs: s.Blobs, Sentence: letters.SentenceToCitizen, City: "Glavni grad", Phone: "19848"}).Register(srv.Echo)
	})
	s.base, s.anybody = srv.Base, srv.NewBrowser(t)
	s.anybody.Client.Jar = nil
	return s
}

// An answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

// do asks as a browser without scripts and without cookies.
func (s *site) do(t *testing.T, method, path string, form url.Values) answer {
	t.Helper()
	a := s.anybody.Do(t, method, path, form)
	return answer{a.Response, a.Text}
}

func (s *site) get(t *testing.T, path string, want int) string {
	t.Helper()
	a := s.do(t, http.MethodGet, path, nil)
	if a.StatusCode != want {
		t.Fatalf("GET %s = %d, want %d: %.500s", path, a.StatusCode, want, a.body)
	}
	return a.body
}

func (s *site) post(t *testing.T, path string, want int, pairs ...string) answer {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	a := s.do(t, http.MethodPost, path, form)
	if a.StatusCode != want {
		t.Fatalf("POST %s = %d, want %d: %.500s", path, a.StatusCode, want, a.body)
	}
	return a
}

// code gives the tracking code of a ticket.
func (s *site) code(t *testing.T, ref ticketing.Reference) string {
	t.Helper()
	return s.Core.Keys.TrackingCode(ref, s.View(t, ref).Ticket.TrackingEpoch)
}

// link gives the status page's address in the language.
func (s *site) link(t *testing.T, tag lang.Tag, ref ticketing.Reference) string {
	t.Helper()
	return strings.TrimPrefix(s.Core.TrackingURL(tag, &s.View(t, ref).Ticket), s.base)
}

// report lets Marko write about a hole and gives the reference.
func (s *site) report(t *testing.T) ticketing.Reference {
	t.Helper()
	in := s.Mail("marko.dj@posta.example", "Udarna rupa", "Rupa kod stanice.")
	in.From.Name = "Marko Đukanović"
	return s.Receive(t, in).TicketRef
}

func has(t *testing.T, body string, parts ...string) {
	t.Helper()
	_, content, _ := strings.Cut(body, "<body")
	for _, p := range parts {
		if !strings.Contains(body, p) {
			t.Errorf("the page lacks %q: %.3000s", p, content)
		}
	}
}

func lacks(t *testing.T, body string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if strings.Contains(body, p) {
			t.Errorf("the page holds %q", p)
		}
	}
}

func TestHome(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	for path, want := range map[string]string{
		"/": "Recite gradu", "/cyr": "Реците граду", "/en": "Tell the city", "/sq": "Thuajini qytetit",
	} {
		body := s.get(t, path, http.StatusOK)
		has(t, body, want, `href="/cyr"`, `href="/en"`, `hreflang="sq"`, "19848", "mailto:s48@grad.example", `name="reference"`, `name="code"`)
		lacks(t, body, "<script", " onclick", "style=")
	}
	has(t, s.get(t, "/cyr", http.StatusOK), "Главни град", `lang="sr-Cyrl-ME"`)
}

// TestLookUp opens the page with number and code as people type them.
func TestLookUp(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.report(t)
	code := s.code(t, ref)
	for _, typed := range []string{code, strings.ToLower(code), code[:4] + "-" + code[4:8] + " " + code[8:]} {
		a := s.post(t, "/predmet", http.StatusSeeOther, "reference", " "+strings.ToLower(string(ref)), "code", typed)
		has(t, s.get(t, a.Header.Get("Location"), http.StatusOK), "Udarna rupa", string(ref))
	}
	s.post(t, "/predmet", http.StatusUnprocessableEntity, "reference", "", "code", code)
}

// TestUnknownAndForbidden is A47 and A33: whatever is wrong with number or
// code, the answer is the same.
func TestUnknownAndForbidden(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.report(t)
	other := s.Receive(t, s.Mail("jelena@posta.example", "Voda", "Pukla cijev.")).TicketRef
	var bodies []string
	for _, try := range [][2]string{
		{string(ref), "AAAAAAAAAAAA"}, {"S48-26-999999-0", "AAAAAAAAAAAA"}, {string(ref), s.code(t, other)}, {"nonsense", "AAAAAAAAAAAA"},
	} {
		a := s.do(t, http.MethodPost, "/predmet", url.Values{"reference": {try[0]}, "code": {try[1]}})
		if a.StatusCode != http.StatusNotFound {
			t.Errorf("%v = %d, want 404", try, a.StatusCode)
		}
		bodies = append(bodies, strings.ReplaceAll(strings.ReplaceAll(a.body, try[0], "REF"), try[1], "CODE"))
	}
	for i := range bodies {
		if bodies[i] != bodies[0] {
			t.Errorf("answer %d differs from the first", i)
		}
	}
	lacks(t, bodies[0], "Udarna rupa", "Marko")
	if s.do(t, http.MethodPost, "/predmet", url.Values{"reference": {string(ref)}, "code": {"BBBBBBBBBBBB"}}).StatusCode != http.StatusNotFound {
		t.Error("the fifth guess is not answered")
	}
	if a := s.do(t, http.MethodPost, "/predmet", url.Values{"reference": {string(ref)}, "code": {s.code(t, ref)}}); a.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the sixth try within a minute = %d, want 429", a.StatusCode)
	}
	s.Clock.Advance(time.Minute + time.Second)
	s.get(t, s.link(t, lang.SrLatn, ref), http.StatusOK)
}

// TestVisitsAreNoGuesses shows that the requester may look as often as they like.
func TestVisitsAreNoGuesses(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	link := s.link(t, lang.SrLatn, s.report(t))
	for range 20 {
		s.get(t, link, http.StatusOK)
	}
}

// atOnce asks for all paths at the same time and counts the answers by status.
func (s *site) atOnce(t *testing.T, paths ...string) map[int]int {
	t.Helper()
	s.slow.Store(int64(5 * time.Millisecond))
	defer s.slow.Store(0)
	client := http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
	defer client.CloseIdleConnections()
	statuses := make(chan int, len(paths))
	for _, p := range paths {
		go func() {
			res, err := client.Get(s.base + p) //nolint:noctx // bounded by the client
			if err != nil {
				statuses <- 0
				return
			}
			_ = res.Body.Close()
			statuses <- res.StatusCode
		}()
	}
	got := map[int]int{}
	for range paths {
		got[<-statuses]++
	}
	return got
}

// TestPicturesAtOnce opens a page with more pictures than there are guesses: a
// browser asks for all at once, again and again, and gets them all.
func TestPicturesAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.report(t)
	s.upload(t, "/predmet/"+string(ref)+"/message", http.StatusSeeOther, map[string]string{"k": s.code(t, ref), "text": "Evo."}, photo(t), photo(t), photo(t), photo(t), photo(t))
	var paths []string
	for _, f := range s.View(t, ref).Messages[1].Files {
		p := "/predmet/" + string(ref) + "/files/" + strconv.FormatInt(int64(f.ID), 10) + "?inline=1&k=" + s.code(t, ref)
		paths = append(paths, p, p, p, p)
	}
	if got := s.atOnce(t, paths...); got[http.StatusOK] != len(paths) {
		t.Errorf("answers by status: %v, want %d pictures", got, len(paths))
	}
}

// TestGuessesAtOnce is A47: many guesses at once get no more tries than one after
// another, by the page and by its files together, and a right code in between, as a
// guesser with a ticket of their own has it, clears nothing.
func TestGuessesAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.report(t)
	page := "/predmet/" + string(ref)
	var paths []string
	for range 10 {
		paths = append(paths, page+"?k=AAAAAAAAAAAA", page+"/files/1?k=AAAAAAAAAAAA")
	}
	if got := s.atOnce(t, paths...); got[http.StatusNotFound] != guesses || got[http.StatusTooManyRequests] != len(paths)-guesses {
		t.Errorf("answers by status: %v, want %d tries", got, guesses)
	}
	right := s.link(t, lang.SrLatn, ref)
	s.get(t, right, http.StatusTooManyRequests)
	s.Clock.Advance(guessWindow + time.Second)
	for range guesses - 1 {
		s.get(t, page+"?k=AAAAAAAAAAAA", http.StatusNotFound)
	}
	s.get(t, right, http.StatusOK)
	s.get(t, page+"?k=AAAAAAAAAAAA", http.StatusNotFound)
	s.get(t, page+"?k=AAAAAAAAAAAA", http.StatusTooManyRequests)
}

// TestStatus follows a request from receipt to its end in the citizen's words.
func TestStatus(t *testing.T) {
	t.Parallel()
	s := newSite(t, "24x7")
	ref := s.report(t)
	link := s.link(t, lang.SrLatn, ref)
	body := s.get(t, link, http.StatusOK)
	has(t, body, "Odgovor dobijate najkasnije", "srijeda, 7. januar, do 09:00", "Zašto ovaj rok?", "Primljeno", "Rupa kod stanice.", "marko.dj@…", "imate 30 dana")
	lacks(t, body, "marko.dj@posta.example", "<script")
	has(t, s.get(t, s.link(t, lang.SrCyrl, ref), http.StatusOK), "сриједа, 7. јануар, до 09:00", "Rupa kod stanice.")
	has(t, s.get(t, s.link(t, lang.En, ref), http.StatusOK), "Wednesday, 7 January, by 09:00", "You get an answer by")
	has(t, s.get(t, s.link(t, lang.Sq, ref), http.StatusOK), "e mërkurë, 7 janar, deri në orën 09:00")

	desk, ana := ticketing.Desk{Bureau: s.Core}, ticketing.ActorOf(s.Ana)
	target := ticketing.Target{Ref: ref}
	must(t)(desk.Move(t.Context(), ana, target, s.Roads.ID, "tajni razlog"))
	_, _, err := desk.Note(t.Context(), ana, target, ticketing.NoteInput{Text: "interna bilješka"})
	if err != nil {
		t.Fatal(err)
	}
	body = s.get(t, link, http.StatusOK)
	has(t, body, "Predmet je sada kod: Putevi", "rok se ne mijenja")
	lacks(t, body, "interna bilješka", "tajni razlog", s.Ana.Name)

	s.Clock.Advance(49 * time.Hour)
	has(t, s.get(t, link, http.StatusOK), "Kasnimo", "srijeda, 7. januar, do 09:00")

	_, _, err = desk.Reply(t.Context(), ana, target, ticketing.ReplyInput{Kind: ticketing.ReplyAnswer, Text: "Rupa je zatvorena."})
	if err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(time.Minute)
	s.Deliver(t, ticketing.DeliverySent)
	body = s.get(t, link, http.StatusOK)
	has(t, body, "Odgovorili smo Vam", "Rupa je zatvorena.", "Biro za komunikaciju")
	lacks(t, body, s.Ana.Name)
	must(t)(desk.Resolve(t.Context(), ana, target, ""))
	has(t, s.get(t, link, http.StatusOK), "Označeno kao riješeno", "Otvori ponovo", `id="otvori"`)
}

func must(t *testing.T) func(*ticketing.Ticket, error) {
	return func(_ *ticketing.Ticket, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestPromiseAfterValidation says what is promised before a report is checked.
func TestPromiseAfterValidation(t *testing.T) {
	t.Parallel()
	s := newSite(t, "tivat")
	has(t, s.get(t, s.link(t, lang.SrLatn, s.report(t)), http.StatusOK), "Kada provjerimo prijavu", "u roku od 2\u00a0d", "Provjereno")
}

// TestWrite adds a message; what is wrong comes back with what was typed.
func TestWrite(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.report(t)
	path, code := "/predmet/"+string(ref), s.code(t, ref)
	has(t, s.post(t, path+"/message", http.StatusUnprocessableEntity, "k", code, "text", "  ").body, "Poruka je prazna", `aria-invalid="true"`)
	a := s.post(t, path+"/message", http.StatusSeeOther, "k", code, "text", "Rupa je sada <b>veća</b>.")
	body := s.get(t, a.Header.Get("Location"), http.StatusOK)
	has(t, body, "Poruka je stigla", "Rupa je sada &lt;b&gt;veća&lt;/b&gt;.")
	v := s.View(t, ref)
	if m := v.Messages[len(v.Messages)-1]; m.Channel != ticketing.ChannelPortal || m.Direction != ticketing.In {
		t.Errorf("stored: %+v", m)
	}
	s.post(t, path+"/message", http.StatusNotFound, "k", "AAAAAAAAAAAA", "text", "tuđa poruka")
	s.post(t, path+"/reopen", http.StatusNotFound, "k", "AAAAAAAAAAAA", "why", "tuđa poruka")
	if n := len(s.View(t, ref).Messages); n != len(v.Messages) {
		t.Errorf("%d messages after a foreign try, want %d", n, len(v.Messages))
	}
}

// TestReopen says that it is not solved: a new episode with a new promise. A
// look at the link changes nothing.
func TestReopen(t *testing.T) {
	t.Parallel()
	s := newSite(t, "24x7")
	ref := s.report(t)
	path, code := "/predmet/"+string(ref), s.code(t, ref)
	s.post(t, path+"/reopen", http.StatusConflict, "k", code, "why", "još je tu")
	desk := ticketing.Desk{Bureau: s.Core}
	must(t)(desk.Resolve(t.Context(), ticketing.ActorOf(s.Ana), ticketing.Target{Ref: ref}, ""))
	s.get(t, path+"?k="+code+"#otvori", http.StatusOK)
	s.do(t, http.MethodGet, path+"/reopen?k="+code, nil)
	if st := s.View(t, ref).Ticket.State; st != ticketing.StateResolved {
		t.Fatalf("looking made it %s", st)
	}
	a := s.post(t, path+"/reopen", http.StatusSeeOther, "k", code, "why", "Rupa je još tu.")
	has(t, s.get(t, a.Header.Get("Location"), http.StatusOK), "Predmet je ponovo otvoren", "Rupa je još tu.", "Odgovor dobijate najkasnije")
	if v := s.View(t, ref); v.Ticket.State != ticketing.StateOpen || v.Ticket.Episode != 2 {
		t.Errorf("state %s, episode %d", v.Ticket.State, v.Ticket.Episode)
	}
	must(t)(desk.Resolve(t.Context(), ticketing.ActorOf(s.Ana), ticketing.Target{Ref: ref}, ""))
	must(t)(desk.Close(t.Context(), ticketing.ActorOf(s.Ana), ticketing.Target{Ref: ref}, ticketing.CloseInput{Code: ticketing.CodeResolved}))
	s.Clock.Advance(31 * 24 * time.Hour)
	has(t, s.get(t, path+"?k="+code, http.StatusOK), "Prošlo je više od 30 dana")
	s.post(t, path+"/reopen", http.StatusConflict, "k", code, "why", "kasno")
}

// TestThirdPartiesStayHidden is A72: what others wrote into the ticket is not
// shown to the requester, nor are their files (A35).
func TestThirdPartiesStayHidden(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.report(t)
	key, size, err := s.Blobs.Put(t.Context(), strings.NewReader("\x89PNG\r\n\x1a\n own picture"), false)
	if err != nil {
		t.Fatal(err)
	}
	own := s.Mail("marko.dj@posta.example", "Re: Udarna rupa ["+string(ref)+"]", "Evo slike.")
	own.Tokens, own.Auth = []string{s.Core.Keys.TicketTag(s.View(t, ref).Ticket.ID)}, ticketing.AuthPass
	own.Files = []ticketing.Attachment{{Key: key, Name: "rupa.png", ContentType: "image/png", Size: size}}
	s.Receive(t, own)
	foreign := s.Mail("neko@drugi.example", "Re: Udarna rupa", "Poruka treće strane.")
	foreign.Tokens = own.Tokens
	foreign.Files = []ticketing.Attachment{{Key: key, Name: "tudje.png", ContentType: "image/png", Size: size}}
	s.Receive(t, foreign)
	link := s.link(t, lang.SrLatn, ref)
	body := s.get(t, link, http.StatusOK)
	has(t, body, "Evo slike.", "rupa.png")
	lacks(t, body, "Poruka treće strane.", "tudje.png", "neko@drugi.example")

	files := map[string]ticketing.AttachmentID{}
	for _, m := range s.View(t, ref).Messages {
		for _, f := range m.Files {
			files[f.Name] = f.ID
		}
	}
	file := func(id ticketing.AttachmentID, k string) answer {
		return s.do(t, http.MethodGet, "/predmet/"+string(ref)+"/files/"+strconv.FormatInt(int64(id), 10)+"?inline=1&k="+k, nil)
	}
	a := file(files["rupa.png"], s.code(t, ref))
	if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "image/png" || !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") || !strings.Contains(a.body, "own picture") {
		t.Errorf("own file = %d %v", a.StatusCode, a.Header)
	}
	if a := file(files["tudje.png"], s.code(t, ref)); a.StatusCode != http.StatusNotFound {
		t.Errorf("a third party's file = %d", a.StatusCode)
	}
	if a := file(files["rupa.png"], "AAAAAAAAAAAA"); a.StatusCode != http.StatusNotFound {
		t.Errorf("own file with a wrong code = %d", a.StatusCode)
	}
	if a := file(0, s.code(t, ref)); a.StatusCode != http.StatusNotFound {
		t.Errorf("file 0 = %d", a.StatusCode)
	}
}

// TestRevoked shows that raising the epoch ends every link that was sent.
func TestRevoked(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.report(t)
	link := s.link(t, lang.SrLatn, ref)
	desk := ticketing.Desk{Bureau: s.Core}
	must(t)(desk.RevokeTracking(t.Context(), ticketing.ActorOf(s.Ana), ticketing.Target{Ref: ref}))
	s.get(t, link, http.StatusNotFound)
	s.get(t, s.link(t, lang.SrLatn, ref), http.StatusOK)
}

// TestNothingInTheLog is I10: neither codes nor references nor texts.
func TestNothingInTheLog(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.report(t)
	code := s.code(t, ref)
	s.get(t, s.link(t, lang.SrLatn, ref), http.StatusOK)
	s.post(t, "/predmet/"+string(ref)+"/message", http.StatusSeeOther, "k", code, "text", "tajna poruka")
	for _, secret := range []string{code, string(ref), "tajna", "marko"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q: %s", secret, s.log)
		}
	}
}

// TestFlood is A93: ten messages in ten minutes from one place.
func TestFlood(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.report(t)
	path, code := "/predmet/"+string(ref)+"/message", s.code(t, ref)
	for range messages {
		s.post(t, path, http.StatusSeeOther, "k", code, "text", "Ponavljam.")
	}
	s.post(t, path, http.StatusTooManyRequests, "k", code, "text", "Ponavljam.")
}

func TestIconOf(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"pothole": "road", "street-light": "bulb", "otpad": "trash", "": "dots", "nepoznato": "dots"} {
		if got := iconOf(code); got != want {
			t.Errorf("iconOf(%q) = %q, want %q", code, got, want)
		}
	}
}
