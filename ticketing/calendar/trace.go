package calendar

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// MaxIntervals bounds the length of a trace.
const MaxIntervals = 20_000

// A Why says why an interval is counted or not.
type Why uint8

// The reasons an interval of a trace can have.
const (
	WhyOpen        Why = iota // within opening hours: counted
	WhyClosed                 // outside opening hours
	WhyHoliday                // a holiday on a day that would have been open
	WhyPaused                 // within a pause, open hours or not
	WhyBeforeStart            // between receipt and the instant from which the promise counts
)

// String returns the word for the reason in English, as it stands in JSON.
func (w Why) String() string {
	switch w {
	case WhyOpen:
		return "open"
	case WhyClosed:
		return "closed"
	case WhyHoliday:
		return "holiday"
	case WhyPaused:
		return "pause"
	case WhyBeforeStart:
		return "before start"
	default:
		return "unknown"
	}
}

// An Interval is one piece of a trace. The intervals of a trace follow one
// another without gap, and neighbours differ in Why or Name.
type Interval struct {
	From    time.Time
	To      time.Time // zero: a pause that has not ended
	Counted bool
	Why     Why
	Name    string // of the holiday, or the reason of the pause
}

// Reason returns Why and Name as one string: "open", "closed",
// "holiday:Dan nezavisnosti", "pause:citizen", "before start".
func (i Interval) Reason() string {
	if i.Name == "" {
		return i.Why.String()
	}
	return i.Why.String() + ":" + i.Name
}

// Seconds returns the length in whole seconds by the clock: the seconds of
// neighbours add up without rounding drift. It is 0 for a pause without end.
func (i Interval) Seconds() int64 {
	if i.To.IsZero() {
		return 0
	}
	return i.To.Unix() - i.From.Unix()
}

// Trace lists what is counted between two instants and what is not, and why.
// The counted intervals add up to Between(start, end, pauses...). It is empty
// if end is not after start. Errors: ErrRange, ErrTooLong.
func (c *Calendar) Trace(start, end time.Time, pauses ...Pause) ([]Interval, error) {
	at, err := instantOf(start)
	if err != nil {
		return nil, err
	}
	until, err := instantOf(end)
	if err != nil {
		return nil, err
	}
	t := tracer{c: c}
	for _, p := range namedStops(at, pauses) {
		if at >= until || p.from >= until {
			break
		}
		t.open(at, p.from)
		at = max(at, p.from)
		if to := min(p.to, until); to > at {
			t.add(at, to, WhyPaused, p.name)
			at = to
		}
	}
	t.open(at, until)
	if t.tooLong {
		return nil, ErrTooLong
	}
	return t.out, nil
}

// Explain is Add with its trace: the due instant, and the intervals from start
// to it. With ErrPaused the trace is complete up to the pause without end,
// which is its last interval.
func (c *Calendar) Explain(start time.Time, d time.Duration, pauses ...Pause) (time.Time, []Interval, error) {
	due, err := c.Add(start, d, pauses...)
	if err == nil {
		trace, err := c.Trace(start, due, pauses...)
		return due, trace, err
	}
	if !errors.Is(err, ErrPaused) {
		return time.Time{}, nil, err
	}
	stop := openEnd(start, pauses)
	trace, traceErr := c.Trace(start, stop.From, pauses...)
	if traceErr != nil {
		return time.Time{}, nil, traceErr
	}
	last := Interval{From: stop.From.In(c.zone), Why: WhyPaused, Name: stop.Reason}
	if n := len(trace); n > 0 && trace[n-1].Why == WhyPaused && trace[n-1].Name == stop.Reason {
		last.From = trace[n-1].From
		trace = trace[:n-1]
	}
	return time.Time{}, append(trace, last), err
}

// BeforeStart returns the interval between the receipt of something and a
// later instant from which its promise counts, and whether there is one. It is
// put in front of a trace.
func BeforeStart(received, start time.Time) (Interval, bool) {
	if !start.After(received) {
		return Interval{}, false
	}
	return Interval{From: received.In(start.Location()), To: start, Why: WhyBeforeStart}, true
}

// openEnd returns the first pause without end, its beginning not before start.
func openEnd(start time.Time, pauses []Pause) Pause {
	var first Pause
	for _, p := range pauses {
		if p.To.IsZero() && (first.From.IsZero() || p.From.Before(first.From)) {
			first = p
			if first.From.Before(start) {
				first.From = start
			}
		}
	}
	return first
}

type namedSpan struct {
	span
	name string
}

// namedStops is stops for a trace: ordered so that the result does not depend
// on the order in which the pauses came.
func namedStops(start int64, pauses []Pause) []namedSpan {
	var out []namedSpan
	for i := range pauses {
		for _, s := range stops(nil, start, pauses[i:i+1]) {
			out = append(out, namedSpan{s, pauses[i].Reason})
		}
	}
	slices.SortFunc(out, func(a, b namedSpan) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to), cmp.Compare(a.name, b.name))
	})
	return out
}

// A tracer gathers intervals and joins like neighbours.
type tracer struct {
	c       *Calendar
	out     []Interval
	tooLong bool
}

func (t *tracer) add(from, to int64, why Why, name string) {
	if from >= to {
		return
	}
	end := time.Unix(0, to).In(t.c.zone)
	if n := len(t.out); n > 0 {
		if last := &t.out[n-1]; last.Why == why && last.Name == name {
			last.To = end
			return
		}
	}
	if len(t.out) == MaxIntervals {
		t.tooLong = true
		return
	}
	t.out = append(t.out, Interval{
		From: time.Unix(0, from).In(t.c.zone), To: end,
		Counted: why == WhyOpen, Why: why, Name: name,
	})
}

// open adds the intervals of a stretch without pauses, day by day within each
// stretch of constant zone offset.
func (t *tracer) open(at, until int64) {
	for at < until && !t.tooLong {
		i := t.c.segmentAt(at)
		end := until
		if i+1 < len(t.c.segments) {
			end = min(end, t.c.segments[i+1].from)
		}
		offset := t.c.segments[i].offset
		for at < end && !t.tooLong {
			next := min(end, (at+offset)/day*day+day-offset)
			t.oneDay(at, next, offset)
			at = next
		}
	}
}

// oneDay adds the intervals of a stretch that lies within one day.
func (t *tracer) oneDay(at, until, offset int64) {
	dayNo := (at + offset) / day
	midnight := dayNo*day - offset
	s := &t.c.special[t.c.specialFrom(dayNo)]
	regular := &t.c.week[weekdayOf(dayNo)]
	if s.day == dayNo && s.holiday && regular.total > 0 {
		t.add(at, until, WhyHoliday, s.name)
		return
	}
	for _, w := range t.c.hoursOf(dayNo).spans {
		from, to := max(at, midnight+w.from), min(until, midnight+w.to)
		if from >= until {
			break
		}
		t.add(at, from, WhyClosed, "")
		t.add(from, to, WhyOpen, "")
		at = max(at, to)
	}
	t.add(at, until, WhyClosed, "")
}
