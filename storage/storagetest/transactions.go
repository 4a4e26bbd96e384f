package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/sistem48/system48/ticketing"
)

func testTransactions(t *testing.T, r *room) {
	t.Run("what commits is there", func(t *testing.T) {
		k := r.ticket(t, nil)
		if got := r.load(t, k.ID); got.Ref != k.Ref {
			t.Errorf("Ref = %q, want %q", got.Ref, k.Ref)
		}
	})
	t.Run("an error rolls everything back and comes through", func(t *testing.T) { testRollback(t, r) })
	t.Run("a panic rolls back and goes on", func(t *testing.T) {
		var id ticketing.TicketID
		func() {
			defer func() {
				if got := recover(); got != "planted" {
					t.Errorf("recovered %v, want the panic of the function", got)
				}
			}()
			_ = r.InTx(ctx(), func(tx ticketing.Tx) error {
				k, err := r.newTicket(tx, nil)
				if err != nil {
					return err
				}
				id = k.ID
				if err := tx.SaveTicket(ctx(), k); err != nil {
					return err
				}
				panic("planted")
			})
		}()
		r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error {
			_, err := tx.TicketByID(ctx(), id)
			return err
		})
		r.ticket(t, nil) // the store still works
	})
	t.Run("a context that is over is an error and writes nothing", func(t *testing.T) {
		over, cancel := context.WithCancel(ctx())
		cancel()
		var ref ticketing.Reference
		err := r.InTx(over, func(tx ticketing.Tx) error {
			k, err := r.newTicket(tx, nil)
			if err != nil {
				return err
			}
			ref = k.Ref
			return tx.SaveTicket(ctx(), k)
		})
		if err == nil {
			t.Error("InTx() with a context that is over = nil")
		}
		if rows, err := r.TicketRows(ctx(), everything, []ticketing.Reference{ref}, 0); err != nil || len(rows) != 0 {
			t.Errorf("TicketRows() = %v, %v, want nothing", rows, err)
		}
	})
	t.Run("a transaction reads what it wrote", func(t *testing.T) { testOwnWrites(t, r) })
	t.Run("others see nothing before the commit", func(t *testing.T) {
		r.in(t, func(tx ticketing.Tx) error {
			k, err := r.newTicket(tx, nil)
			if err != nil {
				return err
			}
			if err := tx.SaveTicket(ctx(), k); err != nil {
				return err
			}
			if _, err := tx.TicketByID(ctx(), k.ID); err != nil {
				return err
			}
			rows, err := r.TicketRows(ctx(), everything, []ticketing.Reference{k.Ref}, 0)
			if len(rows) != 0 {
				t.Errorf("TicketRows() gives %d rows that are not committed", len(rows))
			}
			return err
		})
	})
	t.Run("an empty transaction is no error", func(t *testing.T) {
		r.in(t, func(ticketing.Tx) error { return nil })
	})
}

