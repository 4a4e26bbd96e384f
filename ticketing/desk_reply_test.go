package ticketing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

func TestReplyReachesTheCitizen(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	in := r.mail("Svjetiljka", "ne gori")
	k := r.open(in)
	r.Deliver(t, ticketing.DeliverySent)
	id := r.reply(k, ticketing.ReplyInput{Text: "Popravljeno {ref} {{.Ref}}.", Cc: []string{"sestra@posta.example"}})
	got := r.claim()
	if len(got) != 2 || got[0].Message != id || got[0].MessageIDHeader != got[1].MessageIDHeader || got[0].EnvelopeID == got[1].EnvelopeID {
		t.Fatalf("outbox = %+v", got)
	}
	d := got[0]
	if !strings.Contains(d.Text, "Popravljeno {ref} {{.Ref}}.") {
		t.Errorf("the agent's words were expanded:\n%s", d.Text)
	}
	if d.ReplyTo == "" || !slices.Equal(d.References, []string{in.MessageID}) || !slices.Equal(d.HeaderCc, []ticketing.Party{{Address: "sestra@posta.example"}}) {
		t.Errorf("reply to %q, references %q, cc %v", d.ReplyTo, d.References, d.HeaderCc)
	}
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockAnswering || !c.MetAt.IsZero() {
		t.Errorf("before acceptance: %s, met %v", c.State, c.MetAt)
	}
	r.Clock.Advance(time.Minute)
	r.settle(got[0], ticketing.DeliverySent)
	k = r.ticket(k.Ref)
	if c := clockOf(k, ticketing.ClockAnswer); c.State != ticketing.ClockMet || !c.MetAt.Equal(r.Clock.Now()) || !k.AnsweredAt.Equal(r.Clock.Now()) {
		t.Errorf("accepted: %s at %v, answered %v", c.State, c.MetAt, k.AnsweredAt)
	}
	r.settle(got[1], ticketing.DeliveryFailed)
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockMet {
		t.Errorf("the other copy failed: %s", c.State)
	}
}

func TestReplyRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	many := make([]string, 21)
	for i := range many {
		many[i] = fmt.Sprintf("a%d@posta.example", i)
	}
	for name, in := range map[string]ticketing.ReplyInput{
		"empty":            {Text: " \n"},
		"only controls":    {Text: "\x00\u202e\x07"},
		"too long":         {Text: strings.Repeat("x", ticketing.MaxText)},
		"kind":             {Text: "x", Kind: "promise"},
		"wait on answer":   {Text: "x", Wait: true},
		"resolve question": {Text: "x", Kind: ticketing.ReplyQuestion, Resolve: true},
		"many":             {Text: "x", To: many},
		"foreign upload":   {Text: "x", Uploads: []string{"nobody's"}},
	} {
		_, _, err := r.desk.Reply(t.Context(), r.ana(), at(k), in)
		if kind := ticketing.KindOf(err); kind != ticketing.Invalid && kind != ticketing.TooLarge && kind != ticketing.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A76: nothing of an address becomes a header or a second recipient.
	for _, a := range []string{
		"a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "a@b.example;c@d.example", "<a@b.example>", "a b@c.example",
		"a@b@c.example", "@b.example", "a@", "\"a\"@b.example", "s48@grad.example", "S48+x@grad.example", strings.Repeat("a", 250) + "@b.example",
		"a\u2028@b.example", "a\u200b@b.example", "a@b.example\x00", "grupa:a@b.example",
	} {
		for _, in := range []ticketing.ReplyInput{{Text: "x", To: []string{a}}, {Text: "x", Cc: []string{a}}} {
			if _, _, err := r.desk.Reply(t.Context(), r.ana(), at(k), in); ticketing.KindOf(err) != ticketing.Invalid {
				t.Errorf("%q: %v (A76)", a, err)
			}
		}
	}
	if v := r.View(t, k.Ref); len(v.Messages) != 1 || v.Ticket.Version != k.Version || len(r.claim()) != 0 {
		t.Error("a refused reply left something behind")
	}
	spam := r.mail("x", "y")
	spam.Spam = true
	_, _, err := r.desk.Reply(t.Context(), r.ana(), at(r.open(spam)), ticketing.ReplyInput{Text: "x"})
	r.wantKind(err, ticketing.Conflict)
}

func TestEachRecipientOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{Cc: []string{citizen, "Sestra@posta.example", "sestra@posta.example"}})
	var to []string
	for _, d := range r.claim() {
		to = append(to, d.To.Address)
	}
	if !slices.Equal(to, []string{citizen, "sestra@posta.example"}) {
		t.Errorf("copies to %q", to)
	}
}

// TestNewerMessage: A97, what came meanwhile is read before the reply goes.
// Identifiers do not say what is newer: processes take them in blocks.
func TestNewerMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.Receive(t, r.mail("Re: "+string(k.Ref), "dopuna"))
	now := r.ticket(k.Ref)
	for _, seen := range []ticketing.MessageID{k.LastMessage, now.LastMessage + 50} {
		_, _, err := r.desk.Reply(t.Context(), r.ana(), at(k), ticketing.ReplyInput{Text: "x", LastSeen: seen})
		r.wantKey(err, ticketing.Conflict, "reply.newer")
	}
	r.reply(k, ticketing.ReplyInput{LastSeen: now.LastMessage})
}

// TestReplyOnce: F21, the same key is one reply, whatever version the caller
// names and whatever happened to the ticket since.
func TestReplyOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	once := ticketing.Once{Caller: "agent:1", Key: "k", Hash: "h"}
	target := ticketing.Target{Ref: k.Ref, Version: k.Version}
	in := ticketing.ReplyInput{Text: "Hvala.", LastSeen: k.LastMessage, Once: once}
	_, first, err := r.desk.Reply(t.Context(), r.ana(), target, in)
	r.must(err)
	before := r.ticket(k.Ref)
	r.Receive(t, r.mail("Re: "+string(k.Ref), "dopuna"))
	after := r.ticket(k.Ref)
	got, again, err := r.desk.Reply(t.Context(), r.ana(), target, in)
	if err != nil || again != first {
		t.Fatalf("repeated: %d, %v; want %d", again, err, first)
	}
	if got.Ref != k.Ref || r.ticket(k.Ref).Version != after.Version || before.Version == after.Version {
		t.Error("the repetition changed the ticket")
	}
	note := ticketing.NoteInput{Text: "n", Once: ticketing.Once{Caller: "agent:1", Key: "n", Hash: "h"}}
	target.Version = after.Version
	_, n1, err := r.desk.Note(t.Context(), r.ana(), target, note)
	r.must(err)
	_, n2, err := r.desk.Note(t.Context(), r.ana(), target, note)
	if err != nil || n1 != n2 {
		t.Errorf("notes %d and %d, %v", n1, n2, err)
	}
	in.Once.Hash = "other"
	_, _, err = r.desk.Reply(t.Context(), r.ana(), at(k), in)
	r.wantKind(err, ticketing.Conflict)
	if n := len(r.claim()); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
}

// TestEveryFaultOfReply: whatever fails, the retry with the same key gives
// exactly one message and one mail (F21, I7).
func TestEveryFaultOfReply(t *testing.T) {
	t.Parallel()
	ticketingtest.EachFault(t, func(t *testing.T, arm func(ticketingtest.Ports) *ticketingtest.FaultStore) {
		r := newRig(t, "")
		k := r.opened()
		r.must(r.Store.AddUpload(t.Context(), ticketing.Upload{
			ID: "u1", Agent: r.Ana.ID, Ticket: k.ID, Kind: ticketing.DraftReply, File: ticketing.Attachment{Key: "k", Name: "slika.jpg", ContentType: "image/jpeg"},
		}))
		in := ticketing.ReplyInput{Text: "Hvala.", Uploads: []string{"u1"}, Resolve: true, Once: ticketing.Once{Caller: "a", Key: "k", Hash: "h"}}
		faulty := arm(r.Store)
		desk := ticketing.Desk{Bureau: r.over(faulty)}
		_, _, err := desk.Reply(t.Context(), r.ana(), ticketing.Target{Ref: k.Ref, Version: k.Version}, in)
		for n := 0; err != nil; n++ {
			if n == 3 {
				t.Fatal(err)
			}
			_, _, err = desk.Reply(t.Context(), r.ana(), ticketing.Target{Ref: k.Ref, Version: k.Version}, in)
		}
		v := r.View(t, k.Ref)
		if len(v.Messages) != 2 || len(v.Messages[1].Files) != 1 || v.Ticket.State != ticketing.StateResolved {
			t.Errorf("after a fault in %s: %d messages, %s", faulty.Failed(), len(v.Messages), v.Ticket.State)
		}
		if n := len(r.deliveries(k.Ref, ticketing.PurposeAnswer)); n != 1 {
			t.Errorf("%d mails", n)
		}
	})
}

func TestReplyRunTwiceAndLostAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	faulty := ticketingtest.NewFaultStore(r.Store)
	faulty.RunTwice(true)
	desk := ticketing.Desk{Bureau: r.over(faulty)}
	in := ticketing.ReplyInput{Text: "Hvala.", Once: ticketing.Once{Caller: "a", Key: "k", Hash: "h"}}
	faulty.LoseAnswer(1)
	if _, _, err := desk.Reply(t.Context(), r.ana(), at(k), in); err == nil {
		t.Error("the lost answer was not reported")
	}
	_, _, err := desk.Reply(t.Context(), r.ana(), at(k), in)
	r.must(err)
	if n := len(r.claim()); n != 1 {
		t.Errorf("%d mails, want 1 (F21)", n)
	}
}

// TestUploadsKeepApart: A98, what was given to a note, to another ticket or by
// somebody else never leaves with a reply.
func TestUploadsKeepApart(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	other := r.open(r.mail("Drugi", "tekst"))
	r.Deliver(t, ticketing.DeliverySent)
	add := func(id string, a ticketing.AgentID, k ticketing.TicketID, kind ticketing.DraftKind) {
		r.must(r.Store.AddUpload(t.Context(), ticketing.Upload{ID: id, Agent: a, Ticket: k, Kind: kind, File: ticketing.Attachment{Key: id, Name: id}}))
	}
	add("note", r.Ana.ID, k.ID, ticketing.DraftNote)
	add("other", r.Ana.ID, other.ID, ticketing.DraftReply)
	add("boris", r.Boris.ID, k.ID, ticketing.DraftReply)
	add("mine", r.Ana.ID, k.ID, ticketing.DraftReply)
	for _, id := range []string{"note", "other", "boris"} {
		_, _, err := r.desk.Reply(t.Context(), r.ana(), at(k), ticketing.ReplyInput{Text: "x", Uploads: []string{"mine", id}})
		r.wantKind(err, ticketing.NotFound)
	}
	_, _, err := r.desk.Note(t.Context(), r.ana(), at(k), ticketing.NoteInput{Text: "x", Uploads: []string{"mine"}})
	r.wantKind(err, ticketing.NotFound)
	r.reply(k, ticketing.ReplyInput{Uploads: []string{"mine"}})
	got := r.claim()
	if len(got) != 1 || len(got[0].Files) != 1 || got[0].Files[0].Key != "mine" {
		t.Errorf("outbox = %+v", got)
	}
}

func TestQuestionMeetsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{Text: "U kojoj ulici?", Kind: ticketing.ReplyQuestion})
	sent := r.Deliver(t, ticketing.DeliverySent)
	k = r.ticket(k.Ref)
	if c := clockOf(k, ticketing.ClockAnswer); c.State != ticketing.ClockRunning || !k.AnsweredAt.IsZero() {
		t.Errorf("a delivered question: %s, answered %v", c.State, k.AnsweredAt)
	}
	// Nor when its copy came back and is sent again.
	r.Receive(t, r.bounce(byEnvelope, sent...))
	r.must(second(r.desk.RetryDelivery(t.Context(), r.ana(), at(k), sent[0].ID)))
	r.Deliver(t, ticketing.DeliverySent)
	k = r.ticket(k.Ref)
	if c := clockOf(k, ticketing.ClockAnswer); c.State != ticketing.ClockRunning || !k.AnsweredAt.IsZero() {
		t.Errorf("a question sent again: %s, answered %v", c.State, k.AnsweredAt)
	}
}

func TestSystemsMeetNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	bot := r.ana()
	bot.System, bot.Label = true, "token:bot"
	_, _, err := r.desk.Reply(t.Context(), bot, at(k), ticketing.ReplyInput{Text: "Automatski odgovor."})
	r.must(err)
	r.Deliver(t, ticketing.DeliverySent)
	k = r.ticket(k.Ref)
	if c := clockOf(k, ticketing.ClockAnswer); c.State != ticketing.ClockRunning || !k.AnsweredAt.IsZero() {
		t.Errorf("a machine met the promise: %s, %v", c.State, k.AnsweredAt)
	}
}

func TestUndoWindow(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	id := r.reply(k, ticketing.ReplyInput{Text: "Pogrešno.", Undo: true, Cc: []string{"zabuna@drugi.example"}})
	if n := len(r.claim()); n != 0 {
		t.Fatalf("%d mails left within the undo window (D20)", n)
	}
	_, _, err := r.desk.TakeBack(t.Context(), ticketing.ActorOf(r.Boris), at(k), id)
	r.wantKind(err, ticketing.NotFound)
	_, text, err := r.desk.TakeBack(t.Context(), r.ana(), at(k), id)
	r.must(err)
	if text != "Pogrešno." {
		t.Errorf("the draft gets %q", text)
	}
	got := r.ticket(k.Ref)
	if c := clockOf(got, ticketing.ClockAnswer); c.State != ticketing.ClockRunning || c.Answer != 0 {
		t.Errorf("taken back: %s", c.State)
	}
	if slices.Contains(got.Parties, "zabuna@drugi.example") {
		t.Error("who never got the message is a party of the ticket")
	}
	r.Clock.Advance(time.Hour)
	if n := len(r.claim()); n != 0 {
		t.Errorf("%d taken back mails left", n)
	}
	_, _, err = r.desk.TakeBack(t.Context(), r.ana(), at(k), id)
	r.wantKey(err, ticketing.Conflict, "reply.left")

	// The next reply answers the citizen's mail, not the one that never left.
	r.reply(k, ticketing.ReplyInput{})
	d := r.claim()[0]
	if m := r.View(t, k.Ref).Messages[0]; !slices.Equal(d.References, []string{m.MessageIDHeader}) {
		t.Errorf("the reply refers to %q, want the citizen's %q", d.References, m.MessageIDHeader)
	}
	_, _, err = r.desk.TakeBack(t.Context(), r.ana(), at(k), d.Message)
	r.wantKey(err, ticketing.Conflict, "reply.left")
}

// TestUndoWhileWaiting: what is taken back while the ticket waits for the
// citizen's answer to an earlier question ends that wait only if it is the
// question (I6).
func TestUndoWhileWaiting(t *testing.T) {
	t.Parallel()
	for _, kind := range []ticketing.ReplyKind{ticketing.ReplyAnswer, ticketing.ReplyQuestion} {
		r := newRig(t, "")
		k := r.opened()
		r.reply(k, ticketing.ReplyInput{Kind: ticketing.ReplyQuestion, Undo: true})
		r.must(second(r.desk.Wait(t.Context(), r.ana(), at(k), ticketing.WaitCitizen)))
		r.Clock.Advance(time.Second)
		id := r.reply(k, ticketing.ReplyInput{Kind: kind, Undo: true})
		_, _, err := r.desk.TakeBack(t.Context(), r.ana(), at(k), id)
		r.must(err)
		got := r.ticket(k.Ref)
		if got.State != ticketing.StateWaiting || len(got.Pauses) != 1 || !got.Pauses[0].To.IsZero() {
			t.Errorf("%s taken back: state %s, pauses %v; the wait for the question goes on", kind, got.State, got.Pauses)
		}
	}
}

