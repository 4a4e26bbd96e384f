package letters

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// A Shelf holds the book in force and lets the city change its texts while the
// program runs. It implements ticketing.Letters and is safe for concurrent use.
type Shelf struct {
	options Options
	book    atomic.Pointer[Book]
}

// NewShelf reads the shipped texts and those of the options; errors are those of New.
func NewShelf(o Options) (*Shelf, error) {
	b, err := New(o)
	if err != nil {
		return nil, err
	}
	s := &Shelf{options: o}
	s.book.Store(b)
	return s, nil
}

// Use puts the city's own texts in force, in place of those used before. A text
// that cannot be read (it was written for another version of the program) is
// left out, so that the shipped one stands in for it, and is reported: letters
// go on.
func (s *Shelf) Use(texts []ticketing.LetterText) error {
	own := map[string]string{}
	for _, t := range texts {
		if t.Body != "" && known(t) {
			own[fileOf(t.Language, t.Name)] = t.Body
		}
	}
	var left error
	for range len(own) + 1 {
		b, err := s.options.with(own)
		if err == nil {
			s.book.Store(b)
			return left
		}
		left = errors.Join(left, err)
		for _, fault := range faults(err) {
			delete(own, fault.File)
		}
	}
	return left
}

// with makes a book with the texts over those of the options.
func (o Options) with(own map[string]string) (*Book, error) {
	o.own = own
	return New(o)
}

// known reports whether the text is of a letter and a language there is.
func known(t ticketing.LetterText) bool {
	return slices.Contains(lang.Tags(), t.Language) && (t.Name == signatureName || slices.Contains(purposes(), ticketing.Purpose(t.Name)))
}

func fileOf(tag lang.Tag, name string) string { return string(tag) + "/" + name + ".txt" }

// faults gives the text errors that err joins.
func faults(err error) []*TextError {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // errors.Join has no other way in
		var out []*TextError
		for _, one := range joined.Unwrap() {
			out = append(out, faults(one)...)
		}
		return out
	}
	var fault *TextError
	if errors.As(err, &fault) {
		return []*TextError{fault}
	}
	return nil
}

// Compose writes a letter by the book in force; see [Book.Compose].
func (s *Shelf) Compose(p ticketing.Purpose, tag lang.Tag, d ticketing.LetterData) (ticketing.Letter, error) {
	return s.book.Load().Compose(p, tag, d)
}

// Check reads one text as Use would; see ticketing.Letters.
func (s *Shelf) Check(t ticketing.LetterText) error { return s.book.Load().Check(t) }

// Check reads one text as a Shelf would use it; see ticketing.Letters.
func (b *Book) Check(t ticketing.LetterText) error {
	_, err := b.trial(t)
	return err
}

// trial makes a book in which only this text is the city's own.
func (b *Book) trial(t ticketing.LetterText) (*Book, error) {
	if !known(t) {
		return nil, fmt.Errorf("letter %s in %s: %w", clip(t.Name), clip(string(t.Language)), ticketing.NotFound)
	}
	own := map[string]string{}
	if t.Body != "" {
		own[fileOf(t.Language, t.Name)] = t.Body
	}
	made, err := b.options.with(own)
	list := faults(err)
	if err == nil || len(list) == 0 {
		return made, err
	}
	var out []error
	for _, fault := range list {
		out = append(out, &ticketing.Error{
			Kind: ticketing.Invalid, Field: "body", Key: fault.Key,
			Args: map[string]any{"Line": fault.Line, "Placeholder": fault.Placeholder, "Detail": fault.Detail},
		})
	}
	return nil, errors.Join(out...)
}

// Sentence explains a deadline to staff; see [Book.Sentence].
func (s *Shelf) Sentence(tag lang.Tag, x ticketing.Explanation) string {
	return s.book.Load().Sentence(tag, x)
}

// SentenceToCitizen explains a deadline to the citizen; see [Book.SentenceToCitizen].
func (s *Shelf) SentenceToCitizen(tag lang.Tag, x ticketing.Explanation) string {
	return s.book.Load().SentenceToCitizen(tag, x)
}
