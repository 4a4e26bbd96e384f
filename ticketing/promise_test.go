package ticketing_test

import (
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// TestLateDeedsAreRecorded: what comes late before Watch looked is a breach with
// its event at the due instant, and a deed all the same (I9, F41).
func TestLateDeedsAreRecorded(t *testing.T) {
	t.Parallel()
	for name, watch := range map[string]bool{"Watch was down": false, "Watch saw it": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "")
			k := r.opened()
			answer, resolve := clockOf(k, ticketing.ClockAnswer).Due, clockOf(k, ticketing.ClockResolve).Due
			r.Clock.Set(resolve.Add(time.Hour))
			if watch {
				r.run()
			}
			now := r.Clock.Now()
			r.reply(k, ticketing.ReplyInput{Resolve: true})
			r.Deliver(t, ticketing.DeliverySent)
			r.run()
			k = r.ticket(k.Ref)
			for kind, due := range map[ticketing.ClockKind]time.Time{ticketing.ClockAnswer: answer, ticketing.ClockResolve: resolve} {
				c := clockOf(k, kind)
				if c.State != ticketing.ClockMissed || !c.BreachedAt.Equal(due) || !c.MetAt.Equal(now) {
					t.Errorf("%s = %s, breached %v, met %v; want missed at %v, done %v", kind, c.State, c.BreachedAt, c.MetAt, due, now)
				}
			}
			if n := r.count(k.Ref, ticketing.EventBreached); n != 2 {
				t.Errorf("%d breaches recorded, want 2", n)
			}
			if !k.DueAt.IsZero() {
				t.Errorf("nothing is owed, but the ticket is due %v", k.DueAt)
			}
		})
	}
}

// TestLateTicketCanBeResolvedWithItsAnswer: that the answer is late does not
// make it no answer.
func TestLateTicketCanBeResolvedWithItsAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.must(second(r.desk.Change(t.Context(), r.ana(), at(k), ticketing.Change{Category: &r.Streetlight})))
	_, _, err := r.desk.Reply(t.Context(), r.ana(), at(k), ticketing.ReplyInput{Text: "?", Kind: ticketing.ReplyQuestion})
	r.must(err)
	r.wantKey(second(r.desk.Resolve(t.Context(), r.ana(), at(k), "")), ticketing.Invalid, "closing.proof_answer")
	r.later(72 * time.Hour)
	r.reply(k, ticketing.ReplyInput{Resolve: true})
	if got := r.ticket(k.Ref); got.State != ticketing.StateResolved {
		t.Errorf("the ticket is %s", got.State)
	}
}

// TestTwoAnswersUnderway: the one that arrives keeps the promise, whichever was
// written first.
func TestTwoAnswersUnderway(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{Text: "Prvi."})
	stuck := r.claim()[0]
	r.settle(stuck, ticketing.DeliveryRetry)
	r.reply(k, ticketing.ReplyInput{Text: "Drugi.", To: []string{"marko@posao.example"}})
	for _, d := range r.claim() {
		if d.ID != stuck.ID {
			r.settle(d, ticketing.DeliverySent)
		}
	}
	k = r.ticket(k.Ref)
	if c := clockOf(k, ticketing.ClockAnswer); c.State != ticketing.ClockMet || k.AnsweredAt.IsZero() {
		t.Fatalf("an answer arrived, but the promise is %s", c.State)
	}
	r.Clock.Advance(2 * time.Minute)
	for _, d := range r.claim() {
		r.settle(d, ticketing.DeliveryFailed)
	}
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockMet {
		t.Errorf("the stuck one failed, and the promise is %s", c.State)
	}
}

