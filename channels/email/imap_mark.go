package email

import (
	"context"
	"errors"
	"strings"

	"github.com/emersion/go-imap/v2"
)

const (
	markChunk  = 1000 // UIDs a command: MOVE runs at 1 a second singly, at 480 by 1,000
	setLength  = 7500 // bytes of a UID set; servers need not take lines beyond 8,192 (RFC 9051 §4)
	leastChunk = 50
)

// errCannotMark says that the server allows no kind of mark.
var errCannotMark = errors.New("the server lets us neither move mails nor set a flag")

// markMode is what the server allows of what is configured; "" = nothing.
func (s *imapSession) markMode(want MarkMode) MarkMode {
	switch {
	case want == MarkMove && s.caps.Has(imap.CapMove):
		return MarkMove
	case want != MarkSeen && s.canKeyword:
		return MarkKeyword
	case s.canFlag:
		return MarkSeen
	}
	return ""
}

// mark tells the server about mails that are safe here, in one command.
func (s *imapSession) mark(ctx context.Context, mode MarkMode, uids []uint32, folder string) error {
	set := uidSet(uids)
	return s.exchange(ctx, markLimit, max(markStall, s.stall), s.chatter(), func() error {
		switch mode {
		case MarkMove:
			// The library's way without the capability destroys mail.
			if !s.caps.Has(imap.CapMove) {
				return errCannotMark
			}
			_, err := s.c.Move(set, folder).Wait()
			return err
		case MarkKeyword:
			return s.addFlag(set, imap.Flag(keywordAccepted))
		case MarkSeen:
			return s.addFlag(set, imap.FlagSeen)
		}
		return errCannotMark
	})
}

func (s *imapSession) addFlag(set imap.UIDSet, flag imap.Flag) error {
	return s.c.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{flag}}, nil).Close()
}

// createFolder makes a folder unless it is there.
func (s *imapSession) createFolder(ctx context.Context, folder string) error {
	return s.do(ctx, quickLimit, func() error {
		err := s.c.Create(folder, nil).Wait()
		var no *imap.Error
		if errors.As(err, &no) && no.Code == imap.ResponseCodeAlreadyExists {
			return nil
		}
		return err
	})
}

// folderMissing reports whether the server refused because of the destination.
func folderMissing(no *imap.Error) bool {
	return no.Code == imap.ResponseCodeTryCreate || no.Code == imap.ResponseCodeNonExistent ||
		strings.Contains(strings.ToLower(no.Text), "doesn't exist")
}

// cutMarks gives the first UIDs that fit into one command, and the others.
func cutMarks(uids []uint32, most int) (now, later []uint32) {
	n := min(len(uids), most)
	for n > 1 && len(uidSet(uids[:n]).String()) > setLength {
		n = n * 3 / 4
	}
	return uids[:n], uids[n:]
}
