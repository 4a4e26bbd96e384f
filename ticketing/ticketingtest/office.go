package ticketingtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// Keyring gives fixed keys: what they sign is the same in every run. The
// second of each list is an older key that still verifies.
func Keyring() ticketing.Keyring {
	key := func(name string) []byte {
		sum := sha256.Sum256([]byte("test key " + name))
		return sum[:]
	}
	return ticketing.Keyring{
		Tracking: [][]byte{key("tracking"), key("tracking, old")},
		Thread:   [][]byte{key("thread"), key("thread, old")},
		Link:     [][]byte{key("link"), key("link, old")},
	}
}

// Settings are those of a bureau with one mailbox that knows plus-addresses.
func Settings() ticketing.Settings {
	return ticketing.Settings{
		Prefix: "S48", PublicURL: "https://s48.grad.example", Language: lang.SrLatn, UndoWait: 10 * time.Second,
		Accounts: []ticketing.Account{{
			Name: "main", Channel: ticketing.ChannelEmail, Address: "s48@grad.example", From: "Sistem 48", Plus: true,
		}},
		Receipts: ticketing.ReceiptCaps{Enabled: true, PerHour: 2, PerDay: 3, VerifiedPerDay: 20},
	}
}

// Letters writes letters that say in one line what they were given, so that a
// test sees what a letter would mention.
type Letters struct{}

var _ ticketing.Letters = Letters{}

// Compose implements [ticketing.Letters].
func (Letters) Compose(p ticketing.Purpose, tag lang.Tag, d ticketing.LetterData) (ticketing.Letter, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s about %s", p, tag, d.Ref)
	if !d.Due.IsZero() {
		fmt.Fprintf(&b, ", due %s", d.Due.UTC().Format(time.RFC3339))
	}
	for _, link := range []string{d.TrackingURL, d.ReopenURL, d.ActionURL} {
		if link != "" {
			b.WriteString("\n" + link)
		}
	}
	for _, r := range d.Refs {
		fmt.Fprintf(&b, "\n%s %s", r.Ref, r.TrackingURL)
	}
	if d.Body != "" {
		b.WriteString("\n\n" + d.Body)
	}
	return ticketing.Letter{Subject: fmt.Sprintf("[%s] %s", d.Ref, p), Text: b.String()}, nil
}

// Check implements [ticketing.Letters]: a text with {oops} is wrong in line 1.
func (Letters) Check(t ticketing.LetterText) error {
	if strings.Contains(t.Body, "{oops}") {
		return &ticketing.Error{Kind: ticketing.Invalid, Field: "body", Key: "letter.unknown", Args: map[string]any{"Line": 1, "Placeholder": "{oops}", "Detail": "ref"}}
	}
	return nil
}

// CheckTemplate implements [ticketing.Letters]: a text with {oops} is wrong in line 1.
func (Letters) CheckTemplate(tag lang.Tag, text string) error {
	if strings.Contains(text, "{oops}") {
		return &ticketing.Error{
			Kind: ticketing.Invalid, Field: "text_" + string(tag), Key: "letter.unknown",
			Args: map[string]any{"Line": 1, "Placeholder": "{oops}", "Detail": "ref"},
		}
	}
	return nil
}

// Fill implements [ticketing.Letters]: {ref}, {citizen} and {agent} are filled in, once.
func (Letters) Fill(_, _ lang.Tag, text string, d ticketing.LetterData) (string, error) {
	return strings.NewReplacer("{ref}", string(d.Ref), "{citizen}", d.Citizen, "{agent}", d.AgentName).Replace(text), nil
}

// An Office is a bureau ready for work: an in-memory store with the test city
// in it, blobs, a clock, and the core's Bureau over them.
type Office struct {
	*City
	Core  *ticketing.Bureau
	Store *Store
	Blobs *Blobs
	Clock *Clock

	uid atomic.Uint32
}