func testRollback(t *testing.T, r *room) {
	errPlanted := errors.New("planted")
	known := r.ticket(t, nil)
	ana := r.citizen(t, "Ana", "rollback@example.me")
	before, err := r.Directory(ctx())
	must(t, err)
	var fresh *ticketing.Ticket
	var m ticketing.Message
	var d ticketing.Delivery
	err = r.InTx(ctx(), func(tx ticketing.Tx) error {
		var err error
		if fresh, err = r.newTicket(tx, nil); err != nil {
			return err
		}
		if m, err = r.message(tx, ticketing.In, "tekst"); err != nil {
			return err
		}
		if d, err = r.delivery(tx, ticketing.PurposeReceipt, "a@example.me"); err != nil {
			return err
		}
		fresh.Pending.Messages, fresh.Pending.Deliveries = []ticketing.Message{m}, []ticketing.Delivery{d}
		fresh.Pending.Text = []string{"neobičnariječ"}
		k, err := tx.TicketByID(ctx(), known.ID)
		if err != nil {
			return err
		}
		k.Subject = "promijenjen"
		k.Pending.Events = []ticketing.Event{r.event(ticketing.EventChanged)}
		c, err := tx.Citizen(ctx(), ana.ID)
		if err != nil {
			return err
		}
		c.Name, c.Contacts = "Druga", append(c.Contacts, contacts("+38267000111")...)
		e := r.event(ticketing.EventAdmin)
		e.Actor = "system:rollback"
		dept := r.Water
		dept.Email = "rollback@grad.example"
		if err := errors.Join(tx.SaveTicket(ctx(), fresh), tx.SaveTicket(ctx(), k), tx.SaveCitizen(ctx(), c), tx.AppendEvent(ctx(), &e),
			tx.SaveDepartment(ctx(), &dept), tx.SetOnce(ctx(), ticketing.Once{Caller: "r", Key: "k", Hash: "h"}, "x", r.now())); err != nil {
			return err
		}
		return errPlanted
	})
	if !errors.Is(err, errPlanted) {
		t.Errorf("InTx() = %v, want the error of the function", err)
	}
	if got := r.load(t, known.ID); got.Subject != known.Subject || got.Version != known.Version || got.EventSeq != known.EventSeq {
		t.Errorf("ticket after rollback: subject %q, version %d, seq %d", got.Subject, got.Version, got.EventSeq)
	}
	for what, f := range map[string]func(tx ticketing.Tx) error{
		"ticket":   func(tx ticketing.Tx) error { _, err := tx.TicketByID(ctx(), fresh.ID); return err },
		"message":  func(tx ticketing.Tx) error { _, err := tx.Message(ctx(), m.ID); return err },
		"delivery": func(tx ticketing.Tx) error { _, err := tx.Delivery(ctx(), d.ID); return err },
		"contact": func(tx ticketing.Tx) error {
			_, err := tx.CitizenByContact(ctx(), ticketing.ContactPhone, "+38267000111")
			return err
		},
	} {
		if err := r.InTx(ctx(), f); !errors.Is(err, ticketing.NotFound) {
			t.Errorf("%s after rollback: %v, want not found", what, err)
		}
	}
	r.in(t, func(tx ticketing.Tx) error {
		_, found, err := tx.Once(ctx(), ticketing.Once{Caller: "r", Key: "k", Hash: "h"})
		if found {
			t.Error("the idempotency key survived the rollback")
		}
		return err
	})
	page, err := r.Events(ctx(), "", "system:rollback", ticketing.Event{}.At, ticketing.Event{}.At, "", 10)
	if err != nil || len(page.Items) != 0 {
		t.Errorf("Events() after rollback = %d, %v", len(page.Items), err)
	}
	after, err := r.Directory(ctx())
	must(t, err)
	same(t, "departments after rollback", after.Departments, before.Departments)
}

func testOwnWrites(t *testing.T, r *room) {
	r.in(t, func(tx ticketing.Tx) error {
		k, err := r.newTicket(tx, nil)
		if err != nil {
			return err
		}
		m, err := r.message(tx, ticketing.In, "tekst")
		if err != nil {
			return err
		}
		d, err := r.delivery(tx, ticketing.PurposeAnswer, "own@example.me")
		if err != nil {
			return err
		}
		d.Message = m.ID
		k.Pending.Messages, k.Pending.Deliveries = []ticketing.Message{m}, []ticketing.Delivery{d}
		if err := tx.SaveTicket(ctx(), k); err != nil {
			return err
		}
		again, err := tx.Ticket(ctx(), everything, k.Ref)
		if err != nil {
			return fmt.Errorf("own ticket: %w", err)
		}
		if again.Version != k.Version || again.EventHash != k.EventHash {
			t.Errorf("own ticket: version %d, hash %q, want %d, %q", again.Version, again.EventHash, k.Version, k.EventHash)
		}
		again.Subject = "drugi put"
		again.Pending.Events = []ticketing.Event{r.event(ticketing.EventChanged)}
		if err := tx.SaveTicket(ctx(), again); err != nil {
			return fmt.Errorf("save twice: %w", err)
		}
		if _, err := tx.Message(ctx(), m.ID); err != nil {
			return fmt.Errorf("own message: %w", err)
		}
		list, err := tx.DeliveriesOf(ctx(), m.ID)
		if err != nil || len(list) != 1 {
			return fmt.Errorf("own deliveries: %d, %w", len(list), err)
		}
		return nil
	})
}

// writers is how many write at once.
const writers = 16

