package storage

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/sistem48/system48/ticketing"
)

// noticeRow is a row of notices.
type noticeRow struct {
	ID        int64   `gorm:"primaryKey;autoIncrement:false;column:id"`
	TicketID  int64   `gorm:"column:ticket_id"`
	Clock     string  `gorm:"column:clock"`
	Step      int64   `gorm:"column:step"` // seconds after due
	Tell      string  `gorm:"column:tell"`
	Ladder    string  `gorm:"column:ladder"`
	DueAt     instant `gorm:"column:due_at"`
	At        instant `gorm:"column:at"`
	AgentID   int64   `gorm:"column:agent_id"`
	Address   string  `gorm:"column:address"`
	SendAfter instant `gorm:"column:send_after"`
	ToldAt    instant `gorm:"column:told_at"`
}

// TableName names the table.
func (noticeRow) TableName() string { return "notices" }

func noticeRowOf(n *ticketing.Notice) noticeRow {
	return noticeRow{
		ID: int64(n.ID), TicketID: int64(n.Ticket), Clock: string(n.Clock), Step: int64(n.After / time.Second), Tell: string(n.Tell),
		Ladder: clean(n.Ladder), DueAt: never1970(n.Due), At: never1970(n.At), AgentID: int64(n.Agent), Address: clean(n.Address),
		SendAfter: never1970(n.SendAfter), ToldAt: instant(n.ToldAt),
	}
}

func (r *noticeRow) notice(ref string) ticketing.Notice {
	return ticketing.Notice{
		ID: ticketing.NoticeID(r.ID), Ticket: ticketing.TicketID(r.TicketID), Ref: ticketing.Reference(ref), Clock: ticketing.ClockKind(r.Clock),
		After: time.Duration(r.Step) * time.Second, Tell: ticketing.Tell(r.Tell), Ladder: r.Ladder, Due: r.DueAt.time(), At: r.At.time(),
		Agent: ticketing.AgentID(r.AgentID), Address: r.Address, SendAfter: r.SendAfter.time(), ToldAt: r.ToldAt.time(),
	}
}

// A noticeOfTicket is a notice with the reference of its ticket.
type noticeOfTicket struct {
	Notice noticeRow `gorm:"embedded"`
	Ref    string    `gorm:"column:ref"`
}

const noticesWithRef = "select n.*, t.ref from notices n join tickets t on t.id = n.ticket_id "

// noticesLock is the key of the advisory lock that lets one transaction at a time
// tell notices: "S48 note" folded into 64 bits.
const noticesLock int64 = 0x5348_6e6f_7465_0000

// DueNotices gives notices; see ticketing.Tx.
func (t *tx) DueNotices(_ context.Context, now time.Time, n int) ([]ticketing.Notice, error) {
	var found []noticeOfTicket
	err := t.withORM(func(g *gorm.DB) error {
		if t.db.engine == postgresEngine {
			if err := g.Exec("select pg_advisory_xact_lock(?)", noticesLock).Error; err != nil {
				return err
			}
		}
		return g.Raw(noticesWithRef+"where n.told_at is null and n.send_after <= ? order by n.send_after, n.id limit ?", instant(now), n).Scan(&found).Error
	})
	return noticesOf(found), err
}

func noticesOf(found []noticeOfTicket) []ticketing.Notice {
	var out []ticketing.Notice
	for i := range found {
		out = append(out, found[i].Notice.notice(found[i].Ref))
	}
	return out
}

// SaveNotices writes notices; see ticketing.Tx.
func (t *tx) SaveNotices(_ context.Context, list []ticketing.Notice) error {
	var fresh, changed []noticeRow
	for i := range list {
		n := list[i]
		if n.ID != 0 {
			changed = append(changed, noticeRowOf(&n))
			continue
		}
		id, err := t.id(ticketing.IDNotice)
		if err != nil {
			return err
		}
		n.ID = ticketing.NoticeID(id)
		fresh = append(fresh, noticeRowOf(&n))
	}
	return t.withORM(func(g *gorm.DB) error {
		for i := range changed {
			if err := g.Select("*").Updates(&changed[i]).Error; err != nil {
				return err
			}
		}
		if len(fresh) == 0 {
			return nil
		}
		return g.CreateInBatches(fresh, 100).Error
	})
}

// ToldSince gives who was told lately; see ticketing.Tx.
func (t *tx) ToldSince(_ context.Context, since time.Time) (map[string]time.Time, error) {
	var found []struct {
		Address string
		At      instant
	}
	err := t.withORM(func(g *gorm.DB) error {
		return g.Raw("select address, max(told_at) as at from notices where told_at > ? and address <> '' group by address", instant(since)).Scan(&found).Error
	})
	out := map[string]time.Time{}
	for _, f := range found {
		out[f.Address] = f.At.time()
	}
	return out, err
}

// NoticesOf lists the newest notices to an agent; see ticketing.NoticeReads.
func (db *DB) NoticesOf(ctx context.Context, a ticketing.AgentID, n int) ([]ticketing.Notice, error) {
	found, err := findAll[noticeOfTicket](ctx, db, func(g *gorm.DB) *gorm.DB {
		return g.Table("notices n").Select("n.*, t.ref").Joins("join tickets t on t.id = n.ticket_id").Where("n.agent_id = ?", int64(a)).Order("n.id desc").Limit(n)
	})
	return noticesOf(found), err
}