// TestMessageWhileTheAnswerIsUnderway: B10, any message of the citizen has its
// promise, also one that crosses the answer.
func TestMessageWhileTheAnswerIsUnderway(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{})
	d := r.claim()[0]
	r.Clock.Advance(time.Minute)
	in := r.mail("Re: "+string(k.Ref), "I još nešto.")
	r.Receive(t, in)
	r.settle(d, ticketing.DeliverySent)
	k = r.ticket(k.Ref)
	first, next := clockOf(k, ticketing.ClockAnswer), clockOf(k, ticketing.ClockNextAnswer)
	if first.State != ticketing.ClockMet || next.State != ticketing.ClockRunning || !next.Due.Equal(in.ReceivedAt.Add(48*time.Hour)) {
		t.Errorf("first %s; next %s due %v", first.State, next.State, next.Due)
	}
	r.Receive(t, r.mail("Re: "+string(k.Ref), "I još."))
	if n := len(r.ticket(k.Ref).Clocks); n != len(k.Clocks) {
		t.Error("a second unanswered message began a second clock: the oldest counts")
	}
	r.reply(k, ticketing.ReplyInput{})
	r.Deliver(t, ticketing.DeliverySent)
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockNextAnswer); c.State != ticketing.ClockMet {
		t.Errorf("answered: %s", c.State)
	}
}

// TestOldAnswerDoesNotMeetANewEpisode: what was written before the ticket was
// reopened keeps no promise of the new episode.
func TestOldAnswerDoesNotMeetANewEpisode(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{})
	d := r.claim()[0]
	r.must(second(r.desk.Close(t.Context(), r.ana(), at(k), ticketing.CloseInput{Code: ticketing.CodeResolved, Silent: true})))
	r.Clock.Advance(time.Minute)
	r.Receive(t, r.mail("Re: "+string(k.Ref), "Nije riješeno."))
	r.settle(d, ticketing.DeliverySent)
	k = r.ticket(k.Ref)
	if c := clockOf(k, ticketing.ClockAnswer); c.Episode != 2 || c.State != ticketing.ClockRunning || !k.AnsweredAt.IsZero() {
		t.Errorf("episode %d: %s, answered %v", c.Episode, c.State, k.AnsweredAt)
	}
	if c := k.Clocks[0]; c.State != ticketing.ClockMet {
		t.Errorf("episode 1: %s", c.State)
	}
}

// TestClosingEndsWhatWasMissed: closed unanswered is neither owed in a later
// episode nor answered by its answer.
func TestClosingEndsWhatWasMissed(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.later(72 * time.Hour)
	r.must(second(r.desk.Close(t.Context(), r.ana(), at(k), ticketing.CloseInput{Code: ticketing.CodeWithdrawn, Silent: true})))
	k = r.ticket(k.Ref)
	if c := clockOf(k, ticketing.ClockAnswer); c.State != ticketing.ClockMissed || c.EndedAt.IsZero() || !k.DueAt.IsZero() {
		t.Errorf("closed late: %s, ended %v, ticket due %v", c.State, c.EndedAt, k.DueAt)
	}
	r.Clock.Advance(time.Hour)
	r.must(second(r.desk.Reopen(t.Context(), r.ana(), at(k))))
	k = r.ticket(k.Ref)
	if want := clockOf(k, ticketing.ClockAnswer).Due; !k.DueAt.Equal(want) {
		t.Errorf("reopened, due %v, want %v of the new episode", k.DueAt, want)
	}
	r.reply(k, ticketing.ReplyInput{})
	r.Deliver(t, ticketing.DeliverySent)
	k = r.ticket(k.Ref)
	if c := k.Clocks[0]; !c.MetAt.IsZero() {
		t.Error("the answer of episode 2 answered episode 1")
	}
	if c := clockOf(k, ticketing.ClockAnswer); c.State != ticketing.ClockMet {
		t.Errorf("episode 2: %s", c.State)
	}
}

