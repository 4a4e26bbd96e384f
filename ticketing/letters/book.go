package letters

import (
	"embed"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

//go:embed text
var shippedText embed.FS

// written are the languages whose texts are files; Cyrillic is computed.
var written = []lang.Tag{lang.SrLatn, lang.En, lang.Sq}

// Options say how a city writes.
type Options struct {
	City       string         // as it signs, in Latin script; required
	Phone      string         // the free line; "" = none
	PrivacyURL string         // page about the protection of data; "" = none
	Signature  string         // in place of the shipped one, in every language; may use {city}, {phone}; "" = shipped
	Zone       *time.Location // in which dates are written; required
	Default    lang.Tag       // when the language of a letter is unknown; "" = sr-Latn-ME
	// Overrides holds the city's own texts, <language>/<purpose>.txt, each in
	// place of the shipped one: receipt, answer, …, signature. Of words.txt only
	// the lines it has. Files with other endings are left alone; nil = none.
	Overrides fs.FS

	own map[string]string // texts by the name of their file, over those of Overrides
}

// A Book holds the texts of a city, read and checked. It is immutable and
// implements ticketing.Letters.
type Book struct {
	options Options
	texts   map[lang.Tag]*texts
}

// texts are the texts of one language.
type texts struct {
	letters   map[ticketing.Purpose]letter
	signature *template
	words     *words
	city      value // in the script of the language
}

// A letter is a text with its subjects.
type letter struct {
	subjects *template // one line for each, the first that holds is taken
	body     *template
	// needs and needsOfItem are the values it cannot be written without; listed
	// means that it is about several tickets.
	needs, needsOfItem []string
	listed             bool
}

// New reads and checks the texts. Everything that is wrong with the city's own
// is reported at once, each fault a [*TextError] that names file, line and
// placeholder, joined by errors.Join. Missing options are ticketing.Invalid.
func New(o Options) (*Book, error) {
	switch {
	case strings.TrimSpace(o.City) == "":
		return nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "city", Key: "letters.city_missing"}
	case o.Zone == nil:
		return nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "timezone", Key: "letters.zone_missing"}
	}
	if o.Default == "" {
		o.Default = lang.SrLatn
	}
	r := reader{own: o.own, overrides: o.Overrides, signature: o.Signature}
	b := &Book{options: o, texts: map[lang.Tag]*texts{}}
	for _, tag := range written {
		b.texts[tag] = r.language(tag, nil)
	}
	b.texts[lang.SrCyrl] = r.language(lang.SrCyrl, b.texts[lang.SrLatn])
	for _, tag := range written { // the marks are for the computation only
		b.texts[tag] = b.texts[tag].mapped(lang.Unmark)
		b.texts[tag].city = short(lang.Unmark(o.City))
	}
	b.texts[lang.SrCyrl].city = short(lang.ToCyrillic(o.City))
	r.strays()
	if err := errors.Join(r.errs...); err != nil {
		return nil, err
	}
	return b, nil
}

// shipped is the book without any city, for sentences.
var shipped = sync.OnceValues(func() (*Book, error) {
	return New(Options{City: "Sistem 48", Zone: time.UTC})
})

// in gives the texts of the language, or of the default one.
func (b *Book) in(tag lang.Tag) (*texts, lang.Tag) {
	if t, ok := b.texts[tag]; ok {
		return t, tag
	}
	if t, ok := b.texts[b.options.Default]; ok {
		return t, b.options.Default
	}
	return b.texts[lang.SrLatn], lang.SrLatn
}

func (l letter) mapped(f func(string) string) letter {
	l.subjects, l.body = l.subjects.mapped(f), l.body.mapped(f)
	return l
}

// mapped is the texts with their own words changed by f.
func (t *texts) mapped(f func(string) string) *texts {
	out := &texts{letters: map[ticketing.Purpose]letter{}, signature: t.signature.mapped(f), words: t.words.mapped(t.words.tag, f)}
	for p, l := range t.letters {
		out.letters[p] = l.mapped(f)
	}
	return out
}
