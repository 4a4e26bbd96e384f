package manage

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// upload sends a file with fields, as a browser's form does.
func (b *browser) upload(t *testing.T, path, field, file string, want int, pairs ...string) string {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := w.WriteField(pairs[i], pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile(field, "districts.json")
	if err == nil {
		_, err = part.Write([]byte(file))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.Base+path, &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	a := b.Send(t, r)
	if a.StatusCode != want {
		t.Fatalf("POST %s = %d, want %d: %.1500s", path, a.StatusCode, want, a.Text)
	}
	return a.Text
}

func outline(code, name, ring string) string {
	return fmt.Sprintf(`{"type":"Feature","properties":{"code":%q,"name":%q},"geometry":{"type":"Polygon","coordinates":[%s]}}`, code, name, ring)
}

func collection(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
}

const (
	westRing = `[[19,42],[19.25,42],[19.25,43],[19,43],[19,42]]`
	eastRing = `[[19.25,42],[19.5,42],[19.5,43],[19.25,43],[19.25,42]]`
	bowTie   = `[[19,42],[19.4,42.4],[19.4,42],[19,42.4],[19,42]]`
)

// Outlines and streets are imported; a rule by district then takes a mail that
// names a street. What is wrong with a file is told with its place, and nothing
// of it is kept.
func TestDistricts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	const path = "/manage/routing/districts"
	has(t, b.get(t, path, http.StatusOK), "There are no districts yet", "Import outlines")
	has(t, b.upload(t, path, "outlines", collection(outline("west", "Zapad", westRing), outline("x", "Mašna", bowTie)), http.StatusUnprocessableEntity, "kind", "outlines", "version", "0"),
		"Nothing was imported", "Feature 2, Mašna: the outline crosses or touches itself at 19.20000, 42.20000")
	has(t, b.upload(t, path, "outlines", "no file of ours", http.StatusUnprocessableEntity, "kind", "outlines", "version", "0"), "this is no GeoJSON")
	b.upload(t, path, "other", "", http.StatusUnprocessableEntity, "kind", "outlines", "version", "0") // no file at all
	b.upload(t, path, "outlines", collection(outline("west", "Zapad", westRing), outline("east", "Istok", eastRing)), http.StatusSeeOther, "kind", "outlines", "version", "0")
	has(t, b.get(t, path, http.StatusOK), "Zapad", "Istok", "In use", "Imported: 2 districts in use")
	has(t, b.upload(t, path, "streets", "street,district\nNjegoševa,west\nNjegoševa,east\nIlirska,sjever\n", http.StatusUnprocessableEntity, "kind", "streets", "version", "1"),
		"Line 3, Njegoševa: another district has the same house numbers", "Line 4, sjever: there is no such district")
	b.upload(t, path, "streets", "street,district\nNjegoševa,west\n", http.StatusConflict, "kind", "streets", "version", "0") // somebody was faster
	b.upload(t, path, "streets", "street,district\nNjegoševa,west\nIlirska,sjever\n", http.StatusSeeOther, "kind", "streets", "version", "1", "add", "1")
	b.upload(t, path, "outlines", collection(outline("west", "Zapad", westRing)), http.StatusSeeOther, "kind", "outlines", "version", "2", "replace", "1")
	has(t, b.get(t, path, http.StatusOK), "No longer used")

	b.post(t, "/manage/routing/new", http.StatusSeeOther, "version", "0", "name", "Na zapadu", "districts", "1", "enabled", "1", "department", fmt.Sprint(s.Roads.ID))
	has(t, b.get(t, "/manage/routing", http.StatusOK), "District: ", "Zapad")
	b.post(t, "/manage/routing/new", http.StatusUnprocessableEntity, "version", "1", "name", "Na istoku", "districts", "2", "department", fmt.Sprint(s.Roads.ID)) // retired
	v := s.View(t, s.Receive(t, s.Mail("a@posta.example", "Rupa", "Rupa je u Njegoševoj ulici.")).TicketRef)
	if v.Ticket.Department != s.Roads.ID || v.Ticket.District != 1 {
		t.Errorf("department %d, district %d", v.Ticket.Department, v.Ticket.District)
	}
	// A39: none of it without the right.
	ana := s.as(t, s.Ana)
	ana.get(t, path, http.StatusForbidden)
	ana.upload(t, path, "outlines", collection(outline("west", "Zapad", westRing)), http.StatusForbidden, "kind", "outlines", "version", "3")
}

// An agent enters their own absence; a new mail passes them by, what they have
// goes to the deputy, and who may not plan for others cannot.
func TestAbsences(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ana, adam := s.as(t, s.Ana), s.as(t, s.Adam)
	has(t, ana.get(t, "/absences", http.StatusOK), "Nobody is away", `name="agent" value="`+fmt.Sprint(s.Ana.ID))
	today := s.Clock.Now().In(ticketingtest.Zone()).Format(time.DateOnly)
	later := s.Clock.Now().AddDate(0, 0, 5).Format(time.DateOnly)
	form := func(agent ticketing.AgentID, from, until string, more ...string) []string {
		return append([]string{"agent", fmt.Sprint(agent), "from", from, "until", until, "hand_over", "1"}, more...)
	}
	has(t, ana.post(t, "/absences", http.StatusUnprocessableEntity, form(s.Ana.ID, later, today)...), "The absence ends before it begins", `value="`+later)
	has(t, ana.post(t, "/absences", http.StatusUnprocessableEntity, form(s.Ana.ID, "24.11.2026", later)...), "This is no day")
	has(t, ana.post(t, "/absences", http.StatusUnprocessableEntity, form(s.Ana.ID, today, later, "substitute", fmt.Sprint(s.Ana.ID))...), "Nobody stands in for themselves")
	ana.post(t, "/absences", http.StatusForbidden, form(s.Boris.ID, today, later)...)

	desk := ticketing.Desk{Bureau: s.Core}
	ref := s.Receive(t, s.Mail("a@posta.example", "Rupa", "na putu")).TicketRef
	if _, err := desk.Assign(t.Context(), ticketing.ActorOf(s.Ana), ticketing.Target{Ref: ref}, s.Ana.ID); err != nil {
		t.Fatal(err)
	}
	ana.post(t, "/absences", http.StatusSeeOther, form(s.Ana.ID, today, later, "substitute", fmt.Sprint(s.Boris.ID))...)
	has(t, ana.post(t, "/absences", http.StatusUnprocessableEntity, form(s.Ana.ID, later, later)...), "another absence in this time")
	has(t, adam.get(t, "/absences", http.StatusOK), s.Ana.Name, s.Boris.Name, "away")
	away := ticketing.Substitution{Bureau: s.Core, Duties: s.Store}
	if _, err := away.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v := s.View(t, ref); v.Ticket.Assignee != s.Boris.ID {
		t.Errorf("the ticket of who is away is with %d, want the deputy", v.Ticket.Assignee)
	}
	has(t, ana.get(t, "/absences", http.StatusOK), "handed over")
	dir, err := s.Store.Directory(t.Context())
	if err != nil || len(dir.Absences) != 1 {
		t.Fatalf("absences = %+v, %v", dir.Absences, err)
	}
	end := fmt.Sprintf("/absences/%d/end", dir.Absences[0].ID)
	adam.post(t, end, http.StatusNotFound, "agent", fmt.Sprint(s.Boris.ID))
	adam.post(t, end, http.StatusSeeOther, "agent", fmt.Sprint(s.Ana.ID))
	has(t, ana.get(t, "/absences", http.StatusOK), "Nobody is away")
	s.browser(t).get(t, "/absences", http.StatusUnauthorized)
}
