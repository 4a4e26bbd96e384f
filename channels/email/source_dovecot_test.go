package email

import (
	"fmt"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/email/dovecottest"
	"github.com/sistem48/system48/ticketing"
)

// I1, I2: every mail is stored and entered once, then moved; nothing is lost
// on the server.
func TestSourceBringsMailIn(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "bureau")
	mails := testMails(130, 3000)
	mails = append(mails, testMail(1000, 700_000), []byte("Subject: bez svega\r\n\r\n"), []byte("\r\n"))
	deliver(t, dc, "bureau", mails...)
	r := newRig(t, dovecotAccount(dc, "bureau")).start()
	r.awaitItems(len(mails), 8*time.Second)
	awaitFolder(t, dc, "bureau", "Processed", len(mails))
	r.check(mails)
	eventually(t, 2*time.Second, "state ok", func() bool {
		h := r.src.Health()
		return h.State == stateOK && h.Idle && h.Waiting == 0
	})
	arrivals, states := r.ledger.entered()
	if states[ticketing.LedgerReceived] != len(mails) {
		t.Errorf("states = %v", states)
	}
	for i, a := range arrivals {
		if i > 0 && a.UID <= arrivals[i-1].UID {
			t.Errorf("UID %d entered after %d", a.UID, arrivals[i-1].UID)
		}
		if a.Subject == "" && a.RawSize > 100 || a.ReceivedAt.After(time.Now()) || time.Since(a.ReceivedAt) > time.Minute {
			t.Errorf("arrival %+v", a)
		}
	}
	owed, err := r.ledger.Unmarked(t.Context(), arrivals[0].Box, 10)
	if err != nil || len(owed) > 0 {
		t.Errorf("Unmarked() = %v, %v", owed, err)
	}
}

// A mail is in the ledger within a second of its delivery (IDLE).
func TestSourceFollowsPush(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "bureau")
	r := newRig(t, dovecotAccount(dc, "bureau")).start()
	eventually(t, 5*time.Second, "IDLE", func() bool { return r.src.Health().Idle })
	best := time.Hour
	defer func() {
		if best > time.Second && !testing.Short() { // the best of three: others may be using the machine
			t.Errorf("visible after %v at best", best)
		}
	}()
	for i := range 3 {
		time.Sleep(50 * time.Millisecond)
		begin := time.Now()
		deliver(t, dc, "bureau", testMail(i, 1000))
		r.awaitItems(i+1, 3*time.Second)
		t.Logf("visible after %v", time.Since(begin))
		best = min(best, time.Since(begin))
		awaitFolder(t, dc, "bureau", "Processed", i+1)
	}
}

// The other kinds of mark leave the mails where they are, and a restart does
// not fetch them again.
func TestSourceMarks(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "keyword", "seen")
	for _, mode := range []MarkMode{MarkKeyword, MarkSeen} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			user := string(mode)
			mails := testMails(7, 500)
			deliver(t, dc, user, mails...)
			a := dovecotAccount(dc, user)
			a.IMAP.Mark = mode
			r := newRig(t, a).start()
			r.awaitItems(7, 5*time.Second)
			arrivals, _ := r.ledger.entered()
			eventually(t, 3*time.Second, "marks", func() bool {
				owed, err := r.ledger.Unmarked(t.Context(), arrivals[0].Box, 10)
				return err == nil && len(owed) == 0
			})
			r.stop()
			r.renew(a, "one")
			r.start()
			eventually(t, 5*time.Second, "ok", func() bool { return r.src.Health().State == stateOK })
			deliver(t, dc, user, testMail(99, 500))
			r.awaitItems(8, 5*time.Second)
			r.check(append(mails, testMail(99, 500)))
			awaitFolder(t, dc, user, "INBOX", 8)
			r.ledger.mu.Lock()
			defer r.ledger.mu.Unlock()
			if len(r.ledger.arrivals) != 8 {
				t.Errorf("%d mails were fetched, want 8", len(r.ledger.arrivals))
			}
		})
	}
}

// F05: the server renews its UIDs: everything is looked at anew and found to be
// there already.
func TestF05UIDValidity(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "bureau")
	a := dovecotAccount(dc, "bureau")
	a.IMAP.Mark = MarkKeyword
	mails := testMails(20, 800)
	deliver(t, dc, "bureau", mails...)
	r := newRig(t, a).start()
	r.awaitItems(20, 5*time.Second)
	eventually(t, 5*time.Second, "ok", func() bool { return r.src.Health().State == stateOK })
	dc.Stop()
	if err := dc.RenewUIDs("bureau", "INBOX"); err != nil {
		t.Fatal(err)
	}
	if err := dc.Restart(); err != nil {
		t.Fatal(err)
	}
	r.awaitItems(40, 8*time.Second)
	arrivals, states := r.ledger.entered()
	if states[ticketing.LedgerReceived] != 20 || states[ticketing.LedgerDuplicate] != 20 {
		t.Errorf("states = %v, want 20 received and 20 duplicate", states)
	}
	if arrivals[0].Box.UIDValidity == arrivals[39].Box.UIDValidity || r.src.UIDValidityChanges() != 1 {
		t.Errorf("the UIDVALIDITY is the same, or not counted (%d)", r.src.UIDValidityChanges())
	}
}

