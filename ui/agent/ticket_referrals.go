package agent

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A bodyView is what an outside body was asked, and how it stands.
type bodyView struct {
	name  string
	chip  components.ChipView
	due   components.Due
	facts []components.FactView
	act   string // address of what can be done with it; "" when it ended
	why   string // address of why its deed is due then; "" when nothing is
	waits bool   // for our answer
	n     int
	own   string // address its own number is posted to; "" when the reader may not
	given string // that number
}

func referralViews(ctx context.Context, dir *ticketing.Directory, p *ticketPage) []bodyView {
	var out []bodyView
	for i := len(p.t.Referrals) - 1; i >= 0; i-- {
		out = append(out, referralView(ctx, dir, p, &p.t.Referrals[i]))
	}
	return out
}

// referralKinds are the colours and drawings of the states.
var referralKinds = map[ticketing.ReferralState][2]string{
	ticketing.ReferralSent: {"info", "mail"}, ticketing.ReferralAccepted: {"info", "building"}, ticketing.ReferralRefused: {"warn", "x"},
	ticketing.ReferralAnswered: {"ok", "circle-check"}, ticketing.ReferralWithdrawn: {"", "arrow-back-up"}, ticketing.ReferralExpired: {"bad", "clock"},
}

func referralView(ctx context.Context, dir *ticketing.Directory, p *ticketPage, r *ticketing.Referral) bodyView {
	pr := web.PrinterOf(ctx)
	b, _ := dir.Body(r.Body)
	look := referralKinds[r.State]
	v := bodyView{
		name: ticketing.NameIn(b.Names, p.tag), waits: r.Waits(), n: r.N, given: r.Outside,
		chip: components.ChipView{Kind: look[0], Icon: look[1], Text: web.T(ctx, "refer.state_"+string(r.State))},
	}
	fact := func(key, value string) {
		if value != "" {
			v.facts = append(v.facts, components.FactView{Label: web.T(ctx, "refer."+key), Value: value})
		}
	}
	if r.Opinion {
		fact("wanted", web.T(ctx, "refer.opinion"))
	}
	fact("since", pr.Short(r.SentAt))
	fact("reason", r.Reason)
	if r.Waits() {
		v.chip = components.ChipView{Kind: "warn", Icon: "help", Text: web.T(ctx, "refer.state_asks")}
		fact("person_asks", r.Person)
	} else {
		fact("person", r.Person)
	}
	fact("outside", r.Outside)
	fact("competent", r.Competent)
	fact("law", r.Law)
	if p.may.write && r.State != ticketing.ReferralWithdrawn {
		v.own = p.path + "/referrals/" + strconv.Itoa(r.N) + "/number"
	}
	if !r.Open() {
		return v
	}
	v.act = p.path + "/referrals/" + strconv.Itoa(r.N)
	v.why = p.path + "/why/" + whyReferral + strconv.Itoa(r.N)
	v.due = components.Due{At: r.Due, Target: r.AcceptTarget, Pattern: "refer.due"}
	if r.State == ticketing.ReferralAccepted {
		v.due.Target, v.due.Pattern = r.AnswerTarget, "refer.due_answer"
	}
	fact("expires", pr.Short(r.ExpiresAt))
	return v
}

// whyReferral begins the name of a referral in the address of an explanation.
const whyReferral = "referral-"

// whyReferral shows by which hours of the body its deed is due.
func (a *Area) whyReferral(c echo.Context, p *ticketPage, dir *ticketing.Directory, number string) error {
	n, err := strconv.Atoi(number)
	r := p.t.Referral(n)
	if err != nil || r == nil {
		return &ticketing.Error{Kind: ticketing.NotFound, Field: "kind", Key: "clock.unknown"}
	}
	x, err := dir.Rules.ExplainReferral(r, p.now)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	b, _ := dir.Body(r.Body)
	p.why = a.explain(ctx, x, p.now)
	p.why.kind = ticketing.NameIn(b.Names, p.tag) + " · " + targetText(ctx, x.Kind, x.Target)
	p.why.sentence = web.T(ctx, "refer.why")
	p.why.source = web.T(ctx, "refer.why_source", "Calendar", x.Calendar, "Version", x.CalendarVersion)
	return a.show(c, http.StatusOK, p)
}

