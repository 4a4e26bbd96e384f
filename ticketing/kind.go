package ticketing

import (
	"errors"
	"fmt"
)

// A Kind says what sort of failure an error is. A Kind is itself an error, so
// errors.Is(err, ticketing.NotFound) works on anything that wraps it. Only the
// web kit maps kinds to HTTP statuses; the zero Kind is Internal, so that an
// error nobody classified is never shown to a person.
type Kind uint8

// The kinds.
const (
	Internal        Kind = iota // a fault of ours; details go to the log only
	Invalid                     // the input breaks a rule; Field names it
	NotFound                    // unknown, or not for this actor to know
	Forbidden                   // known and visible, but the actor may not do this
	Conflict                    // the state does not allow it, or it exists already
	Stale                       // somebody changed the object since the caller read it
	Busy                        // the store is away or overloaded: try again soon
	Throttled                   // too many attempts: try again later
	TooLarge                    // beyond a configured bound
	Gone                        // expired or used up
	Unauthenticated             // nobody is signed in, or the credentials are wrong
)

var kindNames = [...]string{
	"internal error", "invalid", "not found", "forbidden", "conflict", "stale", "busy",
	"too many attempts", "too large", "gone", "not signed in",
}

// Error gives the English name of the kind.
func (k Kind) Error() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// An Error is a failure that a person can be told about: Key is a message id
// that the UI translates with Args, Field the input it is about ("" when it is
// about the whole request). It unwraps to its Kind.
type Error struct {
	Kind  Kind
	Field string
	Key   string
	Args  map[string]any
}

// Error gives kind, field and key: what a log may hold, without personal data.
func (e *Error) Error() string {
	if e.Field != "" {
		return fmt.Sprintf("%s: %s: %s", e.Kind, e.Field, e.Key)
	}
	return fmt.Sprintf("%s: %s", e.Kind, e.Key)
}

// Unwrap gives the Kind.
func (e *Error) Unwrap() error { return e.Kind }

// invalid is the error for an input field that breaks a rule.
func invalid(field, key string) error { return &Error{Kind: Invalid, Field: field, Key: key} }

// KindOf gives the Kind that err wraps, Internal when it wraps none.
func KindOf(err error) Kind {
	var k Kind
	if errors.As(err, &k) {
		return k
	}
	return Internal
}
