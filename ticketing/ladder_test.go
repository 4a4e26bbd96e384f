package ticketing_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// escalated gives the steps that were taken, as "kind after tell".
func (r *rig) escalated(ref ticketing.Reference) (steps []string) {
	for _, e := range r.events(ref) {
		if e.Kind == ticketing.EventEscalated {
			after := time.Duration(1e9 * e.Data["after"].(float64))
			steps = append(steps, e.Data["clock"].(string)+" "+after.String()+" "+e.Data["tell"].(string))
		}
	}
	return steps
}

// told gives who got a letter about promises, of which purpose.
func (r *rig) told() (list []string) {
	for _, d := range r.outbox() {
		if d.Purpose == ticketing.PurposeWarning || d.Purpose == ticketing.PurposeEscalation {
			list = append(list, string(d.Purpose)+" "+d.To.Address)
		}
	}
	return list
}

// letters gives the letters about promises with their texts.
func (r *rig) letters() (list []*ticketing.Delivery) {
	r.Helper()
	r.must(r.Store.InTx(r.Context(), func(tx ticketing.Tx) error {
		list = nil
		for _, d := range r.outbox() {
			if d.Purpose != ticketing.PurposeWarning && d.Purpose != ticketing.PurposeEscalation {
				continue
			}
			x, err := tx.Delivery(r.Context(), d.ID)
			if err != nil {
				return err
			}
			list = append(list, x)
		}
		return nil
	}))
	return list
}

func (r *rig) escalate() {
	r.Helper()
	e := ticketing.Escalation{Bureau: r.Core}
	for {
		did, err := e.Run(r.Context())
		r.must(err)
		if did == 0 {
			return
		}
	}
}

// TestLadder: before and after due, to the person at work, the heads and the
// mayor's office, each step once, at its instant in working time (V19).
func TestLadder(t *testing.T) {
	t.Parallel()
	r := newRig(t, "office-hours")
	l := ticketing.DefaultLadder()
	l.Office = []string{"kabinet@grad.example"}
	l.Steps[2].After = 8 * time.Hour // of office hours: a working day
	r.saveRule(ticketing.DraftLadder(l), 1)
	r.later(2 * time.Second)
	r.Clock.Set(time.Date(2026, 3, 6, 13, 0, 0, 0, time.UTC)) // Fri 14:00: due Tue 14:00 (V5)
	k := r.opened()
	r.must(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Lighting.ID, "")))
	r.must(second(r.desk.Assign(t.Context(), r.ana(), at(k), r.Oskar.ID)))
	for _, step := range []struct {
		at    time.Time
		steps int
		told  []string
	}{
		{time.Date(2026, 3, 10, 8, 59, 59, 0, time.UTC), 0, nil},
		{time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC), 1, []string{"warning " + r.Oskar.Email}},
		{time.Date(2026, 3, 10, 12, 59, 59, 0, time.UTC), 1, nil},
		{time.Date(2026, 3, 10, 13, 0, 0, 0, time.UTC), 2, []string{"warning " + r.Hana.Email}},
		{time.Date(2026, 3, 11, 12, 59, 0, 0, time.UTC), 2, nil},
		{time.Date(2026, 3, 11, 13, 0, 0, 0, time.UTC), 3, []string{"warning kabinet@grad.example"}},
		{time.Date(2026, 3, 12, 13, 0, 0, 0, time.UTC), 3, nil},
	} {
		before := len(r.told())
		r.Clock.Set(step.at)
		for range 2 { // twice: each step once (F47)
			r.run()
			r.escalate()
		}
		answers := slices.DeleteFunc(r.escalated(k.Ref), func(s string) bool { return !strings.HasPrefix(s, "answer ") })
		if len(answers) != step.steps {
			t.Errorf("%v: steps %v, want %d", step.at, answers, step.steps)
		}
		// The outbox lists the newest first.
		if got := r.told()[:len(r.told())-before]; !slices.Equal(got, step.told) {
			t.Errorf("%v: told %v, want %v", step.at, got, step.told)
		}
	}
	for _, d := range r.letters() {
		if d.Text == "" || strings.Contains(d.Text+d.Subject, citizen) || !d.ToStaff || !strings.Contains(d.Subject+d.Text, string(k.Ref)) {
			t.Errorf("a letter to staff: %s\n%s", d.Subject, d.Text)
		}
	}
}

