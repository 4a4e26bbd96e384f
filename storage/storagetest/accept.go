package storagetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

var inbox = ticketing.Mailbox{Account: "main", Folder: "INBOX", UIDValidity: 7}

// hexOf gives something that looks like a SHA-256 and is the same for the same name.
func hexOf(name string) string {
	return (fmt.Sprintf("%x", name) + strings.Repeat("0", 64))[:64]
}

// arrival is a mail that was not seen before: another UID, other bytes, other content.
func (r *room) arrival(set func(*ticketing.Arrival)) ticketing.Arrival {
	n := r.unique()
	a := ticketing.Arrival{
		Channel: ticketing.ChannelEmail, Box: inbox, UID: uint32(n), RawKey: hexOf(fmt.Sprintf("key%d", n)), //nolint:gosec // G115: small
		RawSHA256: hexOf(fmt.Sprintf("raw%d", n)), RawSize: 8192, ContentKey: hexOf(fmt.Sprintf("content%d", n)),
		ReceivedAt: r.now().Add(-time.Minute), From: fmt.Sprintf("posiljalac%d@example.me", n), Subject: fmt.Sprintf("Predmet broj %d", n),
		MessageID: fmt.Sprintf("m%d@example.me", n),
	}
	if set != nil {
		set(&a)
	}
	return a
}

// fence holds the lease of the test's mailbox.
func (r *room) fence(t *testing.T) ticketing.Fence {
	t.Helper()
	f, ok, err := r.Acquire(ctx(), "mailbox:main", "test", 24*time.Hour)
	if err != nil || !ok {
		t.Fatalf("Acquire() = %v, %v", ok, err)
	}
	return f
}

// accept enters arrivals and wants as many answers.
func (r *room) accept(t *testing.T, arrivals ...ticketing.Arrival) []ticketing.Accepted {
	t.Helper()
	got, err := r.Accept(ctx(), r.fence(t), arrivals)
	must(t, err)
	if len(got) != len(arrivals) {
		t.Fatalf("Accept() of %d = %d answers", len(arrivals), len(got))
	}
	return got
}

// arrive enters one new mail and gives its row.
func (r *room) arrive(t *testing.T, set func(*ticketing.Arrival)) ticketing.LedgerEntry {
	t.Helper()
	return r.item(t, r.accept(t, r.arrival(set))[0].ID)
}

func (r *room) item(t *testing.T, id ticketing.LedgerID) ticketing.LedgerEntry {
	t.Helper()
	e, err := r.LedgerItem(ctx(), id)
	must(t, err)
	return e
}

