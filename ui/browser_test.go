package ui_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/letters"
	"github.com/sistem48/system48/ticketing/ticketingtest"
	"github.com/sistem48/system48/ui"
	"github.com/sistem48/system48/ui/web"
)

const password = "zeleni most preko Morače"

// A site is the whole web face on an in-memory bureau with some tickets.
type site struct {
	*ticketingtest.Office
	base   string
	solved ticketing.Reference // a resolved ticket of Marko's
	open   ticketing.Reference // an open one
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{Office: ticketingtest.NewOffice(t, "podgorica")}
	s.Clock.Set(time.Now().UTC()) // browsers have their own clock
	srv := httptest.NewUnstartedServer(nil)
	s.base = "http://" + srv.Listener.Addr().String()
	s.Core.Settings.PublicURL = s.base
	shelf, err := letters.NewShelf(letters.Options{City: "Podgorica", Zone: ticketingtest.Zone()})
	if err != nil {
		t.Fatal(err)
	}
	s.Core.Letters = shelf
	server, err := ui.New(ui.Deps{
		Letters: shelf,
		Log:     slog.New(slog.DiscardHandler), Now: s.Clock.Now, Zone: ticketingtest.Zone(), PublicURL: s.base, City: "Glavni grad", Phone: "19848",
		Bureau: s.Core, Ports: s.Store, Blobs: s.Blobs, Sentence: letters.Sentence, CitizenSentence: letters.SentenceToCitizen,
	})
	if err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = server.Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	go server.Run(ctx)
	s.fill(t)
	return s
}

