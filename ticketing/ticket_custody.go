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
// Where a policy promises something else there, they are rebased; c is the
// ticket's category. What an outside body has must be taken back first: Conflict.
func (t *Ticket) MoveTo(d Department, c Category, by Actor, h Handover, rules *Rulebook, now time.Time) error {
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
	before, seq := t.Facts(), t.nextSeq()
	t.Department, t.Assignee = d.ID, 0
	data := map[string]any{"from": int64(before.Department), "to": int64(d.ID)}
	h.tell(t.record(by, EventMoved, now, data))
	t.endAsking(d.ID, by, now)
	t.follow(before, c, rules, data, now)
	if held {
		t.take(rules, 0, LegMoved, now, seq)
	}
	t.renewDue()
	return nil
}

// Change is what an agent may alter of a ticket; nil leaves as it is.
type Change struct {
	Subject  *string
	Priority *Priority
	Category *Category
	Was      *Category // what the ticket is of before the change; nil: a change of priority rebases nothing
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
	before := t.Facts()
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
		t.Category = ch.Category.ID
		t.rebase(*ch.Category, rules, true, data, now)
	}
	if len(data) == 0 {
		return nil
	}
	if _, recategorised := data["category"]; !recategorised && ch.Was != nil && before != t.Facts() {
		t.follow(before, *ch.Was, rules, data, now)
	}
	if err := t.work(); err != nil {
		return err
	}
	t.record(by, EventChanged, now, data)
	t.renewDue()
	return nil
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
// What another agreed to for themselves, that outside bodies get their contact
// data, ends.
func (t *Ticket) SetRequester(c *Citizen, replyTo Party, by Actor, now time.Time) {
	from := t.Citizen
	t.Citizen, t.ReplyTo = c.ID, replyTo
	data := map[string]any{"from": int64(from), "to": int64(c.ID)}
	if from != c.ID {
		if ended := t.endConsent(); len(ended) > 0 {
			data["consent_ended"] = ended
		}
	}
	t.record(by, EventRequester, now, data)
}
