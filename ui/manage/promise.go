package manage

import (
	"context"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A promiseView is the form of a profile.
type promiseView struct{ ruleHead }

func (v promiseView) starts(ctx context.Context) []components.Option {
	return []components.Option{
		{Value: string(ticketing.FromReceipt), Text: web.T(ctx, "promises.from_receipt")},
		{Value: string(ticketing.FromValidation), Text: web.T(ctx, "promises.from_validation")},
	}
}

// profileOf gives the stored profile of the address; "new" is an empty one.
func (a *Area) profileOf(c echo.Context) (ticketing.Profile, *ticketing.Directory, error) {
	return ruleOf(a, c, (*ticketing.Rulebook).Profile, func(*ticketing.Rulebook) ticketing.Profile {
		return ticketing.Profile{Start: ticketing.FromReceipt}
	})
}

func (a *Area) promisePage(c echo.Context) error {
	p, dir, err := a.profileOf(c)
	if err != nil {
		return err
	}
	f := web.NewForm("name", p.Name, "start", string(p.Start), "target", spanText(p.Target), "calendar", p.Calendar,
		"work_calendar", p.WorkCalendar, "validation_target", spanText(p.ValidationTarget), "validation_calendar", p.ValidationCalendar)
	if p.Cutoff != nil {
		for _, d := range p.Cutoff.Weekdays {
			f.Set("cutoff_"+strconv.Itoa(int(d)), "1")
		}
		if p.Cutoff.Holidays {
			f.Set("cutoff_holidays", "1")
		}
	}
	fillNew(f, p.Version, a.Bureau.Now().In(dir.Rules.Zone()))
	return a.showPromise(c, dir, f, nil)
}

func (a *Area) showPromise(c echo.Context, dir *ticketing.Directory, f *web.Form, trial *trialView) error {
	h, err := a.ruleHead(c, ticketing.RuleProfile, pagePromises, c.Param("name"), dir, f)
	h.Trial = trial
	if err != nil {
		return err
	}
	return web.Render(c, statusOf(f), promisePageView(promiseView{h}))
}

// readProfile reads the form.
func readProfile(f *web.Form, name string) ticketing.Profile {
	p := ticketing.Profile{
		Name: name, Start: ticketing.StartRule(f.Choice("start", string(ticketing.FromReceipt), string(ticketing.FromValidation))),
		Target: spanOf(f, "target"), Calendar: f.Line("calendar", 40), WorkCalendar: f.Line("work_calendar", 40),
	}
	if name == newRule {
		p.Name = f.Required("name", 40)
	}
	var cut calendar.Cutoff
	for _, d := range []time.Weekday{time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday} {
		if f.Checked("cutoff_" + strconv.Itoa(int(d))) {
			cut.Weekdays = append(cut.Weekdays, d)
		}
	}
	if cut.Holidays = f.Checked("cutoff_holidays"); cut.Holidays || len(cut.Weekdays) > 0 {
		p.Cutoff = &cut
	}
	if p.Start == ticketing.FromValidation {
		p.ValidationTarget, p.ValidationCalendar = spanOf(f, "validation_target"), f.Line("validation_calendar", 40)
	}
	return p
}

func (a *Area) savePromise(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	_, dir, err := a.profileOf(c)
	if err != nil {
		return err
	}
	p := readProfile(f, c.Param("name"))
	at := tryAt(f, dir.Rules.Zone())
	return a.settle(c, ruleEdit{
		form: f, draft: ticketing.DraftProfile(p),
		try: func(book *ticketing.Rulebook) (*trialView, error) {
			x, err := book.Promise(p.Name, at, 0, nil, at)
			if err != nil {
				return nil, err
			}
			return &trialView{At: at, Lines: []trialLine{a.trialLine(c.Request().Context(), x)}}, nil
		},
		show: func(trial *trialView) error { return a.showPromise(c, dir, f, trial) },
	})
}
