package ticketing

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"
)

// EventKind names what happened. The names are part of the audit format.
type EventKind string

// The kinds of events.
const (
	EventOpened       EventKind = "ticket.opened"
	EventReceived     EventKind = "message.received"  // a citizen's message joined
	EventHeld         EventKind = "message.held"      // a third party's or machine's message joined, moving nothing
	EventConfirmed    EventKind = "message.confirmed" // an agent accepted a held sender as a party
	EventReplied      EventKind = "message.replied"
	EventTakenBack    EventKind = "message.taken_back"
	EventNoted        EventKind = "message.noted"
	EventDelivered    EventKind = "delivery.sent"
	EventUndelivered  EventKind = "delivery.failed"
	EventBounced      EventKind = "delivery.bounced"
	EventUnknown      EventKind = "delivery.unknown"
	EventArrived      EventKind = "delivery.arrived"   // the citizen's telephone has it
	EventFellBack     EventKind = "delivery.fell_back" // an answer goes another way
	EventUnreached    EventKind = "delivery.unreached" // and there is none
	EventRetried      EventKind = "delivery.retried"   // an agent tries again
	EventValidated    EventKind = "ticket.validated"
	EventAssigned     EventKind = "ticket.assigned"
	EventMoved        EventKind = "ticket.moved"   // custody to another department
	EventRouted       EventKind = "ticket.routed"  // a rule fitted
	EventChanged      EventKind = "ticket.changed" // subject, category, priority, tags, location
	EventWaiting      EventKind = "ticket.waiting"
	EventResumed      EventKind = "ticket.resumed"
	EventResolved     EventKind = "ticket.resolved"
	EventClosed       EventKind = "ticket.closed"
	EventReopened     EventKind = "ticket.reopened"
	EventEpisodeVoid  EventKind = "ticket.episode_voided" // the reopening was only a thank-you
	EventSpam         EventKind = "ticket.spam"
	EventNotSpam      EventKind = "ticket.not_spam"
	EventRequester    EventKind = "ticket.requester" // an agent changed who the requester is
	EventRevoked      EventKind = "tracking.revoked"
	EventReceipts     EventKind = "receipt.collected" // told of in the morning's collected receipt
	EventWarned       EventKind = "clock.warned"
	EventBreached     EventKind = "clock.breached"
	EventEscalated    EventKind = "clock.escalated" // a step of the ladder was taken: somebody is told
	EventRebased      EventKind = "clock.rebased"   // an officer applied newer rules: old and new due instants
	EventRead         EventKind = "ticket.read"     // somebody opened it; at most one a person in 15 minutes
	EventRevealed     EventKind = "citizen.revealed"
	EventRawRead      EventKind = "mail.raw_read"
	EventCitizenSaved EventKind = "citizen.changed"
	EventJoined       EventKind = "citizen.joined"
	EventSeparated    EventKind = "citizen.separated"
	EventAdmin        EventKind = "admin.changed" // users, departments, categories, tokens, rules
	EventSignIn       EventKind = "session.opened"
	EventSignInFailed EventKind = "session.refused"
)

// An Event is one line of what happened: append-only, chained per ticket by
// hash. Data holds no personal data; what is personal (a reason somebody typed)
// goes to Payload, of which only a salted digest enters the hash, so that it
// can be erased without breaking the chain.
type Event struct {
	ID     EventID
	Ticket TicketID // 0: the chain of the installation
	Seq    int64    // 1, 2, 3 … within the chain
	At     time.Time
	Actor  string
	Kind   EventKind
	Data   map[string]any // strings, numbers, booleans, lists of them

	Payload string // personal; kept apart, erasable
	Salt    string // hex, 16 bytes; "" when there is no payload

	Digest   string // hex SHA-256 of salt and payload, "" when there is no payload
	Prev     string // hash of the event before, "" for the first
	Hash     string
	DataJSON string // Data as hashed and stored
}