func testConcurrency(t *testing.T, r *room) {
	t.Run("16 writers on one ticket lose no event", func(t *testing.T) { testWriters(t, r) })
	t.Run("16 writers on 16 tickets do not wait for one another for ever", func(t *testing.T) {
		errs := together(writers, func(int) error {
			return r.InTx(ctx(), func(tx ticketing.Tx) error {
				k, err := r.newTicket(tx, nil)
				if err != nil {
					return err
				}
				return tx.SaveTicket(ctx(), k)
			})
		})
		must(t, errors.Join(errs...))
	})
	t.Run("events of the installation's chain from many writers", func(t *testing.T) { testInstallationChain(t, r) })
	t.Run("a ticket read in another transaction is stale", func(t *testing.T) {
		k := r.ticket(t, nil)
		mine, theirs := r.load(t, k.ID), r.load(t, k.ID)
		theirs.Subject = "njihov"
		r.in(t, func(tx ticketing.Tx) error { return tx.SaveTicket(ctx(), theirs) })
		mine.Subject = "moj"
		r.refused(t, ticketing.Stale, func(tx ticketing.Tx) error { return tx.SaveTicket(ctx(), mine) })
		if got := r.load(t, k.ID).Subject; got != "njihov" {
			t.Errorf("Subject = %q, want that of the first writer", got)
		}
	})
	t.Run("of 16 stale writers one wins", func(t *testing.T) { testStaleWriters(t, r) })
	t.Run("one citizen of an address that several mails bring at once", func(t *testing.T) {
		const address = "istovremeno@example.me"
		errs := together(8, func(int) error { return r.findOrMake(address) })
		must(t, errors.Join(errs...))
		found, err := r.FindCitizens(ctx(), address, 10)
		if err != nil || len(found) != 1 {
			t.Errorf("FindCitizens() = %d citizens, %v, want 1", len(found), err)
		}
	})
}

func testInstallationChain(t *testing.T, r *room) {
	errs := together(writers, func(int) error {
		return r.InTx(ctx(), func(tx ticketing.Tx) error {
			e := r.event(ticketing.EventAdmin)
			return tx.AppendEvent(ctx(), &e)
		})
	})
	must(t, errors.Join(errs...))
	n := 0
	must(t, r.WalkEvents(ctx(), func(id ticketing.TicketID, events []ticketing.Event) error {
		if id == 0 {
			n += len(events)
		}
		return nil
	}))
	if n != writers {
		t.Errorf("%d events in the installation's chain, want %d", n, writers)
	}
	r.verifyAll(t)
}

func testStaleWriters(t *testing.T, r *room) {
	k := r.ticket(t, nil)
	read := make([]*ticketing.Ticket, writers)
	for i := range read {
		read[i] = r.load(t, k.ID)
	}
	errs := together(writers, func(i int) error {
		return r.InTx(ctx(), func(tx ticketing.Tx) error {
			try := *read[i]
			try.Pending.Events = []ticketing.Event{r.event(ticketing.EventChanged)}
			return tx.SaveTicket(ctx(), &try)
		})
	})
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			wantKind(t, err, ticketing.Stale)
		}
	}
	if got := r.load(t, k.ID); won != 1 || got.Version != 2 || got.EventSeq != 2 {
		t.Errorf("%d won, version %d, seq %d, want 1, 2, 2", won, got.Version, got.EventSeq)
	}
}

func testWriters(t *testing.T, r *room) {
	const each = 4
	k := r.ticket(t, nil)
	errs := together(writers, func(int) error {
		for range each {
			if err := r.InTx(ctx(), func(tx ticketing.Tx) error { return r.note(tx, k.ID) }); err != nil {
				return err
			}
		}
		return nil
	})
	must(t, errors.Join(errs...))
	v, err := r.TicketView(ctx(), everything, k.Ref)
	must(t, err)
	if got, want := v.Ticket.Version, int64(1+writers*each); got != want {
		t.Errorf("Version = %d, want %d", got, want)
	}
	if len(v.Messages) != writers*each || len(v.Events) != 1+writers*each {
		t.Errorf("%d messages and %d events, want %d and %d", len(v.Messages), len(v.Events), writers*each, 1+writers*each)
	}
	if bad, ok := ticketing.VerifyChain(v.Events, 0, ""); !ok {
		t.Errorf("chain broken at %d", bad)
	}
}

