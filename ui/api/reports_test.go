package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// The interface gives the figures of the page, from the same query, and each
// figure's address gives exactly its tickets.
func TestReports(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	for range 3 {
		d.mail(t, "marko@example.me", "Svjetiljka")
	}
	d.Clock.Advance(72 * time.Hour)
	if _, err := d.Store.FoldFacts(t.Context()); err != nil {
		t.Fatal(err)
	}
	today := report.DayOf(d.Clock.Now(), ticketingtest.Zone())
	period := "from=" + (today - 10).String() + "&to=" + today.String()
	secret := d.token(t, d.Adam)
	page, err := report.Department(t.Context(), d.Store, ticketing.ActorOf(d.Adam), report.Request{
		Period: report.Period{From: today - 10, To: today}, Now: d.Clock.Now(), Zone: ticketingtest.Zone(),
	})
	if err != nil {
		t.Fatal(err)
	}
	got := d.call(t, secret, http.MethodGet, "/reports/department?"+period, "").want(t, http.StatusOK).object(t)
	followed := 0
	for i, x := range got["figures"].([]any) {
		f := x.(map[string]any)
		want := page.Figures[i]
		if f["measure"] != string(want.Measure) || f["numerator"] != float64(want.Numerator) || f["denominator"] != float64(want.Denominator) {
			t.Errorf("figure %d = %v, want %s %d of %d", i, f, want.Measure, want.Numerator, want.Denominator)
		}
		if at, ok := f["tickets"].(string); ok && f["unit"] != "seconds" {
			items := d.call(t, secret, http.MethodGet, strings.TrimPrefix(at, Prefix), "").want(t, http.StatusOK).object(t)["items"].([]any)
			if float64(len(items)) != f["numerator"] {
				t.Errorf("%s: %d tickets behind %v", f["measure"], len(items), f["numerator"])
			}
			followed += len(items)
		}
	}
	if followed < 6 {
		t.Errorf("%d tickets behind all figures", followed)
	}
	sla := d.call(t, secret, http.MethodGet, "/reports/sla?group=department&"+period, "").want(t, http.StatusOK).object(t)
	for group, want := range map[string]report.Table{
		"department": page.ByDepartment, "category": page.ByCategory, "channel": page.ByChannel, "district": page.ByDistrict, "language": page.ByLanguage,
	} {
		sameGroups(t, group, d.call(t, secret, http.MethodGet, "/reports/sla?group="+group+"&"+period, "").want(t, http.StatusOK).object(t)["groups"].([]any), want.Rows)
	}
	sameFigures(t, "total", sla["total"], append(slices.Clone(page.Answer), page.Resolve...))
	sameFigures(t, "beside", sla["beside"], page.Beside)
	if n := len(sla["total"].([]any)); n != 8 {
		t.Errorf("%d formulas, want A to D of answers and of work", n)
	}
	if groups := sla["groups"].([]any); len(groups) != 1 || groups[0].(map[string]any)["key"] != d.Bureau.Code {
		t.Errorf("groups = %v", sla["groups"])
	}
	for query, status := range map[string]int{
		"/reports/sla?from=2026-02-01&to=2026-01-01": http.StatusUnprocessableEntity, "/reports/sla?from=2026-02-01": http.StatusUnprocessableEntity,
		"/reports/sla?department=nope&" + period: http.StatusNotFound, "/reports/cases?set=nope": http.StatusUnprocessableEntity,
	} {
		d.call(t, secret, http.MethodGet, query, "").want(t, status)
	}
}

func sameGroups(t *testing.T, group string, got []any, want []report.Row) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%d groups by %s, want %d", len(got), group, len(want))
	}
	for i, g := range got {
		sameFigures(t, group+" "+want[i].Key, g.(map[string]any)["figures"], want[i].Figures)
	}
}

func sameFigures(t *testing.T, what string, got any, want []report.Figure) {
	t.Helper()
	list := got.([]any)
	if len(list) != len(want) {
		t.Fatalf("%s: %d figures, want %d", what, len(list), len(want))
	}
	for i, x := range list {
		f := x.(map[string]any)
		value, known := f["value"].(float64)
		if f["measure"] != string(want[i].Measure) || f["numerator"] != float64(want[i].Numerator) || f["denominator"] != float64(want[i].Denominator) ||
			known != want[i].Known() || known && value != want[i].Value() {
			t.Errorf("%s: %v, want %s %d of %d", what, f, want[i].Measure, want[i].Numerator, want[i].Denominator)
		}
	}
}

// Heads see their own departments, auditors no subjects, officers nothing.
func TestReportsAreScoped(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.mail(t, "marko@example.me", "Svjetiljka")
	if _, err := d.Store.FoldFacts(t.Context()); err != nil {
		t.Fatal(err)
	}
	today := report.DayOf(d.Clock.Now(), ticketingtest.Zone())
	period := "from=" + (today - 1).String() + "&to=" + today.String()
	hana, aida, oskar := d.token(t, d.Hana), d.token(t, d.Aida), d.token(t, d.Oskar)
	d.call(t, hana, http.MethodGet, "/reports/sla?department=bureau&"+period, "").want(t, http.StatusNotFound)
	d.call(t, hana, http.MethodGet, "/reports/sla?"+period, "").want(t, http.StatusOK)
	d.call(t, oskar, http.MethodGet, "/reports/sla?"+period, "").want(t, http.StatusForbidden)
	if items := d.call(t, hana, http.MethodGet, "/reports/cases?set=open", "").want(t, http.StatusOK).object(t)["items"].([]any); len(items) != 0 {
		t.Errorf("a head sees %d tickets of others", len(items))
	}
	items := d.call(t, aida, http.MethodGet, "/reports/cases?set=open", "").want(t, http.StatusOK).object(t)["items"].([]any)
	if len(items) != 1 || items[0].(map[string]any)["subject"] != nil {
		t.Errorf("the auditor reads %v", items)
	}
}
