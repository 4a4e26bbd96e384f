package storage

import (
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// legRow is a row of legs.
type legRow struct {
	TicketID     int64   `gorm:"primaryKey;autoIncrement:false;column:ticket_id"`
	N            int16   `gorm:"primaryKey;autoIncrement:false;column:n"`
	Episode      int16   `gorm:"column:episode"`
	DepartmentID int64   `gorm:"column:department_id"`
	BodyID       int64   `gorm:"column:body_id"`
	FromAt       instant `gorm:"column:from_at"`
	ToAt         instant `gorm:"column:to_at"`
	Seconds      int64   `gorm:"column:seconds"`
	Reason       string  `gorm:"column:reason"`
}

// TableName names the table.
func (legRow) TableName() string { return "legs" }

// bodyRow is a row of bodies.
type bodyRow struct {
	ID          int64                        `gorm:"primaryKey;autoIncrement:false;column:id"`
	Code        string                       `gorm:"column:code"`
	Names       dictionary[lang.Tag, string] `gorm:"column:names"`
	Email       string                       `gorm:"column:email"`
	Language    string                       `gorm:"column:language"`
	Domain      string                       `gorm:"column:domain"`
	Pattern     string                       `gorm:"column:pattern"`
	AcceptHours int16                        `gorm:"column:accept_hours"`
	AnswerHours int16                        `gorm:"column:answer_hours"`
	Disabled    bool                         `gorm:"column:disabled"`
	Version     int64                        `gorm:"column:version"`
	Calendar    string                       `gorm:"column:calendar"`
}

// TableName names the table.
func (bodyRow) TableName() string { return "bodies" }

// outsideRow is a row of outside_refs.
type outsideRow struct {
	BodyID   int64  `gorm:"primaryKey;autoIncrement:false;column:body_id"`
	Number   string `gorm:"primaryKey;column:number"`
	TicketID int64  `gorm:"primaryKey;autoIncrement:false;column:ticket_id"`
}

// TableName names the table.
func (outsideRow) TableName() string { return "outside_refs" }

func legRowOf(t ticketing.TicketID, l *ticketing.Leg) legRow {
	return legRow{
		TicketID: int64(t), N: small(l.N), Episode: small(l.Episode), DepartmentID: int64(l.Department), BodyID: int64(l.Body),
		FromAt: never1970(l.From), ToAt: never1970(l.To), Seconds: int64(l.To.Sub(l.From).Seconds()), Reason: string(l.Reason),
	}
}

// legsOf gives the legs of a ticket: those that ended and the present one.
func legsOf(t *ticketing.Ticket, ended []legRow) []ticketing.Leg {
	var out []ticketing.Leg
	for i := range ended {
		r := &ended[i]
		out = append(out, ticketing.Leg{
			N: int(r.N), Episode: int(r.Episode), Department: ticketing.DepartmentID(r.DepartmentID), Body: ticketing.BodyID(r.BodyID),
			From: r.FromAt.orNone(), To: r.ToAt.orNone(), Reason: ticketing.LegReason(r.Reason),
		})
	}
	if l, ok := t.Present(); ok && t.InCustody() {
		out = append(out, l)
	}
	return out
}

func (r *bodyRow) body() ticketing.Body {
	return ticketing.Body{
		ID: ticketing.BodyID(r.ID), Code: r.Code, Names: r.Names, Email: r.Email, Language: lang.Tag(r.Language), Domain: r.Domain, Pattern: r.Pattern,
		AcceptHours: int(r.AcceptHours), AnswerHours: int(r.AnswerHours), Calendar: r.Calendar, Disabled: r.Disabled, Version: r.Version,
	}
}
