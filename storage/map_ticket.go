package storage

import (
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// Numbers that stand for states in the text of queries and of partial indexes.
const (
	firstFinished = int16(ticketing.StateResolved) // states below are in work
	leastUrgent   = int16(ticketing.PriorityUrgent)
)

// rankOf turns a priority round, so that the urgent come first in ascending order.
func rankOf(p ticketing.Priority) int16 { return leastUrgent - int16(min(p, ticketing.PriorityUrgent)) }

func priorityOf(rank int16) ticketing.Priority {
	return ticketing.Priority(leastUrgent - rank) //nolint:gosec // G115: the column is checked to be 0–3
}

func flag(b bool) int16 {
	if b {
		return 1
	}
	return 0
}

// micros cuts an instant to what a column holds.
func micros(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

func ticketRowOf(t *ticketing.Ticket, lastInID int64) ticketRow {
	pauses := make(list[ticketing.Pause], len(t.Pauses))
	for i, p := range t.Pauses {
		p.From, p.To = micros(p.From), micros(p.To)
		pauses[i] = p
	}
	endings := make(list[ticketing.Ending], len(t.Endings))
	for i, e := range t.Endings {
		e.Note = clean(e.Note)
		e.AnsweredAt, e.ResolvedAt, e.ClosedAt = micros(e.AnsweredAt), micros(e.ResolvedAt), micros(e.ClosedAt)
		endings[i] = e
	}
	return ticketRow{
		ID: int64(t.ID), Ref: string(t.Ref), Subject: clean(t.Subject), State: int16(t.State), Waiting: string(t.Waiting),
		Code: string(t.Code), ClosingNote: clean(t.ClosingNote), DuplicateOf: optional(t.DuplicateOf), Linked: optional(t.Linked),
		Mentions: clean(string(t.Mentions)), Rank: rankOf(t.Priority), Channel: string(t.Channel), Account: clean(t.Account),
		CategoryID: int64(t.Category), DepartmentID: int64(t.Department), CustodyAt: instant(t.CustodyAt),
		BodyID: int64(t.Body), Leg: small(t.Leg), CustodyTo: instant(t.CustodyTo), CustodyWhy: string(t.CustodyWhy), AssigneeID: int64(t.Assignee),
		CitizenID: optional(t.Citizen), ReplyName: clean(t.ReplyTo.Name), ReplyAddress: clean(t.ReplyTo.Address), Parties: t.Parties,
		Address: clean(t.Location.Address), Lat: t.Location.Lat, Lon: t.Location.Lon, DistrictID: optional(t.District), Language: string(t.Language), Tags: t.Tags,
		Episode: small(t.Episode), Endings: endings, TrackingEpoch: small(t.TrackingEpoch),
		ReceiptOwed: flag(t.ReceiptOwed), Spam: flag(t.State == ticketing.StateClosed && t.Code == ticketing.CodeSpam),
		ReceivedAt: never1970(t.ReceivedAt), ValidatedAt: instant(t.ValidatedAt), AnsweredAt: instant(t.AnsweredAt),
		ResolvedAt: instant(t.ResolvedAt), ClosedAt: instant(t.ClosedAt), CreatedAt: never1970(t.CreatedAt), UpdatedAt: never1970(t.UpdatedAt),
		LastMessageAt: never1970(t.LastMessageAt), LastInAt: instant(t.LastInAt), LastMessageID: int64(t.LastMessage), LastInID: lastInID,
		DueAt: orNever(t.DueAt), CheckAt: instant(t.CheckAt), Pauses: pauses,
		Referrals: t.Referrals, Consultations: t.Consultations, Version: t.Version, EventSeq: t.EventSeq, EventHash: digest(t.EventHash),
	}
}

// beginning stands for the zero time in columns that lists sort by.
var beginning = time.Unix(0, 0).UTC()

// never1970 keeps a column that is compared free of NULL.
func never1970(t time.Time) instant {
	if t.IsZero() {
		return instant(beginning)
	}
	return instant(t)
}

// orNone takes the zero time back.
func (i instant) orNone() time.Time {
	if i.time().Equal(beginning) {
		return time.Time{}
	}
	return i.time()
}

func small(n int) int16 { return int16(max(-1<<15, min(n, 1<<15-1))) } //nolint:gosec // G115: bounded in this line

func (r *ticketRow) ticket() ticketing.Ticket {
	return ticketing.Ticket{
		ID: ticketing.TicketID(r.ID), Ref: ticketing.Reference(r.Ref), Subject: r.Subject, State: ticketing.State(r.State), //nolint:gosec // G115: the column is checked
		Waiting: ticketing.WaitReason(r.Waiting), Code: ticketing.ClosingCode(r.Code), ClosingNote: r.ClosingNote,
		DuplicateOf: ticketing.TicketID(r.DuplicateOf), Linked: ticketing.TicketID(r.Linked), Mentions: ticketing.Reference(r.Mentions),
		Priority: priorityOf(r.Rank), Channel: ticketing.Channel(r.Channel), Account: r.Account, Category: ticketing.CategoryID(r.CategoryID),
		Department: ticketing.DepartmentID(r.DepartmentID), CustodyAt: r.CustodyAt.time(),
		Body: ticketing.BodyID(r.BodyID), Leg: int(r.Leg), CustodyTo: r.CustodyTo.time(), CustodyWhy: ticketing.LegReason(r.CustodyWhy), Assignee: ticketing.AgentID(r.AssigneeID),
		Citizen: ticketing.CitizenID(r.CitizenID), ReplyTo: ticketing.Party{Name: r.ReplyName, Address: r.ReplyAddress}, Parties: r.Parties,
		Location: ticketing.Location{Address: r.Address, Lat: r.Lat, Lon: r.Lon}, District: ticketing.DistrictID(r.DistrictID), Language: lang.Tag(r.Language), Tags: r.Tags,
		Episode: int(r.Episode), Endings: r.Endings, TrackingEpoch: int(r.TrackingEpoch),
		ReceiptOwed: r.ReceiptOwed != 0, ReceivedAt: r.ReceivedAt.orNone(), ValidatedAt: r.ValidatedAt.time(), AnsweredAt: r.AnsweredAt.time(),
		ResolvedAt: r.ResolvedAt.time(), ClosedAt: r.ClosedAt.time(), CreatedAt: r.CreatedAt.orNone(), UpdatedAt: r.UpdatedAt.orNone(),
		LastMessageAt: r.LastMessageAt.orNone(), LastInAt: r.LastInAt.time(), LastMessage: ticketing.MessageID(r.LastMessageID),
		DueAt: r.DueAt.orZero(), CheckAt: r.CheckAt.time(), Pauses: slices.Clone(r.Pauses),
		Referrals: copied(r.Referrals), Consultations: slices.Clone(r.Consultations), Version: r.Version, EventSeq: r.EventSeq, EventHash: string(r.EventHash),
	}
}

// copied gives referrals that can be changed without changing the row they
// came from.
func copied(list []ticketing.Referral) []ticketing.Referral {
	list = slices.Clone(list)
	for i := range list {
		list[i].Asked = slices.Clone(list[i].Asked)
	}
	return list
}

func clockRowOf(c *ticketing.Clock) clockRow {
	return clockRow{
		ID: int64(c.ID), TicketID: int64(c.Ticket), Episode: small(c.Episode), Kind: string(c.Kind), State: string(c.State),
		Profile: c.Profile, ProfileVersion: small(c.ProfileVersion), Calendar: c.Calendar, CalendarVersion: small(c.CalendarVersion), WorkVersion: small(c.WorkVersion),
		Policy: c.Policy, PolicyVersion: small(c.PolicyVersion), Ladder: c.Ladder, LadderVersion: small(c.LadderVersion),
		Rungs: rungsOf(c.Rungs, c.Due), OnCall: c.OnCall, Target: c.Target.Microseconds(), StartSeq: c.StartSeq, StartedAt: instant(c.StartedAt), CountFrom: instant(c.CountFrom),
		DueAt: instant(c.Due), MetAt: instant(c.MetAt), BreachedAt: instant(c.BreachedAt), WarnAt: instant(c.WarnAt), EndedAt: instant(c.EndedAt),
		EndCode: string(c.EndCode), AnswerID: int64(c.Answer), ChargedID: int64(c.Charged), Leg: small(c.Leg), OwnDueAt: instant(c.OwnDue),
	}
}

func (r *clockRow) clock() ticketing.Clock {
	return ticketing.Clock{
		ID: ticketing.ClockID(r.ID), Ticket: ticketing.TicketID(r.TicketID), Episode: int(r.Episode), Kind: ticketing.ClockKind(r.Kind),
		State: ticketing.ClockState(r.State), Profile: r.Profile, ProfileVersion: int(r.ProfileVersion), Calendar: r.Calendar,
		CalendarVersion: int(r.CalendarVersion), WorkVersion: int(r.WorkVersion), Policy: r.Policy, PolicyVersion: int(r.PolicyVersion), Ladder: r.Ladder, LadderVersion: int(r.LadderVersion),
		Rungs: r.Rungs.list(r.DueAt.time()), OnCall: r.OnCall, Target: time.Duration(r.Target) * time.Microsecond, StartSeq: r.StartSeq,
		StartedAt: r.StartedAt.time(), CountFrom: r.CountFrom.time(), Due: r.DueAt.time(), MetAt: r.MetAt.time(), BreachedAt: r.BreachedAt.time(),
		WarnAt: r.WarnAt.time(), EndedAt: r.EndedAt.time(), EndCode: ticketing.ClosingCode(r.EndCode), Answer: ticketing.MessageID(r.AnswerID),
		Charged: ticketing.DepartmentID(r.ChargedID), Leg: int(r.Leg), OwnDue: r.OwnDueAt.time(),
	}
}

func messageRowOf(m *ticketing.Message) messageRow {
	raw := digest(m.RawSHA256)
	switch {
	case m.RawSHA256 == m.RawKey:
		raw = ""
	case m.RawSHA256 == "":
		raw = noDigest
	}
	return messageRow{
		ID: int64(m.ID), TicketID: int64(m.Ticket), Episode: small(m.Episode), Direction: string(m.Direction), Channel: string(m.Channel),
		Kind: string(m.Kind), Auto: m.Auto, Actor: m.By, AuthorName: clean(m.Author.Name), AuthorAddress: clean(m.Author.Address),
		Recipients: m.To, Copies: m.Cc, Mark: string(m.Mark), Machine: string(m.Machine), Auth: string(m.Auth), Subject: clean(m.Subject),
		Body: packed(clean(m.Text)), FoldAt: int64(m.FoldAt), HTMLKey: digest(m.HTMLKey), Language: string(m.Language), Notes: m.Notes,
		Partial: m.Partial, Unreadable: m.Unreadable, MessageIDHeader: clean(m.MessageIDHeader), HeaderHash: headerHash(clean(m.MessageIDHeader)),
		RawKey: digest(m.RawKey), RawSHA256: raw, LedgerID: int64(m.Ledger), SentAt: instant(m.SentAt), ReceivedAt: never1970(m.ReceivedAt),
		CreatedAt: never1970(m.CreatedAt), TakenBackAt: instant(m.TakenBackAt),
	}
}

// noDigest says that there is a blob of the original but no digest of it.
const noDigest digest = "-"

// rawDigest reads a raw_sha256 column, which is empty when it equals raw_key.
func rawDigest(sum, key digest) string {
	switch sum {
	case "":
		return string(key)
	case noDigest:
		return ""
	}
	return string(sum)
}

func (r *messageRow) message() ticketing.Message {
	m := ticketing.Message{
		ID: ticketing.MessageID(r.ID), Ticket: ticketing.TicketID(r.TicketID), Episode: int(r.Episode), Direction: ticketing.Direction(r.Direction),
		Channel: ticketing.Channel(r.Channel), Kind: ticketing.ReplyKind(r.Kind), Auto: r.Auto, By: r.Actor,
		Author: ticketing.Party{Name: r.AuthorName, Address: r.AuthorAddress}, To: r.Recipients, Cc: r.Copies, Mark: ticketing.Mark(r.Mark),
		Machine: ticketing.Machine(r.Machine), Auth: ticketing.Auth(r.Auth), Subject: r.Subject, Text: string(r.Body), FoldAt: int(r.FoldAt),
		HTMLKey: string(r.HTMLKey), Language: lang.Tag(r.Language), Notes: r.Notes, Partial: r.Partial, Unreadable: r.Unreadable,
		MessageIDHeader: r.MessageIDHeader, RawKey: string(r.RawKey), RawSHA256: string(r.RawSHA256), Ledger: ticketing.LedgerID(r.LedgerID),
		SentAt: r.SentAt.time(), ReceivedAt: r.ReceivedAt.orNone(), CreatedAt: r.CreatedAt.orNone(), TakenBackAt: r.TakenBackAt.time(),
	}
	m.RawSHA256 = rawDigest(r.RawSHA256, r.RawKey)
	return m
}

func attachmentRowOf(m ticketing.MessageID, a *ticketing.Attachment) attachmentRow {
	return attachmentRow{
		ID: int64(a.ID), MessageID: int64(m), BlobKey: digest(a.Key), Name: clean(a.Name), ContentType: clean(a.ContentType),
		Size: a.Size, ContentID: clean(a.ContentID), Inline: a.Inline,
	}
}

func (r *attachmentRow) attachment() ticketing.Attachment {
	return ticketing.Attachment{
		ID: ticketing.AttachmentID(r.ID), Key: string(r.BlobKey), Name: r.Name, ContentType: r.ContentType, Size: r.Size,
		ContentID: r.ContentID, Inline: r.Inline,
	}
}
