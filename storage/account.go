package storage

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/sistem48/system48/ticketing"
)

func (r *sessionRow) session() ticketing.Session {
	return ticketing.Session{
		Hash: string(r.Hash), Agent: ticketing.AgentID(r.AgentID), Data: r.Data, CreatedAt: r.CreatedAt.orNone(), SeenAt: r.SeenAt.orNone(),
		ExpiresAt: r.ExpiresAt.orNone(), IP: r.IP, Browser: r.Browser,
	}
}

// Session finds a session; see ticketing.SessionStore.
func (db *DB) Session(ctx context.Context, hash string) (ticketing.Session, error) {
	row, err := find[sessionRow](ctx, db, "hash = ?", digest(hash))
	if err != nil {
		return ticketing.Session{}, err
	}
	return row.session(), nil
}

// SaveSession writes a session; see ticketing.SessionStore.
func (db *DB) SaveSession(ctx context.Context, s ticketing.Session) error {
	row := sessionRow{
		Hash: digest(s.Hash), AgentID: int64(s.Agent), Data: s.Data, CreatedAt: never1970(s.CreatedAt), SeenAt: never1970(s.SeenAt),
		ExpiresAt: never1970(s.ExpiresAt), IP: clean(s.IP), Browser: clean(s.Browser),
	}
	return db.write(ctx, func(t *tx) error {
		return t.withORM(func(g *gorm.DB) error { return g.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error })
	})
}

// DropSession ends a session; see ticketing.SessionStore.
func (db *DB) DropSession(ctx context.Context, hash string) error {
	return db.write(ctx, func(t *tx) error {
		return t.withORM(func(g *gorm.DB) error { return g.Where("hash = ?", digest(hash)).Delete(&sessionRow{}).Error })
	})
}

// SessionsOf lists an agent's sessions; see ticketing.SessionStore.
func (db *DB) SessionsOf(ctx context.Context, a ticketing.AgentID) ([]ticketing.Session, error) {
	rows, err := findAll[sessionRow](ctx, db, func(g *gorm.DB) *gorm.DB {
		return g.Where("agent_id = ?", int64(a)).Order("seen_at desc, hash")
	})
	var out []ticketing.Session
	for i := range rows {
		out = append(out, rows[i].session())
	}
	return out, err
}

func (r *tokenRow) token() ticketing.Token {
	return ticketing.Token{
		ID: r.ID, Hash: string(r.Hash), Name: r.Name, Agent: ticketing.AgentID(r.AgentID), System: r.System, Rights: r.Rights,
		CreatedAt: r.CreatedAt.orNone(), ExpiresAt: r.ExpiresAt.time(), RevokedAt: r.RevokedAt.time(), LastUsed: r.LastUsedAt.time(),
	}
}

// TokenByHash finds a token; see ticketing.TokenStore.
func (db *DB) TokenByHash(ctx context.Context, hash string) (ticketing.Token, error) {
	row, err := find[tokenRow](ctx, db, "hash = ?", digest(hash))
	if err != nil {
		return ticketing.Token{}, err
	}
	return row.token(), nil
}

// Tokens lists all tokens; see ticketing.TokenStore.
func (db *DB) Tokens(ctx context.Context) ([]ticketing.Token, error) {
	rows, err := findAll[tokenRow](ctx, db, func(g *gorm.DB) *gorm.DB { return g.Order("id") })
	var out []ticketing.Token
	for i := range rows {
		out = append(out, rows[i].token())
	}
	return out, err
}

// SaveToken writes a token, new or changed; see ticketing.TokenStore.
func (db *DB) SaveToken(ctx context.Context, k *ticketing.Token) error {
	row := tokenRow{
		ID: k.ID, Hash: digest(k.Hash), Name: clean(k.Name), AgentID: int64(k.Agent), System: k.System, Rights: k.Rights,
		CreatedAt: never1970(k.CreatedAt), ExpiresAt: instant(k.ExpiresAt), RevokedAt: instant(k.RevokedAt), LastUsedAt: instant(k.LastUsed),
	}
	err := db.write(ctx, func(t *tx) error {
		if k.ID == 0 {
			id, err := db.ids.next(t, "token_ids", 1)
			if err != nil {
				return err
			}
			row.ID = id
			return t.withORM(func(g *gorm.DB) error { return g.Create(&row).Error })
		}
		return t.withORM(func(g *gorm.DB) error {
			res := g.Model(&row).Select("*").Updates(&row)
			if res.Error == nil && res.RowsAffected == 0 {
				return notFound("token")
			}
			return res.Error
		})
	})
	if errors.Is(err, errDuplicate) {
		return &ticketing.Error{Kind: ticketing.Conflict, Field: "hash", Key: "token.taken"}
	}
	if err == nil {
		k.ID = row.ID
	}
	return err
}

// TouchToken records a use; see ticketing.TokenStore.
func (db *DB) TouchToken(ctx context.Context, id int64, at time.Time) error {
	return db.write(ctx, func(t *tx) error {
		return t.withORM(func(g *gorm.DB) error {
			res := g.Model(&tokenRow{}).Where("id = ?", id).Update("last_used_at", instant(at))
			if res.Error == nil && res.RowsAffected == 0 {
				return notFound("token")
			}
			return res.Error
		})
	})
}
