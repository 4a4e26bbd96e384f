package sms_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/sms"
	"github.com/sistem48/system48/ticketing"
)

// png is the beginning of a picture.
var png = append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte("x"), 500)...)

func TestPhotos(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	e := r.text(citizen, "Rupa na putu", png, png)
	m := r.View(t, e.TicketRef).Messages[0]
	if len(m.Files) != 2 || m.Files[0].ContentType != "image/png" || m.Files[0].Size != int64(len(png)) || len(m.Notes) != 0 {
		t.Errorf("files = %+v, notes %v", m.Files, m.Notes)
	}
}

// TestForeignPhotos: A30, A31, A90: no address is opened but the provider's over
// https; what is refused is named on the ticket.
func TestForeignPhotos(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(inside.Close)
	r := newRig(t, nil)
	for i, address := range []string{
		inside.URL + "/photo.jpg", "http://169.254.169.254/latest/meta-data/", "https://evil.example/x.jpg", "file:///etc/passwd",
		"https://api.twilio.com.evil.example/x", "http://api.twilio.com/x", "https://user:pass@api.twilio.com/x", "https://api.twilio.com:8443/x", "", "::",
		"https://eviltwilio.com/x",
	} {
		f := form("SMphoto"+string(rune('a'+i)), citizen, "NOVO Rupa na putu")
		f.Set("NumMedia", "1")
		f.Set("MediaUrl0", address)
		if status, err := r.exchange.Post(t.Context(), "/hooks/twilio/sms", f, token); err != nil || status != 200 {
			t.Fatal(status, err)
		}
		r.work()
		e := r.entry(f.Get("MessageSid"))
		if e.TicketRef == "" {
			t.Fatalf("%q: %s %s", address, e.State, e.LastError)
		}
		m := r.View(t, e.TicketRef).Messages[0]
		if len(m.Files) != 0 || !slices.Contains(m.Notes, "media_refused") {
			t.Errorf("%q: files %v, notes %v", address, m.Files, m.Notes)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("%d calls within our own network", n)
	}
}

// TestPhotoTooLarge and one that is gone: the text comes, and says what is missing.
func TestPhotoTooLarge(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	small := r.account
	small.MaxMedia = 100
	r.receiver.Parsers[ticketing.ChannelSMS] = sms.NewParser([]sms.Account{small}, r.Blobs, quiet())
	e := r.text(citizen, "Rupa na putu", png)
	if m := r.View(t, e.TicketRef).Messages[0]; len(m.Files) != 0 || !slices.Contains(m.Notes, "media_large") {
		t.Errorf("files %d, notes %v", len(m.Files), m.Notes)
	}
}

func TestPhotoProviderAway(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.exchange.SetDown(true)
	id, _, err := r.exchange.Text(t.Context(), citizen, "Rupa na putu", png)
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		r.work()
		r.Clock.Advance(time.Minute)
	}
	e := r.entry(id)
	if e.State != ticketing.LedgerTicketed {
		t.Fatalf("ledger = %s: a text does not wait for its photo for ever", e.State)
	}
	if m := r.View(t, e.TicketRef).Messages[0]; !slices.Contains(m.Notes, "media_failed") || !strings.Contains(m.Text, "Rupa") {
		t.Errorf("notes %v", m.Notes)
	}
}

// TestListedTexts: a text whose webhook was refused while we were away is found in
// the provider's list, once; so is how far an answer came.
func TestListedTexts(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	if err := r.source.Compare(t.Context()); err != nil {
		t.Fatal(err)
	}
	known := r.text(citizen, "Rupa na putu")
	r.Clock.Advance(time.Minute)
	lost := r.exchange.Withhold(other, "Svjetiljka ne gori")
	r.reply(known.TicketRef, ticketing.ReplyInput{})
	r.work()
	for range 2 {
		r.Clock.Advance(15 * time.Minute)
		if err := r.source.Compare(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.work()
	}
	if list := r.entries(lost); len(list) != 1 || list[0].State != ticketing.LedgerTicketed || list[0].Arrival.ReceivedAt.After(r.Clock.Now().Add(-29*time.Minute)) {
		t.Errorf("the withheld text: %d items", len(list))
	}
	if list := r.entries(known.Arrival.MessageID); len(list) != 1 {
		t.Errorf("a known text was entered %d times", len(list))
	}
	// Its webhook comes after all: nothing new.
	f := url.Values{"MessageSid": {lost}, "AccountSid": {sid}, "From": {other}, "To": {bureau}, "Body": {"Svjetiljka ne gori"}, "NumMedia": {"0"}, "ApiVersion": {"2010-04-01"}}
	if status, err := r.exchange.Post(t.Context(), "/hooks/twilio/sms", f, token); err != nil || status != 200 {
		t.Fatal(status, err)
	}
	r.work()
	if n := len(r.got(other)); n != 1 {
		t.Errorf("%d receipts of one text", n)
	}
	boxes, err := r.Store.MailboxHealths(t.Context())
	if err != nil || len(boxes) != 1 || boxes[0].State != "ok" {
		t.Errorf("health = %+v, %v", boxes, err)
	}
}

// TestDoctor: a signed call reaches the hook, a changed one is refused; a wrong
// public address is found.
func TestDoctor(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, f := range sms.Examine(t.Context(), r.account, r.public) {
		if !f.OK {
			t.Errorf("%s: %s", f.Name, f.Detail)
		}
	}
	if n := len(r.entries("")); n != 0 {
		t.Errorf("the doctor entered %d texts", n)
	}
	wrong := strings.Replace(r.public, "127.0.0.1", "localhost", 1)
	for _, f := range sms.Examine(t.Context(), r.account, wrong) {
		if f.OK && f.Name != "account" {
			t.Errorf("%s is well although the address is not the configured one", f.Name)
		}
	}
	bad := r.account
	bad.Tokens = []sms.Secret{secret("wrong")}
	for _, f := range sms.Examine(t.Context(), bad, r.public) {
		if f.OK || f.Remedy == "" {
			t.Errorf("%s with a wrong token: %+v", f.Name, f)
		}
	}
}
