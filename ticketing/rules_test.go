package ticketing

import (
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing/calendar"
)

// testRules are the five shipped promises with November's holidays.
func testRules(t *testing.T) *Rulebook {
	t.Helper()
	zone, err := calendar.LoadZone("Europe/Podgorica")
	if err != nil {
		t.Fatal(err)
	}
	week := func(name string, from, to calendar.Minute) *calendar.Calendar {
		c, err := calendar.New(calendar.Spec{
			Name: name, Version: 1, Zone: "Europe/Podgorica",
			Weekly: calendar.WeekdaysFrom(time.Monday, time.Friday, from, to),
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	wd, oh := week("working-days", 0, calendar.EndOfDay), week("office-hours", 7*60, 15*60)
	cutoff := &calendar.Cutoff{Weekdays: []time.Weekday{time.Friday, time.Saturday, time.Sunday}, Holidays: true}
	b, err := NewRulebook(zone, []Profile{
		{Name: "24x7", Version: 1, Start: FromReceipt, Calendar: alwaysOpen, WorkCalendar: "working-days", Target: 48 * time.Hour},
		{
			Name: "tivat", Version: 1, Start: FromValidation, Calendar: "working-days", Target: 48 * time.Hour,
			ValidationCalendar: "office-hours", ValidationTarget: 8 * time.Hour,
		},
		{Name: "podgorica", Version: 1, Start: FromReceipt, Cutoff: cutoff, Calendar: "working-days", Target: 48 * time.Hour},
	}, []*calendar.Calendar{wd, oh}, "podgorica")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// at reads local wall time of Podgorica.
func at(t *testing.T, s string) time.Time {
	t.Helper()
	zone, _ := calendar.LoadZone("Europe/Podgorica")
	v, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	if err != nil {
		t.Fatal(err)
	}
	return v.UTC()
}

var (
	testAgent    = Actor{Agent: 7, Name: "Ana Popović", Role: RoleAgent}
	testCategory = Category{ID: 3, Code: "potholes", ResolveDays: 5, Department: 2}
)

func openTicket(t *testing.T, rules *Rulebook, c Category, received string) *Ticket {
	t.Helper()
	when := at(t, received)
	k := Open(Opening{
		ID: 1, Ref: "S48-26-004812-6", Subject: "Udarna rupa", Channel: ChannelEmail, Category: c, Department: 1, Citizen: 5,
		ReplyTo: Party{Address: "marko@posta.example"}, ReceivedAt: when,
	}, intakeActor, rules, when)
	k.First(Message{ID: 10, Direction: In, ReceivedAt: when})
	return k
}

func delivery(id DeliveryID, m MessageID, state DeliveryState, at time.Time) Delivery {
	return Delivery{ID: id, Message: m, Purpose: PurposeAnswer, State: state, AcceptedAt: at, To: Party{Address: "marko@posta.example"}}
}

// said gives the message that a delivery of the ticket carries.
func said(k *Ticket, d Delivery) *Message {
	for i := range k.Pending.Messages {
		if m := &k.Pending.Messages[i]; m.ID == d.Message {
			return m
		}
	}
	return nil
}

// TestStoryOfTheDesign follows the one story of the design: received Friday
// 20 November 2026 at 15:40, waited 3 h 30 for the citizen, due Wednesday 03:30.
func TestStoryOfTheDesign(t *testing.T) {
	t.Parallel()
	rules := testRules(t)
	k := openTicket(t, rules, testCategory, "2026-11-20 15:40")
	if got, want := k.clock(ClockAnswer).Due, at(t, "2026-11-25 00:00"); !got.Equal(want) {
		t.Fatalf("due = %v, want %v", got, want)
	}
	ask := at(t, "2026-11-23 11:20")
	m := Message{ID: 11, Kind: ReplyQuestion, ReceivedAt: ask}
	if err := k.Reply(m, []Delivery{delivery(1, 11, DeliveryPending, time.Time{})}, testAgent, rules, ask); err != nil {
		t.Fatal(err)
	}
	if err := k.Wait(WaitCitizen, true, testAgent, rules, ask); err != nil {
		t.Fatal(err)
	}
	if k.clock(ClockAnswer).State != ClockPaused || k.State != StateWaiting {
		t.Fatalf("waiting: clock %s, state %s", k.clock(ClockAnswer).State, k.State)
	}
	back := at(t, "2026-11-23 14:50")
	if err := k.Receive(Message{ID: 12, Direction: In, ReceivedAt: back}, intakeActor, rules, testCategory, back); err != nil {
		t.Fatal(err)
	}
	if got, want := k.clock(ClockAnswer).Due, at(t, "2026-11-25 03:30"); !got.Equal(want) {
		t.Errorf("due after the wait = %v, want %v", got, want)
	}
	if got, want := k.clock(ClockResolve).Due, at(t, "2026-11-30 03:30"); !got.Equal(want) {
		t.Errorf("resolve due = %v, want %v", got, want)
	}
	x, err := rules.Explain(*k.clock(ClockAnswer), k.Pauses, at(t, "2026-11-24 10:14"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := x.Counted, 30*time.Hour+44*time.Minute; got != want {
		t.Errorf("counted = %v, want %v", got, want)
	}
	if got, want := x.Left, 17*time.Hour+16*time.Minute; got != want {
		t.Errorf("left = %v, want %v", got, want)
	}
	if got, want := x.Paused, 3*time.Hour+30*time.Minute; got != want {
		t.Errorf("paused = %v, want %v", got, want)
	}
}

func TestAnswerMeetsWhenAccepted(t *testing.T) {
	t.Parallel()
	rules := testRules(t)
	k := openTicket(t, rules, testCategory, "2026-11-23 09:00")
	sent := at(t, "2026-11-24 08:00")
	d := delivery(1, 11, DeliveryPending, time.Time{})
	if err := k.Reply(Message{ID: 11, Kind: ReplyAnswer, ReceivedAt: sent}, []Delivery{d}, testAgent, rules, sent); err != nil {
		t.Fatal(err)
	}
	c := k.clock(ClockAnswer)
	if c.State != ClockAnswering || !c.MetAt.IsZero() {
		t.Fatalf("after the reply: %s, met %v; want answering, not met", c.State, c.MetAt)
	}
	d.State, d.AcceptedAt = DeliverySent, sent.Add(12*time.Second)
	k.Delivered(d, said(k, d), courierActor, rules, d.AcceptedAt)
	if c.State != ClockMet || !c.MetAt.Equal(d.AcceptedAt) || !k.AnsweredAt.Equal(d.AcceptedAt) {
		t.Fatalf("after acceptance: %s, met %v, answered %v", c.State, c.MetAt, k.AnsweredAt)
	}
	t.Run("a bounce takes it back with the old due", func(t *testing.T) {
		due := c.Due
		d.State = DeliveryBounced
		k.Undelivered(d, said(k, d), []Delivery{d}, intakeActor, rules, sent.Add(time.Hour))
		if c.State != ClockRunning || !c.MetAt.IsZero() || !c.Due.Equal(due) || !k.AnsweredAt.IsZero() {
			t.Fatalf("after the bounce: %s, met %v, due %v", c.State, c.MetAt, c.Due)
		}
		if !k.Judge(watchActor, due.Add(time.Second)) || c.State != ClockMissed || !c.BreachedAt.Equal(due) {
			t.Fatalf("judged again: %s, breached %v; want missed at %v", c.State, c.BreachedAt, due)
		}
		if k.Judge(watchActor, due.Add(time.Hour)) {
			t.Error("a breach was recorded twice (I9)")
		}
		if !k.DueAt.Equal(due) {
			t.Errorf("an overdue ticket is due at %v in lists, want %v", k.DueAt, due)
		}
	})
}

func TestWhatMeetsNothing(t *testing.T) {
	t.Parallel()
	rules := testRules(t)
	now := at(t, "2026-11-24 08:00")
	system := testAgent
	system.System = true
	for _, tt := range []struct {
		name string
		kind ReplyKind
		by   Actor
	}{
		{"a question", ReplyQuestion, testAgent},
		{"a system's answer (B23)", ReplyAnswer, system},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k := openTicket(t, rules, testCategory, "2026-11-23 09:00")
			d := delivery(1, 11, DeliverySent, now)
			if err := k.Reply(Message{ID: 11, Kind: tt.kind, ReceivedAt: now}, []Delivery{d}, tt.by, rules, now); err != nil {
				t.Fatal(err)
			}
			k.Delivered(d, said(k, d), courierActor, rules, now)
			if c := k.clock(ClockAnswer); c.State != ClockRunning || !c.MetAt.IsZero() {
				t.Errorf("clock = %s, met %v; want running", c.State, c.MetAt)
			}
		})
	}
}

func TestLateAnswerIsMissedAtDue(t *testing.T) {
	t.Parallel()
	rules := testRules(t)
	k := openTicket(t, rules, testCategory, "2026-11-23 09:00")
	c := k.clock(ClockAnswer)
	late := c.Due.Add(time.Minute)
	d := delivery(1, 11, DeliveryPending, time.Time{})
	if err := k.Reply(Message{ID: 11, Kind: ReplyAnswer, ReceivedAt: c.Due.Add(-time.Second)}, []Delivery{d}, testAgent, rules, c.Due.Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	if k.Judge(watchActor, late) {
		t.Error("judged while the answer was on its way")
	}
	d.State, d.AcceptedAt = DeliverySent, late
	k.Delivered(d, said(k, d), courierActor, rules, late)
	if c.State != ClockMissed || !c.BreachedAt.Equal(c.Due) || !c.MetAt.Equal(late) {
		t.Errorf("clock = %s, breached %v, met %v", c.State, c.BreachedAt, c.MetAt)
	}
}

func TestClosingKeepsUnsettledAnswer(t *testing.T) {
	t.Parallel()
	rules := testRules(t)
	k := openTicket(t, rules, testCategory, "2026-11-23 09:00")
	now := at(t, "2026-11-24 08:00")
	d := delivery(1, 11, DeliveryPending, time.Time{})
	if err := k.Reply(Message{ID: 11, Kind: ReplyAnswer, ReceivedAt: now}, []Delivery{d}, testAgent, rules, now); err != nil {
		t.Fatal(err)
	}
	if err := k.Close(Closing{Code: CodeNotSolvable, Note: "u planu za 2027"}, testAgent, rules, now); err != nil {
		t.Fatal(err)
	}
	if c := k.clock(ClockAnswer); c.State != ClockAnswering {
		t.Errorf("answer clock = %s, want answering", c.State)
	}
	if c := k.clock(ClockResolve); c.State != ClockEnded || c.EndCode != CodeNotSolvable {
		t.Errorf("resolve clock = %s(%s), want ended", c.State, c.EndCode)
	}
	d.State, d.AcceptedAt = DeliverySent, now.Add(time.Second)
	k.Delivered(d, said(k, d), courierActor, rules, now.Add(time.Second))
	if c := k.clock(ClockAnswer); c.State != ClockMet {
		t.Errorf("answer clock = %s, want met", c.State)
	}
}

func TestValidationStartsThePromise(t *testing.T) {
	t.Parallel()
	rules := testRules(t)
	c := testCategory
	c.Profile = "tivat"
	k := openTicket(t, rules, c, "2026-11-20 14:00") // Friday
	if a := k.clock(ClockAnswer); a.State != ClockPending || !a.Due.IsZero() {
		t.Fatalf("answer clock before validation = %s, due %v", a.State, a.Due)
	}
	if v := k.clock(ClockValidation); !v.Due.Equal(at(t, "2026-11-23 14:00")) {
		t.Errorf("validation due = %v", v.Due)
	}
	now := at(t, "2026-11-23 10:00")
	if err := k.Validate(testAgent, rules, now); err != nil {
		t.Fatal(err)
	}
	if a := k.clock(ClockAnswer); a.State != ClockRunning || !a.Due.Equal(at(t, "2026-11-25 10:00")) {
		t.Errorf("answer clock = %s, due %v", a.State, a.Due)
	}
	if v := k.clock(ClockValidation); v.State != ClockMet {
		t.Errorf("validation clock = %s", v.State)
	}
	if err := k.Validate(testAgent, rules, now); KindOf(err) != Conflict {
		t.Errorf("second validation: %v, want conflict", err)
	}
}

func TestSpamIsReversible(t *testing.T) {
	t.Parallel()
	rules := testRules(t)
	k := openTicket(t, rules, testCategory, "2026-11-23 09:00")
	due := k.clock(ClockAnswer).Due
	now := at(t, "2026-11-23 10:00")
	if err := k.MarkSpam(testAgent, rules, now); err != nil {
		t.Fatal(err)
	}
	if k.State != StateClosed || k.Code != CodeSpam || !k.DueAt.IsZero() {
		t.Fatalf("spam: %s/%s, due %v", k.State, k.Code, k.DueAt)
	}
	if err := k.MarkNotSpam(testAgent, rules, testCategory, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if k.State != StateReceived || !k.DueAt.Equal(due) || len(k.Clocks) != 2 {
		t.Errorf("not spam: %s, due %v, %d clocks", k.State, k.DueAt, len(k.Clocks))
	}
}

func TestReopeningIsANewEpisode(t *testing.T) {
	t.Parallel()
	rules := testRules(t)
	k := openTicket(t, rules, testCategory, "2026-11-09 09:00")
	now := at(t, "2026-11-10 08:00")
	if err := k.Resolve(testAgent, rules, true, "", now); err != nil {
		t.Fatal(err)
	}
	back := at(t, "2026-11-16 08:00")
	if err := k.Receive(Message{ID: 20, Direction: In, ReceivedAt: back}, intakeActor, rules, testCategory, back); err != nil {
		t.Fatal(err)
	}
	if k.Episode != 2 || k.State != StateOpen || !k.clock(ClockAnswer).Due.Equal(at(t, "2026-11-18 08:00")) {
		t.Fatalf("episode %d, %s, due %v", k.Episode, k.State, k.clock(ClockAnswer).Due)
	}
	if got := k.Pending.Messages[len(k.Pending.Messages)-1].Episode; got != 2 {
		t.Errorf("message belongs to episode %d, want 2", got)
	}
	if err := k.VoidEpisode(testAgent, back.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if c := k.clock(ClockAnswer); k.State != StateResolved || c.State != ClockEnded {
		t.Errorf("voided: %s, answer clock %s", k.State, c.State)
	}
}

func TestNextAnswerCountsFromTheOldestUnanswered(t *testing.T) {
	t.Parallel()
	rules := testRules(t)
	k := openTicket(t, rules, testCategory, "2026-11-09 09:00")
	now := at(t, "2026-11-10 08:00")
	d := delivery(1, 11, DeliverySent, now)
	_ = k.Reply(Message{ID: 11, Kind: ReplyAnswer, ReceivedAt: now}, []Delivery{d}, testAgent, rules, now)
	k.Delivered(d, said(k, d), courierActor, rules, now)
	for i, s := range []string{"2026-11-11 08:00", "2026-11-11 20:00"} {
		when := at(t, s)
		if err := k.Receive(Message{ID: MessageID(20 + i), Direction: In, ReceivedAt: when}, intakeActor, rules, testCategory, when); err != nil {
			t.Fatal(err)
		}
	}
	var next []Clock
	for _, c := range k.Clocks {
		if c.Kind == ClockNextAnswer {
			next = append(next, c)
		}
	}
	if len(next) != 1 || !next[0].Due.Equal(at(t, "2026-11-13 08:00")) {
		t.Fatalf("next answer clocks = %+v", next)
	}
}

// TestRecategorising keeps pauses and the beginning (B5, B6).
func TestRecategorising(t *testing.T) {
	t.Parallel()
	rules := testRules(t)
	k := openTicket(t, rules, testCategory, "2026-11-20 15:40")
	onCall := Category{ID: 4, Code: "burst-pipe", OnCall: true, Department: 2}
	if err := k.Apply(Change{Category: &onCall}, testAgent, rules, at(t, "2026-11-20 16:00")); err != nil {
		t.Fatal(err)
	}
	if got, want := k.clock(ClockAnswer).Due, at(t, "2026-11-22 15:40"); !got.Equal(want) {
		t.Errorf("due of an on-call category = %v, want %v", got, want)
	}
	if k.clock(ClockResolve) != nil {
		t.Error("the new category promises no resolving, the clock stayed")
	}
}

func TestEventsAreChained(t *testing.T) {
	t.Parallel()
	rules := testRules(t)
	k := openTicket(t, rules, testCategory, "2026-11-23 09:00")
	now := at(t, "2026-11-23 10:00")
	if err := k.MoveTo(Department{ID: 2}, Category{}, testAgent, Handover{Reason: "nadležni su Putevi", Salt: "00ff"}, rules, now); err != nil {
		t.Fatal(err)
	}
	if err := k.Assign(9, testAgent, now); err != nil {
		t.Fatal(err)
	}
	if err := k.SealEvents(); err != nil {
		t.Fatal(err)
	}
	events := k.Pending.Events
	if len(events) != 3 {
		t.Fatalf("%d events for three changes (I4)", len(events))
	}
	if bad, ok := VerifyChain(events, 0, ""); !ok {
		t.Fatalf("chain broken at %d", bad)
	}
	for i, spoil := range []func(e *Event){
		func(e *Event) { e.Actor = "agent:1" },
		func(e *Event) { e.At = e.At.Add(time.Microsecond) },
		func(e *Event) { e.DataJSON = "{}" },
		func(e *Event) { e.Prev = "" },
	} {
		copied := append([]Event(nil), events...)
		spoil(&copied[1])
		if bad, ok := VerifyChain(copied, 0, ""); ok || bad != 2 {
			t.Errorf("spoiling %d: bad = %d, ok = %v; want 2", i, bad, ok)
		}
	}
	erased := append([]Event(nil), events...)
	erased[1].Payload, erased[1].Salt = "", ""
	if _, ok := VerifyChain(erased, 0, ""); !ok {
		t.Error("erasing a payload broke the chain")
	}
}

func TestMovesAreTheOnlyWay(t *testing.T) {
	t.Parallel()
	rules := testRules(t)
	now := at(t, "2026-11-23 10:00")
	k := openTicket(t, rules, testCategory, "2026-11-23 09:00")
	if err := k.Close(Closing{Code: CodeWithdrawn}, testAgent, rules, now); err != nil {
		t.Fatal(err)
	}
	for name, act := range map[string]func() error{
		"resolve":  func() error { return k.Resolve(testAgent, rules, true, "", now) },
		"wait":     func() error { return k.Wait(WaitBody, false, testAgent, rules, now) },
		"resume":   func() error { return k.Resume(testAgent, rules, now) },
		"not spam": func() error { return k.MarkNotSpam(testAgent, rules, testCategory, now) },
		"settle":   func() error { return k.Settle(testAgent, now) },
		"validate": func() error { return k.Validate(testAgent, rules, now) },
	} {
		if err := act(); KindOf(err) != Conflict {
			t.Errorf("%s on a closed ticket: %v, want conflict (I3)", name, err)
		}
	}
}