// TestVainQuestion: a wait for the citizen lasts only as long as there is a
// question that may have reached them.
func TestVainQuestion(t *testing.T) {
	t.Parallel()
	ask := ticketing.ReplyInput{Text: "U kojoj ulici?", Kind: ticketing.ReplyQuestion, Wait: true, Undo: true}
	for name, c := range map[string]struct {
		end    func(r *rig, k *ticketing.Ticket, id ticketing.MessageID)
		paused time.Duration
	}{
		"taken back": {func(r *rig, k *ticketing.Ticket, id ticketing.MessageID) {
			r.Clock.Advance(5 * time.Second)
			_, _, err := r.desk.TakeBack(r.Context(), r.ana(), at(k), id)
			r.must(err)
		}, 0},
		"refused": {func(r *rig, _ *ticketing.Ticket, _ ticketing.MessageID) {
			r.Clock.Advance(time.Hour)
			r.settle(r.claim()[0], ticketing.DeliveryFailed)
		}, 0},
		"come back": {func(r *rig, _ *ticketing.Ticket, _ ticketing.MessageID) {
			r.Clock.Advance(time.Minute)
			d := r.claim()[0]
			r.settle(d, ticketing.DeliverySent)
			r.Clock.Advance(3 * time.Hour)
			r.Receive(r.TB, r.bounce(byEnvelope, d))
		}, 3*time.Hour + time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "")
			k := r.opened()
			due := clockOf(k, ticketing.ClockAnswer).Due
			id := r.reply(k, ask)
			if got := r.ticket(k.Ref); got.State != ticketing.StateWaiting {
				t.Fatalf("after the question: %s", got.State)
			}
			c.end(r, k, id)
			got := r.ticket(k.Ref)
			answer := clockOf(got, ticketing.ClockAnswer)
			if got.State != ticketing.StateOpen || answer.State != ticketing.ClockRunning || !answer.Due.Equal(due.Add(c.paused)) {
				t.Errorf("%s, promise %s due %v; want open, running, due %v", got.State, answer.State, answer.Due, due.Add(c.paused))
			}
			r.wantKey(second(r.desk.Wait(t.Context(), r.ana(), at(k), ticketing.WaitCitizen)), ticketing.Conflict, "wait.no_question")
		})
	}
}

// TestCitizenWaitCap: ten working days in all, however often one asks.
func TestCitizenWaitCap(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened() // Monday 5 January 2026
	due := clockOf(k, ticketing.ClockAnswer).Due
	ask := ticketing.ReplyInput{Text: "U kojoj ulici?", Kind: ticketing.ReplyQuestion, Wait: true}
	r.reply(k, ask)
	r.Deliver(t, ticketing.DeliverySent)
	// Ten working days from Monday 09:00 end on Monday 19 January 09:00: 14 days.
	if got := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer).Due; !got.Equal(due.Add(14 * 24 * time.Hour)) {
		t.Errorf("waiting: due %v, want %v", got, due.Add(14*24*time.Hour))
	}
	r.later(7 * 24 * time.Hour) // five working days
	r.must(second(r.desk.Resume(t.Context(), r.ana(), at(k))))
	if got := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer).Due; !got.Equal(due.Add(7 * 24 * time.Hour)) {
		t.Errorf("resumed: due %v, want %v", got, due.Add(7*24*time.Hour))
	}
	for range 3 { // asking again and again
		r.reply(k, ask)
		r.Deliver(t, ticketing.DeliverySent)
		r.Clock.Advance(30 * 24 * time.Hour)
		r.must(second(r.desk.Resume(t.Context(), r.ana(), at(k))))
	}
	if got := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer).Due; !got.Equal(due.Add(14 * 24 * time.Hour)) {
		t.Errorf("after a hundred days of questions: due %v, want %v", got, due.Add(14*24*time.Hour))
	}
}

// TestRecategorisingAfterTheDue: B5, B6; what has fallen due is not argued away.
func TestRecategorisingAfterTheDue(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.must(second(r.desk.Change(t.Context(), r.ana(), at(k), ticketing.Change{Category: &r.Waste})))
	resolve := clockOf(r.ticket(k.Ref), ticketing.ClockResolve).Due
	r.Clock.Set(resolve.Add(time.Second)) // Watch is down
	r.must(second(r.desk.Change(t.Context(), r.ana(), at(k), ticketing.Change{Category: &r.Other})))
	k = r.ticket(k.Ref)
	if c := clockOf(k, ticketing.ClockResolve); c.State != ticketing.ClockMissed || !c.BreachedAt.Equal(resolve) {
		t.Errorf("resolve = %s, breached %v, due %v", c.State, c.BreachedAt, c.Due)
	}
}