// TestUndoYieldsToTheDue: D20, what would be late by waiting goes at once; a
// question keeps no promise and waits.
func TestUndoYieldsToTheDue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind ticketing.ReplyKind
		left time.Duration
		at   bool
	}{
		{ticketing.ReplyAnswer, 5 * time.Second, true},
		{ticketing.ReplyAnswer, time.Minute, false},
		{ticketing.ReplyAnswer, -time.Minute, false},
		{ticketing.ReplyQuestion, 5 * time.Second, false},
	} {
		r := newRig(t, "")
		k := r.opened()
		r.Clock.Set(clockOf(k, ticketing.ClockAnswer).Due.Add(-c.left))
		r.reply(k, ticketing.ReplyInput{Kind: c.kind, Undo: true})
		if got := len(r.claim()) == 1; got != c.at {
			t.Errorf("%s %v before the due: left at once %v, want %v", c.kind, c.left, got, c.at)
		}
	}
}

func TestSendAfter(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	when := r.Clock.Now().Add(72 * time.Hour)
	r.reply(k, ticketing.ReplyInput{SendAfter: when})
	r.Clock.Advance(71 * time.Hour)
	if len(r.claim()) != 0 {
		t.Error("left before its time")
	}
	r.Clock.Set(when)
	for _, d := range r.claim() {
		r.settle(d, ticketing.DeliveryRetry)
	}
	if d := r.deliveries(k.Ref, ticketing.PurposeAnswer)[0]; d.State != ticketing.DeliveryRetry {
		t.Errorf("after the first refusal: %s; it has 48 h from its time", d.State)
	}
}

func TestAnswerWithoutContact(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.handed(ticketing.OpenInput{})
	r.reply(k, ticketing.ReplyInput{Text: "Popravljeno."})
	k = r.ticket(k.Ref)
	if c := clockOf(k, ticketing.ClockAnswer); c.State != ticketing.ClockMet || len(r.claim()) != 0 {
		t.Errorf("published on the status page: %s", c.State)
	}
	called := r.opened()
	r.reply(called, ticketing.ReplyInput{Text: "Rečeno telefonom.", ByPhone: true})
	if c := clockOf(r.ticket(called.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockMet || len(r.claim()) != 0 {
		t.Errorf("said on the telephone: %s", c.State)
	}
}

func TestNoteStaysInside(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	_, id, err := r.desk.Note(t.Context(), r.ana(), at(k), ticketing.NoteInput{Text: "Zvala Puteve."})
	r.must(err)
	v := r.View(t, k.Ref)
	if m := v.Messages[1]; m.ID != id || m.Direction != ticketing.Note || len(r.claim()) != 0 || v.Ticket.LastMessage == id {
		t.Errorf("note = %+v", m)
	}
	_, _, err = r.desk.Note(t.Context(), r.ana(), at(k), ticketing.NoteInput{Text: " "})
	r.wantKind(err, ticketing.Invalid)
	_, err = r.desk.Close(t.Context(), r.ana(), at(k), ticketing.CloseInput{Code: ticketing.CodeWithdrawn})
	r.must(err)
	_, _, err = r.desk.Note(t.Context(), r.ana(), at(k), ticketing.NoteInput{Text: "još nešto"})
	r.must(err)
	if got := r.ticket(k.Ref); got.State != ticketing.StateClosed {
		t.Errorf("a note made it %s", got.State)
	}
}

func TestRetryDelivery(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{})
	d := r.claim()[0]
	r.wantKey(second(r.desk.RetryDelivery(t.Context(), r.ana(), at(k), d.ID)), ticketing.Conflict, "delivery.not_failed")
	r.settle(d, ticketing.DeliveryFailed)
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockRunning {
		t.Errorf("failed: %s", c.State)
	}
	other := r.open(r.mail("Drugi", "tekst"))
	r.wantKind(second(r.desk.RetryDelivery(t.Context(), r.ana(), at(other), d.ID)), ticketing.NotFound)
	r.must(second(r.desk.RetryDelivery(t.Context(), r.ana(), at(k), d.ID)))
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockAnswering {
		t.Errorf("on its way again: %s", c.State)
	}
	again := slices.DeleteFunc(r.claim(), func(x ticketing.Delivery) bool { return x.ID != d.ID })
	if len(again) != 1 || again[0].MessageIDHeader != d.MessageIDHeader {
		t.Fatalf("again = %+v, want the same Message-ID (I8)", again)
	}
	r.settle(again[0], ticketing.DeliverySent)
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockMet {
		t.Errorf("arrived at last: %s", c.State)
	}
}
