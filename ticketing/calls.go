package ticketing

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A CallLine is what the bureau promises about the calls that one source tells of.
type CallLine struct {
	Source      string
	Region      string        // ISO 3166 code for national forms of numbers
	MinRing     time.Duration // a missed call that rang shorter is no contact
	CallbackDue time.Duration // working time within which a missed call is called back
	Settle      time.Duration // how long after the last that was told it is decided what becomes of a call
	Calendar    string        // that counts the working time of CallbackDue
	DIDs        []string      // numbers that are the free line, as the exchange names them or in E.164; empty: every call is to it
	Blocked     []string      // E.164 numbers whose calls are refused
}

// DefaultCallCalendar counts the time to call back where a line does not say.
const DefaultCallCalendar = "office-hours"

// blocks reports whether calls of the number are refused.
func (l *CallLine) blocks(n CallNumber) bool {
	return n.E164 != "" && slices.Contains(l.Blocked, n.E164)
}

// Blocks reports whether the line refuses calls of the number, as it came.
func (l CallLine) Blocks(raw string) bool { return l.blocks(callNumber(raw, l.Region)) }

// FullNumber gives the E.164 form of a number as it came, "" when it is none.
func (l CallLine) FullNumber(raw string) string { return callNumber(raw, l.Region).E164 }

// isFree reports whether the call was to the free line.
func (l *CallLine) isFree(c *Call) bool {
	if len(l.DIDs) == 0 {
		return true
	}
	did := callNumber(cmp.Or(c.DID, c.To.Raw), l.Region)
	return slices.ContainsFunc(l.DIDs, func(x string) bool { return x == did.Raw || (did.E164 != "" && x == did.E164) })
}

// The terms of a line that does not say otherwise.
const (
	DefaultMinRing     = 5 * time.Second
	DefaultCallbackDue = 4 * time.Hour
	DefaultCallSettle  = time.Minute
	// How long a call may ring, or last, before it is taken that its end was not told.
	callRingLimit = 15 * time.Minute
	callTalkLimit = 4 * time.Hour
)

// Line gives the terms of a source's calls.
func (s *Settings) Line(source string) CallLine {
	l, _ := find(s.Lines, func(l *CallLine) bool { return l.Source == source })
	l.Source = source
	l.Region = cmp.Or(l.Region, s.Region)
	l.MinRing, l.CallbackDue = cmp.Or(l.MinRing, DefaultMinRing), cmp.Or(l.CallbackDue, DefaultCallbackDue)
	l.Settle, l.Calendar = cmp.Or(l.Settle, DefaultCallSettle), cmp.Or(l.Calendar, DefaultCallCalendar)
	return l
}

// Calls is what becomes of telephone calls: they are gathered from what sources
// tell (Take), and once nothing more is to be expected of one, it is decided
// whether it is a promise.
type Calls struct {
	*Bureau
	Duties Duties // for Decide
}

// A TakenCall answers one CallReport.
type TakenCall struct {
	Call CallID
	New  bool  // the report told something that was not known
	Err  error // Invalid: the report cannot be true, Field says why; nothing of it was taken
}

