package ticketing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// flood lets n mails of one sender arrive a minute apart and gives the receipts.
func (r *rig) flood(n int, auth ticketing.Auth, apart time.Duration) (receipts int) {
	r.Helper()
	for i := range n {
		in := r.mail(fmt.Sprintf("Predmet %d", i), fmt.Sprintf("tekst %d", i))
		in.Auth = auth
		r.open(in)
		receipts += len(r.Deliver(r.TB, ticketing.DeliverySent))
		r.Clock.Advance(apart)
	}
	return receipts
}

func TestReceiptCaps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		auth  ticketing.Auth
		mails int
		apart time.Duration
		want  int
	}{
		{"two an hour", ticketing.AuthNone, 10, time.Minute, 2},
		{"three a day", ticketing.AuthNone, 20, time.Hour, 3},
		{"failed authentication is unverified", ticketing.AuthFail, 20, time.Hour, 3},
		{"twenty a day with dmarc=pass", ticketing.AuthPass, 30, time.Minute, 20},
		{"and again after a day", ticketing.AuthNone, 6, 9 * time.Hour, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "")
			if got := r.flood(c.mails, c.auth, c.apart); got != c.want {
				t.Errorf("%d receipts for %d mails, want %d (A79)", got, c.mails, c.want)
			}
			if got := len(r.tickets(ticketing.TicketFilter{})); got != c.mails {
				t.Errorf("%d tickets of %d mails", got, c.mails)
			}
		})
	}
}

// TestReceiptCapBeyondMemory: a cap larger than what is remembered of an
// address must not become no cap at all.
func TestReceiptCapBeyondMemory(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	r.Core.Settings.Receipts.VerifiedPerDay = 50
	if got := r.flood(70, ticketing.AuthPass, time.Minute); got > 50 {
		t.Errorf("%d receipts in 70 minutes, want at most 50", got)
	}
}

func TestOwedReceiptsComeInOneLetter(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	r.flood(6, ticketing.AuthNone, time.Second)
	other := r.Mail("ana@posta.example", "Predmet", "tekst")
	r.open(other)
	r.Deliver(t, ticketing.DeliverySent)
	r.Clock.Advance(20 * time.Hour)
	for did := 1; did > 0; {
		var err error
		did, err = r.upkeep.SendOwedReceipts(t.Context())
		r.must(err)
	}
	got := r.claim()
	if len(got) != 1 || got[0].Purpose != ticketing.PurposeReceipts || got[0].To.Address != citizen {
		t.Fatalf("outbox = %+v, want one collected receipt", got)
	}
	if len(got[0].Refs) != 4 {
		t.Errorf("it tells of %d tickets, want 4", len(got[0].Refs))
	}
	for _, ref := range got[0].Refs {
		if !strings.Contains(got[0].Text, string(ref)) {
			t.Errorf("%s is not in the text", ref)
		}
		if r.ticket(ref).ReceiptOwed || r.count(ref, ticketing.EventReceipts) != 1 {
			t.Errorf("%s: owed %v, %d events (I4)", ref, r.ticket(ref).ReceiptOwed, r.count(ref, ticketing.EventReceipts))
		}
	}
	if did, err := r.upkeep.SendOwedReceipts(t.Context()); did != 0 || err != nil || len(r.claim()) != 0 {
		t.Errorf("a second morning found %d, %v", did, err)
	}
}

// TestOneCollectedLetterWhateverTheFlood: more tickets than one batch are still
// one letter to their sender.
func TestOneCollectedLetterWhateverTheFlood(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	r.flood(250, ticketing.AuthNone, 0)
	r.open(r.Mail("zoran@posta.example", "Predmet", "tekst"))
	r.Deliver(t, ticketing.DeliverySent)
	r.Clock.Advance(24 * time.Hour)
	for did := 1; did > 0; {
		var err error
		did, err = r.upkeep.SendOwedReceipts(t.Context())
		r.must(err)
	}
	if got := r.claim(); len(got) != 1 || len(got[0].Refs) != 248 {
		t.Errorf("%d letters, want one telling of 248 tickets (A79)", len(got))
	}
}

// TestCollectedReceiptCounts: the collected letter is one of the day's three.
func TestCollectedReceiptCounts(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	r.flood(5, ticketing.AuthNone, 0)
	r.Clock.Advance(25 * time.Hour)
	_, err := r.upkeep.SendOwedReceipts(t.Context())
	r.must(err)
	if got := 1 + r.flood(20, ticketing.AuthNone, time.Hour) - 1; got > 3 {
		t.Errorf("%d automatic mails in a day, want 3", got)
	}
}

// TestUnreadableMailIsNotAnswered: nobody knows whether a person wrote it, so
// an answer could start a loop (A78, F14).
func TestUnreadableMailIsNotAnswered(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	in := r.Mail("mailer-daemon@drugi.example", "Undelivered Mail", "ovu poštu nije bilo moguće pročitati")
	in.Unreadable, in.Partial = true, true
	e := r.Receive(t, in)
	if e.State != ticketing.LedgerQuarantined || e.TicketRef == "" {
		t.Fatalf("ledger = %s of %q, want quarantined and visible", e.State, e.TicketRef)
	}
	if n := len(r.outbox()); n != 0 {
		t.Errorf("%d mails out", n)
	}
	if c := clockOf(r.ticket(e.TicketRef), ticketing.ClockAnswer); c.State != ticketing.ClockRunning {
		t.Errorf("its promise is %s", c.State)
	}
}

// TestOversizeIsTold: A84, the citizen hears that the mail was not read whole.
func TestOversizeIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	r.Core.Settings.MailLimit = "35 MB"
	in := r.mail("Slike", "početak")
	in.Oversize, in.Partial = true, true
	e := r.Receive(t, in)
	if e.State != ticketing.LedgerTicketed || e.Reason != ticketing.ReasonOversize {
		t.Fatalf("ledger = %s %s", e.State, e.Reason)
	}
	got := r.claim()
	if len(got) != 1 || got[0].Purpose != ticketing.PurposeOversize || !strings.Contains(got[0].Text, "35 MB") {
		t.Errorf("outbox = %+v, want one letter about the size", got)
	}
}

// TestNotSpamReceiptKeepsTheCaps: taking many marks back at once is no cannon.
func TestNotSpamReceiptKeepsTheCaps(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	var all []*ticketing.Ticket
	for i := range 6 {
		in := r.mail(fmt.Sprint("Predmet ", i), fmt.Sprint("tekst ", i))
		in.Spam = true
		all = append(all, r.open(in))
	}
	for _, k := range all {
		_, err := r.desk.MarkNotSpam(t.Context(), r.ana(), at(k))
		r.must(err)
	}
	if n := len(r.claim()); n != 2 {
		t.Errorf("%d receipts at once, want 2 (A79)", n)
	}
	if !r.ticket(all[5].Ref).ReceiptOwed {
		t.Error("the sixth is not owed one")
	}
}
