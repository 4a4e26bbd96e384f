package storagetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A ledgerBook is fifteen items of all dispositions.
type ledgerBook struct {
	all             []ticketing.LedgerID // newest first
	sms, dup, found ticketing.LedgerEntry
	ticket          *ticketing.Ticket // of the one that joined
	start, later    time.Time         // of the first twelve, of the last three
}

func (r *room) fillLedger(t *testing.T) *ledgerBook {
	t.Helper()
	b := &ledgerBook{ticket: r.ticket(t, nil), start: r.now()}
	add := func(set func(*ticketing.Arrival)) ticketing.LedgerEntry {
		e := r.arrive(t, set)
		b.all = append([]ticketing.LedgerID{e.ID}, b.all...)
		return e
	}
	for i := range 10 {
		add(func(a *ticketing.Arrival) {
			if i%3 == 0 {
				a.Ignore = ticketing.ReasonBeforeStart
			}
		})
	}
	b.sms = add(func(a *ticketing.Arrival) { a.Channel = ticketing.ChannelSMS; a.Box.Account = "sms" })
	b.dup = add(func(a *ticketing.Arrival) { a.ContentKey = b.sms.Arrival.ContentKey })
	r.Clock.Advance(time.Hour)
	b.later = r.now()
	b.found = add(func(a *ticketing.Arrival) {
		a.Subject, a.From, a.MessageID = "Шахт у Улици слободе", "pero.perić@example.me", "posebna$1@example.me"
	})
	joined, poison := add(nil), add(nil)
	r.in(t, func(tx ticketing.Tx) error {
		if err := tx.SettleLedger(ctx(), ticketing.LedgerEntry{ID: joined.ID, State: ticketing.LedgerJoined, Ticket: b.ticket.ID, SettledAt: r.now()}); err != nil {
			return err
		}
		return tx.SettleLedger(ctx(), ticketing.LedgerEntry{ID: poison.ID, State: ticketing.LedgerQuarantined, Reason: ticketing.ReasonPoison, SettledAt: r.now()})
	})
	return b
}

// ledgerIDsOf walks all pages of the ledger.
func (r *room) ledgerIDsOf(t *testing.T, f ticketing.LedgerFilter) []ticketing.LedgerID {
	t.Helper()
	var out []ticketing.LedgerID
	for {
		page, err := r.Ledger(ctx(), f)
		must(t, err)
		out = append(out, ledgerIDs(page.Items)...)
		if f.Cursor = page.Next; f.Cursor == "" {
			return out
		}
	}
}

func testLedgerPages(t *testing.T, r *room) {
	b := r.fillLedger(t)
	t.Run("newest first, in pages, complete and without repeats", func(t *testing.T) {
		for _, limit := range []int{0, 1, 4, 5, 200} {
			same(t, fmt.Sprint("pages of ", limit), r.ledgerIDsOf(t, ticketing.LedgerFilter{Limit: limit}), b.all)
		}
	})
	t.Run("rows name their ticket", func(t *testing.T) {
		page, err := r.Ledger(ctx(), ticketing.LedgerFilter{State: ticketing.LedgerJoined})
		must(t, err)
		if len(page.Items) != 1 || page.Items[0].TicketRef != b.ticket.Ref {
			t.Errorf("joined rows = %+v, want one of %s", page.Items, b.ticket.Ref)
		}
	})
	only := func(e ticketing.LedgerEntry) []ticketing.LedgerID { return []ticketing.LedgerID{e.ID} }
	for name, c := range map[string]struct {
		f    ticketing.LedgerFilter
		want []ticketing.LedgerID
	}{
		"state":                 {ticketing.LedgerFilter{State: ticketing.LedgerDuplicate}, only(b.dup)},
		"channel":               {ticketing.LedgerFilter{Channel: ticketing.ChannelSMS}, only(b.sms)},
		"account":               {ticketing.LedgerFilter{Account: "sms"}, only(b.sms)},
		"from":                  {ticketing.LedgerFilter{From: b.later}, b.all[:3]},
		"to":                    {ticketing.LedgerFilter{To: b.later}, b.all[3:]},
		"from and to":           {ticketing.LedgerFilter{From: b.start, To: b.start}, nil},
		"Message-ID":            {ticketing.LedgerFilter{Query: "posebna$1@example.me"}, only(b.found)},
		"beginning of address":  {ticketing.LedgerFilter{Query: "pero.peri"}, only(b.found)},
		"address":               {ticketing.LedgerFilter{Query: "pero.perić@example.me"}, only(b.found)},
		"words of the subject":  {ticketing.LedgerFilter{Query: "ulici slobode"}, only(b.found)},
		"Cyrillic words":        {ticketing.LedgerFilter{Query: "шахт"}, only(b.found)},
		"wildcard":              {ticketing.LedgerFilter{Query: "%"}, nil},
		"underscores":           {ticketing.LedgerFilter{Query: "posebna_1@example.me"}, nil},
		"quote":                 {ticketing.LedgerFilter{Query: "' or 1=1 --"}, nil},
		"state and other state": {ticketing.LedgerFilter{State: ticketing.LedgerJoined, Query: "slobode"}, nil},
	} {
		t.Run("by "+name, func(t *testing.T) { same(t, "rows", r.ledgerIDsOf(t, c.f), c.want) })
	}
	t.Run("a cursor that does not fit is invalid", func(t *testing.T) {
		for _, cursor := range []string{"x", "%%%", "eyJ4IjoxfQ", "' or 1=1"} {
			_, err := r.Ledger(ctx(), ticketing.LedgerFilter{Cursor: cursor})
			wantKind(t, err, ticketing.Invalid)
		}
	})
	t.Run("seen is the sum of the others (I13)", func(t *testing.T) {
		sum, err := r.LedgerBalance(ctx(), time.Time{}, time.Time{})
		must(t, err)
		want := ticketing.LedgerBalance{
			Seen: 15, Stored: 2, Waiting: 8, Quarantined: 1, Ignored: 4,
			ByChannel: map[ticketing.Channel]int{ticketing.ChannelEmail: 14, ticketing.ChannelSMS: 1},
		}
		same(t, "balance", sum, want)
		sum, err = r.LedgerBalance(ctx(), b.later, b.later.Add(time.Hour))
		must(t, err)
		same(t, "balance of the last hour", sum, ticketing.LedgerBalance{
			Seen: 3, Stored: 1, Waiting: 1, Quarantined: 1, ByChannel: map[ticketing.Channel]int{ticketing.ChannelEmail: 3},
		})
	})
	t.Run("an unknown item is not found", func(t *testing.T) {
		_, err := r.LedgerItem(ctx(), 1<<40)
		wantKind(t, err, ticketing.NotFound)
	})
}
