package letters

import (
	"strconv"
	"strings"

	"github.com/sistem48/system48/ticketing/lang"
)

// A value is what a placeholder stands for. The zero value is a missing one.
type value struct {
	text string
	n    int64
	is   fieldKind
	has  bool
}

func text(s string) value { return value{text: s, has: s != ""} }
func number(n int64) value {
	return value{text: strconv.FormatInt(n, 10), n: n, is: fieldNumber, has: true}
}
func truth(b bool) value      { return value{is: fieldFlag, has: b} }
func (v value) exists() bool  { return v.has }
func (p part) literal() bool  { return p.name == "" }
func (p part) agreeing() bool { return p.forms != nil }

// A lookup gives the values of placeholders.
type lookup interface {
	get(name string) value
}

type values map[string]value

func (v values) get(name string) value { return v[name] }

// holds reports whether every guard of the line holds.
func (l *line) holds(v lookup) bool {
	for _, g := range l.guards {
		if v.get(g.name).exists() == g.not {
			return false
		}
	}
	return true
}

// write gives the line with its values. A value is written as it is and not
// looked at again.
func (l *line) write(tag lang.Tag, v lookup) string {
	var b strings.Builder
	for _, p := range l.parts {
		switch {
		case p.literal():
			b.WriteString(p.text)
		case p.agreeing():
			b.WriteString(p.forms[formIndex(tag, v.get(p.name).n)])
		default:
			b.WriteString(v.get(p.name).text)
		}
	}
	return b.String()
}

// render gives the text: the lines that stand, empty lines only between them.
func (t *template) render(tag lang.Tag, v values, items []values) string {
	var out []string
	gap := false
	put := func(l *line, v lookup) {
		if !l.holds(v) {
			return
		}
		if gap && len(out) > 0 {
			out = append(out, "")
		}
		gap = false
		out = append(out, l.write(tag, v))
	}
	for i := 0; i < len(t.lines); i++ {
		l := &t.lines[i]
		switch {
		case l.blank:
			gap = true
		case l.repeat:
			end := i
			for end < len(t.lines) && t.lines[end].repeat {
				end++
			}
			for _, item := range items {
				for j := i; j < end; j++ {
					put(&t.lines[j], item)
				}
			}
			i = end - 1
		default:
			put(l, v)
		}
	}
	return strings.Join(out, "\n")
}

// pick gives the first line that stands, "" when none does.
func (t *template) pick(tag lang.Tag, v values) string {
	for i := range t.lines {
		if t.lines[i].holds(v) {
			return t.lines[i].write(tag, v)
		}
	}
	return ""
}

// formsOf is how many plural forms the language has.
func formsOf(tag lang.Tag) int {
	if tag == lang.SrLatn || tag == lang.SrCyrl {
		return 3
	}
	return 2
}

// formIndex is the place of the form that agrees with n.
func formIndex(tag lang.Tag, n int64) int {
	switch lang.Plural(tag, n) {
	case lang.One:
		return 0
	case lang.Few:
		return min(1, formsOf(tag)-1)
	default:
		return formsOf(tag) - 1
	}
}
