package manage

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/sistem48/system48/ticketing/lang"
)

// A ready-made answer is written in several languages, looked at, refused with
// every fault and its line, saved, changed, and not overwritten by who read it
// earlier (A19, A20).
func TestTemplates(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	has(t, b.get(t, "/manage/templates", http.StatusOK), "No ready-made answers yet")
	has(t, b.get(t, "/manage/templates/new", http.StatusOK), "{tracking_url}", "{?due}", "text_sr-Latn-ME")
	const latin, english = "text_sr-Latn-ME", "text_en"
	preview := b.post(t, "/manage/templates/new", http.StatusOK, "do", "preview", "name", "Primljeno", "department", "0", english, "We have {ref}.")
	has(t, preview, "We have S48-26-004812-6.")
	bad := b.post(t, "/manage/templates/new", http.StatusUnprocessableEntity, "do", "save", "name", "Primljeno", "department", "0",
		latin, "Poštovani {citizen},\n{nesto}", english, "Fine {ref}")
	has(t, bad, "error-summary", "{citizen}", "{nesto}", "Fine {ref}")
	b.post(t, "/manage/templates/new", http.StatusUnprocessableEntity, "do", "save", "name", "", "department", "0", latin, "x")
	has(t, b.post(t, "/manage/templates/new", http.StatusUnprocessableEntity, "do", "save", "name", "Prazno", "department", "0"), "in one language at least")
	b.post(t, "/manage/templates/new", http.StatusSeeOther, "do", "save", "name", "Primljeno", "department", fmt.Sprint(s.Roads.ID), latin, "Primili smo {ref}.")
	has(t, b.post(t, "/manage/templates/new", http.StatusUnprocessableEntity, "do", "save", "name", "Primljeno", "department", "0", latin, "x"), "of that name already")
	dir, err := s.Store.Directory(t.Context())
	if err != nil || len(dir.Templates) != 1 {
		t.Fatalf("%d answers, %v", len(dir.Templates), err)
	}
	x := dir.Templates[0]
	if x.Department != s.Roads.ID || x.Texts[lang.SrLatn] != "Primili smo {ref}." || len(x.Texts) != 1 {
		t.Errorf("saved %+v", x)
	}
	path := fmt.Sprintf("/manage/templates/%d", x.ID)
	has(t, b.get(t, path, http.StatusOK), "Primili smo S48-26-004812-6.")
	change := []string{"do", "save", "name", "Primljeno", "department", "0", latin, "Stiglo: {ref}", "disabled", "1", "version", fmt.Sprint(x.Version)}
	b.post(t, path, http.StatusSeeOther, change...)
	b.post(t, path, http.StatusConflict, change...)
	has(t, b.get(t, "/manage/templates", http.StatusOK), "Primljeno", "all departments")
	b.get(t, "/manage/templates/99", http.StatusNotFound)
	s.as(t, s.Ana).get(t, "/manage/templates", http.StatusForbidden)
}
