package letters

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// A reader loads the texts of all languages and gathers what is wrong.
type reader struct {
	own       map[string]string
	overrides fs.FS
	signature string
	used      []string // override files that were read
	errs      []error
}

// language loads one language; base, if not nil, is the same language in Latin
// script, from which every text without a file of its own is computed.
func (r *reader) language(tag lang.Tag, base *texts) *texts {
	t := &texts{letters: map[ticketing.Purpose]letter{}}
	for _, p := range purposes() {
		f := forms[p]
		f.fields = with(citySigns, f.fields)
		src, name, own := r.file(tag, string(p))
		if !own && base != nil {
			t.letters[p] = base.letters[p].mapped(lang.ToCyrillic)
			continue
		}
		t.letters[p] = r.letter(tag, name, src, f)
	}
	src, name, own := r.file(tag, "signature")
	switch {
	case !own && r.signature != "" && base == nil:
		t.signature = r.body(tag, "signature", r.signature, signatureForm)
	case !own && base != nil:
		t.signature = base.signature.mapped(lang.ToCyrillic)
	default:
		t.signature = r.body(tag, name, src, signatureForm)
	}
	if base != nil {
		t.words = base.words.mapped(lang.SrCyrl, lang.ToCyrillic)
	} else {
		t.words = &words{tag: tag}
		shippedWords, err := fs.ReadFile(shippedText, path.Join("text", string(tag), "words.txt"))
		r.note(err)
		r.words(t.words, string(tag)+"/words.txt", string(shippedWords))
		r.complete(t.words, string(tag)+"/words.txt")
	}
	if src, name, own := r.file(tag, "words"); own {
		r.words(t.words, name, src)
	}
	return t
}

// file gives a text: the city's own if there is one, else the shipped one.
func (r *reader) file(tag lang.Tag, what string) (src, name string, own bool) {
	name = string(tag) + "/" + what + ".txt"
	if src, ok := r.own[name]; ok {
		return src, name, true
	}
	if r.overrides != nil {
		b, err := readBounded(r.overrides, name)
		if err == nil {
			r.used = append(r.used, name)
			return string(b), name, true
		}
		if !errors.Is(err, fs.ErrNotExist) {
			r.note(&TextError{File: name, Reason: err.Error()})
			r.used = append(r.used, name)
		}
	}
	if !slices.Contains(written, tag) {
		return "", name, false
	}
	b, err := fs.ReadFile(shippedText, "text/"+name)
	r.note(err)
	return string(b), name, false
}

func (r *reader) note(err error) {
	if err != nil {
		r.errs = append(r.errs, err)
	}
}

// readBounded reads a file of at most maxFile bytes and one more.
func readBounded(dir fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(dir, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("larger than %d kB", maxFile>>10)
	}
	return fs.ReadFile(dir, name)
}

// strays reports .txt files of the city that no letter reads: a misspelt name
// would otherwise be ignored in silence.
func (r *reader) strays() {
	if r.overrides == nil {
		return
	}
	err := fs.WalkDir(r.overrides, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && strings.HasPrefix(path.Base(name), "."):
			return fs.SkipDir
		case d.IsDir(), path.Ext(name) != ".txt", strings.HasPrefix(path.Base(name), "."), slices.Contains(r.used, name):
			return nil
		}
		r.note(&TextError{File: name, Reason: "is the text of no letter; names are <language>/<purpose>.txt with the languages " +
			"sr-Latn-ME, sr-Cyrl-ME, en, sq and " + purposeNames()})
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.note(fmt.Errorf("read the city's letters: %w", err))
	}
}

func purposeNames() string {
	names := []string{"signature", "words"}
	for _, p := range purposes() {
		names = append(names, string(p))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// letter reads a text with subjects.
func (r *reader) letter(tag lang.Tag, name, src string, f form) letter {
	p := &parser{file: name, forms: formsOf(tag), fields: f.fields}
	l := letter{subjects: &template{}, body: &template{}}
	head := true
	for i, s := range p.readable(src) {
		subject, isSubject := strings.CutPrefix(s, "Subject:")
		switch {
		case strings.HasPrefix(s, "#"):
		case head && isSubject:
			one := p.line(i+1, strings.TrimSpace(subject))
			if one.blank {
				p.fail(i+1, "", "subject_empty", "the subject is empty")
			}
			if one.repeat {
				p.fail(i+1, "{*items}", "subject_items", "has no place in a subject")
			}
			l.subjects.lines = append(l.subjects.lines, one)
		case head && strings.TrimSpace(s) == "":
			head = len(l.subjects.lines) == 0
		case head:
			p.fail(i+1, "", "subject_first", `expected "Subject: …", then an empty line`)
			head = false
		default:
			l.body.lines = append(l.body.lines, p.line(i+1, s))
		}
	}
	if n := len(l.subjects.lines); n == 0 || len(l.subjects.lines[n-1].guards) > 0 {
		p.fail(0, "", "subject_last", "needs a last Subject line that stands in any case")
	}
	for _, name := range f.must {
		if !l.body.mentions(name) {
			p.fail(0, "{"+name+"}", "must", "is missing: without it the letter is of no use")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.fields)) {
		switch one := f.fields[name]; {
		case one.item && one.always:
			l.needsOfItem = append(l.needsOfItem, name)
		case one.always:
			l.needs = append(l.needs, name)
		}
		l.listed = l.listed || f.fields[name].item
	}
	r.errs = append(r.errs, p.errs...)
	return l
}

// body reads a text without subjects.
func (r *reader) body(tag lang.Tag, name, src string, f form) *template {
	p := &parser{file: name, forms: formsOf(tag), fields: f.fields}
	t := &template{}
	for i, s := range p.readable(src) {
		if !strings.HasPrefix(s, "#") {
			t.lines = append(t.lines, p.line(i+1, s))
		}
	}
	r.errs = append(r.errs, p.errs...)
	return t
}
