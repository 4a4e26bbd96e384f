package ticketing_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

func TestIntakeOpensATicket(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	in := r.mail("Svjetiljka ne radi", "U Ulici slobode ne gori.")
	in.From.Name = "Marko\r\nBcc: x@y.z"
	k := r.open(in)
	if k.State != ticketing.StateReceived || k.Category != r.Other.ID || k.Department != r.Bureau.ID || k.Citizen == 0 {
		t.Errorf("ticket = %s, category %d, department %d, citizen %d", k.State, k.Category, k.Department, k.Citizen)
	}
	if k.ReplyTo.Address != citizen || strings.ContainsAny(k.ReplyTo.Name, "\r\n") {
		t.Errorf("requester = %+v", k.ReplyTo)
	}
	if c := clockOf(k, ticketing.ClockAnswer); c.State != ticketing.ClockRunning || !c.Due.Equal(in.ReceivedAt.Add(48*time.Hour)) {
		t.Errorf("promise = %s due %v", c.State, c.Due)
	}
	v := r.View(t, k.Ref)
	if len(v.Messages) != 1 || v.Messages[0].Text != in.Text || v.Messages[0].RawSHA256 == "" {
		t.Errorf("messages = %+v", v.Messages)
	}
	sent := r.claim()
	if len(sent) != 1 || sent[0].Purpose != ticketing.PurposeReceipt || sent[0].To.Address != citizen {
		t.Fatalf("outbox = %+v, want one receipt", sent)
	}
	for _, want := range []string{string(k.Ref), r.Core.TrackingURL(lang.SrLatn, k), "7. januara 2026. u 09:00"} {
		if !strings.Contains(sent[0].Text, want) {
			t.Errorf("receipt does not tell %q:\n%s", want, sent[0].Text)
		}
	}
	if strings.Contains(sent[0].Text+sent[0].Subject, "Svjetiljka") {
		t.Error("the receipt echoes the sender (A79)")
	}
	if !slices.Equal(sent[0].References, []string{in.MessageID}) {
		t.Errorf("receipt refers to %q", sent[0].References)
	}
}

func TestIntakeKnowsTheSenderAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	a := r.open(r.mail("Prvo", "tekst"))
	b := r.open(r.Mail("MARKO@Posta.Example", "Drugo", "tekst"))
	if a.Citizen != b.Citizen || a.ID == b.ID {
		t.Errorf("citizens %d and %d, tickets %d and %d", a.Citizen, b.Citizen, a.ID, b.ID)
	}
}

