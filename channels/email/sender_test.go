package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/email/postoffice"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

const (
	bureauAddress = "sistem48@demo.me"
	citizen       = "ana@gradjani.me"
)

func startOffice(t *testing.T) *postoffice.Office {
	t.Helper()
	o, err := postoffice.Start(t.Context(), postoffice.Config{
		Accounts: []postoffice.Account{{Address: bureauAddress, Password: "b", Protected: true}, {Address: citizen, Password: "a"}},
		Now:      time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	return o
}

// senderAccount is the bureau's account with mail leaving by addr.
func senderAccount(addr string) Account {
	a := accountAt(addr, bureauAddress, "b")
	a.Address = bureauAddress
	a.SMTP = SMTPConfig{Endpoint: a.IMAP.Endpoint, Timeout: 5 * time.Second, DSN: true}
	a.IMAP = IMAPConfig{}
	return a
}

func newSender(t *testing.T, a Account) (*Sender, *ticketingtest.Blobs) {
	t.Helper()
	blobs := ticketingtest.NewBlobs()
	s, err := NewSender(a, SenderDeps{Blobs: blobs, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, blobs
}

func delivery(n int, to string) ticketing.Delivery {
	return ticketing.Delivery{
		ID: ticketing.DeliveryID(n), Channel: ticketing.ChannelEmail, To: ticketing.Party{Address: to},
		MessageIDHeader: fmt.Sprintf("s48.%d.abcdefghijklmnop@demo.me", n),
		EnvelopeID:      fmt.Sprintf("s48.%d.bcdefghijklmnopa@demo.me", n),
	}
}

func composed(n int) []byte {
	return fmt.Appendf(nil, "From: %s\r\nTo: %s\r\nSubject: Odgovor %d\r\nMessage-ID: <s48.%d.abcdefghijklmnop@demo.me>\r\n\r\nPoštovana,\r\n.\r\n..tačka\r\n", bureauAddress, citizen, n, n)
}

func transmit(t *testing.T, s *Sender, d ticketing.Delivery) ticketing.Outcome {
	t.Helper()
	raw := composed(int(d.ID))
	return s.Transmit(t.Context(), d, bytes.NewReader(raw), int64(len(raw)))
}

func inboxOf(t *testing.T, o *postoffice.Office, address string) []postoffice.Message {
	t.Helper()
	list, err := o.Messages(t.Context(), address, "INBOX", 100)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The bytes arrive as composed, many over one connection.
func TestTransmit(t *testing.T) {
	t.Parallel()
	o := startOffice(t)
	p := startProxy(t, o.SMTPAddr(), func(int) int64 { return -1 })
	a := senderAccount(p.addr)
	a.SMTP.MaxPerConnection = 10
	s, _ := newSender(t, a)
	for n := range 20 {
		if got := transmit(t, s, delivery(n, citizen)); got.State != ticketing.DeliverySent || !strings.HasPrefix(got.Reply, "250") || got.At.IsZero() {
			t.Fatalf("mail %d: %+v", n, got)
		}
	}
	list := inboxOf(t, o, citizen)
	if len(list) != 20 {
		t.Fatalf("%d mails arrived", len(list))
	}
	for i, m := range list {
		if !bytes.HasSuffix(m.Raw, composed(19-i)) {
			t.Errorf("mail %d: %q", 19-i, m.Raw)
		}
	}
	if n := p.conns.Load(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

// F22, F23, F24: what the server says decides what becomes of the delivery.
func TestF22F23F24Outcomes(t *testing.T) {
	t.Parallel()
	o := startOffice(t)
	s, _ := newSender(t, senderAccount(o.SMTPAddr()))
	for n, tt := range []struct {
		name      string
		fault     postoffice.Fault
		to        string
		state     ticketing.DeliveryState
		recipient bool
		reply     string
	}{
		{"451 at RCPT", postoffice.Fault{At: postoffice.StageRcpt, Code: 451}, citizen, ticketing.DeliveryRetry, true, "451 4.0.0 on purpose"},
		{"450 mailbox full", postoffice.Fault{At: postoffice.StageRcpt, Code: 452, Enhanced: [3]int{4, 2, 2}}, citizen, ticketing.DeliveryRetry, true, "452 4.2.2 on purpose"},
		{"421 at MAIL", postoffice.Fault{At: postoffice.StageMail, Code: 421}, citizen, ticketing.DeliveryRetry, false, "421 4.0.0 on purpose"},
		{"451 at DATA", postoffice.Fault{At: postoffice.StageData, Code: 451}, citizen, ticketing.DeliveryRetry, false, "451 4.0.0 on purpose"},
		{"550 at MAIL", postoffice.Fault{At: postoffice.StageMail, Code: 550}, citizen, ticketing.DeliveryFailed, false, "550 5.0.0 on purpose"},
		{"530 at MAIL", postoffice.Fault{At: postoffice.StageMail, Code: 530}, citizen, ticketing.DeliveryRetry, false, "530 5.0.0 on purpose"},
		{"550 at DATA", postoffice.Fault{At: postoffice.StageData, Code: 554}, citizen, ticketing.DeliveryFailed, false, "554 5.0.0 on purpose"},
		{"no such mailbox", postoffice.Fault{}, "niko@gradjani.me", ticketing.DeliveryFailed, true, "550 5.1.1 <…>: no such mailbox"},
		{"no address in replies", postoffice.Fault{At: postoffice.StageRcpt, Code: 550, Text: "User Ana (ana@gradjani.me) over quota, ana, see http://x"}, citizen, ticketing.DeliveryFailed, true, "550 5.0.0 User … (…) over quota, …, see http://x"},
		{"hang up before RCPT's answer", postoffice.Fault{At: postoffice.StageRcpt, Drop: true}, citizen, ticketing.DeliveryRetry, false, "connection lost: EOF"},
		{"hang up after the dot, lost", postoffice.Fault{At: postoffice.StageData, Drop: true}, citizen, ticketing.DeliveryUnknown, false, "connection lost: EOF"},
		{"hang up after the dot, kept", postoffice.Fault{At: postoffice.StageAnswer, Drop: true}, citizen, ticketing.DeliveryUnknown, false, "connection lost: EOF"},
	} {
		if tt.fault.At != "" {
			o.Inject(tt.fault)
		} else {
			o.Inject()
		}
		got := transmit(t, s, delivery(n, tt.to))
		if got.State != tt.state || got.Recipient != tt.recipient || got.Reply != tt.reply {
			t.Errorf("%s: %+v, want %s, %v, %q", tt.name, got, tt.state, tt.recipient, tt.reply)
		}
		o.Inject()
		if got := transmit(t, s, delivery(1000+n, citizen)); got.State != ticketing.DeliverySent {
			t.Errorf("after %s: %+v", tt.name, got)
		}
	}
}

// F26: one refused recipient does not touch the others.
func TestF26PartialRecipients(t *testing.T) {
	t.Parallel()
	o := startOffice(t)
	s, _ := newSender(t, senderAccount(o.SMTPAddr()))
	want := map[string]ticketing.DeliveryState{
		citizen: ticketing.DeliverySent, "niko@gradjani.me": ticketing.DeliveryFailed, "x@primjer.com": ticketing.DeliveryFailed, bureauAddress: ticketing.DeliverySent,
	}
	for to, state := range want {
		if got := transmit(t, s, delivery(1, to)); got.State != state {
			t.Errorf("%s: %+v", to, got)
		}
	}
}

// F28: reports are asked for under the envelope's own id and come back with it.
func TestF28EnvelopeID(t *testing.T) {
	t.Parallel()
	o := startOffice(t)
	s, _ := newSender(t, senderAccount(o.SMTPAddr()))
	if got := transmit(t, s, delivery(7, "bounce@gradjani.me")); got.State != ticketing.DeliverySent {
		t.Fatalf("%+v", got)
	}
	list := inboxOf(t, o, bureauAddress)
	if len(list) != 1 || !bytes.Contains(list[0].Raw, []byte("Original-Envelope-Id: s48.7.bcdefghijklmnopa@demo.me")) ||
		!bytes.Contains(list[0].Raw, []byte("Original-Recipient: rfc822; bounce@gradjani.me")) {
		t.Fatalf("%d reports: %+v", len(list), list)
	}
}

// F29: a server that answers a byte a second, or takes none, is left in time,
// and other mails go out meanwhile.
func TestF29SlowServer(t *testing.T) {
	t.Parallel()
	o := startOffice(t)
	for name, serve := range map[string]func(net.Conn){
		"slow greeting": func(c net.Conn) { trickle(c, strings.Repeat("220-wait\r\n", 100)) },
		"slow answers":  func(c net.Conn) { fmt.Fprint(c, "220 x\r\n"); trickle(c, strings.Repeat("250-wait\r\n", 100)) },
		"silent":        func(c net.Conn) { time.Sleep(4 * time.Second) },
		"reads nothing after DATA": func(c net.Conn) {
			fmt.Fprint(c, "220 x\r\n250 x\r\n250 ok\r\n250 ok\r\n354 go\r\n")
			time.Sleep(4 * time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := scripted(t, serve)
			a := senderAccount(addr)
			a.SMTP.Auth, a.SMTP.Timeout = AuthAnonymous, 300*time.Millisecond
			s, _ := newSender(t, a)
			begin := time.Now()
			large := bytes.Repeat([]byte("red teksta\r\n"), 1<<20)
			got := s.Transmit(t.Context(), delivery(1, citizen), bytes.NewReader(large), int64(len(large)))
			if took := time.Since(begin); got.State != ticketing.DeliveryRetry || got.Recipient || took > 3*time.Second {
				t.Errorf("%+v after %v", got, took)
			}
		})
	}
	s, _ := newSender(t, senderAccount(o.SMTPAddr()))
	o.Inject(postoffice.Fault{At: postoffice.StageRcpt, Recipient: citizen, Wait: 2 * time.Second, Times: 1})
	var wg sync.WaitGroup
	wg.Go(func() { transmit(t, s, delivery(1, citizen)) })
	time.Sleep(100 * time.Millisecond)
	begin := time.Now()
	if got := transmit(t, s, delivery(2, bureauAddress)); got.State != ticketing.DeliverySent || time.Since(begin) > time.Second {
		t.Errorf("beside a slow one: %+v after %v", got, time.Since(begin))
	}
	wg.Wait()
}

func trickle(c net.Conn, text string) {
	for i := range len(text) {
		if _, err := fmt.Fprint(c, text[i:i+1]); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// scripted is a server that does what serve does with each connection.
func scripted(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { _ = ln.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { defer c.Close(); serve(c) })
		}
	})
	return ln.Addr().String()
}

// A mail that cannot be read to its end is not half delivered, and one whose
// connection breaks under way is tried again.
func TestBrokenBody(t *testing.T) {
	t.Parallel()
	o := startOffice(t)
	s, _ := newSender(t, senderAccount(o.SMTPAddr()))
	raw := composed(1)
	for name, r := range map[string]io.Reader{
		"too short": bytes.NewReader(raw[:50]),
		"fails":     io.MultiReader(bytes.NewReader(raw[:50]), failingReader{}),
	} {
		got := s.Transmit(t.Context(), delivery(1, citizen), r, int64(len(raw)))
		if got.State != ticketing.DeliveryRetry || got.Recipient {
			t.Errorf("%s: %+v", name, got)
		}
	}
	addr := scripted(t, func(c net.Conn) {
		fmt.Fprint(c, "220 x\r\n250 x\r\n250 ok\r\n250 ok\r\n354 go\r\n")
		_, _ = io.CopyN(io.Discard, c, 100_000)
	})
	a := senderAccount(addr)
	a.SMTP.Auth = AuthAnonymous
	s2, _ := newSender(t, a)
	large := bytes.Repeat([]byte("red teksta\r\n"), 1<<20)
	if got := s2.Transmit(t.Context(), delivery(1, citizen), bytes.NewReader(large), int64(len(large))); got.State != ticketing.DeliveryRetry {
		t.Errorf("cut: %+v", got)
	}
	if list := inboxOf(t, o, citizen); len(list) != 0 {
		t.Errorf("%d mails arrived", len(list))
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("disk fault") }

// A kept connection that died meanwhile is replaced without a word.
func TestDeadConnection(t *testing.T) {
	t.Parallel()
	o := startOffice(t)
	p := startProxy(t, o.SMTPAddr(), func(n int) int64 {
		if n == 1 {
			return 1200
		}
		return -1
	})
	s, _ := newSender(t, senderAccount(p.addr))
	for n := range 12 {
		if got := transmit(t, s, delivery(n, citizen)); got.State != ticketing.DeliverySent && got.State != ticketing.DeliveryUnknown {
			t.Errorf("mail %d: %+v", n, got)
		}
	}
	if n := p.conns.Load(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

// F16: refused credentials are the operator's fault: the mail waits, and the
// server is left alone for a while.
func TestF16RefusedSending(t *testing.T) {
	t.Parallel()
	o := startOffice(t)
	p := startProxy(t, o.SMTPAddr(), func(int) int64 { return -1 })
	a := senderAccount(p.addr)
	a.SMTP.Password = SecretValue("wrong")
	s, _ := newSender(t, a)
	for range 5 {
		got := transmit(t, s, delivery(1, citizen))
		if got.State != ticketing.DeliveryRetry || got.Recipient || !strings.Contains(got.Reply, "refused") {
			t.Errorf("%+v", got)
		}
	}
	if n := p.conns.Load(); n != 1 {
		t.Errorf("%d sign-ins were tried, want 1", n)
	}
}

// A76, A77: an address is one address or nothing.
func TestA76Address(t *testing.T) {
	t.Parallel()
	o := startOffice(t)
	s, _ := newSender(t, senderAccount(o.SMTPAddr()))
	for _, to := range []string{
		"", "ana", "ana@gradjani.me>\r\nRCPT TO:<marko@gradjani.me", "ana@gradjani.me,marko@gradjani.me", "<ana@gradjani.me>", "Ana <ana@gradjani.me>",
		"ana@gradjani.me NOTIFY=NEVER", "\"a b\"@gradjani.me", "@gradjani.me", "ana@", "|sh@gradjani.me;ls", strings.Repeat("a", 250) + "@x.me",
	} {
		if got := transmit(t, s, delivery(1, to)); got.State != ticketing.DeliveryFailed || !got.Recipient {
			t.Errorf("%q: %+v", to, got)
		}
	}
	if got := transmit(t, s, delivery(1, "ana+a`$x|ls@gradjani.me")); got.State != ticketing.DeliverySent {
		t.Errorf("odd but right address: %+v", got)
	}
}

// A cancelled call ends, and says that nothing is known when it was late.
func TestTransmitCancelled(t *testing.T) {
	t.Parallel()
	o := startOffice(t)
	s, _ := newSender(t, senderAccount(o.SMTPAddr()))
	for stage, want := range map[postoffice.Stage]ticketing.DeliveryState{
		postoffice.StageRcpt: ticketing.DeliveryRetry, postoffice.StageAnswer: ticketing.DeliveryUnknown,
	} {
		o.Inject(postoffice.Fault{At: stage, Wait: 2 * time.Second, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		raw := composed(1)
		begin := time.Now()
		got := s.Transmit(ctx, delivery(1, citizen), bytes.NewReader(raw), int64(len(raw)))
		cancel()
		if got.State != want || time.Since(begin) > time.Second {
			t.Errorf("%s: %+v after %v", stage, got, time.Since(begin))
		}
	}
}
