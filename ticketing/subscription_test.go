package ticketing_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

func TestIssueOf(t *testing.T) {
	t.Parallel()
	for now, want := range map[string]string{
		"2026-11-27T05:59:59Z": "2026-11-20 07:00 CET", // Friday, one second early
		"2026-11-27T06:00:00Z": "2026-11-27 07:00 CET",
		"2026-11-29T12:00:00Z": "2026-11-27 07:00 CET",
		"2026-12-03T23:59:59Z": "2026-11-27 07:00 CET",  // Friday already here, not yet seven
		"2026-03-27T06:30:00Z": "2026-03-27 07:00 CET",  // the week end of the change
		"2026-04-03T05:00:00Z": "2026-04-03 07:00 CEST", // an hour earlier in UTC (F38)
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := ticketing.IssueOf(at, ticketingtest.Zone()).Format("2006-01-02 15:04 MST"); got != want {
			t.Errorf("IssueOf(%s) = %s, want %s", now, got, want)
		}
	}
}

// A pressRoom is an office with a press that counts.
type pressRoom struct {
	*ticketingtest.Office
	*ticketing.Subscriptions
	printed int
}

func newPressRoom(t *testing.T) *pressRoom {
	t.Helper()
	o := ticketingtest.NewOffice(t, "")
	r := &pressRoom{Office: o}
	r.Subscriptions = &ticketing.Subscriptions{Bureau: o.Core, Blobs: o.Blobs, Press: func(_ context.Context, a ticketing.Agent, d ticketing.DepartmentID, _ time.Time) (ticketing.PrintedReport, error) {
		r.printed++
		return ticketing.PrintedReport{Name: "Report", Text: "figures", URL: "https://s48.grad.example/reports", File: "s48.pdf", PDF: []byte("%PDF " + a.Name)}, nil
	}}
	friday := ticketing.IssueOf(o.Clock.Now(), ticketingtest.Zone()).AddDate(0, 0, 7)
	o.Clock.Set(friday.Add(-24 * time.Hour)) // a Thursday
	return r
}

func (r *pressRoom) send(t *testing.T, want int) {
	t.Helper()
	if n, err := r.Send(t.Context()); err != nil || n != want {
		t.Fatalf("Send() = %d, %v, want %d", n, err, want)
	}
}

// mailed gives to whom reports left, and checks that the PDF goes with each.
func (r *pressRoom) mailed(t *testing.T) []string {
	t.Helper()
	var to []string
	for _, d := range r.Deliver(t, ticketing.DeliverySent) {
		if d.Purpose != ticketing.PurposeReport || !d.ToStaff || len(d.Files) != 1 {
			t.Fatalf("a letter %s with %d files", d.Purpose, len(d.Files))
		}
		f, err := r.Office.Blobs.Open(t.Context(), d.Files[0].Key)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(f)
		if err != nil || int64(len(body)) != d.Files[0].Size || d.Files[0].ContentType != "application/pdf" {
			t.Errorf("the file has %d bytes (%v)", len(body), err)
		}
		to = append(to, d.To.Address)
	}
	slices.Sort(to)
	return to
}

// TestReportsGoOutOnFridays follows an issue: nobody before Friday morning,
// every head and subscriber once, whatever runs again, and the next week again.
func TestReportsGoOutOnFridays(t *testing.T) {
	t.Parallel()
	r := newPressRoom(t)
	adam := ticketing.ActorOf(r.Adam)
	r.send(t, 0) // Hana heads two departments: they begin with the next issue
	if err := r.Choose(t.Context(), adam, 0, true); err != nil {
		t.Fatal(err)
	}
	r.send(t, 0)
	r.Clock.Advance(24 * time.Hour)
	r.send(t, 3)
	r.send(t, 0)
	if got, want := r.mailed(t), []string{r.Adam.Email, r.Hana.Email, r.Hana.Email}; !slices.Equal(got, want) {
		t.Errorf("mailed %v, want %v", got, want)
	}
	if err := r.Choose(t.Context(), ticketing.ActorOf(r.Hana), r.Roads.ID, false); err != nil {
		t.Fatal(err)
	}
	r.Clock.Advance(6 * 24 * time.Hour)
	r.send(t, 0)
	r.Clock.Advance(3 * 24 * time.Hour) // Friday passed while nothing ran
	r.send(t, 2)
	if got, want := r.mailed(t), []string{r.Adam.Email, r.Hana.Email}; !slices.Equal(got, want) {
		t.Errorf("mailed %v, want %v", got, want)
	}
}

