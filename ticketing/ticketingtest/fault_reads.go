package ticketingtest

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// Tickets implements [ticketing.TicketReads].
func (x *FaultStore) Tickets(ctx context.Context, f ticketing.TicketFilter, agent ticketing.AgentID) (out ticketing.Page[ticketing.TicketRow], err error) {
	if err = x.step("Tickets"); err != nil {
		return out, err
	}
	return x.Ports.Tickets(ctx, f, agent)
}

// LetterHistory implements [ticketing.LetterReads].
func (x *FaultStore) LetterHistory(ctx context.Context, tag lang.Tag, name string, n int) (out []ticketing.LetterText, err error) {
	if err = x.step("LetterHistory"); err != nil {
		return out, err
	}
	return x.Ports.LetterHistory(ctx, tag, name, n)
}

// TicketRows implements [ticketing.TicketReads].
func (x *FaultStore) TicketRows(ctx context.Context, s ticketing.Scope, refs []ticketing.Reference, agent ticketing.AgentID) (out []ticketing.TicketRow, err error) {
	if err = x.step("TicketRows"); err != nil {
		return out, err
	}
	return x.Ports.TicketRows(ctx, s, refs, agent)
}

// TicketHeads implements [ticketing.TicketReads].
func (x *FaultStore) TicketHeads(ctx context.Context, s ticketing.Scope, refs []ticketing.Reference) (out []ticketing.TicketView, err error) {
	if err = x.step("TicketHeads"); err != nil {
		return out, err
	}
	return x.Ports.TicketHeads(ctx, s, refs)
}

// TicketView implements [ticketing.TicketReads].
func (x *FaultStore) TicketView(ctx context.Context, s ticketing.Scope, ref ticketing.Reference) (out *ticketing.TicketView, err error) {
	if err = x.step("TicketView"); err != nil {
		return out, err
	}
	return x.Ports.TicketView(ctx, s, ref)
}

// TicketCounts implements [ticketing.TicketReads].
func (x *FaultStore) TicketCounts(ctx context.Context, s ticketing.Scope, agent ticketing.AgentID, now, dayEnd time.Time) (out ticketing.Counts, err error) {
	if err = x.step("TicketCounts"); err != nil {
		return out, err
	}
	return x.Ports.TicketCounts(ctx, s, agent, now, dayEnd)
}

// TicketEvents implements [ticketing.TicketReads].
func (x *FaultStore) TicketEvents(ctx context.Context, s ticketing.Scope, ref ticketing.Reference) (out []ticketing.Event, err error) {
	if err = x.step("TicketEvents"); err != nil {
		return out, err
	}
	return x.Ports.TicketEvents(ctx, s, ref)
}

// AttachmentOf implements [ticketing.TicketReads].
func (x *FaultStore) AttachmentOf(ctx context.Context, s ticketing.Scope, id ticketing.AttachmentID) (out ticketing.Attachment, more ticketing.Message, err error) {
	if err = x.step("AttachmentOf"); err != nil {
		return out, more, err
	}
	return x.Ports.AttachmentOf(ctx, s, id)
}

// MessageOf implements [ticketing.TicketReads].
func (x *FaultStore) MessageOf(ctx context.Context, s ticketing.Scope, id ticketing.MessageID) (out ticketing.Message, more ticketing.Reference, err error) {
	if err = x.step("MessageOf"); err != nil {
		return out, more, err
	}
	return x.Ports.MessageOf(ctx, s, id)
}

// MessagesOfProvider implements [ticketing.TicketReads].
func (x *FaultStore) MessagesOfProvider(ctx context.Context, s ticketing.Scope, providerID string) (out []ticketing.Message, more []ticketing.Reference, err error) {
	if err = x.step("MessagesOfProvider"); err != nil {
		return out, more, err
	}
	return x.Ports.MessagesOfProvider(ctx, s, providerID)
}

// MessagesBy implements [ticketing.TicketReads].
func (x *FaultStore) MessagesBy(ctx context.Context, s ticketing.Scope, messageID, rawSHA256 string) (out []ticketing.Message, more []ticketing.Reference, err error) {
	if err = x.step("MessagesBy"); err != nil {
		return out, more, err
	}
	return x.Ports.MessagesBy(ctx, s, messageID, rawSHA256)
}

// MarkSeen implements [ticketing.TicketReads].
func (x *FaultStore) MarkSeen(ctx context.Context, a ticketing.AgentID, t ticketing.TicketID, m ticketing.MessageID) error {
	if err := x.step("MarkSeen"); err != nil {
		return err
	}
	return x.Ports.MarkSeen(ctx, a, t, m)
}

// TicketForCitizen implements [ticketing.TicketReads].
func (x *FaultStore) TicketForCitizen(ctx context.Context, ref ticketing.Reference) (out *ticketing.TicketView, err error) {
	if err = x.step("TicketForCitizen"); err != nil {
		return out, err
	}
	return x.Ports.TicketForCitizen(ctx, ref)
}