func TestThreading(t *testing.T) {
	t.Parallel()
	const stranger = "ivan@drugi.example"
	for _, c := range []struct {
		name  string
		write func(r *rig, k *ticketing.Ticket) ticketing.Inbound
		want  ticketing.LedgerState // of the mail
		mark  ticketing.Mark        // when joined
	}{
		{"the requester by token", func(r *rig, k *ticketing.Ticket) ticketing.Inbound {
			in := r.mail("Re: nešto drugo", "dopuna")
			in.Tokens = []string{strings.ToUpper(r.tag(k))}
			return in
		}, ticketing.LedgerJoined, ticketing.MarkNone},
		{"the requester by our Message-ID", func(r *rig, k *ticketing.Ticket) ticketing.Inbound {
			in := r.mail("Re: nešto drugo", "dopuna")
			in.References = []string{"foreign@x.example", r.deliveries(k.Ref, ticketing.PurposeReceipt)[0].MessageIDHeader}
			return in
		}, ticketing.LedgerJoined, ticketing.MarkNone},
		{"the requester by reference", func(r *rig, k *ticketing.Ticket) ticketing.Inbound {
			return r.mail("Re: ["+string(k.Ref)+"] svjetiljka", "dopuna")
		}, ticketing.LedgerJoined, ticketing.MarkNone},
		{"a stranger by reference (A68)", func(r *rig, k *ticketing.Ticket) ticketing.Inbound {
			return r.Mail(stranger, "Re: "+string(k.Ref), "dopuna")
		}, ticketing.LedgerTicketed, ""},
		{"a stranger by a forged token (A68, A70)", func(r *rig, k *ticketing.Ticket) ticketing.Inbound {
			in := r.Mail(stranger, "Re", "dopuna")
			in.Tokens = []string{r.tag(k)[:len(r.tag(k))-1] + "7", "t1", "t1.", "x"}
			in.References = []string{"s48.1.aaaaaaaaaaaaaaaa@grad.example", "s48.1@grad.example"}
			return in
		}, ticketing.LedgerTicketed, ""},
		{"a stranger by a valid token (A69, A72)", func(r *rig, k *ticketing.Ticket) ticketing.Inbound {
			in := r.Mail(stranger, "Re", "dopuna")
			in.Tokens = []string{r.tag(k)}
			return in
		}, ticketing.LedgerJoined, ticketing.MarkThirdParty},
		{"the requester's name with failed authentication", func(r *rig, k *ticketing.Ticket) ticketing.Inbound {
			in := r.mail("Re: "+string(k.Ref), "dopuna")
			in.Auth = ticketing.AuthFail
			return in
		}, ticketing.LedgerTicketed, ""},
		{"token with failed authentication", func(r *rig, k *ticketing.Ticket) ticketing.Inbound {
			in := r.mail("Re", "dopuna")
			in.Auth, in.Tokens = ticketing.AuthFail, []string{r.tag(k)}
			return in
		}, ticketing.LedgerJoined, ticketing.MarkThirdParty},
		{"token from nobody", func(r *rig, k *ticketing.Ticket) ticketing.Inbound {
			in := r.Mail("", "Re", "dopuna")
			in.Tokens = []string{r.tag(k)}
			return in
		}, ticketing.LedgerJoined, ticketing.MarkThirdParty},
		{"token from our own address (A74, A78)", func(r *rig, k *ticketing.Ticket) ticketing.Inbound {
			in := r.Mail("S48@grad.example", "Re", "dopuna")
			in.Tokens = []string{r.tag(k)}
			return in
		}, ticketing.LedgerJoined, ticketing.MarkThirdParty},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "")
			k := r.opened()
			before := r.View(t, k.Ref)
			e := r.Receive(t, c.write(r, k))
			if e.State != c.want || (c.want == ticketing.LedgerJoined) != (e.Ticket == k.ID) {
				t.Fatalf("ledger = %s on ticket %d, want %s", e.State, e.Ticket, c.want)
			}
			v := r.View(t, k.Ref)
			if c.want == ticketing.LedgerTicketed {
				if len(v.Messages) != 1 || v.Ticket.Version != before.Ticket.Version {
					t.Error("the target was touched")
				}
				fresh := r.ticket(e.TicketRef)
				if refs := ticketing.FindReferences("S48", fresh.Subject); len(refs) > 0 && fresh.Mentions != k.Ref {
					t.Errorf("mentions = %q, want %s", fresh.Mentions, k.Ref)
				}
				if fresh.Linked != 0 {
					t.Error("a stranger's claim was linked")
				}
				return
			}
			m := v.Messages[len(v.Messages)-1]
			if len(v.Messages) != 2 || m.Mark != c.mark {
				t.Fatalf("%d messages, mark %q, want %q", len(v.Messages), m.Mark, c.mark)
			}
			moved := v.Ticket.LastInAt.After(before.Ticket.LastInAt) || v.Ticket.LastMessage != before.Ticket.LastMessage
			if moved != (c.mark == ticketing.MarkNone) {
				t.Errorf("moved = %v under mark %q", moved, c.mark)
			}
			if v.Ticket.Citizen != before.Ticket.Citizen || v.Ticket.ReplyTo != before.Ticket.ReplyTo {
				t.Error("the requester changed by itself (I14)")
			}
			if len(r.claim()) != 0 {
				t.Error("something was sent")
			}
		})
	}
}

func TestHeldMessageMovesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{Text: "U kojoj ulici?", Kind: ticketing.ReplyQuestion, Wait: true})
	r.Deliver(t, ticketing.DeliverySent)
	in := r.Mail("ivan@drugi.example", "Re", "kod škole")
	in.Tokens = []string{r.tag(k)}
	r.Receive(t, in)
	if got := r.ticket(k.Ref); got.State != ticketing.StateWaiting {
		t.Errorf("a third party moved the ticket to %s (A69)", got.State)
	}
	m := r.View(t, k.Ref).Messages
	_, err := r.desk.ConfirmSender(t.Context(), r.ana(), at(k), m[len(m)-1].ID)
	r.must(err)
	again := r.Mail("ivan@drugi.example", "Re", "kod škole, broj 5")
	again.Tokens = []string{r.tag(k)}
	r.Receive(t, again)
	got := r.ticket(k.Ref)
	if got.State != ticketing.StateOpen || got.ReplyTo.Address != citizen || got.Citizen != k.Citizen {
		t.Errorf("after confirming: %s, requester %+v (I14)", got.State, got.ReplyTo)
	}
}

// TestHeldOnFinishedTicketIsSeen: what a new address writes to a ticket that
// nobody looks at any more is a ticket of its own, or nobody would read it.
func TestHeldOnFinishedTicketIsSeen(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	_, err := r.desk.Close(t.Context(), r.ana(), at(k), ticketing.CloseInput{Code: ticketing.CodeResolved, Silent: true})
	r.must(err)
	in := r.Mail("supruga@posta.example", "Re: sve po starom", "Nije popravljeno!")
	in.Tokens = []string{r.tag(k)}
	e := r.Receive(t, in)
	if e.State != ticketing.LedgerTicketed {
		t.Fatalf("ledger = %s on ticket %d, want a ticket of its own", e.State, e.Ticket)
	}
	fresh := r.ticket(e.TicketRef)
	if fresh.Mentions != k.Ref || fresh.Linked != 0 || r.ticket(k.Ref).State != ticketing.StateClosed {
		t.Errorf("mentions %q, linked %d; the old one is %s", fresh.Mentions, fresh.Linked, r.ticket(k.Ref).State)
	}
}

func TestOwnAddressIsNoCitizen(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"s48@grad.example", "S48+t1.aaaaaaaaaaaaaaaa@Grad.Example", ""} {
		r := newRig(t, "")
		k := r.open(r.Mail(from, "Predmet", "tekst"))
		if k.Citizen != 0 || k.ReplyTo.Address != "" || len(r.outbox()) != 0 {
			t.Errorf("from %q: citizen %d, reply to %q, %d mails out (A74, F08)", from, k.Citizen, k.ReplyTo.Address, len(r.outbox()))
		}
	}
}

func TestTwoSendersGetNoReceipt(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	in := r.mail("Predmet", "tekst")
	in.Notes = []string{"charset_guessed", "two_from"}
	r.open(in)
	if n := len(r.outbox()); n != 0 {
		t.Errorf("%d mails to an ambiguous sender (A71)", n)
	}
}

func TestMachineMail(t *testing.T) {
	t.Parallel()
	for _, m := range []ticketing.Machine{ticketing.MachineAutoReply, ticketing.MachineList} {
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "")
			k := r.opened()
			r.reply(k, ticketing.ReplyInput{Text: "U kojoj ulici?", Kind: ticketing.ReplyQuestion, Wait: true})
			r.Deliver(t, ticketing.DeliverySent)
			before := r.ticket(k.Ref)

			in := r.mail("Odsutan sam", "Na odmoru do petka.")
			in.Machine, in.Tokens = m, []string{r.tag(k)}
			e := r.Receive(t, in)
			after := r.ticket(k.Ref)
			if e.State != ticketing.LedgerJoined || after.State != ticketing.StateWaiting || after.LastInAt != before.LastInAt {
				t.Errorf("with a thread: %s, ticket %s", e.State, after.State)
			}

			in = r.mail("Odsutan sam", "Na odmoru do petka.")
			in.Machine = m
			if e := r.Receive(t, in); e.State != ticketing.LedgerIgnored || e.Reason != string(m) {
				t.Errorf("without a thread: %s %q", e.State, e.Reason)
			}

			in = r.Mail("robot@drugi.example", "Re: "+string(k.Ref), "Vaša poruka je primljena.")
			in.Machine = m
			if e := r.Receive(t, in); e.State == ticketing.LedgerJoined {
				t.Error("a stranger's machine joined by a bare reference (A68)")
			}
			if n := len(r.claim()); n != 0 {
				t.Errorf("%d mails answer a machine (A78)", n)
			}
		})
	}
}

