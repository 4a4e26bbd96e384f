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
func (u *Upkeep) SettleResolved(ctx context.Context) (int, error) {
	limit := u.now().Add(-SettleAfter)
	ids, err := u.Duties.ResolvedBefore(ctx, limit, upkeepBatch)
	if err != nil {
		return 0, err
	}
	for n, id := range ids {
		err := u.Store.InTx(ctx, func(tx Tx) error {
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
			return tx.SaveTicket(ctx, t)
		})
		if err != nil {
			return n, fmt.Errorf("settle ticket %d: %w", id, err)
		}
	}
	return len(ids), nil
}

// SendOwedReceipts writes one collected receipt to each address that was owed
// several (DESIGN D18). It is run once a morning.
func (u *Upkeep) SendOwedReceipts(ctx context.Context) (int, error) {
	ids, err := u.Duties.OwedReceipts(ctx, upkeepBatch)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	dir, err := u.Store.Directory(ctx)
	if err != nil {
		return 0, err
	}
	err = u.Store.InTx(ctx, func(tx Tx) error {
		groups, order, err := u.owed(ctx, tx, ids)
		if err != nil {
			return err
		}
		for _, address := range order {
			if err := u.collect(ctx, tx, dir, groups[address]); err != nil {
				return err
			}
		}
		tx.Notify(Signal{Type: "outbox"})
		return nil
	})
	return len(ids), err
}

// owed loads the tickets still owed a receipt, by address.
func (u *Upkeep) owed(ctx context.Context, tx Tx, ids []TicketID) (map[string][]*Ticket, []string, error) {
	groups, order := map[string][]*Ticket{}, []string(nil)
	for _, id := range ids {
		t, err := tx.TicketByID(ctx, id)
		if errors.Is(err, NotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if !t.ReceiptOwed {
			continue
		}
		if len(groups[t.ReplyTo.Address]) == 0 {
			order = append(order, t.ReplyTo.Address)
		}
		groups[t.ReplyTo.Address] = append(groups[t.ReplyTo.Address], t)
	}
	return groups, order, nil
}

func (u *Upkeep) collect(ctx context.Context, tx Tx, dir *Directory, tickets []*Ticket) error {
	now, last := u.now(), tickets[len(tickets)-1]
	tag := last.Language
	if tag == "" {
		tag = u.Settings.Language
	}
	var data LetterData
	var refs []Reference
	for _, t := range tickets {
		refs = append(refs, t.Ref)
		data.Refs = append(data.Refs, LetterRef{Ref: t.Ref, TrackingURL: u.TrackingURL(tag, t), Due: t.DueAt})
	}
	if last.ReplyTo.Address != "" {
		l, err := u.Letters.Compose(PurposeReceipts, tag, data)
		if err != nil {
			return err
		}
		id, err := tx.NextID(ctx, IDDelivery)
		if err != nil {
			return err
		}
		d := u.newDelivery(DeliveryID(id), last, PurposeReceipts, Party{Address: last.ReplyTo.Address}, l, tag, now)
		d.Refs, d.ReplyTo = refs, ""
		last.Pending.Deliveries = append(last.Pending.Deliveries, d)
	}
	for _, t := range tickets {
		t.ReceiptOwed = false
		if err := tx.SaveTicket(ctx, t); err != nil {
			return err
		}
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
