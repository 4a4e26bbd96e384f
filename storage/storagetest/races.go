package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// testRaces lets many do at once what only one may do, and what all may do.
func testRaces(t *testing.T, r *room) {
	t.Run("two tickets locked in both orders (F12)", func(t *testing.T) {
		a, b := r.ticket(t, nil), r.ticket(t, nil)
		errs := together(8, func(i int) error {
			order := []ticketing.TicketID{a.ID, b.ID}
			if i%2 == 1 {
				slices.Reverse(order)
			}
			return r.InTx(ctx(), func(tx ticketing.Tx) error {
				return errors.Join(r.note(tx, order[0]), r.note(tx, order[1]))
			})
		})
		must(t, errors.Join(errs...))
		r.verify(t, a.Ref, 9)
		r.verify(t, b.Ref, 9)
	})
	t.Run("readings and notes on one ticket", func(t *testing.T) {
		k := r.ticket(t, nil)
		errs := together(writers, func(i int) error {
			return r.InTx(ctx(), func(tx ticketing.Tx) error {
				if i%2 == 0 {
					return r.note(tx, k.ID)
				}
				e := r.event(ticketing.EventRead)
				return tx.AppendTicketEvent(ctx(), k.ID, &e)
			})
		})
		must(t, errors.Join(errs...))
		r.verify(t, k.Ref, 1+writers)
		if got := r.load(t, k.ID).Version; got != 1+writers/2 {
			t.Errorf("Version = %d, want %d: readings change nothing", got, 1+writers/2)
		}
	})
	t.Run("one contact opens one ticket (I2)", func(t *testing.T) { testOpenRace(t, r) })
	t.Run("two that are joined both ways make no circle", func(t *testing.T) { testJoinRace(t, r) })
	t.Run("a code and an e-mail are taken once", func(t *testing.T) {
		r.oneWins(t, "departments of one code", func(tx ticketing.Tx, _ int) error {
			return tx.SaveDepartment(ctx(), &ticketing.Department{Code: "race", Names: map[lang.Tag]string{lang.En: "Race"}})
		})
		r.oneWins(t, "categories of one code", func(tx ticketing.Tx, _ int) error {
			return tx.SaveCategory(ctx(), &ticketing.Category{Code: "race", Names: map[lang.Tag]string{lang.En: "Race"}, Department: r.Roads.ID})
		})
		r.oneWins(t, "agents of one e-mail", func(tx ticketing.Tx, _ int) error {
			return tx.SaveAgent(ctx(), &ticketing.Agent{Email: "race@grad.example", Name: "Race", Role: ticketing.RoleAgent, CreatedAt: r.now()})
		})
	})
	t.Run("an upload is taken once", func(t *testing.T) { testUploadRace(t, r) })
	t.Run("held deliveries are released once", func(t *testing.T) {
		var ids []ticketing.DeliveryID
		for range 12 {
			ids = append(ids, r.send(t, ticketing.PurposeAnswer, func(d *ticketing.Delivery) { d.State = ticketing.DeliveryHeld }).ID)
		}
		released := make([]int, 6)
		errs := together(len(released), func(i int) (err error) {
			released[i], err = r.ReleaseHeld(ctx(), ids, i%2 == 0)
			return err
		})
		must(t, errors.Join(errs...))
		sum := 0
		for _, n := range released {
			sum += n
		}
		if sum != len(ids) {
			t.Errorf("%d were released, want %d", sum, len(ids))
		}
	})
	t.Run("what all may write, all write", func(t *testing.T) { testSharedRows(t, r) })
}

func testJoinRace(t *testing.T, r *room) {
	for round := range 10 {
		a, b := r.citizen(t, "A", fmt.Sprintf("a%d@ukrug.example", round)), r.citizen(t, "B", fmt.Sprintf("b%d@ukrug.example", round))
		pairs := [][2]ticketing.CitizenID{{a.ID, b.ID}, {b.ID, a.ID}}
		errs := together(2, func(i int) error {
			return r.InTx(ctx(), func(tx ticketing.Tx) error { return tx.JoinCitizens(ctx(), pairs[i][0], pairs[i][1]) })
		})
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("joining both ways = %v, %v, want one of them refused", errs[0], errs[1])
		}
		if x, y := r.loadCitizen(t, a.ID), r.loadCitizen(t, b.ID); x.ID != y.ID || len(x.Contacts) != 2 {
			t.Errorf("the two are %d and %d, want one", x.ID, y.ID)
		}
	}
}

