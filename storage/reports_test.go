package storage_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/storage"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

const (
	perYear      = 100_000
	reportDepts  = 12
	firstReports = 20_000 // days since 1970: October 2024
)

// fillFacts writes the facts of n tickets, 100,000 a year up to the last day, each
// with a promise to answer and one to do the work; one in twenty is open. It
// gives the last day.
func fillFacts(t testing.TB, db *storage.DB, n int) report.Day {
	t.Helper()
	ctx := context.Background()
	err := db.InTx(ctx, func(tx ticketing.Tx) error {
		if err := ticketing.EnterRules(ctx, tx, ticketingtest.Profiles(), ticketingtest.Calendars(), "24x7", time.Now()); err != nil {
			return err
		}
		for i := range reportDepts {
			if err := tx.SaveDepartment(ctx, &ticketing.Department{Code: "d" + strconv.Itoa(i), Intake: i == 0}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	last := report.Day(firstReports + n*365/perYear) //nolint:gosec // G115: small
	const batch = 2000
	for from := 0; from < n; from += batch {
		var clocks []report.ClockFact
		var tickets []report.TicketFact
		for i := from; i < min(from+batch, n); i++ {
			c, k := factsOf(i, n, last)
			clocks, tickets = append(clocks, c...), append(tickets, k)
		}
		if err := db.FillFacts(ctx, clocks, tickets); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.FoldFacts(ctx); err != nil {
		t.Fatal(err)
	}
	if err := db.Analyze(ctx); err != nil {
		t.Fatal(err)
	}
	return last
}

func factsOf(i, n int, last report.Day) ([]report.ClockFact, report.TicketFact) {
	received := last - report.Day((n-i)*365/perYear) //nolint:gosec // G115: small
	traits := report.Traits{
		Department: ticketing.DepartmentID(1 + i%reportDepts), Category: ticketing.CategoryID(1 + i%reportDepts*8 + i/7%8), Language: "sr-Latn",
		Channel: ticketing.Channels()[i/3%5], District: "k" + strconv.Itoa(i/11%15),
	}
	id := ticketing.TicketID(i + 1)
	k := report.TicketFact{Ticket: id, Episode: 1, Traits: traits, ReceivedDay: received, StartedDay: received, Hour: 7 + i%10}
	at := received.Start(time.UTC).Add(9 * time.Hour)
	var clocks []report.ClockFact
	for n, kind := range []ticketing.ClockKind{ticketing.ClockAnswer, ticketing.ClockResolve} {
		days := report.Day(2 + 5*n) //nolint:gosec // G115: small
		c := report.ClockFact{
			Clock: ticketing.ClockID(2*i + n + 1), Ticket: id, Episode: 1, Kind: kind, Traits: traits, Day: received + days,
			Due: at.Add(time.Duration(days) * 24 * time.Hour), Outcome: report.OutcomeOpen, Counted: true,
		}
		if i%20 != 0 {
			took := time.Duration(1+i*37%60) * time.Hour * time.Duration(1+n)
			c.Settled = at.Add(took)
			c.SettledDay, c.Took, c.Outcome = report.DayOf(c.Settled, time.UTC), int64(took.Seconds()), report.OutcomeMet
			if c.Settled.After(c.Due) {
				c.Outcome = report.OutcomeLate
			}
			k.Ended, k.EndedDay, k.Code, k.Legs, k.First = c.Settled, c.SettledDay, ticketing.CodeResolved, 1, i%9 != 0
			k.Own = c.Took
		}
		clocks = append(clocks, c)
	}
	if k.EndedDay == 0 {
		k.NextDue = clocks[0].Due
	}
	return clocks, k
}

func yearTo(last report.Day, dept ticketing.DepartmentID) report.Request {
	zone := ticketingtest.Zone()
	r := report.Request{Period: report.Period{From: last - 364, To: last}, Now: (last + 1).Start(zone), Zone: zone}
	if dept != 0 {
		r.Filter.Departments = []ticketing.DepartmentID{dept}
	}
	return r
}

var reporting = ticketing.SystemActor("report")

// Reports walk indexes: neither facts nor days are read from end to end, and the
// number of queries does not grow with the city.
func TestReportsWalkTheirIndexes(t *testing.T) {
	skipWhenShort(t)
	eachEngine(t, func(t *testing.T, url string) {
		db := open(t, url, time.Now)
		last := fillFacts(t, db, 2400)
		dir, err := db.Directory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		req := yearTo(last, 3)
		req.Period.From = last - 5
		var drill report.Drill
		for name, f := range map[string]func() error{
			"department": func() error {
				r, err := report.Department(t.Context(), db, reporting, req)
				if err == nil {
					drill = r.Figure(report.AnswerOnTime).Of
				}
				return err
			},
			"overview": func() error {
				_, err := report.Overview(t.Context(), db, reporting, dir, req)
				return err
			},
			"narrowed": func() error {
				narrow := req
				narrow.Filter.Channels = []ticketing.Channel{ticketing.ChannelPhone}
				_, err := report.Department(t.Context(), db, reporting, narrow)
				return err
			},
			"behind": func() error {
				d := drill
				if d.Set == "" {
					d = report.Drill{Set: report.SetDue, Clock: ticketing.ClockAnswer, Period: req.Period, Filter: req.Filter}
				}
				_, err := db.Behind(t.Context(), d, "", 50)
				return err
			},
		} {
			plans, err := db.PlansOf(t.Context(), f)
			if err != nil || len(plans) == 0 || len(plans) > 40 {
				t.Fatalf("%s: %d queries, %v", name, len(plans), err)
			}
			for _, plan := range plans {
				for _, table := range []string{"clock_facts", "ticket_facts", "clock_days", "ticket_days", "suspects"} {
					if strings.Contains(plan, "Seq Scan on "+table) && !small(table) || slices.Contains(strings.Split(plan, "\n"), "SCAN "+table) {
						t.Errorf("%s reads all of %s:\n%s", name, table, plan)
					}
				}
			}
		}
	})
}

// small are tables PostgreSQL may rightly read whole in this test.
func small(table string) bool { return table == "suspects" || table == "ticket_days" }

// What was added up wrongly, by whatever cause, is found and mended at night.
func TestNightlyCheckMends(t *testing.T) {
	skipWhenShort(t)
	eachEngine(t, func(t *testing.T, url string) {
		db := open(t, url, time.Now)
		last := fillFacts(t, db, 600)
		before, err := report.Department(t.Context(), db, reporting, yearTo(last, 0))
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"update clock_days set met = met + 5 where dimension = 'all'", "delete from ticket_days where department_id = 2"} {
			if err := db.Exec(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
		wrong, err := db.CheckFacts(t.Context(), report.Period{From: last - 10, To: last + 10})
		if err != nil || wrong == 0 {
			t.Fatalf("CheckFacts() = %d, %v; want some", wrong, err)
		}
		after, err := report.Department(t.Context(), db, reporting, yearTo(last, 0))
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range before.Figures {
			if g := after.Figures[i]; f.Numerator != g.Numerator || f.Denominator != g.Denominator {
				t.Errorf("%s was %d of %d, mended it is %d of %d", f.Measure, f.Numerator, f.Denominator, g.Numerator, g.Denominator)
			}
		}
		if again, err := db.CheckFacts(t.Context(), report.Period{From: last - 10, To: last + 10}); err != nil || again != 0 {
			t.Errorf("CheckFacts() again = %d, %v; want 0", again, err)
		}
	})
}

// BenchmarkReports measures reports over the facts of SYSTEM48_BENCH_FACTS tickets
// (20,000 when not set), added up by the program itself.
func BenchmarkReports(b *testing.B) {
	n := 20_000
	if s := os.Getenv("SYSTEM48_BENCH_FACTS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	for name, url := range engines() {
		b.Run(name, func(b *testing.B) {
			db := open(b, url(b), time.Now)
			began := time.Now()
			last := fillFacts(b, db, n)
			b.Logf("%d tickets written and added up in %v", n, time.Since(began).Round(time.Second))
			dir, err := db.Directory(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			for what, f := range map[string]func() error{
				"department-year": func() error { _, err := report.Department(b.Context(), db, reporting, yearTo(last, 3)); return err },
				"city-year":       func() error { _, err := report.Department(b.Context(), db, reporting, yearTo(last, 0)); return err },
				"overview-month": func() error {
					r := yearTo(last, 0)
					r.Period.From = last - 29
					_, err := report.Overview(b.Context(), db, reporting, dir, r)
					return err
				},
				"department-year-one-channel": func() error {
					r := yearTo(last, 3)
					r.Filter.Channels = []ticketing.Channel{ticketing.ChannelPhone}
					_, err := report.Department(b.Context(), db, reporting, r)
					return err
				},
			} {
				b.Run(what, func(b *testing.B) {
					for b.Loop() {
						if err := f(); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}
