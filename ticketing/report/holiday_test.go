package report_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// F44: a calendar that changes later changes no fact of what is settled, and so no
// closed report, also when all facts are made anew.
func TestLaterHolidaysChangeNoClosedReport(t *testing.T) {
	t.Parallel()
	y, _, _ := newYear(t, 3)
	y.tell(200, nil)
	calendars := ticketingtest.Calendars()
	for _, spec := range ticketingtest.Calendars() {
		spec.Version = 2
		spec.Weekly = calendar.WeekdaysFrom(1, 3, 9*60, 12*60) // hardly ever open
		calendars = append(calendars, spec)
	}
	var made []*calendar.Calendar
	for _, spec := range calendars {
		c, err := calendar.New(spec)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, c)
	}
	rules, err := ticketing.NewRulebook(ticketingtest.Zone(), ticketingtest.Profiles(), made, "tivat")
	if err != nil {
		t.Fatal(err)
	}
	before := report.TownOf(y.dir)
	after := before
	after.Rules = rules
	settled := 0
	for _, k := range y.all {
		h := &report.History{Ticket: k, Events: slices.Clone(k.Pending.Events)}
		was, is := report.FactsOf(h, before), report.FactsOf(h, after)
		if diff := cmp.Diff(was, is); diff != "" {
			t.Fatalf("ticket %s (-before +after):\n%s", k.Ref, diff)
		}
		for _, c := range is.Clocks {
			if c.Done() {
				settled++
			}
		}
	}
	if settled < 200 {
		t.Errorf("only %d promises were settled", settled)
	}
}
