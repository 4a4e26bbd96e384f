package ticketing

import (
	"errors"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing/calendar"
)

// ReferralLife is how long a signed link works (DESIGN §4, D24: bounded, revocable).
const ReferralLife = 14 * 24 * time.Hour

// Referral gives the referral of the number, nil when there is none.
func (t *Ticket) Referral(n int) *Referral {
	if n < 1 || n > len(t.Referrals) {
		return nil
	}
	return &t.Referrals[n-1]
}

// OpenReferral gives the referral that is to take the ticket over or has, nil
// when there is none.
func (t *Ticket) OpenReferral() *Referral {
	for i := range t.Referrals {
		if r := &t.Referrals[i]; r.Open() && !r.Opinion {
			return r
		}
	}
	return nil
}

// Refer asks an outside body: to take the ticket over, or for its opinion only.
// Custody stays where it is until the body accepts; the citizen's clocks never
// stop. Only one body at a time is asked to take over: Conflict.
func (t *Ticket) Refer(b Body, r Referral, h Handover, by Actor, rules *Rulebook, now time.Time) (*Referral, error) {
	switch {
	case b.Disabled || b.Email == "":
		return nil, invalid("body", "referral.body")
	case !t.State.InWork():
		return nil, &Error{Kind: Conflict, Field: "state", Key: "referral.finished"}
	case !r.Opinion && t.OpenReferral() != nil:
		return nil, &Error{Kind: Conflict, Field: "body", Key: "referral.open"}
	}
	if err := t.work(); err != nil {
		return nil, err
	}
	r.N, r.Body, r.State, r.By, r.SentAt, r.ExpiresAt = len(t.Referrals)+1, b.ID, ReferralSent, by.ID(), now, now.Add(ReferralLife)
	r.Reason = cleanLine(h.Reason, 500)
	r.AcceptTarget, r.AnswerTarget = hours(b.AcceptHours, 10), hours(b.AnswerHours, 72)
	c := rules.legClock(t, 0)
	r.Calendar, r.CalVersion, r.OnCall = c.Calendar, c.CalendarVersion, c.OnCall
	if own, ok := rules.Calendar(b.Calendar, 0); ok && !c.OnCall { // what has a crew on call counts around the clock for everybody
		r.Calendar, r.CalVersion = own.Name(), own.Version()
	}
	t.Referrals = append(t.Referrals, r)
	sent := &t.Referrals[r.N-1]
	sent.aim(rules)
	h.Public = true
	h.tell(t.record(by, EventReferred, now, map[string]any{"n": r.N, "body": int64(b.ID), "opinion": r.Opinion, "consent": r.Consent}))
	t.renewDue()
	return sent, nil
}

func hours(n, none int) time.Duration {
	if n <= 0 {
		n = none
	}
	return time.Duration(n) * time.Hour
}

// waitBureau names, in explanations, the time a body waits for the bureau's answer.
const waitBureau = "bureau"

// counted gives what the deed that is due now is counted by.
func (r *Referral) counted(rules *Rulebook) (cal *calendar.Calendar, from time.Time, target time.Duration, stops []calendar.Pause) {
	from, target = r.SentAt, r.AcceptTarget
	if r.State == ReferralAccepted {
		from, target = r.AcceptedAt, r.AnswerTarget
	}
	for _, p := range r.Asked {
		stops = append(stops, calendar.Pause{From: p.From, To: p.To, Reason: waitBureau})
	}
	return rules.calendarOf(&Clock{Calendar: r.Calendar, CalendarVersion: r.CalVersion}), from, target, stops
}

