package api

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

// A100: bodies that can be read in two ways are not read at all.
func TestBodiesOfTwoMeaningsAreRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	ana := d.token(t, d.Ana)
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"cut":                          {`{"text":"a"`, http.StatusBadRequest},
		"no JSON":                      {`text=a`, http.StatusBadRequest},
		"absent":                       {``, http.StatusBadRequest},
		"two values":                   {`{"text":"a"}{"text":"b"}`, http.StatusBadRequest},
		"a name twice":                 {`{"text":"a","text":"b"}`, http.StatusBadRequest},
		"a name in two cases":          {`{"text":"a","Text":"b"}`, http.StatusBadRequest},
		"a name in a long s":           {`{"attachments":[],"attachment` + "\u017f" + `":[],"text":"a"}`, http.StatusBadRequest},
		"deep":                         {`{"text":"a","to":` + deep + `}`, http.StatusBadRequest},
		"deeper than a decoder":        {strings.Repeat(`{"a":`, 20_000), http.StatusBadRequest},
		"an array":                     {`["text"]`, http.StatusUnprocessableEntity},
		"null":                         {`null`, http.StatusUnprocessableEntity},
		"a number for text":            {`{"text":1}`, http.StatusUnprocessableEntity},
		"empty text":                   {`{"text":""}`, http.StatusUnprocessableEntity},
		"blank text":                   {`{"text":"  \n "}`, http.StatusUnprocessableEntity},
		"unknown kind":                 {`{"text":"a","kind":"promise"}`, http.StatusUnprocessableEntity},
		"too many recipients":          {`{"text":"a","to":["` + strings.Repeat(`a@b.me","`, 25) + `a@b.me"]}`, http.StatusUnprocessableEntity},
		"our own address":              {`{"text":"a","to":["s48@grad.example"]}`, http.StatusUnprocessableEntity},
		"a header in an address (A76)": {`{"text":"a","to":["a@b.me\r\nBcc: c@d.me"]}`, http.StatusUnprocessableEntity},
		"too large":                    {`{"text":"` + strings.Repeat("a", maxFileBody) + `"}`, http.StatusRequestEntityTooLarge},
		"announced too large":          {`{"text":"` + strings.Repeat("a", 31<<20) + `"}`, http.StatusRequestEntityTooLarge},
	} {
		a := d.call(t, ana, http.MethodPost, "/tickets/"+string(ref)+"/replies", c.body, "Content-Type", "application/json")
		if a.status != c.status || a.header.Get("Content-Type") != problemType || a.object(t)["request_id"] == "" {
			t.Errorf("%s: %d, want %d: %.300s", name, a.status, c.status, a.body)
		}
		if len(a.body) > 2000 {
			t.Errorf("%s: the problem repeats the request: %d bytes", name, len(a.body))
		}
	}
	a := d.call(t, ana, http.MethodPost, "/tickets/"+string(ref)+"/replies", `<a/>`, "Content-Type", "application/xml").want(t, http.StatusUnsupportedMediaType)
	if a.object(t)["code"] != "unsupported_media_type" {
		t.Errorf("%s", a.body)
	}
	if n := len(d.View(t, ref).Messages); n != 1 {
		t.Errorf("%d messages", n)
	}
}

func FuzzCheckJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2,{"b":null}]}`, `{"a":1,"A":2}`, `[[[[`, `"x" 1`, ``, "\xff", `{"a"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := checkJSON(data)
		var v any
		if err == nil && strictJSON.Unmarshal(data, &v) != nil {
			t.Errorf("%q passes the check and cannot be read", data)
		}
		if err != nil && len(err.Error()) > 100 {
			t.Errorf("the error repeats the body: %v", err)
		}
		if errors.Is(err, errDeep) && strings.Count(string(data), "[")+strings.Count(string(data), "{") <= maxDepth {
			t.Errorf("%q is not deep", data)
		}
	})
}

// Whatever happens below the prefix is a problem, never a page.
func TestErrorsAreProblems(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.echo.GET(Prefix+"/panic", func(echo.Context) error { panic("marko@example.me") })
	ana := d.token(t, d.Ana)
	for name, c := range map[string]struct {
		method, path, token string
		status              int
		code                string
	}{
		"unknown path":            {http.MethodGet, "/nema", ana, http.StatusNotFound, "not_found"},
		"unknown, nobody":         {http.MethodGet, "/nema", "", http.StatusUnauthorized, "unauthenticated"},
		"the prefix":              {http.MethodGet, Prefix, ana, http.StatusNotFound, "not_found"},
		"wrong method":            {http.MethodDelete, "/tickets", ana, http.StatusMethodNotAllowed, "method_not_allowed"},
		"strange method":          {"BREW", "/tickets", ana, http.StatusMethodNotAllowed, "method_not_allowed"},
		"wrong method, described": {http.MethodPost, descriptionPath, ana, http.StatusMethodNotAllowed, "method_not_allowed"},
		"malformed reference":     {http.MethodGet, "/tickets/x", ana, http.StatusNotFound, "not_found"},
		"wrong check digit":       {http.MethodGet, "/tickets/S48-26-000001-0", ana, http.StatusNotFound, "not_found"},
		"malformed id":            {http.MethodGet, "/messages/x", ana, http.StatusUnprocessableEntity, "invalid"},
		"unknown parameter":       {http.MethodGet, "/tickets?stat=open", ana, http.StatusUnprocessableEntity, "invalid"},
		"traversal (A95)":         {http.MethodGet, "/attachments/..%2f..%2fetc%2fpasswd", ana, http.StatusUnprocessableEntity, "invalid"},
		"nothing to find by":      {http.MethodGet, "/messages", ana, http.StatusUnprocessableEntity, "invalid"},
		"panic":                   {http.MethodGet, "/panic", ana, http.StatusInternalServerError, "internal"},
	} {
		a := d.call(t, c.token, c.method, c.path, "")
		o := a.object(t)
		if a.status != c.status || o["code"] != c.code || o["status"] != float64(c.status) || o["request_id"] != a.header.Get("X-Request-Id") ||
			a.header.Get("Content-Type") != problemType || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := d.call(t, ana, http.MethodDelete, "/tickets", ""); a.header.Get("Allow") != "GET, POST" {
		t.Errorf("Allow: %q", a.header.Get("Allow"))
	}
	if a := d.call(t, "", http.MethodGet, "http://x/nema", ""); !strings.Contains(string(a.body), "<html>") {
		t.Errorf("outside the prefix pages are still pages: %s", a.body)
	}
	if a := d.call(t, ana, http.MethodGet, "/tickets/x", "", "Accept-Language", "sq"); a.object(t)["detail"] == d.call(t, ana, http.MethodGet, "/tickets/x", "").object(t)["detail"] {
		t.Errorf("detail is not in the language asked for: %s", a.body)
	}
}

// The log tells nothing of citizens (I10).
func TestLogHoldsNoPersonalData(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	d.call(t, ana, http.MethodPost, "/tickets", `{"text":"tajna","citizen":{"name":"Perović","email":"pero@tajna.me","phone":"+38267123456"}}`).want(t, http.StatusCreated)
	d.call(t, ana, http.MethodGet, "/tickets?q=pero@tajna.me", "").want(t, http.StatusOK)
	d.call(t, ana, http.MethodPost, "/tickets", `{"tekst":"tajna","citizen":{"name":"Perović"}}`).want(t, http.StatusUnprocessableEntity)
	for _, word := range []string{"tajna", "Perović", "pero@", "67123456"} {
		if strings.Contains(d.log.String(), word) {
			t.Errorf("the log holds %q", word)
		}
	}
}
