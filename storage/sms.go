package storage

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/sistem48/system48/ticketing"
)

// providerReportRow is a row of provider_reports.
type providerReportRow struct {
	ID          string  `gorm:"primaryKey;column:id"`
	State       string  `gorm:"column:state"`
	Level       int16   `gorm:"column:level"`
	At          instant `gorm:"column:at"`
	Code        int64   `gorm:"column:code"`
	Final       bool    `gorm:"column:final"`
	OptedOut    bool    `gorm:"column:opted_out"`
	Recipient   bool    `gorm:"column:recipient"`
	Tries       int16   `gorm:"column:tries"`
	WaitSeconds int64   `gorm:"column:wait_seconds"`
}

// TableName names the table.
func (providerReportRow) TableName() string { return "provider_reports" }

// smsChoiceRow is a row of sms_choices.
type smsChoiceRow struct {
	Number   string                   `gorm:"primaryKey;column:number"`
	Account  string                   `gorm:"column:account"`
	Held     list[ticketing.LedgerID] `gorm:"column:held"`
	Options  list[ticketing.TicketID] `gorm:"column:options"`
	TicketID int64                    `gorm:"column:ticket_id"`
	Fresh    bool                     `gorm:"column:fresh"`
	AskedAt  instant                  `gorm:"column:asked_at"`
	UntilAt  instant                  `gorm:"column:until_at"`
}

// TableName names the table.
func (smsChoiceRow) TableName() string { return "sms_choices" }

var (
	raiseReport = sqlQuery(`insert into provider_reports (id, state, level, at, code, final, opted_out, recipient, tries, wait_seconds)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set state = excluded.state, level = excluded.level, at = excluded.at,
		code = excluded.code, final = excluded.final, opted_out = excluded.opted_out, recipient = excluded.recipient, tries = excluded.tries,
		wait_seconds = excluded.wait_seconds where provider_reports.level < ?`)
	reportOf       = selectFrom[providerReportRow]("where id = ? {lock}")
	ofProvider     = sqlQuery("select id, coalesce(ticket_id, 0) from deliveries where provider_id = ? and provider_id <> '' limit 1")
	automaticTexts = sqlQuery("select count(*) from deliveries where channel = 'sms' and automatic = 1 and to_address = ? and created_at >= ?")
	automaticOf    = sqlQuery(`select count(*) from deliveries where channel = 'sms' and automatic = 1 and to_address = ? and created_at >= ?
		and ticket_id = ?`)
	choiceQuery   = selectFrom[smsChoiceRow]("where number = ? {lock}")
	recentTickets = sqlQuery(`select id from tickets where citizen_id in
		(select id from citizens where stays_id = (select stays_id from citizens where id = ?)) and spam = 0 order by id desc limit ?`)
	postponeItem = sqlQuery(`update ledger set next_at = ?, attempts = case when lease_until is null then attempts else attempts - 1 end,
		lease_until = null where id = ? and state = 0`)
)

// RaiseReport keeps the higher of two reports; see ticketing.Tx. Whoever is
// second waits at the row for the first one's end.
func (t *tx) RaiseReport(_ context.Context, r ticketing.ProviderReport) (ticketing.ProviderReport, error) {
	level, ceiling := r.Level()
	t.queue(raiseReport, r.ID, string(r.State), small(ceiling), never1970(r.At), int64(r.Fault.Code), r.Fault.Final, r.Fault.OptedOut,
		r.Fault.Recipient, small(r.Fault.Tries), int64(r.Fault.Wait/time.Second), small(level))
	var found []providerReportRow
	if err := t.readAll(statement{query: reportOf, args: []any{r.ID}, read: into(&found)}); err != nil {
		return ticketing.ProviderReport{}, err
	}
	if len(found) == 0 {
		return ticketing.ProviderReport{}, notFound("provider report")
	}
	f := found[0]
	return ticketing.ProviderReport{
		ID: f.ID, State: ticketing.ProviderState(f.State), At: f.At.orNone(), Fault: ticketing.Fault{
			Code: int(f.Code), Final: f.Final, OptedOut: f.OptedOut, Recipient: f.Recipient, Tries: int(f.Tries), Wait: time.Duration(f.WaitSeconds) * time.Second,
		},
	}, nil
}

// DeliveryOfProvider finds a delivery by the provider's name of it; see ticketing.Tx.
func (t *tx) DeliveryOfProvider(_ context.Context, providerID string) (ticketing.DeliveryID, ticketing.TicketID, error) {
	var id, ticket int64
	err := t.readOne("delivery", ofProvider, []any{providerID}, &id, &ticket)
	return ticketing.DeliveryID(id), ticketing.TicketID(ticket), err
}

// AutomaticTexts counts automatic text messages; see ticketing.Tx.
func (t *tx) AutomaticTexts(_ context.Context, number string, of ticketing.TicketID, since time.Time) (int, error) {
	q, args := automaticTexts, []any{number, instant(since)}
	if of != 0 {
		q, args = automaticOf, append(args, int64(of))
	}
	var found bool
	var n int
	err := t.readAll(statement{query: q, args: args, read: one(&found, &n)})
	return n, err
}

// Choice loads and locks what a number was asked; see ticketing.Tx.
func (t *tx) Choice(_ context.Context, number string) (*ticketing.Choice, error) {
	var found []smsChoiceRow
	if err := t.readAll(statement{query: choiceQuery, args: []any{number}, read: into(&found)}); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notFound("choice")
	}
	f := found[0]
	if t.asked == nil {
		t.asked = map[string]bool{}
	}
	t.asked[f.Number] = true
	return &ticketing.Choice{
		Number: f.Number, Account: f.Account, Held: f.Held, Options: f.Options, Ticket: ticketing.TicketID(f.TicketID), New: f.Fresh,
		AskedAt: f.AskedAt.orNone(), Until: f.UntilAt.orNone(),
	}, nil
}

// SaveChoice writes what a number was asked; see ticketing.Tx. When another
// transaction was quicker to ask the number, this one runs again.
func (t *tx) SaveChoice(_ context.Context, c *ticketing.Choice) error {
	row := smsChoiceRow{
		Number: clean(c.Number), Account: clean(c.Account), Held: c.Held, Options: c.Options, TicketID: int64(c.Ticket), Fresh: c.New,
		AskedAt: never1970(c.AskedAt), UntilAt: never1970(c.Until),
	}
	if !t.asked[row.Number] {
		t.add(statement{query: planOf[smsChoiceRow]().insert, args: planOf[smsChoiceRow]().values(&row), failed: func(err error) error {
			return quicker(err, "choice.taken")
		}})
		return nil
	}
	return t.withORM(func(g *gorm.DB) error { return g.Save(&row).Error })
}

// RecentTickets gives the newest tickets of a citizen; see ticketing.Tx.
func (t *tx) RecentTickets(_ context.Context, c ticketing.CitizenID, n int) ([]ticketing.TicketID, error) {
	var ids []int64
	if err := t.readAll(statement{query: recentTickets, args: []any{int64(c), n}, read: intoIDs(&ids)}); err != nil {
		return nil, err
	}
	out := make([]ticketing.TicketID, len(ids))
	for i, id := range ids {
		out[i] = ticketing.TicketID(id)
	}
	return out, nil
}

// Postpone keeps an item from being worked for a while; see ticketing.Tx.
func (t *tx) Postpone(_ context.Context, id ticketing.LedgerID, until time.Time) error {
	t.queue(postponeItem, instant(until), int64(id))
	return nil
}
