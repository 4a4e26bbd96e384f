package ticketing_test

import (
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
)

// A body's hours are those of its own calendar: a registry that closes at three
// is not late at night. What has a crew on call counts around the clock for it too,
// and the citizen's deadline stays the limit.
func TestBodyHours(t *testing.T) {
	t.Parallel()
	local := func(s string) time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04", s, calendarZone(t))
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	const monday = "2026-01-12 14:00"
	for _, tt := range []struct {
		name, calendar string
		onCall         bool
		hours          int
		due            string
	}{
		{"by the promise", "", false, 10, "2026-01-13 00:00"},
		{"by office hours", "office-hours", false, 10, "2026-01-14 08:00"},
		{"on call", "office-hours", true, 10, "2026-01-13 00:00"},
		{"the citizen's deadline is nearer", "office-hours", false, 40, "2026-01-14 14:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "24x7")
			r.Clock.Advance(local(monday).Sub(r.Clock.Now()))
			c := r.Other
			c.OnCall = tt.onCall
			r.must(r.staff.SaveCategory(t.Context(), r.adam(), &c))
			b := ticketing.Body{Code: "b", Names: r.Bureau.Names, Email: "pisarnica@saobracaj.example", AcceptHours: tt.hours, AnswerHours: 20, Calendar: tt.calendar}
			r.must(r.staff.SaveBody(t.Context(), r.adam(), &b))
			k := r.open(r.mail("Rupa", "Velika rupa"))
			sent, err := r.desk.Refer(t.Context(), r.ana(), at(k), ticketing.ReferInput{Body: b.ID, Reason: "put"})
			r.must(err)
			ref := &sent.Referrals[0]
			if !ref.Due.Equal(local(tt.due)) {
				t.Errorf("due %s, want %s", ref.Due.In(calendarZone(t)), tt.due)
			}
			dir, err := r.Store.Directory(t.Context())
			r.must(err)
			x, err := dir.Rules.ExplainReferral(ref, r.Clock.Now())
			r.must(err)
			var counted time.Duration
			for _, i := range x.Intervals {
				if i.Counted {
					counted += i.To.Sub(i.From)
				}
			}
			if last := x.Intervals[len(x.Intervals)-1]; !x.Due.Equal(ref.Due) || !last.To.Equal(ref.Due) || counted > x.Target || (ref.OwnDue.Equal(ref.Due) && counted != x.Target) {
				t.Errorf("explained until %s, counted %s of %s", x.Due, counted, x.Target)
			}
			if x.Calendar != ref.Calendar || x.CalendarVersion != ref.CalVersion {
				t.Errorf("by %s %d", x.Calendar, x.CalendarVersion)
			}
			ended, err := r.desk.WithdrawReferral(t.Context(), r.ana(), at(sent), 1)
			r.must(err)
			_, err = dir.Rules.ExplainReferral(&ended.Referrals[0], r.Clock.Now())
			r.wantKind(err, ticketing.Conflict)
		})
	}
}

func calendarZone(t *testing.T) *time.Location {
	t.Helper()
	zone, err := calendar.LoadZone("Europe/Podgorica")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// A calendar that does not exist, or that never opens long enough, is refused.
func TestBodyCalendarIsChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	one := calendar.Spec{Name: "one-day", Zone: "Europe/Podgorica", Extra: []calendar.ExtraDay{{Date: calendar.Date{Year: 2026, Month: 6, Day: 1}, From: 7 * 60, To: 15 * 60}}}
	r.must(r.staff.SaveRule(t.Context(), r.adam(), ticketing.DraftCalendar(one), 0))
	b := ticketing.Body{Code: "b", Names: r.Bureau.Names, Email: "pisarnica@saobracaj.example", AcceptHours: 4, AnswerHours: 8}
	for name, key := range map[string]string{"mars": "profile.calendar", "one-day": "profile.never_open"} {
		b.Calendar = name
		r.wantKey(r.staff.SaveBody(t.Context(), r.adam(), &b), ticketing.Invalid, key)
	}
	b.Calendar = "24x7"
	r.must(r.staff.SaveBody(t.Context(), r.adam(), &b))
}