// TestRecategorisingToValidation: a promise that counts from validation needs
// somebody to validate.
func TestRecategorisingToValidation(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	tivat := ticketing.Category{Code: "permit", Names: r.Other.Names, Department: r.Bureau.ID, Profile: "tivat", ResolveDays: 3}
	r.must(r.staff.SaveCategory(t.Context(), r.adam(), &tivat))
	k := r.opened()
	r.must(second(r.desk.Wait(t.Context(), r.ana(), at(k), ticketing.WaitWeather)))
	r.must(second(r.desk.Change(t.Context(), r.ana(), at(k), ticketing.Change{Category: &tivat})))
	k = r.ticket(k.Ref)
	if a := clockOf(k, ticketing.ClockAnswer); a.State != ticketing.ClockPending || !a.Due.IsZero() {
		t.Errorf("answer = %s due %v, want pending", a.State, a.Due)
	}
	if v := clockOf(k, ticketing.ClockValidation); v.State != ticketing.ClockRunning || v.Due.IsZero() || !k.Awaits() {
		t.Errorf("validation = %s due %v", v.State, v.Due)
	}
	r.must(second(r.desk.Validate(t.Context(), r.ana(), at(k))))
	k = r.ticket(k.Ref)
	if c := clockOf(k, ticketing.ClockResolve); c.State != ticketing.ClockPaused {
		t.Errorf("resolve begins while waiting for the weather: %s, want paused", c.State)
	}
	if c := clockOf(k, ticketing.ClockAnswer); c.State != ticketing.ClockRunning {
		t.Errorf("answer = %s; the weather does not stop it", c.State)
	}
	r.must(second(r.desk.Change(t.Context(), r.ana(), at(k), ticketing.Change{Category: &r.Waste})))
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); !c.StartedAt.Equal(k.ReceivedAt) {
		t.Errorf("back to receipt: counts from %v, want %v", c.StartedAt, k.ReceivedAt)
	}
}

// TestVoidedEpisode: a thank-you changes nothing that was.
func TestVoidedEpisode(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{})
	r.Deliver(t, ticketing.DeliverySent)
	r.Clock.Advance(time.Hour)
	r.must(second(r.desk.Close(t.Context(), r.ana(), at(k), ticketing.CloseInput{Code: ticketing.CodeNotCompetent, Note: "Elektrodistribucija", Silent: true})))
	before := r.ticket(k.Ref)
	r.Clock.Advance(time.Hour)
	r.Receive(t, r.mail("Re: "+string(k.Ref), "Hvala!"))
	if got := r.ticket(k.Ref); got.State != ticketing.StateOpen || got.Code != "" {
		t.Fatalf("reopened: %s %q", got.State, got.Code)
	}
	r.must(second(r.desk.VoidEpisode(t.Context(), r.ana(), at(k))))
	got := r.ticket(k.Ref)
	if got.State != ticketing.StateClosed || got.Code != ticketing.CodeNotCompetent || got.ClosingNote != "Elektrodistribucija" ||
		!got.ClosedAt.Equal(before.ClosedAt) || !got.AnsweredAt.Equal(before.AnsweredAt) {
		t.Errorf("voided: %s %q %q, closed %v, answered %v", got.State, got.Code, got.ClosingNote, got.ClosedAt, got.AnsweredAt)
	}
	if !got.DueAt.IsZero() || !got.CheckAt.IsZero() {
		t.Error("a voided episode is still owed")
	}
	r.wantKind(second(r.desk.VoidEpisode(t.Context(), r.ana(), at(k))), ticketing.Conflict)
	// A second thank-you, answered: that is no thank-you any more.
	r.Receive(t, r.mail("Re: "+string(k.Ref), "Hvala još jednom!"))
	r.reply(k, ticketing.ReplyInput{})
	r.Deliver(t, ticketing.DeliverySent)
	r.wantKey(second(r.desk.VoidEpisode(t.Context(), r.ana(), at(k))), ticketing.Conflict, "episode.not_voidable")
}

