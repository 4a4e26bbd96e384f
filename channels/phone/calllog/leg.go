package calllog

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// A Direction is which way a leg went.
type Direction string

// The directions. Internal calls run between two desks; no citizen is on them.
const (
	In       Direction = "in"
	Out      Direction = "out"
	Internal Direction = "internal"
)

// A Result is what became of a leg.
type Result string

// The results. Announced was taken by a machine alone — a queue, a menu, an
// announcement — and by no person: unless another leg of the call was answered,
// the caller was missed.
const (
	Answered  Result = "answered"
	Announced Result = "announced"
	Missed    Result = "missed"
	Busy      Result = "busy"
	Failed    Result = "failed"
	Voicemail Result = "voicemail"
)

// A Leg is one attempt of an exchange to connect two ends, as a line tells it.
// Legs with the same CallKey make one call.
type Leg struct {
	Line      int64  // of the file, from 1
	CallKey   string // of the call; equal for all of its legs
	LegKey    string // unique within the source: the same line twice is one leg
	Direction Direction
	From, To  string    // as written
	DID       string    // the number that was dialled, when it differs from To
	Started   time.Time // UTC
	Answered  time.Time // zero unless a person answered
	Ended     time.Time
	Result    Result
	Agent     string // extension of who answered, or was called
	Queue     string
	Recording string // name of the recording's file, as the exchange wrote it
}

// maxKey bounds identifiers; longer ones are hashed.
const maxKey = 120

// key joins parts of an identifier and keeps it short.
func key(parts ...string) string {
	s := strings.Join(parts, "/")
	if len(s) <= maxKey {
		return s
	}
	return hashed(s)
}

// hashed is the identifier of a line that has none.
func hashed(parts ...string) string {
	h := sha256.Sum256([]byte(strings.Join(parts, "\x1f")))
	return hex.EncodeToString(h[:16])
}

// short is a hash that tells lines of one identifier apart.
func short(parts ...string) string { return hashed(parts...)[:12] }

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// extension cuts the decoration of an exchange off: "Ext.801", a device name.
func extension(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 4 && strings.EqualFold(s[:4], "ext.") {
		s = s[4:]
	}
	return s
}

// channelExtension gives the extension of a channel: "PJSIP/8584-9153",
// "SIP/101@host-000", "Local/101@from-queue-00;1".
func channelExtension(c string) string {
	_, s, ok := strings.Cut(c, "/")
	if !ok {
		return ""
	}
	s, _, _ = strings.Cut(s, "@")
	if i := strings.LastIndexByte(s, '-'); i > 0 {
		s = s[:i]
	}
	return s
}
