package ticketingtest

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A faultTx counts the calls of a transaction.
type faultTx struct {
	ticketing.Tx
	f *FaultStore
}

func (x faultTx) step(op string) error { return x.f.step("Tx." + op) }

func (x faultTx) NextID(ctx context.Context, kind ticketing.IDKind) (out int64, err error) {
	if err = x.step("NextID"); err != nil {
		return out, err
	}
	return x.Tx.NextID(ctx, kind)
}

func (x faultTx) NextNumber(ctx context.Context, year int) (out int64, err error) {
	if err = x.step("NextNumber"); err != nil {
		return out, err
	}
	return x.Tx.NextNumber(ctx, year)
}

func (x faultTx) Ticket(ctx context.Context, s ticketing.Scope, ref ticketing.Reference) (out *ticketing.Ticket, err error) {
	if err = x.step("Ticket"); err != nil {
		return out, err
	}
	return x.Tx.Ticket(ctx, s, ref)
}

func (x faultTx) TicketByID(ctx context.Context, id ticketing.TicketID) (out *ticketing.Ticket, err error) {
	if err = x.step("TicketByID"); err != nil {
		return out, err
	}
	return x.Tx.TicketByID(ctx, id)
}

func (x faultTx) SaveTicket(ctx context.Context, t *ticketing.Ticket) error {
	if err := x.step("SaveTicket"); err != nil {
		return err
	}
	return x.Tx.SaveTicket(ctx, t)
}

func (x faultTx) Message(ctx context.Context, id ticketing.MessageID) (out *ticketing.Message, err error) {
	if err = x.step("Message"); err != nil {
		return out, err
	}
	return x.Tx.Message(ctx, id)
}

func (x faultTx) HasPhoto(ctx context.Context, t ticketing.TicketID, episode int) (out bool, err error) {
	if err = x.step("HasPhoto"); err != nil {
		return out, err
	}
	return x.Tx.HasPhoto(ctx, t, episode)
}

func (x faultTx) MarkMessage(ctx context.Context, m *ticketing.Message) error {
	if err := x.step("MarkMessage"); err != nil {
		return err
	}
	return x.Tx.MarkMessage(ctx, m)
}

func (x faultTx) Citizen(ctx context.Context, id ticketing.CitizenID) (out *ticketing.Citizen, err error) {
	if err = x.step("Citizen"); err != nil {
		return out, err
	}
	return x.Tx.Citizen(ctx, id)
}

func (x faultTx) CitizenByContact(ctx context.Context, kind ticketing.ContactKind, address string) (out *ticketing.Citizen, err error) {
	if err = x.step("CitizenByContact"); err != nil {
		return out, err
	}
	return x.Tx.CitizenByContact(ctx, kind, address)
}

func (x faultTx) SaveCitizen(ctx context.Context, c *ticketing.Citizen) error {
	if err := x.step("SaveCitizen"); err != nil {
		return err
	}
	return x.Tx.SaveCitizen(ctx, c)
}

func (x faultTx) JoinCitizens(ctx context.Context, from, into ticketing.CitizenID) error {
	if err := x.step("JoinCitizens"); err != nil {
		return err
	}
	return x.Tx.JoinCitizens(ctx, from, into)
}

func (x faultTx) SeparateCitizen(ctx context.Context, id ticketing.CitizenID) error {
	if err := x.step("SeparateCitizen"); err != nil {
		return err
	}
	return x.Tx.SeparateCitizen(ctx, id)
}

func (x faultTx) Delivery(ctx context.Context, id ticketing.DeliveryID) (out *ticketing.Delivery, err error) {
	if err = x.step("Delivery"); err != nil {
		return out, err
	}
	return x.Tx.Delivery(ctx, id)
}

func (x faultTx) DeliveriesOf(ctx context.Context, m ticketing.MessageID) (out []ticketing.Delivery, err error) {
	if err = x.step("DeliveriesOf"); err != nil {
		return out, err
	}
	return x.Tx.DeliveriesOf(ctx, m)
}

