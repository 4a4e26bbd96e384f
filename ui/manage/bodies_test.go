package manage

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// A body is added, refused with the field that is wrong, changed, and not
// overwritten by who read it earlier; a category says what it may be shown.
func TestBodies(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	has(t, b.get(t, "/manage/bodies", http.StatusOK), "No other bodies")
	good := func(change ...string) []string {
		f := map[string]string{
			"code": "traffic", "name_sr": "Uprava za saobraćaj", "name_en": "Traffic Authority", "email": "Pisarnica@saobracaj.example", "language": "sr-Cyrl-ME",
			"accept_hours": "10", "answer_hours": "72", "domain": "saobracaj.example", "pattern": `\d{2}-\d+/\d{2}`,
		}
		for i := 0; i+1 < len(change); i += 2 {
			f[change[i]] = change[i+1]
		}
		var out []string
		for k, v := range f {
			out = append(out, k, v)
		}
		return out
	}
	for field, bad := range map[string]string{"email": "x", "pattern": "(", "domain": "a b", "accept_hours": "0", "answer_hours": "1001", "code": "X!", "name_sr": "", "language": "xx", "calendar": "mars"} {
		if page := b.post(t, "/manage/bodies/new", http.StatusUnprocessableEntity, good(field, bad)...); field != "language" {
			has(t, page, field+"-error")
		}
	}
	b.post(t, "/manage/bodies/new", http.StatusUnprocessableEntity, good("pattern", "a*")...) // fits every mail
	b.post(t, "/manage/bodies/new", http.StatusSeeOther, good()...)
	dir, err := s.Store.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(dir.Bodies) != 1 {
		t.Fatalf("bodies: %+v", dir.Bodies)
	}
	x := dir.Bodies[0]
	if x.Email != "pisarnica@saobracaj.example" || x.Language != lang.SrCyrl || x.AcceptHours != 10 || ticketing.NameIn(x.Names, lang.En) != "Traffic Authority" {
		t.Fatalf("saved: %+v", x)
	}
	path := fmt.Sprintf("/manage/bodies/%d", x.ID)
	has(t, b.get(t, path, http.StatusOK), `value="pisarnica@saobracaj.example"`)
	b.post(t, path, http.StatusSeeOther, good("version", fmt.Sprint(x.Version), "disabled", "1")...)
	b.post(t, path, http.StatusConflict, good("version", fmt.Sprint(x.Version))...)
	has(t, b.get(t, "/manage/bodies", http.StatusOK), "Traffic Authority")

	k := s.Pothole
	path = fmt.Sprintf("/manage/categories/%d", k.ID)
	b.post(t, path, http.StatusSeeOther, "version", fmt.Sprint(k.Version), "code", k.Code, "name_sr", "Rupa", "department", fmt.Sprint(s.Roads.ID),
		"resolve_days", "7", "pass_text", "1", "pass_place", "1")
	dir, err = s.Store.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if k, _ = dir.Category(k.ID); fmt.Sprint(k.Passes) != "[text place]" {
		t.Errorf("passes %v", k.Passes)
	}
	has(t, b.get(t, path, http.StatusOK), `name="pass_text"`)
}
