package ticketing

import (
	"context"
	"strings"

	"github.com/sistem48/system48/ticketing/lang"
)

// OwnChange is what members of staff choose for themselves; nil leaves as it is.
type OwnChange struct {
	Language   *lang.Tag
	Theme      *string // "", "light", "dark"
	SingleKeys *bool
}

// ChangeOwn saves what the acting agent chose for themselves.
func (r *Registry) ChangeOwn(ctx context.Context, by Actor, ch OwnChange) (Agent, error) {
	return r.changeOwn(ctx, by, "choices", func(a *Agent) error {
		if ch.Language != nil {
			if !ch.Language.Valid() {
				return invalid("language", "language.unknown")
			}
			a.Language = *ch.Language
		}
		if ch.Theme != nil {
			if *ch.Theme != "" && *ch.Theme != "light" && *ch.Theme != "dark" {
				return invalid("theme", "theme.unknown")
			}
			a.Theme = *ch.Theme
		}
		if ch.SingleKeys != nil {
			a.SingleKeys = *ch.SingleKeys
		}
		return nil
	}, nil)
}

// ChangeOwnPassword saves a new password, already hashed, and ends every
// session of the account (A57). The caller has checked the old one.
func (r *Registry) ChangeOwnPassword(ctx context.Context, by Actor, passwordHash string) (Agent, error) {
	return r.changeOwn(ctx, by, "password", func(a *Agent) error {
		a.PasswordHash = passwordHash
		return nil
	}, func(tx Tx) error {
		tx.Notify(Signal{Type: "session", Agent: by.Agent})
		return tx.EndSessions(ctx, by.Agent)
	})
}

func (r *Registry) changeOwn(ctx context.Context, by Actor, what string, change func(*Agent) error, after func(Tx) error) (Agent, error) {
	if by.Agent == 0 {
		return Agent{}, &Error{Kind: Unauthenticated, Key: "access.forbidden"}
	}
	var own Agent
	err := r.Store.InTx(ctx, func(tx Tx) error {
		a, err := tx.Agent(ctx, by.Agent)
		if err != nil {
			return err
		}
		if err := change(a); err != nil {
			return err
		}
		if err := tx.SaveAgent(ctx, a); err != nil {
			return err
		}
		own = *a
		tx.Notify(Signal{Type: "directory"})
		if after != nil {
			if err := after(tx); err != nil {
				return err
			}
		}
		return tx.AppendEvent(ctx, &Event{At: r.now(), Actor: by.ID(), Kind: EventAdmin, Data: map[string]any{"agent": int64(by.Agent), "own": what}})
	})
	return own, err
}

// PassOf gives whom a link that works once is for, without using it up: a used,
// expired or overtaken one is Gone, an unknown one NotFound.
func (r *Registry) PassOf(ctx context.Context, secret string) (Agent, PassPurpose, error) {
	var agent Agent
	var purpose PassPurpose
	err := r.Store.InTx(ctx, func(tx Tx) error {
		p, err := tx.Pass(ctx, HashSecret(secret))
		if err != nil {
			return err
		}
		a, err := tx.Agent(ctx, p.Agent)
		if err != nil {
			return err
		}
		if a.Disabled || !strings.HasSuffix(secret, passSeal(a)) || !p.UsedAt.IsZero() || !r.now().Before(p.ExpiresAt) {
			return &Error{Kind: Gone, Key: "pass.gone"}
		}
		agent, purpose = *a, p.Purpose
		return nil
	})
	return agent, purpose, err
}
