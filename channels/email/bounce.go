package email

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/jhillyerd/enmime/v2/dsn"

	"github.com/sistem48/system48/ticketing"
)

// Bounds on what is read of a delivery report.
const (
	maxReports    = 50
	maxReportText = 500      // characters of a diagnostic
	maxBounceText = 64 << 10 // bytes of a free-form report that are searched
)

// reports reads what a bounce says of each recipient. The form of RFC 3464 is
// read where it is kept to, at whatever place of the mail; free text otherwise.
func reports(h mailHeader, t *mimeTree, text string) []ticketing.Report {
	var out []ticketing.Report
	if t != nil {
		out = dsnReports(t)
	}
	messageID := returnedID(t)
	if len(out) == 0 {
		out = freeReports(h, text)
		if messageID == "" {
			messageID = ownIDInText(text)
		}
	}
	for i := range out {
		if out[i].MessageID == "" {
			out[i].MessageID = messageID
		}
	}
	return out
}

// statusFields is one block of fields of a delivery-status part.
type statusFields interface{ Get(name string) string }

// headFields lets a mailHeader be read like the library's header.
type headFields struct{ mailHeader }

// Get gives the first field of the name.
func (h headFields) Get(name string) string { return h.get(strings.ToLower(name)) }

// dsnReports reads the delivery-status parts of a mail.
func dsnReports(t *mimeTree) []ticketing.Report {
	for _, l := range t.leaves {
		if l.part != nil {
			l.part.Content, _ = l.decode() // the report reader knows no transfer encodings
		}
	}
	if t.root != nil {
		if r, err := dsn.ParseReport(t.root); err == nil && r != nil && len(r.DeliveryStatus.RecipientDSNs) > 0 {
			var message, recipients []statusFields
			for _, m := range r.DeliveryStatus.MessageDSNs {
				message = append(message, m)
			}
			for _, m := range r.DeliveryStatus.RecipientDSNs {
				recipients = append(recipients, m)
			}
			if out := statusReports(message, recipients); len(out) > 0 {
				return out
			}
		}
	}
	for _, l := range t.leaves {
		if l.media != "message/delivery-status" && l.media != "message/global-delivery-status" {
			continue
		}
		b, _ := l.decode()
		var blocks []statusFields
		for _, block := range bytes.Split(bytes.ReplaceAll(b[:min(len(b), maxHeadBytes)], []byte("\r\n"), []byte("\n")), []byte("\n\n")) {
			if s := scrub(block); len(s.head) > 0 && len(blocks) < 2*maxReports {
				blocks = append(blocks, headFields{s.head})
			}
		}
		if out := statusReports(blocks, blocks); len(out) > 0 {
			return out
		}
	}
	return nil
}

// statusReports makes a report of each recipient block. What happened is told
// by Action alone: servers write Status: 4.0.0 for failures and 5.x for delays.
func statusReports(message, recipients []statusFields) []ticketing.Report {
	envelope := ""
	for _, m := range message {
		if v := m.Get("Original-Envelope-Id"); v != "" {
			envelope = cleanLine(xtextDecode(v), maxReportText)
			break
		}
	}
	var out []ticketing.Report
	for _, m := range recipients {
		action := strings.ToLower(strings.TrimSpace(m.Get("Action")))
		final := m.Get("Final-Recipient")
		if final == "" {
			final = m.Get("Original-Recipient")
		}
		if action == "" && final == "" || len(out) == maxReports {
			continue
		}
		action, _, _ = strings.Cut(action, " ")
		out = append(out, ticketing.Report{
			Recipient:  typedAddress(final),
			Failed:     action == "failed" || action == "" && strings.HasPrefix(strings.TrimSpace(m.Get("Status")), "5"),
			Status:     statusCode(m.Get("Status")),
			Text:       cleanLine(rawHeaderText(afterType(m.Get("Diagnostic-Code"))), maxReportText),
			EnvelopeID: envelope,
		})
	}
	return out
}

