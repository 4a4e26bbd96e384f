package ticketing_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// callStart is when the calls of these tests begin: half an hour before the clock.
var callStart = ticketingtest.Start.Add(-30 * time.Minute)

func after(s int) time.Time { return callStart.Add(time.Duration(s) * time.Second) }

// callRig is a rig with the use cases of calls.
type callRig struct {
	*rig
	calls ticketing.Calls
}

func newCallRig(t testing.TB) *callRig {
	r := newRig(t, "")
	r.Core.Settings.Region = "ME"
	return &callRig{rig: r, calls: ticketing.Calls{Bureau: r.Core}}
}

// take enters reports, none of which may be refused.
func (r *callRig) take(reports ...ticketing.CallReport) {
	r.Helper()
	out, err := r.calls.Take(context.Background(), reports)
	r.must(err)
	for _, o := range out {
		r.must(o.Err)
	}
}

// call gives the one call with the key.
func (r *callRig) call(key string) ticketing.Call {
	r.Helper()
	page, err := r.Store.CallPage(context.Background(), ticketing.CallFilter{Key: key})
	r.must(err)
	if len(page.Items) != 1 {
		r.Fatalf("%d calls with the key %s", len(page.Items), key)
	}
	v, err := r.Store.CallByID(context.Background(), page.Items[0].ID)
	r.must(err)
	return v.Call
}

// Words of a webhook: a telephone rings, is taken up, the call is over.
func rings(key string, at time.Time, extensions ...string) ticketing.CallReport {
	return ticketing.CallReport{Source: "pbx", Call: key, Direction: ticketing.CallIn, From: "067 123 456", To: "19801", Started: at, Rings: extensions}
}

func takes(key string, at time.Time, extension string) ticketing.CallReport {
	return ticketing.CallReport{Source: "pbx", Call: key, Leg: "a/" + extension, Direction: ticketing.CallIn, From: "067 123 456", To: "19801", Answered: at, Extension: extension, Result: ticketing.CallAnswered}
}

func ends(key string, at time.Time, res ticketing.CallResult, cause string) ticketing.CallReport {
	return ticketing.CallReport{Source: "pbx", Call: key, Direction: ticketing.CallIn, From: "067 123 456", To: "19801", Ended: at, Result: res, Cause: cause}
}

// stories are calls as sources tell them, and what they come to.
var stories = []struct {
	name string
	told []ticketing.CallReport
	want ticketing.Call
}{
	{
		"answered and moved on", []ticketing.CallReport{
			rings("k", after(0), "101", "102"), takes("k", after(7), "102"), takes("k", after(60), "103"), ends("k", after(90), ticketing.CallAnswered, "normalClearing"),
		}, ticketing.Call{Result: ticketing.CallAnswered, Extension: "103", Answered: after(7), Ended: after(90), Talk: 83 * time.Second, Wait: 7 * time.Second, Rings: []string{"101", "102"}, Cause: "normalClearing"},
	},
	{
		"given up",
		[]ticketing.CallReport{rings("k", after(0), "101"), ends("k", after(25), ticketing.CallMissed, "cancel")},
		ticketing.Call{Result: ticketing.CallMissed, Ended: after(25), Wait: 25 * time.Second, Rings: []string{"101"}, Cause: "cancel"},
	},
	{
		"the answer was not told",
		[]ticketing.CallReport{rings("k", after(0)), ends("k", after(40), ticketing.CallAnswered, "normalClearing")},
		ticketing.Call{Result: ticketing.CallAnswered, Ended: after(40), Cause: "normalClearing"},
	},
	{
		"busy at one telephone, taken at another", []ticketing.CallReport{
			rings("k", after(0)), takes("k", after(9), "101"), ends("k", after(30), ticketing.CallBusy, "busy"),
		}, ticketing.Call{Result: ticketing.CallAnswered, Extension: "101", Answered: after(9), Ended: after(30), Talk: 21 * time.Second, Wait: 9 * time.Second, Cause: "busy"},
	},
	{
		"rows of a file: a queue, a telephone that did not answer, one that did", []ticketing.CallReport{
			{Source: "pbx", Call: "k", Leg: "1", Direction: ticketing.CallIn, From: "067123456", To: "19801", Started: after(0), Answered: after(1), Ended: after(95), Result: ticketing.CallAnswered, Unattended: true, Queue: "city"},
			{Source: "pbx", Call: "k", Leg: "2", Direction: ticketing.CallIn, From: "067123456", To: "101", Started: after(5), Ended: after(20), Result: ticketing.CallMissed, Extension: "101"},
			{Source: "pbx", Call: "k", Leg: "3", Direction: ticketing.CallIn, From: "067123456", To: "102", Started: after(21), Answered: after(25), Ended: after(95), Result: ticketing.CallAnswered, Extension: "102", Talk: 70 * time.Second, Recording: "r/3.wav"},
		}, ticketing.Call{Result: ticketing.CallAnswered, Extension: "102", Answered: after(25), Ended: after(95), Talk: 70 * time.Second, Wait: 25 * time.Second, Queue: "city", Recording: "r/3.wav"},
	},
	{
		"only the queue took it", []ticketing.CallReport{
			{Source: "pbx", Call: "k", Leg: "1", Direction: ticketing.CallIn, From: "067123456", To: "19801", Started: after(0), Answered: after(1), Ended: after(33), Result: ticketing.CallAnswered, Unattended: true},
		}, ticketing.Call{Result: ticketing.CallMissed, Ended: after(33), Wait: 33 * time.Second},
	},
	{
		"a voicemail", []ticketing.CallReport{
			rings("k", after(0), "101"),
			{Source: "pbx", Call: "k", Leg: "vm", Voicemail: true, Recording: "vm/7.wav", Started: after(20), Ended: after(44)},
			ends("k", after(44), ticketing.CallMissed, "noAnswer"),
		}, ticketing.Call{Result: ticketing.CallVoicemail, Ended: after(44), Wait: 44 * time.Second, Rings: []string{"101"}, Recording: "vm/7.wav", Cause: "noAnswer"},
	},
}

