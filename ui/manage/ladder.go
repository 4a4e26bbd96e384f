package manage

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A ladderView is the form of a ladder.
type ladderView struct {
	ruleHead

	Rows int // of steps, filled or not
}

// freeSteps is how many empty rows the form offers.
const freeSteps = 3

func stepField(i int, part string) string { return "step_" + strconv.Itoa(i) + "_" + part }

func clockOptions(ctx context.Context) []components.Option {
	out := []components.Option{{Text: web.T(ctx, "promises.no_step")}}
	for _, k := range ticketing.LadderKinds() {
		out = append(out, components.Option{Value: string(k), Text: web.T(ctx, "clock_name."+string(k))})
	}
	return out
}

func sideOptions(ctx context.Context) []components.Option {
	return []components.Option{
		{Value: "before", Text: web.T(ctx, "promises.step_before")}, {Value: "after", Text: web.T(ctx, "promises.step_after")},
	}
}

func tellOptions(ctx context.Context) []components.Option {
	var out []components.Option
	for _, x := range ticketing.Tells() {
		out = append(out, components.Option{Value: string(x), Text: web.T(ctx, "tell."+string(x))})
	}
	return out
}

func (a *Area) ladderOf(c echo.Context) (ticketing.Ladder, *ticketing.Directory, error) {
	return ruleOf(a, c, (*ticketing.Rulebook).Ladder, func(*ticketing.Rulebook) ticketing.Ladder {
		return ticketing.Ladder{Steps: ticketing.DefaultLadder().Steps}
	})
}

func (a *Area) ladderPage(c echo.Context) error {
	l, dir, err := a.ladderOf(c)
	if err != nil {
		return err
	}
	f := web.NewForm("name", l.Name, "office", strings.Join(l.Office, ", "), "try_profile", dir.Rules.Default)
	for i, s := range l.Steps {
		f.Set(stepField(i, "clock"), string(s.Clock))
		f.Set(stepField(i, "tell"), string(s.Tell))
		side, span := "after", s.After
		if span < 0 {
			side, span = "before", -span
		}
		f.Set(stepField(i, "side"), side)
		if f.Set(stepField(i, "span"), spanText(span)); span == 0 {
			f.Set(stepField(i, "span"), "0")
		}
	}
	fillNew(f, l.Version, a.Bureau.Now().In(dir.Rules.Zone()))
	return a.showLadder(c, dir, f, len(l.Steps), nil)
}

func (a *Area) showLadder(c echo.Context, dir *ticketing.Directory, f *web.Form, steps int, trial *trialView) error {
	h, err := a.ruleHead(c, ticketing.RuleLadder, pageLadders, c.Param("name"), dir, f)
	h.Trial = trial
	if err != nil {
		return err
	}
	return web.Render(c, statusOf(f), ladderPageView(ladderView{h, steps + freeSteps}))
}

// readLadder reads the form; rows says in which row of it each step stands.
func readLadder(f *web.Form, name string) (l ticketing.Ladder, rows []int) {
	l.Name = name
	if name == newRule {
		l.Name = f.Required("name", 40)
	}
	for i := range 60 {
		kind := f.Line(stepField(i, "clock"), 20)
		if kind == "" {
			continue
		}
		s := ticketing.Step{Clock: ticketing.ClockKind(kind), Tell: ticketing.Tell(f.Line(stepField(i, "tell"), 20)), After: spanOf(f, stepField(i, "span"))}
		if f.Choice(stepField(i, "side"), "before", "after") == "before" {
			s.After = -s.After
		}
		l.Steps, rows = append(l.Steps, s), append(rows, i)
	}
	for part := range strings.SplitSeq(f.Line("office", 1000), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		address := ticketing.NormalEmail(part)
		if address == "" {
			f.Fail("office", "email.malformed")
			continue
		}
		l.Office = append(l.Office, address)
	}
	return l, rows
}

func (a *Area) saveLadder(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	_, dir, err := a.ladderOf(c)
	if err != nil {
		return err
	}
	l, rows := readLadder(f, c.Param("name"))
	at := tryAt(f, dir.Rules.Zone())
	last := 0
	if len(rows) > 0 {
		last = rows[len(rows)-1] + 1
	}
	fields := func(err error) error {
		return renamed(err, func(x *ticketing.Error) {
			if at, ok := strings.CutPrefix(strings.TrimSuffix(x.Field, "]"), "steps["); ok {
				if n, err := strconv.Atoi(at); err == nil && n < len(rows) {
					x.Field = stepField(rows[n], "clock")
				}
			}
		})
	}
	return a.settle(c, ruleEdit{
		form: f, draft: ticketing.DraftLadder(l), fields: fields,
		try: func(book *ticketing.Rulebook) (*trialView, error) {
			tried, err := book.TryLadder(l.Name, f.Line("try_profile", 40), at)
			return ladderTrial(c.Request().Context(), at, tried), err
		},
		show: func(trial *trialView) error { return a.showLadder(c, dir, f, last, trial) },
	})
}

// ladderTrial says of each promise when it falls due and who is told when.
func ladderTrial(ctx context.Context, at time.Time, tried []ticketing.LadderTrial) *trialView {
	v := &trialView{At: at}
	for _, x := range tried {
		line := trialLine{Label: web.T(ctx, "clock_name."+string(x.Kind)), Due: x.Due}
		if x.Due.IsZero() {
			line.Sentence = web.T(ctx, "promises.step_elsewhere")
		}
		v.Lines = append(v.Lines, line)
		for _, s := range x.Steps {
			v.Lines = append(v.Lines, trialLine{Label: web.T(ctx, "promises.step_told", "Tell", web.T(ctx, "tell."+string(s.Tell))), Due: s.At, told: true})
		}
	}
	return v
}

// stepText says a step in words: "the head, 2 h before due".
func stepText(ctx context.Context, s ticketing.Step) string {
	pr := web.PrinterOf(ctx)
	when := web.T(ctx, "promises.step_at_due")
	switch {
	case s.After < 0:
		when = web.T(ctx, "promises.span_before", "Span", pr.Span(-s.After))
	case s.After > 0:
		when = web.T(ctx, "promises.span_after", "Span", pr.Span(s.After))
	}
	return web.T(ctx, "clock_name."+string(s.Clock)) + ": " + when + " – " + web.T(ctx, "tell."+string(s.Tell))
}
