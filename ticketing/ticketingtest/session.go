package ticketingtest

import (
	"cmp"
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// EndSessions implements [ticketing.Tx].
func (t *tx) EndSessions(ctx context.Context, id ticketing.AgentID) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	for hash, s := range t.sessions.each(t.in) {
		if s.Agent == id {
			t.sessions.drop(hash)
		}
	}
	for _, k := range t.tokens.list(t.in, nil, func(a, b *ticketing.Token) int { return cmp.Compare(a.ID, b.ID) }) {
		if k.Agent == id && k.RevokedAt.IsZero() {
			ended := copyOf(k)
			ended.RevokedAt = t.instant()
			t.tokens.put(k.ID, ended)
		}
	}
	return nil
}

// SavePass implements [ticketing.Tx].
func (t *tx) SavePass(ctx context.Context, p *ticketing.Pass) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	t.passes.put(p.Hash, copyOf(p))
	return nil
}

// Pass implements [ticketing.Tx].
func (t *tx) Pass(ctx context.Context, hash string) (*ticketing.Pass, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	p, ok := t.passes.get(t.in, hash)
	if !ok {
		return nil, fail(ticketing.NotFound, "pass.unknown")
	}
	return copyOf(p), nil
}

// Session implements [ticketing.SessionStore].
func (s *Store) Session(ctx context.Context, hash string) (out ticketing.Session, err error) {
	err = s.read(ctx, func(v view) error {
		row, ok := v.sessions.get(v.in, hash)
		if !ok {
			return fail(ticketing.NotFound, "session.unknown")
		}
		out = *copyOf(row)
		return nil
	})
	return out, err
}

// SaveSession implements [ticketing.SessionStore].
func (s *Store) SaveSession(ctx context.Context, x ticketing.Session) error {
	return s.write(ctx, func(t *tx) error {
		t.sessions.put(x.Hash, copyOf(&x))
		return nil
	})
}

// DropSession implements [ticketing.SessionStore].
func (s *Store) DropSession(ctx context.Context, hash string) error {
	return s.write(ctx, func(t *tx) error {
		t.sessions.drop(hash)
		return nil
	})
}

// SessionsOf implements [ticketing.SessionStore].
func (s *Store) SessionsOf(ctx context.Context, a ticketing.AgentID) (out []ticketing.Session, err error) {
	err = s.read(ctx, func(v view) error {
		rows := v.sessions.list(v.in, func(x *ticketing.Session) bool { return x.Agent == a }, func(x, y *ticketing.Session) int {
			return cmp.Or(y.SeenAt.Compare(x.SeenAt), cmp.Compare(x.Hash, y.Hash))
		})
		for _, x := range rows {
			out = append(out, *copyOf(x))
		}
		return nil
	})
	return out, err
}

// TokenByHash implements [ticketing.TokenStore].
func (s *Store) TokenByHash(ctx context.Context, hash string) (out ticketing.Token, err error) {
	err = s.read(ctx, func(v view) error {
		for _, k := range v.tokens.each(v.in) {
			if k.Hash == hash {
				out = *copyOf(k)
				return nil
			}
		}
		return fail(ticketing.NotFound, "token.unknown")
	})
	return out, err
}

// Tokens implements [ticketing.TokenStore].
func (s *Store) Tokens(ctx context.Context) (out []ticketing.Token, err error) {
	err = s.read(ctx, func(v view) error {
		for _, k := range v.tokens.list(v.in, nil, func(a, b *ticketing.Token) int { return cmp.Compare(a.ID, b.ID) }) {
			out = append(out, *copyOf(k))
		}
		return nil
	})
	return out, err
}

// SaveToken implements [ticketing.TokenStore].
func (s *Store) SaveToken(ctx context.Context, k *ticketing.Token) error {
	return s.write(ctx, func(t *tx) error {
		for id, row := range t.tokens.each(t.in) {
			if row.Hash == k.Hash && id != k.ID {
				return fail(ticketing.Conflict, "token.taken")
			}
		}
		if _, ok := t.tokens.get(t.in, k.ID); k.ID != 0 && !ok {
			return fail(ticketing.NotFound, "token.unknown")
		}
		if k.ID == 0 {
			k.ID = t.next("token")
		}
		t.tokens.put(k.ID, copyOf(k))
		return nil
	})
}

// TouchToken implements [ticketing.TokenStore].
func (s *Store) TouchToken(ctx context.Context, id int64, at time.Time) error {
	return s.write(ctx, func(t *tx) error {
		row, ok := t.tokens.get(t.in, id)
		if !ok {
			return fail(ticketing.NotFound, "token.unknown")
		}
		k := copyOf(row)
		k.LastUsed = at
		t.tokens.put(id, copyOf(k))
		return nil
	})
}

// A gate counts attempts within a window.
type gate struct {
	since time.Time
	until time.Time
	count int
}

// Allow implements [ticketing.Gate]: windows begin with their first attempt.
func (s *Store) Allow(ctx context.Context, key string, most int, window time.Duration) (ok bool, left int, wait time.Duration, err error) {
	err = s.write(ctx, func(t *tx) error {
		now := s.instant()
		g, known := t.gates.get(t.in, key)
		if !known || !now.Before(g.until) {
			g = gate{since: now, until: now.Add(window)}
		}
		g.count++
		t.gates.put(key, g)
		ok, left = g.count <= most, max(most-g.count, 0)
		if left == 0 {
			wait = g.until.Sub(now)
		}
		return nil
	})
	if err != nil {
		return false, 0, 0, err
	}
	return ok, left, wait, nil
}

// Wait implements [ticketing.Gate].
func (s *Store) Wait(ctx context.Context, key string, most int) (wait time.Duration, err error) {
	err = s.read(ctx, func(v view) error {
		if g, known := v.gates.get(v.in, key); known && g.count >= most {
			wait = max(g.until.Sub(s.instant()), 0)
		}
		return nil
	})
	return wait, err
}

// Refund implements [ticketing.Gate].
func (s *Store) Refund(ctx context.Context, key string) error {
	return s.write(ctx, func(t *tx) error {
		if g, known := t.gates.get(t.in, key); known && g.count > 0 {
			g.count--
			t.gates.put(key, g)
		}
		return nil
	})
}

// Forget implements [ticketing.Gate].
func (s *Store) Forget(ctx context.Context, key string) error {
	return s.write(ctx, func(t *tx) error {
		t.gates.drop(key)
		return nil
	})
}