func testAccept(t *testing.T, r *room) {
	t.Run("a new mail is received, and every field comes back", func(t *testing.T) {
		want := r.arrival(func(a *ticketing.Arrival) {
			a.Oversize, a.UID = true, 4294967295
			a.Box = ticketing.Mailbox{Account: "žalbe", Folder: "INBOX/Под %_", UIDValidity: 4294967295}
			a.Subject, a.From, a.MessageID, a.RawSize = "шахт \U0001F573", "ana@example.me", "x$y@example.me", 1<<40
		})
		got := r.accept(t, want)[0]
		if got.ID == 0 || got.State != ticketing.LedgerReceived || got.Known || got.Reincarnated {
			t.Errorf("Accept() = %+v, want a new received item", got)
		}
		same(t, "ledger item", r.item(t, got.ID), ticketing.LedgerEntry{ID: got.ID, Arrival: want, State: ticketing.LedgerReceived, StoredAt: r.now()})
	})
	t.Run("an empty batch is no error", func(t *testing.T) { r.accept(t) })
	t.Run("the same mail again is known (I2)", func(t *testing.T) {
		a, b := r.arrival(nil), r.arrival(nil)
		first := r.accept(t, a, b)
		again := r.accept(t, b, a, b)
		for i, want := range []ticketing.LedgerID{first[1].ID, first[0].ID, first[1].ID} {
			if got := again[i]; !got.Known || got.ID != want || got.Reincarnated || got.State != ticketing.LedgerReceived {
				t.Errorf("answer %d = %+v, want the known item %d", i, got, want)
			}
		}
	})
	t.Run("twice in one batch is once in the ledger", func(t *testing.T) {
		a := r.arrival(nil)
		got := r.accept(t, a, a)
		if got[0].ID != got[1].ID || got[0].Known || !got[1].Known {
			t.Errorf("Accept() = %+v, want one item, known the second time", got)
		}
	})
	t.Run("the state of a known mail is its present one", func(t *testing.T) {
		a := r.arrival(func(a *ticketing.Arrival) { a.Ignore = ticketing.ReasonBeforeStart })
		r.accept(t, a)
		if again := r.accept(t, a)[0]; !again.Known || again.State != ticketing.LedgerIgnored {
			t.Errorf("Accept() again = %+v, want known and ignored", again)
		}
	})
	t.Run("mailboxes, folders and validity periods count apart (F05)", func(t *testing.T) { testBoxes(t, r) })
	t.Run("the same content is a duplicate (F06)", func(t *testing.T) { testDuplicate(t, r) })
	t.Run("a UID with other bytes is entered anew", func(t *testing.T) { testReincarnation(t, r) })
	t.Run("a reason to ignore settles at once", func(t *testing.T) {
		e := r.arrive(t, func(a *ticketing.Arrival) { a.Ignore = ticketing.ReasonBeforeStart })
		if e.State != ticketing.LedgerIgnored || e.Reason != ticketing.ReasonBeforeStart || e.SettledAt.IsZero() {
			t.Errorf("item = %v %q, settled %v, want ignored with its reason", e.State, e.Reason, e.SettledAt)
		}
	})
	t.Run("received is never later than stored (F18)", func(t *testing.T) {
		e := r.arrive(t, func(a *ticketing.Arrival) { a.ReceivedAt = r.now().Add(24 * 365 * time.Hour) })
		if e.Arrival.ReceivedAt.After(e.StoredAt) {
			t.Errorf("ReceivedAt = %v after StoredAt = %v", e.Arrival.ReceivedAt, e.StoredAt)
		}
	})
	t.Run("Known, Unmarked, Marked", func(t *testing.T) { testMarks(t, r) })
	t.Run("a large batch keeps its order", func(t *testing.T) {
		var batch []ticketing.Arrival
		for range 300 {
			batch = append(batch, r.arrival(nil))
		}
		got := r.accept(t, batch...)
		for i, a := range got {
			if a.State != ticketing.LedgerReceived || i > 0 && a.ID <= got[i-1].ID {
				t.Fatalf("answer %d = %+v after %+v", i, a, got[max(i-1, 0)])
			}
		}
		if e := r.item(t, got[217].ID); e.Arrival.UID != batch[217].UID {
			t.Errorf("answer 217 is about UID %d, want %d", e.Arrival.UID, batch[217].UID)
		}
	})
}

func testBoxes(t *testing.T, r *room) {
	uid := r.arrival(nil).UID
	boxes := []ticketing.Mailbox{
		inbox, {Account: "other", Folder: "INBOX", UIDValidity: 7}, {Account: "main", Folder: "Junk", UIDValidity: 7}, {Account: "main", Folder: "INBOX", UIDValidity: 8},
	}
	seen := map[ticketing.LedgerID]bool{}
	for _, box := range boxes {
		got := r.accept(t, r.arrival(func(a *ticketing.Arrival) { a.Box, a.UID = box, uid }))[0]
		if got.Known || got.Reincarnated || seen[got.ID] {
			t.Errorf("Accept() in %+v = %+v, want a new item", box, got)
		}
		seen[got.ID] = true
	}
}

func testDuplicate(t *testing.T, r *room) {
	content := hexOf("one content")
	first := r.arrive(t, func(a *ticketing.Arrival) { a.ContentKey = content })
	second := r.arrive(t, func(a *ticketing.Arrival) { a.ContentKey = content; a.Box.Account = "other" })
	third := r.arrive(t, func(a *ticketing.Arrival) { a.ContentKey = content })
	if first.State != ticketing.LedgerReceived {
		t.Errorf("first = %v, want received", first.State)
	}
	for _, e := range []ticketing.LedgerEntry{second, third} {
		if e.State != ticketing.LedgerDuplicate || e.DuplicateOf != first.ID || e.SettledAt.IsZero() {
			t.Errorf("later item = %v of %d, settled %v, want a duplicate of %d", e.State, e.DuplicateOf, e.SettledAt, first.ID)
		}
	}
	a := r.arrival(nil)
	b := r.arrival(func(b *ticketing.Arrival) { b.ContentKey = a.ContentKey })
	both := r.accept(t, a, b)
	if both[0].State != ticketing.LedgerReceived || both[1].State != ticketing.LedgerDuplicate {
		t.Errorf("two of one content in one batch = %v, %v", both[0].State, both[1].State)
	}
	for range 2 {
		if e := r.arrive(t, func(a *ticketing.Arrival) { a.ContentKey = "" }); e.State != ticketing.LedgerReceived {
			t.Errorf("a mail without content key = %v, want received", e.State)
		}
	}
	// The original may be settled long ago.
	r.in(t, func(tx ticketing.Tx) error {
		return tx.SettleLedger(ctx(), ticketing.LedgerEntry{ID: first.ID, State: ticketing.LedgerIgnored, Reason: ticketing.ReasonLoop, SettledAt: r.now()})
	})
	if e := r.arrive(t, func(a *ticketing.Arrival) { a.ContentKey = content }); e.State != ticketing.LedgerDuplicate {
		t.Errorf("duplicate of a settled item = %v", e.State)
	}
}

