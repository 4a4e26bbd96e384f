package locale

import (
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/sistem48/system48/ticketing/lang"
)

// A Catalogue holds the texts of all languages, compiled: looking one up and
// filling it in costs no parsing.
type Catalogue struct{ texts map[lang.Tag]messages }

type messages map[string]message

// A message is a text by plural form; texts without forms have only "other".
type message map[lang.Form]template

// A template is text and placeholders in turn.
type template []segment

type segment struct {
	text string // literal, when name is ""
	name string // placeholder
}

// Load reads the embedded files and computes the Cyrillic texts.
func Load() (*Catalogue, error) { return load(files) }

func load(files fs.FS) (*Catalogue, error) {
	c := &Catalogue{texts: map[lang.Tag]messages{}}
	names, err := fs.Glob(files, "*.toml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		tag := lang.Tag(strings.TrimPrefix(path.Ext(strings.TrimSuffix(name, ".toml")), "."))
		if c.texts[tag] == nil {
			c.texts[tag] = messages{}
		}
		if err := c.texts[tag].read(files, name); err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", name, err)
		}
	}
	cyrillic := messages{}
	for id, m := range c.texts[lang.SrLatn] {
		cyrillic[id] = m.cyrillic()
	}
	c.texts[lang.SrCyrl] = cyrillic
	for _, texts := range c.texts {
		for id, m := range texts {
			texts[id] = m.unmarked()
		}
	}
	return c, nil
}

func (ms messages) read(files fs.FS, name string) error {
	raw := map[string]any{}
	body, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	if err := toml.Unmarshal(body, &raw); err != nil {
		return err
	}
	return ms.add("", raw)
}

// add flattens nested tables into dotted ids; a table of plural forms is a message.
func (ms messages) add(prefix string, table map[string]any) error {
	for key, value := range table {
		id := prefix + key
		var m message
		switch v := value.(type) {
		case string:
			t, err := parseTemplate(v)
			if err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			m = message{lang.Other: t}
		case map[string]any:
			if _, plural := v["other"].(string); !plural {
				if err := ms.add(id+".", v); err != nil {
					return err
				}
				continue
			}
			m = message{}
			for form, text := range v {
				s, _ := text.(string)
				t, err := parseTemplate(s)
				f, known := lang.ParseForm(form)
				if err != nil {
					return fmt.Errorf("%s: form %s: %w", id, form, err)
				}
				if !known || s == "" {
					return fmt.Errorf("%s: %q is no plural form with a text", id, form)
				}
				m[f] = t
			}
		default:
			return fmt.Errorf("%s: neither text nor plural forms", id)
		}
		if _, twice := ms[id]; twice {
			return fmt.Errorf("%s is defined twice", id)
		}
		ms[id] = m
	}
	return nil
}

// parseTemplate splits at {{.Name}}.
func parseTemplate(s string) (template, error) {
	var t template
	for s != "" {
		before, rest, found := strings.Cut(s, "{{")
		if before != "" {
			t = append(t, segment{text: before})
		}
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}}")
		name, dotted := strings.CutPrefix(strings.TrimSpace(name), ".")
		if !closed || !dotted || name == "" {
			return nil, fmt.Errorf("placeholder %q is not {{.Name}}", name)
		}
		t = append(t, segment{name: name})
		s = after
	}
	return t, nil
}

// cyrillic converts the literal parts and leaves the placeholders.
func (m message) cyrillic() message {
	out := message{}
	for form, t := range m {
		for _, s := range t {
			if s.name == "" {
				s.text = lang.ToCyrillic(s.text)
			}
			out[form] = append(out[form], s)
		}
	}
	return out
}

// unmarked takes away the brackets around words that stay Latin.
func (m message) unmarked() message {
	for _, t := range m {
		for i := range t {
			t[i].text = lang.Unmark(t[i].text)
		}
	}
	return m
}

// Printer gives the translator and formatter for a language, the city's zone
// and its clock. A language without texts speaks the source language.
func (c *Catalogue) Printer(tag lang.Tag, zone *time.Location, now func() time.Time) *Printer {
	return &Printer{texts: c.in(tag), tag: tag, zone: zone, now: now}
}

func (c *Catalogue) in(tag lang.Tag) messages {
	if ms, ok := c.texts[tag]; ok {
		return ms
	}
	return c.texts[lang.SrLatn]
}

// IDs lists all message ids of the source language, sorted.
func (c *Catalogue) IDs() []string {
	ids := make([]string, 0, len(c.texts[lang.SrLatn]))
	for id := range c.texts[lang.SrLatn] {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return ids
}

// Has reports whether the id exists.
func (c *Catalogue) Has(id string) bool { _, ok := c.texts[lang.SrLatn][id]; return ok }

// fill puts the arguments in; a placeholder without one shows its name, so
// that a test and a reader notice.
func (t template) fill(b *strings.Builder, p *Printer, arg func(name string) (any, bool)) {
	for _, s := range t {
		if s.name == "" {
			b.WriteString(s.text)
			continue
		}
		v, ok := arg(s.name)
		if !ok {
			b.WriteString("{{" + s.name + "}}")
			continue
		}
		switch v := v.(type) {
		case string:
			b.WriteString(v)
		case int:
			b.WriteString(p.Number(int64(v)))
		case int64:
			b.WriteString(p.Number(v))
		default:
			fmt.Fprint(b, v)
		}
	}
}

// T gives the text of the id with its placeholders filled from pairs. An id
// that is not in the catalogue shows itself; a test finds those.
func (p *Printer) T(id string, args ...any) string {
	m, ok := p.texts[id]
	if !ok {
		return id
	}
	t := m[lang.Other]
	if len(t) == 1 && t[0].name == "" {
		return t[0].text
	}
	var b strings.Builder
	t.fill(&b, p, fromPairs(args))
	return b.String()
}

// N is T in the plural form for n, which also fills {{.N}}.
func (p *Printer) N(id string, n int, args ...any) string {
	m, ok := p.texts[id]
	if !ok {
		return id + " " + strconv.Itoa(n)
	}
	t, ok := m[lang.Plural(p.tag, int64(n))]
	if !ok {
		t = m[lang.Other]
	}
	get := fromPairs(args)
	var b strings.Builder
	t.fill(&b, p, func(name string) (any, bool) {
		if name == "N" {
			return n, true
		}
		return get(name)
	})
	return b.String()
}

// Map is T with arguments by name, as errors carry them; "" when there is no
// such id. A whole number named N picks the plural form.
func (p *Printer) Map(id string, args map[string]any) string {
	m, ok := p.texts[id]
	if !ok {
		return ""
	}
	t := m[lang.Other]
	if n, isInt := args["N"].(int); isInt {
		if form, has := m[lang.Plural(p.tag, int64(n))]; has {
			t = form
		}
	}
	var b strings.Builder
	t.fill(&b, p, func(name string) (any, bool) { v, ok := args[name]; return v, ok })
	return b.String()
}

func fromPairs(args []any) func(string) (any, bool) {
	return func(name string) (any, bool) {
		for i := 0; i+1 < len(args); i += 2 {
			if args[i] == name {
				return args[i+1], true
			}
		}
		return nil, false
	}
}
