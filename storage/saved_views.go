package storage

import (
	"context"

	"gorm.io/gorm"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

var (
	allViews     = selectFrom[savedViewRow]("order by id")
	viewsOf      = selectFrom[savedViewRow]("where owner_id = ? or shared = true order by id {pg:for update}")
	allTemplates = selectFrom[templateRow]("order by id")
)

// SavedViews gives an agent's own views and the shared ones, and locks the
// directory's stamp: two who save at once would be one too many. See ticketing.Tx.
func (t *tx) SavedViews(_ context.Context, owner ticketing.AgentID) ([]ticketing.SavedView, error) {
	var stamp int64
	var found bool
	var rows []savedViewRow
	err := t.readAll(
		statement{query: lockStamp, read: one(&found, &stamp)},
		statement{query: viewsOf, args: []any{int64(owner)}, read: into(&rows)},
	)
	return viewsIn(rows), err
}

func viewsIn(rows []savedViewRow) []ticketing.SavedView {
	var out []ticketing.SavedView
	for i := range rows {
		out = append(out, rows[i].view())
	}
	return out
}

// SaveView writes a saved view; see ticketing.Tx.
func (t *tx) SaveView(_ context.Context, v *ticketing.SavedView) error {
	row := savedViewRowOf(v)
	return saveRecord(t, &row, record{&row.ID, &row.Version, "view", "view"}, func() {
		v.ID, v.Version = ticketing.ViewID(row.ID), row.Version
	})
}

// DropView forgets a saved view; see ticketing.Tx.
func (t *tx) DropView(_ context.Context, id ticketing.ViewID) error {
	var gone int64
	err := t.withORM(func(g *gorm.DB) error {
		res := g.Where("id = ?", int64(id)).Delete(&savedViewRow{})
		gone = res.RowsAffected
		return res.Error
	})
	if err == nil && gone == 0 {
		err = notFound("view")
	}
	if err != nil {
		return err
	}
	return t.touchDirectory()
}

// SaveTemplate writes a ready-made answer; see ticketing.Tx.
func (t *tx) SaveTemplate(_ context.Context, x *ticketing.Template) error {
	row := templateRow{
		ID: int64(x.ID), Name: clean(x.Name), DepartmentID: int64(x.Department), Texts: map[lang.Tag]string{}, Disabled: x.Disabled, Version: x.Version,
	}
	for tag, text := range x.Texts {
		row.Texts[tag] = clean(text)
	}
	return saveRecord(t, &row, record{&row.ID, &row.Version, "template", "template"}, func() {
		x.ID, x.Version = ticketing.TemplateID(row.ID), row.Version
	})
}
