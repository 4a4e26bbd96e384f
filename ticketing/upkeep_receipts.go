package ticketing

import (
	"context"
	"errors"
	"fmt"
)

// mostOwed bounds how many tickets one collected receipt tells of.
const mostOwed = 5000

// SendOwedReceipts writes one collected receipt to each address that is owed
// one or several. It is run in the morning, until it finds nothing more to do.
func (u *Upkeep) SendOwedReceipts(ctx context.Context) (int, error) {
	for n := upkeepBatch; ; n = mostOwed {
		ids, err := u.Duties.OwedReceipts(ctx, n)
		if err != nil || len(ids) == 0 {
			return 0, err
		}
		groups, err := u.owed(ctx, ids)
		if err != nil {
			return 0, err
		}
		if len(ids) == n {
			// The last address may have more: it is told once, of all.
			if len(groups) == 1 && n < mostOwed {
				continue
			}
			if len(groups) > 1 {
				groups = groups[:len(groups)-1]
			}
		}
		did := 0
		for _, group := range groups {
			if err := u.collect(ctx, group); err != nil {
				return did, fmt.Errorf("collected receipt of ticket %d: %w", group[0], err)
			}
			did += len(group)
		}
		return did, nil
	}
}

// owed gives the tickets by address, in the order of the list.
func (u *Upkeep) owed(ctx context.Context, ids []TicketID) (groups [][]TicketID, err error) {
	err = u.Store.InTx(ctx, func(tx Tx) error {
		groups = nil
		of := map[string]int{}
		for _, id := range ids {
			t, err := tx.TicketByID(ctx, id)
			if errors.Is(err, NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			i, known := of[t.ReplyTo.Address]
			if !known {
				i, groups = len(groups), append(groups, nil)
				of[t.ReplyTo.Address] = i
			}
			groups[i] = append(groups[i], id)
		}
		return nil
	})
	return groups, err
}

// collect tells one address of its tickets, in one letter and one transaction.
func (u *Upkeep) collect(ctx context.Context, ids []TicketID) error {
	return u.Store.InTx(ctx, func(tx Tx) error {
		var tickets []*Ticket
		for _, id := range ids {
			t, err := tx.TicketByID(ctx, id)
			if err != nil {
				return err
			}
			if t.ReceiptOwed {
				tickets = append(tickets, t)
			}
		}
		if len(tickets) == 0 {
			return nil // another process was here first
		}
		if err := u.collected(ctx, tx, tickets); err != nil {
			return err
		}
		now := u.now()
		for _, t := range tickets {
			t.ReceiptOwed = false
			t.record(upkeepActor, EventReceipts, now, nil)
			if err := saveTicket(ctx, tx, t); err != nil {
				return err
			}
		}
		return nil
	})
}

// collected queues the letter with the newest of the tickets, and counts it.
func (u *Upkeep) collected(ctx context.Context, tx Tx, tickets []*Ticket) error {
	now, last := u.now(), tickets[len(tickets)-1]
	if last.ReplyTo.Address == "" || last.Citizen == 0 {
		return nil
	}
	tag := last.Language
	if tag == "" {
		tag = u.Settings.Language
	}
	var data LetterData
	var refs []Reference
	for _, t := range tickets {
		ref := LetterRef{Ref: t.Ref, TrackingURL: u.TrackingURL(tag, t)}
		if c := t.clock(ClockAnswer); c != nil {
			ref.Due = c.Due
		}
		refs, data.Refs = append(refs, t.Ref), append(data.Refs, ref)
	}
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
	c, err := tx.Citizen(ctx, last.Citizen)
	if err != nil {
		return err
	}
	if k := c.contact(ContactEmail, last.ReplyTo.Address); k != nil {
		k.sentAuto(now)
		return tx.SaveCitizen(ctx, c)
	}
	return nil
}
