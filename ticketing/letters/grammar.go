package letters

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxFile bounds one text file, in bytes.
const maxFile = 32 << 10

// A TextError says what is wrong with a text file.
type TextError struct {
	File        string // "sr-Latn-ME/receipt.txt"
	Line        int    // counted from 1; 0 for the file as a whole
	Placeholder string // "{due}" as written, "" when it is about something else
	Reason      string // in English, lower case
	Key         string // message id of the reason, for pages: "letter.unknown"
	Detail      string // what the message of the key mentions: names, a number
}

// Error returns "file:line: placeholder: reason".
func (e *TextError) Error() string {
	s := e.File
	if e.Line > 0 {
		s = fmt.Sprintf("%s:%d", s, e.Line)
	}
	if e.Placeholder != "" {
		s += ": " + e.Placeholder
	}
	return s + ": " + e.Reason
}

// A fieldKind is what a placeholder stands for.
type fieldKind uint8

const (
	fieldText   fieldKind = iota
	fieldNumber           // also chooses plural forms
	fieldFlag             // only for guards
)

// A field is a placeholder that a text may use.
type field struct {
	kind   fieldKind
	always bool   // has a value in every letter of the purpose
	item   bool   // belongs to an item: only on repeated lines
	asked  string // the guard that asks for it; "" = its own name
}

// A template is a text that has been read and checked.
type template struct {
	lines []line
}

// A line stands or falls as a whole.
type line struct {
	no     int
	blank  bool
	repeat bool
	guards []guard
	parts  []part
}

type guard struct {
	name string
	not  bool
}

// A part is a literal (name ""), a placeholder, or a word that agrees with a
// number (forms not nil; each form is a literal).
type part struct {
	text  string
	name  string
	forms []string
}

