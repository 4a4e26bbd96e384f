package sms_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// TestFurtherText: a further text of the number lands in its ticket; the ticket
// says so at most once a day.
func TestFurtherText(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	e := r.text(citizen, "Rupa na putu")
	r.Clock.Advance(time.Hour)
	if got := r.text(citizen, "Kod broja 12"); got.State != ticketing.LedgerJoined || got.TicketRef != e.TicketRef {
		t.Fatalf("second text = %s %s", got.State, got.TicketRef)
	}
	if n := len(r.got(citizen)); n != 1 {
		t.Errorf("%d texts within a day, want the receipt alone", n)
	}
	r.Clock.Advance(25 * time.Hour)
	r.text(citizen, "Još je tu")
	if n := len(r.got(citizen)); n != 2 || !strings.Contains(r.last(citizen), string(e.TicketRef)) {
		t.Errorf("%d texts, the last %q", n, r.last(citizen))
	}
	r.Clock.Advance(8 * 24 * time.Hour)
	if got := r.text(citizen, "Nešto sasvim drugo, na drugom mjestu"); got.State != ticketing.LedgerTicketed {
		t.Errorf("after a week of silence = %s", got.State)
	}
	if got := r.text(other, "Rupa na putu"); got.State != ticketing.LedgerTicketed {
		t.Errorf("another number = %s", got.State)
	}
}

// two opens two tickets of the number.
func (r *rig) two() (first, second ticketing.Reference) {
	r.Helper()
	a := r.text(citizen, "Rupa na putu")
	r.Clock.Advance(time.Minute)
	b := r.text(citizen, "NOVO Svjetiljka ne gori")
	if b.State != ticketing.LedgerTicketed || a.TicketRef == b.TicketRef {
		r.Fatalf("NOVO = %s %s", b.State, b.TicketRef)
	}
	if s := r.View(r.TB, b.TicketRef).Ticket.Subject; s != "Svjetiljka ne gori" {
		r.Errorf("subject = %q", s)
	}
	r.Clock.Advance(2 * time.Hour)
	return a.TicketRef, b.TicketRef
}

// TestWhich: with several open the number is asked "1, 2 or new?"; what waits is
// in the ledger and is put where the answer says.
func TestWhich(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		want   func(first, second ticketing.Reference) ticketing.Reference // "": a new one
	}{
		"1":      {"1", func(_, second ticketing.Reference) ticketing.Reference { return second }},
		"2":      {" 2. ", func(first, _ ticketing.Reference) ticketing.Reference { return first }},
		"new":    {"NOVO", func(_, _ ticketing.Reference) ticketing.Reference { return "" }},
		"new, ћ": {"ново", func(_, _ ticketing.Reference) ticketing.Reference { return "" }},
		"i ri":   {"i ri", func(_, _ ticketing.Reference) ticketing.Reference { return "" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			first, second := r.two()
			held := r.text(citizen, "Još nije riješeno")
			if held.State != ticketing.LedgerReceived {
				t.Fatalf("held text = %s", held.State)
			}
			if q := r.last(citizen); !strings.Contains(q, string(second)) || strings.Index(q, string(first)) < strings.Index(q, string(second)) {
				t.Errorf("question = %q", q)
			}
			also := r.text(citizen, "A djeca tuda idu u školu")
			if n := len(r.got(citizen)); also.State != ticketing.LedgerReceived || n != 3 {
				t.Errorf("second held text = %s, %d texts: the question is asked once", also.State, n)
			}
			if a := r.text(citizen, c.answer); a.State != ticketing.LedgerIgnored || a.Reason != ticketing.ReasonChoice {
				t.Errorf("answer = %s %s", a.State, a.Reason)
			}
			r.work()
			one, two := r.entry(held.Arrival.MessageID), r.entry(also.Arrival.MessageID)
			want := c.want(first, second)
			switch {
			case one.TicketRef == "" || one.TicketRef != two.TicketRef:
				t.Errorf("held texts went to %q and %q", one.TicketRef, two.TicketRef)
			case want == "" && (one.State != ticketing.LedgerTicketed || one.TicketRef == first || one.TicketRef == second):
				t.Errorf("new = %s %s", one.State, one.TicketRef)
			case want != "" && one.TicketRef != want:
				t.Errorf("held text went to %s, want %s", one.TicketRef, want)
			}
			if next := r.text(citizen, "Hvala"); next.TicketRef != one.TicketRef {
				t.Errorf("the next text went to %q, want the chosen %s", next.TicketRef, one.TicketRef)
			}
		})
	}
}

// TestNobodyAnswers: a text that waited half an hour opens a ticket, and its
// promise counts from when it came.
func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.two()
	came := r.Clock.Now()
	held := r.text(citizen, "Još nije riješeno")
	r.Clock.Advance(29 * time.Minute)
	r.work()
	if e := r.entry(held.Arrival.MessageID); e.State != ticketing.LedgerReceived {
		t.Fatalf("too early: %s", e.State)
	}
	r.Clock.Advance(2 * time.Minute)
	r.work()
	e := r.entry(held.Arrival.MessageID)
	if e.State != ticketing.LedgerTicketed || !r.View(t, e.TicketRef).Ticket.ReceivedAt.Equal(came.UTC().Truncate(time.Microsecond)) {
		t.Errorf("after half an hour = %s", e.State)
	}
}

