package ticketing_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sistem48/system48/ticketing"
)

// A history is a random life of one ticket.
type history struct {
	*rig
	*rapid.T
	ref     ticketing.Reference
	twin    ticketing.Reference // another ticket about the same
	first   *ticketing.Ticket
	before  *ticketing.Ticket
	sent    []ticketing.Delivery // accepted
	claimed []ticketing.Delivery
	replies []ticketing.MessageID
	mails   int
	done    map[string]bool // deeds that were not refused
}

// A deed is something that may happen to a ticket.
type deed struct {
	name string
	// events is how many events of its own it leaves when it succeeds; -1: any number.
	events int
	do     func(h *history) error
}

// deeds are all that people, machines and time do.
var deeds = []deed{
	{"answer", 1, func(h *history) error { return h.write(ticketing.ReplyInput{}) }},
	{"answer, with undo", 1, func(h *history) error { return h.write(ticketing.ReplyInput{Undo: true}) }},
	{"answer elsewhere", 1, func(h *history) error {
		return h.write(ticketing.ReplyInput{To: []string{"drugo@posta.example"}, Cc: []string{citizen}})
	}},
	{"answer and resolve", 2, func(h *history) error { return h.write(ticketing.ReplyInput{Resolve: true}) }},
	{"say by telephone", 1, func(h *history) error { return h.write(ticketing.ReplyInput{ByPhone: true}) }},
	{"question", 1, func(h *history) error { return h.write(ticketing.ReplyInput{Kind: ticketing.ReplyQuestion}) }},
	{"question and wait", 2, func(h *history) error {
		return h.write(ticketing.ReplyInput{Kind: ticketing.ReplyQuestion, Wait: true, Undo: true})
	}},
	{"take back", 1, func(h *history) error {
		if len(h.replies) == 0 {
			return errIdle
		}
		_, _, err := h.desk.TakeBack(h.rig.Context(), h.ana(), h.at(), rapid.SampledFrom(h.replies).Draw(h.T, "reply"))
		return err
	}},
	{"note", 1, func(h *history) error {
		_, _, err := h.desk.Note(h.rig.Context(), h.ana(), h.at(), ticketing.NoteInput{Text: "interno"})
		return err
	}},
	{"mail of the citizen", 1, func(h *history) error { return h.arrive(citizen, true) }},
	{"mail of a stranger", -1, func(h *history) error { return h.arrive("stranac@drugi.example", true) }},
	{"mail of a machine", 1, func(h *history) error {
		in := h.letter(citizen, true)
		in.Machine = ticketing.MachineAutoReply
		return h.enter(in)
	}},
	{"write on the status page", 1, func(h *history) error { return h.counter.Write(h.rig.Context(), h.ref, "dopuna", nil) }},
	{"deny", 1, func(h *history) error { return h.counter.Deny(h.rig.Context(), h.ref, "", nil) }},
	{"confirm a stranger", 1, func(h *history) error {
		for _, m := range h.View(h.rig.TB, h.ref).Messages {
			if m.Mark == ticketing.MarkThirdParty {
				return second(h.desk.ConfirmSender(h.rig.Context(), h.ana(), h.at(), m.ID))
			}
		}
		return errIdle
	}},
	{"assign", 1, func(h *history) error {
		return second(h.desk.Assign(h.rig.Context(), h.ana(), h.at(), rapid.SampledFrom([]ticketing.AgentID{0, h.Ana.ID, h.Boris.ID}).Draw(h.T, "to")))
	}},
	{"move", 1, func(h *history) error {
		to := rapid.SampledFrom([]ticketing.DepartmentID{h.Bureau.ID, h.Lighting.ID, h.Roads.ID, h.Cleaning.ID}).Draw(h.T, "to")
		return second(h.desk.Move(h.rig.Context(), h.ana(), h.at(), to, ""))
	}},
	{"recategorise", 1, func(h *history) error {
		c := rapid.SampledFrom(h.directory().Categories).Draw(h.T, "category")
		return second(h.desk.Change(h.rig.Context(), h.ana(), h.at(), ticketing.Change{Category: &c}))
	}},
	{"wait", 1, func(h *history) error {
		return second(h.desk.Wait(h.rig.Context(), h.ana(), h.at(), rapid.SampledFrom(ticketing.WaitReasons()).Draw(h.T, "reason")))
	}},
	{"resume", 1, func(h *history) error { return second(h.desk.Resume(h.rig.Context(), h.ana(), h.at())) }},
	{"validate", 1, func(h *history) error { return second(h.desk.Validate(h.rig.Context(), h.ana(), h.at())) }},
	{"reject", 1, func(h *history) error { return second(h.desk.Reject(h.rig.Context(), h.ana(), h.at())) }},
	{"resolve", 1, func(h *history) error { return second(h.desk.Resolve(h.rig.Context(), h.ana(), h.at(), "broj 5")) }},
	{"close", 1, func(h *history) error {
		code := rapid.SampledFrom(ticketing.ClosingCodes()).Draw(h.T, "code")
		return second(h.desk.Close(h.rig.Context(), h.ana(), h.at(), ticketing.CloseInput{Code: code, Note: "bilješka"}))
	}},
	{"reopen", 1, func(h *history) error { return second(h.desk.Reopen(h.rig.Context(), h.ana(), h.at())) }},
	{"void", 1, func(h *history) error { return second(h.desk.VoidEpisode(h.rig.Context(), h.ana(), h.at())) }},
	{"spam", 1, func(h *history) error { return second(h.desk.MarkSpam(h.rig.Context(), h.ana(), h.at())) }},
	{"not spam", 1, func(h *history) error { return second(h.desk.MarkNotSpam(h.rig.Context(), h.ana(), h.at())) }},
	{"claim", 0, func(h *history) error { h.claimed = append(h.claimed, h.claim()...); return nil }},
	{"settle", -1, func(h *history) error {
		if len(h.claimed) == 0 {
			return errIdle
		}
		d := h.claimed[0]
		h.claimed = h.claimed[1:]
		s := rapid.SampledFrom([]ticketing.DeliveryState{
			ticketing.DeliverySent, ticketing.DeliverySent, ticketing.DeliveryFailed, ticketing.DeliveryUnknown, ticketing.DeliveryRetry,
		}).Draw(h.T, "outcome")
		err := h.courier.Settle(h.rig.Context(), d, ticketing.Outcome{State: s, At: h.Clock.Now(), Recipient: true})
		if err == nil && s == ticketing.DeliverySent {
			h.sent = append(h.sent, d)
		}
		return err
	}},
	{"bounce", -1, func(h *history) error {
		if len(h.sent) == 0 {
			return errIdle
		}
		in := h.bounce(byEnvelope, rapid.SampledFrom(h.sent).Draw(h.T, "delivery"))
		in.MessageID = h.unique()
		return h.enter(in)
	}},
	{"send again", 1, func(h *history) error {
		list := h.View(h.rig.TB, h.ref).Deliveries
		return second(h.desk.RetryDelivery(h.rig.Context(), h.ana(), h.at(), rapid.SampledFrom(list).Draw(h.T, "delivery").ID))
	}},
	{"settle resolved", -1, func(h *history) error { return second(h.upkeep.SettleResolved(h.rig.Context())) }},
	{"watch", -1, func(h *history) error { h.run(); return nil }},
	{"refer", 1, (*history).refer},
	{"a body accepts", 1, (*history).accept},
	{"a body refuses", 1, (*history).refuse},
	{"a body asks", 1, (*history).ask},
	{"a body answers", -1, (*history).answer}, // one of an opinion; of a takeover the answer to the citizen too
	{"a body wants a new link", -1, (*history).wantLink},
	{"tell the body", 1, (*history).tell},
	{"withdraw a referral", 1, (*history).withdraw},
	{"consult", 1, (*history).consult},
	{"answer a consultation", 1, (*history).answerConsult},
	{"end a consultation", 1, (*history).endConsult},
	{"close as a duplicate", 1, (*history).duplicate},
	{"another priority", 1, (*history).prioritise},
	{"another policy", -1, (*history).repolicy},
	{"another holiday", -1, (*history).declare},
	{"the clock steps back", 0, (*history).stepBack},
	{"read", 1, func(h *history) error {
		return h.desk.Revealed(h.rig.Context(), h.ana(), h.before.ID, ticketing.EventRevealed, nil)
	}},
}

