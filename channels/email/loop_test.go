package email

import (
	"bytes"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/email/postoffice"
	"github.com/sistem48/system48/ticketing"
)

// The demo's whole way: a citizen's mail goes in by SMTP, is announced by IMAP
// and entered in the ledger within a second; the answer reaches the citizen's
// mailbox. After a restart of the mail server, UIDs begin anew and no new mail
// is taken for an old one.
func TestDemoLoop(t *testing.T) {
	t.Parallel()
	var r *rig
	for round := range 2 {
		at := time.Now().Add(time.Duration(round) * time.Second)
		o, err := postoffice.Start(t.Context(), postoffice.Config{
			Accounts: []postoffice.Account{{Address: bureauAddress, Password: "b", Protected: true}, {Address: citizen, Password: "a"}},
			Now:      func() time.Time { return at }, Log: quietLog(),
		})
		if err != nil {
			t.Fatal(err)
		}
		a := senderAccount(o.SMTPAddr())
		a.IMAP = accountAt(o.IMAPAddr(), bureauAddress, "b").IMAP
		a.IMAP.Idle = true
		if r == nil {
			r = newRig(t, a)
		} else {
			r.renew(a, "one")
		}
		r.start()
		eventually(t, 5*time.Second, "idle", func() bool { return r.src.Health().Idle })

		from := senderAccount(o.SMTPAddr())
		from.Address, from.SMTP.User, from.SMTP.Password = citizen, citizen, SecretValue("a")
		citizenSends, _ := newSender(t, from)
		begin := time.Now()
		raw := testMail(round, 500)
		if got := citizenSends.Transmit(t.Context(), delivery(1, bureauAddress), bytes.NewReader(raw), int64(len(raw))); got.State != ticketing.DeliverySent {
			t.Fatalf("%+v", got)
		}
		r.awaitItems(round+1, 2*time.Second)
		if took := time.Since(begin); took > time.Second {
			t.Errorf("in the ledger after %v", took)
		}
		bureauSends, _ := newSender(t, a)
		if got := transmit(t, bureauSends, delivery(round, citizen)); got.State != ticketing.DeliverySent {
			t.Fatalf("%+v", got)
		}
		if list := inboxOf(t, o, citizen); len(list) != 1 || !bytes.Contains(list[0].Raw, []byte("dmarc=pass")) {
			t.Errorf("%d answers arrived", len(list))
		}
		eventually(t, 3*time.Second, "moved", func() bool {
			list, err := o.Messages(t.Context(), bureauAddress, "Processed", 10)
			return err == nil && len(list) == 1 && len(inboxOf(t, o, bureauAddress)) == 0
		})
		r.stop()
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
	}
	arrivals, states := r.ledger.entered()
	if states[ticketing.LedgerReceived] != 2 || arrivals[0].UID != arrivals[1].UID || arrivals[0].Box == arrivals[1].Box {
		t.Errorf("%v: %+v", states, arrivals)
	}
}
