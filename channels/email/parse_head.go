package email

import (
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// maxHeadValue bounds how much of one unstructured field is decoded, in bytes.
const maxHeadValue = 8 << 10

// readHead fills in what the header tells.
func (p *Parser) readHead(h mailHeader, in *ticketing.Inbound) {
	from, notes := sender(h)
	in.From = from
	for _, n := range notes {
		addNote(in, n)
	}
	if _, ours := matchOwn(p.own, from.Address); ours {
		// Our own address is never a citizen, whoever put it there (A74).
		in.From.Address = ""
		addNote(in, noteFromOwn)
	}
	in.Subject = cleanLine(decodeWords(clip(h.get("subject"), maxHeadValue)), ticketing.MaxSubject)
	if l := parseAddresses(h.get("reply-to"), 1); len(l.parties) > 0 && l.parties[0].Address != from.Address {
		if _, ours := matchOwn(p.own, l.parties[0].Address); !ours {
			in.ReplyTo = l.parties[0].Address
		}
	}
	var cut bool
	in.To, in.Cc, cut = recipients(h, p.own)
	if cut {
		addNote(in, noteRecipientsCut)
	}
	in.Tokens = tokens(h, p.own)
	in.MessageID = cutMessageID(h.get("message-id"))
	in.References = references(h)
	in.SentAt = sentAt(h.get("date"))
	in.Spam = isSpam(h)
	in.Auth = p.authResult(h, p.trusted(in.Account), from.Address)
	if in.Auth == ticketing.AuthPass && slices.Contains(in.Notes, noteTwoFrom) {
		in.Auth = ticketing.AuthNone // nobody knows which of the senders passed (A71)
	}
}

// trusted gives the servers whose results count for an account, none for one
// that is not configured any more.
func (p *Parser) trusted(account string) []string {
	if a, ok := p.accounts[account]; ok {
		return a.TrustedAuthservIDs
	}
	return nil
}

// references gives the ids of In-Reply-To and References, newest first: a
// thread's newest mail is what an answer most probably answers.
func references(h mailHeader) []string {
	var ids []string
	for _, v := range h.all("in-reply-to") {
		ids = append(ids, messageIDs(v, ticketing.MaxReferences)...)
	}
	for _, v := range h.all("references") {
		// The newest stand at the end: of an overlong field that end is read.
		if over := len(v) - 128<<10; over > 0 {
			v = v[over:]
		}
		all := messageIDs(v, 4096)
		slices.Reverse(all)
		ids = append(ids, all...)
	}
	out := ids[:0]
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if !seen[id] && len(out) < ticketing.MaxReferences {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// dateForms are forms of the Date field that net/mail does not read.
var dateForms = []string{
	"Mon, 2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 06 15:04:05 -0700", "Mon Jan 2 15:04:05 2006",
	"Mon, 2 Jan 2006 15:04 -0700", "2006-01-02 15:04:05 -0700", time.RFC3339, "Mon, 2 Jan 2006 15:04:05", "2 Jan 2006 15:04:05", "Mon Jan 2 15:04:05 MST 2006",
}

// sentAt reads the Date field; zero when it says nothing usable. It is shown
// beside the time of receipt and nothing is counted from it (F18), so only what
// no calendar could show is refused.
func sentAt(v string) time.Time {
	v = strings.TrimSpace(clip(v, 200))
	t, err := mail.ParseDate(v)
	for i := 0; err != nil && i < len(dateForms); i++ {
		t, err = time.Parse(dateForms[i], strings.TrimSpace(plainTokens(v)))
	}
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return time.Time{}
	}
	return t.UTC()
}