// passes lists what the category shows to an outside body.
func passes(ctx context.Context, k ticketing.Category) string {
	var out []string
	for _, x := range ticketing.AllPassable() {
		if slices.Contains(k.Passes, x) {
			out = append(out, web.T(ctx, "refer.pass_"+string(x)))
		}
	}
	return strings.Join(out, ", ")
}

// outsideChip says in a row and in the head of a ticket how the newest referral
// stands: what waits for the bureau is a warning.
func outsideChip(ctx context.Context, dir *ticketing.Directory, o ticketing.Outside) *components.ChipView {
	b, ok := dir.Body(o.Body)
	if !ok {
		return nil
	}
	look, key := referralKinds[o.State], "refer.chip_"+string(o.State)
	switch {
	case o.Asks:
		look, key = [2]string{"warn", "help"}, "refer.chip_asks"
	case o.Opinion && o.State == ticketing.ReferralAccepted:
		key = "refer.chip_sent" // the ticket stays; the opinion is awaited
	}
	return &components.ChipView{Kind: look[0], Icon: look[1], Text: web.T(ctx, key, "Name", ticketing.NameIn(b.Names, web.Language(ctx)))}
}

func bodyOptions(ctx context.Context, dir *ticketing.Directory) []components.Option {
	var out []components.Option
	for _, b := range dir.Bodies {
		if !b.Disabled {
			out = append(out, components.Option{Value: strconv.FormatInt(int64(b.ID), 10), Text: ticketing.NameIn(b.Names, web.Language(ctx))})
		}
	}
	return out
}

func (a *Area) refer(c echo.Context) error {
	return a.do(c, "refer", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, f *web.Form) error {
		in := ticketing.ReferInput{
			Body: ticketing.BodyID(f.Int("body", 1, 1<<62)), Opinion: f.Choice("wanted", "takeover", "opinion") == "opinion",
			Reason: f.Required("reason", maxNote), Consent: f.Checked("consent"), Tell: f.Checked("tell"), Undo: true,
		}
		if !f.OK() {
			return errTyped
		}
		_, err := a.desk.Refer(ctx, by, t, in)
		return err
	})
}

// referralNumber reads the number of a referral in the address.
func referralNumber(c echo.Context) int {
	n, err := strconv.Atoi(c.Param("n"))
	if err != nil {
		return 0 // no referral has it
	}
	return n
}

func (a *Area) withdrawReferral(c echo.Context) error {
	return a.do(c, "", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, _ *web.Form) error {
		_, err := a.desk.WithdrawReferral(ctx, by, t, referralNumber(c))
		return err
	})
}

func (a *Area) tellBody(c echo.Context) error {
	return a.do(c, "", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, f *web.Form) error {
		text := f.Text("text", maxReason)
		_, err := a.desk.TellBody(ctx, by, t, referralNumber(c), text)
		return err
	})
}

// numberReferral enters the number under which the body has the matter.
func (a *Area) numberReferral(c echo.Context) error {
	return a.do(c, "", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, f *web.Form) error {
		number := f.Line("number", maxOutside)
		_, err := a.desk.NumberReferral(ctx, by, t, referralNumber(c), number)
		return err
	})
}

// maxOutside bounds a body's own number, in characters.
const maxOutside = 80

// numberID names the field of a referral's number on the page.
func (v bodyView) numberID() string { return "outside-" + strconv.Itoa(v.n) }

func numberWords(ctx context.Context, v bodyView) string {
	if v.given == "" {
		return web.T(ctx, "refer.outside_enter")
	}
	return web.T(ctx, "refer.outside_change")
}