// errIdle is a deed for which there is no occasion.
var errIdle = &ticketing.Error{Kind: ticketing.Conflict, Key: "test.idle"}

func (h *history) at() ticketing.Target { return ticketing.Target{Ref: h.ref} }

func (h *history) write(in ticketing.ReplyInput) error {
	in.Text = "Tekst."
	_, id, err := h.desk.Reply(h.rig.Context(), h.ana(), h.at(), in)
	if err == nil {
		h.replies = append(h.replies, id)
	}
	return err
}

func (h *history) unique() string {
	h.mails++
	return fmt.Sprintf("h%d@posta.example", h.mails)
}

func (h *history) letter(from string, token bool) ticketing.Inbound {
	in := h.Mail(from, "Re", "tekst")
	in.MessageID = h.unique()
	if token {
		in.Tokens = []string{h.tag(h.first)}
	}
	return in
}

func (h *history) arrive(from string, token bool) error { return h.enter(h.letter(from, token)) }

func (h *history) enter(in ticketing.Inbound) error {
	return h.intake.Receive(h.rig.Context(), []ticketing.Inbound{h.Arrive(h.TB, in)})[0]
}

// happen lets a deed happen and checks what must hold after anything.
func (h *history) happen(d deed) {
	before := h.events(h.ref)
	err := d.do(h)
	k, events := h.ticket(h.ref), h.events(h.ref)
	fresh := events[len(before):]
	if err == nil {
		h.done[d.name] = true
	}
	if err != nil {
		switch ticketing.KindOf(err) { //nolint:exhaustive // what a refusal may be
		case ticketing.Conflict, ticketing.Invalid, ticketing.Gone, ticketing.Stale, ticketing.NotFound:
		default:
			h.Fatalf("%s: %v", d.name, err)
		}
		if k.Version != h.before.Version || len(fresh) != 0 {
			h.Fatalf("%s was refused (%v) and left %d events, version %d → %d", d.name, err, len(fresh), h.before.Version, k.Version)
		}
	}
	h.checkEvents(d, fresh, k, err)
	h.checkTicket(k, events)
	h.before = k
}