// TestAnswerToQuestion: the one ticket that waits for the citizen gets the text,
// unasked; a reference in the text says it too.
func TestAnswerToQuestion(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	first, second := r.two()
	r.reply(first, ticketing.ReplyInput{Kind: ticketing.ReplyQuestion, Wait: true, Text: "Koji broj?"})
	r.work()
	if e := r.text(citizen, "broj 12"); e.TicketRef != first {
		t.Errorf("went to %q, want %s", e.TicketRef, first)
	}
	if s := r.View(t, first).Ticket.State; s != ticketing.StateOpen {
		t.Errorf("state = %s: the answer came", s)
	}
	if e := r.text(citizen, "Za "+string(second)+": hvala"); e.TicketRef != second {
		t.Errorf("went to %q, want %s", e.TicketRef, second)
	}
	if e := r.text(other, "Za "+string(second)+": i meni smeta"); e.State != ticketing.LedgerTicketed || e.TicketRef == second {
		t.Errorf("a stranger's = %s %s", e.State, e.TicketRef)
	}
}

// TestStatus: A89, the state is told to a number of the ticket; any other reads
// what it would read of a ticket that does not exist.
func TestStatus(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	e := r.text(citizen, "Rupa na putu, zovem se Marko Tajni")
	bare := strings.TrimPrefix(string(e.TicketRef), "S48-")
	for _, ask := range []string{"STATUS " + bare, "status " + string(e.TicketRef), "Статус " + bare, "stanje " + strings.ReplaceAll(bare, "-", " ")} {
		before := len(r.got(citizen))
		got := r.text(citizen, ask)
		if got.State != ticketing.LedgerIgnored || got.Reason != ticketing.ReasonCommand {
			t.Errorf("%q = %s %s", ask, got.State, got.Reason)
		}
		if len(r.got(citizen)) != before+1 || !strings.Contains(r.last(citizen), string(e.TicketRef)) || strings.Contains(r.last(citizen), "Marko") {
			t.Errorf("%q is answered %q", ask, r.last(citizen))
		}
	}
	r.text(other, "STATUS "+bare)
	stranger := r.last(other)
	r.text(other, "STATUS 26-999999-7")
	if nobody := r.last(other); stranger == "" || stranger != nobody || strings.Contains(strings.ReplaceAll(stranger, "26-004812-6", ""), bare) {
		t.Errorf("a stranger reads %q, of no ticket %q", stranger, nobody)
	}
	if e := r.text(citizen, "Status radova u Ulici slobode?"); e.State != ticketing.LedgerJoined {
		t.Errorf("a question that begins with the word = %s", e.State)
	}
}

// TestAutomaticTextsAreCapped: nobody makes the bureau pay for texts without end.
func TestAutomaticTextsAreCapped(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for range 15 {
		r.text(other, "STATUS 26-004812-6")
	}
	if n := len(r.got(other)); n != 6 {
		t.Errorf("%d answers within the hour, want 6", n)
	}
}

// TestOptOut: STOP words of every language, nothing is sent to such a number, the
// answer goes the next way; START takes it back. Words in a sentence are no command.
func TestOptOut(t *testing.T) {
	t.Parallel()
	for word, answered := range map[string]bool{"STOP": false, "Stani!": true, "СТАНИ": true, "odjava": true, "NDAL": true} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			e := r.text(citizen, "Rupa na putu")
			before := len(r.got(citizen))
			if got := r.text(citizen, word); got.Reason != ticketing.ReasonCommand {
				t.Fatalf("%s = %s %s", word, got.State, got.Reason)
			}
			if said := len(r.got(citizen)) > before; said != answered {
				t.Errorf("confirmed = %v, want %v: what the provider answers itself is not answered twice", said, answered)
			}
			if k := r.View(t, e.TicketRef).Citizen.Contacts[0]; k.OptedOutAt.IsZero() {
				t.Error("the number did not opt out")
			}
			before = len(r.got(citizen))
			id := r.reply(e.TicketRef, ticketing.ReplyInput{})
			r.work()
			if len(r.got(citizen)) != before || len(r.answers(e.TicketRef)) != 0 {
				t.Error("a text went to a number that wants none")
			}
			for _, m := range r.View(t, e.TicketRef).Messages {
				if m.ID == id && m.Channel != ticketing.ChannelPortal {
					t.Errorf("the answer went by %s", m.Channel)
				}
			}
			r.text(citizen, "START")
			r.reply(e.TicketRef, ticketing.ReplyInput{})
			r.work()
			if len(r.answers(e.TicketRef)) != 1 {
				t.Error("START did not bring the texts back")
			}
		})
	}
	r := newRig(t, nil)
	if e := r.text(citizen, "Stop znak je oboren"); e.State != ticketing.LedgerTicketed {
		t.Errorf("a sentence = %s", e.State)
	}
}

