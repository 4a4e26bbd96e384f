package ticketingtest

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// Directory implements [ticketing.Store].
func (x *FaultStore) Directory(ctx context.Context) (out *ticketing.Directory, err error) {
	if err = x.step("Directory"); err != nil {
		return out, err
	}
	return x.Ports.Directory(ctx)
}

// ClaimDeliveries implements [ticketing.Outbox].
func (x *FaultStore) ClaimDeliveries(ctx context.Context, c ticketing.Channel, n int, lease time.Duration, autoLeft int) (out []ticketing.Delivery, err error) {
	if err = x.step("ClaimDeliveries"); err != nil {
		return out, err
	}
	return x.Ports.ClaimDeliveries(ctx, c, n, lease, autoLeft)
}

// SetRaw implements [ticketing.Outbox].
func (x *FaultStore) SetRaw(ctx context.Context, d ticketing.Delivery, rawKey string) error {
	if err := x.step("SetRaw"); err != nil {
		return err
	}
	return x.Ports.SetRaw(ctx, d, rawKey)
}

// AutomaticSince implements [ticketing.Outbox].
func (x *FaultStore) AutomaticSince(ctx context.Context, since time.Time) (out int, err error) {
	if err = x.step("AutomaticSince"); err != nil {
		return out, err
	}
	return x.Ports.AutomaticSince(ctx, since)
}

// NextDeliveryAt implements [ticketing.Outbox].
func (x *FaultStore) NextDeliveryAt(ctx context.Context) (out time.Time, err error) {
	if err = x.step("NextDeliveryAt"); err != nil {
		return out, err
	}
	return x.Ports.NextDeliveryAt(ctx)
}

// ToCheck implements [ticketing.Duties].
func (x *FaultStore) ToCheck(ctx context.Context, now time.Time, n int) (out []ticketing.TicketID, err error) {
	if err = x.step("ToCheck"); err != nil {
		return out, err
	}
	return x.Ports.ToCheck(ctx, now, n)
}

// InWork implements [ticketing.Duties].
func (x *FaultStore) InWork(ctx context.Context, after ticketing.TicketID, n int) (out []ticketing.TicketID, err error) {
	if err = x.step("InWork"); err != nil {
		return out, err
	}
	return x.Ports.InWork(ctx, after, n)
}

// ResolvedBefore implements [ticketing.Duties].
func (x *FaultStore) ResolvedBefore(ctx context.Context, at time.Time, n int) (out []ticketing.TicketID, err error) {
	if err = x.step("ResolvedBefore"); err != nil {
		return out, err
	}
	return x.Ports.ResolvedBefore(ctx, at, n)
}

// OwedReceipts implements [ticketing.Duties].
func (x *FaultStore) OwedReceipts(ctx context.Context, n int) (out []ticketing.TicketID, err error) {
	if err = x.step("OwedReceipts"); err != nil {
		return out, err
	}
	return x.Ports.OwedReceipts(ctx, n)
}

// LastSeal implements [ticketing.Duties].
func (x *FaultStore) LastSeal(ctx context.Context) (out ticketing.Seal, err error) {
	if err = x.step("LastSeal"); err != nil {
		return out, err
	}
	return x.Ports.LastSeal(ctx)
}

// EventHashes implements [ticketing.Duties].
func (x *FaultStore) EventHashes(ctx context.Context, from, to time.Time) (out []string, err error) {
	if err = x.step("EventHashes"); err != nil {
		return out, err
	}
	return x.Ports.EventHashes(ctx, from, to)
}

// FirstEventAt implements [ticketing.Duties].
func (x *FaultStore) FirstEventAt(ctx context.Context) (out time.Time, err error) {
	if err = x.step("FirstEventAt"); err != nil {
		return out, err
	}
	return x.Ports.FirstEventAt(ctx)
}

