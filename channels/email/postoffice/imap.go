package postoffice

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

func (o *Office) newIMAP() *imapserver.Server {
	return imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &session{office: o}, nil, nil
		},
		// Not LIST-STATUS, whose answers could not be corrected.
		Caps: imap.CapSet{
			imap.CapIMAP4rev1: {}, imap.CapNamespace: {}, imap.CapUIDPlus: {}, imap.CapESearch: {},
			imap.CapListExtended: {}, imap.CapMove: {}, imap.CapStatusSize: {},
		},
		Logger:       logger{o.log, "imap"},
		InsecureAuth: true, // loopback only
	})
}

// A session is a signed-in IMAP connection. It differs from the library's in
// two things: IDLE misses nothing, and UIDVALIDITY is another after every start.
// The library numbers it 1, 2, 3 from each start, and a client that remembers
// UIDs, like the bureau, would take new mails for old ones.
type session struct {
	*imapmemserver.UserSession // nil before sign-in
	office                     *Office
}

var _ imapserver.SessionIMAP4rev2 = (*session)(nil)

// Login signs in with address and password.
func (s *session) Login(name, password string) error {
	a := s.office.signIn(name, password)
	if a == nil {
		return imapserver.ErrAuthFailed
	}
	s.UserSession = imapmemserver.NewUserSession(a.user)
	return nil
}

// Select opens a folder.
func (s *session) Select(name string, options *imap.SelectOptions) (*imap.SelectData, error) {
	data, err := s.UserSession.Select(name, options)
	if err != nil {
		return nil, err
	}
	data.UIDValidity += s.office.validity
	return data, nil
}

// Status tells about a folder.
func (s *session) Status(name string, options *imap.StatusOptions) (*imap.StatusData, error) {
	data, err := s.UserSession.Status(name, options)
	if err == nil && data.UIDValidity != 0 {
		data.UIDValidity += s.office.validity
	}
	return data, err
}

// Append stores a mail.
func (s *session) Append(name string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	if r.Size() > MaxMessageBytes {
		return nil, &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeTooBig, Text: "Message too large"}
	}
	data, err := s.UserSession.Append(name, r, options)
	if err != nil {
		return nil, err
	}
	data.UIDValidity += s.office.validity
	return data, nil
}

// Copy copies mails to another folder.
func (s *session) Copy(set imap.NumSet, dest string) (*imap.CopyData, error) {
	data, err := s.UserSession.Copy(set, dest)
	if err != nil {
		return nil, err
	}
	data.UIDValidity += s.office.validity
	return data, nil
}

// Move moves mails to another folder.
func (s *session) Move(w *imapserver.MoveWriter, set imap.NumSet, dest string) error {
	data, err := s.Copy(set, dest)
	if err != nil {
		return err
	}
	moved := data.SourceUIDs
	if len(moved) == 0 {
		return nil
	}
	if err := w.WriteCopyData(data); err != nil {
		return err
	}
	deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := s.Store(nil, moved, deleted, &imap.StoreOptions{}); err != nil {
		return err
	}
	return s.Expunge(nil, &moved)
}

// idlePoll is how soon a client in IDLE hears of a new mail.
const idlePoll = 50 * time.Millisecond

// Idle tells a client about changes until it has enough. The library's own
// tells nothing of a mail that came between the last command and IDLE until
// another one comes.
func (s *session) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	tick := time.NewTicker(idlePoll)
	defer tick.Stop()
	for {
		if err := s.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-stop:
			return nil
		}
	}
}

// logger passes the libraries' complaints on, which are about single
// connections and never worth waking anybody.
type logger struct {
	log  *slog.Logger
	part string
}

// Printf logs a line.
func (l logger) Printf(format string, args ...any) {
	l.log.Log(context.Background(), slog.LevelDebug, "mail server of the demo", "part", l.part, "err", fmt.Sprintf(format, args...))
}

// Println logs a line.
func (l logger) Println(args ...any) { l.Printf("%s", fmt.Sprintln(args...)) }