// ExplainReferral traces when the body is to accept, or to answer: by its own
// hours, at the latest when the citizen's nearest promise falls due. One that ended
// is Conflict: nothing is due any more.
func (b *Rulebook) ExplainReferral(r *Referral, now time.Time) (Explanation, error) {
	if !r.Open() {
		return Explanation{}, &Error{Kind: Conflict, Field: "referral", Key: "referral.finished"}
	}
	cal, from, target, stops := r.counted(b)
	due, trace, err := cal.Explain(from, target, stops...)
	if err != nil && !errors.Is(err, calendar.ErrPaused) {
		return Explanation{}, err
	}
	x := Explanation{
		Kind: ClockLeg, Calendar: cal.Name(), CalendarVersion: cal.Version(), OnCall: r.OnCall, Start: FromReceipt, StartedAt: from, CountFrom: from,
		Target: target, Due: due, Intervals: trace,
	}
	if !r.Due.IsZero() && r.Due.Before(due) {
		x.Due, x.Intervals = r.Due, before(trace, r.Due)
	}
	x.Counted = min(cal.Between(from, now, stops...), target)
	x.Left = target - x.Counted
	return x, nil
}

// aim computes what is due next and when to remind: at three quarters of the
// target, and when it is over. While the body waits for the bureau nothing is due.
func (r *Referral) aim(rules *Rulebook) {
	r.OwnDue, r.RemindAt = time.Time{}, time.Time{}
	if !r.Open() || r.Waits() {
		return
	}
	cal, from, target, stops := r.counted(rules)
	at := func(d time.Duration) time.Time {
		due, err := cal.Add(from, d, stops...)
		if err != nil {
			return time.Time{}
		}
		return due.UTC().Truncate(time.Microsecond)
	}
	r.OwnDue = at(target)
	if r.RemindAt = at(target * 3 / 4); r.Reminded > 0 {
		r.RemindAt = r.OwnDue
	}
	if r.Reminded > 1 {
		r.RemindAt = time.Time{}
	}
}

// may gives the referral if the body may act on it still: Gone when it ended or
// its time is over, Stale when the form was made before another deed.
func (t *Ticket) may(n, step int, now time.Time) (*Referral, error) {
	r := t.Referral(n)
	if r == nil || !r.Open() || !now.Before(r.ExpiresAt) || !t.State.InWork() {
		return nil, &Error{Kind: Gone, Key: "referral.gone"}
	}
	if r.Step != step {
		return nil, &Error{Kind: Stale, Key: "referral.stale"}
	}
	return r, nil
}

// maxOutsideNumber bounds a body's own number, in characters.
const maxOutsideNumber = 80

// NumberReferral enters the number under which the body has the matter, as it was
// told by telephone or letter; "" takes it away. Its mails that name it are found
// by it from then on.
func (t *Ticket) NumberReferral(n int, number string, by Actor, now time.Time) error {
	r := t.Referral(n)
	if r == nil {
		return &Error{Kind: NotFound, Field: "referral", Key: "referral.unknown"}
	}
	number = cleanLine(number, maxOutsideNumber)
	if number == r.Outside {
		return nil
	}
	r.Outside = number
	t.record(by, EventNumbered, now, r.data(map[string]any{"number": number}))
	return nil
}

// hear notes who spoke for the body, and its own number; lists by activity show
// the ticket first.
func (t *Ticket) hear(r *Referral, person, outside string, now time.Time) {
	r.Person, r.Step = cleanLine(person, MaxName), r.Step+1
	if outside = cleanLine(outside, maxOutsideNumber); outside != "" {
		r.Outside = outside
	}
	if t.LastMessageAt.Before(now) {
		t.LastMessageAt = now
	}
}

func (r *Referral) data(more map[string]any) map[string]any {
	d := map[string]any{"n": r.N, "body": int64(r.Body), "opinion": r.Opinion}
	for k, v := range more {
		d[k] = v
	}
	return d
}

// AcceptReferral takes the ticket over for the body: custody is its from now on,
// unless only an opinion is wanted.
func (t *Ticket) AcceptReferral(n, step int, person, outside string, rules *Rulebook, now time.Time) error {
	r, err := t.may(n, step, now)
	if err != nil {
		return err
	}
	if r.State != ReferralSent {
		return &Error{Kind: Conflict, Key: "referral.accepted"}
	}
	t.hear(r, person, outside, now)
	r.State, r.AcceptedAt, r.LateAt, r.Reminded = ReferralAccepted, now, time.Time{}, 0
	r.aim(rules)
	custody := !r.Opinion
	t.record(Actor{Body: r.Body}, EventAccepted, now, r.data(map[string]any{"custody": custody}))
	if custody {
		t.Judge(watchActor, now)
		t.charge(now)
		t.release(rules, now)
		t.take(rules, r.Body, LegReferred, now, t.nextSeq()-1)
	}
	t.renewDue()
	return nil
}

