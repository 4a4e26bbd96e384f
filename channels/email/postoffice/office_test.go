package postoffice

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/sistem48/system48/ticketing"
)

const (
	bureau = "sistem48@demo.me"
	ana    = "ana@gradjani.me"
)

func start(t *testing.T) *Office {
	t.Helper()
	return startAt(t, time.Now)
}

func startAt(t *testing.T, now func() time.Time) *Office {
	t.Helper()
	o, err := Start(t.Context(), Config{
		Accounts: []Account{{Address: bureau, Password: "b", Protected: true}, {Address: ana, Password: "a"}, {Address: "marko@gradjani.me", Password: "m"}},
		Now:      now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

// send hands a mail over, signed in when a password is given.
func send(t *testing.T, o *Office, from, password, to, raw string) error {
	t.Helper()
	c, err := smtp.Dial(o.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if password != "" {
		if err := c.Auth(sasl.NewPlainClient("", from, password)); err != nil {
			return err
		}
	}
	return c.SendMail(from, []string{to}, strings.NewReader(raw))
}

func messages(t *testing.T, o *Office, address, folder string) []Message {
	t.Helper()
	list, err := o.Messages(t.Context(), address, folder, 50)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func mailFrom(from string) string {
	return "From: " + from + "\r\nSubject: proba\r\nMessage-ID: <1@x>\r\n\r\nZdravo\r\n"
}

func code(err error) int {
	var said *smtp.SMTPError
	if errors.As(err, &said) {
		return said.Code
	}
	return 0
}

func TestDelivery(t *testing.T) {
	t.Parallel()
	o := start(t)
	for _, tt := range []struct {
		name, from, password, to string
		code                     int
	}{
		{"own account", ana, "a", bureau, 0},
		{"without sign-in", ana, "", bureau, 0},
		{"tagged address", ana, "", "sistem48+t812.abc@demo.me", 0},
		{"capitals", ana, "", "SISTEM48@Demo.me", 0},
		{"unknown account", ana, "a", "niko@demo.me", 550},
		{"no relay", ana, "a", "neko@primjer.com", 550},
		{"no relay without sign-in", "x@primjer.com", "", "neko@primjer.com", 550},
		{"wrong password", ana, "x", bureau, 535},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := code(send(t, o, tt.from, tt.password, tt.to, mailFrom(tt.from))); got != tt.code {
				t.Errorf("code %d, want %d", got, tt.code)
			}
		})
	}
	list := messages(t, o, bureau, "INBOX")
	if len(list) != 4 {
		t.Fatalf("%d mails, want 4", len(list))
	}
	if raw := string(list[1].Raw); !strings.Contains(raw, "Delivered-To: sistem48+t812.abc@demo.me\r\n") || !strings.HasSuffix(raw, "\r\n\r\nZdravo\r\n") {
		t.Errorf("mail %q", raw)
	}
	if list[0].UID <= list[1].UID || list[0].Seen || time.Since(list[0].ReceivedAt) > time.Minute {
		t.Errorf("message %+v", list[0])
	}
}

// The office says what it knows about the sender, and takes away what others
// say in its name.
func TestAuthenticationResults(t *testing.T) {
	t.Parallel()
	o := start(t)
	forged := "Authentication-Results: post.localhost;\r\n dmarc=pass header.from=demo.me\r\nauthentication-results:\r\n post.localhost; dmarc=pass\r\nAuthentication-Results: elsewhere; spf=pass\r\n"
	for _, tt := range []struct{ name, from, password, header, want string }{
		{"citizen", ana, "", ana, "dmarc=pass header.from=gradjani.me"},
		{"citizen, signed in", ana, "a", "Ana <" + ana + ">", "dmarc=pass header.from=gradjani.me"},
		{"citizen as another", ana, "a", "marko@gradjani.me", "dmarc=fail header.from=gradjani.me"},
		{"somebody as the bureau", "x@primjer.com", "", bureau, "dmarc=fail header.from=demo.me"},
		{"the bureau", bureau, "b", bureau, "dmarc=pass header.from=demo.me"},
		{"unknown in our domain", ana, "", "niko@demo.me", "dmarc=fail header.from=demo.me"},
		{"stranger", "x@primjer.com", "", "x@primjer.com", "dmarc=none header.from=primjer.com"},
		{"injection", "x@primjer.com", "", "\"a\" <x@\"; dmarc=pass\">", "dmarc=none header.from=unknown"},
	} {
		if err := send(t, o, tt.from, tt.password, bureau, forged+mailFrom(tt.header)); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		raw := string(messages(t, o, bureau, "INBOX")[0].Raw)
		head, _, _ := strings.Cut(raw, "\r\n\r\n")
		if n := strings.Count(head, "post.localhost;"); n != 1 || !strings.Contains(head, tt.want+"\r\n") {
			t.Errorf("%s: %s", tt.name, head)
		}
		if !strings.Contains(head, "Authentication-Results: elsewhere") {
			t.Errorf("%s: another's result is gone", tt.name)
		}
	}
}

// A85: only CRLF.CRLF ends a mail.
func TestA85Smuggling(t *testing.T) {
	t.Parallel()
	o := start(t)
	conn, err := net.Dial("tcp", o.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	r := textproto.NewReader(bufio.NewReader(conn))
	if _, _, err := r.ReadResponse(220); err != nil {
		t.Fatal(err)
	}
	say := func(want int, format string, args ...any) {
		t.Helper()
		fmt.Fprintf(conn, format+"\r\n", args...)
		if _, _, err := r.ReadResponse(want); err != nil {
			t.Fatal(err)
		}
	}
	say(250, "EHLO x")
	say(250, "MAIL FROM:<%s>", ana)
	say(250, "RCPT TO:<%s>", bureau)
	say(354, "DATA")
	smuggled := "MAIL FROM:<uprava@demo.me>\r\nRCPT TO:<sistem48@demo.me>\r\nDATA\r\nFrom: uprava@demo.me\r\n\r\nlazno\r\n"
	var body strings.Builder
	for _, end := range []string{"\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\n.\r"} {
		body.WriteString("tekst" + end + smuggled)
	}
	say(250, "%s%s.", mailFrom(ana), body.String())
	say(221, "QUIT")
	if list := messages(t, o, bureau, "INBOX"); len(list) != 1 || strings.Count(string(list[0].Raw), "lazno") != 6 {
		t.Errorf("%d mails", len(list))
	}
}

// What is beyond the limit is refused, by its announcement or by its bytes.
func TestSizeLimit(t *testing.T) {
	t.Parallel()
	o := start(t)
	big := mailFrom(ana) + strings.Repeat(strings.Repeat("x", 998)+"\r\n", MaxMessageBytes/1000+1)
	if got := code(send(t, o, ana, "", bureau, big)); got != 552 {
		t.Errorf("code %d, want 552", got)
	}
	if err := o.Append(bureau, "INBOX", []byte(big)); !errors.Is(err, ticketing.TooLarge) {
		t.Errorf("Append() = %v", err)
	}
	if list := messages(t, o, bureau, "INBOX"); len(list) != 0 {
		t.Errorf("%d mails", len(list))
	}
}

// A mail to bounce@ comes back with a report that names the envelope.
func TestBounce(t *testing.T) {
	t.Parallel()
	o := start(t)
	c, err := smtp.Dial(o.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	transmit := func(from string, notify smtp.DSNNotify) {
		t.Helper()
		if err := c.Mail(from, &smtp.MailOptions{EnvelopeID: "s48.77.abc@demo.me", Return: smtp.DSNReturnHeaders}); err != nil {
			t.Fatal(err)
		}
		if err := c.Rcpt("bounce+1@gradjani.me", &smtp.RcptOptions{Notify: []smtp.DSNNotify{notify}}); err != nil {
			t.Fatal(err)
		}
		w, err := c.Data()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, mailFrom(bureau)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	transmit(bureau, smtp.DSNNotifyFailure)
	transmit(bureau, smtp.DSNNotifyNever)
	transmit("", smtp.DSNNotifyFailure)
	list := messages(t, o, bureau, "INBOX")
	if len(list) != 1 {
		t.Fatalf("%d reports, want 1", len(list))
	}
	for _, want := range []string{"Return-Path: <>", "Original-Envelope-Id: s48.77.abc@demo.me", "Final-Recipient: rfc822; bounce+1@gradjani.me", "Action: failed", "Message-ID: <1@x>", "report-type=delivery-status"} {
		if !strings.Contains(string(list[0].Raw), want) {
			t.Errorf("the report lacks %q:\n%s", want, list[0].Raw)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	o := start(t)
	for _, tt := range []struct {
		name  string
		fault Fault
		code  int
		kept  int
	}{
		{"421 at MAIL", Fault{At: StageMail, Code: 421, Times: 1}, 421, 0},
		{"451 at RCPT", Fault{At: StageRcpt, Code: 451, Times: 1}, 451, 0},
		{"550 for another", Fault{At: StageRcpt, Recipient: ana, Code: 550}, 0, 1},
		{"550 at DATA", Fault{At: StageData, Code: 550, Times: 1}, 550, 1},
		{"hang up before", Fault{At: StageData, Drop: true, Times: 1}, 0, 1},
		{"hang up after", Fault{At: StageAnswer, Drop: true, Times: 1}, 0, 2},
	} {
		o.Inject(tt.fault)
		err := send(t, o, ana, "", bureau, mailFrom(ana))
		if code(err) != tt.code || (err == nil) != (tt.name == "550 for another") {
			t.Errorf("%s: %v", tt.name, err)
		}
		if got := len(messages(t, o, bureau, "INBOX")); got != tt.kept {
			t.Errorf("%s: %d mails, want %d", tt.name, got, tt.kept)
		}
	}
	begin := time.Now()
	o.Inject(Fault{At: StageRcpt, Wait: 200 * time.Millisecond, Times: 1})
	if err := send(t, o, ana, "", bureau, mailFrom(ana)); err != nil || time.Since(begin) < 200*time.Millisecond {
		t.Errorf("slow: %v after %v", err, time.Since(begin))
	}
}

// A mail program finds what it needs; UIDs of an earlier start mean nothing.
func TestIMAP(t *testing.T) {
	t.Parallel()
	var validity []uint32
	for i := range 2 {
		at := time.Now().Add(time.Duration(i) * time.Second)
		o := startAt(t, func() time.Time { return at })
		if err := o.Append(bureau, "INBOX", []byte(mailFrom(ana))); err != nil {
			t.Fatal(err)
		}
		c, err := imapclient.DialInsecure(o.IMAPAddr(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Login(bureau, "x").Wait(); err == nil {
			t.Error("a wrong password opens the mailbox")
		}
		if err := c.Login(bureau, "b").Wait(); err != nil {
			t.Fatal(err)
		}
		for _, want := range []imap.Cap{imap.CapIdle, imap.CapMove, imap.CapUIDPlus} {
			if !c.Caps().Has(want) {
				t.Errorf("no %s", want)
			}
		}
		if err := c.Create("Processed", nil).Wait(); err != nil {
			t.Fatal(err)
		}
		selected, err := c.Select("INBOX", nil).Wait()
		if err != nil {
			t.Fatal(err)
		}
		status, err := c.Status("INBOX", &imap.StatusOptions{UIDValidity: true}).Wait()
		if err != nil || status.UIDValidity != selected.UIDValidity {
			t.Errorf("STATUS says %v (%v), SELECT %d", status, err, selected.UIDValidity)
		}
		validity = append(validity, selected.UIDValidity)
		moved, err := c.Move(imap.UIDSetNum(1), "Processed").Wait()
		if err != nil {
			t.Fatal(err)
		}
		processed, err := c.Select("Processed", nil).Wait()
		if err != nil || processed.NumMessages != 1 || processed.UIDValidity != moved.UIDValidity {
			t.Errorf("after MOVE: %+v, %+v, %v", processed, moved, err)
		}
		if n := len(messages(t, o, bureau, "INBOX")); n != 0 {
			t.Errorf("%d mails left", n)
		}
	}
	if validity[1] <= validity[0] {
		t.Errorf("UIDVALIDITY %v", validity)
	}
}

// A client hears of a mail that came between its last command and IDLE.
func TestIdleMissesNothing(t *testing.T) {
	t.Parallel()
	o := start(t)
	news := make(chan uint32, 10)
	c, err := imapclient.DialInsecure(o.IMAPAddr(), &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				news <- *d.NumMessages
			}
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := errors.Join(c.Login(bureau, "b").Wait(), second(c.Select("INBOX", nil).Wait())); err != nil {
		t.Fatal(err)
	}
	for n := uint32(1); n <= 3; n++ {
		if err := errors.Join(c.Noop().Wait(), o.Append(bureau, "INBOX", []byte(mailFrom(ana)))); err != nil {
			t.Fatal(err)
		}
		idle, err := c.Idle()
		if err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-news:
			if got != n {
				t.Errorf("told of %d mails, want %d", got, n)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("nothing was told of mail %d", n)
		}
		if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
			t.Fatal(err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// An office closed in the moment it opens, by two at a time, is closed: neither
// server is left accepting on a port that nobody told it to close.
func TestClosedAtOnce(t *testing.T) {
	t.Parallel()
	for range 100 {
		o, err := Start(t.Context(), Config{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		closed := make(chan error, 2)
		for range cap(closed) {
			go func() { closed <- o.Close() }()
		}
		for range cap(closed) {
			select {
			case err := <-closed:
				if err != nil {
					t.Fatal(err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("an office closed at once serves on")
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	for name, cfg := range map[string]Config{
		"public IMAP":    {IMAPAddr: "0.0.0.0:0"},
		"public SMTP":    {SMTPAddr: "192.0.2.1:0"},
		"no port":        {SMTPAddr: "127.0.0.1"},
		"no domain":      {Accounts: []Account{{Address: "ana", Password: "x"}}},
		"empty password": {Accounts: []Account{{Address: ana}}},
	} {
		cfg.Now, cfg.Log = time.Now, log
		if o, err := Start(t.Context(), cfg); !errors.Is(err, ticketing.Invalid) {
			t.Errorf("%s: %v", name, err)
			if o != nil {
				_ = o.Close()
			}
		}
	}
	o := start(t)
	if err := o.Append("niko@demo.me", "INBOX", nil); !errors.Is(err, ticketing.NotFound) {
		t.Errorf("Append() = %v", err)
	}
	if err := o.Append(bureau, "Nema", nil); !errors.Is(err, ticketing.NotFound) {
		t.Errorf("Append() = %v", err)
	}
	if _, err := o.Messages(t.Context(), bureau, "Nema", 1); !errors.Is(err, ticketing.NotFound) {
		t.Errorf("Messages() = %v", err)
	}
}
