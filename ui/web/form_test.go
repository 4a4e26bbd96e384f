package web

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
)

func formOf(values url.Values) *Form { return &Form{values: values} }

func TestFormValues(t *testing.T) {
	t.Parallel()
	f := formOf(url.Values{
		"name": {"  Ana\x00 Po\u202epović\r\n "}, "text": {"prvi\r\nred\tdva\x07"}, "decomposed": {"c\u030c"}, "broken": {"a\xff b"},
		"long": {strings.Repeat("č", 30)}, "n": {"12"}, "bad": {"1e3"}, "role": {"king"}, "on": {"1"},
	})
	for _, tt := range []struct{ name, got, want string }{
		{"line", f.Line("name", 50), "Ana Popović"},
		{"text", f.Text("text", 50), "prvi\nred\tdva"},
		{"NFC", f.Line("decomposed", 50), "č"},
		{"UTF-8", f.Line("broken", 50), "a\ufffd b"},
		{"missing", f.Line("nothing", 50), ""},
	} {
		if tt.got != tt.want {
			t.Errorf("%s = %q, want %q", tt.name, tt.got, tt.want)
		}
	}
	if !f.OK() {
		t.Errorf("errors: %v", f.Errors())
	}
	if got := f.Line("long", 10); got != strings.Repeat("č", 10) {
		t.Errorf("long = %q", got)
	}
	f.Required("nothing", 10)
	if f.Int("n", 1, 20) != 12 || f.Int("bad", 1, 20) != 0 || f.Choice("role", "agent", "head") != "" || !f.Checked("on") || f.Checked("off") {
		t.Error("Int, Choice or Checked is wrong")
	}
	for _, field := range []string{"long", "nothing", "bad", "role"} {
		if _, bad := f.Error(field); !bad {
			t.Errorf("%s is not in error", field)
		}
	}
	if f.OK() || len(f.Errors()) != 4 {
		t.Errorf("errors: %v", f.Errors())
	}
}

func TestFormSecret(t *testing.T) {
	t.Parallel()
	f := formOf(url.Values{"password": {" with spaces "}})
	if got := f.Secret("password", 100); got != " with spaces " {
		t.Errorf("Secret() = %q", got)
	}
	if f.Value("password") != "" {
		t.Error("a secret would be shown again")
	}
}

func TestFormTake(t *testing.T) {
	t.Parallel()
	invalid := &ticketing.Error{Kind: ticketing.Invalid, Field: "email", Key: "email.malformed"}
	taken := &ticketing.Error{Kind: ticketing.Conflict, Field: "code", Key: "code.taken"}
	for name, tt := range map[string]struct {
		err  error
		want bool
	}{
		"nil":                 {nil, false},
		"a fault":             {errors.New("disk"), false},
		"one field":           {invalid, true},
		"several":             {errors.Join(invalid, taken), true},
		"not found":           {&ticketing.Error{Kind: ticketing.NotFound, Key: "x"}, false},
		"stale":               {&ticketing.Error{Kind: ticketing.Stale, Key: "ticket.stale"}, false},
		"invalid and a fault": {errors.Join(invalid, &ticketing.Error{Kind: ticketing.Busy}), false},
	} {
		f := NewForm("email", "x")
		if got := f.Take(tt.err); got != tt.want || f.OK() == tt.want {
			t.Errorf("%s: Take() = %v with errors %v, want %v", name, got, f.Errors(), tt.want)
		}
	}
}

func TestReadForm(t *testing.T) {
	t.Parallel()
	read := func(contentType, body string) (*Form, error) {
		r := httptest.NewRequest(http.MethodPost, "/?a=query", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		return ReadForm(echo.New().NewContext(r, httptest.NewRecorder()))
	}
	f, err := read("application/x-www-form-urlencoded", "a=1&b=%C4%8D")
	if err != nil || f.Value("a") != "1" || f.Value("b") != "č" {
		t.Errorf("urlencoded: %v, %v", f, err)
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.WriteField("a", "2"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if f, err := read(w.FormDataContentType(), b.String()); err != nil || f.Value("a") != "2" {
		t.Errorf("multipart: %v, %v", f, err)
	}
	for name, bad := range map[string][2]string{
		"bad escape": {"application/x-www-form-urlencoded", "a=%zz"}, "no boundary": {"multipart/form-data", "x"},
		"cut multipart": {w.FormDataContentType(), b.String()[:b.Len()-20]},
	} {
		if _, err := read(bad[0], bad[1]); ticketing.KindOf(err) != ticketing.Invalid {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
}

func FuzzFormText(f *testing.F) {
	f.Add("Ana\r\n\x00\u202e", 5)
	f.Add("\xff\xfe", 1)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < 0 || limit > 1000 {
			return
		}
		form := formOf(url.Values{"x": {s}})
		got := form.Text("x", limit)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit || strings.ContainsAny(got, "\x00\x1b\u202e") {
			t.Errorf("Text(%q, %d) = %q", s, limit, got)
		}
	})
}
