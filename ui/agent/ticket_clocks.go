package agent

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// clocks draws the clocks of the current episode, and gives what the head of
// the page shows: the nearest due.
func clocks(ctx context.Context, rules *ticketing.Rulebook, p *ticketPage) ([]components.ClockView, components.Due) {
	var out []components.ClockView
	var head components.Due
	for i := range p.t.Clocks {
		c := p.t.Clocks[i]
		if c.Episode != p.t.Episode || (c.Kind == ticketing.ClockLeg && c.Leg != p.t.Leg) { // earlier custodies stand in their list
			continue
		}
		v := clockView(ctx, rules, c, p)
		out = append(out, v)
		if v.Chip == nil && !c.Due.IsZero() && c.Due.Equal(p.t.DueAt) {
			head = v.Due
			head.Pattern = "clock.due_" + string(c.Kind)
		}
	}
	return out, head
}

func clockView(ctx context.Context, rules *ticketing.Rulebook, c ticketing.Clock, p *ticketPage) components.ClockView {
	pr := web.PrinterOf(ctx)
	v := components.ClockView{
		Label: web.T(ctx, "clock."+string(c.Kind), "Target", targetText(ctx, c.Kind, c.Target), "Where", p.where),
		Due:   components.Due{At: c.Due, Target: c.Target, Paused: c.State == ticketing.ClockPaused},
	}
	if x, err := rules.Explain(c, p.t.Pauses, p.now); err == nil {
		v.Used = int(100 * x.Counted / max(c.Target, time.Second))
		v.Why = p.path + "/why/" + string(c.Kind)
	}
	switch c.State {
	case ticketing.ClockPending:
		v.Chip = &components.ChipView{Icon: "player-pause", Text: web.T(ctx, "clock.pending")}
	case ticketing.ClockMet:
		v.Chip = &components.ChipView{Kind: "ok", Icon: "circle-check", Text: web.T(ctx, "clock.met", "At", pr.Short(c.MetAt))}
		v.Used = min(v.Used, 100)
	case ticketing.ClockMissed:
		text := web.T(ctx, "clock.missed")
		if !c.MetAt.IsZero() {
			text = web.T(ctx, "clock.late", "Span", pr.Span(c.MetAt.Sub(c.Due)))
		}
		v.Chip = &components.ChipView{Kind: "bad", Icon: "flame", Text: text}
	case ticketing.ClockEnded:
		v.Chip = &components.ChipView{Icon: "ban", Text: web.T(ctx, "clock.ended")}
	case ticketing.ClockAnswering:
		v.Note = web.T(ctx, "clock.answering")
	case ticketing.ClockRunning, ticketing.ClockPaused:
	}
	if v.Note == "" && !c.Due.IsZero() {
		v.Note = web.T(ctx, "clock.until", "At", pr.Due(c.Due))
	}
	return v
}

// targetText says how long a promise is the way it was made: in hours, the
// work in working days.
func targetText(ctx context.Context, kind ticketing.ClockKind, target time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case kind == ticketing.ClockResolve && target%day == 0:
		return web.N(ctx, "clock_days", int(target/day))
	case target%time.Hour == 0:
		return strconv.Itoa(int(target/time.Hour)) + "\u00a0h"
	}
	return web.PrinterOf(ctx).Span(target)
}

// A whyView explains one deadline.
type whyView struct {
	kind     string
	sentence string
	steps    []components.StepView
	sum      string
	left     string
	source   string
	bar      []barPart
	now      float64 // percent of the bar
	first    string  // when the bar begins
	last     string  // and ends
}

// A barPart is a stretch of the time bar, in percent of the whole.
type barPart struct {
	class    string
	from, to float64
}

// why shows the trace of a clock within the ticket's page.
func (a *Area) why(c echo.Context) error {
	p, err := a.load(c, ticketing.Reference(c.Param("ref")))
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	if n, ok := strings.CutPrefix(c.Param("kind"), whyReferral); ok {
		return a.whyReferral(c, p, dir, n)
	}
	for _, k := range slices.Backward(p.t.Clocks) {
		if string(k.Kind) != c.Param("kind") {
			continue
		}
		x, err := dir.Rules.Explain(k, p.t.Pauses, p.now)
		if err != nil {
			return err
		}
		p.why = a.explain(ctx, x, p.now)
		return a.show(c, http.StatusOK, p)
	}
	return &ticketing.Error{Kind: ticketing.NotFound, Field: "kind", Key: "clock.unknown"}
}

func (a *Area) explain(ctx context.Context, x ticketing.Explanation, now time.Time) *whyView {
	pr := web.PrinterOf(ctx)
	w := &whyView{
		kind: web.T(ctx, "clock_name."+string(x.Kind)) + " · " + targetText(ctx, x.Kind, x.Target), sentence: a.Sentence(web.Language(ctx), x),
		sum:  web.T(ctx, "why.used", "Used", pr.Span(x.Counted), "Target", targetText(ctx, x.Kind, x.Target)),
		left: web.T(ctx, "why.left", "Span", pr.Span(x.Left)),
		source: web.T(ctx, "why.source", "Profile", x.Profile, "Version", x.ProfileVersion, "Calendar", x.Calendar,
			"CalendarVersion", x.CalendarVersion),
	}
	if x.Policy != "" {
		w.source += " · " + web.T(ctx, "why.policy", "Policy", x.Policy, "Version", x.PolicyVersion)
	}
	end := x.Due
	if end.IsZero() || end.Before(now) {
		end = now
	}
	whole := end.Sub(x.StartedAt)
	at := func(t time.Time) float64 {
		if whole <= 0 {
			return 0
		}
		return min(100, max(0, 100*float64(t.Sub(x.StartedAt))/float64(whole)))
	}
	w.now, w.first, w.last = at(now), pr.Short(x.StartedAt), pr.Short(end)
	var trace []calendar.Interval
	for _, i := range x.Intervals {
		if i.To.IsZero() {
			i.To = end
		}
		trace = append(trace, i)
		class := "skipped"
		switch {
		case i.Counted:
			class = "b1"
		case i.Why == calendar.WhyPaused:
			class = "paused"
		}
		// What is still to come is drawn as an outline.
		if cut := at(now); i.Counted && at(i.To) > cut {
			if at(i.From) < cut {
				w.bar = append(w.bar, barPart{class, at(i.From), cut})
			}
			class, i.From = "remaining", later(i.From, now)
		}
		w.bar = append(w.bar, barPart{class, at(i.From), at(i.To)})
	}
	w.steps = components.StepsOf(ctx, trace)
	return w
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
