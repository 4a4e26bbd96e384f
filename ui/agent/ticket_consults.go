package agent

import (
	"context"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A consultView is a question to a department, and what this reader may do.
type consultView struct {
	name   string
	chip   components.ChipView
	since  string
	act    string // address of what can be done with it; "" when it ended
	answer bool   // the reader may answer: their department was asked, or has the ticket
	end    bool   // the reader may take it back
}

func consultViews(ctx context.Context, by ticketing.Actor, dir *ticketing.Directory, p *ticketPage) []consultView {
	var out []consultView
	for i := range p.t.Consultations {
		c := &p.t.Consultations[i]
		d, _ := dir.Department(c.Department)
		v := consultView{name: ticketing.NameIn(d.Names, p.tag), since: web.PrinterOf(ctx).Short(c.AskedAt)}
		switch {
		case c.Open():
			v.chip = components.ChipView{Kind: "info", Icon: "help", Text: web.T(ctx, "consult.state_open")}
			v.act, v.end = p.path+"/consultations/"+strconv.Itoa(c.N), p.may.write
			v.answer = p.may.write || (by.May(ticketing.RightWrite) && by.Scope().Sees(c.Department))
		case c.Answer != 0:
			v.chip = components.ChipView{Kind: "ok", Icon: "circle-check", Text: web.T(ctx, "consult.state_answered")}
		default:
			v.chip = components.ChipView{Icon: "arrow-back-up", Text: web.T(ctx, "consult.state_ended")}
		}
		out = append(out, v)
	}
	return out
}

func (a *Area) consult(c echo.Context) error {
	return a.do(c, "consult", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, f *web.Form) error {
		to, text := f.Int("department", 1, 1<<62), f.Text("text", maxReason)
		if !f.OK() {
			return errTyped
		}
		_, err := a.desk.Consult(ctx, by, t, ticketing.DepartmentID(to), text)
		return err
	})
}

func (a *Area) answerConsultation(c echo.Context) error {
	return a.do(c, "", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, f *web.Form) error {
		_, err := a.desk.AnswerConsultation(ctx, by, t, referralNumber(c), f.Text("text", maxReason))
		return err
	})
}

func (a *Area) endConsultation(c echo.Context) error {
	return a.do(c, "", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, _ *web.Form) error {
		_, err := a.desk.EndConsultation(ctx, by, t, referralNumber(c))
		return err
	})
}
