package email

import (
	"bytes"
	"strings"
)

// Bounds on the header block of one mail. Beyond them a mail is not taken apart.
const (
	maxHeadBytes = 1 << 20
	maxHeadLines = 2000
)

// A headField is one header field: its lower-case name and its unfolded,
// trimmed, undecoded body.
type headField struct {
	name  string
	value string
}

// A mailHeader is the header of a mail in the order in which it stood there:
// the order is what tells trace fields of the city's server from forged ones.
type mailHeader []headField

// get gives the first field of the lower-case name, or "".
func (h mailHeader) get(name string) string {
	for i := range h {
		if h[i].name == name {
			return h[i].value
		}
	}
	return ""
}

// has reports whether a field of the lower-case name is there, be it empty.
func (h mailHeader) has(name string) bool {
	for i := range h {
		if h[i].name == name {
			return true
		}
	}
	return false
}

// all gives the bodies of every field of the lower-case name, topmost first.
func (h mailHeader) all(name string) []string {
	var vs []string
	for i := range h {
		if h[i].name == name {
			vs = append(vs, h[i].value)
		}
	}
	return vs
}

// fieldName gives the lower-case name of a header line and the offset of what
// follows its colon; ok is false when the line is no header field. Spaces
// before the colon are tolerated, as many old programs write them.
func fieldName(line []byte) (name string, at int, ok bool) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || colon > 200 {
		return "", 0, false
	}
	n := bytes.TrimRight(line[:colon], " \t")
	if len(n) == 0 {
		return "", 0, false
	}
	for _, c := range n {
		if c <= ' ' || c >= 0x7f {
			return "", 0, false
		}
	}
	return lowerName(n), colon + 1, true
}

// commonNames spares an allocation for each of the names nearly every mail has.
var commonNames = func() map[string]string {
	m := map[string]string{}
	for _, n := range strings.Fields(`From To Cc Subject Date Message-ID Message-Id Received Return-Path Delivered-To
		MIME-Version Mime-Version Content-Type Content-Transfer-Encoding Content-Disposition Content-ID Content-Id
		Reply-To Sender In-Reply-To References DKIM-Signature Authentication-Results X-Mailer User-Agent
		Auto-Submitted Precedence List-Id X-Spam-Flag X-Spam-Status X-Original-To Envelope-To Received-SPF
		ARC-Seal ARC-Message-Signature ARC-Authentication-Results X-Received`) {
		m[n] = strings.ToLower(n)
	}
	return m
}()

func lowerName(n []byte) string {
	if s, ok := commonNames[string(n)]; ok {
		return s
	}
	return strings.ToLower(string(n))
}

// knownHeadStart reports whether the line begins with a field that marks a
// mail's header beyond doubt: it tells a broken header from a body that begins
// without the blank line.
func knownHeadStart(line []byte) bool {
	name, _, ok := fieldName(line)
	if !ok {
		return false
	}
	switch name {
	case "from", "to", "cc", "subject", "date", "message-id", "received", "mime-version", "content-type",
		"content-transfer-encoding", "return-path", "reply-to", "sender", "in-reply-to", "references",
		"dkim-signature", "delivered-to", "x-mailer", "user-agent":
		return true
	}
	return false
}
