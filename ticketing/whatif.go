package ticketing

import "time"

// Under gives the ticket as its promises to answer would stand under another
// profile: each counted anew from its beginning with the waits that stopped it,
// and judged by the deeds that were done. The ticket itself is not changed.
//
// validated is when the report counts as validated where the profile counts from
// there; a promise of the first episode never begins without it. Categories with
// a crew on call have the profile's target from receipt, around the clock, as
// always. Resolving and next answers stay as they are.
func (b *Rulebook) Under(t *Ticket, p Profile, c Category, validated, now time.Time) *Ticket {
	if c.OnCall {
		p = p.onCall()
	}
	k := *t
	k.Clocks = make([]Clock, len(t.Clocks))
	for i := range t.Clocks {
		if k.Clocks[i] = t.Clocks[i]; t.Clocks[i].Kind == ClockAnswer {
			k.Clocks[i] = b.recount(t, t.Clocks[i], p, c, validated, now)
		}
	}
	return &k
}

// recount is the clock under the profile.
func (b *Rulebook) recount(t *Ticket, was Clock, p Profile, c Category, validated, now time.Time) Clock {
	n := b.newClock(ClockAnswer, Terms{Profile: p, OnCall: c.OnCall})
	n.ID, n.Ticket, n.Episode, n.Answer = was.ID, was.Ticket, was.Episode, was.Answer
	n.MetAt, n.EndedAt, n.EndCode = was.MetAt, was.EndedAt, was.EndCode
	at := was.StartedAt
	if was.Episode == 1 {
		if at = t.ReceivedAt; p.Start == FromValidation {
			at = validated
		}
	}
	done := n.MetAt
	if done.IsZero() {
		done = n.EndedAt
	}
	if !at.IsZero() {
		pauses := t.Pauses
		if !done.IsZero() {
			pauses = until(pauses, done)
		}
		b.start(&n, at, was.StartSeq, pauses)
	}
	n.WarnAt = time.Time{}
	late := !n.Due.IsZero() && (!n.MetAt.IsZero() && n.MetAt.After(n.Due) || n.MetAt.IsZero() && !n.EndedAt.IsZero() && !n.EndedAt.Before(n.Due) ||
		done.IsZero() && !now.Before(n.Due))
	switch {
	case late:
		n.State, n.BreachedAt = ClockMissed, n.Due
	case !n.MetAt.IsZero():
		n.State = ClockMet
	case !n.EndedAt.IsZero():
		n.State = ClockEnded
	}
	return n
}
