package components

import (
	"context"

	"github.com/a-h/templ"

	"github.com/sistem48/system48/ui/web"
)

// A FieldView describes one input. Value and errors come from the form.
type FieldView struct {
	Name         string
	ID           string // of the control; Name when empty
	Label        string
	Type         string // "text" when empty; "textarea", "select", "checkbox", or an HTML input type
	Hint         string
	Options      []Option // of select
	Autocomplete string
	InputMode    string
	Placeholder  string
	Required     bool
	ReadOnly     bool
	Max          int    // characters; 0 = none
	Rows         int    // of textarea
	Switch       bool   // a checkbox drawn as a switch
	Submit       bool   // sends its form when changed
	Class        string // further classes of the control
}

// An Option is one choice.
type Option struct{ Value, Text string }

func (v FieldView) kind() string {
	if v.Type == "" {
		return "text"
	}
	return v.Type
}

func (v FieldView) id() string {
	if v.ID == "" {
		return v.Name
	}
	return v.ID
}

// describedBy names the elements that explain the input, "" when there are none.
func (v FieldView) describedBy(f *web.Form) string {
	ids := ""
	if v.Hint != "" {
		ids = v.id() + "-hint"
	}
	if _, bad := f.Error(v.Name); bad {
		if ids != "" {
			ids += " "
		}
		ids += v.id() + "-error"
	}
	return ids
}

func (v FieldView) invalid(f *web.Form) bool { _, bad := f.Error(v.Name); return bad }

// attributes are those of every sort of control.
func (v FieldView) attributes(f *web.Form) templ.Attributes {
	a := templ.Attributes{"id": v.id(), "name": v.Name}
	set := func(name, value string) {
		if value != "" {
			a[name] = value
		}
	}
	set("autocomplete", v.Autocomplete)
	set("inputmode", v.InputMode)
	set("placeholder", v.Placeholder)
	set("aria-describedby", v.describedBy(f))
	if v.invalid(f) {
		a["aria-invalid"] = "true"
	}
	for name, on := range map[string]bool{"required": v.Required, "readonly": v.ReadOnly, "data-submit": v.Submit} {
		if on {
			a[name] = true
		}
	}
	if v.Max > 0 {
		a["maxlength"] = v.Max
	}
	return a
}

// fieldError gives the words of the field's first error.
func fieldError(ctx context.Context, f *web.Form, name string) string {
	e, ok := f.Error(name)
	if !ok {
		return ""
	}
	return errorWords(ctx, e)
}

func errorWords(ctx context.Context, e web.FieldError) string {
	if s := web.PrinterOf(ctx).Map(e.Key, e.Args); s != "" {
		return s
	}
	return e.Key
}