// seal computes digest and hash as the next event of a chain.
func (e *Event) seal(seq int64, prev string) error {
	e.Seq, e.Prev = seq, prev
	if e.Data == nil {
		e.Data = map[string]any{}
	}
	data, err := json.Marshal(e.Data) // sorts the keys
	if err != nil {
		return err
	}
	e.DataJSON = string(data)
	if e.Payload != "" {
		e.Digest = payloadDigest(e.Salt, e.Payload)
	}
	e.Hash = e.compute()
	return nil
}

func payloadDigest(salt, payload string) string {
	sum := sha256.Sum256([]byte(salt + "\x00" + payload))
	return hex.EncodeToString(sum[:])
}

// compute gives the hash over everything the event says.
func (e *Event) compute() string {
	h := sha256.New()
	for _, part := range []string{
		e.Prev, strconv.FormatInt(int64(e.Ticket), 10), strconv.FormatInt(e.Seq, 10),
		strconv.FormatInt(e.At.UnixMicro(), 10), e.Actor, string(e.Kind), e.DataJSON, e.Digest,
	} {
		h.Write([]byte(strconv.Itoa(len(part))))
		h.Write([]byte{':'})
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// VerifyChain checks a chain read back in order of Seq, starting behind an
// event with the given seq and hash (0 and "" for a whole chain). It returns the Seq of the
// first event that was changed, is missing or does not follow; ok when none.
// A missing payload (erased) is no fault; a payload that is there must match.
func VerifyChain(events []Event, seq int64, prev string) (badSeq int64, ok bool) {
	for i := range events {
		e := &events[i]
		seq++
		if e.Seq != seq || e.Prev != prev || e.compute() != e.Hash {
			return seq, false
		}
		if e.Payload != "" && payloadDigest(e.Salt, e.Payload) != e.Digest {
			return seq, false
		}
		prev = e.Hash
	}
	return 0, true
}

// SealAfter is how old events are when they are sealed. No transaction lasts
// that long, so no event can appear later in a period already sealed.
const SealAfter = 2 * time.Minute

// A Seal is one link of the installation's chain over the heads of all chains
// (I4): it covers every event with From <= At < To.
type Seal struct {
	Seq   int64
	At    time.Time
	From  time.Time
	To    time.Time
	Count int    // events covered
	Root  string // hex SHA-256 over the covered events' hashes in order of (At, ID)
	Prev  string
	Hash  string
}

// NextSeal computes the seal that follows prev over the hashes of the events in
// [prev.To, to), in order of (At, ID).
func NextSeal(prev Seal, hashes []string, to, at time.Time) Seal {
	root := sha256.New()
	for _, h := range hashes {
		root.Write([]byte(h))
	}
	s := Seal{
		Seq: prev.Seq + 1, At: at, From: prev.To, To: to, Count: len(hashes),
		Root: hex.EncodeToString(root.Sum(nil)), Prev: prev.Hash,
	}
	s.Hash = s.compute()
	return s
}

func (s Seal) compute() string {
	sum := sha256.Sum256([]byte(s.Prev + "|" + strconv.FormatInt(s.Seq, 10) + "|" + strconv.FormatInt(s.At.UnixMicro(), 10) +
		"|" + strconv.FormatInt(s.From.UnixMicro(), 10) + "|" + strconv.FormatInt(s.To.UnixMicro(), 10) +
		"|" + strconv.Itoa(s.Count) + "|" + s.Root))
	return hex.EncodeToString(sum[:])
}

// Follows reports whether s is unchanged and the right successor of prev, over
// the hashes found for its period.
func (s Seal) Follows(prev Seal, hashes []string) bool {
	n := NextSeal(prev, hashes, s.To, s.At)
	return s.Seq == n.Seq && s.From.Equal(n.From) && s.Count == n.Count && s.Root == n.Root && s.Prev == n.Prev && s.Hash == n.Hash
}
