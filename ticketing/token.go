package ticketing

import (
	"context"
	"crypto/rand"
)

// TokenPrefix begins the secret of every API token: leak scanners know them by it.
const TokenPrefix = "s48_"

// IssueToken makes an API token and gives its secret, of 190 random bits, which
// is kept nowhere (A51). Its rights never exceed those of its agent's role.
func (r *Registry) IssueToken(ctx context.Context, by Actor, tokens TokenStore, t *Token) (secret string, err error) {
	if err := by.need(RightManage); err != nil {
		return "", err
	}
	if t.Name = cleanLine(t.Name, MaxName); t.Name == "" {
		return "", invalid("name", "name.empty")
	}
	dir, err := r.Store.Directory(ctx)
	if err != nil {
		return "", err
	}
	owner, ok := dir.Agent(t.Agent)
	if !ok || owner.Disabled {
		return "", invalid("agent", "agent.unknown")
	}
	if len(t.Rights) == 0 {
		return "", invalid("rights", "token.rights")
	}
	for _, right := range t.Rights {
		if !has(rightsOf[owner.Role], right) {
			return "", &Error{Kind: Invalid, Field: "rights", Key: "token.beyond_role", Args: map[string]any{"Right": string(right)}}
		}
	}
	secret = TokenPrefix + rand.Text() + rand.Text()[:12]
	t.Hash, t.CreatedAt = HashSecret(secret), r.now()
	if err := tokens.SaveToken(ctx, t); err != nil {
		return "", err
	}
	return secret, r.act(ctx, by, map[string]any{"token": t.ID, "agent": int64(t.Agent), "system": t.System}, func(Tx) error { return nil })
}

// RevokeToken ends an API token at once. One that has ended already stays so.
func (r *Registry) RevokeToken(ctx context.Context, by Actor, tokens TokenStore, id int64) error {
	if err := by.need(RightManage); err != nil {
		return err
	}
	list, err := tokens.Tokens(ctx)
	if err != nil {
		return err
	}
	t, ok := find(list, func(t *Token) bool { return t.ID == id })
	if !ok {
		return &Error{Kind: NotFound, Field: "token", Key: "token.unknown"}
	}
	if !t.RevokedAt.IsZero() {
		return nil
	}
	t.RevokedAt = r.now()
	if err := tokens.SaveToken(ctx, &t); err != nil {
		return err
	}
	return r.act(ctx, by, map[string]any{"token": id, "revoked": true}, func(Tx) error { return nil })
}