// Take enters what sources told, in one transaction, and answers each report in
// order. A report that cannot be true is answered with its error and keeps no
// other from being taken. The error of Take itself (Busy) is the store's: nothing
// was taken, and the source must tell it again.
func (c *Calls) Take(ctx context.Context, reports []CallReport) ([]TakenCall, error) {
	var out []TakenCall
	err := c.Store.InTx(ctx, func(tx Tx) (err error) {
		out, err = c.TakeIn(ctx, tx, reports)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take calls: %w", err)
	}
	return out, nil
}

// TakeIn is Take within a transaction of the caller, who has more to write with it:
// how far a file was read.
func (c *Calls) TakeIn(ctx context.Context, tx Tx, reports []CallReport) ([]TakenCall, error) {
	now := c.now()
	out := make([]TakenCall, len(reports))
	keys := map[string][]string{}
	for i := range reports {
		r := &reports[i]
		if out[i].Err = r.Check(now); out[i].Err == nil && !slices.Contains(keys[r.Source], r.Call) {
			keys[r.Source] = append(keys[r.Source], r.Call)
		}
	}
	dir, err := c.Store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	for _, source := range sortedKeys(keys) {
		known, err := tx.CallsByKey(ctx, source, keys[source])
		if err != nil {
			return nil, err
		}
		g := gathering{line: c.Settings.Line(source), dir: dir, known: known, now: now}
		for i := range reports {
			if reports[i].Source == source && out[i].Err == nil {
				out[i].New, out[i].Err = g.take(&reports[i])
			}
		}
		if err := g.save(ctx, tx); err != nil {
			return nil, err
		}
		for i := range reports {
			if k := g.known[reports[i].Call]; reports[i].Source == source && k != nil {
				out[i].Call = k.ID
			}
		}
	}
	return out, nil
}

// A gathering is the calls of one source while reports about them are taken.
type gathering struct {
	line  CallLine
	dir   *Directory
	known map[string]*Call
	now   time.Time
	told  []*Call // of which something new was told
}

func (g *gathering) take(r *CallReport) (bool, error) {
	call := g.known[r.Call]
	fresh := call == nil
	if fresh {
		call = &Call{Source: r.Source, Key: r.Call, Disposition: LedgerReceived, CreatedAt: g.now}
	}
	changed, err := call.take(r, g.line.Region)
	if err != nil || !changed {
		return false, err
	}
	if g.known[r.Call] = call; !slices.Contains(g.told, call) {
		g.told = append(g.told, call)
	}
	return true, nil
}

func (g *gathering) save(ctx context.Context, tx Tx) error {
	for _, call := range g.told {
		call.UpdatedAt = g.now
		call.Agent = g.dir.AgentByExtension(call.Extension)
		call.await(g.line, g.now)
		if err := tx.SaveCall(ctx, call); err != nil {
			return err
		}
		if call.Past {
			continue
		}
		tellOf(tx, g.dir, call)
	}
	return nil
}

// tellOf tells those whose telephone it is, and who lists calls.
func tellOf(tx Tx, dir *Directory, call *Call) {
	tx.Notify(Signal{Type: SignalCall})
	for _, a := range dir.Rung(call) {
		tx.Notify(Signal{Type: SignalRing, Call: call.ID, Agent: a})
	}
}

// await sets when it is decided what becomes of the call: a while after the last
// that was told of it, or once it cannot go on any more. History is decided at once.
func (c *Call) await(line CallLine, now time.Time) {
	switch {
	case c.Past:
		if c.DecidedAt.IsZero() {
			c.Disposition, c.Reason, c.DecidedAt = LedgerIgnored, ReasonPast, now
		}
		c.DecideAt = time.Time{}
	case !c.Ended.IsZero():
		c.DecideAt = now.Add(line.Settle)
	case c.Result == CallAnswered:
		c.DecideAt = latest(now.Add(line.Settle), latest(c.Started, c.Answered).Add(callTalkLimit))
	default:
		c.DecideAt = latest(now.Add(line.Settle), c.Started.Add(callRingLimit))
	}
}

// AgentByExtension gives whose telephone the exchange names: by the extension of
// an agent, else by their mail address, the part before its @, or their name; 0
// when nobody's.
func (d *Directory) AgentByExtension(extension string) AgentID {
	if extension = strings.TrimSpace(extension); extension == "" {
		return 0
	}
	var byMail AgentID
	for i := range d.Agents {
		a := &d.Agents[i]
		if a.Disabled {
			continue
		}
		if a.Extension != "" && a.Extension == extension {
			return a.ID
		}
		local, _, _ := strings.Cut(a.Email, "@")
		if strings.EqualFold(a.Email, extension) || strings.EqualFold(local, extension) || strings.EqualFold(a.Name, extension) {
			byMail = a.ID
		}
	}
	return byMail
}

// Rung gives who is told of the call: who took it or calls out, else those whose
// telephones it rings at, and with nobody named for sure everybody: AgentID 0.
func (d *Directory) Rung(c *Call) []AgentID {
	if c.Agent != 0 {
		return []AgentID{c.Agent}
	}
	var out []AgentID
	for _, x := range c.Rings {
		if a := d.AgentByExtension(x); a != 0 && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return []AgentID{0}
	}
	return out
}

// sortedKeys gives the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// A RefusedCall is an event of a call that could not be understood.
type RefusedCall struct {
	Source    string
	Field     string // which is missing or cannot be true
	RawKey    string // blob key of what came
	RawSHA256 string
	RawSize   int64
}

// ReasonMalformed is of an event of a call that could not be understood.
const ReasonMalformed = "malformed"

// Refuse enters what could not be understood in the intake ledger, where it is
// seen (I13); the same bytes once.
func (c *Calls) Refuse(ctx context.Context, r RefusedCall) error {
	now := c.now()
	return c.Store.InTx(ctx, func(tx Tx) error {
		_, err := tx.EnterLedger(ctx, LedgerEntry{
			State: LedgerQuarantined, Reason: ReasonMalformed, LastError: r.Field,
			Arrival: Arrival{
				Channel: ChannelPhone, Box: Mailbox{Account: r.Source, Folder: "refused"}, RawKey: r.RawKey, RawSHA256: r.RawSHA256, RawSize: r.RawSize,
				ContentKey: contentKey("refused", r.Source, r.RawSHA256), ReceivedAt: now,
			},
		})
		tx.Notify(Signal{Type: "ledger"})
		return err
	})
}

// contentKey is the digest of words, each told from the next.
func contentKey(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return hex.EncodeToString(sum[:])
}