// AddSeal implements [ticketing.Duties].
func (x *FaultStore) AddSeal(ctx context.Context, s ticketing.Seal) error {
	if err := x.step("AddSeal"); err != nil {
		return err
	}
	return x.Ports.AddSeal(ctx, s)
}

// Sweep implements [ticketing.Duties].
func (x *FaultStore) Sweep(ctx context.Context, now, outboxBefore time.Time) (out int, err error) {
	if err = x.step("Sweep"); err != nil {
		return out, err
	}
	return x.Ports.Sweep(ctx, now, outboxBefore)
}

// Acquire implements [ticketing.Leases].
func (x *FaultStore) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (out ticketing.Fence, more bool, err error) {
	if err = x.step("Acquire"); err != nil {
		return out, more, err
	}
	return x.Ports.Acquire(ctx, name, holder, ttl)
}

// Release implements [ticketing.Leases].
func (x *FaultStore) Release(ctx context.Context, f ticketing.Fence, holder string) error {
	if err := x.step("Release"); err != nil {
		return err
	}
	return x.Ports.Release(ctx, f, holder)
}

// Accept implements [ticketing.IntakeLedger].
func (x *FaultStore) Accept(ctx context.Context, f ticketing.Fence, arrivals []ticketing.Arrival) (out []ticketing.Accepted, err error) {
	if err = x.step("Accept"); err != nil {
		return out, err
	}
	return x.Ports.Accept(ctx, f, arrivals)
}

// Known implements [ticketing.IntakeLedger].
func (x *FaultStore) Known(ctx context.Context, box ticketing.Mailbox, uids []uint32) (out map[uint32]bool, err error) {
	if err = x.step("Known"); err != nil {
		return out, err
	}
	return x.Ports.Known(ctx, box, uids)
}

// Unmarked implements [ticketing.IntakeLedger].
func (x *FaultStore) Unmarked(ctx context.Context, box ticketing.Mailbox, limit int) (out []uint32, err error) {
	if err = x.step("Unmarked"); err != nil {
		return out, err
	}
	return x.Ports.Unmarked(ctx, box, limit)
}

// Marked implements [ticketing.IntakeLedger].
func (x *FaultStore) Marked(ctx context.Context, box ticketing.Mailbox, uids []uint32) error {
	if err := x.step("Marked"); err != nil {
		return err
	}
	return x.Ports.Marked(ctx, box, uids)
}

// SaveMailboxHealth implements [ticketing.IntakeLedger].
func (x *FaultStore) SaveMailboxHealth(ctx context.Context, h ticketing.MailboxHealth) error {
	if err := x.step("SaveMailboxHealth"); err != nil {
		return err
	}
	return x.Ports.SaveMailboxHealth(ctx, h)
}

// MailboxStart implements [ticketing.IntakeLedger].
func (x *FaultStore) MailboxStart(ctx context.Context, account string, first time.Time) (out time.Time, err error) {
	if err = x.step("MailboxStart"); err != nil {
		return out, err
	}
	return x.Ports.MailboxStart(ctx, account, first)
}

// MailboxOrder implements [ticketing.IntakeLedger].
func (x *FaultStore) MailboxOrder(ctx context.Context, account string) (out ticketing.MailboxOrder, err error) {
	if err = x.step("MailboxOrder"); err != nil {
		return out, err
	}
	return x.Ports.MailboxOrder(ctx, account)
}

// ClaimReceived implements [ticketing.IntakeLedger].
func (x *FaultStore) ClaimReceived(ctx context.Context, n int, lease time.Duration) (out []ticketing.LedgerEntry, err error) {
	if err = x.step("ClaimReceived"); err != nil {
		return out, err
	}
	return x.Ports.ClaimReceived(ctx, n, lease)
}

// Defer implements [ticketing.IntakeLedger].
func (x *FaultStore) Defer(ctx context.Context, id ticketing.LedgerID, at time.Time, why string) error {
	if err := x.step("Defer"); err != nil {
		return err
	}
	return x.Ports.Defer(ctx, id, at, why)
}