// TestReportsGoOnlyToReaders holds that an account that lost its right, its
// department or itself is mailed nothing, and nobody subscribes to what is not theirs.
func TestReportsGoOnlyToReaders(t *testing.T) {
	t.Parallel()
	r := newPressRoom(t)
	ctx := t.Context()
	for _, x := range []struct {
		by   ticketing.Agent
		d    ticketing.DepartmentID
		kind ticketing.Kind
	}{{r.Oskar, r.Lighting.ID, ticketing.Forbidden}, {r.Hana, r.Water.ID, ticketing.NotFound}, {r.Hana, 0, ticketing.NotFound}, {r.Adam, 9999, ticketing.NotFound}} {
		if err := r.Choose(ctx, ticketing.ActorOf(x.by), x.d, true); !errors.Is(err, x.kind) {
			t.Errorf("%s chooses %d: %v, want %v", x.by.Name, x.d, err, x.kind)
		}
	}
	if on, err := r.Subscribed(ctx, ticketing.ActorOf(r.Hana), r.Roads.ID); !on || err != nil {
		t.Errorf("a head is not subscribed: %v", err)
	}
	r.send(t, 0)
	err := r.Store.InTx(ctx, func(tx ticketing.Tx) error {
		a, err := tx.Agent(ctx, r.Hana.ID)
		if err != nil {
			return err
		}
		a.Departments = []ticketing.DepartmentID{r.Lighting.ID}
		return tx.SaveAgent(ctx, a)
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Clock.Advance(24 * time.Hour)
	r.send(t, 1)
	if r.printed != 1 {
		t.Errorf("%d reports were printed", r.printed)
	}
}

// TestSubscribedWritesNothing holds that a page which shows whether its report is
// mailed asks for no transaction.
func TestSubscribedWritesNothing(t *testing.T) {
	t.Parallel()
	r := newPressRoom(t)
	hana := ticketing.ActorOf(r.Hana)
	if err := r.Choose(t.Context(), hana, r.Roads.ID, false); err != nil {
		t.Fatal(err)
	}
	core := *r.Core
	core.Store = readOnly{r.Store}
	reader := ticketing.Subscriptions{Bureau: &core}
	for d, want := range map[ticketing.DepartmentID]bool{r.Roads.ID: false, r.Lighting.ID: true, r.Water.ID: false} {
		if on, err := reader.Subscribed(t.Context(), hana, d); err != nil || on != want {
			t.Errorf("department %d: %t, %v, want %t", d, on, err, want)
		}
	}
}

// readOnly refuses transactions.
type readOnly struct{ ticketing.Store }

func (readOnly) InTx(context.Context, func(ticketing.Tx) error) error {
	return errors.New("a transaction")
}

// TestReportsSurviveFaults lets each step of sending fail once (F41): after the
// next run everybody has the issue, once.
func TestReportsSurviveFaults(t *testing.T) {
	t.Parallel()
	failed := 0
	for n := 1; n < 60; n++ {
		r := newPressRoom(t)
		r.send(t, 0)
		r.Clock.Advance(24 * time.Hour)
		fault := ticketingtest.NewFaultStore(r.Store)
		fault.FailAt(n, ticketing.Busy)
		core := *r.Core
		core.Store = fault
		broken := *r.Subscriptions
		broken.Bureau = &core
		_, err := broken.Send(t.Context())
		if err != nil {
			failed++
		}
		if _, err := r.Send(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := r.mailed(t); len(got) != 2 {
			t.Fatalf("after a fault in step %d: mailed %v (%v)", n, got, err)
		}
		if err == nil {
			break
		}
	}
	if failed < 5 {
		t.Errorf("only %d steps failed", failed)
	}
}