// outcome is what may not depend on how a call was told.
func outcome(c ticketing.Call) ticketing.Call {
	return ticketing.Call{
		Direction: c.Direction, From: c.From, To: c.To, DID: c.DID, Queue: c.Queue, Extension: c.Extension, Rings: c.Rings, Started: c.Started,
		Answered: c.Answered, Ended: c.Ended, Talk: c.Talk, Wait: c.Wait, Result: c.Result, Cause: c.Cause, Recording: c.Recording, Legs: c.Legs,
	}
}

// What sources tell comes in any order, twice, and in pieces: the call is the
// same, and has one row of the ledger (I2, I13).
func TestCallIsTheSameWhateverTheOrder(t *testing.T) {
	t.Parallel()
	for n, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(48, uint64(n)))
			r := newCallRig(t)
			r.take(s.told...)
			first := outcome(r.call("k"))
			want := s.want
			want.Direction, want.Started = ticketing.CallIn, after(0)
			want.From, want.To = ticketing.CallNumber{Raw: first.From.Raw, E164: "+38267123456"}, ticketing.CallNumber{Raw: "19801"}
			want.Legs = first.Legs
			if diff := cmp.Diff(want, first, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("call (-want +got):\n%s", diff)
			}
			for range 40 {
				r := newCallRig(t)
				told := append([]ticketing.CallReport{}, s.told...)
				for range random.IntN(4) {
					told = append(told, s.told[random.IntN(len(s.told))])
				}
				random.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
				for len(told) > 0 {
					k := 1 + random.IntN(len(told))
					r.take(told[:k]...)
					told = told[k:]
				}
				if diff := cmp.Diff(first, outcome(r.call("k")), cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("told in another order (-first +now):\n%s", diff)
				}
				page, err := r.Store.Ledger(t.Context(), ticketing.LedgerFilter{Channel: ticketing.ChannelPhone})
				if r.must(err); len(page.Items) != 1 {
					t.Fatalf("%d rows in the ledger", len(page.Items))
				}
			}
		})
	}
}

// Saying again what is known changes nothing, not even the version.
func TestCallToldAgain(t *testing.T) {
	t.Parallel()
	r := newCallRig(t)
	r.take(stories[0].told...)
	before := r.call("k")
	out, err := r.calls.Take(t.Context(), stories[0].told)
	r.must(err)
	for i, o := range out {
		if o.New || o.Call != before.ID {
			t.Errorf("report %d = %+v", i, o)
		}
	}
	if now := r.call("k"); now.Version != before.Version || !now.DecideAt.Equal(before.DecideAt) {
		t.Errorf("version %d -> %d, decided at %v -> %v", before.Version, now.Version, before.DecideAt, now.DecideAt)
	}
}