func testReincarnation(t *testing.T, r *room) {
	a := r.arrival(nil)
	b := r.arrival(func(b *ticketing.Arrival) { b.UID = a.UID })
	first := r.accept(t, a)[0]
	second := r.accept(t, b)[0]
	if !second.Reincarnated || second.Known || second.ID == first.ID || second.State != ticketing.LedgerReceived {
		t.Errorf("Accept() of other bytes = %+v, want a reincarnated item", second)
	}
	if one, two := r.item(t, first.ID).Incarnation, r.item(t, second.ID).Incarnation; two <= one {
		t.Errorf("incarnations = %d, %d, want them to rise", one, two)
	}
	for _, old := range []struct {
		arrival ticketing.Arrival
		want    ticketing.LedgerID
	}{{a, first.ID}, {b, second.ID}} {
		if got := r.accept(t, old.arrival)[0]; !got.Known || got.ID != old.want || got.Reincarnated {
			t.Errorf("Accept() again = %+v, want the known item %d", got, old.want)
		}
	}
	copied := r.arrival(func(c *ticketing.Arrival) { c.UID, c.ContentKey = a.UID, a.ContentKey })
	if got := r.accept(t, copied)[0]; !got.Reincarnated || got.State != ticketing.LedgerDuplicate {
		t.Errorf("Accept() of other bytes with known content = %+v, want a reincarnated duplicate", got)
	}
}

func testMarks(t *testing.T, r *room) {
	box := ticketing.Mailbox{Account: "marks", Folder: "INBOX", UIDValidity: 1}
	var batch []ticketing.Arrival
	var uids []uint32
	for uid := uint32(20); uid > 10; uid-- { // oldest is what was entered first, whatever its UID
		batch = append(batch, r.arrival(func(a *ticketing.Arrival) { a.Box, a.UID = box, uid }))
		uids = append(uids, uid)
	}
	batch[3].ContentKey = batch[2].ContentKey // a duplicate is owned and marked too
	r.accept(t, batch...)
	known, err := r.Known(ctx(), box, []uint32{5, 11, 15, 20, 21})
	must(t, err)
	maps.DeleteFunc(known, func(_ uint32, yes bool) bool { return !yes })
	same(t, "Known", known, map[uint32]bool{11: true, 15: true, 20: true})
	elsewhere, err := r.Known(ctx(), ticketing.Mailbox{Account: "marks", Folder: "INBOX", UIDValidity: 2}, uids)
	must(t, err)
	for uid, yes := range elsewhere {
		if yes {
			t.Errorf("UID %d is known in another validity period", uid)
		}
	}
	unmarked := func(limit int) []uint32 {
		list, err := r.Unmarked(ctx(), box, limit)
		must(t, err)
		return list
	}
	same(t, "Unmarked", unmarked(100), uids)
	same(t, "Unmarked, bounded", unmarked(4), uids[:4])
	must(t, r.Marked(ctx(), box, append(slices.Clone(uids[:3]), 999)))
	must(t, r.Marked(ctx(), box, uids[:1])) // twice is no error
	must(t, r.Marked(ctx(), box, nil))
	same(t, "Unmarked after marking", unmarked(100), uids[3:])
	// Other bytes under a marked UID have to be marked again.
	r.accept(t, r.arrival(func(a *ticketing.Arrival) { a.Box, a.UID = box, uids[0] }))
	same(t, "Unmarked after a reincarnation", unmarked(100), append(slices.Clone(uids[3:]), uids[0]))
	must(t, r.Marked(ctx(), box, uids))
	same(t, "Unmarked in the end", unmarked(100), []uint32(nil))
	many := make([]uint32, 3000)
	for i := range many {
		many[i] = uint32(i + 1) //nolint:gosec // G115: small
	}
	known, err = r.Known(ctx(), box, many)
	must(t, err)
	if len(slices.Collect(maps.Keys(known))) < len(uids) || !known[uids[0]] {
		t.Errorf("Known() of 3,000 UIDs = %d, want %d", len(known), len(uids))
	}
	must(t, r.Marked(ctx(), box, many))
}

