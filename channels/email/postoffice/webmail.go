package postoffice

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/sistem48/system48/ticketing"
)

// webmailLimit bounds one look into a mailbox.
const webmailLimit = 10 * time.Second

// A Message is a mail in a folder.
type Message struct {
	UID        uint32
	ReceivedAt time.Time
	Seen       bool
	Raw        []byte
}

// Messages gives the newest n mails of a folder, newest first, as their owner's
// mail program would see them: through IMAP. It does not mark them as read.
// NotFound when there is no such account or folder.
func (o *Office) Messages(ctx context.Context, address, folder string, n int) ([]Message, error) {
	a := o.find(address)
	if a == nil {
		return nil, fmt.Errorf("read mailbox: no such account: %w", ticketing.NotFound)
	}
	c, err := imapclient.DialInsecure(o.imapAddr, nil)
	if err != nil {
		return nil, fmt.Errorf("read mailbox: %w", err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, webmailLimit)
	defer cancel()
	// Closing is the only way to end a call of the library.
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if err := c.Login(a.Address, a.Password).Wait(); err != nil {
		return nil, fmt.Errorf("read mailbox: %w", err)
	}
	selected, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		return nil, fmt.Errorf("read mailbox: %w: %w", ticketing.NotFound, err)
	}
	total := int64(selected.NumMessages)
	if total == 0 || n <= 0 {
		return nil, nil
	}
	var set imap.SeqSet
	set.AddRange(uint32(max(1, total-int64(n)+1)), uint32(total)) //nolint:gosec // between 1 and a uint32
	return collect(c, set)
}

func collect(c *imapclient.Client, set imap.SeqSet) ([]Message, error) {
	fetch := c.Fetch(set, &imap.FetchOptions{
		UID: true, Flags: true, InternalDate: true,
		BodySection: []*imap.FetchItemBodySection{{Peek: true}},
	})
	var out []Message
	for msg := fetch.Next(); msg != nil; msg = fetch.Next() {
		var m Message
		for item := msg.Next(); item != nil; item = msg.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				m.UID = uint32(item.UID)
			case imapclient.FetchItemDataFlags:
				m.Seen = slices.Contains(item.Flags, imap.FlagSeen)
			case imapclient.FetchItemDataInternalDate:
				m.ReceivedAt = item.Time
			case imapclient.FetchItemDataBodySection:
				raw, err := io.ReadAll(item.Literal)
				if err != nil {
					return nil, fmt.Errorf("read mail: %w", err)
				}
				m.Raw = raw
			}
		}
		out = append(out, m)
	}
	if err := fetch.Close(); err != nil {
		return nil, fmt.Errorf("read mailbox: %w", err)
	}
	slices.Reverse(out)
	return out, nil
}
