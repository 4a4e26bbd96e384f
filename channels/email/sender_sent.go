package email

import (
	"context"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/sistem48/system48/channels"
	"github.com/sistem48/system48/ticketing"
)

const (
	sentFolder   = "Sent"
	filingQueue  = 100             // mails that may wait to be filed
	filingLimit  = 2 * time.Minute // for one
	filingFinish = 5 * time.Second // when the Sender closes
)

// Confirm looks for the delivery's Message-ID in the folder of sent mail. That
// it is there proves that the provider took it; that it is not proves something
// only where the provider files sent mail by itself.
func (s *Sender) Confirm(ctx context.Context, d ticketing.Delivery) (channels.Confirmation, error) {
	if s.imap.ep.Host == "" || d.MessageIDHeader == "" {
		return channels.Confirmation{}, nil
	}
	session, err := signInSession(ctx, s.imap)
	if err != nil {
		return channels.Confirmation{}, err
	}
	defer session.close()
	arrived, err := session.inSent(ctx, s.account, d.MessageIDHeader)
	if err != nil {
		return channels.Confirmation{}, err
	}
	return channels.Confirmation{Arrived: arrived, Known: arrived || s.account.SMTP.FilesSent}, nil
}

// inSent selects the folder of sent mail and searches it.
func (s *imapSession) inSent(ctx context.Context, a Account, messageID string) (bool, error) {
	folder, err := s.sentFolder(ctx, a.IMAP.Sent)
	if err != nil {
		return false, err
	}
	s.box = ticketing.Mailbox{Account: a.Name, Folder: folder}
	if err := s.selectFolder(ctx, true); err != nil {
		return false, err
	}
	found := false
	err = s.do(ctx, quickLimit, func() error {
		data, err := s.c.UIDSearch(&imap.SearchCriteria{
			Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: messageID}},
		}, nil).Wait()
		set, _ := data.All.(imap.UIDSet)
		found = len(set) > 0
		return err
	})
	return found, err
}

// sentFolder is the configured folder, else the one the server names as such
// (RFC 6154), else "Sent".
func (s *imapSession) sentFolder(ctx context.Context, configured string) (string, error) {
	if configured != "" || !s.caps.Has(imap.CapSpecialUse) {
		setDefault(&configured, sentFolder)
		return configured, nil
	}
	name := sentFolder
	err := s.do(ctx, quickLimit, func() error {
		list, err := s.c.List("", "*", nil).Collect()
		for _, f := range list {
			for _, attr := range f.Attrs {
				if attr == imap.MailboxAttrSent {
					name = f.Mailbox
				}
			}
		}
		return err
	})
	return name, err
}

// filing puts copies of sent mails into the folder of sent mail, after the fact
// and at leisure: a lost copy is no loss, the bytes are in the blob store.
type filing struct {
	s     *Sender
	queue chan ticketing.Delivery
	stop  context.CancelFunc
	done  chan struct{}
}

func newFiling(s *Sender) *filing {
	ctx, stop := context.WithCancel(context.Background())
	f := &filing{s: s, queue: make(chan ticketing.Delivery, filingQueue), stop: stop, done: make(chan struct{})}
	go func() {
		defer close(f.done)
		for d := range f.queue {
			if err := f.file(ctx, d); err != nil {
				f.s.log.WarnContext(ctx, "sent mail not filed", "delivery", d.ID, "err", explain(err))
			}
		}
	}()
	return f
}

// add queues a mail. It never blocks: with a full queue the copy is not made.
func (f *filing) add(d ticketing.Delivery) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if f.s.closed || d.RawKey == "" {
		return
	}
	select {
	case f.queue <- d:
	default:
		f.s.log.Warn("sent mail not filed: too many are waiting", "delivery", d.ID)
	}
}

// close ends the work, the queue first and by force after a while. The Sender
// is closed already, so that nothing is added any more.
func (f *filing) close() {
	close(f.queue)
	select {
	case <-f.done:
	case <-time.After(filingFinish):
	}
	f.stop()
	<-f.done
}

// file appends one mail unless it is there: the recipients of one message share
// it, and so do the attempts.
func (f *filing) file(ctx context.Context, d ticketing.Delivery) error {
	ctx, cancel := context.WithTimeout(ctx, filingLimit)
	defer cancel()
	size, err := f.s.deps.Blobs.Size(ctx, d.RawKey)
	if err != nil {
		return err
	}
	raw, err := f.s.deps.Blobs.Open(ctx, d.RawKey)
	if err != nil {
		return err
	}
	defer raw.Close()
	session, err := signInSession(ctx, f.s.imap)
	if err != nil {
		return err
	}
	defer session.close()
	there, err := session.inSent(ctx, f.s.account, d.MessageIDHeader)
	if err != nil || there {
		return err
	}
	return session.append(ctx, session.box.Folder, size, raw)
}

// append stores a mail in a folder, as read.
func (s *imapSession) append(ctx context.Context, folder string, size int64, r io.Reader) error {
	limit := quickLimit + time.Duration(size/slowestLink)*time.Second
	return s.do(ctx, limit, func() error {
		cmd := s.c.Append(folder, size, &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}})
		if _, err := io.Copy(cmd, r); err != nil {
			return err
		}
		if err := cmd.Close(); err != nil {
			return err
		}
		_, err := cmd.Wait()
		return err
	})
}
