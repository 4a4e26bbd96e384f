package storage

import (
	"context"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// locking is FOR UPDATE, which the embedded database does not need.
var locking = clause.Locking{Strength: clause.LockingStrengthUpdate}

func (r *agentRow) agent() ticketing.Agent {
	return ticketing.Agent{
		ID: ticketing.AgentID(r.ID), Email: r.Email, Name: r.Name, Role: ticketing.Role(r.Role), Departments: r.Departments,
		PasswordHash: r.PasswordHash, Language: lang.Tag(r.Language), Theme: r.Theme, SingleKeys: r.SingleKeys, Disabled: r.Disabled,
		Extension: r.Extension,
		CreatedAt: r.CreatedAt.orNone(), LastSeenAt: r.LastSeenAt.time(), Version: r.Version,
	}
}

// Agent loads an agent with the password hash; see ticketing.Tx.
func (t *tx) Agent(_ context.Context, id ticketing.AgentID) (*ticketing.Agent, error) {
	return t.agentWhere("id = ?", int64(id))
}

// AgentByEmail loads an agent by sign-in name; see ticketing.Tx.
func (t *tx) AgentByEmail(_ context.Context, email string) (*ticketing.Agent, error) {
	return t.agentWhere("email = ?", clean(email))
}

func (t *tx) agentWhere(condition string, arg any) (*ticketing.Agent, error) {
	var row agentRow
	err := t.withORM(func(g *gorm.DB) error { return g.Clauses(locking).Where(condition, arg).Take(&row).Error })
	if err != nil {
		return nil, err
	}
	a := row.agent()
	return &a, nil
}

// SaveAgent writes an agent; see ticketing.Tx.
func (t *tx) SaveAgent(_ context.Context, a *ticketing.Agent) error {
	row := agentRow{
		ID: int64(a.ID), Email: clean(a.Email), Name: clean(a.Name), Role: string(a.Role), Departments: a.Departments, PasswordHash: a.PasswordHash,
		Language: string(a.Language), Theme: clean(a.Theme), SingleKeys: a.SingleKeys, Disabled: a.Disabled, CreatedAt: never1970(a.CreatedAt),
		Extension: clean(a.Extension), LastSeenAt: instant(a.LastSeenAt), Version: a.Version,
	}
	return saveRecord(t, &row, record{&row.ID, &row.Version, "agent", "email"}, func() {
		a.ID, a.Version = ticketing.AgentID(row.ID), row.Version
	})
}

// SaveDepartment writes a department; see ticketing.Tx.
func (t *tx) SaveDepartment(_ context.Context, d *ticketing.Department) error {
	row := departmentRow{
		ID: int64(d.ID), Code: clean(d.Code), Names: d.Names, Email: clean(d.Email), Digest: d.Digest, Intake: d.Intake, LegHours: small(d.LegHours), Sharing: string(d.Sharing), Disabled: d.Disabled,
		Version: d.Version,
	}
	return saveRecord(t, &row, record{&row.ID, &row.Version, "department", "code"}, func() {
		d.ID, d.Version = ticketing.DepartmentID(row.ID), row.Version
	})
}

// SaveCategory writes a category; see ticketing.Tx.
func (t *tx) SaveCategory(_ context.Context, c *ticketing.Category) error {
	row := categoryRow{
		ID: int64(c.ID), Code: clean(c.Code), Names: c.Names, DepartmentID: int64(c.Department), OnCall: c.OnCall, Profile: c.Profile,
		ResolveDays: small(c.ResolveDays), Proof: string(c.Proof), Passes: c.Passes, ByDefault: c.Default, Disabled: c.Disabled, Version: c.Version,
	}
	return saveRecord(t, &row, record{&row.ID, &row.Version, "category", "category"}, func() {
		c.ID, c.Version = ticketing.CategoryID(row.ID), row.Version
	})
}

// A record is what the directory keeps under a number, a version and a name
// that nobody else may have.
type record struct {
	id, version *int64
	counter     string
	field       string // of the unique name, for the error
}

// saveRecord writes a row of the directory: 0 is new, the version must be the
// stored one. done gives number and version back.
func saveRecord[T any](t *tx, row *T, r record, done func()) error {
	isNew, before := *r.id == 0, *r.version
	if isNew {
		id, err := t.db.ids.next(t, r.counter+"_ids", 1)
		if err != nil {
			return err
		}
		*r.id, *r.version = id, 1
	} else {
		*r.version++
	}
	err := t.withORM(func(g *gorm.DB) error {
		if isNew {
			return g.Create(row).Error
		}
		return updateRecord(g, row, *r.id, before)
	})
	if errors.Is(err, errDuplicate) {
		err = &failure{ticketing.Conflict, never, &ticketing.Error{Kind: ticketing.Conflict, Field: r.field, Key: r.field + ".taken"}}
	}
	if err != nil {
		return err
	}
	done()
	return t.touchDirectory()
}

func updateRecord[T any](g *gorm.DB, row *T, id, version int64) error {
	res := g.Model(row).Select("*").Where("version = ?", version).Updates(row)
	if res.Error != nil || res.RowsAffected == 1 {
		return res.Error
	}
	var n int64
	var none T
	if err := g.Model(&none).Where("id = ?", id).Count(&n).Error; err != nil {
		return err
	}
	if n == 0 {
		return notFound("record of the directory")
	}
	return stale("record of the directory")
}

var raiseStamp = sqlQuery("update stamps set n = n + 1 where name = 'directory'")

// touchDirectory makes every process read the directory anew.
func (t *tx) touchDirectory() error {
	t.queue(raiseStamp)
	t.later = append(t.later, t.db.directory.expire)
	return nil
}

// EndSessions ends every session and token of the agent; see ticketing.Tx.
func (t *tx) EndSessions(_ context.Context, id ticketing.AgentID) error {
	return t.withORM(func(g *gorm.DB) error {
		if err := g.Where("agent_id = ?", int64(id)).Delete(&sessionRow{}).Error; err != nil {
			return err
		}
		return g.Model(&tokenRow{}).Where("agent_id = ? and revoked_at is null", int64(id)).
			Update("revoked_at", instant(t.db.instant())).Error
	})
}

// SavePass writes a link that works once; see ticketing.Tx.
func (t *tx) SavePass(_ context.Context, p *ticketing.Pass) error {
	row := passRow{
		Hash: digest(p.Hash), Purpose: string(p.Purpose), AgentID: int64(p.Agent), ExpiresAt: never1970(p.ExpiresAt), UsedAt: instant(p.UsedAt),
	}
	return t.withORM(func(g *gorm.DB) error { return g.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error })
}

// Pass loads and locks a link that works once; see ticketing.Tx.
func (t *tx) Pass(_ context.Context, hash string) (*ticketing.Pass, error) {
	var row passRow
	err := t.withORM(func(g *gorm.DB) error { return g.Clauses(locking).Where("hash = ?", digest(hash)).Take(&row).Error })
	if err != nil {
		return nil, err
	}
	return &ticketing.Pass{
		Hash: string(row.Hash), Purpose: ticketing.PassPurpose(row.Purpose), Agent: ticketing.AgentID(row.AgentID),
		ExpiresAt: row.ExpiresAt.orNone(), UsedAt: row.UsedAt.time(),
	}, nil
}
