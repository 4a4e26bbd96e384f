package email

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/email/dovecottest"
	"github.com/sistem48/system48/ticketing"
)

// order asks something of the rig's mailbox as the settings page does.
func (r *rig) order(o ticketing.MailboxOrder) {
	r.t.Helper()
	o.Account = "bureau"
	if err := r.ledger.InTx(r.t.Context(), func(tx ticketing.Tx) error { return tx.SaveMailboxOrder(r.t.Context(), o) }); err != nil {
		r.t.Fatal(err)
	}
}

// TestPause leaves the mailbox alone from an operator's word to the next, also
// over a restart and in another process; nothing is lost meanwhile (I13).
func TestPause(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "bureau")
	a := dovecotAccount(dc, "bureau")
	r := newRig(t, a).start()
	deliver(t, dc, "bureau", testMail(1, 300))
	r.awaitItems(1, 5*time.Second)
	r.order(ticketing.MailboxOrder{Paused: true})
	eventually(t, 5*time.Second, "paused", func() bool { return r.src.Health().State == statePaused })
	deliver(t, dc, "bureau", testMail(2, 300))
	r.stop()
	r.renew(a, "another process")
	r.start()
	eventually(t, 5*time.Second, "paused after a restart", func() bool { return r.src.Health().State == statePaused })
	time.Sleep(200 * time.Millisecond)
	if arrivals, _ := r.ledger.entered(); len(arrivals) != 1 {
		t.Errorf("%d mails came in, one of them during the pause", len(arrivals))
	}
	r.order(ticketing.MailboxOrder{})
	r.awaitItems(2, 5*time.Second)
	eventually(t, 5*time.Second, "works again", func() bool { return r.src.Health().State == stateOK })
}

// TestTryNow does not wait for the minute after refused credentials when an
// operator has set them right (F16).
func TestTryNow(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "bureau")
	deliver(t, dc, "bureau", testMail(1, 300))
	a := dovecotAccount(dc, "bureau")
	var password atomic.Value
	password.Store("wrong")
	a.IMAP.Password = func() (string, error) { return password.Load().(string), nil }
	r := newRig(t, a).start()
	eventually(t, 5*time.Second, "auth_failed", func() bool { return r.src.Health().State == stateAuthFailed })
	password.Store(dovecottest.Password)
	r.order(ticketing.MailboxOrder{TryAt: time.Now()})
	r.awaitItems(1, 8*time.Second)
}