func (x faultTx) PendingDigest(ctx context.Context, address string) (out *ticketing.Delivery, err error) {
	if err = x.step("PendingDigest"); err != nil {
		return out, err
	}
	return x.Tx.PendingDigest(ctx, address)
}

func (x faultTx) SaveDelivery(ctx context.Context, d *ticketing.Delivery) error {
	if err := x.step("SaveDelivery"); err != nil {
		return err
	}
	return x.Tx.SaveDelivery(ctx, d)
}

func (x faultTx) SettleLedger(ctx context.Context, e ticketing.LedgerEntry) error {
	if err := x.step("SettleLedger"); err != nil {
		return err
	}
	return x.Tx.SettleLedger(ctx, e)
}

func (x faultTx) Agent(ctx context.Context, id ticketing.AgentID) (out *ticketing.Agent, err error) {
	if err = x.step("Agent"); err != nil {
		return out, err
	}
	return x.Tx.Agent(ctx, id)
}

func (x faultTx) AgentByEmail(ctx context.Context, email string) (out *ticketing.Agent, err error) {
	if err = x.step("AgentByEmail"); err != nil {
		return out, err
	}
	return x.Tx.AgentByEmail(ctx, email)
}

func (x faultTx) SaveAgent(ctx context.Context, a *ticketing.Agent) error {
	if err := x.step("SaveAgent"); err != nil {
		return err
	}
	return x.Tx.SaveAgent(ctx, a)
}

func (x faultTx) SaveDepartment(ctx context.Context, d *ticketing.Department) error {
	if err := x.step("SaveDepartment"); err != nil {
		return err
	}
	return x.Tx.SaveDepartment(ctx, d)
}

func (x faultTx) SaveBody(ctx context.Context, b *ticketing.Body) error {
	if err := x.step("SaveBody"); err != nil {
		return err
	}
	return x.Tx.SaveBody(ctx, b)
}

func (x faultTx) TicketByOutside(ctx context.Context, b ticketing.BodyID, number string) (out *ticketing.Ticket, err error) {
	if err = x.step("TicketByOutside"); err != nil {
		return out, err
	}
	return x.Tx.TicketByOutside(ctx, b, number)
}

func (x faultTx) SaveCategory(ctx context.Context, c *ticketing.Category) error {
	if err := x.step("SaveCategory"); err != nil {
		return err
	}
	return x.Tx.SaveCategory(ctx, c)
}

// Rules implements [ticketing.Tx].
func (x faultTx) Rules(ctx context.Context) (ticketing.Rules, error) {
	if err := x.step("Rules"); err != nil {
		return nil, err
	}
	return x.Tx.Rules(ctx)
}

// AddRules implements [ticketing.Tx].
func (x faultTx) AddRules(ctx context.Context, added ticketing.Rules) error {
	if err := x.step("AddRules"); err != nil {
		return err
	}
	return x.Tx.AddRules(ctx, added)
}

func (x faultTx) SaveLetterText(ctx context.Context, l *ticketing.LetterText) error {
	if err := x.step("SaveLetterText"); err != nil {
		return err
	}
	return x.Tx.SaveLetterText(ctx, l)
}

func (x faultTx) MailboxOrder(ctx context.Context, account string) (out ticketing.MailboxOrder, err error) {
	if err = x.step("MailboxOrder"); err != nil {
		return out, err
	}
	return x.Tx.MailboxOrder(ctx, account)
}

func (x faultTx) SaveMailboxOrder(ctx context.Context, o ticketing.MailboxOrder) error {
	if err := x.step("SaveMailboxOrder"); err != nil {
		return err
	}
	return x.Tx.SaveMailboxOrder(ctx, o)
}

func (x faultTx) Subscription(ctx context.Context, a ticketing.AgentID, d ticketing.DepartmentID) (out *ticketing.Subscription, err error) {
	if err = x.step("Subscription"); err != nil {
		return out, err
	}
	return x.Tx.Subscription(ctx, a, d)
}

