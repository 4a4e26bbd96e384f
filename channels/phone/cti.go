package phone

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A Line is one telephone system that may tell of calls.
type Line struct {
	ticketing.CallLine
	// Token gives what its address ends with; it is asked for every event, so that
	// a new one counts at once.
	Token func() (string, error)
	// CallerIDs choose the number shown to who is called out, by the beginning of
	// the number called; the first that fits.
	CallerIDs []CallerID
}

// A CallerID is a number to show for calls to numbers that begin with To, which
// may end with a *; "*" fits all.
type CallerID struct {
	To     string // E.164: "+4930*"
	Number string // E.164
}

// Taker is where events go; *ticketing.Calls is one.
type Taker interface {
	Take(ctx context.Context, reports []ticketing.CallReport) ([]ticketing.TakenCall, error)
	// Refuse stores an event that could not be understood.
	Refuse(ctx context.Context, r ticketing.RefusedCall) error
}

// A CTI takes events of telephone systems over HTTP:
//
//	POST …/{token}, JSON or form (user[]=…)
//	200 {}                                       stored
//	200 {"action":"reject","reason":"busy"}      stored; the number is blocked
//	200 {"action":"dial","callerId":…,"caller_id":…,"number":…}   of an outgoing call
//	404 nobody has this token · 413 too large · 422 {"field":…,"error":…} not
//	understood, kept in the intake ledger · 503 not stored: tell it again
//
// The token is what authenticates; what an answer says is nothing anybody could
// not know who has it.
type CTI struct {
	Lines []Line
	Calls Taker
	Blobs ticketing.Blobs
	Now   func() time.Time
	Log   *slog.Logger
	// Count is told of each event and its answer, for metrics; may be nil.
	Count func(source, event string, status int)
}

// DryRun is the header of an event that is to be understood and answered but not
// stored: so doctor tries the way to here.
const DryRun = "X-System48-Dry-Run"

var _ http.Handler = (*CTI)(nil)

// ServeHTTP takes one event.
func (c *CTI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	line, err := c.line(path.Base(r.URL.Path))
	switch {
	case err != nil:
		c.Log.WarnContext(r.Context(), "token of a telephone system cannot be read", "err", err)
		c.answer(w, "", "", http.StatusServiceUnavailable, fault{"token", "cannot be read now"})
	case line == nil:
		c.answer(w, "", "", http.StatusNotFound, fault{"token", "is not known"})
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		c.answer(w, line.Source, "", http.StatusMethodNotAllowed, fault{"method", "is not POST"})
	default:
		c.take(w, r, line)
	}
}

// line finds whose token it is; nil when nobody's. Every token is compared, so
// that the time taken tells nothing.
func (c *CTI) line(given string) (*Line, error) {
	var found *Line
	var errs []error
	sum := sha256.Sum256([]byte(given))
	for i := range c.Lines {
		token, err := c.Lines[i].Token()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		want := sha256.Sum256([]byte(token))
		if subtle.ConstantTimeCompare(sum[:], want[:]) == 1 && token != "" {
			found = &c.Lines[i]
		}
	}
	if found == nil && len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return found, nil
}

func (c *CTI) take(w http.ResponseWriter, r *http.Request, line *Line) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
	if err != nil {
		status := http.StatusBadRequest
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		c.answer(w, line.Source, "", status, fault{"body", "cannot be read"})
		return
	}
	e, err := parseEvent(r.Header.Get("Content-Type"), body)
	if err == nil && r.Header.Get(DryRun) != "" {
		c.answer(w, line.Source, e.Event, http.StatusOK, line.reply(&e))
		return
	}
	if err == nil {
		err = c.store(r.Context(), line, &e)
	}
	var bad *fault
	if errors.As(err, &bad) {
		if err = c.refuse(r.Context(), line, body, bad); err == nil {
			c.answer(w, line.Source, e.Event, http.StatusUnprocessableEntity, *bad)
			return
		}
	}
	if err != nil {
		c.Log.WarnContext(r.Context(), "call event is not stored", "part", "cti", "source", line.Source, "err", err)
		w.Header().Set("Retry-After", "5")
		c.answer(w, line.Source, e.Event, http.StatusServiceUnavailable, fault{"server", "cannot store it now: tell it again"})
		return
	}
	c.answer(w, line.Source, e.Event, http.StatusOK, line.reply(&e))
}

// store hands the event on. What the core does not believe is a fault.
func (c *CTI) store(ctx context.Context, line *Line, e *event) error {
	out, err := c.Calls.Take(ctx, []ticketing.CallReport{e.report(line.Source, c.Now())})
	if err != nil {
		return err
	}
	if wrong := (*ticketing.Error)(nil); errors.As(out[0].Err, &wrong) {
		return &fault{wrong.Field, strings.TrimPrefix(wrong.Key, "call.")}
	}
	return out[0].Err
}

// refuse keeps what could not be understood: bytes first, then the row.
func (c *CTI) refuse(ctx context.Context, line *Line, body []byte, bad *fault) error {
	key, size, err := c.Blobs.Put(ctx, bytes.NewReader(body), true)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	return c.Calls.Refuse(ctx, ticketing.RefusedCall{
		Source: line.Source, Field: bad.Field, RawKey: key, RawSHA256: hex.EncodeToString(sum[:]), RawSize: size,
	})
}

// reply is what the exchange is told to do.
func (l *Line) reply(e *event) any {
	switch {
	case e.Event != "newCall":
	case e.Direction == "in" && l.Blocks(e.From):
		return map[string]string{"action": "reject", "reason": "busy"}
	case e.Direction == "out":
		if id := l.callerID(e.To); id != "" {
			shown := strings.TrimPrefix(id, "+")
			return map[string]string{"action": "dial", "callerId": shown, "caller_id": shown, "number": e.To}
		}
	}
	return struct{}{}
}

func (l *Line) callerID(to string) string {
	full := l.FullNumber(to)
	for _, c := range l.CallerIDs {
		begin, some := strings.CutSuffix(c.To, "*")
		if full == c.To || (some && strings.HasPrefix(full, begin) && (full != "" || begin == "")) {
			return c.Number
		}
	}
	return ""
}

func (c *CTI) answer(w http.ResponseWriter, source, event string, status int, body any) {
	if c.Count != nil {
		if !known(event) {
			event = "other" // nobody else's words in metrics (I10)
		}
		c.Count(source, event, status)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the exchange is gone: it will tell it again
}
