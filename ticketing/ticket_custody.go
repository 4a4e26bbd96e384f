package ticketing

import (
	"slices"
	"time"
)

// Assign gives the ticket to an agent, or to nobody (0).
func (t *Ticket) Assign(to AgentID, by Actor, now time.Time) error {
	if t.Assignee == to {
		return nil
	}
	if err := t.work(); err != nil {
		return err
	}
	from := t.Assignee
	t.Assignee = to
	t.record(by, EventAssigned, now, map[string]any{"from": int64(from), "to": int64(to)})
	return nil
}

// A Handover is what is said when a ticket goes to another.
type Handover struct {
	Reason string
	Public bool   // the citizen reads the reason too
	Salt   string // for the digest of Reason
}

// tell puts the words of a handover into its event.
func (h Handover) tell(e *Event) {
	reason := cleanText(h.Reason, 2000)
	if isBlank(reason) {
		return
	}
	e.Payload, e.Salt = reason, h.Salt
	if h.Public {
		e.Data["public"] = true
	}
}

// MoveTo hands custody to another department (I5). The person it was assigned
// to loses it, since custody is another's; the citizen's clocks do not stop.
// What an outside body has must be taken back first: Conflict.
func (t *Ticket) MoveTo(d Department, by Actor, h Handover, rules *Rulebook, now time.Time) error {
	if t.Department == d.ID {
		return nil
	}
	if d.Disabled {
		return invalid("department", "department.disabled")
	}
	if t.Body != 0 && t.State.InWork() {
		return &Error{Kind: Conflict, Field: "department", Key: "referral.has_it"}
	}
	if err := t.work(); err != nil {
		return err
	}
	t.Judge(watchActor, now)
	t.charge(now)
	held := t.InCustody()
	t.release(rules, now)
	from := t.Department
	t.Department, t.Assignee = d.ID, 0
	h.tell(t.record(by, EventMoved, now, map[string]any{"from": int64(from), "to": int64(d.ID)}))
	if held {
		t.take(rules, 0, LegMoved, now, t.nextSeq()-1)
	}
	t.renewDue()
	return nil
}

// Change is what an agent may alter of a ticket; nil leaves as it is.
type Change struct {
	Subject  *string
	Priority *Priority
	Category *Category
	Tags     *[]string
	Location *Location
	District *DistrictID // of the Location
}

// Apply makes the changes. A new category brings its promise: the open clocks
// are started anew from their old beginning with the new target, pauses kept
// (B5, B6); old and new due instants stand in the event.
func (t *Ticket) Apply(ch Change, by Actor, rules *Rulebook, now time.Time) error {
	data := map[string]any{}
	if ch.Subject != nil {
		s := cleanLine(*ch.Subject, MaxSubject)
		if s == "" {
			return invalid("subject", "subject.empty")
		}
		if s != t.Subject {
			t.Subject = s
			data["subject"] = true
			t.Pending.Text = append(t.Pending.Text, s)
		}
	}
	if ch.Priority != nil && *ch.Priority != t.Priority {
		if *ch.Priority > PriorityUrgent {
			return invalid("priority", "priority.unknown")
		}
		t.Priority = *ch.Priority
		data["priority"] = t.Priority.String()
	}
	if ch.Tags != nil {
		tags := cleanTags(*ch.Tags)
		if !slices.Equal(tags, t.Tags) {
			t.Tags = tags
			data["tags"] = tags
		}
	}
	if ch.Location != nil && *ch.Location != t.Location {
		l := *ch.Location
		if !l.valid() {
			return invalid("location", "location.range")
		}
		l.Address = cleanLine(l.Address, maxPlace)
		t.Location = l
		data["location"] = true
		if ch.District != nil && *ch.District != t.District {
			t.District = *ch.District
			data["district"] = int64(t.District)
		}
		t.Pending.Text = append(t.Pending.Text, l.Address)
	}
	if ch.Category != nil && ch.Category.ID != t.Category {
		if ch.Category.Disabled {
			return invalid("category", "category.disabled")
		}
		data["category"] = ch.Category.Code
		t.Judge(watchActor, now)
		t.recategorise(*ch.Category, rules, data)
	}
	if len(data) == 0 {
		return nil
	}
	if err := t.work(); err != nil {
		return err
	}
	t.record(by, EventChanged, now, data)
	t.renewDue()
	return nil
}