// NewOffice opens an office whose default promise is the profile, "24x7" when
// it is "".
func NewOffice(t testing.TB, profile string) *Office {
	t.Helper()
	clock := NewClock()
	o := &Office{Clock: clock, Store: NewStore(clock.Now, Zone()), Blobs: NewBlobs()}
	o.City = NewCity(t, o.Store, clock.Now(), profile)
	o.Core = &ticketing.Bureau{Store: o.Store, Keys: Keyring(), Letters: Letters{}, Settings: Settings(), Now: clock.Now}
	return o
}

// Mail is what a citizen writes: a readable mail of a person, received now.
func (o *Office) Mail(from, subject, text string) ticketing.Inbound {
	now := o.Clock.Now()
	return ticketing.Inbound{
		Channel: ticketing.ChannelEmail, Account: "main", From: ticketing.Party{Address: from}, Subject: subject,
		Text: text, FoldAt: len(text), Language: lang.SrLatn, LanguageSure: true, SentAt: now, ReceivedAt: now,
		MessageID: fmt.Sprintf("m%d@%s", o.uid.Add(1), "mail.example"),
	}
}

// Arrive puts a mail into the blob store and the intake ledger, as its source
// does, and gives the contact with its ledger item and blob.
func (o *Office) Arrive(t testing.TB, in ticketing.Inbound) ticketing.Inbound {
	t.Helper()
	ctx := context.Background()
	raw := fmt.Appendf(nil, "Message-ID: <%s>\r\nFrom: %s\r\nSubject: %s\r\n\r\n%s", in.MessageID, in.From.Address, in.Subject, in.Text)
	key, size, err := o.Blobs.Put(ctx, bytes.NewReader(raw), true)
	if err != nil {
		t.Fatal(err)
	}
	content := sha256.Sum256(append([]byte("content "), raw...))
	fence, ok, err := o.Store.Acquire(ctx, "mailbox:main", "office", time.Hour)
	if err != nil || !ok {
		t.Fatalf("Acquire() = %v, %v", ok, err)
	}
	got, err := o.Store.Accept(ctx, fence, []ticketing.Arrival{{
		Channel: in.Channel, Box: ticketing.Mailbox{Account: "main", Folder: "INBOX", UIDValidity: 1}, UID: o.uid.Add(1),
		RawKey: key, RawSHA256: key, RawSize: size, ContentKey: hex.EncodeToString(content[:]), ReceivedAt: in.ReceivedAt,
		From: in.From.Address, Subject: in.Subject, MessageID: in.MessageID,
	}})
	if err != nil {
		t.Fatal(err)
	}
	in.Ledger, in.RawKey, in.RawSHA256 = got[0].ID, key, key
	return in
}

// Receive lets a mail arrive, gives it to the core's Intake, and returns what
// the ledger says of it.
func (o *Office) Receive(t testing.TB, in ticketing.Inbound) ticketing.LedgerEntry {
	t.Helper()
	in = o.Arrive(t, in)
	intake := ticketing.Intake{Bureau: o.Core}
	if err := intake.Receive(context.Background(), []ticketing.Inbound{in})[0]; err != nil {
		t.Fatal(err)
	}
	e, err := o.Store.LedgerItem(context.Background(), in.Ledger)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// View gives the whole ticket.
func (o *Office) View(t testing.TB, ref ticketing.Reference) *ticketing.TicketView {
	t.Helper()
	v, err := o.Store.TicketView(context.Background(), ticketing.Scope{All: true}, ref)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Deliver claims what may be sent now and settles each delivery with the
// outcome; it gives the deliveries as claimed.
func (o *Office) Deliver(t testing.TB, state ticketing.DeliveryState) []ticketing.Delivery {
	t.Helper()
	ctx := context.Background()
	claimed, err := o.Store.ClaimDeliveries(ctx, ticketing.ChannelEmail, 200, time.Minute, 200)
	if err != nil {
		t.Fatal(err)
	}
	dispatch := ticketing.Dispatch{Bureau: o.Core}
	for _, d := range claimed {
		if err := dispatch.Settle(ctx, d, ticketing.Outcome{State: state, At: o.Clock.Now(), Reply: "250 ok"}); err != nil {
			t.Fatal(err)
		}
	}
	return claimed
}
