package ticketing

import (
	"context"
	"errors"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

var callsActor = SystemActor("calls")

// Reasons why a call is no promise.
const (
	ReasonNoRecord  = "no_record"  // answered, and nobody has written it down (yet)
	ReasonOutgoing  = "outgoing"   // from the bureau to a number nobody waits at
	ReasonWithheld  = "withheld"   // missed, and the number is hidden: nobody can be called back
	ReasonNoNumber  = "no_number"  // missed, and what called has no number that can be called
	ReasonShortRing = "short_ring" // missed, and it hardly rang
	ReasonOtherLine = "other_line" // missed on a number that is not the free line
	ReasonBlocked   = "blocked"    // the number is blocked
	ReasonReached   = "reached"    // missed, but somebody has been spoken to at the number since
)

// callbackGather is how long after a missed call another one of the number is
// counted with it.
const callbackGather = 24 * time.Hour

// CallWords are what the tickets of calls say that nobody took, in one language.
type CallWords struct {
	MissedSubject, MissedText       string
	VoicemailSubject, VoicemailText string
}

// Decide settles the calls of which nothing more is to be expected, each in a
// transaction of its own: a missed one becomes a promise to call back, one that
// was answered keeps such a promise. It may run on several processes, or have been
// away; it returns how many calls it looked at.
func (c *Calls) Decide(ctx context.Context) (int, error) {
	over, err := c.Duties.CallbacksOver(ctx, upkeepBatch)
	if err != nil {
		return 0, err
	}
	if n, err := eachTicket(ctx, over, "end callback of ticket %d: %w", func(id TicketID) error { return c.endCallback(ctx, id) }); err != nil {
		return n, err
	}
	ids, err := c.Duties.CallsToDecide(ctx, c.now(), upkeepBatch)
	if err != nil {
		return 0, err
	}
	return eachTicket(ctx, ids, "decide about call %d: %w", func(id CallID) error {
		dir, err := c.Store.Directory(ctx)
		if err != nil {
			return err
		}
		return c.Store.InTx(ctx, func(tx Tx) error { return c.decide(ctx, tx, dir, id) })
	})
}

// endCallback ends a promise whose ticket was finished by hand.
func (c *Calls) endCallback(ctx context.Context, id TicketID) error {
	return c.Store.InTx(ctx, func(tx Tx) error {
		b, err := tx.Callback(ctx, id)
		if err != nil || b.State != CallbackOpen {
			return err
		}
		b.State, b.EndedAt = CallbackDone, c.now()
		return tx.SaveCallback(ctx, b)
	})
}

// A verdict is one call while it is decided what becomes of it.
type verdict struct {
	*Calls
	tx   Tx
	dir  *Directory
	line CallLine
	call *Call
	now  time.Time
}

func (c *Calls) decide(ctx context.Context, tx Tx, dir *Directory, id CallID) error {
	call, err := tx.Call(ctx, id)
	if err != nil {
		return err
	}
	now := c.now()
	if call.DecideAt.IsZero() || call.DecideAt.After(now) {
		return nil // another process was here first, or more was told
	}
	v := &verdict{Calls: c, tx: tx, dir: dir, line: c.Settings.Line(call.Source), call: call, now: now}
	call.presumeOver()
	call.DecideAt, call.DecidedAt = time.Time{}, now
	if call.Disposition == LedgerReceived {
		call.Disposition = LedgerIgnored // unless what follows says better
	}
	if err := v.settle(ctx); err != nil {
		return err
	}
	if call.Ticket != 0 && call.Disposition == LedgerIgnored {
		call.Disposition, call.Reason = LedgerJoined, ""
	}
	if call.Recording != "" && call.File.Key == "" && call.FetchAt.IsZero() && call.FetchTries == 0 {
		call.FetchAt = now
	}
	tellOf(tx, dir, call)
	tx.Notify(Signal{Type: "ledger"})
	return tx.SaveCall(ctx, call)
}

// presumeOver gives a call whose end nobody told the result of what was told.
func (c *Call) presumeOver() {
	if c.Result == "" {
		c.Result = CallMissed
	}
}

func (v *verdict) settle(ctx context.Context) error {
	call := v.call
	switch {
	case call.Result == CallAnswered:
		if call.Reason = ReasonNoRecord; call.Direction == CallOut {
			call.Reason = ReasonOutgoing
		}
		return v.keep(ctx)
	case call.Direction == CallOut:
		call.Reason = ReasonOutgoing
		return v.attempt(ctx)
	case call.Ticket != 0:
		return nil // counted before, or an agent has said where it belongs
	case v.line.blocks(call.From):
		call.Reason = ReasonBlocked
	case !v.line.isFree(call):
		call.Reason = ReasonOtherLine
	case call.Result == CallVoicemail && call.Recording != "":
		return v.promise(ctx)
	case call.From.Withheld:
		call.Reason = ReasonWithheld
	case call.From.E164 == "":
		call.Reason = ReasonNoNumber
	case call.Wait < v.line.MinRing && !call.Ended.IsZero():
		call.Reason = ReasonShortRing
	default:
		return v.promise(ctx)
	}
	return nil
}

// open gives the open promise to the number with its ticket, nil when there is
// none. One whose ticket is finished is over.
func (v *verdict) open(ctx context.Context) (*Callback, *Ticket, error) {
	number := v.call.Party().E164
	if number == "" {
		return nil, nil, nil
	}
	b, err := v.tx.OpenCallback(ctx, number)
	if errors.Is(err, NotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	t, err := v.tx.TicketByID(ctx, b.Ticket)
	if err != nil {
		return nil, nil, err
	}
	if !t.State.InWork() {
		b.State, b.EndedAt = CallbackDone, v.now
		return nil, nil, v.tx.SaveCallback(ctx, b)
	}
	return b, t, nil
}

// keep keeps the promise to call back, if the call reached who waits for it. Of
// a call that came in the ticket stays its own to write: what was said may be
// about anything.
func (v *verdict) keep(ctx context.Context) error {
	b, t, err := v.open(ctx)
	if err != nil || b == nil || v.call.Answered.Before(b.FirstAt) {
		return err
	}
	if v.call.Talk > 0 && v.call.Talk < v.line.MinRing {
		return nil // nobody was spoken to in so short a time
	}
	if v.call.Direction == CallOut && v.call.Ticket == 0 {
		v.call.Ticket = t.ID
	}
	b.State, b.EndedAt = CallbackReached, latest(v.call.Answered, v.call.Started)
	if err := v.tx.SaveCallback(ctx, b); err != nil {
		return err
	}
	for range 10 { // and those it goes on from
		only, err := v.onlyMissed(ctx, t)
		if err != nil {
			return err
		}
		if err := t.reached(v.call, only, callsActor, v.dir.Rules, v.now); err != nil {
			return err
		}
		if err := saveTicket(ctx, v.tx, t); err != nil {
			return err
		}
		if t.Linked == 0 {
			return nil
		}
		if t, err = v.tx.TicketByID(ctx, t.Linked); err != nil {
			return err
		}
		if k := t.clock(ClockCallback); k == nil || !k.owed() || !t.State.InWork() {
			return nil
		}
	}
	return nil
}

// onlyMissed reports whether the ticket holds nothing but missed calls: nobody
// wrote anything, and no message was left.
func (v *verdict) onlyMissed(ctx context.Context, t *Ticket) (bool, error) {
	if t.LastMessageAt.After(t.ReceivedAt) || t.Episode > 1 || len(t.Referrals)+len(t.Consultations) > 0 || t.State == StateWaiting {
		return false, nil
	}
	calls, err := v.tx.CallsSince(ctx, v.call.Party().E164, t.ReceivedAt)
	for _, k := range calls {
		if k.Ticket == t.ID && k.Result == CallVoicemail {
			return false, err
		}
	}
	return true, err
}

// attempt counts a call back that reached nobody.
func (v *verdict) attempt(ctx context.Context) error {
	b, t, err := v.open(ctx)
	if err != nil || b == nil || v.call.Started.Before(b.FirstAt) || v.call.Ticket == t.ID {
		return err
	}
	b.Attempts++
	b.TriedAt = v.call.Started
	if err := v.tx.SaveCallback(ctx, b); err != nil {
		return err
	}
	v.call.Ticket = t.ID
	t.tried(v.call, b.Attempts, callsActor, v.now)
	return saveTicket(ctx, v.tx, t)
}

// promise makes the missed call a promise: a ticket of its own, or one more call
// of the ticket that is open for the number.
func (v *verdict) promise(ctx context.Context) error {
	b, t, err := v.open(ctx)
	if err != nil {
		return err
	}
	if v.call.Result != CallVoicemail {
		if since, err := v.reachedSince(ctx); err != nil || since {
			v.call.Reason = ReasonReached
			return err
		}
	}
	if b != nil && v.call.Started.Sub(b.LastAt) < callbackGather {
		return v.again(ctx, b, t)
	}
	var linked TicketID
	if b != nil {
		b.State, b.EndedAt = CallbackDone, v.now // its ticket stays owed; the new one goes on from it
		if err := v.tx.SaveCallback(ctx, b); err != nil {
			return err
		}
		linked = t.ID
	}
	return v.ticket(ctx, linked)
}

// reachedSince reports whether somebody was spoken to at the number after this
// call began.
func (v *verdict) reachedSince(ctx context.Context) (bool, error) {
	calls, err := v.tx.CallsSince(ctx, v.call.From.E164, v.call.Started)
	for _, k := range calls {
		if k.ID != v.call.ID && k.Result == CallAnswered {
			return true, err
		}
	}
	return false, err
}

func (v *verdict) again(ctx context.Context, b *Callback, t *Ticket) error {
	b.Missed++
	b.FirstAt, b.LastAt = earliest(b.FirstAt, v.call.Started), latest(b.LastAt, v.call.Started)
	if err := v.tx.SaveCallback(ctx, b); err != nil {
		return err
	}
	v.call.Ticket, v.call.Disposition, v.call.Reason = t.ID, LedgerJoined, ""
	t.missed(v.call, callsActor, v.now)
	return saveTicket(ctx, v.tx, t)
}

// ticket opens the ticket of a missed call or a voicemail.
func (v *verdict) ticket(ctx context.Context, linked TicketID) error {
	words, in := v.Settings.CallWords, Inbound{Channel: ChannelPhone, Account: v.call.Source, ReceivedAt: v.call.Started}
	in.Subject, in.Text = words.MissedSubject, words.MissedText
	if v.call.Result == CallVoicemail {
		in.Subject, in.Text = words.VoicemailSubject, words.VoicemailText
	}
	in.FoldAt, in.From.Address, in.Language = len(in.Text), v.call.From.E164, lang.Tag("")
	a := &arrival{Intake: &Intake{Bureau: v.Bureau}, tx: v.tx, dir: v.dir, in: &in, now: v.now}
	sender, err := a.sender(ctx)
	if err != nil {
		return err
	}
	a.opened = func(t *Ticket) error {
		t.Linked = linked
		t.missed(v.call, callsActor, v.now)
		if v.call.From.E164 == "" {
			return nil
		}
		t.promiseCallback(v.dir.Rules, v.line, v.call.Started, t.EventSeq+int64(len(t.Pending.Events)))
		return v.tx.SaveCallback(ctx, &Callback{
			Ticket: t.ID, Number: v.call.From.E164, State: CallbackOpen, Missed: 1, FirstAt: v.call.Started, LastAt: v.call.Started,
			Due: t.clock(ClockCallback).Due, Line: v.call.Source,
		})
	}
	if err := a.open(ctx, sender, nil); err != nil {
		return err
	}
	v.call.Ticket, v.call.Message, v.call.Disposition, v.call.Reason = a.entry.Ticket, a.entry.Message, LedgerTicketed, ""
	return nil
}