// recategorise gives the ticket the category, and the open clocks its promise.
// Once the work is done the promise stays the one it was done under.
func (t *Ticket) recategorise(c Category, rules *Rulebook, data map[string]any) {
	t.Category = c.ID
	if !t.State.InWork() {
		return
	}
	p := rules.ProfileFor(c)
	var kept []Clock
	for _, k := range t.Clocks {
		if k.Kind == ClockLeg || k.Episode != t.Episode || (!k.open() && k.State != ClockPending) || !k.BreachedAt.IsZero() {
			kept = append(kept, k)
			continue
		}
		if (k.Kind == ClockResolve && c.ResolveDays == 0) || (k.Kind == ClockValidation && p.Start == FromReceipt) {
			continue // the new category makes no such promise
		}
		n := rules.newClock(k.Kind, p, c)
		n.ID, n.Ticket, n.Episode, n.Answer = k.ID, k.Ticket, k.Episode, k.Answer
		t.restart(&n, k, p, rules)
		if !k.Due.Equal(n.Due) {
			data["due_"+string(k.Kind)] = []string{stamp(k.Due), stamp(n.Due)}
		}
		kept = append(kept, n)
	}
	t.Clocks = kept
	t.addPromises(c, p, rules)
}

// addPromises begins the clocks that the new category has and the old one had not.
func (t *Ticket) addPromises(c Category, p Profile, rules *Rulebook) {
	a := t.clock(ClockAnswer)
	if a == nil {
		return
	}
	if c.ResolveDays > 0 && t.clock(ClockResolve) == nil {
		n := rules.newClock(ClockResolve, p, c)
		n.Ticket, n.Episode = t.ID, t.Episode
		at := a.StartedAt
		if p.Start == FromValidation && t.Episode == 1 {
			at = t.ValidatedAt // what the answer clock began with may be the promise of before
		}
		if !at.IsZero() {
			t.start(rules, &n, at, a.StartSeq)
		}
		t.Clocks = append(t.Clocks, n)
	}
	if p.Start == FromValidation && t.ValidatedAt.IsZero() && t.clock(ClockValidation) == nil {
		n := rules.newClock(ClockValidation, p, c)
		n.Ticket, n.Episode = t.ID, t.Episode
		at, seq := t.beginning()
		t.start(rules, &n, at, seq)
		t.Clocks = append(t.Clocks, n)
	}
}

// beginning gives when the episode began, and the event that began it.
func (t *Ticket) beginning() (at time.Time, seq int64) {
	if t.Episode == 1 {
		return t.ReceivedAt, 1
	}
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.Episode == t.Episode && !c.StartedAt.IsZero() {
			return c.StartedAt, c.StartSeq
		}
	}
	return t.ReceivedAt, 1
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

// instantOf writes an instant as events keep it, to be counted from again.
func instantOf(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// cleanTags bounds and sorts tags: at most 20, 40 characters each, without repeats.
func cleanTags(tags []string) []string {
	var out []string
	for _, tag := range tags {
		if tag = cleanLine(tag, 40); tag != "" && !slices.Contains(out, tag) && len(out) < 20 {
			out = append(out, tag)
		}
	}
	slices.Sort(out)
	return out
}

// RaiseTracking revokes the tracking code and links given out so far.
func (t *Ticket) RaiseTracking(by Actor, now time.Time) {
	t.TrackingEpoch++
	t.record(by, EventRevoked, now, nil)
}

// SetRequester is the only way the requester changes: an agent says so (I14).
func (t *Ticket) SetRequester(c *Citizen, replyTo Party, by Actor, now time.Time) {
	from := t.Citizen
	t.Citizen, t.ReplyTo = c.ID, replyTo
	t.record(by, EventRequester, now, map[string]any{"from": int64(from), "to": int64(c.ID)})
}
