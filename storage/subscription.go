package storage

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/sistem48/system48/ticketing"
)

// subscriptionRow is a row of subscriptions.
type subscriptionRow struct {
	AgentID      int64  `gorm:"primaryKey;autoIncrement:false;column:agent_id"`
	DepartmentID int64  `gorm:"primaryKey;autoIncrement:false;column:department_id"`
	Wanted       bool   `gorm:"column:wanted"`
	Issue        string `gorm:"column:issue"`
	File         digest `gorm:"column:file"`
}

// TableName names the table.
func (subscriptionRow) TableName() string { return "subscriptions" }

func (r *subscriptionRow) subscription() ticketing.Subscription {
	return ticketing.Subscription{
		Agent: ticketing.AgentID(r.AgentID), Department: ticketing.DepartmentID(r.DepartmentID), Wanted: r.Wanted, Issue: r.Issue, File: string(r.File),
	}
}

// SubscriptionOf gives a subscription; see ticketing.Store.
func (db *DB) SubscriptionOf(ctx context.Context, a ticketing.AgentID, d ticketing.DepartmentID) (ticketing.Subscription, error) {
	row, err := find[subscriptionRow](ctx, db, "agent_id = ? and department_id = ?", int64(a), int64(d))
	if err != nil {
		return ticketing.Subscription{}, err
	}
	return row.subscription(), nil
}

// Subscription loads and locks a subscription; see ticketing.Tx.
func (t *tx) Subscription(_ context.Context, a ticketing.AgentID, d ticketing.DepartmentID) (*ticketing.Subscription, error) {
	var row subscriptionRow
	err := t.withORM(func(g *gorm.DB) error {
		return g.Clauses(locking).Where("agent_id = ? and department_id = ?", int64(a), int64(d)).Take(&row).Error
	})
	if err != nil {
		return nil, err
	}
	s := row.subscription()
	return &s, nil
}

// Subscriptions lists them all; see ticketing.Tx.
func (t *tx) Subscriptions(context.Context) ([]ticketing.Subscription, error) {
	var rows []subscriptionRow
	err := t.withORM(func(g *gorm.DB) error { return g.Order("agent_id, department_id").Find(&rows).Error })
	var out []ticketing.Subscription
	for i := range rows {
		out = append(out, rows[i].subscription())
	}
	return out, err
}

// SaveSubscription writes a subscription; see ticketing.Tx.
func (t *tx) SaveSubscription(_ context.Context, s *ticketing.Subscription) error {
	row := subscriptionRow{
		AgentID: int64(s.Agent), DepartmentID: int64(s.Department), Wanted: s.Wanted, Issue: clean(s.Issue), File: digest(s.File),
	}
	return t.withORM(func(g *gorm.DB) error { return g.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error })
}
