package report_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// A told is a case: when it came, and what came of its 48 hours.
type told struct {
	received time.Duration // before now
	answered time.Duration // after receipt; 0 = not
}

// tell opens tickets and answers them as told.
func tell(t *testing.T, cases []told) (*ticketingtest.Store, *ticketingtest.Clock) {
	t.Helper()
	clock := ticketingtest.NewClock()
	s := ticketingtest.NewStore(clock.Now, ticketingtest.Zone())
	city := ticketingtest.NewCity(t, s, clock.Now(), "")
	for i, c := range cases {
		err := s.InTx(context.Background(), func(tx ticketing.Tx) error {
			at := clock.Now().UTC().Add(-c.received).Truncate(time.Microsecond)
			due := at.Add(48 * time.Hour)
			k := &ticketing.Ticket{
				Ref: ticketing.NewReference("S48", 2026, int64(i+1)), State: ticketing.StateOpen, Channel: ticketing.ChannelEmail, Category: city.Other.ID,
				Department: city.Bureau.ID, Episode: 1, ReceivedAt: at, CreatedAt: at, DueAt: due,
			}
			clk := ticketing.Clock{Episode: 1, Kind: ticketing.ClockAnswer, State: ticketing.ClockRunning, Calendar: "24x7", Target: 48 * time.Hour, StartedAt: at, CountFrom: at, Due: due}
			if c.answered > 0 {
				clk.State, clk.MetAt, clk.Charged = ticketing.ClockMet, at.Add(c.answered), city.Bureau.ID
				if c.answered > 48*time.Hour {
					clk.State, clk.BreachedAt = ticketing.ClockMissed, due
				}
				k.State, k.Code, k.ResolvedAt, k.DueAt = ticketing.StateResolved, ticketing.CodeResolved, clk.MetAt, time.Time{}
			}
			k.Clocks = []ticketing.Clock{clk}
			k.Pending.New = true
			k.Pending.Events = []ticketing.Event{{At: at, Actor: "system:intake", Kind: ticketing.EventOpened, Data: map[string]any{"department": int64(k.Department)}}}
			return tx.SaveTicket(context.Background(), k)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.FoldFacts(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s, clock
}

var program = ticketing.SystemActor("report")

// One data set, four on-time rates: ten cases; five answered in time, one late,
// two open and overdue, two open and not yet due, one of which falls due within
// the period.
func TestFourFormulas(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	s, clock := tell(t, []told{
		{10 * day, 5 * time.Hour},
		{9 * day, 47 * time.Hour},
		{8 * day, 48 * time.Hour},
		{7 * day, time.Hour},
		{6 * day, 30 * time.Hour},
		{9 * day, 60 * time.Hour},
		{5 * day, 0},
		{4 * day, 0},
		{36 * time.Hour, 0},
		{time.Hour, 0},
	})
	zone := ticketingtest.Zone()
	today := report.DayOf(clock.Now(), zone)
	r, err := report.Department(t.Context(), s, program, report.Request{Period: report.Period{From: today - 20, To: today + 1}, Now: clock.Now(), Zone: zone})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		m    report.Measure
		n, d int64
		rate string
	}{
		{report.AnswerOnTimeA, 5, 6, "83.3"}, {report.AnswerOnTimeB, 5, 8, "62.5"}, {report.AnswerOnTimeC, 5, 10, "50.0"}, {report.AnswerOnTime, 5, 9, "55.6"},
	} {
		f := r.Answer[i]
		if got := fmt.Sprintf("%.1f", 100*f.Value()); f.Measure != want.m || f.Numerator != want.n || f.Denominator != want.d || got != want.rate {
			t.Errorf("%s = %d of %d, %s %%; want %s, %d of %d, %s %%", f.Measure, f.Numerator, f.Denominator, got, want.m, want.n, want.d, want.rate)
		}
	}
	if f := r.Figure(report.ToCome); f.Numerator != 1 {
		t.Errorf("%d still to come, want 1", f.Numerator)
	}
	if f := r.Figure(report.Overdue); f.Numerator != 2 || f.Denominator != 4 {
		t.Errorf("overdue %d of %d, want 2 of 4", f.Numerator, f.Denominator)
	}
}

// A histogram's percentiles are at most 2.5 % off, and packing loses nothing.
func TestSpread(t *testing.T) {
	t.Parallel()
	var all report.Fold
	for i := int64(1); i <= 4001; i++ {
		all.Clock(&report.ClockFact{
			Kind: ticketing.ClockAnswer, Traits: report.Traits{Department: 1}, Day: 5, SettledDay: 5, Outcome: report.OutcomeMet, Counted: true, Took: i * 97,
		})
	}
	clocks, _ := all.Days()
	for i := range clocks {
		s := clocks[i].Spread
		for p, want := range map[float64]float64{0.5: 2001 * 97, 0.9: 3601 * 97} {
			if got := float64(s.Percentile(p)); math.Abs(got-want) > 0.026*want {
				t.Errorf("percentile %v = %v, want %v within 2.5 %%", p, got, want)
			}
		}
		var back report.Spread
		if err := back.AddPacked(s.Pack()); err != nil || back.Count() != 4001 || back.Percentile(0.5) != s.Percentile(0.5) {
			t.Errorf("packed and back: %d, %v", back.Count(), err)
		}
	}
	var damaged report.Spread
	if damaged.AddPacked([]byte{1}) == nil {
		t.Error("a damaged histogram is read")
	}
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	day := func(s string) report.Day {
		d, err := report.ParseDay(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, tt := range []struct{ from, to, wantFrom, wantTo string }{
		{"2026-11-01", "2026-11-23", "2026-10-01", "2026-10-23"},
		{"2026-03-01", "2026-03-31", "2026-02-01", "2026-02-28"},
		{"2026-01-01", "2026-12-31", "2025-01-01", "2025-12-31"},
		{"2026-01-01", "2026-01-31", "2025-12-01", "2025-12-31"},
		{"2026-11-16", "2026-11-22", "2026-11-09", "2026-11-15"},
	} {
		got := report.Period{From: day(tt.from), To: day(tt.to)}.Previous()
		if got.From.String() != tt.wantFrom || got.To.String() != tt.wantTo {
			t.Errorf("before %s – %s: %s – %s, want %s – %s", tt.from, tt.to, got.From, got.To, tt.wantFrom, tt.wantTo)
		}
	}
	weeks := report.Period{From: day("2026-11-05"), To: day("2026-11-17")}.Weeks()
	if len(weeks) != 3 || weeks[0].To != day("2026-11-08") || weeks[2].From != day("2026-11-16") {
		t.Errorf("weeks = %v", weeks)
	}
}