// RefuseReferral ends the referral: the body is not competent, and names who is.
func (t *Ticket) RefuseReferral(n, step int, person, competent, law, salt string, rules *Rulebook, now time.Time) error {
	r, err := t.may(n, step, now)
	if err != nil {
		return err
	}
	if competent = cleanLine(competent, 200); competent == "" {
		return invalid("competent", "referral.competent")
	}
	t.hear(r, person, "", now)
	r.Competent, r.Law = competent, cleanLine(law, 300)
	words := competent
	if r.Law != "" {
		words += " (" + r.Law + ")"
	}
	t.endReferral(r, ReferralRefused, EventRefused, Handover{Reason: words, Salt: salt, Public: true}, Actor{Body: r.Body}, rules, now)
	return nil
}

// endReferral ends a referral; custody comes back if the body had it.
func (t *Ticket) endReferral(r *Referral, to ReferralState, kind EventKind, h Handover, by Actor, rules *Rulebook, now time.Time) {
	had := t.InCustody() && t.Body == r.Body && r.State == ReferralAccepted && !r.Opinion
	r.State, r.EndedAt, r.Epoch = to, now, r.Epoch+1
	if n := len(r.Asked); n > 0 && r.Asked[n-1].To.IsZero() {
		r.Asked[n-1].To = now
	}
	r.aim(rules)
	r.Due = time.Time{}
	h.tell(t.record(by, kind, now, r.data(map[string]any{"custody": had})))
	if had {
		why := map[ReferralState]LegReason{ReferralWithdrawn: LegWithdrawn, ReferralExpired: LegExpired}[to]
		if why == "" {
			why = LegReturned
		}
		t.charge(now)
		t.release(rules, now)
		t.take(rules, 0, why, now, t.nextSeq()-1)
	}
	t.renewDue()
}

// WithdrawReferral takes the referral back: its links are worth nothing at once.
func (t *Ticket) WithdrawReferral(n int, by Actor, rules *Rulebook, now time.Time) error {
	r := t.Referral(n)
	if r == nil {
		return &Error{Kind: NotFound, Field: "referral", Key: "referral.unknown"}
	}
	if !r.Open() {
		return &Error{Kind: Conflict, Field: "referral", Key: "referral.ended"}
	}
	t.endReferral(r, ReferralWithdrawn, EventWithdrawn, Handover{}, by, rules, now)
	return nil
}

// endConsent ends what the requester agreed to for every referral, and gives the
// numbers of those it had been given for.
func (t *Ticket) endConsent() (ended []int) {
	for i := range t.Referrals {
		if r := &t.Referrals[i]; r.Consent {
			r.Consent, r.Agreed = false, 0
			ended = append(ended, r.N)
		}
	}
	return ended
}

// withdrawAll ends what bodies and departments were asked when the ticket is done with.
func (t *Ticket) withdrawAll(now time.Time) {
	for i := range t.Consultations {
		if c := &t.Consultations[i]; c.Open() {
			c.EndedAt = now
		}
	}
	for i := range t.Referrals {
		if r := &t.Referrals[i]; r.Open() {
			r.State, r.EndedAt, r.Epoch, r.OwnDue, r.Due, r.RemindAt = ReferralWithdrawn, now, r.Epoch+1, time.Time{}, time.Time{}, time.Time{}
		}
	}
}

