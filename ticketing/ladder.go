package ticketing

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// CityLadder is the ladder of promises whose policy names no other.
const CityLadder = "city"

// A Tell says who is told by a step of a ladder.
type Tell string

// Who can be told. A step whose addressee does not exist goes one further up:
// nobody assigned, to the head; no head, to the office; no office, to the
// department's address.
const (
	TellAssignee Tell = "assignee"
	TellHead     Tell = "head"   // every head of the department in custody
	TellOffice   Tell = "office" // the mayor's office, as the ladder names it
)

// Tells lists them, from the bottom up.
func Tells() []Tell { return []Tell{TellAssignee, TellHead, TellOffice} }

// A Step of a ladder: at an instant before or after due, in working time of the
// clock's calendar, somebody is told, once.
type Step struct {
	Clock ClockKind     // whose due it looks at
	After time.Duration // from due; negative: before
	Tell  Tell
}

// A Ladder says who is told when of a promise in danger or broken. It is
// versioned; a clock keeps the version it was started with.
type Ladder struct {
	Name    string // short, stable, [a-z0-9-]
	Version int
	Steps   []Step
	Office  []string // addresses of the mayor's office
}

// DefaultLadder is what a new installation starts with: the person at work four
// hours before, the head at due, the mayor's office a day of the calendar later.
func DefaultLadder() Ladder {
	l := Ladder{Name: CityLadder, Version: 1}
	for _, kind := range []ClockKind{ClockAnswer, ClockNextAnswer} {
		l.Steps = append(l.Steps, Step{kind, -4 * time.Hour, TellAssignee}, Step{kind, 0, TellHead}, Step{kind, 24 * time.Hour, TellOffice})
	}
	l.Steps = append(l.Steps, Step{ClockResolve, -24 * time.Hour, TellAssignee}, Step{ClockResolve, 0, TellHead})
	return l
}

// LadderKinds are the clocks a ladder can look at.
func LadderKinds() []ClockKind {
	return []ClockKind{ClockValidation, ClockAnswer, ClockNextAnswer, ClockResolve, ClockLeg, ClockCallback}
}

// Bounds of a ladder.
const (
	maxSteps     = 50
	maxStepAfter = 366 * 24 * time.Hour
)

// check says what is wrong with the ladder: Invalid, by field, steps counted from 0.
func (l *Ladder) check() error {
	fault := func(field, key string) error { return invalid("ladders."+l.Name+"."+field, key) }
	if len(l.Steps) > maxSteps {
		return fault("steps", "ladder.too_long")
	}
	for i, s := range l.Steps {
		field := fmt.Sprintf("steps[%d]", i)
		switch {
		case !slices.Contains(LadderKinds(), s.Clock):
			return fault(field, "ladder.clock")
		case !slices.Contains(Tells(), s.Tell):
			return fault(field, "ladder.tell")
		case s.After > maxStepAfter || s.After < -maxStepAfter || s.After%time.Minute != 0:
			return fault(field, "ladder.after")
		case slices.Contains(l.Steps[:i], s):
			return fault(field, "ladder.twice")
		}
	}
	for _, a := range l.Office {
		if NormalEmail(a) != a {
			return fault("office", "email.malformed")
		}
	}
	return nil
}

