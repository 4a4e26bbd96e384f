package manage

import (
	"context"
	"strings"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// departmentNames lists names in the reader's language.
func departmentNames(ctx context.Context, dir *ticketing.Directory, ids []ticketing.DepartmentID) string {
	var names []string
	for _, id := range ids {
		if d, ok := dir.Department(id); ok {
			names = append(names, ticketing.NameIn(d.Names, web.Language(ctx)))
		}
	}
	if len(names) == 0 {
		return "–"
	}
	return strings.Join(names, ", ")
}

func roleOptions(ctx context.Context) []components.Option {
	var out []components.Option
	for _, r := range ticketing.Roles() {
		out = append(out, components.Option{Value: string(r), Text: web.T(ctx, "role."+string(r))})
	}
	return out
}

// rightID gives the message id of a right: "tickets:read" is "right.tickets_read".
func rightID(r ticketing.Right) string {
	return "right." + strings.ReplaceAll(string(r), ":", "_")
}

// errorOf gives the words of what is wrong with a field, "" when nothing is.
func errorOf(ctx context.Context, f *web.Form, field string) string {
	e, bad := f.Error(field)
	if !bad {
		return ""
	}
	return web.PrinterOf(ctx).Map(e.Key, e.Args)
}

// nameFields are the languages a name is typed in: Cyrillic is computed from
// the Latin one unless it is given.
var nameFields = []struct {
	Tag   lang.Tag
	Field string
}{{lang.SrLatn, "name_sr"}, {lang.SrCyrl, "name_cyr"}, {lang.En, "name_en"}, {lang.Sq, "name_sq"}}

// namesOf reads the name in every language out of a form.
func namesOf(f *web.Form) map[lang.Tag]string {
	names := map[lang.Tag]string{}
	for _, n := range nameFields {
		if s := f.Line(n.Field, 100); s != "" {
			names[n.Tag] = s
		}
	}
	if names[lang.SrLatn] == "" {
		f.Fail("name_sr", "form.required")
	}
	return names
}

// setNames puts a name into a form's fields.
func setNames(f *web.Form, names map[lang.Tag]string) {
	for _, n := range nameFields {
		f.Set(n.Field, names[n.Tag])
	}
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// toldHow says how a department learns of hand-overs.
func toldHow(ctx context.Context, d ticketing.Department) string {
	switch {
	case d.Email == "":
		return web.T(ctx, "departments.told_never")
	case d.Digest:
		return web.T(ctx, "departments.told_daily")
	}
	return web.T(ctx, "departments.told_at_once")
}
