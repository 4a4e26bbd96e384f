package ticketing

import (
	"cmp"
	"context"
	"maps"
	"strings"

	"github.com/sistem48/system48/ticketing/lang"
)

// TemplateID numbers a ready-made answer.
type TemplateID int64

// A Template is a ready-made answer that agents lay into what they write and
// change at will. Its texts are in the grammar of package letters; what is filled
// in is never read for placeholders again.
type Template struct {
	ID         TemplateID
	Name       string              // by which it is looked for
	Department DepartmentID        // with whose tickets it is offered; 0: with all
	Texts      map[lang.Tag]string // by language; Cyrillic is computed where it has none of its own
	Disabled   bool
	Version    int64
}

// Bounds of ready-made answers.
const (
	MaxTemplates    = 300
	MaxTemplateText = 8000 // bytes of one language
	maxTemplateName = 80   // characters
)

// TextIn gives the text for a reader of the language and the language it is
// written in: their own, for Cyrillic also Latin, or the first there is.
func (x *Template) TextIn(tag lang.Tag) (text string, in lang.Tag) {
	order := []lang.Tag{tag}
	if tag == lang.SrCyrl {
		order = append(order, lang.SrLatn)
	}
	for _, t := range append(order, lang.Tags()...) {
		if x.Texts[t] != "" {
			return x.Texts[t], t
		}
	}
	return "", ""
}

// Template gives the ready-made answer, ok false when unknown.
func (d *Directory) Template(id TemplateID) (Template, bool) {
	return find(d.Templates, func(x *Template) bool { return x.ID == id })
}

// TemplatesFor gives the ready-made answers for tickets of the department, by name.
func (d *Directory) TemplatesFor(dept DepartmentID) []Template {
	var out []Template
	for _, x := range d.Templates {
		if !x.Disabled && (x.Department == 0 || x.Department == dept) {
			out = append(out, x)
		}
	}
	return out
}

// ByName orders ready-made answers by name, in any script: the order in which a
// directory has them.
func ByName(a, b Template) int {
	return cmp.Or(strings.Compare(lang.Fold(a.Name), lang.Fold(b.Name)), cmp.Compare(a.ID, b.ID))
}

// SaveTemplate adds (ID 0) or changes a ready-made answer. What the grammar
// refuses is Invalid of the field "text_" and the language, every fault with its
// line; a taken name and one more than MaxTemplates are Conflict, a change made
// meanwhile Stale.
func (r *Registry) SaveTemplate(ctx context.Context, by Actor, x *Template) error {
	if err := by.need(RightManage); err != nil {
		return err
	}
	dir, err := r.Store.Directory(ctx)
	if err != nil {
		return err
	}
	if err := r.checkTemplate(x, dir); err != nil {
		return err
	}
	var saved Template
	data := map[string]any{}
	err = r.act(ctx, by, data, func(tx Tx) error {
		saved = *x // the function may run again
		if err := tx.SaveTemplate(ctx, &saved); err != nil {
			return err
		}
		data["template"], data["disabled"] = int64(saved.ID), saved.Disabled
		return nil
	})
	if err == nil {
		*x = saved
	}
	return err
}

func (r *Registry) checkTemplate(x *Template, dir *Directory) error {
	if x.Name = cleanLine(x.Name, maxTemplateName); x.Name == "" {
		return invalid("name", "name.empty")
	}
	if _, ok := dir.Department(x.Department); x.Department != 0 && !ok {
		return invalid("department", "department.unknown")
	}
	if x.ID == 0 && len(dir.Templates) >= MaxTemplates {
		return &Error{Kind: Conflict, Field: "name", Key: "template.too_many", Args: map[string]any{"Most": MaxTemplates}}
	}
	texts := map[lang.Tag]string{}
	for _, tag := range lang.Tags() {
		text := strings.TrimSpace(x.Texts[tag])
		switch {
		case text == "":
			continue
		case len(text) > MaxTemplateText:
			return &Error{Kind: Invalid, Field: "text_" + string(tag), Key: "template.too_large", Args: map[string]any{"Most": MaxTemplateText}}
		}
		if err := r.Letters.CheckTemplate(tag, text); err != nil {
			return err
		}
		texts[tag] = text
	}
	if len(texts) == 0 {
		return invalid("text_"+string(lang.SrLatn), "template.empty")
	}
	if x.Texts != nil && maps.Equal(texts, x.Texts) {
		return nil
	}
	x.Texts = texts
	return nil
}

// Fill writes a ready-made answer for a ticket as the actor would send it, in the
// citizen's language. NotFound when the ticket's department has no such answer.
func (d *Desk) Fill(by Actor, dir *Directory, v *TicketView, id TemplateID) (string, error) {
	x, ok := dir.Template(id)
	if !ok || x.Disabled || x.Department != 0 && x.Department != v.Ticket.Department {
		return "", &Error{Kind: NotFound, Field: "template", Key: "template.unknown"}
	}
	tag := cmp.Or(v.Ticket.Language, d.Settings.Language)
	text, in := x.TextIn(tag)
	if in != lang.SrLatn || tag != lang.SrCyrl { // a text in another language is dated in it too
		tag = in
	}
	data := d.letterData(tag, &v.Ticket, dir.Rules, d.now())
	data.Subject, data.AgentName = v.Ticket.Subject, by.Name
	if dept, ok := dir.Department(v.Ticket.Department); ok {
		data.Department = NameIn(dept.Names, tag)
	}
	if k, ok := dir.Category(v.Ticket.Category); ok {
		data.Category = NameIn(k.Names, tag)
	}
	if v.Citizen != nil {
		data.Citizen = v.Citizen.Name
	}
	data.Place = v.Ticket.Location.Address
	return d.Letters.Fill(in, tag, text, data)
}
