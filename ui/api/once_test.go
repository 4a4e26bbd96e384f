package api

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// Every POST with a key is done once: the second answer is the first, and the
// same key with another request is refused (F21).
func TestKeyIsDoneOnce(t *testing.T) {
	t.Parallel()
	for id, step := range map[string]struct {
		before string // path and body of what must be done first
		path   string
		other  string // another body
	}{
		"open-ticket":       {"", "", `{"text":"Drugo"}`},
		"reply":             {"", "/replies", `{"text":"Drugi odgovor"}`},
		"note":              {"", "/notes", `{"text":"Druga bilješka"}`},
		"validate-ticket":   {"", "/validation", `{"valid":false}`},
		"pause-ticket":      {"", "/pauses", `{"reason":"body"}`},
		"resolve-ticket":    {"", "/resolution", `{"note":"13/26"}`},
		"close-ticket":      {"", "/closure", `{"code":"abuse"}`},
		"reopen-ticket":     {`/closure {"code":"withdrawn"}`, "/reopening", ""},
		"mark-spam":         {"", "/spam", ""},
		"retry-delivery":    {"", "", ""},
		"retry-intake-item": {"", "", ""},
		"upload":            {"", "/uploads?name=a.txt&for=note", "other bytes"},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, nil)
			ref := d.mail(t, "marko@example.me", "Svjetiljka")
			d.Deliver(t, ticketing.DeliveryFailed)
			adam := d.token(t, d.Adam)
			path := "/tickets/" + string(ref) + step.path
			switch id {
			case "open-ticket":
				path = "/tickets"
			case "retry-delivery":
				path = "/deliveries/1/retry"
			case "retry-intake-item":
				path = fmt.Sprintf("/intake/%d/retry", d.ignored(t))
			}
			if p, body, ok := strings.Cut(step.before, " "); ok {
				d.call(t, adam, http.MethodPost, "/tickets/"+string(ref)+p, body).want(t, http.StatusOK)
			}
			first := d.call(t, adam, http.MethodPost, path, bodies[id], "Idempotency-Key", "k1")
			if first.status/100 != 2 {
				t.Fatalf("%d %s", first.status, first.body)
			}
			version := d.View(t, ref).Ticket.Version
			again := d.call(t, adam, http.MethodPost, path, bodies[id], "Idempotency-Key", "k1").want(t, first.status)
			if string(again.body) != string(first.body) || again.header.Get("ETag") != first.header.Get("ETag") || again.header.Get("Location") != first.header.Get("Location") {
				t.Errorf("first %s\nagain %s", first.body, again.body)
			}
			if id != "upload" && again.header.Get("Idempotent-Replayed") != "true" {
				t.Error("the second answer does not say that it is a repetition")
			}
			if v := d.View(t, ref).Ticket.Version; v != version {
				t.Errorf("version went from %d to %d", version, v)
			}
			if step.other == "" {
				path, step.other = "/tickets/"+string(ref)+"/notes", `{"text":"x"}`
			}
			a := d.call(t, adam, http.MethodPost, path, step.other, "Idempotency-Key", "k1").want(t, http.StatusUnprocessableEntity)
			if id != "upload" && a.object(t)["reason"] != "once.differs" {
				t.Errorf("%s", a.body)
			}
		})
	}
}

