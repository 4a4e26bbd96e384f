package ticketing

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A CallReport is what a source says about one leg of a call, all at once or a
// piece at a time. Every source maps to it, and Calls.Take is where it goes:
//
//   - a webhook makes one of each event as it comes: a ringing telephone has
//     Started, one that was taken up Answered and Extension, a hang-up Ended with
//     Result and Cause, each with the instant of arrival. It leaves Leg empty where
//     the exchange tells of the call as a whole, and names the leg after the
//     telephone where that took it up, so that a transfer is not lost;
//   - a file makes one of each row, with everything the row says; Leg is what makes
//     the row itself unique (uniqueid and sequence, historyid, pkid, a digest of the
//     row), Call what its rows have in common (linkedid, callid, globalCallID).
//     Legs of a queue, an announcement or a mailbox are Unattended. Rows of earlier
//     days, entered by hand, are Past;
//   - a provider that is asked again later says the same once more, and more of it.
//
// What was not told is the zero value and takes nothing back. Reports may come in
// any order and any number of times: the call is the same. Of contradicting words
// about one leg the one that sorts first holds, of instants the earliest.
type CallReport struct {
	Source string // configured name of the source
	Call   string // the source's key of the call
	Leg    string // key of the leg within the call; "" = the call as a whole

	Direction     CallDirection
	From, To, DID string // numbers as they came; DID is the bureau's own that was called
	Region        string // ISO 3166 code for national forms of them; "" = the bureau's
	Queue         string
	Rings         []string // extensions or names the call rings at
	Extension     string   // of who took it up, or who calls out

	Started, Answered, Ended time.Time
	Result                   CallResult // as the source tells it
	Cause                    string     // why it ended, in the source's own word
	Unattended               bool       // taken up by a machine: answered means nothing
	Voicemail                bool       // the caller was let to leave a message
	Recording                string     // where the recording is
	Talk, Wait               time.Duration
	Past                     bool // history: counted, never a promise
}

// Check tells what of a report cannot be true, as Invalid of the field: "callId",
// "source", "direction", "result", "started_at", "answered_at", "ended_at",
// "talk", "wait". A source refuses such a row or event with that reason.
func (r *CallReport) Check(now time.Time) error {
	switch {
	case r.Source == "":
		return invalid("source", "call.no_source")
	case strings.TrimSpace(r.Call) == "":
		return invalid("callId", "call.no_key")
	case len(r.Call) > maxCallKey || len(r.Leg) > maxCallKey:
		return invalid("callId", "call.long_key")
	case r.Direction != "" && r.Direction != CallIn && r.Direction != CallOut:
		return invalid("direction", "call.direction")
	case r.Result != "" && !r.Result.Known():
		return invalid("result", "call.result")
	case r.Started.IsZero() && r.Answered.IsZero() && r.Ended.IsZero():
		return invalid("started_at", "call.no_time")
	case r.Talk < 0 || r.Talk > maxCall:
		return invalid("talk", "call.duration")
	case r.Wait < 0 || r.Wait > maxCall:
		return invalid("wait", "call.duration")
	}
	for _, t := range []struct {
		field string
		at    time.Time
		after time.Time
	}{{"started_at", r.Started, time.Time{}}, {"answered_at", r.Answered, r.Started}, {"ended_at", r.Ended, latest(r.Started, r.Answered)}} {
		switch {
		case t.at.IsZero():
		case t.at.Before(plausible):
			return invalid(t.field, "call.too_early")
		case t.at.After(now.Add(callSkew)):
			return invalid(t.field, "call.future")
		case t.at.Before(t.after):
			return invalid(t.field, "call.order")
		case !t.after.IsZero() && t.at.Sub(t.after) > maxCall:
			return invalid(t.field, "call.duration")
		}
	}
	return nil
}

const (
	maxCall  = 48 * time.Hour  // longer than any call: a row that says so is wrong
	callSkew = 5 * time.Minute // how far ahead an exchange's clock may be
)

