package ticketing

import (
	"context"
	"time"
)

// A Session is a signed-in browser of one agent. Only the hash of its token is
// kept.
type Session struct {
	Hash      string // hex SHA-256 of the token
	Agent     AgentID
	Data      []byte // what the web kit keeps in it; at most 4 kB
	CreatedAt time.Time
	SeenAt    time.Time // last request, to the minute
	ExpiresAt time.Time // absolute end; Sweep forgets sessions past it
	IP        string    // of the last request, for the agent's own list
	Browser   string    // User-Agent, cut to 200 bytes, for the agent's own list
}

// A SessionStore keeps sessions for the web kit. Ending all sessions of an
// agent together with what caused it is Tx.EndSessions.
type SessionStore interface {
	// Session finds by hash; NotFound when there is none.
	Session(ctx context.Context, hash string) (Session, error)
	// SaveSession writes a new or changed session.
	SaveSession(ctx context.Context, s Session) error
	// DropSession ends one; none is no error.
	DropSession(ctx context.Context, hash string) error
	// SessionsOf lists an agent's sessions, the latest seen first.
	SessionsOf(ctx context.Context, a AgentID) ([]Session, error)
}
