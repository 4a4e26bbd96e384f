package report

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ticketing/ticketingtest"
	"github.com/sistem48/system48/ui/locale"
)

// press gives the press of the site.
func (s *site) press(t *testing.T) *Press {
	t.Helper()
	c, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	return &Press{Store: s.Store, Reads: s.Store, Texts: c, Now: s.Clock.Now, PublicURL: s.Base}
}

// TestPrintedReport compares what is mailed on Friday with the page it names, in
// every language: the same headline, and a PDF with it.
func TestPrintedReport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	issue := ticketing.IssueOf(s.Clock.Now(), ticketingtest.Zone()).AddDate(0, 0, 21)
	s.Clock.Set(issue.AddDate(0, 0, -4)) // a Monday
	s.fill(t, 3, "Ne radi rasvjeta")
	s.Clock.Set(issue.Add(time.Minute))
	s.fold(t)
	want, err := report.Department(t.Context(), s.Store, ticketing.ActorOf(s.Adam), report.Request{
		Period: weekOf(issue, ticketingtest.Zone()), Now: s.Clock.Now(), Zone: ticketingtest.Zone(), Target: Target,
		Filter: report.Filter{Departments: []ticketing.DepartmentID{s.Bureau.ID}},
	})
	if err != nil {
		t.Fatal(err)
	}
	rate := want.Figure(report.AnswerOnTime)
	if rate.Denominator == 0 {
		t.Fatal("nothing fell due in the week: the report says nothing")
	}
	for tag, words := range map[lang.Tag]string{lang.En: "Answered on time: **", lang.SrLatn: "Odgovoreno u roku: **", lang.SrCyrl: "Одговорено у року: **", lang.Sq: "Përgjigjur në afat: **"} {
		a := s.Adam
		a.Language = tag
		got, err := s.press(t).Print(t.Context(), a, s.Bureau.ID, issue)
		if err != nil {
			t.Fatal(err)
		}
		value := cellOf(rate).words(printer(t, tag))
		if !strings.Contains(got.Text, words+value+"**") {
			t.Errorf("%s: %q is not in %q", tag, words+value, got.Text)
		}
		contents, _ := pages(t, got.PDF)
		if !strings.Contains(contents, inPDF(value)) || !strings.HasSuffix(got.File, ".pdf") {
			t.Errorf("%s: the PDF %s does not have %s", tag, got.File, value)
		}
		page := s.as(t, s.Adam, tag).get(t, strings.TrimPrefix(got.URL, s.Base), http.StatusOK)
		has(t, page, value)
	}
	if _, err := s.press(t).Print(t.Context(), s.Hana, s.Bureau.ID, issue); ticketing.KindOf(err) != ticketing.NotFound {
		t.Errorf("a head is printed the report of others: %v (A33)", err)
	}
}

// TestSubscribe follows the button: a head gets the report of their department
// unasked and ends it, an admin begins that of the city; nobody that of others.
func TestSubscribe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	hana, adam := s.as(t, s.Hana, lang.En), s.as(t, s.Adam, lang.En)
	roads := pathDepartments + s.Roads.Code
	choose := func(b *browser, d, wanted, back string, want int) {
		t.Helper()
		_, header := b.do(t, http.MethodPost, pathCity+"/subscription/"+d, want, url.Values{"wanted": {wanted}, "back": {back}})
		if to := header.Get("Location"); want == http.StatusSeeOther && to != back {
			t.Errorf("leads to %q, want %q", to, back)
		}
	}
	has(t, hana.get(t, roads, http.StatusOK), "Stop mailing me")
	choose(hana, number(s.Roads.ID), "no", roads, http.StatusSeeOther)
	has(t, hana.get(t, roads, http.StatusOK), "no longer comes to you", "Mail me on Fridays")
	has(t, adam.get(t, pathAll, http.StatusOK), "Mail me on Fridays")
	choose(adam, "0", "yes", pathAll, http.StatusSeeOther)
	has(t, adam.get(t, pathAll, http.StatusOK), "every Friday morning", "Stop mailing me")
	if body := hana.get(t, pathAll, http.StatusOK); strings.Contains(body, "Mail me on Fridays") {
		t.Error("a head is offered the report of the city")
	}
	choose(hana, number(s.Bureau.ID), "yes", roads, http.StatusNotFound)
	choose(hana, "0", "yes", roads, http.StatusNotFound)
	choose(adam, "9999", "yes", roads, http.StatusNotFound)
	choose(adam, "x", "yes", roads, http.StatusNotFound)
	choose(adam, "0", "perhaps", roads, http.StatusNotFound)
	choose(s.as(t, s.Oskar, lang.En), number(s.Roads.ID), "yes", roads, http.StatusForbidden)
}
