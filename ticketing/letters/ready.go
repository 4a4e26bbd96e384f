package letters

import (
	"errors"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// readyForm is what ready-made answers may mention beside the signs of the city.
var readyForm = form{fields: with(dueFields, map[string]field{
	"ref": always, "received_at": always, "subject": sometimes, "citizen": sometimes, "category": sometimes, "place": sometimes,
	"agent": sometimes, "department": sometimes, "tracking_url": always, "tracking_code": always,
	"city": always, "phone": sometimes, "privacy_url": sometimes,
})}

// ready reads a ready-made answer.
func ready(in lang.Tag, text string) (*template, error) {
	r := reader{}
	t := r.body(in, "text_"+string(in), text, readyForm)
	return t, errors.Join(r.errs...)
}

// CheckTemplate reads a ready-made answer; see ticketing.Letters.
func (b *Book) CheckTemplate(tag lang.Tag, text string) error {
	_, err := ready(tag, text)
	list := faults(err)
	if err == nil || len(list) == 0 {
		return err
	}
	var out []error
	for _, fault := range list {
		out = append(out, &ticketing.Error{
			Kind: ticketing.Invalid, Field: "text_" + string(tag), Key: fault.Key,
			Args: map[string]any{"Line": fault.Line, "Placeholder": fault.Placeholder, "Detail": fault.Detail},
		})
	}
	return errors.Join(out...)
}

// Fill writes a ready-made answer; see ticketing.Letters.
func (b *Book) Fill(in, tag lang.Tag, src string, d ticketing.LetterData) (string, error) {
	t, err := ready(in, src)
	if err != nil {
		return "", err
	}
	own := lang.Unmark
	if in == lang.SrLatn && tag == lang.SrCyrl {
		own = lang.ToCyrillic
	}
	t = t.mapped(own)
	texts, tag := b.in(tag)
	c := composer{book: b, texts: texts, tag: tag}
	v := c.values(d)
	v["citizen"], v["category"], v["place"] = short(d.Citizen), short(d.Category), short(d.Place)
	return t.render(tag, v, nil), nil
}

// TemplatePlaceholders lists what ready-made answers may mention.
func (s *Shelf) TemplatePlaceholders(tag lang.Tag) []Placeholder {
	return s.placeholders(tag, readyForm, sampleReady(tag, s.options))
}

// PreviewTemplate writes a ready-made answer with believable data.
func (s *Shelf) PreviewTemplate(tag lang.Tag, text string) (string, error) {
	return s.Fill(tag, tag, text, sampleReady(tag, s.options))
}

func sampleReady(tag lang.Tag, o Options) ticketing.LetterData {
	d := sample(tag, "", o.Zone)
	d.Citizen, d.Category, d.Place = "Marko Đukanović", "Putevi", "Bulevar Svetog Petra Cetinjskog 82"
	return d
}

// CheckTemplate reads a ready-made answer; see ticketing.Letters.
func (s *Shelf) CheckTemplate(tag lang.Tag, text string) error {
	return s.book.Load().CheckTemplate(tag, text)
}

// Fill writes a ready-made answer; see ticketing.Letters.
func (s *Shelf) Fill(in, tag lang.Tag, text string, d ticketing.LetterData) (string, error) {
	return s.book.Load().Fill(in, tag, text, d)
}
