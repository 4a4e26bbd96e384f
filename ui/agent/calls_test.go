package agent

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// ring enters a call as an exchange tells of it and lets it be decided.
func (s *site) ring(t testing.TB, key, from string, result ticketing.CallResult) ticketing.CallView {
	t.Helper()
	calls := ticketing.Calls{Bureau: s.Core, Duties: s.Store}
	at := s.Clock.Now()
	r := ticketing.CallReport{
		Source: "pbx", Call: key, Region: "ME", Direction: ticketing.CallIn, From: from, To: "19801", Started: at, Ended: at.Add(40 * time.Second), Result: result,
	}
	if result == ticketing.CallAnswered {
		r.Answered, r.Extension = at.Add(8*time.Second), "ana"
	}
	s.Clock.Advance(2 * time.Minute)
	if _, err := calls.Take(context.Background(), []ticketing.CallReport{r}); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(2 * time.Minute)
	if _, err := calls.Decide(context.Background()); err != nil {
		t.Fatal(err)
	}
	page, err := s.Store.CallPage(context.Background(), ticketing.CallFilter{Key: key})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%d calls, %v", len(page.Items), err)
	}
	return page.Items[0]
}

// A missed call is owed, its number hidden until somebody asks, which is
// recorded; a try that reached nobody is counted.
func TestCallbacksAreCalled(t *testing.T) {
	t.Parallel()
	s := newSite(t, "24x7")
	missed := s.ring(t, "m1", "067 123 418", ticketing.CallMissed)
	if missed.Ref == "" {
		t.Fatal("a missed call made no ticket")
	}
	ana := s.as(t, s.Ana)
	page := ana.get("/agent/calls", http.StatusOK)
	page.has(t, "067 ••• 418", string(missed.Ref), "1 propušten poziv", "još nijedan")
	page.hasNot(t, "123 418", "38267123418")
	ana.press("/agent/calls/callbacks/"+string(missed.Ref)+"/reveal", http.StatusOK).has(t, `href="tel:067 123 418"`)
	ana.press(revealPath(missed.ID), http.StatusOK).has(t, "067 123 418")
	ana.post("/agent/calls/callbacks/"+string(missed.Ref)+"/tried", http.StatusSeeOther)
	ana.get("/agent/calls", http.StatusOK).has(t, `<span class="attempt">1</span>`)
	seen := map[ticketing.EventKind]int{}
	for _, e := range s.View(t, missed.Ref).Events {
		seen[e.Kind]++
	}
	if seen[ticketing.EventRevealed] != 2 || seen[ticketing.EventCallTried] != 1 {
		t.Errorf("recorded %v", seen)
	}
}

// An answered call without a ticket is listed a quarter of an hour after it, and
// not before.
func TestCallsWithoutRecord(t *testing.T) {
	t.Parallel()
	s := newSite(t, "24x7")
	k := s.ring(t, "a1", "069 555 111", ticketing.CallAnswered)
	open := "/agent/new?call=" + strconv.FormatInt(int64(k.ID), 10)
	ana := s.as(t, s.Ana)
	ana.get("/agent/calls?show=no-record", http.StatusOK).hasNot(t, open)
	s.Clock.Advance(withoutRecord)
	ana.get("/agent/calls?show=no-record", http.StatusOK).has(t, open, "069 ••• 111")
	for _, tab := range callTabs {
		ana.get("/agent/calls?show="+tab, http.StatusOK)
	}
}

// Rejected rows of a file are listed with line and reason.
func TestCallFilesPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, "24x7")
	f := ticketing.CallFile{
		Source: "cdr", Name: "Master.csv", Identity: "1", State: ticketing.CallFileDone, Lines: 250, Legs: 100, Rejected: 150, StartedAt: s.Clock.Now(), UpdatedAt: s.Clock.Now(),
	}
	err := s.Store.InTx(t.Context(), func(tx ticketing.Tx) error {
		if err := tx.SaveCallFile(t.Context(), &f); err != nil {
			return err
		}
		var list []ticketing.CallReject
		for i := range int64(150) {
			list = append(list, ticketing.CallReject{File: f.ID, Line: 100 + i, Kind: "future", Column: "start", Text: "2031-01-01 00:00:00"})
		}
		return tx.AddCallRejects(t.Context(), list)
	})
	if err != nil {
		t.Fatal(err)
	}
	ana := s.as(t, s.Ana)
	ana.get("/agent/calls/files", http.StatusOK).has(t, "Master.csv")
	path := "/agent/calls/files/" + strconv.FormatInt(int64(f.ID), 10)
	ana.get(path, http.StatusOK).has(t, ">100<", "je li zona tačna", "2031-01-01", path+"?after=199")
	rest := ana.get(path+"?after=199", http.StatusOK)
	rest.has(t, ">249<")
	rest.hasNot(t, ">199<")
	ana.get("/agent/calls/files/99", http.StatusNotFound)
}

// Who called and left no name is shown by a masked number, wherever a name would
// stand: in lists, on the ticket, beside what they said.
func TestNumbersAreNoNames(t *testing.T) {
	t.Parallel()
	s := newSite(t, "24x7")
	missed := s.ring(t, "n1", "067 123 418", ticketing.CallMissed)
	ana := s.as(t, s.Ana)
	for _, path := range []string{ticketing.TicketPath(missed.Ref), "/agent/v/all", "/agent/search?q=067123418", "/agent/calls?show=missed"} {
		page := ana.get(path, http.StatusOK)
		page.has(t, string(missed.Ref))
		page.hasNot(t, "+38267123418", "38267123418", "067 123 418")
	}
}