func TestMachineMailDoesNotReopen(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	_, err := r.desk.Close(t.Context(), r.ana(), at(k), ticketing.CloseInput{Code: ticketing.CodeResolved})
	r.must(err)
	in := r.mail("Odsutan sam", "Na odmoru.")
	in.Machine, in.Tokens = ticketing.MachineAutoReply, []string{r.tag(k)}
	if e := r.Receive(t, in); e.State != ticketing.LedgerJoined || r.ticket(k.Ref).State != ticketing.StateClosed {
		t.Errorf("ledger %s, ticket %s", e.State, r.ticket(k.Ref).State)
	}
}

func TestLoopIsIgnored(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	in := r.mail("Re: potvrda", "tekst")
	in.Machine = ticketing.MachineLoop
	if e := r.Receive(t, in); e.State != ticketing.LedgerIgnored || e.Reason != ticketing.ReasonLoop || len(r.outbox()) != 0 {
		t.Errorf("loop = %s %q, %d mails out (A78)", e.State, e.Reason, len(r.outbox()))
	}
}

func TestSpamView(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	in := r.mail("Zarada od kuće", "Kliknite")
	in.Spam = true
	k := r.open(in)
	if k.State != ticketing.StateClosed || k.Code != ticketing.CodeSpam || len(k.Clocks) != 0 || len(r.outbox()) != 0 {
		t.Fatalf("spam = %s %s, %d clocks, %d mails", k.State, k.Code, len(k.Clocks), len(r.outbox()))
	}
	if len(r.tickets(ticketing.TicketFilter{})) != 0 || len(r.tickets(ticketing.TicketFilter{Spam: true})) != 1 {
		t.Error("spam is not in its own view alone")
	}
	r.later(time.Hour)
	_, err := r.desk.MarkNotSpam(t.Context(), r.ana(), at(k))
	r.must(err)
	k = r.ticket(k.Ref)
	c := clockOf(k, ticketing.ClockAnswer)
	if k.State != ticketing.StateReceived || !c.Due.Equal(in.ReceivedAt.Add(48*time.Hour)) {
		t.Errorf("taken back: %s, due %v", k.State, c.Due)
	}
	if got := r.claim(); len(got) != 1 || got[0].Purpose != ticketing.PurposeReceipt {
		t.Errorf("outbox = %+v, want the receipt", got)
	}
}

func TestCitizenResumesTheWait(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{Text: "U kojoj ulici?", Kind: ticketing.ReplyQuestion, Wait: true})
	r.Deliver(t, ticketing.DeliverySent)
	due := clockOf(k, ticketing.ClockAnswer).Due
	r.later(5 * time.Hour)
	in := r.mail("Re: "+string(k.Ref), "U Njegoševoj.")
	r.Receive(t, in)
	k = r.ticket(k.Ref)
	if c := clockOf(k, ticketing.ClockAnswer); k.State != ticketing.StateOpen || c.State != ticketing.ClockRunning || !c.Due.Equal(due.Add(5*time.Hour)) {
		t.Errorf("ticket %s, promise %s due %v, want %v", k.State, c.State, c.Due, due.Add(5*time.Hour))
	}
}

