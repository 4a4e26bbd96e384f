package calllog

import (
	"strconv"
	"strings"
	"time"
)

// layouts are the forms of times that exchanges write, without and with zone.
var (
	wallLayouts = []string{"2006-01-02 15:04:05", "2006/01/02 15:04:05", "2006-01-02T15:04:05", "02.01.2006 15:04:05", "2006-01-02 15:04", "02.01.2006 15:04"}
	zoned       = []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700"}
)

// A moment is a time as a line has it: an instant, two instants for the wall
// time of the hour that autumn has twice, or none.
type moment struct {
	first, second time.Time // second is zero unless the wall time occurs twice
	set           bool
}

func (m moment) candidates() []time.Time {
	switch {
	case !m.set:
		return nil
	case m.second.IsZero():
		return []time.Time{m.first}
	}
	return []time.Time{m.first, m.second}
}

// earliest no exchange of today wrote a record before.
var earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// moment reads a time. An empty one, or a zero in whatever form, is not set.
func (f *Format) moment(column, s string) (moment, *Fault) {
	if s == "" || strings.Trim(s, "0-:/. T") == "" {
		return moment{}, nil
	}
	if f.Time != "" {
		return f.layout(column, s, f.Time)
	}
	if allDigits(s) {
		return epoch(column, s)
	}
	for _, l := range wallLayouts {
		if t, err := time.Parse(l, s); err == nil {
			return f.wall(column, s, t)
		}
	}
	for _, l := range zoned {
		if t, err := time.Parse(l, s); err == nil {
			return instant(column, s, t)
		}
	}
	return moment{}, faultText(FaultTime, column, s)
}

// layout reads a time in the operator's own form.
func (f *Format) layout(column, s, layout string) (moment, *Fault) {
	t, err := time.Parse(layout, s)
	if err != nil {
		return moment{}, faultText(FaultTime, column, s)
	}
	if strings.Contains(layout, "Z07") || strings.Contains(layout, "-07") {
		return instant(column, s, t)
	}
	return f.wall(column, s, t)
}

// epoch reads seconds, or milliseconds, since 1970.
func epoch(column, s string) (moment, *Fault) {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil || len(s) > 13:
		return moment{}, faultText(FaultTime, column, s)
	case len(s) > 11:
		return instant(column, s, time.UnixMilli(n))
	}
	return instant(column, s, time.Unix(n, 0))
}

func instant(column, s string, t time.Time) (moment, *Fault) {
	if t.Before(earliest) {
		return moment{}, faultText(FaultPast, column, s)
	}
	return moment{first: t.UTC(), set: true}, nil
}

// wall finds the instants at which clocks of the zone show the time.
func (f *Format) wall(column, s string, t time.Time) (moment, *Fault) {
	if t.Before(earliest) {
		return moment{}, faultText(FaultPast, column, s)
	}
	var m moment
	// Zones move by less than a day and not twice within one.
	for _, near := range []time.Duration{-12 * time.Hour, 12 * time.Hour} {
		_, offset := t.Add(near).In(f.Zone).Zone()
		at := t.Add(-time.Duration(offset) * time.Second)
		if _, there := at.In(f.Zone).Zone(); there != offset {
			continue
		}
		switch {
		case !m.set:
			m = moment{first: at, set: true}
		case at.Before(m.first):
			m.first, m.second = at, m.first
		case at.After(m.first):
			m.second = at
		}
	}
	if !m.set {
		return m, faultText(FaultGap, column, s)
	}
	return m, nil
}

// A span is when a leg began, was answered and ended.
type span struct{ start, answer, end time.Time }

// slack is how far an exchange's rounding may put two statements of one line
// apart.
const slack = 2 * time.Second

// settle decides which of the possible instants are meant: those whose distance
// is the length that the line states, then those nearest to the instant in its
// identifier, then those that do not end before the line above did.
func settle(start, answer, end moment, length, born time.Duration, last time.Time) (span, bool) {
	var best span
	bestCost := -1
	for _, s := range start.candidates() {
		ends := end.candidates()
		if ends == nil {
			ends = []time.Time{s.Add(max(length, 0))}
		}
		for _, e := range ends {
			if e.Before(s) {
				continue
			}
			cost := 0
			if d := e.Sub(s) - length; length >= 0 && (d > slack || d < -slack) {
				cost += 8
			}
			if d := time.Duration(s.UnixNano()) - born; born > 0 && (d > 30*time.Minute || d < -30*time.Minute) {
				cost += 4
			}
			if e.Before(last.Add(-time.Minute)) {
				cost += 2
			}
			if bestCost < 0 || cost < bestCost {
				best, bestCost = span{start: s, end: e}, cost
			}
		}
	}
	if bestCost < 0 {
		return best, false
	}
	if !answer.set {
		return best, true
	}
	for _, a := range answer.candidates() {
		if !a.Before(best.start.Add(-slack)) && !a.After(best.end.Add(slack)) {
			best.answer = clamp(a, best.start, best.end)
			return best, true
		}
	}
	return best, false
}

func clamp(t, from, to time.Time) time.Time {
	switch {
	case t.Before(from):
		return from
	case t.After(to):
		return to
	}
	return t
}

// seconds reads a length: "660", "660.25", "00:11:00". unset is -1.
func seconds(column, s string) (time.Duration, *Fault) {
	if s == "" {
		return -1, nil
	}
	neg := strings.HasPrefix(s, "-")
	var total float64
	parts := strings.Split(strings.TrimPrefix(s, "-"), ":")
	if len(parts) > 3 {
		return 0, faultText(FaultNumber, column, s)
	}
	for _, p := range parts {
		if p == "" || strings.Trim(p, "0123456789.") != "" {
			return 0, faultText(FaultNumber, column, s)
		}
		n, err := strconv.ParseFloat(p, 64)
		if err != nil {
			return 0, faultText(FaultNumber, column, s)
		}
		total = total*60 + n
	}
	switch {
	case neg && total > 0:
		return 0, faultText(FaultNegative, column, s)
	case total > 31*24*3600:
		return 0, faultText(FaultNumber, column, s)
	}
	return time.Duration(total * float64(time.Second)), nil
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
