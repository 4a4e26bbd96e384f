package ticketing

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Upkeep is the periodic work besides Watch: settling what was resolved, the
// collected receipts of the morning, seals and sweeping. Every part may run
// twice or on several processes without harm.
type Upkeep struct {
	*Bureau
	Duties Duties
	// Auditor gives the address the daily head of the seal chain is mailed to; "" = nobody.
	Auditor func() string
}

var upkeepActor = SystemActor("upkeep")

// upkeepBatch is how many items one run of a duty takes.
const upkeepBatch = 200

// SettleResolved closes tickets that were resolved 14 days ago and not denied.
// One that cannot be closed does not keep the others.
func (u *Upkeep) SettleResolved(ctx context.Context) (int, error) {
	limit := u.now().Add(-SettleAfter)
	ids, err := u.Duties.ResolvedBefore(ctx, limit, upkeepBatch)
	if err != nil {
		return 0, err
	}
	return eachTicket(ctx, ids, "settle ticket %d: %w", func(id TicketID) error {
		return u.Store.InTx(ctx, func(tx Tx) error {
			t, err := tx.TicketByID(ctx, id)
			if err != nil {
				return err
			}
			if t.State != StateResolved || t.ResolvedAt.After(limit) {
				return nil
			}
			if err := t.Settle(upkeepActor, u.now()); err != nil {
				return err
			}
			return saveTicket(ctx, tx, t)
		})
	})
}

// eachTicket works a list of tickets one by one. What fails does not keep the
// others, but ends the duty for now: its errors are joined. While the store is
// away nothing more is tried.
func eachTicket[T ~int64](ctx context.Context, ids []T, doing string, work func(T) error) (int, error) {
	var errs []error
	for n, id := range ids {
		err := work(id)
		if err == nil || errors.Is(err, NotFound) {
			continue
		}
		errs = append(errs, fmt.Errorf(doing, id, err))
		if errors.Is(err, Busy) || ctx.Err() != nil {
			return n, errors.Join(errs...)
		}
	}
	return len(ids), errors.Join(errs...)
}

// saveTicket writes the ticket and tells who shows it.
func saveTicket(ctx context.Context, tx Tx, t *Ticket) error {
	sends := len(t.Pending.Deliveries) > 0
	if err := tx.SaveTicket(ctx, t); err != nil {
		return err
	}
	tx.Notify(Signal{Type: "ticket", Ticket: t.ID, Version: t.Version, Department: t.Department, Agent: t.Assignee})
	if sends {
		tx.Notify(Signal{Type: "outbox"})
	}
	return nil
}

// Seal appends the next seal, when the period since the last one is over: at
// most one per call.
func (u *Upkeep) Seal(ctx context.Context) (bool, error) {
	now := u.now()
	last, err := u.Duties.LastSeal(ctx)
	if err != nil {
		return false, err
	}
	if last.Seq == 0 {
		if last.To, err = u.Duties.FirstEventAt(ctx); err != nil || last.To.IsZero() {
			return false, err
		}
	}
	to := now.Add(-SealAfter).Truncate(time.Minute)
	if !to.After(last.To) {
		return false, nil
	}
	hashes, err := u.Duties.EventHashes(ctx, last.To, to)
	if err != nil {
		return false, err
	}
	if len(hashes) == 0 && last.Seq > 0 && now.Sub(last.At) < 24*time.Hour {
		return false, nil // an idle night needs no seals
	}
	err = u.Duties.AddSeal(ctx, NextSeal(last, hashes, to, now))
	if errors.Is(err, Conflict) {
		return false, nil // another process sealed it
	}
	return err == nil, err
}

// MailSeal sends the head of the chain of seals to the auditor, who keeps it
// where nobody of the bureau can change it.
func (u *Upkeep) MailSeal(ctx context.Context) error {
	if u.Auditor == nil {
		return nil
	}
	to := NormalEmail(u.Auditor())
	if to == "" {
		return nil
	}
	head, err := u.Duties.LastSeal(ctx)
	if err != nil || head.Seq == 0 {
		return err
	}
	tag, now := u.Settings.Language, u.now()
	l, err := u.Letters.Compose(PurposeSeal, tag, LetterData{Hash: head.Hash, ReceivedAt: head.To})
	if err != nil {
		return err
	}
	return u.Store.InTx(ctx, func(tx Tx) error {
		return u.toStaff(ctx, tx, PurposeSeal, to, l, now)
	})
}

// toStaff queues a mail that belongs to no ticket.
func (b *Bureau) toStaff(ctx context.Context, tx Tx, p Purpose, to string, l Letter, now time.Time) error {
	id, err := tx.NextID(ctx, IDDelivery)
	if err != nil {
		return err
	}
	d := b.newDelivery(DeliveryID(id), &Ticket{}, p, Party{Address: NormalEmail(to)}, l, b.Settings.Language, now)
	d.ToStaff, d.ReplyTo = true, ""
	tx.Notify(Signal{Type: "outbox"})
	return tx.SaveDelivery(ctx, &d)
}
