package postoffice

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/mail"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// returned is the local part whose mail is taken and comes back: bounce@ and
// bounce+anything@ of any domain of the office.
const returned = "bounce"

// A serial numbers mails.
type serial struct {
	mu sync.Mutex
	n  int
}

func (s *serial) next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	return s.n
}

// stamp puts the office's own fields above a mail, and takes away those that
// pretend to be (RFC 8601 §5).
func (t *transaction) stamp(r recipient, raw []byte) []byte {
	o := t.office
	var b bytes.Buffer
	b.Grow(len(raw) + 512)
	fmt.Fprintf(&b, "Return-Path: <%s>\r\n", t.from)
	fmt.Fprintf(&b, "Delivered-To: %s\r\n", strings.ToLower(r.address))
	fmt.Fprintf(&b, "Authentication-Results: %s; %s\r\n", o.host, t.verdict(raw))
	fmt.Fprintf(&b, "Received: from %s by %s with ESMTP id %06d; %s\r\n",
		helloName(t.conn), o.host, o.serial.next(), o.now().Format(time.RFC1123Z))
	b.Write(withoutOwnResults(raw, o.host))
	return b.Bytes()
}

func helloName(c *smtp.Conn) string {
	if c == nil || c.Hostname() == "" {
		return "localhost"
	}
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 127 {
			return r
		}
		return -1
	}, c.Hostname())
}

// verdict says what the office knows about the sender: the owner of an account
// is genuine when signed in, and from this machine also without, unless the
// account is protected. Of other domains nothing is known.
func (t *transaction) verdict(raw []byte) string {
	from := headerFrom(raw)
	_, domain, _ := strings.Cut(from, "@")
	a := t.office.find(from)
	switch {
	case !t.office.domains[domain]:
		return "dmarc=none header.from=" + tokenOr(domain, "unknown")
	case t.signed != nil && a == t.signed, t.signed == nil && a != nil && !a.Protected:
		return "auth=pass; dmarc=pass header.from=" + domain
	}
	return "dmarc=fail header.from=" + domain
}

func tokenOr(s, instead string) string {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-' {
			return instead
		}
	}
	if s == "" {
		return instead
	}
	return s
}

// headerFrom is the address in the From field, "" when there is not exactly one.
func headerFrom(raw []byte) string {
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil || len(msg.Header["From"]) != 1 {
		return ""
	}
	list, err := msg.Header.AddressList("From")
	if err != nil || len(list) != 1 {
		return ""
	}
	return strings.ToLower(list[0].Address)
}

// withoutOwnResults removes Authentication-Results that claim to be the
// office's.
func withoutOwnResults(raw []byte, host string) []byte {
	end := bytes.Index(raw, []byte("\r\n\r\n"))
	if end < 0 {
		end = len(raw)
	}
	var kept []byte
	drop := false
	for _, line := range bytes.SplitAfter(raw[:end], []byte("\n")) {
		if len(line) == 0 || line[0] != ' ' && line[0] != '\t' {
			drop = ownResult(line, host)
		}
		if !drop {
			kept = append(kept, line...)
		}
	}
	return append(kept, raw[end:]...)
}

func ownResult(line []byte, host string) bool {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || !strings.EqualFold(strings.TrimSpace(string(name)), "Authentication-Results") {
		return false
	}
	id, _, _ := strings.Cut(strings.TrimSpace(string(value)), ";")
	id, _, _ = strings.Cut(id, " ")
	// A folded value hides its id on the next line: such a field goes as well.
	return id == "" || strings.EqualFold(id, host)
}

// bounce returns a mail to its sender with a report (RFC 3464), unless it is
// itself a report or the sender wants none.
func (o *Office) bounce(t *transaction, r recipient, raw []byte) {
	if t.from == "" || !wantsReport(r.options.Notify) {
		return
	}
	back := o.find(t.from)
	if back == nil {
		return
	}
	boundary := randomName()
	now := o.now()
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("From: Mail Delivery System <MAILER-DAEMON@%s>", o.host)
	line("To: <%s>", t.from)
	line("Subject: Undelivered Mail Returned to Sender")
	line("Date: %s", now.Format(time.RFC1123Z))
	line("Message-ID: <%s@%s>", randomName(), o.host)
	line("Auto-Submitted: auto-replied")
	line("MIME-Version: 1.0")
	line("Content-Type: multipart/report; report-type=delivery-status; boundary=%q", boundary)
	line("")
	line("--%s\r\nContent-Type: text/plain; charset=utf-8\r\n", boundary)
	line("This is the mail system at host %s.\r\n\r\n<%s>: no such mailbox here\r\n", o.host, r.address)
	line("--%s\r\nContent-Type: message/delivery-status\r\n", boundary)
	line("Reporting-MTA: dns; %s", o.host)
	if t.mail.EnvelopeID != "" {
		line("Original-Envelope-Id: %s", t.mail.EnvelopeID)
	}
	line("Arrival-Date: %s\r\n", now.Format(time.RFC1123Z))
	if r.options.OriginalRecipient != "" {
		line("Original-Recipient: rfc822; %s", r.options.OriginalRecipient)
	}
	line("Final-Recipient: rfc822; %s", r.address)
	line("Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such mailbox\r\n")
	line("--%s\r\nContent-Type: text/rfc822-headers\r\n", boundary)
	b.Write(headerOf(raw))
	line("\r\n--%s--", boundary)
	report := &transaction{office: o, conn: t.conn}
	to := recipient{address: t.from, account: back}
	if err := o.Append(back.Address, inbox, report.stamp(to, b.Bytes())); err != nil {
		o.log.Warn("report not delivered", "err", err)
	}
}

// wantsReport reads NOTIFY (RFC 3461 §4.1): nothing said means failures.
func wantsReport(notify []smtp.DSNNotify) bool {
	for _, n := range notify {
		if n == smtp.DSNNotifyFailure {
			return true
		}
	}
	return len(notify) == 0
}

func headerOf(raw []byte) []byte {
	if end := bytes.Index(raw, []byte("\r\n\r\n")); end >= 0 {
		return raw[:end+2]
	}
	return nil
}

func randomName() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
