package report

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// The report of the line says what calls say, with the list behind each figure,
// and no number of anybody.
func TestReportOfTheLine(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	hana, oskar := s.as(t, s.Hana, lang.En), s.as(t, s.Oskar, lang.En)
	oskar.get(t, pathCalls, http.StatusForbidden)
	has(t, hana.get(t, pathCalls, http.StatusOK), "No calls in this period")
	calls := ticketing.Calls{Bureau: s.Core, Duties: s.Store}
	at := s.Clock.Now()
	ring := func(key string, result ticketing.CallResult, wait time.Duration) ticketing.CallReport {
		r := ticketing.CallReport{
			Source: "pbx", Call: key, Region: "ME", Direction: ticketing.CallIn, From: "067 123 4" + key, To: "19801", Started: at, Ended: at.Add(wait + time.Minute), Result: result,
		}
		if result == ticketing.CallAnswered {
			r.Answered, r.Extension = at.Add(wait), "101"
		} else {
			r.Ended = at.Add(wait)
		}
		return r
	}
	s.Clock.Advance(10 * time.Minute)
	_, err := calls.Take(t.Context(), []ticketing.CallReport{
		ring("10", ticketing.CallAnswered, 20*time.Second), ring("11", ticketing.CallAnswered, 40*time.Second), ring("12", ticketing.CallMissed, 30*time.Second),
		ring("13", ticketing.CallMissed, 2*time.Second),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(20 * time.Minute)
	if _, err := calls.Decide(t.Context()); err != nil {
		t.Fatal(err)
	}
	page := hana.get(t, pathCalls+"?period=today&list=no_record", http.StatusOK)
	has(t, page, "30 s", "1 of 3", "33.3", "of 2 answered", "Sum of waits of the answered", ">101<")
	if strings.Contains(page, "067") || strings.Contains(page, "+382") {
		t.Error("a number stands in the report")
	}
	for _, list := range []string{"offered", "answered", "abandoned", "voicemail", "callbacks", "late", "bogus"} {
		hana.get(t, pathCalls+"?list="+list, http.StatusOK)
	}
	s.Clock.Advance(7 * 24 * time.Hour)
	has(t, s.as(t, s.Hana, lang.En).get(t, pathCalls+"?period=month&list=late", http.StatusOK), "0 of 1", "out of time", "late")
}
