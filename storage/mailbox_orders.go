package storage

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/sistem48/system48/ticketing"
)

// mailboxOrderRow is a row of mailbox_orders.
type mailboxOrderRow struct {
	Account string  `gorm:"primaryKey;column:account"`
	Paused  bool    `gorm:"column:paused"`
	AgentID int64   `gorm:"column:agent_id"`
	At      instant `gorm:"column:at"`
	TryAt   instant `gorm:"column:try_at"`
}

// TableName names the table.
func (mailboxOrderRow) TableName() string { return "mailbox_orders" }

var mailboxOrder = selectFrom[mailboxOrderRow]("where account = ?")

func orderOf(found []mailboxOrderRow, account string) ticketing.MailboxOrder {
	if len(found) == 0 {
		return ticketing.MailboxOrder{Account: account}
	}
	r := found[0]
	return ticketing.MailboxOrder{Account: r.Account, Paused: r.Paused, By: ticketing.AgentID(r.AgentID), At: r.At.time(), TryAt: r.TryAt.time()}
}

// MailboxOrder gives what operators asked of a mailbox; see ticketing.IntakeLedger.
func (db *DB) MailboxOrder(ctx context.Context, account string) (ticketing.MailboxOrder, error) {
	var found []mailboxOrderRow
	err := db.query(ctx, statement{query: mailboxOrder, args: []any{account}, read: into(&found)})
	return orderOf(found, account), err
}

// MailboxOrder gives what operators asked of a mailbox; see ticketing.Tx.
func (t *tx) MailboxOrder(_ context.Context, account string) (ticketing.MailboxOrder, error) {
	var found []mailboxOrderRow
	err := t.readAll(statement{query: mailboxOrder, args: []any{account}, read: into(&found)})
	return orderOf(found, account), err
}

// SaveMailboxOrder keeps what operators ask of a mailbox; see ticketing.Tx.
func (t *tx) SaveMailboxOrder(_ context.Context, o ticketing.MailboxOrder) error {
	row := mailboxOrderRow{Account: clean(o.Account), Paused: o.Paused, AgentID: int64(o.By), At: never1970(o.At), TryAt: instant(o.TryAt)}
	return t.withORM(func(g *gorm.DB) error { return g.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error })
}
