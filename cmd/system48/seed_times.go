package main

import (
	"cmp"
	"slices"
	"time"
)

// receipt chooses when a contact comes: mostly on working days, by day; pipes
// burst at any hour.
func (t *teller) receipt(category string) time.Time {
	for {
		back := t.r.IntN(t.days + 1)
		if t.r.IntN(5) == 0 {
			back = t.r.IntN(3) // a queue is about the last days
		}
		y, m, d := t.now.AddDate(0, 0, -back).Date()
		hour := 7 + (t.r.IntN(13)+t.r.IntN(13))/2
		if t.r.IntN(12) == 0 || slices.Contains(t.onCall, category) {
			hour = t.r.IntN(24)
		}
		at := time.Date(y, m, d, hour, t.r.IntN(60), t.r.IntN(60), 0, t.now.Location())
		weekend := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday
		if at.After(t.now.Add(-2*time.Minute)) || (weekend && t.r.IntN(3) > 0) {
			if back == 0 && t.days <= 1 {
				return t.now.Add(-t.between(3*time.Minute, 5*time.Hour))
			}
			continue
		}
		return at
	}
}

// next is when the next line of the script happens.
func (t *teller) next(s *sampleStory, at time.Time, l sampleLine, told bool) time.Time {
	const hour = time.Hour
	urgent := slices.Contains(t.onCall, s.Category)
	switch l.Kind {
	case deedCitizen:
		return at.Add(t.between(hour/2, 20*hour))
	case deedNote, deedMove, deedTake, deedVoid, deedSpam:
		return t.work(s, at, t.between(10*time.Minute, 2*hour))
	case deedQuestion, deedAnswer, deedClose:
		switch {
		case urgent:
			return t.work(s, at, t.between(8*time.Minute, 100*time.Minute))
		case told && l.Kind == deedClose:
			return t.work(s, at, t.between(hour, 30*hour))
		case told:
			return t.work(s, at, t.between(hour/2, 14*hour))
		case s.Fate == fateLate:
			return t.work(s, s.At, t.between(72*hour, 100*hour))
		default:
			return t.work(s, at, min(time.Duration(t.r.ExpFloat64()*float64(6*hour)), 26*hour)+10*time.Minute)
		}
	case deedResolve:
		if urgent {
			return t.work(s, at, t.between(hour, 8*hour))
		}
		return t.work(s, at, t.between(hour/3, 30*hour))
	default:
		return at
	}
}

// work adds time of working days and ends within the bureau's hours, 7 to 20,
// Saturday to 14; crews on call know no hours.
func (t *teller) work(s *sampleStory, at time.Time, d time.Duration) time.Time {
	if slices.Contains(t.onCall, s.Category) {
		return at.Add(d)
	}
	for at = at.In(t.now.Location()); d > 0; {
		y, m, dd := at.Date()
		midnight := time.Date(y, m, dd+1, 0, 0, 0, 0, at.Location())
		if weekday := at.Weekday(); weekday != time.Saturday && weekday != time.Sunday {
			step := min(d, midnight.Sub(at), day)
			d -= step
			at = at.Add(step)
			continue
		}
		at = midnight
	}
	for {
		y, m, dd := at.Date()
		opens, closes := time.Date(y, m, dd, 7, 0, 0, 0, at.Location()), time.Date(y, m, dd, 20, 0, 0, 0, at.Location())
		if at.Weekday() == time.Saturday {
			closes = closes.Add(-6 * time.Hour)
		}
		switch {
		case at.Weekday() == time.Sunday || !at.Before(closes):
			at = opens.AddDate(0, 0, 1).Add(t.between(time.Minute, 40*time.Minute))
		case at.Before(opens):
			at = opens.Add(t.between(time.Minute, 40*time.Minute))
		default:
			return at
		}
	}
}

// between chooses a whole number of seconds.
func (t *teller) between(least, most time.Duration) time.Duration {
	return least + time.Duration(t.r.Int64N(cmp.Or(int64((most-least)/time.Second), 1)))*time.Second
}