// Reports that cannot be true are refused by the name of the field and keep no
// others from being taken (A91).
func TestCallReportThatCannotBeTrue(t *testing.T) {
	t.Parallel()
	r := newCallRig(t)
	good := rings("good", after(0))
	for _, tt := range []struct {
		field string
		spoil func(*ticketing.CallReport)
	}{
		{"callId", func(c *ticketing.CallReport) { c.Call = " " }},
		{"callId", func(c *ticketing.CallReport) { c.Leg = fmt.Sprintf("%0300d", 1) }},
		{"source", func(c *ticketing.CallReport) { c.Source = "" }},
		{"direction", func(c *ticketing.CallReport) { c.Direction = "across" }},
		{"result", func(c *ticketing.CallReport) { c.Result = "lost" }},
		{"started_at", func(c *ticketing.CallReport) { c.Started = time.Unix(0, 0) }},
		{"started_at", func(c *ticketing.CallReport) { c.Started = time.Time{} }},
		{"started_at", func(c *ticketing.CallReport) { c.Started = ticketingtest.Start.Add(time.Hour) }},
		{"answered_at", func(c *ticketing.CallReport) { c.Answered = c.Started.Add(-time.Second) }},
		{"ended_at", func(c *ticketing.CallReport) { c.Ended = c.Started.Add(-time.Second) }},
		{"ended_at", func(c *ticketing.CallReport) { c.Started, c.Ended = after(-400000), after(0) }},
		{"talk", func(c *ticketing.CallReport) { c.Talk = -time.Second }},
		{"wait", func(c *ticketing.CallReport) { c.Wait = 100 * time.Hour }},
	} {
		bad := rings("bad", after(0))
		tt.spoil(&bad)
		out, err := r.calls.Take(t.Context(), []ticketing.CallReport{bad, good})
		r.must(err)
		e, ok := out[0].Err.(*ticketing.Error) //nolint:errorlint // as it is given
		if !ok || e.Field != tt.field || e.Kind != ticketing.Invalid {
			t.Errorf("%s: %v", tt.field, out[0].Err)
		}
		if out[1].Err != nil || out[1].Call == 0 {
			t.Errorf("%s: the good one = %+v", tt.field, out[1])
		}
	}
	page, err := r.Store.CallPage(t.Context(), ticketing.CallFilter{})
	if r.must(err); len(page.Items) != 1 {
		t.Errorf("%d calls", len(page.Items))
	}
}

// A call rings at its agents' screens and, with nobody named, at everybody's; a
// call of earlier days at none, and it is settled as it comes.
func TestCallTellsWhoseTelephoneRings(t *testing.T) {
	t.Parallel()
	r := newCallRig(t)
	ana := r.Ana
	r.must(r.Store.InTx(t.Context(), func(tx ticketing.Tx) error {
		a, err := tx.Agent(t.Context(), ana.ID)
		if err != nil {
			return err
		}
		a.Extension = "101"
		return tx.SaveAgent(t.Context(), a)
	}))
	heard := r.Store.Listen(t.Context())
	told := func(reports ...ticketing.CallReport) (out []ticketing.AgentID) {
		r.take(reports...)
		for {
			select {
			case s := <-heard:
				if s.Type == ticketing.SignalRing {
					out = append(out, s.Agent)
				}
			case <-time.After(20 * time.Millisecond):
				return out
			}
		}
	}
	for _, tt := range []struct {
		name string
		told ticketing.CallReport
		want []ticketing.AgentID
	}{
		{"at an extension", rings("1", after(0), "101"), []ticketing.AgentID{ana.ID}},
		{"at a name", rings("2", after(0), "Ana"), []ticketing.AgentID{ana.ID}},
		{"in a queue", rings("3", after(0)), []ticketing.AgentID{0}},
		{"at a telephone of nobody", rings("4", after(0), "999"), []ticketing.AgentID{0}},
		{"long ago", func() ticketing.CallReport { c := rings("5", after(0), "101"); c.Past = true; return c }(), nil},
	} {
		if diff := cmp.Diff(tt.want, told(tt.told)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if c := r.call("5"); c.Disposition != ticketing.LedgerIgnored || c.Reason != ticketing.ReasonPast || !c.DecideAt.IsZero() {
		t.Errorf("a call of long ago = %s %s, to decide at %v", c.Disposition, c.Reason, c.DecideAt)
	}
	if c := r.call("1"); c.Disposition != ticketing.LedgerReceived || c.DecideAt.IsZero() || !c.Lasts() {
		t.Errorf("a call that rings = %s, to decide at %v", c.Disposition, c.DecideAt)
	}
}
