package calendar

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

// This file keeps open time as running sums. Two functions carry everything:
//
//	wallSum(w): open time from 1970-01-01 00:00 to the wall reading w, on a
//	    wall clock that never jumps; weeks are equal but for special days.
//	sum(t): open time from Earliest to the instant t: wallSum within a
//	    stretch of constant zone offset, running on from stretch to stretch.
//
// Both grow monotonically, so their inverses are binary searches. Everything
// is in nanoseconds: instants since the Unix epoch, wall readings as if the
// zone were UTC. 1980–2199 fits into an int64 with room.

// A span is a half-open stretch [from, to).
type span struct{ from, to int64 }

// hours are the open spans of one day, in order and apart, in nanoseconds
// since its 00:00.
type hours struct {
	spans []span
	total int64
}

// before returns the open time of the day until the moment at.
func (h *hours) before(at int64) int64 {
	var n int64
	for _, s := range h.spans {
		if at <= s.from {
			break
		}
		n += min(at, s.to) - s.from
	}
	return n
}

// reach returns the first moment of the day by which n of its open time has
// passed; 0 < n <= h.total.
func (h *hours) reach(n int64) int64 {
	for _, s := range h.spans {
		if length := s.to - s.from; n > length {
			n -= length
			continue
		}
		return s.from + n
	}
	return day
}

// newHours sorts, joins and sums up windows.
func newHours(spans []span) hours {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var h hours
	for _, s := range spans {
		if n := len(h.spans); n > 0 && h.spans[n-1].to == s.from {
			h.spans[n-1].to = s.to
		} else {
			h.spans = append(h.spans, s)
		}
		h.total += s.to - s.from
	}
	return h
}

// A special day has hours of its own.
type special struct {
	day     int64 // days since 1970-01-01
	hours   hours
	holiday bool
	name    string // of the holiday
	shift   int64  // open time more or less than regular, of all special days before this one
	sum     int64  // wallSum at its 00:00
}

// A segment is a stretch of constant zone offset.
type segment struct {
	from   int64 // its first instant
	offset int64 // wall reading minus instant
	sum    int64 // open time from Earliest to from
	wall   int64 // wallSum at its first reading
}

func minuteSpan(from, to Minute) span {
	return span{int64(from) * int64(time.Minute), int64(to) * int64(time.Minute)}
}

// weekdayOf returns the index of a day in a week that begins on Monday.
// 1970-01-01 was a Thursday; days are never negative here.
func weekdayOf(dayNo int64) int64 { return (dayNo + 3) % 7 }

func (c *Calendar) buildWeek() {
	var spans [7][]span
	for _, w := range c.spec.Weekly {
		i := (int(w.Day) + 6) % 7
		spans[i] = append(spans[i], minuteSpan(w.From, w.To))
	}
	for i := range c.week {
		c.week[i] = newHours(spans[i])
		c.weekBefore[i+1] = c.weekBefore[i] + c.week[i].total
	}
}

func (c *Calendar) buildSpecial() {
	extra := make(map[int64][]span)
	for _, x := range c.spec.Extra {
		n := x.Date.number()
		extra[n] = append(extra[n], minuteSpan(x.From, x.To))
	}
	for n, spans := range extra {
		c.special = append(c.special, special{day: n, hours: newHours(spans)})
	}
	for _, h := range c.spec.Holidays {
		c.special = append(c.special, special{day: h.Date.number(), holiday: true, name: h.Name})
	}
	sortSpecial(c.special)
	var shift int64
	for i := range c.special {
		s := &c.special[i]
		s.shift = shift
		s.sum = c.regularSum(s.day) + shift
		shift += s.hours.total - c.week[weekdayOf(s.day)].total
	}
	// A sentinel saves every search the question whether it ran off the end.
	c.special = append(c.special, special{day: 1 << 40, shift: shift, sum: 1<<63 - 1})
}