// ignored gives a ledger item that can be retried.
func (d *desk) ignored(t *testing.T) int64 {
	t.Helper()
	in := d.Arrive(t, d.Mail("mailer@example.me", "Odbijeno", "x"))
	err := d.Store.InTx(t.Context(), func(tx ticketing.Tx) error {
		return tx.SettleLedger(t.Context(), ticketing.LedgerEntry{ID: in.Ledger, State: ticketing.LedgerIgnored, Reason: ticketing.ReasonByAgent, SettledAt: d.Clock.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	return int64(in.Ledger)
}

// A repeated request is answered with its result though the version it was made
// for has passed because of it.
func TestKeyGoesBeforeIfMatch(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	ana := d.token(t, d.Ana)
	path, version := "/tickets/"+string(ref)+"/replies", etag(d.View(t, ref).Ticket.Version)
	for range 3 {
		d.call(t, ana, http.MethodPost, path, `{"text":"Odgovor"}`, "Idempotency-Key", "k", "If-Match", version).want(t, http.StatusCreated)
	}
	if v := d.View(t, ref); len(v.Messages) != 2 {
		t.Errorf("%d messages", len(v.Messages))
	}
	d.call(t, ana, http.MethodPost, path, `{"text":"Odgovor"}`, "If-Match", version).want(t, http.StatusPreconditionFailed)
}

// Keys belong to their token.
func TestKeyOfAnotherTokenIsAnother(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	for _, secret := range []string{d.token(t, d.Ana), d.token(t, d.Ana), d.token(t, d.Boris)} {
		a := d.call(t, secret, http.MethodPost, "/tickets", `{"text":"x"}`, "Idempotency-Key", "same").want(t, http.StatusCreated)
		if a.header.Get("Idempotent-Replayed") != "" {
			t.Error("a key was taken for another token's")
		}
	}
}

// A refused request leaves its key free.
func TestRefusedRequestLeavesItsKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	ana := d.token(t, d.Ana)
	path := "/tickets/" + string(ref) + "/reopening"
	d.call(t, ana, http.MethodPost, path, "", "Idempotency-Key", "k").want(t, http.StatusConflict)
	d.call(t, ana, http.MethodPost, "/tickets/"+string(ref)+"/closure", `{"code":"withdrawn"}`).want(t, http.StatusOK)
	d.call(t, ana, http.MethodPost, path, "", "Idempotency-Key", "k").want(t, http.StatusOK)
}

// F21: whatever step of a request fails, and whenever its answer is lost: sent
// again with its key, there is one reply and one mail. A transaction may be run
// twice for it.
func TestReplyOnceWhateverFails(t *testing.T) {
	t.Parallel()
	const body = `{"text":"Odgovor","attachments":[{"name":"a.txt","content":"aGVq"}]}`
	try := func(arm func(x *ticketingtest.FaultStore)) (failed string, status int) {
		d := newDesk(t, nil)
		ref := d.mail(t, "marko@example.me", "Svjetiljka")
		d.Deliver(t, ticketing.DeliverySent)
		ana := d.token(t, d.Ana)
		path := "/tickets/" + string(ref) + "/replies"
		arm(d.faults)
		first := d.call(t, ana, http.MethodPost, path, body, "Idempotency-Key", "k")
		failed = d.faults.Failed()
		d.faults.FailAt(0, nil)
		d.faults.LoseAnswer(0)
		d.call(t, ana, http.MethodPost, path, body, "Idempotency-Key", "k").want(t, http.StatusCreated)
		v := d.View(t, ref)
		if sent := d.Deliver(t, ticketing.DeliverySent); len(v.Messages) != 2 || len(sent) != 1 || len(v.Messages[1].Files) != 1 {
			t.Fatalf("%s failed (%d): %d messages, %d mails", failed, first.status, len(v.Messages), len(sent))
		}
		return failed, first.status
	}
	n := 1
	for ; ; n++ {
		failed, status := try(func(x *ticketingtest.FaultStore) { x.FailAt(n, ticketing.Busy) })
		if failed == "" {
			break
		}
		if status != http.StatusServiceUnavailable && failed != "TouchToken" {
			t.Errorf("%s failed: %d", failed, status)
		}
	}
	if n < 10 {
		t.Errorf("only %d steps failed", n-1)
	}
	for n := 1; ; n++ {
		failed, _ := try(func(x *ticketingtest.FaultStore) { x.LoseAnswer(n) })
		if failed == "" {
			break
		}
	}
	if _, status := try(func(x *ticketingtest.FaultStore) { x.RunTwice(true) }); status != http.StatusCreated {
		t.Errorf("run twice: %d", status)
	}
}

// Two requests with one key at the same time are one.
func TestKeyAtTheSameTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	ana := d.token(t, d.Ana)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if a := d.call(t, ana, http.MethodPost, "/tickets/"+string(ref)+"/notes", `{"text":"x"}`, "Idempotency-Key", "k"); a.status != http.StatusCreated {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
	group.Wait()
	if n := len(d.View(t, ref).Messages); n != 2 {
		t.Errorf("%d messages", n)
	}
}