var (
	namePattern   = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)?$`)
	markupPattern = regexp.MustCompile(`<[a-zA-Z/!?]`)
)

// A parser reads the lines of one file.
type parser struct {
	file   string
	forms  int // plural forms of the language
	fields map[string]field
	errs   []error
}

// fail records a fault. why is its name, the message id without "letter.", and
// after a colon what the message mentions.
func (p *parser) fail(no int, placeholder, why, reason string) {
	if len(p.errs) < 50 {
		name, detail, _ := strings.Cut(why, ":")
		p.errs = append(p.errs, &TextError{
			File: p.file, Line: no, Placeholder: placeholder, Reason: reason, Key: "letter." + name, Detail: detail,
		})
	}
}

// readable refuses a file that is too large or not UTF-8 text; it returns the
// lines with plain line ends.
func (p *parser) readable(src string) []string {
	switch {
	case len(src) > maxFile:
		p.fail(0, "", fmt.Sprintf("too_large:%d", maxFile>>10), fmt.Sprintf("larger than %d kB", maxFile>>10))
		return nil
	case !utf8.ValidString(src):
		p.fail(0, "", "not_text", "not UTF-8")
		return nil
	}
	src = strings.TrimPrefix(src, "\ufeff")
	src = strings.ReplaceAll(src, "\r\n", "\n")
	lines := strings.Split(src, "\n")
	for i, l := range lines {
		if strings.ContainsFunc(l, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			p.fail(i+1, "", "not_text", "holds a control character")
		}
	}
	return lines
}

// line reads one line of text.
func (p *parser) line(no int, s string) line {
	l := line{no: no}
	s = strings.TrimRight(s, " \t")
	if s == "" {
		l.blank = true
		return l
	}
	if m := markupPattern.FindString(s); m != "" {
		p.fail(no, "", "markup:"+m, fmt.Sprintf("markup (%s): letters are plain text and would show it as it stands", m))
	}
	s = p.marks(&l, s)
	l.parts = p.parts(&l, s)
	p.checkParts(&l)
	return l
}

// marks reads the guards at the beginning of a line and returns the rest.
func (p *parser) marks(l *line, s string) string {
	for len(s) > 1 && s[0] == '{' && strings.ContainsRune("?!*", rune(s[1])) {
		end := strings.IndexByte(s, '}')
		if end < 0 {
			p.fail(l.no, clip(s), "open_brace", "has no closing brace")
			return ""
		}
		mark, name := s[:end+1], s[2:end]
		s = s[end+1:]
		if mark[1] == '*' {
			if name != "items" || !p.hasItems() {
				p.fail(l.no, clip(mark), "no_list", "this letter has no such list")
				continue
			}
			l.repeat = true
			continue
		}
		f, known := p.fields[name]
		switch {
		case !known:
			p.fail(l.no, clip(mark), "unknown:"+p.known(), p.unknown())
		case f.item && !l.repeat:
			p.fail(l.no, clip(mark), "only_items", "stands only on lines that begin with {*items}")
		case f.always && f.kind != fieldFlag:
			p.fail(l.no, clip(mark), "needless", "always has a value: the question is needless")
		default:
			l.guards = append(l.guards, guard{name: name, not: mark[1] == '!'})
		}
	}
	return s
}

func (p *parser) hasItems() bool {
	for _, f := range p.fields {
		if f.item {
			return true
		}
	}
	return false
}

func (p *parser) unknown() string { return "unknown here; this text knows " + p.known() }

// known lists the placeholders of the text.
func (p *parser) known() string {
	names := make([]string, 0, len(p.fields))
	for n := range p.fields {
		names = append(names, n)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// parts splits the rest of a line into literals and placeholders.
func (p *parser) parts(l *line, s string) []part {
	var out []part
	var lit strings.Builder
	flush := func() {
		if lit.Len() > 0 {
			out = append(out, part{text: lit.String()})
			lit.Reset()
		}
	}
	for s != "" {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			lit.WriteString(s)
			break
		}
		lit.WriteString(s[:i])
		s = s[i:]
		switch {
		case strings.HasPrefix(s, "{{"), strings.HasPrefix(s, "}}"):
			lit.WriteByte(s[0])
			s = s[2:]
		case s[0] == '}':
			p.fail(l.no, clip(s), "close_brace", "a closing brace without an opening one; write }} for the brace itself")
			s = s[1:]
		default:
			end := strings.IndexAny(s[1:], "{}")
			if end < 0 || s[1+end] == '{' {
				p.fail(l.no, clip(s), "open_brace", "has no closing brace; write {{ for the brace itself")
				s = s[1:]
				continue
			}
			flush()
			if one, ok := p.placeholder(l, s[1:1+end]); ok {
				out = append(out, one)
			}
			s = s[end+2:]
		}
	}
	flush()
	return out
}

// placeholder reads what stands between braces.
func (p *parser) placeholder(l *line, s string) (part, bool) {
	shown := clip("{" + s + "}")
	words := strings.Split(s, "|")
	name := words[0]
	f, known := p.fields[name]
	switch {
	case strings.HasPrefix(name, "?") || strings.HasPrefix(name, "!") || strings.HasPrefix(name, "*"):
		p.fail(l.no, shown, "only_first", "stands only at the beginning of a line")
	case !namePattern.MatchString(name):
		p.fail(l.no, shown, "no_name", "is no name of a placeholder")
	case !known:
		p.fail(l.no, shown, "unknown:"+p.known(), p.unknown())
	case f.kind == fieldFlag:
		p.fail(l.no, shown, "only_flag", "has no words: it is only for {?"+name+"} and {!"+name+"}")
	case f.item && !l.repeat:
		p.fail(l.no, shown, "only_items", "stands only on lines that begin with {*items}")
	case len(words) == 1:
		return part{name: name}, true
	case f.kind != fieldNumber:
		p.fail(l.no, shown, "no_number", "is not a number: words cannot agree with it")
	case len(words)-1 != p.forms:
		p.fail(l.no, shown, fmt.Sprintf("forms:%d", p.forms), fmt.Sprintf("has %d forms, this language needs %d", len(words)-1, p.forms))
	default:
		return part{name: name, forms: words[1:]}, true
	}
	return part{}, false
}

// checkParts refuses a placeholder that may be missing on a line that does not
// ask whether it is there.
func (p *parser) checkParts(l *line) {
	for _, one := range l.parts {
		if one.name == "" || p.fields[one.name].always {
			continue
		}
		asked := cmp.Or(p.fields[one.name].asked, one.name)
		if !slices.Contains(l.guards, guard{name: asked}) && !slices.Contains(l.guards, guard{name: one.name}) {
			p.fail(l.no, "{"+one.name+"}", "may_miss:"+asked, "may be missing: begin the line with {?"+asked+"}")
		}
	}
}

// mentions reports whether a line uses the placeholder.
func (t *template) mentions(name string) bool {
	return slices.ContainsFunc(t.lines, func(l line) bool {
		return slices.ContainsFunc(l.parts, func(p part) bool { return p.name == name })
	})
}

// mapped is the template with its own words changed by f; placeholders stay.
func (t *template) mapped(f func(string) string) *template {
	out := &template{lines: slices.Clone(t.lines)}
	for i := range out.lines {
		out.lines[i].parts = mappedParts(out.lines[i].parts, f)
	}
	return out
}

func mappedParts(parts []part, f func(string) string) []part {
	out := slices.Clone(parts)
	for i := range out {
		out[i].text = f(out[i].text)
		out[i].forms = slices.Clone(out[i].forms)
		for j := range out[i].forms {
			out[i].forms[j] = f(out[i].forms[j])
		}
	}
	return out
}

// clip bounds a foreign text for an error.
func clip(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