func (x faultTx) Subscriptions(ctx context.Context) (out []ticketing.Subscription, err error) {
	if err = x.step("Subscriptions"); err != nil {
		return out, err
	}
	return x.Tx.Subscriptions(ctx)
}

func (x faultTx) SaveSubscription(ctx context.Context, s *ticketing.Subscription) error {
	if err := x.step("SaveSubscription"); err != nil {
		return err
	}
	return x.Tx.SaveSubscription(ctx, s)
}

func (x faultTx) EndSessions(ctx context.Context, id ticketing.AgentID) error {
	if err := x.step("EndSessions"); err != nil {
		return err
	}
	return x.Tx.EndSessions(ctx, id)
}

func (x faultTx) SavePass(ctx context.Context, p *ticketing.Pass) error {
	if err := x.step("SavePass"); err != nil {
		return err
	}
	return x.Tx.SavePass(ctx, p)
}

func (x faultTx) Pass(ctx context.Context, hash string) (out *ticketing.Pass, err error) {
	if err = x.step("Pass"); err != nil {
		return out, err
	}
	return x.Tx.Pass(ctx, hash)
}

func (x faultTx) AppendTicketEvent(ctx context.Context, id ticketing.TicketID, e *ticketing.Event) error {
	if err := x.step("AppendTicketEvent"); err != nil {
		return err
	}
	return x.Tx.AppendTicketEvent(ctx, id, e)
}

func (x faultTx) AppendEvent(ctx context.Context, e *ticketing.Event) error {
	if err := x.step("AppendEvent"); err != nil {
		return err
	}
	return x.Tx.AppendEvent(ctx, e)
}

func (x faultTx) TouchRead(ctx context.Context, a ticketing.AgentID, t ticketing.TicketID, at time.Time, within time.Duration) (out bool, err error) {
	if err = x.step("TouchRead"); err != nil {
		return out, err
	}
	return x.Tx.TouchRead(ctx, a, t, at, within)
}

func (x faultTx) Once(ctx context.Context, k ticketing.Once) (out string, more bool, err error) {
	if err = x.step("Once"); err != nil {
		return out, more, err
	}
	return x.Tx.Once(ctx, k)
}

func (x faultTx) SetOnce(ctx context.Context, k ticketing.Once, result string, at time.Time) error {
	if err := x.step("SetOnce"); err != nil {
		return err
	}
	return x.Tx.SetOnce(ctx, k, result, at)
}

func (x faultTx) TakeUploads(ctx context.Context, a ticketing.AgentID, t ticketing.TicketID, kind ticketing.DraftKind, ids []string) (out []ticketing.Attachment, err error) {
	if err = x.step("TakeUploads"); err != nil {
		return out, err
	}
	return x.Tx.TakeUploads(ctx, a, t, kind, ids)
}

func (x faultTx) DropDraft(ctx context.Context, a ticketing.AgentID, t ticketing.TicketID, kind ticketing.DraftKind) error {
	if err := x.step("DropDraft"); err != nil {
		return err
	}
	return x.Tx.DropDraft(ctx, a, t, kind)
}

// DueNotices implements [ticketing.Tx].
func (x faultTx) DueNotices(ctx context.Context, now time.Time, n int) ([]ticketing.Notice, error) {
	if err := x.step("DueNotices"); err != nil {
		return nil, err
	}
	return x.Tx.DueNotices(ctx, now, n)
}

// SaveNotices implements [ticketing.Tx].
func (x faultTx) SaveNotices(ctx context.Context, list []ticketing.Notice) error {
	if err := x.step("SaveNotices"); err != nil {
		return err
	}
	return x.Tx.SaveNotices(ctx, list)
}

// ToldSince implements [ticketing.Tx].
func (x faultTx) ToldSince(ctx context.Context, since time.Time) (map[string]time.Time, error) {
	if err := x.step("ToldSince"); err != nil {
		return nil, err
	}
	return x.Tx.ToldSince(ctx, since)
}
