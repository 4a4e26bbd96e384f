package portal

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// This file holds the page of an outside body, which has no account: a signed
// link opens it, opening changes nothing, and buttons do (DESIGN D24).

// registerReferral mounts the page in one language.
func (a *Area) registerReferral(e *echo.Echo, g *echo.Group, tag lang.Tag, speak echo.MiddlewareFunc) {
	at := ticketing.ReferralPath(tag, ":ref", ":n")
	g.GET(at, a.referralPage, speak)
	a.Kit.PublicUploads(e, at, a.flood).POST("", a.state, speak)
	g.POST(at+"/link", a.newLink, speak)
	g.GET(at+"/files/:file", a.referralFile, speak)
	g.GET(ticketing.ReferralPath(tag, "", "")+"/:done", a.referralDone, speak)
}

// deeds are what a body can say, in the order the page offers it.
var deeds = []string{"accept", "refuse", "ask", "answer"}

// A referralView is what the body sees.
type referralView struct {
	Page   components.PortalPage
	Link   ticketing.ReferralLink
	Form   *web.Form
	Name   string // the body's
	V      *ticketing.ReferralView
	Deeds  []string
	When   string // until when it should act; "" while it waits for us
	Done   string
	Said   []entryView
	Talk   []entryView
	Mail   string // where to ask
	Phone  string
	People []string // contact data of the citizen, once it may be seen
}

// word gives the text of a deed, which differs where only an opinion is wanted.
func (v referralView) word(kind, deed string) string {
	if kind == "deed_" && deed == "answer" && !v.V.Referral.Opinion && v.V.Referral.State == ticketing.ReferralAccepted {
		return "outside.deed_answer_accepted"
	}
	if v.V.Referral.Opinion && deed != "ask" {
		return "outside." + kind + deed + "_opinion"
	}
	return "outside." + kind + deed
}

func linkOf(c echo.Context, code string) ticketing.ReferralLink {
	return ticketing.ReferralLink{Ref: c.Param("ref"), N: c.Param("n"), Code: code}
}

func (a *Area) findReferral(c echo.Context, code string) (*ticketing.ReferralView, error) {
	if err := a.Kit.Limit(c, "referral", visits, guessWindow); err != nil {
		return nil, err
	}
	return a.proveReferral(c, code)
}