// AskBureau records what the body needs to know; nothing is due from it until
// it is told.
func (t *Ticket) AskBureau(n, step int, person string, m Message, rules *Rulebook, now time.Time) error {
	r, err := t.may(n, step, now)
	if err != nil {
		return err
	}
	if r.Waits() {
		return &Error{Kind: Conflict, Key: "referral.waits"}
	}
	by := Actor{Body: r.Body}
	t.hear(r, person, "", now)
	m.Direction, m.By = Note, by.ID()
	t.addMessage(m)
	r.Asked, r.Talk = append(r.Asked, Pause{From: now, By: by.ID()}), append(r.Talk, m.ID)
	r.aim(rules)
	t.record(by, EventBodyAsked, now, r.data(map[string]any{"message": int64(m.ID)}))
	t.renewDue()
	return nil
}

// TellBody answers what the body asked: its time runs again.
func (t *Ticket) TellBody(n int, m Message, by Actor, rules *Rulebook, now time.Time) error {
	r := t.Referral(n)
	if r == nil {
		return &Error{Kind: NotFound, Field: "referral", Key: "referral.unknown"}
	}
	if !r.Waits() {
		return &Error{Kind: Conflict, Field: "referral", Key: "referral.no_question"}
	}
	m.Direction, m.By = Note, by.ID()
	t.addMessage(m)
	r.Asked[len(r.Asked)-1].To = now
	r.Talk, r.Step = append(r.Talk, m.ID), r.Step+1
	r.aim(rules)
	t.record(by, EventBodyTold, now, r.data(map[string]any{"message": int64(m.ID)}))
	t.renewDue()
	return nil
}

// AnswerReferral ends the referral with the body's answer. What was to take the
// ticket over answers the citizen (deliveries carry it, and it meets the
// promise like an agent's); an opinion is for the bureau only.
func (t *Ticket) AnswerReferral(n, step int, person, outside string, m Message, deliveries []Delivery, rules *Rulebook, now time.Time) error {
	r, err := t.may(n, step, now)
	if err != nil {
		return err
	}
	by := Actor{Body: r.Body}
	t.hear(r, person, outside, now)
	r.Answer = m.ID
	if r.Opinion {
		m.Direction, m.By = Note, by.ID()
		t.addMessage(m)
	} else if err := t.Reply(m, deliveries, by, rules, now); err != nil {
		return err
	}
	t.endReferral(r, ReferralAnswered, EventBodyAnswered, Handover{}, by, rules, now)
	return nil
}

// watchReferrals records what came due with outside bodies, and gives those to
// be reminded now.
func (t *Ticket) watchReferrals(rules *Rulebook, now time.Time) (remind []int, changed bool) {
	for i := range t.Referrals {
		r := &t.Referrals[i]
		if !r.Open() {
			continue
		}
		if !now.Before(r.ExpiresAt) {
			t.endReferral(r, ReferralExpired, EventExpired, Handover{}, watchActor, rules, now)
			changed = true
			continue
		}
		if r.LateAt.IsZero() && !r.Due.IsZero() && !now.Before(r.Due) {
			r.LateAt, changed = r.Due, true
			t.record(watchActor, EventReferralLate, now, r.data(map[string]any{"due": stamp(r.Due)}))
		}
		if !r.RemindAt.IsZero() && !now.Before(r.RemindAt) {
			r.Reminded++
			if !now.Before(r.OwnDue) {
				r.Reminded = 2
			}
			r.aim(rules)
			remind, changed = append(remind, r.N), true
			t.record(watchActor, EventReminded, now, r.data(nil))
		}
	}
	t.renewDue()
	return remind, changed
}

// boundReferrals renews what is due from bodies, never later than the citizen's
// nearest clock, and when Watch must look.
func (t *Ticket) boundReferrals() {
	limit := t.legCap()
	for i := range t.Referrals {
		r := &t.Referrals[i]
		if !r.Open() {
			continue
		}
		if r.LateAt.IsZero() {
			r.Due = within(r.OwnDue, limit)
			t.CheckAt = earliest(t.CheckAt, r.Due)
		}
		t.CheckAt = earliest(earliest(t.CheckAt, r.RemindAt), r.ExpiresAt)
	}
}

// shows reports whether the message is part of what was said between the body
// and the bureau.
func (r *Referral) shows(m *Message) bool { return slices.Contains(r.Talk, m.ID) }
