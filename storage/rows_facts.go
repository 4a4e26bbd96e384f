package storage

import (
	"encoding/binary"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

// clockFactRow is a row of clock_facts.
type clockFactRow struct {
	TicketID     int64   `gorm:"primaryKey;autoIncrement:false;column:ticket_id"`
	ClockID      int64   `gorm:"primaryKey;autoIncrement:false;column:clock_id"`
	Episode      int16   `gorm:"column:episode"`
	Kind         string  `gorm:"column:kind"`
	DepartmentID int64   `gorm:"column:department_id"`
	CategoryID   int64   `gorm:"column:category_id"`
	Channel      string  `gorm:"column:channel"`
	District     string  `gorm:"column:district"`
	Language     string  `gorm:"column:language"`
	Day          int32   `gorm:"column:day"`
	DueAt        instant `gorm:"column:due_at"`
	SettledAt    instant `gorm:"column:settled_at"`
	SettledDay   int32   `gorm:"column:settled_day"`
	Outcome      string  `gorm:"column:outcome"`
	Code         string  `gorm:"column:code"`
	Counted      int16   `gorm:"column:counted"`
	PausedPast   int16   `gorm:"column:paused_past"`
	Waited       int16   `gorm:"column:waited"`
	Took         int64   `gorm:"column:took"`
	Known        int32   `gorm:"column:known"`
}

// TableName names the table.
func (clockFactRow) TableName() string { return "clock_facts" }

// clockFactVersionRow is a row of clock_fact_versions.
type clockFactVersionRow struct {
	Fact  clockFactRow `gorm:"embedded"`
	Until int32        `gorm:"primaryKey;autoIncrement:false;column:until"`
}

// TableName names the table.
func (clockFactVersionRow) TableName() string { return "clock_fact_versions" }

// ticketFactRow is a row of ticket_facts.
type ticketFactRow struct {
	TicketID     int64   `gorm:"primaryKey;autoIncrement:false;column:ticket_id"`
	Episode      int16   `gorm:"primaryKey;autoIncrement:false;column:episode"`
	DepartmentID int64   `gorm:"column:department_id"`
	CategoryID   int64   `gorm:"column:category_id"`
	Channel      string  `gorm:"column:channel"`
	District     string  `gorm:"column:district"`
	Language     string  `gorm:"column:language"`
	ReceivedDay  int32   `gorm:"column:received_day"`
	StartedDay   int32   `gorm:"column:started_day"`
	Hour         int16   `gorm:"column:hour"`
	NextDueAt    instant `gorm:"column:next_due_at"`
	Unvalidated  int16   `gorm:"column:unvalidated"`
	EndedAt      instant `gorm:"column:ended_at"`
	EndedDay     int32   `gorm:"column:ended_day"`
	Code         string  `gorm:"column:code"`
	ByHand       int16   `gorm:"column:by_hand"`
	First        int16   `gorm:"column:first"`
	Reopened     int16   `gorm:"column:reopened"`
	Denied       int16   `gorm:"column:denied"`
	Legs         int16   `gorm:"column:legs"`
	Own          int64   `gorm:"column:own"`
	Elsewhere    int64   `gorm:"column:elsewhere"`
	Citizen      int64   `gorm:"column:citizen"`
	Others       int64   `gorm:"column:others"`
	Known        int32   `gorm:"column:known"`
}

// TableName names the table.
func (ticketFactRow) TableName() string { return "ticket_facts" }

// ticketFactVersionRow is a row of ticket_fact_versions.
type ticketFactVersionRow struct {
	Fact  ticketFactRow `gorm:"embedded"`
	Until int32         `gorm:"primaryKey;autoIncrement:false;column:until"`
}

// TableName names the table.
func (ticketFactVersionRow) TableName() string { return "ticket_fact_versions" }

// suspectRow is a row of suspects.
type suspectRow struct {
	TicketID     int64   `gorm:"primaryKey;autoIncrement:false;column:ticket_id"`
	Sign         string  `gorm:"primaryKey;column:sign"`
	N            int16   `gorm:"primaryKey;autoIncrement:false;column:n"`
	DepartmentID int64   `gorm:"column:department_id"`
	Day          int32   `gorm:"column:day"`
	At           instant `gorm:"column:at"`
	Actor        string  `gorm:"column:actor"`
	FromCode     string  `gorm:"column:from_code"`
	ToCode       string  `gorm:"column:to_code"`
}

// TableName names the table.
func (suspectRow) TableName() string { return "suspects" }

// clockDayRow is a row of clock_days.
type clockDayRow struct {
	DepartmentID int64  `gorm:"primaryKey;autoIncrement:false;column:department_id"`
	Dimension    string `gorm:"primaryKey;column:dimension"`
	Day          int32  `gorm:"primaryKey;autoIncrement:false;column:day"`
	Value        string `gorm:"primaryKey;column:value"`
	Kind         string `gorm:"primaryKey;column:kind"`
	Due          int64  `gorm:"column:due"`
	Met          int64  `gorm:"column:met"`
	Late         int64  `gorm:"column:late"`
	Open         int64  `gorm:"column:open"`
	Ended        int64  `gorm:"column:ended"`
	Unanswered   int64  `gorm:"column:unanswered"`
	Excluded     int64  `gorm:"column:excluded"`
	PausedPast   int64  `gorm:"column:paused_past"`
	Waited       int64  `gorm:"column:waited"`
	Done         int64  `gorm:"column:done"`
	DoneMet      int64  `gorm:"column:done_met"`
	EndedThen    int64  `gorm:"column:ended_then"`
	Spread       []byte `gorm:"column:spread"`
}

// TableName names the table.
func (clockDayRow) TableName() string { return "clock_days" }

// ticketDayRow is a row of ticket_days.
type ticketDayRow struct {
	DepartmentID int64  `gorm:"primaryKey;autoIncrement:false;column:department_id"`
	Dimension    string `gorm:"primaryKey;column:dimension"`
	Day          int32  `gorm:"primaryKey;autoIncrement:false;column:day"`
	Value        string `gorm:"primaryKey;column:value"`
	Received     int64  `gorm:"column:received"`
	Hours        []byte `gorm:"column:hours"`
	Closed       int64  `gorm:"column:closed"`
	Resolved     int64  `gorm:"column:resolved"`
	First        int64  `gorm:"column:first"`
	Reopened     int64  `gorm:"column:reopened"`
	Denied       int64  `gorm:"column:denied"`
	Legs         int64  `gorm:"column:legs"`
	Own          int64  `gorm:"column:own"`
	Elsewhere    int64  `gorm:"column:elsewhere"`
	Citizen      int64  `gorm:"column:citizen"`
	Others       int64  `gorm:"column:others"`
}

// TableName names the table.
func (ticketDayRow) TableName() string { return "ticket_days" }

// standingRow is a row of standings.
type standingRow struct {
	DepartmentID int64 `gorm:"primaryKey;autoIncrement:false;column:department_id"`
	Open         int64 `gorm:"column:open"`
	Overdue      int64 `gorm:"column:overdue"`
	DueToday     int64 `gorm:"column:due_today"`
	Unvalidated  int64 `gorm:"column:unvalidated"`
	OldestDay    int32 `gorm:"column:oldest_day"`
}

// TableName names the table.
func (standingRow) TableName() string { return "standings" }

// factMarkRow is a row of fact_marks.
type factMarkRow struct {
	TicketID int64 `gorm:"primaryKey;autoIncrement:false;column:ticket_id"`
	Version  int64 `gorm:"primaryKey;autoIncrement:false;column:version"`
}

// TableName names the table.
func (factMarkRow) TableName() string { return "fact_marks" }

// factDayRow is a row of fact_days.
type factDayRow struct {
	DepartmentID int64 `gorm:"primaryKey;autoIncrement:false;column:department_id"`
	Day          int32 `gorm:"primaryKey;autoIncrement:false;column:day"`
}

// TableName names the table.
func (factDayRow) TableName() string { return "fact_days" }

// factFoldRow is a row of fact_folds.
type factFoldRow struct {
	ID       int16   `gorm:"primaryKey;autoIncrement:false;column:id"`
	Turn     int64   `gorm:"column:turn"`
	FoldedAt instant `gorm:"column:folded_at"`
}

// TableName names the table.
func (factFoldRow) TableName() string { return "fact_folds" }

func clockFactRowOf(f *report.ClockFact) clockFactRow {
	return clockFactRow{
		TicketID: int64(f.Ticket), ClockID: int64(f.Clock), Episode: small(f.Episode), Kind: string(f.Kind), DepartmentID: int64(f.Department),
		CategoryID: int64(f.Category), Channel: string(f.Channel), District: clean(f.District), Language: clean(f.Language), Day: int32(f.Day),
		DueAt: instant(micros(f.Due)), SettledAt: instant(micros(f.Settled)), SettledDay: int32(f.SettledDay), Outcome: string(f.Outcome),
		Code: string(f.Code), Counted: flag(f.Counted), PausedPast: flag(f.PausedPast), Waited: flag(f.Waited), Took: f.Took,
	}
}

func (r *clockFactRow) fact() report.ClockFact {
	return report.ClockFact{
		Clock: ticketing.ClockID(r.ClockID), Ticket: ticketing.TicketID(r.TicketID), Episode: int(r.Episode), Kind: ticketing.ClockKind(r.Kind),
		Traits: traitsOf(r.DepartmentID, r.CategoryID, r.Channel, r.District, r.Language), Day: report.Day(r.Day), Due: r.DueAt.time(),
		Settled: r.SettledAt.time(), SettledDay: report.Day(r.SettledDay), Outcome: report.Outcome(r.Outcome), Code: ticketing.ClosingCode(r.Code),
		Counted: r.Counted != 0, PausedPast: r.PausedPast != 0, Waited: r.Waited != 0, Took: r.Took,
	}
}

func traitsOf(department, category int64, channel, district, language string) report.Traits {
	return report.Traits{
		Department: ticketing.DepartmentID(department), Category: ticketing.CategoryID(category), Channel: ticketing.Channel(channel),
		District: district, Language: language,
	}
}

func ticketFactRowOf(f *report.TicketFact) ticketFactRow {
	return ticketFactRow{
		TicketID: int64(f.Ticket), Episode: small(f.Episode), DepartmentID: int64(f.Department), CategoryID: int64(f.Category),
		Channel: string(f.Channel), District: clean(f.District), Language: clean(f.Language), ReceivedDay: int32(f.ReceivedDay),
		StartedDay: int32(f.StartedDay), Hour: small(f.Hour), NextDueAt: instant(micros(f.NextDue)), Unvalidated: flag(f.Unvalidated),
		EndedAt: instant(micros(f.Ended)), EndedDay: int32(f.EndedDay), Code: string(f.Code), ByHand: flag(f.ByHand), First: flag(f.First),
		Reopened: flag(f.Reopened), Denied: flag(f.Denied), Legs: small(f.Legs), Own: f.Own, Elsewhere: f.Elsewhere, Citizen: f.Citizen, Others: f.Others,
	}
}

func (r *ticketFactRow) fact() report.TicketFact {
	return report.TicketFact{
		Ticket: ticketing.TicketID(r.TicketID), Episode: int(r.Episode),
		Traits:      traitsOf(r.DepartmentID, r.CategoryID, r.Channel, r.District, r.Language),
		ReceivedDay: report.Day(r.ReceivedDay), StartedDay: report.Day(r.StartedDay), Hour: int(r.Hour), NextDue: r.NextDueAt.time(),
		Unvalidated: r.Unvalidated != 0, Ended: r.EndedAt.time(), EndedDay: report.Day(r.EndedDay), Code: ticketing.ClosingCode(r.Code),
		ByHand: r.ByHand != 0, First: r.First != 0, Reopened: r.Reopened != 0, Denied: r.Denied != 0, Legs: int(r.Legs),
		Own: r.Own, Elsewhere: r.Elsewhere, Citizen: r.Citizen, Others: r.Others,
	}
}

func clockDayRowOf(d *report.ClockDay) clockDayRow {
	return clockDayRow{
		DepartmentID: int64(d.Department), Dimension: string(d.By), Day: int32(d.Day), Value: d.Value, Kind: string(d.Kind),
		Due: d.Due, Met: d.Met, Late: d.Late, Open: d.Open, Ended: d.Ended, Unanswered: d.Unanswered, Excluded: d.Excluded,
		PausedPast: d.PausedPast, Waited: d.Waited, Done: d.Done, DoneMet: d.DoneMet, EndedThen: d.EndedThen, Spread: d.Spread.Pack(),
	}
}

func (r *clockDayRow) day() (report.ClockDay, error) {
	d := report.ClockDay{
		DayKey: dayKey(r.DepartmentID, r.Day, r.Dimension, r.Value), Kind: ticketing.ClockKind(r.Kind),
		ClockSum: report.ClockSum{
			Due: r.Due, Met: r.Met, Late: r.Late, Open: r.Open, Ended: r.Ended, Unanswered: r.Unanswered, Excluded: r.Excluded,
			PausedPast: r.PausedPast, Waited: r.Waited, Done: r.Done, DoneMet: r.DoneMet, EndedThen: r.EndedThen,
		},
	}
	err := d.Spread.AddPacked(r.Spread)
	return d, err
}

func dayKey(department int64, day int32, by, value string) report.DayKey {
	return report.DayKey{Department: ticketing.DepartmentID(department), Day: report.Day(day), By: report.Dimension(by), Value: value}
}

func ticketDayRowOf(d *report.TicketDay) ticketDayRow {
	return ticketDayRow{
		DepartmentID: int64(d.Department), Dimension: string(d.By), Day: int32(d.Day), Value: d.Value, Received: d.Received,
		Hours: packHours(&d.Hours), Closed: d.Closed, Resolved: d.Resolved, First: d.First, Reopened: d.Reopened, Denied: d.Denied,
		Legs: d.Legs, Own: d.Own, Elsewhere: d.Elsewhere, Citizen: d.Citizen, Others: d.Others,
	}
}

func (r *ticketDayRow) day() report.TicketDay {
	d := report.TicketDay{
		DayKey: dayKey(r.DepartmentID, r.Day, r.Dimension, r.Value),
		TicketSum: report.TicketSum{
			Received: r.Received, Closed: r.Closed, Resolved: r.Resolved, First: r.First, Reopened: r.Reopened, Denied: r.Denied,
			Legs: r.Legs, Own: r.Own, Elsewhere: r.Elsewhere, Citizen: r.Citizen, Others: r.Others,
		},
	}
	unpackHours(r.Hours, &d.Hours)
	return d
}

// packHours writes 24 counts as bytes, none when all are 0.
func packHours(hours *[24]int64) []byte {
	if *hours == ([24]int64{}) {
		return nil
	}
	var out []byte
	for _, n := range hours {
		out = binary.AppendVarint(out, n)
	}
	return out
}

func unpackHours(packed []byte, hours *[24]int64) {
	for i := range hours {
		n, size := binary.Varint(packed)
		if size <= 0 {
			return
		}
		hours[i], packed = n, packed[size:]
	}
}

func suspectRowOf(s *report.Suspect, n int) suspectRow {
	return suspectRow{
		TicketID: int64(s.Ticket), Sign: string(s.Kind), N: small(n), DepartmentID: int64(s.Department), Day: int32(s.Day), At: instant(micros(s.At)),
		Actor: s.By, FromCode: clean(s.From), ToCode: clean(s.To),
	}
}

func (r *suspectRow) suspect() report.Suspect {
	return report.Suspect{
		Kind: report.SignKind(r.Sign), Ticket: ticketing.TicketID(r.TicketID), Department: ticketing.DepartmentID(r.DepartmentID),
		Day: report.Day(r.Day), At: r.At.time(), By: r.Actor, From: r.FromCode, To: r.ToCode,
	}
}

func (r *standingRow) standing(zone *time.Location) report.Standing {
	s := report.Standing{
		Department: ticketing.DepartmentID(r.DepartmentID), Open: r.Open, Overdue: r.Overdue, DueToday: r.DueToday, Unvalidated: r.Unvalidated,
	}
	if r.OldestDay != 0 {
		s.Oldest = report.Day(r.OldestDay).Start(zone).UTC()
	}
	return s
}