// checkEvents: I3, I4.
func (h *history) checkEvents(d deed, fresh []ticketing.Event, k *ticketing.Ticket, err error) {
	own := 0
	for _, e := range fresh {
		asked := e.Kind == ticketing.EventConsultEnded && d.name == "move" // to the department that was asked
		if e.Kind != ticketing.EventBreached && e.Kind != ticketing.EventWarned && e.Kind != ticketing.EventEscalated && !asked {
			own++
		}
	}
	changed := k.Version != h.before.Version
	if d.events > 0 && err == nil && changed && own != d.events {
		h.Errorf("%s left %d events, want %d: %v (I4)", d.name, own, d.events, fresh)
	}
	if changed && len(fresh) == 0 && d.name != "watch" && d.name != "settle" {
		h.Errorf("%s changed the ticket without an event (I4)", d.name)
	}
	if k.State != h.before.State && !slices.ContainsFunc(ticketing.Moves(), func(m ticketing.Move) bool {
		return m.From == h.before.State && m.To == k.State
	}) {
		h.Errorf("%s moved the ticket from %s to %s (I3)", d.name, h.before.State, k.State)
	}
}

// checkTicket: what holds at any time.
func (h *history) checkTicket(k *ticketing.Ticket, events []ticketing.Event) {
	replayed(h.T, events).check(h.directory().Rules, k)
	if k.Citizen != h.first.Citizen || k.ReplyTo != h.first.ReplyTo {
		h.Error("the requester changed by itself (I14)")
	}
	if _, ok := h.directory().Department(k.Department); !ok {
		h.Errorf("custody of %d (I5)", k.Department)
	}
	h.checkLegs(k, events)
	var due, check time.Time
	breaches := 0
	for _, c := range k.Clocks {
		h.checkClock(k, c)
		open := c.State == ticketing.ClockRunning || c.State == ticketing.ClockPaused || c.State == ticketing.ClockAnswering
		owed := open || (c.State == ticketing.ClockMissed && c.MetAt.IsZero() && c.EndedAt.IsZero())
		if owed && c.Kind != ticketing.ClockLeg && !c.Due.IsZero() && (due.IsZero() || c.Due.Before(due)) {
			due = c.Due
		}
		last := c.Due
		if c.State == ticketing.ClockAnswering {
			last = last.Add(5 * time.Minute)
		}
		if open && !c.Due.IsZero() && c.BreachedAt.IsZero() && (check.IsZero() || last.Before(check)) {
			check = last
		}
		if !c.BreachedAt.IsZero() {
			breaches++
		}
	}
	if !k.DueAt.Equal(due) {
		h.Errorf("lists sort by %v, the nearest due is %v (I6)", k.DueAt, due)
	}
	if !check.IsZero() && (k.CheckAt.IsZero() || k.CheckAt.After(check)) {
		h.Errorf("Watch looks at %v, the next due is %v", k.CheckAt, check)
	}
	recorded := map[string]int{}
	for _, e := range events {
		if e.Kind == ticketing.EventBreached {
			recorded[fmt.Sprint(e.Data["clock"], e.Data["start"], e.Data["due"])]++
		}
	}
	for what, n := range recorded {
		if n > 1 {
			h.Errorf("%d breaches of %s (I9)", n, what)
		}
	}
	if len(recorded) < breaches {
		h.Errorf("%d clocks breached, %d recorded (I9)", breaches, len(recorded))
	}
}