// Draft implements [ticketing.DraftStore].
func (x *FaultStore) Draft(ctx context.Context, a ticketing.AgentID, t ticketing.TicketID, kind ticketing.DraftKind) (out ticketing.Draft, err error) {
	if err = x.step("Draft"); err != nil {
		return out, err
	}
	return x.Ports.Draft(ctx, a, t, kind)
}

// SaveDraft implements [ticketing.DraftStore].
func (x *FaultStore) SaveDraft(ctx context.Context, d ticketing.Draft) error {
	if err := x.step("SaveDraft"); err != nil {
		return err
	}
	return x.Ports.SaveDraft(ctx, d)
}

// AddUpload implements [ticketing.DraftStore].
func (x *FaultStore) AddUpload(ctx context.Context, u ticketing.Upload) error {
	if err := x.step("AddUpload"); err != nil {
		return err
	}
	return x.Ports.AddUpload(ctx, u)
}

// DropUpload implements [ticketing.DraftStore].
func (x *FaultStore) DropUpload(ctx context.Context, a ticketing.AgentID, id string) error {
	if err := x.step("DropUpload"); err != nil {
		return err
	}
	return x.Ports.DropUpload(ctx, a, id)
}

// UploadOf implements [ticketing.DraftStore].
func (x *FaultStore) UploadOf(ctx context.Context, a ticketing.AgentID, id string) (out ticketing.Upload, err error) {
	if err = x.step("UploadOf"); err != nil {
		return out, err
	}
	return x.Ports.UploadOf(ctx, a, id)
}

// Ledger implements [ticketing.LedgerReads].
func (x *FaultStore) Ledger(ctx context.Context, f ticketing.LedgerFilter) (out ticketing.Page[ticketing.LedgerEntry], err error) {
	if err = x.step("Ledger"); err != nil {
		return out, err
	}
	return x.Ports.Ledger(ctx, f)
}

// LedgerItem implements [ticketing.LedgerReads].
func (x *FaultStore) LedgerItem(ctx context.Context, id ticketing.LedgerID) (out ticketing.LedgerEntry, err error) {
	if err = x.step("LedgerItem"); err != nil {
		return out, err
	}
	return x.Ports.LedgerItem(ctx, id)
}

// LedgerBalance implements [ticketing.LedgerReads].
func (x *FaultStore) LedgerBalance(ctx context.Context, from, to time.Time) (out ticketing.LedgerBalance, err error) {
	if err = x.step("LedgerBalance"); err != nil {
		return out, err
	}
	return x.Ports.LedgerBalance(ctx, from, to)
}

// RetryLedger implements [ticketing.LedgerReads].
func (x *FaultStore) RetryLedger(ctx context.Context, id ticketing.LedgerID) error {
	if err := x.step("RetryLedger"); err != nil {
		return err
	}
	return x.Ports.RetryLedger(ctx, id)
}

// MailboxHealths implements [ticketing.LedgerReads].
func (x *FaultStore) MailboxHealths(ctx context.Context) (out []ticketing.MailboxHealth, err error) {
	if err = x.step("MailboxHealths"); err != nil {
		return out, err
	}
	return x.Ports.MailboxHealths(ctx)
}

// CitizenView implements [ticketing.CitizenReads].
func (x *FaultStore) CitizenView(ctx context.Context, id ticketing.CitizenID) (out ticketing.Citizen, more []ticketing.Citizen, err error) {
	if err = x.step("CitizenView"); err != nil {
		return out, more, err
	}
	return x.Ports.CitizenView(ctx, id)
}

// FindCitizens implements [ticketing.CitizenReads].
func (x *FaultStore) FindCitizens(ctx context.Context, query string, limit int) (out []ticketing.Citizen, err error) {
	if err = x.step("FindCitizens"); err != nil {
		return out, err
	}
	return x.Ports.FindCitizens(ctx, query, limit)
}

// Events implements [ticketing.AuditReads].
func (x *FaultStore) Events(ctx context.Context, kind ticketing.EventKind, actor string, from, to time.Time, cursor string, limit int) (out ticketing.Page[ticketing.Event], err error) {
	if err = x.step("Events"); err != nil {
		return out, err
	}
	return x.Ports.Events(ctx, kind, actor, from, to, cursor, limit)
}

// WalkEvents implements [ticketing.AuditReads].
func (x *FaultStore) WalkEvents(ctx context.Context, f func(ticket ticketing.TicketID, events []ticketing.Event) error) error {
	if err := x.step("WalkEvents"); err != nil {
		return err
	}
	return x.Ports.WalkEvents(ctx, f)
}

// Seals implements [ticketing.AuditReads].
func (x *FaultStore) Seals(ctx context.Context, fromSeq int64, limit int) (out []ticketing.Seal, err error) {
	if err = x.step("Seals"); err != nil {
		return out, err
	}
	return x.Ports.Seals(ctx, fromSeq, limit)
}

