package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sistem48/system48/ticketing"
)

// OnceInput is the header that makes a POST safe to repeat
// (draft-ietf-httpapi-idempotency-key-header): the first success under a key is
// remembered for a week and given again, without being done again.
type OnceInput struct {
	Key string `header:"Idempotency-Key" maxLength:"255" doc:"up to 255 characters of the caller's choice; a repeated request with the same key is answered with the first result, another request with it is refused"`

	request string // method, path and query
}

// Resolve implements [huma.Resolver].
func (o *OnceInput) Resolve(c huma.Context) []error {
	u := c.URL()
	o.request = c.Method() + " " + u.EscapedPath() + "?" + u.Query().Encode()
	return nil
}

// key gives the idempotency key with the digest of the request; the zero Once
// without the header. body is what the request says, nil when it has none.
func (o *OnceInput) key(c *caller, body any) (ticketing.Once, error) {
	if o.Key == "" {
		return ticketing.Once{}, nil
	}
	h := sha256.New()
	h.Write([]byte(o.request + "\n"))
	if err := json.NewEncoder(h).Encode(body); err != nil {
		return ticketing.Once{}, fmt.Errorf("digest of a request: %w", err)
	}
	return ticketing.Once{Caller: "token:" + strconv.FormatInt(c.token, 10), Key: o.Key, Hash: hex.EncodeToString(h.Sum(nil))}, nil
}

// A done is the result of an act: what it is remembered by.
type done struct {
	ref      ticketing.Reference
	message  ticketing.MessageID // 0 unless it made one
	replayed bool                // of an earlier request with the same key
}

func (d done) String() string { return string(d.ref) + " " + strconv.FormatInt(int64(d.message), 10) }

func readDone(s string) (done, error) {
	ref, id, _ := strings.Cut(s, " ")
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return done{}, fmt.Errorf("result of an idempotency key: %w", err)
	}
	return done{ref: ticketing.Reference(ref), message: ticketing.MessageID(n), replayed: true}, nil
}

// act runs use cases and remembers their result under the key, all in one
// transaction: they get a bureau whose store is that transaction. With a key
// that has a result nothing is run. files are what attachments given in the
// request are called in Uploads.
func (a *API) act(ctx context.Context, key ticketing.Once, files map[string]ticketing.Attachment, run func(b *ticketing.Bureau) (done, error)) (done, error) {
	var result done
	err := a.Bureau.Store.InTx(ctx, func(tx ticketing.Tx) error {
		result = done{}
		earlier, found, err := tx.Once(ctx, key)
		if errors.Is(err, ticketing.Conflict) {
			return &ticketing.Error{Kind: ticketing.Invalid, Field: "Idempotency-Key", Key: "once.differs"}
		}
		if err != nil {
			return err
		}
		if found {
			result, err = readDone(earlier)
			return err
		}
		b := *a.Bureau
		b.Store = joined{a.Bureau.Store, &requestTx{tx, files}}
		if result, err = run(&b); err != nil {
			return err
		}
		return tx.SetOnce(ctx, key, result.String(), a.now())
	})
	return result, err
}

// joined is a store whose transactions are all part of one that is open.
type joined struct {
	ticketing.Store
	tx *requestTx
}

// InTx runs f within the open transaction.
func (j joined) InTx(_ context.Context, f func(ticketing.Tx) error) error { return f(j.tx) }

// A requestTx is a transaction in which the files of a request count as
// uploads, and the drafts of the agent's browser are left alone.
type requestTx struct {
	ticketing.Tx
	files map[string]ticketing.Attachment
}

// TakeUploads gives the request's own files, and uploads, in order.
func (t *requestTx) TakeUploads(ctx context.Context, agent ticketing.AgentID, ticket ticketing.TicketID, kind ticketing.DraftKind, ids []string) ([]ticketing.Attachment, error) {
	out := make([]ticketing.Attachment, 0, len(ids))
	for _, id := range ids {
		if f, ok := t.files[id]; ok {
			out = append(out, f)
			continue
		}
		taken, err := t.Tx.TakeUploads(ctx, agent, ticket, kind, []string{id})
		if err != nil {
			return nil, err
		}
		out = append(out, taken...)
	}
	return out, nil
}

// DropDraft does nothing: what a person is typing in the browser is not what
// was sent here (A97).
func (t *requestTx) DropDraft(context.Context, ticketing.AgentID, ticketing.TicketID, ticketing.DraftKind) error {
	return nil
}

// errUnknownKey ends a transaction that only looked.
var errUnknownKey = errors.New("the key has no result")

// known looks a key up without doing anything.
func (a *API) known(ctx context.Context, key ticketing.Once) (done, error) {
	if key.Key == "" {
		return done{}, nil
	}
	d, err := a.act(ctx, key, nil, func(*ticketing.Bureau) (done, error) { return done{}, errUnknownKey })
	if errors.Is(err, errUnknownKey) {
		return done{}, nil
	}
	return d, err
}