// fill plays a few stories.
func (s *site) fill(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	hash, err := web.HashPassword(ctx, password)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Store.InTx(ctx, func(tx ticketing.Tx) error {
		for _, id := range []ticketing.AgentID{s.Adam.ID, s.Ana.ID} {
			a, err := tx.Agent(ctx, id)
			if err != nil {
				return err
			}
			a.PasswordHash, a.SingleKeys = hash, true
			if err := tx.SaveAgent(ctx, a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range []ticketing.MailboxHealth{
		{Account: "main", State: "ok", Since: s.Clock.Now().AddDate(0, 0, -14), LastSuccess: s.Clock.Now(), Idle: true, UpdatedAt: s.Clock.Now()},
		{Account: "inspekcija", State: "auth_failed", Since: s.Clock.Now().Add(-38 * time.Minute), Detail: "AUTHENTICATIONFAILED", LastSuccess: s.Clock.Now().Add(-time.Hour), Waiting: 3, UpdatedAt: s.Clock.Now()},
	} {
		if err := s.Store.SaveMailboxHealth(ctx, h); err != nil {
			t.Fatal(err)
		}
	}
	s.routing(t)
	s.stories(t)
}

// routing writes rules of every sort, districts and an absence.
func (s *site) routing(t *testing.T) {
	t.Helper()
	ctx, adam := t.Context(), ticketing.ActorOf(s.Adam)
	router := ticketing.Router{Bureau: s.Core, Reads: s.Store}
	_, problems, err := router.ImportStreets(ctx, adam, 0, []byte("ulica;od;do;strana;oblast\nNjegoševa;;;;Centar\nIlirska;1;40;parna;Zagorič\n"), true)
	if err != nil || problems != nil {
		t.Fatal(err, problems)
	}
	urgent := ticketing.PriorityUrgent
	rules := ticketing.RoutingRules{Rules: []ticketing.RoutingRule{
		{
			Name: "Rasvjeta", When: ticketing.Conditions{Keywords: []string{"rasvjet*", "svjetiljk*", "lampa", "javna rasvjeta"}},
			Then: ticketing.Course{Category: s.Streetlight.ID, Follow: true, Tags: []string{"mrak"}}, Flow: ticketing.FlowGoOn,
		},
		{
			Name: "Inspekcija iz centra", Off: true, When: ticketing.Conditions{
				Senders: []string{"inspekcija.example", "+38220*"}, Districts: []ticketing.DistrictID{1},
				Channels: []ticketing.Channel{ticketing.ChannelEmail}, Accounts: []string{"main"}, Languages: []lang.Tag{lang.Sq},
			},
			Then: ticketing.Course{Department: s.Lighting.ID, Person: s.Oskar.ID, Priority: &urgent},
		},
		{Name: "Ostalo", When: ticketing.Conditions{Always: true}, Then: ticketing.Course{Tags: []string{"biro"}}},
		{Name: "Poslije svega", When: ticketing.Conditions{Keywords: []string{"psi"}}, Then: ticketing.Course{Department: s.Cleaning.ID}},
	}}
	if err := router.SaveRules(ctx, adam, &rules); err != nil {
		t.Fatal(err)
	}
	registry := ticketing.Registry{Bureau: s.Core}
	now := s.Clock.Now()
	away := ticketing.Absence{Agent: s.Boris.ID, From: now.AddDate(0, 0, -1), Until: now.AddDate(0, 0, 9), Substitute: s.Ana.ID, HandOver: true}
	if err := registry.SaveAbsence(ctx, adam, &away); err != nil {
		t.Fatal(err)
	}
}

func (s *site) stories(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	ana := ticketing.ActorOf(s.Ana)
	desk := ticketing.Desk{Bureau: s.Core}
	receive := func(from, name, subject, text string, tag lang.Tag) ticketing.Reference {
		in := s.Mail(from, subject, text)
		in.From.Name, in.Language = name, tag
		return s.Receive(t, in).TicketRef
	}
	try := func(_ *ticketing.Ticket, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s.solved = receive("marko.dj@posta.example", "Marko Đukanović", "Ne radi rasvjeta kod vrtića", "Poštovani,\n\nveć tri večeri ne radi rasvjeta kod vrtića „Ljubica Popović“.\n\nMarko", lang.SrLatn)
	try(desk.Validate(ctx, ana, ticketing.Target{Ref: s.solved}))
	_, _, err := desk.Reply(ctx, ana, ticketing.Target{Ref: s.solved}, ticketing.ReplyInput{Kind: ticketing.ReplyAnswer, Text: "Poštovani gospodine Đukanoviću, ekipa je zamijenila sijalicu."})
	if err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(11 * time.Second)
	s.Deliver(t, ticketing.DeliverySent)
	try(desk.Resolve(ctx, ana, ticketing.Target{Ref: s.solved}, ""))

	s.open = receive("marko.dj@posta.example", "Marko Đukanović", "Udarna rupa na kolovozu, Bulevar Svetog Petra Cetinjskog 82", "Poštovani, kod autobuske stanice je rupa dubine oko 20 cm. Jutros je oštećen točak na vozilu moje komšinice.\n\nSlika: https://slike.example/rupa", lang.SrLatn)
	try(desk.Validate(ctx, ana, ticketing.Target{Ref: s.open}))
	try(desk.Assign(ctx, ana, ticketing.Target{Ref: s.open}, s.Ana.ID))
	_, _, err = desk.Note(ctx, ana, ticketing.Target{Ref: s.open}, ticketing.NoteInput{Text: "Zvala dežurnog u Putevima: ekipa je u Zagoriču, stižu do 13 h."})
	if err != nil {
		t.Fatal(err)
	}
	try(desk.Move(ctx, ana, ticketing.Target{Ref: s.open}, s.Roads.ID, "Kolovoz održavaju Putevi."))
	s.refer(t)
	receive("anka@posta.example", "Анка Милић", "Рупа на путу код аутобуске станице", "Поштовани, код станице је рупа.", lang.SrCyrl)
	receive("besnik@posta.example", "Besnik Gjokaj", "Kërkesë për leje parkimi për persona me aftësi të kufizuara", "Përshëndetje, kërkoj leje parkimi.", lang.Sq)
	receive("john@mail.example", "John Smith", "Stray dogs in the park at Stari aerodrom", "Hello, there are stray dogs in the park.", lang.En)
	s.Deliver(t, ticketing.DeliverySent)
	if _, err := s.Store.FoldFacts(ctx); err != nil {
		t.Fatal(err)
	}
}

// speak sets the language of Adam's account.
func (s *site) speak(t *testing.T, tag lang.Tag) {
	t.Helper()
	registry := ticketing.Registry{Bureau: s.Core}
	if _, err := registry.ChangeOwn(t.Context(), ticketing.ActorOf(s.Adam), ticketing.OwnChange{Language: &tag}); err != nil {
		t.Fatal(err)
	}
}

// statusPath is the link of a receipt.
func (s *site) statusPath(t *testing.T, tag lang.Tag, ref ticketing.Reference) string {
	t.Helper()
	return strings.TrimPrefix(s.Core.TrackingURL(tag, &s.View(t, ref).Ticket), s.base)
}

// chromium gives a browser, or skips the test where there is none; with
// SYSTEM48_TEST_REQUIRE naming chromium a missing one is a failure.
func chromium(t *testing.T) context.Context {
	t.Helper()
	required := strings.Contains(os.Getenv("SYSTEM48_TEST_REQUIRE"), "chromium")
	if testing.Short() && !required {
		t.Skip("drives a browser")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		if required {
			t.Fatal("chromium is required and not installed")
		}
		t.Skip("chromium is not installed")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(path), chromedp.NoSandbox)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// signIn gives the session cookie of the agent.
func (s *site) signIn(t *testing.T, email string) *http.Cookie {
	t.Helper()
	form := url.Values{"email": {email}, "password": {password}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	for _, c := range res.Cookies() {
		if c.Name == "s48_session" {
			return c
		}
	}
	t.Fatalf("sign-in = %d without a session", res.StatusCode)
	return nil
}

// A look is one way of looking at a page.
type look struct {
	width, height int64
	dark          bool
	tag           lang.Tag
	axe           bool // also ask axe, which takes a second a page
}

func (l look) String() string {
	theme := "light"
	if l.dark {
		theme = "dark"
	}
	return string(l.tag) + "_" + theme + "_" + map[bool]string{true: "390", false: "1440"}[l.width < 760]
}

// looks are both widths and both themes; the other languages are looked at for
// their widths, all of it when the pages are to be seen by a person.
func looks(all bool) []look {
	list := []look{
		{1440, 900, false, lang.SrLatn, true},
		{390, 844, true, lang.SrLatn, true},
		{390, 844, false, lang.Sq, false},
		{390, 844, false, lang.SrCyrl, false},
		{1440, 900, false, lang.En, false},
	}
	if all {
		list = append(list, look{1440, 900, true, lang.SrLatn, true}, look{390, 844, false, lang.SrLatn, true}, look{1440, 900, false, lang.SrCyrl, true})
	}
	return list
}

// show opens a page in the look; cookies sign in and choose the language.
func (s *site) show(ctx context.Context, l look, session *http.Cookie, path string) error {
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	cookies := []chromedp.Action[chromedp.Void]{
		chromedp.EmulateViewport(l.width, l.height),
		action(func(ctx context.Context) error {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
			return err
		}),
		setCookie(s.base, "s48_lang", string(l.tag)),
	}
	if session != nil {
		cookies = append(cookies, setCookie(s.base, session.Name, session.Value))
	}
	return chromedp.Do(ctx, append(cookies, chromedp.Navigate(s.base+path), chromedp.WaitReady("main"))...)
}

func action(f func(ctx context.Context) error) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error { return f(ctx) })
}

func setCookie(base, name, value string) chromedp.Action[chromedp.Void] {
	return action(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: base})
		return err
	})
}

// A violation is what axe found.
type violation struct {
	ID    string   `json:"id"`
	Help  string   `json:"help"`
	Nodes []string `json:"nodes"`
}

// axeRun asks axe for WCAG 2.2 A and AA and best practice.
const axeRun = `axe.run(document, {runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"], resultTypes: ["violations"]})
	.then(r => r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.slice(0, 4).map(n => n.html.slice(0, 200) + " " + (n.any[0]?.message ?? ""))})))`

// pages are every page of the areas, and whether somebody must be signed in.
func (s *site) pages(t *testing.T, tag lang.Tag) []struct {
	name, path string
	staff      bool
} {
	t.Helper()
	type page = struct {
		name, path string
		staff      bool
	}
	return []page{
		{"sign-in", "/sign-in", false},
		{"forgot", "/forgot", false},
		{"home", ticketing.PortalPath(tag), false},
		{"look-up", ticketing.StatusPath(tag, ""), false},
		{"status", s.statusPath(t, tag, s.open), false},
		{"status-resolved", s.statusPath(t, tag, s.solved), false},
		{"status-unknown", ticketing.StatusPath(tag, "S48-26-000001-1") + "?k=x", false},
		{"not-found", "/nothing/here", false},
		{"unauthenticated", "/agent", false},
		{"profile", "/profile", true},
		{"sessions", "/profile/sessions", true},
		{"users", "/manage/users", true},
		{"user", "/manage/users/1", true},
		{"user-new", "/manage/users/new", true},
		{"departments", "/manage/departments", true},
		{"department", "/manage/departments/1", true},
		{"categories", "/manage/categories", true},
		{"category", "/manage/categories/1", true},
		{"promises", "/manage/promises", true},
		{"promise", "/manage/promises/podgorica", true},
		{"policy-new", "/manage/policies/new", true},
		{"calendar", "/manage/calendars/office-hours", true},
		{"ladder", "/manage/ladders/city", true},
		{"rule-version", "/manage/ladders/city/versions/1", true},
		{"routing", "/manage/routing", true},
		{"routing-rule", "/manage/routing/rules/2", true},
		{"routing-try", "/manage/routing/try", true},
		{"districts", "/manage/routing/districts", true},
		{"absences", "/absences", true},
		{"body", "/manage/bodies/1", true},
		{"referral", s.referralPath(t, tag), false},
		{"referral-gone", ticketing.ReferralPath(tag, string(s.open), "1") + "?k=x", false},
		{"ticket-referred", ticketing.TicketPath(s.open), true},
		{"ticket-refer", ticketing.TicketPath(s.open) + "?open=refer", true},
		{"mail", "/manage/mail", true},
		{"letters", "/manage/letters", true},
		{"letter", "/manage/letters/receipt/en", true},
		{"templates", "/manage/templates", true},
		{"template-new", "/manage/templates/new", true},
		{"tokens", "/manage/tokens", true},
		{"staff-not-found", "/manage/users/99999", true},
		{"report-city", "/reports?period=year", true},
		{"report-all", "/reports/all?from=" + s.since() + "&to=" + s.today(), true},
		{"report-department", "/reports/departments/bureau?from=" + s.since() + "&to=" + s.today(), true},
		{"report-empty", "/reports/all?from=2020-01-01&to=2020-01-31", true},
		{"report-refused", "/reports/all?from=2020-02-01&to=2020-01-31", true},
		{"report-cases", "/reports/cases?set=open", true},
	}
}

// today and since bound a report of everything that was played.
func (s *site) today() string { return s.Clock.Now().Format(time.DateOnly) }
func (s *site) since() string { return s.Clock.Now().AddDate(0, 0, -40).Format(time.DateOnly) }

// TestPages opens every page in every look: no violation of axe, nothing wider
// than the screen, no error in the console. With S48_SHOTS it also writes what
// the pages look like into that folder.
func TestPages(t *testing.T) {
	ctx := chromium(t)
	s := newSite(t)
	axe, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	session := s.signIn(t, s.Adam.Email)
	shots := os.Getenv("S48_SHOTS")
	for _, l := range looks(shots != "") {
		tab, cancel := chromedp.NewContext(ctx)
		problems := listen(tab, t)
		s.speak(t, l.tag)
		for _, p := range s.pages(t, l.tag) {
			cookie := session
			if !p.staff {
				cookie = &http.Cookie{Name: session.Name, Value: "none"}
			}
			if err := s.show(tab, l, cookie, p.path); err != nil {
				t.Fatalf("%s %s: %v", l, p.name, err)
			}
			if shots != "" {
				shoot(tab, t, filepath.Join(shots, p.name+"_"+l.String()+".png"))
			}
			wide, err := chromedp.Run(tab, chromedp.Evaluate[int](`document.documentElement.scrollWidth - innerWidth`))
			if err != nil || wide > 0 {
				t.Errorf("%s %s is %d px wider than the screen (%v)", l, p.name, wide, err)
			}
			if l.axe {
				for _, v := range violations(tab, t, string(axe)) {
					t.Errorf("%s %s: %s: %s\n\t%s", l, p.name, v.ID, v.Help, strings.Join(v.Nodes, "\n\t"))
				}
			}
			for _, text := range problems.take() {
				if p.name == "not-found" || p.name == "staff-not-found" || p.name == "unauthenticated" || p.name == "status-unknown" || p.name == "referral-gone" || p.name == "report-refused" {
					continue // the answer's own status shows in the console
				}
				t.Errorf("%s %s: console: %s", l, p.name, text)
			}
		}
		cancel()
	}
}

// violations asks axe about the page that is open.
func violations(tab context.Context, t *testing.T, axe string) []violation {
	t.Helper()
	if _, err := chromedp.Run(tab, chromedp.Evaluate[any](axe+";0")); err != nil {
		t.Fatal(err)
	}
	found, err := chromedp.Run(tab, chromedp.Evaluate[[]violation](axeRun, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func shoot(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(name, png, 0o600)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