func testAcceptAtOnce(t *testing.T, r *room) {
	t.Run("the same UIDs from many sources enter once (I2, F10)", func(t *testing.T) { testSameUIDs(t, r) })
	t.Run("the same content by many ways is one contact", func(t *testing.T) { testSameContent(t, r) })
	t.Run("an item is claimed by one worker at a time", func(t *testing.T) { testClaimedOnce(t, r) })
	t.Run("of workers that settle one item at once one wins", func(t *testing.T) {
		e := r.arrive(t, nil)
		errs := together(writers, func(i int) error {
			return r.InTx(ctx(), func(tx ticketing.Tx) error {
				return tx.SettleLedger(ctx(), ticketing.LedgerEntry{
					ID: e.ID, State: ticketing.LedgerIgnored, Reason: fmt.Sprint("w", i), SettledAt: r.now(), Ticket: ticketing.TicketID(0),
				})
			})
		})
		for _, err := range errs {
			if err != nil {
				wantKind(t, err, ticketing.Conflict)
			}
		}
		if got := r.item(t, e.ID); got.State != ticketing.LedgerIgnored || got.Reason == "" {
			t.Errorf("item = %v %q", got.State, got.Reason)
		}
	})
}

func testClaimedOnce(t *testing.T, r *room) {
	claimed := make([][]ticketing.LedgerEntry, writers)
	errs := together(writers, func(i int) (err error) {
		claimed[i], err = r.ClaimReceived(ctx(), 5, time.Minute)
		return err
	})
	must(t, errors.Join(errs...))
	by := map[ticketing.LedgerID]int{}
	for _, list := range claimed {
		for _, e := range list {
			by[e.ID]++
		}
	}
	for id, n := range by {
		if n != 1 {
			t.Errorf("item %d was claimed %d times", id, n)
		}
	}
	if len(by) != 21 {
		t.Errorf("%d items were claimed, want all 21 received ones", len(by))
	}
}

func testSameContent(t *testing.T, r *room) {
	content := hexOf("many ways")
	fence := r.fence(t)
	states := make([]ticketing.LedgerState, writers)
	arrivals := make([]ticketing.Arrival, writers)
	for i := range arrivals {
		arrivals[i] = r.arrival(func(a *ticketing.Arrival) { a.ContentKey = content; a.Box.Account = fmt.Sprint("way", i) })
	}
	errs := together(writers, func(i int) error {
		got, err := r.Accept(ctx(), fence, arrivals[i:i+1])
		if err == nil {
			states[i] = got[0].State
		}
		return err
	})
	must(t, errors.Join(errs...))
	received := 0
	for _, s := range states {
		switch s {
		case ticketing.LedgerReceived:
			received++
		case ticketing.LedgerDuplicate:
		case ticketing.LedgerTicketed, ticketing.LedgerJoined, ticketing.LedgerQuarantined, ticketing.LedgerIgnored:
			t.Errorf("state = %v", s)
		}
	}
	if received != 1 {
		t.Errorf("%d of %d items are received, want 1", received, writers)
	}
}

func testSameUIDs(t *testing.T, r *room) {
	const mails = 20
	var batch []ticketing.Arrival
	for range mails {
		batch = append(batch, r.arrival(nil))
	}
	fence := r.fence(t)
	answers := make([][]ticketing.Accepted, writers)
	errs := together(writers, func(i int) error {
		mine := slices.Clone(batch)
		if i%2 == 1 {
			slices.Reverse(mine)
		}
		got, err := r.Accept(ctx(), fence, mine)
		if i%2 == 1 {
			slices.Reverse(got)
		}
		answers[i] = got
		return err
	})
	must(t, errors.Join(errs...))
	for m := range batch {
		entered := 0
		for i := range answers {
			if answers[i][m].ID != answers[0][m].ID {
				t.Errorf("mail %d is item %d and item %d", m, answers[0][m].ID, answers[i][m].ID)
			}
			if !answers[i][m].Known {
				entered++
			}
		}
		if entered != 1 {
			t.Errorf("mail %d was entered %d times, want once", m, entered)
		}
	}
}
