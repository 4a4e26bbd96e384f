package storage

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// letterTextRow is a row of letter_texts.
type letterTextRow struct {
	Language string  `gorm:"primaryKey;column:language"`
	Name     string  `gorm:"primaryKey;column:name"`
	Version  int64   `gorm:"primaryKey;autoIncrement:false;column:version"`
	Body     string  `gorm:"column:body"`
	AgentID  int64   `gorm:"column:agent_id"`
	At       instant `gorm:"column:at"`
}

// TableName names the table.
func (letterTextRow) TableName() string { return "letter_texts" }

func (r *letterTextRow) letterText() ticketing.LetterText {
	return ticketing.LetterText{
		Language: lang.Tag(r.Language), Name: r.Name, Version: r.Version, Body: r.Body, Agent: ticketing.AgentID(r.AgentID), At: r.At.time(),
	}
}

// SaveLetterText adds a version of a letter's text; see ticketing.Tx. Of two who
// read the same version one finds the next one taken.
func (t *tx) SaveLetterText(_ context.Context, l *ticketing.LetterText) error {
	row := letterTextRow{
		Language: clean(string(l.Language)), Name: clean(l.Name), Version: l.Version + 1, Body: clean(l.Body),
		AgentID: int64(l.Agent), At: never1970(l.At),
	}
	var newest int64
	err := t.withORM(func(g *gorm.DB) error {
		err := g.Model(&letterTextRow{}).Where("language = ? and name = ?", row.Language, row.Name).Select("coalesce(max(version), 0)").Scan(&newest).Error
		if err != nil || newest != l.Version {
			return err
		}
		return g.Create(&row).Error
	})
	if errors.Is(err, errDuplicate) || err == nil && newest != l.Version {
		return &failure{ticketing.Stale, never, &ticketing.Error{Kind: ticketing.Stale, Key: "letter.changed"}}
	}
	if err != nil {
		return err
	}
	l.Version = row.Version
	return t.touchDirectory()
}

// LetterHistory lists the versions of a letter's text; see ticketing.LetterReads.
func (db *DB) LetterHistory(ctx context.Context, tag lang.Tag, name string, n int) ([]ticketing.LetterText, error) {
	rows, err := findAll[letterTextRow](ctx, db, func(g *gorm.DB) *gorm.DB {
		return g.Where("language = ? and name = ?", string(tag), name).Order("version desc").Limit(n)
	})
	var out []ticketing.LetterText
	for i := range rows {
		out = append(out, rows[i].letterText())
	}
	return out, err
}