func TestSpamIsNotReopened(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.must(second(r.desk.MarkSpam(t.Context(), r.ana(), at(k))))
	r.wantKind(second(r.desk.Reopen(t.Context(), r.ana(), at(k))), ticketing.Conflict)
	in := r.mail("Re: "+string(k.Ref), "Stvarno ne radi.")
	in.Tokens = []string{r.tag(k)}
	if e := r.Receive(t, in); e.State != ticketing.LedgerTicketed || r.ticket(k.Ref).State != ticketing.StateClosed {
		t.Errorf("ledger %s, the spam is %s", e.State, r.ticket(k.Ref).State)
	}
}

// TestSpamMarkTakenBack: as if it had never been made, also for an answer that
// arrived meanwhile, and for the warning still to come.
func TestSpamMarkTakenBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{})
	d := r.claim()[0]
	r.must(second(r.desk.MarkSpam(t.Context(), r.ana(), at(k))))
	r.Clock.Advance(time.Minute)
	arrived := r.Clock.Now()
	r.settle(d, ticketing.DeliverySent)
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockEnded {
		t.Errorf("of spam: %s", c.State)
	}
	r.Clock.Advance(time.Hour)
	r.must(second(r.desk.MarkNotSpam(t.Context(), r.ana(), at(k))))
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockMet || !c.MetAt.Equal(arrived) {
		t.Errorf("taken back: %s at %v, want met at %v", c.State, c.MetAt, arrived)
	}
	other := r.open(r.Mail("jelena@posta.example", "Predmet", "tekst"))
	r.must(second(r.desk.MarkSpam(t.Context(), r.ana(), at(other))))
	r.must(second(r.desk.MarkNotSpam(t.Context(), r.ana(), at(other))))
	r.later(40 * time.Hour)
	if n := r.count(other.Ref, ticketing.EventWarned); n != 1 {
		t.Errorf("%d warnings after the mark was taken back, want 1", n)
	}
}

// TestBouncedAnswerIsWarnedOf: a promise that comes back is warned of again.
func TestBouncedAnswerIsWarnedOf(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{})
	sent := r.Deliver(t, ticketing.DeliverySent)
	r.Clock.Advance(time.Hour)
	r.Receive(t, r.bounce(byEnvelope, sent...))
	r.later(40 * time.Hour)
	if n := r.count(k.Ref, ticketing.EventWarned); n != 1 {
		t.Errorf("%d warnings, want 1", n)
	}
}

