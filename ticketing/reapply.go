package ticketing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A RuleOrder is an officer's decision that promises that run follow the newest
// rules too. It is kept as a rule of its own, in versions.
type RuleOrder struct {
	Kind    RuleKind // of what was changed
	Name    string
	Version int
	Longer  bool   // also where a promise would fall due later
	Reason  string // in the officer's words; no personal data
}

// A RuleRun is what became of the order of the same version.
type RuleRun struct {
	Seen    int // tickets in work
	Changed int // of them; by all passes of the order together
	Held    int // clocks that kept an earlier due instant
	Failed  int // tickets that could not be changed; the log names the first
}

// The kinds of rules that orders and their runs are kept as.
const (
	RuleApply   RuleKind = "apply"
	RuleApplied RuleKind = "applied"
)

// LastOrder gives the newest order with who and when, and its run; done is false
// while it is being worked, ok when there never was one.
func (b *Rulebook) LastOrder() (o RuleOrder, by Rule, run RuleRun, done, ok bool) {
	if by, ok = b.stored.Newest(RuleApply, ""); !ok {
		return o, by, run, false, false
	}
	_ = json.Unmarshal([]byte(by.Body), &o) // what orderOf wrote
	if x, ran := b.stored.Newest(RuleApplied, ""); ran && x.Version == by.Version {
		done = json.Unmarshal([]byte(x.Body), &run) == nil
	}
	return o, by, run, done, true
}

// ApplyRules orders that promises that run follow the newest rules. A reason is
// needed (Invalid without); while another order is being worked it is Conflict.
func (r *Registry) ApplyRules(ctx context.Context, by Actor, o RuleOrder) error {
	if err := by.need(RightManage); err != nil {
		return err
	}
	if o.Reason = cleanLine(o.Reason, 500); o.Reason == "" {
		return invalid("reason", "rule.reason")
	}
	now, data := r.now(), map[string]any{"rule": string(RuleApply), "kind": string(o.Kind), "name": o.Name, "version": o.Version, "longer": o.Longer}
	return r.act(ctx, by, data, func(tx Tx) error {
		stored, err := tx.Rules(ctx)
		if err != nil {
			return err
		}
		last, _ := stored.Newest(RuleApply, "")
		if done, _ := stored.Newest(RuleApplied, ""); done.Version < last.Version {
			return &Error{Kind: Conflict, Field: "apply", Key: "rule.running"}
		}
		body, err := bodyOf(o)
		if err != nil {
			return err
		}
		return tx.AddRules(ctx, Rules{{Kind: RuleApply, Version: last.Version + 1, Body: body, By: by.ID(), At: now}})
	})
}

// Reapply works the orders of ApplyRules.
type Reapply struct {
	*Bureau
	Duties Duties
	Audit  AuditReads
}

var rulesActor = SystemActor("rules")

// Run gives every ticket in work the newest rules when that was ordered. It may
// be stopped at any time and begins anew: what has the newest rules is not
// touched again. It may run on several processes. A ticket that cannot be
// changed is counted and keeps nothing else; the first such are named in the
// error, once, since the order is done. Only while the store is Busy it waits.
func (r *Reapply) Run(ctx context.Context) error {
	dir, err := r.Store.Directory(ctx)
	if err != nil || dir.Rules == nil {
		return err
	}
	o, order, run, done, ok := dir.Rules.LastOrder()
	if !ok || done {
		return err
	}
	failed, err := r.pass(ctx, dir, o, order, &run)
	if err != nil {
		return errors.Join(append(failed, err)...)
	}
	if run.Changed, err = r.changed(ctx, order); err != nil {
		return err
	}
	body, err := bodyOf(run)
	if err != nil {
		return err
	}
	err = r.Store.InTx(ctx, func(tx Tx) error {
		return tx.AddRules(ctx, Rules{{Kind: RuleApplied, Version: order.Version, Body: body, By: rulesActor.ID(), At: r.now()}})
	})
	if errors.Is(err, Stale) {
		return nil // another process was as fast
	}
	if err == nil && run.Failed > 0 {
		err = fmt.Errorf("order %d of rules: %d tickets keep the old ones: %w", order.Version, run.Failed, errors.Join(failed...))
	}
	return err
}

// pass works all tickets in work once. failed are the errors of the first of them
// that could not be changed; err ends the pass.
func (r *Reapply) pass(ctx context.Context, dir *Directory, o RuleOrder, order Rule, run *RuleRun) (failed []error, err error) {
	for last := TicketID(0); ; {
		ids, err := r.Duties.InWork(ctx, last, upkeepBatch)
		if err != nil || len(ids) == 0 {
			return failed, err
		}
		for _, id := range ids {
			held, err := r.one(ctx, dir, id, o, order)
			switch {
			case errors.Is(err, NotFound):
				continue
			case errors.Is(err, Busy), err != nil && ctx.Err() != nil:
				return failed, fmt.Errorf("reapply rules to ticket %d: %w", id, err)
			case err != nil:
				if run.Failed++; run.Failed <= mostErrors {
					failed = append(failed, fmt.Errorf("reapply rules to ticket %d: %w", id, err))
				}
			}
			run.Seen++
			run.Held += held
		}
		last = ids[len(ids)-1]
	}
}

// orderSkew is how far apart the clocks of processes may be.
const orderSkew = 10 * time.Minute

// changed counts the tickets that got the newest rules by the order, whichever
// pass and process gave them: what was recorded of it says so.
func (r *Reapply) changed(ctx context.Context, order Rule) (int, error) {
	tickets := map[TicketID]bool{}
	for cursor := ""; ; {
		page, err := r.Audit.Events(ctx, EventRebased, rulesActor.ID(), order.At.Add(-orderSkew), time.Time{}, cursor, upkeepBatch)
		if err != nil {
			return 0, err
		}
		for i := range page.Items {
			var data struct{ Order int }
			if e := &page.Items[i]; json.Unmarshal([]byte(e.DataJSON), &data) == nil && data.Order == order.Version {
				tickets[e.Ticket] = true
			}
		}
		if cursor = page.Next; cursor == "" {
			return len(tickets), nil
		}
	}
}

func (r *Reapply) one(ctx context.Context, dir *Directory, id TicketID, o RuleOrder, order Rule) (held int, err error) {
	err = r.Store.InTx(ctx, func(tx Tx) error {
		t, err := tx.TicketByID(ctx, id)
		if err != nil {
			return err
		}
		c, _ := dir.Category(t.Category)
		var changed bool
		if changed, held = t.Reapply(c, o, order, dir.Rules, r.now()); !changed {
			return nil
		}
		return saveTicket(ctx, tx, t)
	})
	if err != nil {
		return 0, err
	}
	return held, nil
}

// Reapply gives the open clocks the newest rules, because an officer ordered so:
// one event with old and new due instants, and who decided. It reports whether
// anything changed, and how many clocks kept an earlier due instant; a ticket
// whose clocks have the newest versions, or all are judged, stays as it is.
func (t *Ticket) Reapply(c Category, o RuleOrder, order Rule, rules *Rulebook, now time.Time) (changed bool, held int) {
	if !t.State.InWork() {
		return false, 0
	}
	recorded, data := len(t.Pending.Events), map[string]any{}
	t.Judge(watchActor, now)
	if held = t.rebase(c, rules, o.Longer, data, now); len(data) > 0 {
		data["order"], data["by"] = order.Version, order.By
		t.record(rulesActor, EventRebased, now, data)
	}
	t.renewDue()
	return len(t.Pending.Events) > recorded, held
}