// F06: one mail twice in the folder is one contact; F07: two mails with one
// Message-ID are two.
func TestF06F07Twins(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "bureau")
	one := []byte("From: a@x.me\r\nMessage-ID: <same@x.me>\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\nSubject: jedan\r\n\r\nprvi\r\n")
	two := []byte("From: b@x.me\r\nMessage-ID: <same@x.me>\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\nSubject: jedan\r\n\r\ndrugi\r\n")
	deliver(t, dc, "bureau", one, one, two)
	r := newRig(t, dovecotAccount(dc, "bureau")).start()
	r.awaitItems(3, 5*time.Second)
	_, states := r.ledger.entered()
	if states[ticketing.LedgerReceived] != 2 || states[ticketing.LedgerDuplicate] != 1 {
		t.Errorf("states = %v, want 2 received and 1 duplicate", states)
	}
	r.check([][]byte{one, one, two})
	awaitFolder(t, dc, "bureau", "Processed", 3)
}

// F17: mails from before the start are ledgered and left where they are. "now"
// means the first start: what comes while the program is down counts.
func TestF17StartFrom(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "now", "date")
	old := time.Now().Add(-48 * time.Hour)
	for i := range 30 {
		for _, user := range []string{"now", "date"} {
			if err := dc.DeliverAt(user, "INBOX", testMail(i, 600), old.Add(time.Duration(i)*time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, start := range map[string]string{"now": "now", "date": old.Add(10 * time.Minute).UTC().Format(time.RFC3339)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := dovecotAccount(dc, name)
			var err error
			if a.IMAP.Start, err = ParseStart(start, time.UTC); err != nil {
				t.Fatal(err)
			}
			r := newRig(t, a).start()
			r.awaitItems(30, 5*time.Second)
			fresh := map[string]int{"now": 0, "date": 20}[name]
			awaitFolder(t, dc, name, "Processed", fresh)
			awaitFolder(t, dc, name, "INBOX", 30-fresh)
			r.stop()
			time.Sleep(1100 * time.Millisecond) // INTERNALDATE has whole seconds
			deliver(t, dc, name, testMail(77, 600))
			r.renew(a, "one")
			r.start()
			r.awaitItems(31, 5*time.Second)
			awaitFolder(t, dc, name, "Processed", fresh+1)
			_, states := r.ledger.entered()
			if states[ticketing.LedgerIgnored] != 30-fresh || states[ticketing.LedgerReceived] != fresh+1 {
				t.Errorf("states = %v", states)
			}
			r.ledger.mu.Lock()
			defer r.ledger.mu.Unlock()
			if len(r.ledger.arrivals) != 31 {
				t.Errorf("%d mails were fetched, want 31", len(r.ledger.arrivals))
			}
		})
	}
}

// F18: a mail from the future is received now.
func TestF18FutureClock(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "bureau")
	if err := dc.DeliverAt("bureau", "INBOX", testMail(1, 300), time.Now().Add(1000*time.Hour)); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, dovecotAccount(dc, "bureau")).start()
	r.awaitItems(1, 5*time.Second)
	arrivals, _ := r.ledger.entered()
	if d := time.Since(arrivals[0].ReceivedAt); d < 0 || d > time.Minute {
		t.Errorf("received %v ago", d)
	}
}

// F15: a mail beyond the limit is stored whole and flagged; one beyond 100 MB
// by its beginning.
func TestF15LargeMails(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "bureau")
	large, huge := testMail(1, 3<<20), testMail(2, maxStoredBytes+1)
	deliver(t, dc, "bureau", large, huge, testMail(3, 500))
	a := dovecotAccount(dc, "bureau")
	a.IMAP.MaxMessageBytes = 2 << 20
	r := newRig(t, a).start()
	r.awaitItems(3, 9*time.Second)
	arrivals, _ := r.ledger.entered()
	for i, want := range []struct {
		size, stored int64
		oversize     bool
	}{{int64(len(large)), int64(len(large)), true}, {int64(len(huge)), beginningBytes, true}, {int64(len(testMail(3, 500))), int64(len(testMail(3, 500))), false}} {
		a := arrivals[i]
		stored, err := r.blobs.Size(t.Context(), a.RawKey)
		if err != nil || a.RawSize != want.size || stored != want.stored || a.Oversize != want.oversize {
			t.Errorf("mail %d: size %d, stored %d, oversize %v (%v), want %+v", i, a.RawSize, stored, a.Oversize, err, want)
		}
		if a.Subject != fmt.Sprintf("Prijava %d", i+1) {
			t.Errorf("mail %d: subject %q", i, a.Subject)
		}
	}
	awaitFolder(t, dc, "bureau", "Processed", 3)
}