// TestLadderAfterDowntime: after a stop of days all steps are taken at once, each
// once, and each address gets one letter (F41); an answer takes away what is to come.
func TestLadderAfterDowntime(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	var refs []ticketing.Reference
	for range 3 {
		k := r.opened()
		r.must(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Lighting.ID, "")))
		refs = append(refs, k.Ref)
	}
	answered := r.opened()
	r.reply(answered, ticketing.ReplyInput{Text: "Gotovo je."})
	r.Deliver(t, ticketing.DeliverySent)
	r.later(90 * time.Hour)
	r.run()
	r.escalate()
	for _, ref := range refs {
		want := []string{"answer -4h0m0s assignee", "answer 0s head", "answer 24h0m0s office"}
		got := slices.DeleteFunc(r.escalated(ref), func(s string) bool { return !strings.HasPrefix(s, "answer ") })
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v", ref, got)
		}
	}
	if got := slices.DeleteFunc(r.escalated(answered.Ref), func(s string) bool { return !strings.HasPrefix(s, "answer ") }); len(got) != 0 {
		t.Errorf("a kept promise was escalated: %v", got)
	}
	// Nobody is assigned: the head is told of that too. No office: the department is.
	if got := r.told(); !slices.Equal(sorted(got), []string{"escalation " + r.Hana.Email, "escalation " + r.Lighting.Email}) {
		t.Errorf("told %v", got)
	}
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

// TestNoticesAreCollected: many clocks due in one minute are one letter to an
// address, and what comes within a quarter of an hour waits for the next.
func TestNoticesAreCollected(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	open := func(n int) {
		for range n {
			k := r.opened()
			r.must(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Lighting.ID, "")))
		}
	}
	const many = 230
	open(many)
	r.later(10 * time.Minute)
	open(2)
	r.later(44*time.Hour - 10*time.Minute)
	r.run()
	r.escalate()
	r.later(11 * time.Minute) // two more steps, within the quarter of an hour
	r.run()
	r.escalate()
	if got := r.told(); len(got) != 1 {
		t.Fatalf("told %v, want one letter", got)
	}
	for _, d := range r.letters() {
		if !strings.Contains(d.Text, "30") || strings.Count(d.Text, "/agent/t/") != 200 {
			t.Errorf("the letter lists %d and does not count the rest:\n%.300s", strings.Count(d.Text, "/agent/t/"), d.Text)
		}
	}
	r.later(5 * time.Minute)
	r.escalate()
	if got := r.told(); len(got) != 2 {
		t.Errorf("told %v, want a second letter after a quarter of an hour", got)
	}
	list, err := r.Store.NoticesOf(t.Context(), r.Hana.ID, 500)
	r.must(err)
	if len(list) != many+2 || list[0].Ref == "" || list[0].ToldAt.IsZero() {
		t.Errorf("%d notices to the head, want %d", len(list), many+2)
	}
}

// TestLadderIsRefused: bad steps name their field.
func TestLadderIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	ok := ticketing.Step{Clock: ticketing.ClockAnswer, Tell: ticketing.TellHead}
	for want, l := range map[string]ticketing.Ladder{
		"steps[0]": {Name: "a", Steps: []ticketing.Step{{Clock: "coffee", Tell: ticketing.TellHead}}},
		"steps[1]": {Name: "a", Steps: []ticketing.Step{ok, ok}},
		"steps[2]": {Name: "a", Steps: []ticketing.Step{ok, {Clock: ok.Clock, After: time.Hour, Tell: ok.Tell}, {Clock: ok.Clock, Tell: "everybody"}}},
		"office":   {Name: "a", Office: []string{"not an address"}},
	} {
		if err := r.staff.SaveRule(t.Context(), r.adam(), ticketing.DraftLadder(l), 0); fieldOf(err) != want {
			t.Errorf("%v, want the field %s", err, want)
		}
	}
}
