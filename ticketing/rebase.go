package ticketing

import (
	"strconv"
	"time"
)

// rebase gives the open clocks of the episode the promise that holds for the
// ticket as it is now, of the category c: they are started anew from their old
// beginning with the new target, pauses kept (B5, B6). What was met, missed or
// ended keeps the versions it was judged by; once the work is done so does
// everything. Without longer a promise keeps what it has rather than fall due later,
// or not at all; held is how many did. What fell due stays charged to who had the
// ticket then, unless it now falls due later. Old and new due instants are added to data.
func (t *Ticket) rebase(c Category, rules *Rulebook, longer bool, data map[string]any, now time.Time) (held int) {
	if !t.State.InWork() {
		return 0
	}
	terms := t.terms(rules, c)
	var kept []Clock
	for _, k := range t.Clocks {
		if !k.rebasable(t.Episode) {
			kept = append(kept, k)
			continue
		}
		if (k.Kind == ClockResolve && terms.ResolveDays == 0) || (k.Kind == ClockValidation && terms.Profile.Start == FromReceipt) {
			if !longer {
				held, kept = held+1, append(kept, k)
				continue
			}
			data["due_"+string(k.Kind)] = []string{stamp(k.Due), ""} // there is no such promise any more
			continue
		}
		n := rules.newClock(k.Kind, terms)
		if n.promise() == k.promise() {
			kept = append(kept, k)
			continue
		}
		n.ID, n.Ticket, n.Episode, n.Answer, n.Rungs = k.ID, k.Ticket, k.Episode, k.Answer, k.Rungs
		t.restart(&n, k, terms.Profile, rules)
		if !longer && !k.Due.IsZero() && (n.Due.IsZero() || n.Due.After(k.Due)) {
			held, kept = held+1, append(kept, k)
			continue
		}
		if !n.Due.IsZero() && !n.Due.After(now) {
			n.Charged = k.Charged
		}
		if !k.Due.Equal(n.Due) {
			data["due_"+string(k.Kind)] = []string{stamp(k.Due), stamp(n.Due)}
		}
		data["promise_"+string(k.Kind)] = n.promise().list()
		kept = append(kept, n)
	}
	t.Clocks = kept
	t.addPromises(terms, rules)
	return held
}

// rebasable reports whether the clock is of a promise to the citizen that is
// neither kept nor broken yet.
func (c *Clock) rebasable(episode int) bool {
	switch c.Kind {
	case ClockAnswer, ClockNextAnswer, ClockResolve, ClockValidation:
		return c.Episode == episode && (c.open() || c.State == ClockPending) && c.BreachedAt.IsZero()
	case ClockLeg, ClockCallback: // the custodian's, and what a line promises
	}
	return false
}

// A promise is what of a clock comes from the rules.
type promise struct {
	profile, calendar, policy, ladder                             string
	profileVersion, calendarVersion, policyVersion, ladderVersion int
	workVersion                                                   int
	target                                                        time.Duration
	onCall                                                        bool
}

func (c *Clock) promise() promise {
	return promise{
		c.Profile, c.Calendar, c.Policy, c.Ladder,
		c.ProfileVersion, c.CalendarVersion, c.PolicyVersion, c.LadderVersion, c.WorkVersion, c.Target, c.OnCall,
	}
}

// list writes the promise down for an event: names and versions of profile,
// calendar and policy, the target in seconds, and the version of the work calendar.
func (p promise) list() []string {
	return []string{
		p.profile, strconv.Itoa(p.profileVersion), p.calendar, strconv.Itoa(p.calendarVersion), p.policy, strconv.Itoa(p.policyVersion),
		strconv.FormatInt(int64(p.target/time.Second), 10), strconv.Itoa(p.workVersion),
	}
}

// follow rebases the open clocks when a change of priority or department means
// another promise; where the same one holds, its version stays.
func (t *Ticket) follow(before Facts, c Category, rules *Rulebook, data map[string]any, now time.Time) {
	if rules.Terms(c, before).same(t.terms(rules, c)) {
		return
	}
	t.Judge(watchActor, now)
	t.rebase(c, rules, true, data, now)
}

// addPromises begins the clocks that the new promise has and the old one had not.
func (t *Ticket) addPromises(terms Terms, rules *Rulebook) {
	a := t.clock(ClockAnswer)
	if a == nil {
		return
	}
	if terms.ResolveDays > 0 && t.clock(ClockResolve) == nil {
		n := rules.newClock(ClockResolve, terms)
		n.Ticket, n.Episode = t.ID, t.Episode
		at := a.StartedAt
		if terms.Profile.Start == FromValidation && t.Episode == 1 {
			at = t.ValidatedAt // what the answer clock began with may be the promise of before
		}
		if !at.IsZero() {
			t.start(rules, &n, at, a.StartSeq)
		}
		t.Clocks = append(t.Clocks, n)
	}
	if terms.Profile.Start == FromValidation && t.ValidatedAt.IsZero() && t.clock(ClockValidation) == nil {
		n := rules.newClock(ClockValidation, terms)
		n.Ticket, n.Episode = t.ID, t.Episode
		at, seq := t.beginning()
		t.start(rules, &n, at, seq)
		t.Clocks = append(t.Clocks, n)
	}
}

// restart sets the renewed clock n going where the old one k began, as the new
// promise says.
func (t *Ticket) restart(n *Clock, k Clock, p Profile, rules *Rulebook) {
	at, seq := k.StartedAt, k.StartSeq
	if n.Kind == ClockAnswer || n.Kind == ClockResolve {
		switch {
		case p.Start == FromReceipt && at.IsZero():
			at, seq = t.beginning()
		case p.Start == FromValidation && t.Episode == 1:
			at = t.ValidatedAt
		}
	}
	if at.IsZero() {
		return
	}
	if t.start(rules, n, at, seq); n.Answer != 0 {
		n.State = ClockAnswering
	}
}