// note adds a note to a ticket within a transaction.
func (r *room) note(tx ticketing.Tx, id ticketing.TicketID) error {
	k, err := tx.TicketByID(ctx(), id)
	if err != nil {
		return err
	}
	m, err := r.message(tx, ticketing.Note, "bilješka")
	if err != nil {
		return err
	}
	k.Pending.Messages = []ticketing.Message{m}
	k.Pending.Events = []ticketing.Event{r.event(ticketing.EventNoted)}
	return tx.SaveTicket(ctx(), k)
}

// findOrMake does what Intake does with a sender. Losing the race for a new
// address is Conflict, after which the citizen is there.
func (r *room) findOrMake(address string) error {
	for range 10 {
		err := r.InTx(ctx(), func(tx ticketing.Tx) error {
			_, err := tx.CitizenByContact(ctx(), ticketing.ContactEmail, address)
			if !errors.Is(err, ticketing.NotFound) {
				return err
			}
			id, err := tx.NextID(ctx(), ticketing.IDCitizen)
			if err != nil {
				return err
			}
			return tx.SaveCitizen(ctx(), &ticketing.Citizen{ID: ticketing.CitizenID(id), Contacts: contacts(address), CreatedAt: r.now()})
		})
		if !errors.Is(err, ticketing.Conflict) {
			return err
		}
	}
	return errors.New("ten conflicts in a row")
}

func testIdentifiers(t *testing.T, r *room) {
	t.Run("an identifier comes once, from many askers", func(t *testing.T) {
		seen := r.askAtOnce(t, func(tx ticketing.Tx) (int64, error) { return tx.NextID(ctx(), ticketing.IDMessage) })
		if seen[0] <= 0 {
			t.Errorf("identifier %d, want positive ones", seen[0])
		}
	})
	t.Run("a ticket number comes once, from many askers (I12)", func(t *testing.T) {
		r.askAtOnce(t, func(tx ticketing.Tx) (int64, error) { return tx.NextNumber(ctx(), 2026) })
	})
	t.Run("years count apart", func(t *testing.T) {
		var a, b int64
		r.in(t, func(tx ticketing.Tx) (err error) {
			if a, err = tx.NextNumber(ctx(), 2040); err != nil {
				return err
			}
			b, err = tx.NextNumber(ctx(), 2041)
			return err
		})
		if a != 1 || b != 1 {
			t.Errorf("first numbers of two years = %d, %d, want 1, 1", a, b)
		}
	})
	t.Run("two references are never the same (I12)", func(t *testing.T) {
		k := r.ticket(t, nil)
		r.refused(t, ticketing.Conflict, func(tx ticketing.Tx) error {
			twin, err := r.newTicket(tx, func(x *ticketing.Ticket) { x.Ref = k.Ref })
			if err != nil {
				return err
			}
			return tx.SaveTicket(ctx(), twin)
		})
	})
	t.Run("all kinds of identifiers count", func(t *testing.T) {
		r.in(t, func(tx ticketing.Tx) error {
			for _, kind := range []ticketing.IDKind{
				ticketing.IDTicket, ticketing.IDMessage, ticketing.IDDelivery, ticketing.IDCitizen,
				ticketing.IDContact, ticketing.IDAttachment, ticketing.IDClock, ticketing.IDEvent,
			} {
				first, err := tx.NextID(ctx(), kind)
				if err != nil {
					return fmt.Errorf("%s: %w", kind, err)
				}
				second, err := tx.NextID(ctx(), kind)
				if err != nil || second == first {
					t.Errorf("%s: %d after %d, %v", kind, second, first, err)
				}
			}
			return nil
		})
	})
}

// askAtOnce lets many transactions take numbers, of which each must be new; it
// gives them in order.
func (r *room) askAtOnce(t *testing.T, ask func(tx ticketing.Tx) (int64, error)) []int64 {
	t.Helper()
	var mu sync.Mutex
	var all []int64
	errs := together(writers, func(int) error {
		for range 8 {
			var n int64
			err := r.InTx(ctx(), func(tx ticketing.Tx) (err error) {
				n, err = ask(tx)
				return err
			})
			if err != nil {
				return err
			}
			mu.Lock()
			all = append(all, n)
			mu.Unlock()
		}
		return nil
	})
	must(t, errors.Join(errs...))
	slices.Sort(all)
	if distinct := slices.Compact(slices.Clone(all)); len(distinct) != len(all) {
		t.Errorf("%d numbers, of which %d are different", len(all), len(distinct))
	}
	return all
}
