package components

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing/calendar"
	"github.com/sistem48/system48/ui/locale"
	"github.com/sistem48/system48/ui/web"
)

// MaxSteps keeps a list of stretches readable; the whole trace is in the API.
const MaxSteps = 40

// StepsOf gives the stretches of a trace as [WhySteps] draws them, at most MaxSteps.
func StepsOf(ctx context.Context, trace []calendar.Interval) []StepView {
	var out []StepView
	for _, i := range trace[:min(len(trace), MaxSteps)] {
		out = append(out, stepOf(ctx, i))
	}
	return out
}

func stepOf(ctx context.Context, i calendar.Interval) StepView {
	pr := web.PrinterOf(ctx)
	s := StepView{
		Kind: "not-counted", Label: stretch(pr, i.From, i.To), Note: whyNote(ctx, i), Amount: web.T(ctx, "why.not_counted"),
	}
	switch {
	case i.Counted:
		s.Kind, s.Amount = "counted", pr.Span(i.To.Sub(i.From))
	case i.Why == calendar.WhyPaused:
		s.Kind, s.Amount = "paused", pr.Span(i.To.Sub(i.From))
	}
	return s
}

// stretch writes from when to when, with the hours whatever the day:
// "pon 7. 12. 07:00–15:00".
func stretch(pr *locale.Printer, from, to time.Time) string {
	day := func(t time.Time) string { return pr.Weekday(t) + " " + pr.Day(t) }
	if last := to.Add(-time.Nanosecond); day(last) == day(from) {
		end := pr.Clock(to)
		if day(to) != day(from) {
			end = "24:00"
		}
		return day(from) + " " + pr.Clock(from) + "–" + end
	}
	return day(from) + " " + pr.Clock(from) + " – " + day(to) + " " + pr.Clock(to)
}

func whyNote(ctx context.Context, i calendar.Interval) string {
	switch i.Why {
	case calendar.WhyOpen:
		return web.T(ctx, "why.open")
	case calendar.WhyClosed:
		return web.T(ctx, "why.closed")
	case calendar.WhyHoliday:
		return web.T(ctx, "why.holiday", "Name", i.Name)
	case calendar.WhyPaused:
		return web.T(ctx, "why.paused", "Reason", web.T(ctx, "wait."+i.Name))
	case calendar.WhyBeforeStart:
		return web.T(ctx, "why.before_start")
	}
	return ""
}