func TestReopening(t *testing.T) {
	t.Parallel()
	close := func(r *rig, k *ticketing.Ticket) {
		_, err := r.desk.Close(r.Context(), r.ana(), at(k), ticketing.CloseInput{Code: ticketing.CodeNotSolvable, Note: "nije planirano"})
		r.must(err)
	}
	resolve := func(r *rig, k *ticketing.Ticket) {
		_, err := r.desk.Resolve(r.Context(), r.ana(), at(k), "")
		r.must(err)
	}
	for _, c := range []struct {
		name   string
		end    func(r *rig, k *ticketing.Ticket)
		after  time.Duration
		reopen bool
	}{
		{"closed, 29 days", close, 29 * 24 * time.Hour, true},
		{"closed, 31 days", close, 31 * 24 * time.Hour, false},
		{"resolved, 3 days", resolve, 3 * 24 * time.Hour, true},
		{"resolved and never settled, 40 days", resolve, 40 * 24 * time.Hour, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "")
			k := r.opened()
			c.end(r, k)
			r.later(c.after)
			in := r.mail("Re: "+string(k.Ref), "Opet ne radi.")
			in.Tokens = []string{r.tag(k)}
			e := r.Receive(t, in)
			old := r.ticket(k.Ref)
			if !c.reopen {
				fresh := r.ticket(e.TicketRef)
				if e.State != ticketing.LedgerTicketed || fresh.Linked != k.ID || old.Episode != 1 {
					t.Fatalf("%s, linked to %d, old one in episode %d", e.State, fresh.Linked, old.Episode)
				}
				return
			}
			if e.State != ticketing.LedgerJoined || old.State != ticketing.StateOpen || old.Episode != 2 || old.Code != "" || old.ClosingNote != "" {
				t.Fatalf("%s, %s, episode %d, code %q %q", e.State, old.State, old.Episode, old.Code, old.ClosingNote)
			}
			if a := clockOf(old, ticketing.ClockAnswer); a.Episode != 2 || !a.Due.Equal(in.ReceivedAt.Add(48*time.Hour)) {
				t.Errorf("new promise = episode %d, due %v", a.Episode, a.Due)
			}
			if m := r.View(t, k.Ref).Messages; m[len(m)-1].Episode != 2 {
				t.Error("the message is of the old episode")
			}
		})
	}
}

func TestReceiptTimeIsBounded(t *testing.T) {
	t.Parallel()
	for name, when := range map[string]time.Time{
		"future": time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC), "1970": time.Unix(0, 0), "none": {}, "1904": time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "")
			now := r.Clock.Now()
			in := r.mail("Predmet", "tekst")
			in = r.Arrive(t, in)
			in.ReceivedAt, in.SentAt = when, when
			r.must(r.intake.Receive(t.Context(), []ticketing.Inbound{in})[0])
			k := r.tickets(ticketing.TicketFilter{})[0]
			if !k.ReceivedAt.Equal(now) || !strings.HasPrefix(string(k.Ref), "S48-26-") {
				t.Errorf("received at %v as %s, want %v (F18)", k.ReceivedAt, k.Ref, now)
			}

			// Nor does a clock gone wrong decide whether a ticket is reopened.
			first := r.ticket(k.Ref)
			_, err := r.desk.Close(t.Context(), r.ana(), at(first), ticketing.CloseInput{Code: ticketing.CodeResolved})
			r.must(err)
			next := r.Arrive(t, r.mail("Re: "+string(k.Ref), "opet"))
			next.ReceivedAt = when
			r.must(r.intake.Receive(t.Context(), []ticketing.Inbound{next})[0])
			if got := r.ticket(k.Ref); got.Episode != 2 {
				t.Errorf("the ticket was not reopened: %s", got.State)
			}
		})
	}
}

func TestFoldStaysWithTheText(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	in := r.mail("Predmet", "Novo\r\n\x00\r\nčć\r\n> staro")
	in.FoldAt = strings.Index(in.Text, ">")
	k := r.open(in)
	m := r.View(t, k.Ref).Messages[0]
	if m.Text[m.FoldAt:] != "> staro" {
		t.Errorf("folded at %d of %q", m.FoldAt, m.Text)
	}
}