func (h *history) checkClock(k *ticketing.Ticket, c ticketing.Clock) {
	bad := func(why string) { h.Errorf("%s clock of episode %d: %s: %+v", c.Kind, c.Episode, why, c) }
	switch {
	case c.State == ticketing.ClockMet && (c.MetAt.IsZero() || !c.BreachedAt.IsZero() || (!c.Due.IsZero() && c.MetAt.After(c.Due))):
		bad("met, but not in time")
	case c.State == ticketing.ClockMissed && !c.BreachedAt.Equal(c.Due):
		bad("missed, but not at its due (I9)")
	case !c.BreachedAt.IsZero() && !c.BreachedAt.Equal(c.Due):
		bad("breached at another instant than its due (I9)")
	case c.State == ticketing.ClockEnded && (c.EndedAt.IsZero() || c.EndCode == ""):
		bad("ended without code")
	case c.State == ticketing.ClockPaused && k.State != ticketing.StateWaiting:
		bad("paused while nothing is waited for")
	case c.State == ticketing.ClockPending && !c.StartedAt.IsZero():
		bad("pending and started")
	case c.State == ticketing.ClockAnswering && c.Answer == 0:
		bad("answering without an answer")
	case k.State == ticketing.StateClosed && (c.State == ticketing.ClockPending || c.State == ticketing.ClockPaused):
		bad("on a closed ticket")
	}
}

// TestRandomHistories: whatever happens to a ticket in whatever order, the
// invariants hold after every step: I3, I4, I5, I6, I9, I14; and of the whole,
// I8, I12, I13.
func TestRandomHistories(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"24x7", "tivat", "podgorica", "office-hours"} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			runs, torture := 1, os.Getenv("SYSTEM48_TEST_TORTURE") != ""
			if torture {
				runs = 25 // ten thousand tickets in all
			}
			done := map[string]bool{}
			for range runs {
				rapid.Check(t, func(rt *rapid.T) { runHistory(t, rt, profile, done) })
			}
			for _, d := range deeds {
				if torture && !done[d.name] {
					t.Errorf("%s never happened", d.name)
				}
			}
			t.Logf("%d of %d deeds happened", len(done), len(deeds))
		})
	}
}

func runHistory(t *testing.T, rt *rapid.T, profile string, done map[string]bool) {
	h := &history{rig: newRig(t, profile), T: rt, done: done}
	h.must(h.Store.InTx(t.Context(), func(tx ticketing.Tx) error {
		c := ticketing.Category{Code: "permit", Names: h.Other.Names, Department: h.Bureau.ID, Profile: "tivat", ResolveDays: 3}
		return tx.SaveCategory(t.Context(), &c)
	}))
	h.must(h.Store.InTx(t.Context(), func(tx ticketing.Tx) error {
		for _, d := range []*ticketing.Department{&h.Bureau, &h.Roads} {
			if d.LegHours = 24; d == &h.Bureau {
				d.LegHours = 100
			}
			if err := tx.SaveDepartment(t.Context(), d); err != nil {
				return err
			}
		}
		return nil
	}))
	h.Clock.Advance(time.Duration(rapid.IntRange(0, 14*24*60).Draw(rt, "start")) * time.Minute)
	h.first = h.open(h.mail("Predmet", "tekst"))
	h.ref, h.before = h.first.Ref, h.first
	h.twin = h.open(h.mail("Isto", "opet isto")).Ref
	h.bodies()
	ids := map[ticketing.DeliveryID]string{}
	for range rapid.IntRange(1, 30).Draw(rt, "deeds") {
		if minutes := rapid.SampledFrom([]int{0, 0, 1, 7, 90, 600, 1440, 4320, 20_000}).Draw(rt, "minutes"); minutes > 0 {
			h.Clock.Advance(time.Duration(minutes) * time.Minute)
			if rapid.Bool().Draw(rt, "watch is up") {
				h.happen(deeds[slices.IndexFunc(deeds, func(d deed) bool { return d.name == "watch" })])
			}
		}
		h.happen(rapid.SampledFrom(deeds).Draw(rt, "deed"))
		for _, d := range h.View(t, h.ref).Deliveries {
			if was, known := ids[d.ID]; known && was != d.MessageIDHeader {
				rt.Errorf("delivery %d changed its Message-ID (I8)", d.ID)
			}
			ids[d.ID] = d.MessageIDHeader
		}
		if rt.Failed() {
			return
		}
	}
	refs := map[ticketing.Reference]bool{}
	for _, row := range h.tickets(ticketing.TicketFilter{}) {
		if refs[row.Ref] {
			rt.Errorf("%s twice (I12)", row.Ref)
		}
		refs[row.Ref] = true
	}
	b, err := h.Store.LedgerBalance(t.Context(), time.Time{}, time.Time{})
	if err != nil || b.Seen != b.Stored+b.Ignored+b.Quarantined || b.Waiting != 0 {
		rt.Errorf("balance = %+v, %v (I13)", b, errors.Unwrap(err))
	}
}