// latest gives the later of two instants.
func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// leg makes the leg of the report.
func (r *CallReport) leg(region string) CallLeg {
	l := CallLeg{
		Key: r.Leg, Direction: r.Direction, From: cleanLine(r.From, maxCallWord), To: cleanLine(r.To, maxCallWord), DID: cleanLine(r.DID, maxCallWord),
		Region: cmp.Or(r.Region, region), Queue: cleanLine(r.Queue, maxCallWord), Extension: cleanLine(r.Extension, maxCallWord),
		Started: micro(r.Started), Answered: micro(r.Answered), Ended: micro(r.Ended), Result: r.Result, Cause: cleanLine(r.Cause, maxCallWord),
		Unattended: r.Unattended, Voicemail: r.Voicemail, Talk: int(r.Talk / time.Second), Wait: int(r.Wait / time.Second), Past: r.Past,
	}
	if len(r.Recording) <= maxCallPath {
		l.Recording = cleanLine(r.Recording, maxCallPath)
	}
	for _, x := range r.Rings[:min(len(r.Rings), maxRings)] {
		if x = cleanLine(x, maxCallWord); x != "" {
			l.Rings = append(l.Rings, x)
		}
	}
	slices.Sort(l.Rings)
	l.Rings = slices.Compact(l.Rings)
	return l
}

func micro(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// merge takes over what the other knows about the same leg. It is commutative,
// associative and idempotent: that is what makes order and repetition harmless.
func (l *CallLeg) merge(o CallLeg) {
	l.Direction, l.Region = firstWord(l.Direction, o.Direction), firstWord(l.Region, o.Region)
	l.From, l.To, l.DID = firstWord(l.From, o.From), firstWord(l.To, o.To), firstWord(l.DID, o.DID)
	l.Queue, l.Extension, l.Cause, l.Recording = firstWord(l.Queue, o.Queue), firstWord(l.Extension, o.Extension), firstWord(l.Cause, o.Cause), firstWord(l.Recording, o.Recording)
	l.Started, l.Answered, l.Ended = earliest(l.Started, o.Started), earliest(l.Answered, o.Answered), earliest(l.Ended, o.Ended)
	if l.Result == "" || (o.Result != "" && rank(o.Result) < rank(l.Result)) {
		l.Result = o.Result
	}
	l.Unattended, l.Voicemail, l.Past = l.Unattended || o.Unattended, l.Voicemail || o.Voicemail, l.Past && o.Past
	l.Talk, l.Wait = max(l.Talk, o.Talk), max(l.Wait, o.Wait)
	rings := slices.Concat(l.Rings, o.Rings)
	slices.Sort(rings)
	rings = slices.Compact(rings)
	l.Rings = rings[:min(len(rings), maxRings)]
}

// firstWord gives the one of two that sorts first, "" being none.
func firstWord[T ~string](a, b T) T {
	if a == "" || (b != "" && b < a) {
		return b
	}
	return a
}

// take adds what a report says. It reports whether that was anything new.
func (c *Call) take(r *CallReport, region string) (bool, error) {
	o := r.leg(region)
	i := slices.IndexFunc(c.Legs, func(l CallLeg) bool { return l.Key == o.Key })
	switch {
	case i < 0 && len(c.Legs) >= MaxCallLegs:
		return false, invalid("leg", "call.legs")
	case i < 0:
		c.Legs = append(c.Legs, o)
		c.refold()
		return true, nil
	}
	was := c.Legs[i]
	c.Legs[i].merge(o)
	if was.same(&c.Legs[i]) {
		return false, nil
	}
	c.refold()
	return true, nil
}

// same reports whether two legs say the same.
func (l *CallLeg) same(o *CallLeg) bool {
	return l.Direction == o.Direction && l.From == o.From && l.To == o.To && l.DID == o.DID && l.Region == o.Region && l.Queue == o.Queue &&
		slices.Equal(l.Rings, o.Rings) && l.Extension == o.Extension && l.Started.Equal(o.Started) && l.Answered.Equal(o.Answered) &&
		l.Ended.Equal(o.Ended) && l.Result == o.Result && l.Cause == o.Cause && l.Unattended == o.Unattended && l.Voicemail == o.Voicemail &&
		l.Recording == o.Recording && l.Talk == o.Talk && l.Wait == o.Wait && l.Past == o.Past
}