// typedAddress reads "rfc822; Pero@ex.me".
func typedAddress(v string) string {
	l := parseAddresses(afterType(v), 1)
	if len(l.parties) == 0 {
		return ""
	}
	return l.parties[0].Address
}

func afterType(v string) string {
	if kind, rest, ok := strings.Cut(v, ";"); ok && len(kind) < 20 {
		return strings.TrimSpace(rest)
	}
	return strings.TrimSpace(v)
}

// xtextDecode undoes RFC 3461 §4: +XX for a byte.
func xtextDecode(v string) string {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] == '+' && i+2 < len(v) && isHex(v[i+1]) && isHex(v[i+2]) {
			b.WriteByte(unhex(v[i+1])<<4 | unhex(v[i+2]))
			i += 2
			continue
		}
		b.WriteByte(v[i])
	}
	return b.String()
}

var (
	statusPattern = regexp.MustCompile(`(?:^|[^0-9.])([245]\.\d{1,3}\.\d{1,3})(?:[^0-9.]|$)`)
	bouncePattern = regexp.MustCompile(`[A-Za-z0-9._%+=-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)
	ownIDPattern  = regexp.MustCompile(`s48\.\d{1,18}\.[a-z2-7]{16}@[A-Za-z0-9.-]+`)
)

func statusCode(v string) string {
	if m := statusPattern.FindStringSubmatch(v); m != nil {
		return m[1]
	}
	return ""
}

// freeReports reads a report that was written for people only: the recipients
// that the server names and what it says about them.
func freeReports(h mailHeader, text string) []ticketing.Report {
	text = cutUTF8(text, maxBounceText)
	failed := !isDelay(h, text)
	var addresses []string
	for _, v := range h.all("x-failed-recipients") {
		for _, p := range parseAddresses(v, maxReports).parties {
			addresses = append(addresses, p.Address)
		}
	}
	if len(addresses) == 0 {
		// The first address in the text is the one it is about.
		for _, a := range bouncePattern.FindAllString(text, 20) {
			if c, ok := cleanAddress(a); ok && !ownIDPattern.MatchString(a) && !robotAddress(c) {
				addresses = append(addresses, c)
				break
			}
		}
	}
	if len(addresses) == 0 {
		addresses = []string{""}
	}
	var out []ticketing.Report
	for _, a := range addresses[:min(len(addresses), maxReports)] {
		out = append(out, ticketing.Report{
			Recipient: a, Failed: failed, Status: statusCode(text), Text: cleanLine(diagnosticIn(text), maxReportText),
		})
	}
	return out
}

// isDelay reports whether a free-form report only says that the server is still
// trying.
func isDelay(h mailHeader, text string) bool {
	s := strings.ToLower(clip(h.get("subject"), 300) + "\n" + clip(text, 4000))
	for _, p := range []string{"delayed", "will be retried", "will retry", "still being retried", "warning: message", "action: delayed", "temporary", "not yet been delivered"} {
		if strings.Contains(s, p) {
			return !strings.Contains(s, "permanent")
		}
	}
	return false
}

// diagnosticIn gives the line of a free-form report that quotes the server.
func diagnosticIn(text string) string {
	for line := range strings.SplitSeq(text, "\n") {
		t := strings.TrimSpace(line)
		if statusPattern.MatchString(t) || strings.HasPrefix(t, "550 ") || strings.HasPrefix(t, "554 ") {
			return t
		}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return first
}

// returnedID gives the Message-ID of the mail that a report brings back, whole
// or only its header.
func returnedID(t *mimeTree) string {
	if t == nil {
		return ""
	}
	for _, l := range t.leaves {
		switch l.media {
		case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers", "message/rfc822-headers":
			b, _ := l.decode()
			if id := cutMessageID(scrub(b[:min(len(b), maxHeadBytes)]).head.get("message-id")); id != "" {
				return id
			}
		}
	}
	return ""
}

// ownIDInText finds a Message-ID of the form of ours in a report that quotes the
// returned mail as plain text.
func ownIDInText(text string) string {
	return ownIDPattern.FindString(cutUTF8(text, maxBounceText))
}
