package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Of a mail beyond maxStoredBytes only the beginning is stored: room for the
// largest header that is looked at, and 256 KiB of body.
const beginningBytes = 1<<20 + 256<<10

// What a server may do wrong while it sends a mail.
var (
	errTruncated = errors.New("the server sent less of a mail than it announced")
	errShifted   = errors.New("the server sent another mail than was asked for")
)

// A sink takes one mail as it arrives. It reads r to its end, which is after
// size bytes, or gives an error. What it took counts only when the whole FETCH
// ended well: go-imap gives out a truncated mail like a good one (see
// docs/adr/0010-mail-in.md).
type sink func(m mailMeta, size int64, r io.Reader) error

// bodies fetches mails by UID, one FETCH for all, and gives those that the
// server left out. They may have vanished, or the server sends UIDs after the
// bytes, which go-imap skips without a word.
func (s *imapSession) bodies(ctx context.Context, metas []mailMeta, take sink) (missing []mailMeta, err error) {
	want := make(map[uint32]mailMeta, len(metas))
	uids := make([]uint32, 0, len(metas))
	var total int64
	for _, m := range metas {
		want[m.uid] = m
		uids = append(uids, m.uid)
		total += wantedBytes(m)
	}
	section := &imap.FetchItemBodySection{Peek: true}
	if len(metas) == 1 && metas[0].size > maxStoredBytes {
		section.Partial = &imap.SectionPartial{Offset: 0, Size: beginningBytes}
	}
	err = s.fetch(ctx, uidSet(uids), section, total, func(uid uint32) (mailMeta, bool) {
		m, ok := want[uid]
		return m, ok
	}, func(m mailMeta, size int64, r io.Reader) error {
		// Only now: go-imap takes an unasked change of flags for the answer, and
		// then drops the bytes that follow in an answer of their own.
		delete(want, m.uid)
		return take(m, size, r)
	})
	if err != nil {
		return nil, err
	}
	for _, m := range metas {
		if _, ok := want[m.uid]; ok {
			missing = append(missing, m)
		}
	}
	return missing, nil
}

// bodyBySeq fetches one mail by its sequence number, for servers that bodies
// does not understand. The UID is compared afterwards.
func (s *imapSession) bodyBySeq(ctx context.Context, m mailMeta, take sink) error {
	section := &imap.FetchItemBodySection{Peek: true}
	if m.size > maxStoredBytes {
		section.Partial = &imap.SectionPartial{Offset: 0, Size: beginningBytes}
	}
	expunged := s.expunges.Load()
	var told uint32
	taken := false
	err := s.fetch(ctx, imap.SeqSetNum(m.seq), section, wantedBytes(m), func(uid uint32) (mailMeta, bool) {
		if uid != 0 {
			told = uid
			return mailMeta{}, false
		}
		return m, !taken
	}, func(m mailMeta, size int64, r io.Reader) error {
		taken = true
		return take(m, size, r)
	})
	switch {
	case err != nil:
		return err
	case !taken:
		return errTruncated
	case told != m.uid || s.expunges.Load() != expunged:
		return errShifted
	}
	return nil
}

// wantedBytes is how much of a mail is asked for.
func wantedBytes(m mailMeta) int64 {
	if m.size > maxStoredBytes {
		return beginningBytes
	}
	return m.size
}

// fetch runs one FETCH of bodies. pick is asked for each UID the server gives,
// and with 0 for bytes that come before any UID; take gets the bytes of the
// mail picked last.
func (s *imapSession) fetch(ctx context.Context, set imap.NumSet, section *imap.FetchItemBodySection, total int64,
	pick func(uid uint32) (mailMeta, bool), take sink,
) error {
	limit := quickLimit + time.Duration(total/slowestLink)*time.Second
	// Twice the size: some servers only estimate it.
	return s.exchange(ctx, limit, s.stall, 2*total+s.chatter(), func() error {
		cmd := s.c.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			if err := s.takeMessage(msg, pick, take); err != nil {
				return err
			}
		}
		return cmd.Close()
	})
}

func (s *imapSession) takeMessage(msg *imapclient.FetchMessageData, pick func(uint32) (mailMeta, bool), take sink) error {
	var m mailMeta
	known, picked := false, false
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			if now, ok := pick(uint32(item.UID)); ok {
				m, known, picked = now, true, true
			}
		case imapclient.FetchItemDataBodySection:
			if !picked {
				m, known = pick(0)
				picked = true
			}
			if !known || item.Literal == nil {
				continue
			}
			known = false // one body a mail
			if err := s.takeLiteral(m, item.Literal, take); err != nil {
				return err
			}
		}
	}
	return nil
}

// takeLiteral hands the bytes of one mail on. After an error the connection is
// closed, which is the only way to be rid of the rest of the bytes.
func (s *imapSession) takeLiteral(m mailMeta, lit imap.LiteralReader, take sink) error {
	r := &exactReader{r: lit, left: lit.Size()}
	err := fmt.Errorf("%w: a mail of %d bytes", errTooMuch, lit.Size())
	if lit.Size() <= maxStoredBytes+maxStoredBytes/8 {
		s.storing.Add(1)
		err = take(m, lit.Size(), r)
		s.storing.Add(-1)
	}
	if err == nil && r.left != 0 {
		err = errTruncated
	}
	if err == nil {
		return nil
	}
	s.conn.abort(err)
	if !r.ended {
		// The library waits until its literal is read to the end. After the end
		// it must not be touched, or it races with the library's own reading;
		// closing the command would do just that.
		_, _ = io.Copy(io.Discard, r)
	}
	return err
}

// An exactReader turns an early end into an error.
type exactReader struct {
	r     io.Reader
	left  int64
	ended bool // the reader below gave an error or its end
}

func (e *exactReader) Read(p []byte) (int, error) {
	if e.ended {
		return 0, io.EOF
	}
	n, err := e.r.Read(p)
	e.left -= int64(n)
	e.ended = err != nil
	if errors.Is(err, io.EOF) && e.left > 0 {
		err = errTruncated
	}
	return n, err
}