func (a *Area) proveReferral(c echo.Context, code string) (v *ticketing.ReferralView, err error) {
	err = a.Kit.Guess(c, "referral-guess", guesses, guessWindow, func() (wrong error) {
		v, wrong = a.custodian.Find(c.Request().Context(), a.Reads, linkOf(c, code))
		return wrong
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (a *Area) referralPage(c echo.Context) error {
	code := c.QueryParam("k")
	v, err := a.findReferral(c, code)
	if ticketing.KindOf(err) == ticketing.Gone {
		return a.showGone(c)
	}
	if err != nil {
		return err
	}
	done := ""
	if d := c.QueryParam("done"); d == "accept" || d == "ask" {
		done = web.T(c.Request().Context(), "outside.done_"+d)
	}
	f := web.NewForm("person", v.Referral.Person, "outside", v.Referral.Outside)
	return a.showReferral(c, http.StatusOK, v, code, f, done)
}

func (a *Area) showReferral(c echo.Context, status int, v *ticketing.ReferralView, code string, f *web.Form, done string) error {
	ctx := c.Request().Context()
	p, tag := web.PrinterOf(ctx), web.Language(ctx)
	link := linkOf(c, code)
	href := func(tag lang.Tag) string { return ticketing.ReferralPath(tag, link.Ref, link.N) + "?k=" + code }
	out := referralView{
		Page: a.shell(ctx, web.T(ctx, "outside.title"), "", href), Link: link, Form: f, Name: ticketing.NameIn(v.Body.Names, tag), V: v, Done: done,
		Mail: a.mailAddress(), Phone: a.Phone,
	}
	for _, d := range deeds {
		switch {
		case d == "accept" && v.Referral.State != ticketing.ReferralSent, d == "ask" && v.Referral.Waits():
			continue
		}
		out.Deeds = append(out.Deeds, d)
	}
	if !v.Referral.Due.IsZero() {
		out.When = p.Deadline(v.Referral.Due)
	}
	for i := range v.Messages {
		m := &v.Messages[i]
		out.Said = append(out.Said, entryView{At: m.ReceivedAt, Who: web.T(ctx, "outside.citizen"), Text: m.Text, Files: referralFiles(tag, m, link)})
	}
	for i := range v.Talk {
		m := &v.Talk[i]
		who := web.T(ctx, "status.bureau")
		if m.By == (ticketing.Actor{Body: v.Body.ID}).ID() {
			who = m.Author.Name
		}
		out.Talk = append(out.Talk, entryView{At: m.ReceivedAt, Who: who, Text: m.Text, Files: referralFiles(tag, m, link)})
	}
	if v.Citizen != nil {
		out.People = append(out.People, v.Citizen.DisplayName())
		for _, k := range v.Citizen.Contacts {
			if !slices.Contains(out.People, k.Address) {
				out.People = append(out.People, k.Address)
			}
		}
	}
	return web.Render(c, status, referralPage(out))
}

// referralFiles lists what came with a message the page shows.
func referralFiles(tag lang.Tag, m *ticketing.Message, l ticketing.ReferralLink) []components.FileView {
	var out []components.FileView
	for _, f := range m.Files {
		href := ticketing.ReferralPath(tag, l.Ref, l.N) + "/files/" + strconv.FormatInt(int64(f.ID), 10) + "?k=" + l.Code
		v := components.FileView{Name: web.FileLabel(f.Name), Size: f.Size, Href: href}
		if web.ShownInline(f.ContentType) {
			v.Thumb = href + "&inline=1"
		}
		out = append(out, v)
	}
	return out
}

// state does what the body chose.
func (a *Area) state(c echo.Context) error {
	ctx := c.Request().Context()
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	code := f.Line("k", 40)
	v, err := a.findReferral(c, code)
	if ticketing.KindOf(err) == ticketing.Gone {
		return a.showGone(c)
	}
	if err != nil {
		return err
	}
	deed := f.Value("deed")
	if !slices.Contains(deeds, deed) {
		f.Fail("deed", "outside.choose")
	}
	s := ticketing.Statement{
		Step: int(f.Int("step", 0, 1<<20)), Person: f.Line("person", 200), Outside: f.Line("outside", 80), Competent: f.Line("competent", 200),
		Law: f.Line("law", 300), Text: f.Text("text", maxMessage),
	}
	files, err := bodyFiles(c, f)
	if err != nil {
		return err
	}
	if f.OK() {
		if s.Files, err = a.keepFiles(ctx, files); err == nil {
			err = a.perform(ctx, deed, linkOf(c, code), s)
		}
	}
	switch kind := ticketing.KindOf(err); {
	case err == nil:
	case kind == ticketing.Gone:
		return a.showGone(c)
	case kind == ticketing.Stale || kind == ticketing.Conflict:
		var e *ticketing.Error
		if errors.As(err, &e) {
			f.Fail("", e.Key)
		}
		if v, err = a.findReferral(c, code); err != nil {
			return a.showGone(c)
		}
	case !f.Take(err):
		return err
	}
	if !f.OK() {
		return a.showReferral(c, http.StatusUnprocessableEntity, v, code, f, "")
	}
	tag := web.Language(ctx)
	if deed == "accept" || deed == "ask" {
		return web.Redirect(c, ticketing.ReferralPath(tag, c.Param("ref"), c.Param("n"))+"?k="+code+"&done="+deed)
	}
	return web.Redirect(c, ticketing.ReferralPath(tag, "", "")+"/"+deed)
}

func (a *Area) perform(ctx context.Context, deed string, l ticketing.ReferralLink, s ticketing.Statement) error {
	switch deed {
	case "accept":
		return a.custodian.Accept(ctx, l, s)
	case "refuse":
		return a.custodian.Refuse(ctx, l, s)
	case "ask":
		return a.custodian.Ask(ctx, l, s)
	}
	return a.custodian.Answer(ctx, l, s)
}

// referralDone thanks, and says nothing of any ticket: its link is used up.
func (a *Area) referralDone(c echo.Context) error {
	done := c.Param("done")
	if done != "refuse" && done != "answer" && done != "link" {
		return ticketing.NotFound
	}
	ctx := c.Request().Context()
	href := func(tag lang.Tag) string { return ticketing.ReferralPath(tag, "", "") + "/" + done }
	page := a.shell(ctx, web.T(ctx, "outside.thanks"), "", href)
	return web.Render(c, http.StatusOK, referralDonePage(page, web.T(ctx, "outside.done_"+done)))
}

// showGone is the one answer to every link that does not work.
func (a *Area) showGone(c echo.Context) error {
	ctx := c.Request().Context()
	href := func(tag lang.Tag) string { return ticketing.ReferralPath(tag, c.Param("ref"), c.Param("n")) }
	page := a.shell(ctx, web.T(ctx, "outside.gone_title"), "", href)
	action := ticketing.ReferralPath(web.Language(ctx), c.Param("ref"), c.Param("n")) + "/link"
	return web.Render(c, http.StatusGone, referralGonePage(page, action, a.mailAddress(), a.Phone))
}

// Limits on asking for links.
const (
	linkAsks   = 5
	linkWindow = time.Hour
)

func (a *Area) newLink(c echo.Context) error {
	if err := a.Kit.Limit(c, "referral-link", linkAsks, linkWindow); err != nil {
		return err
	}
	if _, err := web.ReadForm(c); err != nil {
		return err
	}
	if err := a.custodian.NewLink(c.Request().Context(), linkOf(c, "")); err != nil {
		return err
	}
	return web.Redirect(c, ticketing.ReferralPath(web.Language(c.Request().Context()), "", "")+"/link")
}

// referralFile gives a file of a message that the page shows (A34, A35).
func (a *Area) referralFile(c echo.Context) error {
	if err := a.Kit.Limit(c, "referral-files", fileVisits, guessWindow); err != nil {
		return err
	}
	v, err := a.proveReferral(c, c.QueryParam("k"))
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(c.Param("file"), 10, 64)
	if err != nil {
		return ticketing.NotFound
	}
	for _, m := range slices.Concat(v.Messages, v.Talk) {
		for _, f := range m.Files {
			if f.ID == ticketing.AttachmentID(n) {
				return web.ServeFile(c, web.File{
					Name: f.Name, Type: f.ContentType, Size: f.Size, Inline: c.QueryParam("inline") == "1",
					Open: func(ctx context.Context) (io.ReadCloser, error) { return a.Blobs.Open(ctx, f.Key) },
				})
			}
		}
	}
	return ticketing.NotFound
}