// stepsOf gives the steps for a kind of clock, earliest first.
func (l *Ladder) stepsOf(k ClockKind) []Step {
	var out []Step
	for _, s := range l.Steps {
		if s.Clock == k {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(x, y Step) int {
		return cmp.Or(cmp.Compare(x.After, y.After), cmp.Compare(slices.Index(Tells(), x.Tell), slices.Index(Tells(), y.Tell)))
	})
	return out
}

// Ladder gives a version of the ladder, the newest for version 0.
func (b *Rulebook) Ladder(name string, version int) (Ladder, bool) {
	return versionOf(b.ladders[name], version, func(l *Ladder) int { return l.Version })
}

// Ladders gives the newest version of each ladder, by name.
func (b *Rulebook) Ladders() []Ladder {
	var out []Ladder
	for _, list := range b.ladders {
		out = append(out, list[len(list)-1])
	}
	slices.SortFunc(out, func(x, y Ladder) int { return cmp.Compare(x.Name, y.Name) })
	return out
}

func (b *Rulebook) addLadders(list []Ladder) error {
	b.ladders = map[string][]Ladder{}
	for _, l := range list {
		b.ladders[l.Name] = append(b.ladders[l.Name], l)
	}
	for _, versions := range b.ladders {
		slices.SortFunc(versions, func(x, y Ladder) int { return x.Version - y.Version })
		if err := versions[len(versions)-1].check(); err != nil {
			return err
		}
	}
	return nil
}

// A Rung is a step of the ladder as it stands for one clock.
type Rung struct {
	After time.Duration
	Tell  Tell
	At    time.Time // when it is to be taken; zero while nothing is due
	Taken time.Time // when it was; zero: not yet
	Due   time.Time // of the clock when it was taken
}

// stepAt is the instant of a step: before due where that much of the target is
// left, after due where that much working time has passed since (V19, V20). ok is
// false when the clock has no due instant, or the promise is shorter than the step.
func (b *Rulebook) stepAt(c *Clock, s Step, pauses []Pause) (at time.Time, ok bool) {
	if c.Due.IsZero() || c.CountFrom.IsZero() {
		return time.Time{}, false
	}
	var err error
	switch {
	case s.After == 0:
		at = c.Due
	case s.After > 0:
		at, err = b.calendarOf(c).Add(c.Due, s.After)
	case c.Target+s.After <= 0:
		return time.Time{}, false
	default:
		at, err = b.calendarOf(c).Add(c.CountFrom, c.Target+s.After, b.pausesFor(c, pauses)...)
	}
	return at.UTC().Truncate(time.Microsecond), err == nil
}

// climb renews the rungs of the clock. One that was taken stays taken, unless
// its instant has moved behind the one at which it was: then it will be taken
// anew, for the new due instant.
func (b *Rulebook) climb(c *Clock, pauses []Pause) {
	l, ok := b.Ladder(c.Ladder, c.LadderVersion)
	if !ok {
		c.Rungs = nil
		return
	}
	old := c.Rungs
	c.Rungs = nil
	for _, s := range l.stepsOf(c.Kind) {
		r := Rung{After: s.After, Tell: s.Tell}
		r.At, ok = b.stepAt(c, s, pauses)
		if !ok {
			r.At = time.Time{}
		}
		was, taken := find(old, func(o *Rung) bool { return o.After == s.After && o.Tell == s.Tell && !o.Taken.IsZero() })
		if taken && (was.Due.Equal(c.Due) || !r.At.After(was.Taken)) {
			r.Taken, r.Due = was.Taken, was.Due
		}
		c.Rungs = append(c.Rungs, r)
	}
}

// nextRung is when the next step of the clock is to be taken, zero when none is.
// While an answer is on its way nobody is told that it is late.
func (c *Clock) nextRung() (at time.Time) {
	if !c.owed() {
		return at
	}
	for _, r := range c.Rungs {
		if r.Taken.IsZero() && !(c.State == ClockAnswering && r.After >= 0 && c.BreachedAt.IsZero()) {
			at = earliest(at, r.At)
		}
	}
	return at
}

// escalate takes the steps whose time has come, each once. Of several that were
// missed by who looks only now, each is taken.
func (t *Ticket) escalate(by Actor, now time.Time) {
	for i := range t.Clocks {
		c := &t.Clocks[i]
		for at := c.nextRung(); !at.IsZero() && !now.Before(at); at = c.nextRung() {
			for n := range c.Rungs {
				r := &c.Rungs[n]
				if !r.Taken.IsZero() || !r.At.Equal(at) {
					continue
				}
				r.Taken, r.Due = now, c.Due
				t.record(by, EventEscalated, now, map[string]any{
					"clock": string(c.Kind), "episode": c.Episode, "start": c.StartSeq, "due": stamp(c.Due),
					"after": int64(r.After / time.Second), "tell": string(r.Tell),
				})
				t.Pending.Notices = append(t.Pending.Notices, Notice{
					Clock: c.Kind, After: r.After, Tell: r.Tell, Due: c.Due, At: now, SendAfter: now, Ladder: c.Ladder,
				})
			}
		}
	}
}

// A LadderTrial is what a ladder does with a promise of one kind.
type LadderTrial struct {
	Kind  ClockKind
	Due   time.Time // zero: the profile alone does not say
	Steps []Rung    // each with its instant, earliest first; none when Due is zero
}

// TryLadder gives, for every kind of promise the ladder looks at and for the
// answer in any case, what it does when that promise of the profile begins at the
// instant. How long work and a department's share take, the category and the
// department say: those have no due instant here. Unknown ones are NotFound.
func (b *Rulebook) TryLadder(name, profile string, at time.Time) ([]LadderTrial, error) {
	l, ok := b.Ladder(name, 0)
	if !ok {
		return nil, &Error{Kind: NotFound, Field: "ladder", Key: "ladder.unknown"}
	}
	p, ok := b.Profile(profile, 0)
	if !ok {
		return nil, &Error{Kind: NotFound, Field: "profile", Key: "profile.unknown"}
	}
	var out []LadderTrial
	for _, kind := range LadderKinds() {
		if kind != ClockAnswer && len(l.stepsOf(kind)) == 0 {
			continue
		}
		x := LadderTrial{Kind: kind}
		if kind != ClockResolve && kind != ClockLeg {
			c := b.newClock(kind, Terms{Profile: p, Ladder: l.Name, LadderVersion: l.Version})
			if c.Target > 0 {
				b.start(&c, at.UTC(), 0, nil)
				x.Due, x.Steps = c.Due, c.Rungs
			}
		}
		out = append(out, x)
	}
	return out, nil
}
