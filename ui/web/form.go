package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/unicode/norm"

	"github.com/sistem48/system48/ticketing"
)

// A Form is what a browser sent, with what is wrong about it. Reading a value
// cleans and bounds it; errors gather, and the same form is shown again with
// every error at its field and nothing typed lost.
type Form struct {
	values url.Values
	errs   []FieldError
}

// A FieldError is one thing wrong with one input; Field "" is about the whole form.
type FieldError struct {
	Field string
	Key   string // message id
	Args  map[string]any
}

// maxParts bounds what a multipart form keeps in memory; the rest goes to
// temporary files, which are removed with the answer.
const maxParts = 1 << 20

func isMultipart(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data")
}

// parseForm parses a form within the bound on memory; a second time it does
// nothing. A body that is no form is Invalid.
func parseForm(r *http.Request) error {
	parse := r.ParseForm
	if isMultipart(r) {
		parse = func() error { return r.ParseMultipartForm(maxParts) }
	}
	err := parse()
	if err == nil {
		return nil
	}
	if _, status := classify(err); status == http.StatusRequestEntityTooLarge {
		return err
	}
	return &ticketing.Error{Kind: ticketing.Invalid, Key: "form.unreadable"}
}

// ReadForm parses the body. A body that is no form is Invalid.
func ReadForm(c echo.Context) (*Form, error) {
	r := c.Request()
	if err := parseForm(r); err != nil {
		return nil, err
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return &Form{values: r.Form}, nil
	}
	return &Form{values: r.PostForm}, nil // nothing of the address passes for something typed
}

// NewForm gives a form with the values, for showing it the first time.
func NewForm(pairs ...string) *Form {
	f := &Form{values: url.Values{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.values.Set(pairs[i], pairs[i+1])
	}
	return f
}

// Line gives a one-line value: valid UTF-8 in NFC, without control and bidi
// override characters, trimmed. More than limit characters is an error of the
// field, and the value is cut for showing it.
func (f *Form) Line(field string, limit int) string {
	return f.text(field, limit, func(r rune) bool { return unicode.IsControl(r) || isBidiControl(r) })
}

// Text is Line for several lines: newlines and tabs stay, CR LF becomes LF.
func (f *Form) Text(field string, limit int) string {
	return f.text(field, limit, func(r rune) bool { return (unicode.IsControl(r) && r != '\n' && r != '\t') || isBidiControl(r) })
}

func (f *Form) text(field string, limit int, drop func(rune) bool) string {
	raw := f.values.Get(field)
	raw = strings.ReplaceAll(raw, "\r\n", "\n")
	s := strings.Map(func(r rune) rune {
		if drop(r) {
			return -1
		}
		return r
	}, norm.NFC.String(strings.ToValidUTF8(raw, "\ufffd")))
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > limit {
		f.Fail(field, "form.too_long", "Max", limit)
		s = string([]rune(s)[:limit])
	}
	f.values.Set(field, s)
	return s
}

func isBidiControl(r rune) bool {
	return (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069)
}

// Secret gives a value as it is, bounded in bytes: passwords and tokens. It is
// never shown again.
func (f *Form) Secret(field string, limit int) string {
	raw := f.values.Get(field)
	f.values.Del(field)
	if len(raw) > limit {
		f.Fail(field, "form.too_long", "Max", limit)
		return ""
	}
	return raw
}

// Required is Line that must not be empty.
func (f *Form) Required(field string, limit int) string {
	s := f.Line(field, limit)
	if s == "" {
		f.Fail(field, "form.required")
	}
	return s
}

// Int gives a whole number between the bounds, 0 and an error of the field otherwise.
func (f *Form) Int(field string, low, high int64) int64 {
	s := f.Line(field, 20)
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < low || n > high {
		f.Fail(field, "form.number", "Min", low, "Max", high)
		return 0
	}
	return n
}

// Checked reports whether a checkbox was ticked.
func (f *Form) Checked(field string) bool { return f.values.Get(field) != "" }

// Choice gives the value if it is one of the options; else the field is in error.
func (f *Form) Choice(field string, options ...string) string {
	s := f.values.Get(field)
	for _, o := range options {
		if s == o {
			return s
		}
	}
	f.Fail(field, "form.choice")
	return ""
}

// All gives every value of a field, at most 1,000 of them, each at most 200 bytes.
func (f *Form) All(field string) []string {
	var out []string
	for _, v := range f.values[field] {
		if len(out) < 1000 && len(v) <= 200 {
			out = append(out, v)
		}
	}
	return out
}

// Value gives what to show in the field.
func (f *Form) Value(field string) string { return f.values.Get(field) }

// Set replaces what is shown in the field.
func (f *Form) Set(field, value string) { f.values.Set(field, value) }

// Add adds a value to a field that has several.
func (f *Form) Add(field, value string) { f.values.Add(field, value) }

// Fail records an error of a field; args are pairs as in [T]. The first error
// of a field is the one shown.
func (f *Form) Fail(field, key string, args ...any) {
	f.errs = append(f.errs, FieldError{Field: field, Key: key, Args: pairs(args)})
}

// Take moves the errors that a use case found into the form and reports
// whether err was of that sort (Invalid, or Conflict about a field); anything
// else is left for the caller to return.
func (f *Form) Take(err error) bool {
	found := personErrors(err)
	for _, e := range found {
		if e.Kind != ticketing.Invalid && (e.Kind != ticketing.Conflict || e.Field == "") {
			return false
		}
	}
	for _, e := range found {
		f.errs = append(f.errs, FieldError{Field: e.Field, Key: e.Key, Args: e.Args})
	}
	return len(found) > 0
}

// OK reports whether nothing is wrong.
func (f *Form) OK() bool { return len(f.errs) == 0 }

// Error gives the first error of a field, ok false when there is none.
func (f *Form) Error(field string) (FieldError, bool) {
	for _, e := range f.errs {
		if e.Field == field {
			return e, true
		}
	}
	return FieldError{}, false
}

// Errors gives all errors in the order they were found.
func (f *Form) Errors() []FieldError { return f.errs }

func pairs(args []any) map[string]any {
	if len(args) == 0 {
		return nil
	}
	m := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		if name, ok := args[i].(string); ok {
			m[name] = args[i+1]
		}
	}
	return m
}