// DeliveriesIn implements [ticketing.OutgoingReads].
func (x *FaultStore) DeliveriesIn(ctx context.Context, state ticketing.DeliveryState, limit int) (out []ticketing.Delivery, err error) {
	if err = x.step("DeliveriesIn"); err != nil {
		return out, err
	}
	return x.Ports.DeliveriesIn(ctx, state, limit)
}

// DeliveryCounts implements [ticketing.OutgoingReads].
func (x *FaultStore) DeliveryCounts(ctx context.Context) (out map[ticketing.DeliveryState]int, more time.Time, err error) {
	if err = x.step("DeliveryCounts"); err != nil {
		return out, more, err
	}
	return x.Ports.DeliveryCounts(ctx)
}

// ReleaseHeld implements [ticketing.OutgoingReads].
func (x *FaultStore) ReleaseHeld(ctx context.Context, ids []ticketing.DeliveryID, send bool) (out int, err error) {
	if err = x.step("ReleaseHeld"); err != nil {
		return out, err
	}
	return x.Ports.ReleaseHeld(ctx, ids, send)
}

// TokenByHash implements [ticketing.TokenStore].
func (x *FaultStore) TokenByHash(ctx context.Context, hash string) (out ticketing.Token, err error) {
	if err = x.step("TokenByHash"); err != nil {
		return out, err
	}
	return x.Ports.TokenByHash(ctx, hash)
}

// Tokens implements [ticketing.TokenStore].
func (x *FaultStore) Tokens(ctx context.Context) (out []ticketing.Token, err error) {
	if err = x.step("Tokens"); err != nil {
		return out, err
	}
	return x.Ports.Tokens(ctx)
}

// SaveToken implements [ticketing.TokenStore].
func (x *FaultStore) SaveToken(ctx context.Context, t *ticketing.Token) error {
	if err := x.step("SaveToken"); err != nil {
		return err
	}
	return x.Ports.SaveToken(ctx, t)
}

// TouchToken implements [ticketing.TokenStore].
func (x *FaultStore) TouchToken(ctx context.Context, id int64, at time.Time) error {
	if err := x.step("TouchToken"); err != nil {
		return err
	}
	return x.Ports.TouchToken(ctx, id, at)
}

// Session implements [ticketing.SessionStore].
func (x *FaultStore) Session(ctx context.Context, hash string) (out ticketing.Session, err error) {
	if err = x.step("Session"); err != nil {
		return out, err
	}
	return x.Ports.Session(ctx, hash)
}

// SaveSession implements [ticketing.SessionStore].
func (x *FaultStore) SaveSession(ctx context.Context, s ticketing.Session) error {
	if err := x.step("SaveSession"); err != nil {
		return err
	}
	return x.Ports.SaveSession(ctx, s)
}

// DropSession implements [ticketing.SessionStore].
func (x *FaultStore) DropSession(ctx context.Context, hash string) error {
	if err := x.step("DropSession"); err != nil {
		return err
	}
	return x.Ports.DropSession(ctx, hash)
}

// SessionsOf implements [ticketing.SessionStore].
func (x *FaultStore) SessionsOf(ctx context.Context, a ticketing.AgentID) (out []ticketing.Session, err error) {
	if err = x.step("SessionsOf"); err != nil {
		return out, err
	}
	return x.Ports.SessionsOf(ctx, a)
}

// SubscriptionOf implements [ticketing.Store].
func (x *FaultStore) SubscriptionOf(ctx context.Context, a ticketing.AgentID, d ticketing.DepartmentID) (out ticketing.Subscription, err error) {
	if err = x.step("SubscriptionOf"); err != nil {
		return out, err
	}
	return x.Ports.SubscriptionOf(ctx, a, d)
}

// Allow implements [ticketing.Gate].
func (x *FaultStore) Allow(ctx context.Context, key string, most int, window time.Duration) (out bool, more int, last time.Duration, err error) {
	if err = x.step("Allow"); err != nil {
		return out, more, last, err
	}
	return x.Ports.Allow(ctx, key, most, window)
}

// Wait implements [ticketing.Gate].
func (x *FaultStore) Wait(ctx context.Context, key string, most int) (out time.Duration, err error) {
	if err = x.step("Wait"); err != nil {
		return out, err
	}
	return x.Ports.Wait(ctx, key, most)
}

// Refund implements [ticketing.Gate].
func (x *FaultStore) Refund(ctx context.Context, key string) error {
	if err := x.step("Refund"); err != nil {
		return err
	}
	return x.Ports.Refund(ctx, key)
}

// Forget implements [ticketing.Gate].
func (x *FaultStore) Forget(ctx context.Context, key string) error {
	if err := x.step("Forget"); err != nil {
		return err
	}
	return x.Ports.Forget(ctx, key)
}
