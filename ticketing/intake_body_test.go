package ticketing_test

import (
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

const (
	official = "referent@saobracaj.example" // writes from the domain of the body
	veza     = "Veza: 08-332/26"            // what the body calls the ticket of numbered
)

// numbered is a ticket that the body took over under a number of its own.
func numbered(t *testing.T) *referred {
	t.Helper()
	r := refer(t, ticketing.ReferInput{})
	r.must(r.cust.Accept(t.Context(), r.link, r.say(ticketing.Statement{Outside: "08-332/26"})))
	return r
}

// finish closes the ticket.
func (r *rig) finish(k *ticketing.Ticket) {
	r.Helper()
	r.must(second(r.desk.Close(r.Context(), r.ana(), at(k), ticketing.CloseInput{Code: ticketing.CodeResolved, Silent: true})))
}

// last is the newest message of the ticket.
func (r *rig) last(k *ticketing.Ticket) ticketing.Message {
	r.Helper()
	m := r.View(r.TB, k.Ref).Messages
	return m[len(m)-1]
}

// TestRequesterAtABody: who asked the bureau from an address at work, in the
// domain of an outside body, is a citizen of their own ticket: what they write
// joins it and reopens it, by our mark and by reference.
func TestRequesterAtABody(t *testing.T) {
	t.Parallel()
	r := numbered(t)
	k := r.open(r.Mail(official, "Rasvjeta", "Ne gori kod mene."))
	r.Deliver(t, ticketing.DeliverySent)
	r.reply(k, ticketing.ReplyInput{Text: "U kojoj ulici?", Kind: ticketing.ReplyQuestion, Wait: true})
	r.Deliver(t, ticketing.DeliverySent)
	in := r.Mail(official, "Re: Rasvjeta", "U Ulici slobode.")
	in.Tokens = []string{r.tag(k)}
	r.Receive(t, in)
	if got := r.ticket(k.Ref); got.State != ticketing.StateOpen || r.last(k).Mark != ticketing.MarkNone {
		t.Errorf("by our mark: ticket %s, message marked %q", got.State, r.last(k).Mark)
	}
	r.finish(k)
	if e := r.Receive(t, r.Mail(official, "Re: "+string(k.Ref), "I dalje ne gori.")); e.Ticket != k.ID {
		t.Fatalf("by reference: ledger %+v", e)
	}
	if got := r.ticket(k.Ref); got.State != ticketing.StateOpen || got.Episode != 2 {
		t.Errorf("not reopened: %s, episode %d", got.State, got.Episode)
	}
}

// TestConfirmedAtABody: the held mail of an official is accepted like that of any
// third party; what that person writes from then on joins, also by the number.
func TestConfirmedAtABody(t *testing.T) {
	t.Parallel()
	r := numbered(t)
	r.Receive(t, r.Mail(official, veza, "Radovi su u utorak."))
	held := r.last(r.k)
	if held.Mark != ticketing.MarkBody {
		t.Fatalf("marked %q", held.Mark)
	}
	r.must(second(r.desk.ConfirmSender(t.Context(), r.ana(), at(r.k), held.ID)))
	if m := r.last(r.k); m.Mark != ticketing.MarkNone {
		t.Errorf("after confirming: marked %q", m.Mark)
	}
	r.Clock.Advance(time.Minute)
	if e := r.Receive(t, r.Mail(official, veza, "Ipak u srijedu.")); e.Ticket != r.k.ID {
		t.Fatalf("ledger %+v", e)
	}
	if m := r.last(r.k); m.ID == held.ID || m.Mark != ticketing.MarkNone {
		t.Errorf("message %d marked %q", m.ID, m.Mark)
	}
}

// TestBodyOnFinishedTicketIsSeen: what a body writes about a finished ticket is a
// ticket of its own that names it, or nobody would read it.
func TestBodyOnFinishedTicketIsSeen(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"by its number", "by our mark"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			r := numbered(t)
			r.must(r.cust.Answer(t.Context(), r.link, r.say(ticketing.Statement{Text: "Popravljeno."})))
			r.finish(r.k)
			in := r.Mail(official, veza, "Radovi su ipak odloženi.")
			if how == "by our mark" {
				in.Subject, in.Tokens = "Re", []string{r.tag(r.k)}
			}
			fresh := r.open(in)
			if fresh.Mentions != r.k.Ref || fresh.Linked != 0 || r.ticket(r.k.Ref).State != ticketing.StateClosed {
				t.Errorf("mentions %q, linked %d; the old one is %s", fresh.Mentions, fresh.Linked, r.ticket(r.k.Ref).State)
			}
		})
	}
}

// TestBodyNumberBesideOurReference: our reference in a body's subject is a claim
// that anybody could write (A68); the body's own number counts before it, and the
// claim alone still moves nothing.
func TestBodyNumberBesideOurReference(t *testing.T) {
	t.Parallel()
	r := numbered(t)
	other := r.opened()
	for _, ref := range []ticketing.Reference{r.k.Ref, other.Ref} {
		e := r.Receive(t, r.Mail(official, string(ref)+" "+veza, "Radovi su u utorak."))
		if e.State != ticketing.LedgerJoined || e.Ticket != r.k.ID || r.last(r.k).Mark != ticketing.MarkBody {
			t.Errorf("%s beside the number: ledger %+v, marked %q", ref, e, r.last(r.k).Mark)
		}
	}
	if fresh := r.open(r.Mail(official, "Re: "+string(r.k.Ref), "Zatvorite predmet.")); fresh.Mentions != r.k.Ref {
		t.Errorf("mentions %q", fresh.Mentions)
	}
}