func TestCloseCodesAndProofs(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	photo := []ticketing.Attachment{{Key: "k", Name: "poslije.jpg", ContentType: "image/jpeg"}}
	decision := ticketing.Category{Code: "tree", Names: r.Other.Names, Department: r.Bureau.ID, Proof: ticketing.ProofDecision}
	r.must(r.staff.SaveCategory(t.Context(), r.adam(), &decision))
	in := func(c ticketing.Category) *ticketing.Ticket {
		return r.handed(ticketing.OpenInput{Category: c.ID, Email: citizen})
	}
	closing := func(k *ticketing.Ticket, c ticketing.CloseInput) error {
		return second(r.desk.Close(t.Context(), r.ana(), at(k), c))
	}
	for name, err := range map[string]error{
		"unknown code":            closing(in(r.Other), ticketing.CloseInput{Code: "done"}),
		"spam by closing":         closing(in(r.Other), ticketing.CloseInput{Code: ticketing.CodeSpam}),
		"not competent, who then": closing(in(r.Other), ticketing.CloseInput{Code: ticketing.CodeNotCompetent, Note: " "}),
		"not solvable, why":       closing(in(r.Other), ticketing.CloseInput{Code: ticketing.CodeNotSolvable}),
		"duplicate of nothing":    closing(in(r.Other), ticketing.CloseInput{Code: ticketing.CodeDuplicate, Duplicate: "S48-26-999999-0"}),
		"no answer":               closing(in(r.Streetlight), ticketing.CloseInput{Code: ticketing.CodeResolved}),
		"no photo":                closing(in(r.Pothole), ticketing.CloseInput{Code: ticketing.CodeResolved, Note: "slika slijedi"}),
		"no decision":             closing(in(decision), ticketing.CloseInput{Code: ticketing.CodeResolved}),
	} {
		if ticketing.KindOf(err) != ticketing.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The citizen's own photo is no proof of work.
	k := in(r.Pothole)
	r.must(closing(in(decision), ticketing.CloseInput{Code: ticketing.CodeResolved, Note: "05-332/26-18"}))
	r.must(r.Store.AddUpload(t.Context(), ticketing.Upload{ID: "p", Agent: r.Ana.ID, Ticket: k.ID, Kind: ticketing.DraftNote, File: photo[0]}))
	_, _, err := r.desk.Note(t.Context(), r.ana(), at(k), ticketing.NoteInput{Text: "poslije", Uploads: []string{"p"}})
	r.must(err)
	r.must(closing(k, ticketing.CloseInput{Code: ticketing.CodeResolved}))
	got := r.ticket(k.Ref)
	if got.ResolvedAt.IsZero() || got.Code != ticketing.CodeResolved || clockOf(got, ticketing.ClockResolve).State != ticketing.ClockMet {
		t.Errorf("closed as resolved: %+v", got)
	}
	if n := len(r.deliveries(k.Ref, ticketing.PurposeClosing)); n != 1 {
		t.Errorf("%d closing letters", n)
	}
	abuse := in(r.Other)
	r.must(closing(abuse, ticketing.CloseInput{Code: ticketing.CodeAbuse}))
	if n := len(r.deliveries(abuse.Ref, ticketing.PurposeClosing)); n != 0 {
		t.Errorf("%d letters to an abuser", n)
	}
}

// TestDuplicates: one points to the other, and never in a circle of closed ones.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	a, b := r.opened(), r.opened()
	dup := func(k, of *ticketing.Ticket) error {
		return second(r.desk.Close(t.Context(), r.ana(), at(k), ticketing.CloseInput{Code: ticketing.CodeDuplicate, Duplicate: of.Ref}))
	}
	r.wantKind(dup(a, a), ticketing.Invalid)
	r.must(dup(a, b))
	if got := r.ticket(a.Ref); got.DuplicateOf != b.ID || clockOf(got, ticketing.ClockAnswer).EndCode != ticketing.CodeDuplicate {
		t.Errorf("duplicate of %d, promise %+v (B13)", got.DuplicateOf, clockOf(got, ticketing.ClockAnswer))
	}
	r.wantKey(dup(b, a), ticketing.Invalid, "closing.duplicate")
	r.must(second(r.desk.Reopen(t.Context(), r.ana(), at(a))))
	if got := r.ticket(a.Ref); got.DuplicateOf != 0 {
		t.Error("reopened, and still a duplicate")
	}
}

func TestRejecting(t *testing.T) {
	t.Parallel()
	r := newRig(t, "tivat")
	k := r.opened()
	due := clockOf(k, ticketing.ClockValidation).Due
	r.must(second(r.desk.Reject(t.Context(), r.ana(), at(k))))
	got := r.ticket(k.Ref)
	v, a := clockOf(got, ticketing.ClockValidation), clockOf(got, ticketing.ClockAnswer)
	if got.Code != ticketing.CodeInsufficient || v.State != ticketing.ClockMet || v.MetAt.After(due) || a.State != ticketing.ClockEnded {
		t.Errorf("rejected: %s, validation %s, answer %s", got.Code, v.State, a.State)
	}
	if n := len(r.deliveries(k.Ref, ticketing.PurposeClosing)); n != 1 {
		t.Errorf("%d letters to who was rejected", n)
	}
	r.wantKind(second(r.desk.Validate(t.Context(), r.ana(), at(k))), ticketing.Conflict)
	ok := r.opened()
	r.must(second(r.desk.Validate(t.Context(), r.ana(), at(ok))))
	r.wantKind(second(r.desk.Reject(t.Context(), r.ana(), at(ok))), ticketing.Conflict)
}
