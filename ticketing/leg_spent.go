package ticketing

import "time"

// Spent says where the life of a ticket went. The parts sum to it.
type Spent struct {
	Us      time.Duration // with departments, which could have worked
	Citizen time.Duration // departments waited for the citizen
	Others  time.Duration // with outside bodies, or waiting for one, for weather or material
}

// SpentBy adds up legs and the waits within them.
func SpentBy(legs []Leg, pauses []Pause, now time.Time) Spent {
	var s Spent
	for _, l := range legs {
		lasted := l.Lasted(now)
		if l.Body != 0 {
			s.Others += lasted
			continue
		}
		s.Us += lasted
		for _, p := range pauses {
			if w := overlap(l, p, now); p.Reason == WaitCitizen {
				s.Citizen, s.Us = s.Citizen+w, s.Us-w
			} else {
				s.Others, s.Us = s.Others+w, s.Us-w
			}
		}
	}
	return s
}

// overlap is how much of the wait lay in the leg.
func overlap(l Leg, p Pause, now time.Time) time.Duration {
	from, to := l.From, l.To
	if to.IsZero() {
		to = now
	}
	if p.From.After(from) {
		from = p.From
	}
	if !p.To.IsZero() && p.To.Before(to) {
		to = p.To
	}
	return max(0, to.Sub(from))
}

// Returned counts how often a ticket came back to a department that had had it
// before in the same episode and gave it away to another: the ping-pong.
func Returned(legs []Leg) int {
	n := 0
	for i, l := range legs {
		if i == 0 || l.Body != 0 || l.Reason != LegMoved {
			continue
		}
		for _, before := range legs[:i] {
			if before.Episode == l.Episode && before.Department == l.Department && before.Body == 0 {
				n++
				break
			}
		}
	}
	return n
}