// TestOptOutFromTheProvider: error 21610 marks the number; the answer is not tried
// again and goes by mail.
func TestOptOutFromTheProvider(t *testing.T) {
	t.Parallel()
	on := false
	r := newRig(t, refusing(400, 21610, &on))
	e := r.text(citizen, "Rupa na putu")
	people := ticketing.People{Bureau: r.Core}
	if _, err := people.Change(t.Context(), ticketing.ActorOf(r.Ana), r.View(t, e.TicketRef).Citizen.ID, ticketing.CitizenChange{AddEmail: "marko@posta.example"}); err != nil {
		t.Fatal(err)
	}
	on = true
	r.reply(e.TicketRef, ticketing.ReplyInput{})
	r.work()
	list := r.answers(e.TicketRef)
	if len(list) != 2 || list[0].State != ticketing.DeliveryFailed || list[1].Channel != ticketing.ChannelEmail {
		t.Errorf("deliveries = %d", len(list))
	}
}

// TestChannelOfChoice: the citizen's preference decides, the agent may choose
// otherwise, and when nothing leads there the ticket says so.
func TestChannelOfChoice(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	e := r.text(citizen, "Rupa na putu")
	people := ticketing.People{Bureau: r.Core}
	prefer := func(c ticketing.Channel) {
		ch := ticketing.CitizenChange{Preferred: &c}
		if c == ticketing.ChannelEmail {
			ch.AddEmail = "marko@posta.example"
		}
		if _, err := people.Change(t.Context(), ticketing.ActorOf(r.Ana), r.View(t, e.TicketRef).Citizen.ID, ch); err != nil {
			t.Fatal(err)
		}
	}
	went := func(in ticketing.ReplyInput) ticketing.Channel {
		id := r.reply(e.TicketRef, in)
		for _, m := range r.View(t, e.TicketRef).Messages {
			if m.ID == id {
				return m.Channel
			}
		}
		return ""
	}
	if c := went(ticketing.ReplyInput{}); c != ticketing.ChannelSMS {
		t.Errorf("as they wrote = %s", c)
	}
	prefer(ticketing.ChannelEmail)
	if c := went(ticketing.ReplyInput{}); c != ticketing.ChannelEmail {
		t.Errorf("e-mail preferred = %s", c)
	}
	if c := went(ticketing.ReplyInput{Channel: ticketing.ChannelSMS}); c != ticketing.ChannelSMS {
		t.Errorf("the agent chose = %s", c)
	}
	prefer(ticketing.ChannelPortal)
	if c := went(ticketing.ReplyInput{}); c != ticketing.ChannelPortal {
		t.Errorf("portal preferred = %s", c)
	}
	prefer(ticketing.ChannelPhone)
	if ways := r.Core.Ways(&r.View(t, e.TicketRef).Ticket, r.View(t, e.TicketRef).Citizen); ways[0].Channel != ticketing.ChannelPhone {
		t.Errorf("telephone preferred: %v", ways)
	}
	if c := went(ticketing.ReplyInput{ByPhone: true}); c != ticketing.ChannelPhone || r.answerClock(e.TicketRef).State != ticketing.ClockMet {
		t.Errorf("told by telephone = %s, clock %s", c, r.answerClock(e.TicketRef).State)
	}
}

// TestNoWayLeft: the only way failed: the promise runs again and the ticket says
// that somebody must do something.
func TestNoWayLeft(t *testing.T) {
	t.Parallel()
	on := false
	r := newRig(t, refusing(400, 21614, &on))
	e := r.text(citizen, "Rupa na putu")
	on = true
	r.reply(e.TicketRef, ticketing.ReplyInput{})
	r.work()
	events, err := r.Store.TicketEvents(t.Context(), ticketing.Scope{All: true}, e.TicketRef)
	if err != nil || events[len(events)-1].Kind != ticketing.EventUnreached {
		t.Errorf("last event = %s, %v", events[len(events)-1].Kind, err)
	}
	if c := r.answerClock(e.TicketRef); c.State != ticketing.ClockRunning {
		t.Errorf("clock = %s", c.State)
	}
}

// TestOwnNumber: a loop between two of our numbers ends at once.
func TestOwnNumber(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	if e := r.text(bureau, "primili smo Vašu poruku"); e.State != ticketing.LedgerIgnored || e.Reason != ticketing.ReasonLoop {
		t.Errorf("our own number = %s %s", e.State, e.Reason)
	}
	if e := r.text("OPERATER", "Vaš račun"); e.State != ticketing.LedgerTicketed || len(r.got("OPERATER")) != 0 {
		t.Errorf("a name instead of a number = %s", e.State)
	}
}

// TestLongAnswer: more parts than the city pays for become a link.
func TestLongAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	e := r.text(citizen, "Rupa na putu")
	r.reply(e.TicketRef, ticketing.ReplyInput{Text: strings.Repeat("Čišćenje šahta se nastavlja. ", 40)})
	r.work()
	if got := r.last(citizen); strings.Contains(got, "ahta") || !strings.Contains(got, r.Core.Settings.PublicURL) {
		t.Errorf("a long answer = %q", got)
	}
}