func testUploadRace(t *testing.T, r *room) {
	k := r.ticket(t, nil)
	must(t, r.AddUpload(ctx(), ticketing.Upload{ID: "race", Agent: r.Ana.ID, Ticket: k.ID, Kind: ticketing.DraftReply, File: ticketing.Attachment{Key: hexOf("race")}, At: r.now()}))
	won := 0
	for _, err := range together(8, func(int) error {
		return r.InTx(ctx(), func(tx ticketing.Tx) error {
			_, err := tx.TakeUploads(ctx(), r.Ana.ID, k.ID, ticketing.DraftReply, []string{"race"})
			return err
		})
	}) {
		if err == nil {
			won++
		} else {
			wantKind(t, err, ticketing.NotFound)
		}
	}
	if won != 1 {
		t.Errorf("the upload was taken %d times, want once", won)
	}
}

// oneWins runs f in many transactions at once: one commits, the others are Conflict.
func (r *room) oneWins(t *testing.T, what string, f func(tx ticketing.Tx, i int) error) {
	t.Helper()
	won := 0
	for _, err := range together(8, func(i int) error {
		return r.InTx(ctx(), func(tx ticketing.Tx) error { return f(tx, i) })
	}) {
		if err == nil {
			won++
		} else {
			wantKind(t, err, ticketing.Conflict)
		}
	}
	if won != 1 {
		t.Errorf("%s: %d won, want 1", what, won)
	}
}

// testOpenRace: of several workers that hold the same item, because leases ran
// out or a process slept, one opens the ticket; the others leave nothing behind.
func testOpenRace(t *testing.T, r *room) {
	e := r.arrive(t, nil)
	refs := make([]ticketing.Reference, 8)
	r.oneWins(t, "tickets of one contact", func(tx ticketing.Tx, i int) error {
		k, err := r.newTicket(tx, nil)
		if err != nil {
			return err
		}
		refs[i] = k.Ref
		if err := tx.SaveTicket(ctx(), k); err != nil {
			return err
		}
		return tx.SettleLedger(ctx(), ticketing.LedgerEntry{ID: e.ID, State: ticketing.LedgerTicketed, Ticket: k.ID, SettledAt: r.now()})
	})
	rows, err := r.TicketRows(ctx(), everything, refs, 0)
	must(t, err)
	if got := r.item(t, e.ID); len(rows) != 1 || got.State != ticketing.LedgerTicketed || got.TicketRef != rows[0].Ref {
		t.Errorf("%d tickets, ledger says %v %s", len(rows), got.State, got.TicketRef)
	}
}

// testSharedRows: rows that are written over and over, by several at once, cost
// nobody an error.
func testSharedRows(t *testing.T, r *room) {
	k := r.ticket(t, nil)
	m := r.write(t, k.ID, ticketing.In, nil)
	first := r.now()
	for name, write := range map[string]func(i int) error{
		"SaveDraft": func(i int) error {
			return r.SaveDraft(ctx(), ticketing.Draft{Agent: r.Ana.ID, Ticket: k.ID, Kind: ticketing.DraftReply, Text: fmt.Sprint("t", i), SavedAt: r.now()})
		},
		"MarkSeen": func(int) error { return r.MarkSeen(ctx(), r.Ana.ID, k.ID, m.ID) },
		"SaveMailboxHealth": func(i int) error {
			return r.SaveMailboxHealth(ctx(), ticketing.MailboxHealth{Account: "race", State: "ok", Waiting: i, Since: r.now(), UpdatedAt: r.now()})
		},
		"SaveSession": func(int) error {
			return r.SaveSession(ctx(), ticketing.Session{Hash: hexOf("race"), Agent: r.Ana.ID, CreatedAt: r.now(), SeenAt: r.now(), ExpiresAt: r.now().Add(time.Hour)})
		},
		"SavePass": func(int) error {
			return r.InTx(ctx(), func(tx ticketing.Tx) error {
				return tx.SavePass(ctx(), &ticketing.Pass{Hash: hexOf("race"), Purpose: ticketing.PassReset, Agent: r.Ana.ID, ExpiresAt: r.now().Add(time.Hour)})
			})
		},
		"MailboxStart": func(i int) error {
			at, err := r.MailboxStart(ctx(), "race", first.Add(time.Duration(i)*time.Second))
			if err == nil && at.Before(first) {
				err = fmt.Errorf("start %v before %v", at, first)
			}
			return err
		},
		"TouchRead": func(int) error {
			return r.InTx(ctx(), func(tx ticketing.Tx) error {
				_, err := tx.TouchRead(ctx(), r.Boris.ID, k.ID, r.now(), time.Minute)
				return err
			})
		},
	} {
		if err := errors.Join(together(8, write)...); err != nil {
			t.Errorf("%s from several at once = %v", name, err)
		}
	}
	at, err := r.MailboxStart(ctx(), "race", first.Add(-time.Hour))
	if err != nil || at.Before(first) {
		t.Errorf("MailboxStart() after the race = %v, %v", at, err)
	}
}
