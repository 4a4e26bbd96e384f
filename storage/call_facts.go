package storage

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

var (
	callFacts = sqlQuery(`select c.id, c.direction, c.result, c.started_at, c.ended_at, c.wait_s, c.talk_s, c.agent_id, c.extension, c.ticket_id, coalesce(t.ref, '')
		from calls c left join tickets t on t.id = c.ticket_id where c.started_at >= ? and c.started_at < ? order by c.started_at, c.id limit ?`)
	callbackFacts = sqlQuery(`select b.ticket_id, t.ref, b.state, b.missed, b.first_at, b.due_at, b.ended_at
		from callbacks b join tickets t on t.id = b.ticket_id where b.due_at >= ? and b.due_at < ? order by b.due_at, b.ticket_id limit ?`)
)

// CallFacts gives the calls of a period; see ticketing.CallFactReads.
func (db *DB) CallFacts(ctx context.Context, from, to time.Time) ([]ticketing.CallFact, error) {
	var out []ticketing.CallFact
	err := db.query(ctx, statement{query: callFacts, args: []any{instant(from), instant(to), ticketing.MostCallFacts}, read: func(r rows) error {
		out = nil
		for r.Next() {
			var f ticketing.CallFact
			var direction, result, ref string
			var started, ended instant
			var wait, talk int64
			if err := r.Scan((*int64)(&f.ID), &direction, &result, &started, &ended, &wait, &talk, (*int64)(&f.Agent), &f.Extension, (*int64)(&f.Ticket), &ref); err != nil {
				return err
			}
			f.Direction, f.Result, f.Ref = ticketing.CallDirection(direction), ticketing.CallResult(result), ticketing.Reference(ref)
			f.Started, f.Ended = started.orNone(), ended.time()
			f.Wait, f.Talk = time.Duration(wait)*time.Second, time.Duration(talk)*time.Second
			out = append(out, f)
		}
		return r.Err()
	}})
	return out, err
}

// CallbackFacts gives the promises due in a period; see ticketing.CallFactReads.
func (db *DB) CallbackFacts(ctx context.Context, from, to time.Time) ([]ticketing.CallbackFact, error) {
	var out []ticketing.CallbackFact
	err := db.query(ctx, statement{query: callbackFacts, args: []any{instant(from), instant(to), ticketing.MostCallFacts}, read: func(r rows) error {
		out = nil
		for r.Next() {
			var f ticketing.CallbackFact
			var ref, state string
			var missed int64
			var first, due, ended instant
			if err := r.Scan((*int64)(&f.Ticket), &ref, &state, &missed, &first, &due, &ended); err != nil {
				return err
			}
			f.Ref, f.State, f.Missed = ticketing.Reference(ref), ticketing.CallbackState(state), int(missed)
			f.FirstAt, f.Due, f.EndedAt = first.orNone(), due.orNone(), ended.time()
			out = append(out, f)
		}
		return r.Err()
	}})
	return out, err
}