func (c *Calendar) buildSegments() {
	c.segments = zoneSegments(c.zone)
	var sum int64
	for i := range c.segments {
		s := &c.segments[i]
		until := Latest.UnixNano()
		if i+1 < len(c.segments) {
			until = c.segments[i+1].from
		}
		s.sum = sum
		s.wall = c.wallSum(s.from + s.offset)
		sum += c.wallSum(until+s.offset) - s.wall
	}
	c.total = sum
}

// zoneSegments returns the stretches of constant offset from Earliest to
// Latest, without their sums.
func zoneSegments(zone *time.Location) []segment {
	var out []segment
	for t := Earliest.In(zone); t.Before(Latest); {
		_, seconds := t.Zone()
		offset := int64(seconds) * int64(time.Second)
		if n := len(out); n == 0 || out[n-1].offset != offset {
			out = append(out, segment{from: t.UnixNano(), offset: offset})
		}
		_, next := t.ZoneBounds()
		if next.IsZero() {
			break
		}
		// Where rules are extrapolated, bounds also end with the year, and on
		// 31 December of a leap year they end in the past.
		if !next.After(t) {
			next = t.Add(24 * time.Hour)
		}
		t = next
	}
	return out
}

// regularSum returns the open time from 1970-01-01 to 00:00 of a day, had no
// day ever been special. Weeks are counted from Monday 1969-12-29.
func (c *Calendar) regularSum(dayNo int64) int64 {
	return (dayNo+3)/7*c.weekBefore[7] + c.weekBefore[weekdayOf(dayNo)]
}

// specialFrom returns the index of the first special day not before dayNo.
func (c *Calendar) specialFrom(dayNo int64) int {
	lo, hi := 0, len(c.special)-1
	for lo < hi {
		mid := (lo + hi) / 2
		if c.special[mid].day < dayNo {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// hoursOf returns the hours of a day.
func (c *Calendar) hoursOf(dayNo int64) *hours {
	if s := &c.special[c.specialFrom(dayNo)]; s.day == dayNo {
		return &s.hours
	}
	return &c.week[weekdayOf(dayNo)]
}

// wallSum returns the open time from 1970-01-01 00:00 to a wall reading.
func (c *Calendar) wallSum(wall int64) int64 {
	dayNo := wall / day
	s := &c.special[c.specialFrom(dayNo)]
	h := &c.week[weekdayOf(dayNo)]
	if s.day == dayNo {
		h = &s.hours
	}
	return c.regularSum(dayNo) + s.shift + h.before(wall-dayNo*day)
}

// wallReach is the inverse of wallSum: the first wall reading by which n of
// open time has passed. It is called only for an n that is reached.
func (c *Calendar) wallReach(n int64) int64 {
	i := sort.Search(len(c.special)-1, func(i int) bool { return c.special[i].sum >= n })
	if i > 0 {
		if s := &c.special[i-1]; n <= s.sum+s.hours.total {
			return s.day*day + s.hours.reach(n-s.sum)
		}
	}
	rest := n - c.special[i].shift
	week := (rest - 1) / c.weekBefore[7]
	rest -= week * c.weekBefore[7]
	wd := int64(0)
	for rest > c.weekBefore[wd+1] {
		wd++
	}
	return (week*7+wd-3)*day + c.week[wd].reach(rest-c.weekBefore[wd])
}

// segmentAt returns the index of the segment an instant lies in.
func (c *Calendar) segmentAt(at int64) int {
	lo, hi := 0, len(c.segments)-1
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if c.segments[mid].from <= at {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return lo
}

// sum returns the open time from Earliest to an instant within the range.
func (c *Calendar) sum(at int64) int64 {
	s := &c.segments[c.segmentAt(at)]
	return s.sum + c.wallSum(at+s.offset) - s.wall
}

// reach is the inverse of sum: the first instant by which n of open time has
// passed since Earliest; 0 < n <= c.total.
func (c *Calendar) reach(n int64) int64 {
	lo, hi := 0, len(c.segments)-1
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if c.segments[mid].sum < n {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	s := &c.segments[lo]
	return c.wallReach(s.wall+n-s.sum) - s.offset
}
