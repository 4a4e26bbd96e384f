package email

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sistem48/system48/ticketing"
)

// maxAddressField bounds how much of an address field is read, in bytes:
// recipients beyond it would not be kept anyway.
const maxAddressField = 64 << 10

// An addressList is an address field taken apart.
type addressList struct {
	parties []ticketing.Party
	cut     bool // there were more than asked for
	doubt   bool // something in the field can be read in two ways
}

// parseAddresses reads up to max mailboxes of a From, To, Cc, Sender or
// Reply-To field. It understands what RFC 5322 §3.4 allows — quoted names,
// comments, groups, routes — and what programs write instead: names and
// addresses without brackets, raw 8-bit names, semicolons, encoded words around
// the whole thing. What has no address with an @ is left out.
func parseAddresses(v string, max int) addressList {
	var l addressList
	l.cut = len(v) > maxAddressField
	items, rest := splitMailboxes(clip(v, maxAddressField), 4*max+16)
	l.cut = l.cut || rest
	for _, it := range items {
		p, doubt, ok := it.party()
		if !ok {
			continue
		}
		l.doubt = l.doubt || doubt
		if len(l.parties) == max {
			l.cut = true
			break
		}
		l.parties = append(l.parties, p)
	}
	if len(l.parties) == 0 && strings.Contains(v, "=?") && !strings.Contains(v, "@") {
		if whole := decodeWords(clip(v, maxAddressField)); strings.Contains(whole, "@") && !strings.Contains(whole, "=?") {
			return parseAddresses(whole, max)
		}
	}
	return l
}

// A rawMailbox is one item of an address field before anything is decoded.
type rawMailbox struct {
	text    string // words outside brackets and comments, quotes removed
	addr    string // what stood in angle brackets
	comment string
	angles  int // how many bracketed addresses there were
}

// A mailboxScan cuts an address field at its commas and semicolons, knowing
// quotes, comments, brackets and groups.
type mailboxScan struct {
	items []rawMailbox
	it    rawMailbox
	text  strings.Builder
}

// splitMailboxes gives up to max items of an address field.
func splitMailboxes(v string, max int) (items []rawMailbox, more bool) {
	var s mailboxScan
	for v != "" {
		if len(s.items) >= max {
			return s.items, true
		}
		n := 1
		switch v[0] {
		case '"':
			text, rest := cutQuoted(v[1:])
			s.text.WriteString(text)
			n = len(v) - len(rest)
		case '(':
			var text string
			text, n = cutComment(v)
			if len(s.it.comment) < maxHeadValue {
				s.it.comment = strings.TrimSpace(s.it.comment + " " + text)
			}
		case '<':
			n = s.angle(v)
		case ',', ';':
			s.flush()
		case ':':
			// The name of a group, unless it belongs to an address ("mailto:").
			if s.it.addr == "" && !strings.Contains(s.text.String(), "@") {
				s.text.Reset()
				s.it = rawMailbox{}
			}
		case '>':
		default:
			s.text.WriteByte(v[0])
		}
		v = v[n:]
	}
	s.flush()
	return s.items, false
}

// flush ends an item.
func (s *mailboxScan) flush() {
	s.it.text = strings.TrimSpace(s.text.String())
	if s.it.text != "" || s.it.addr != "" || s.it.comment != "" {
		s.items = append(s.items, s.it)
	}
	s.it = rawMailbox{}
	s.text.Reset()
}

// angle reads a bracketed address at the beginning of v and gives its length.
// A missing closing bracket ends with the item.
func (s *mailboxScan) angle(v string) int {
	in := v[1:]
	end := strings.IndexAny(in, ">,;<\"")
	if end < 0 {
		end = len(in)
	} else if in[end] == '"' || in[end] != '>' && strings.HasPrefix(in, "@") {
		// A quoted local part, or a source route with its commas.
		if e := strings.IndexByte(in[:min(len(in), 1000)], '>'); e >= 0 && !strings.Contains(in[:e], "<") {
			end = e
		}
	}
	a := strings.TrimSpace(in[:end])
	if strings.Contains(a, "@") || s.it.addr == "" {
		if !strings.Contains(s.it.addr, "@") {
			s.it.addr = a
		}
		if a != "" {
			s.it.angles++
		}
	}
	return 1 + end
}

// cutComment reads a nested comment at the beginning of s and gives its text
// and its length.
func cutComment(s string) (text string, n int) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			depth--
			if depth == 0 {
				return s[1:i], i + 1
			}
		}
	}
	return s[1:], len(s)
}

// party decodes an item; ok is false when it has no usable address, doubt true
// when another address than the one taken stands in it.
func (m rawMailbox) party() (p ticketing.Party, doubt, ok bool) {
	addr, name := m.addr, m.text
	doubt = m.angles > 1
	if !strings.Contains(addr, "@") {
		// "Pero Peric pero@ex.me", or the address alone: the last word with an @.
		addr, name = lastAddress(m.text)
	}
	a, ok := cleanAddress(addr)
	if !ok {
		return ticketing.Party{}, false, false
	}
	if name == "" {
		name = m.comment
	}
	name = strings.Trim(cleanLine(decodeWords(clip(name, maxHeadValue)), ticketing.MaxName), `'" `)
	if strings.EqualFold(name, a) {
		name = ""
	}
	if strings.IndexByte(name, '@') >= 0 {
		// A name that is somebody else's address is there to be taken for it.
		for w := range strings.FieldsSeq(name) {
			if other, isAddress := cleanAddress(w); isAddress && other != a {
				doubt = true
			}
		}
	}
	return ticketing.Party{Name: name, Address: a}, doubt, true
}

// lastAddress splits words without brackets into the last one with an @ and the
// rest, which is taken for a name.
func lastAddress(text string) (addr, name string) {
	words := strings.Fields(text)
	for i := len(words) - 1; i >= 0; i-- {
		if strings.Contains(words[i], "@") {
			return words[i], strings.Join(append(words[:i:i], words[i+1:]...), " ")
		}
	}
	return "", ""
}

// cleanAddress brings an address to the form in which it is compared and
// stored: lower case, without brackets, mailto: and white space. ok is false
// when it could not be written to: more or fewer than one @, characters that
// have a meaning in headers, empty or overlong sides.
func cleanAddress(s string) (string, bool) {
	s = strings.Trim(strings.TrimSpace(s), `<>"',;.`)
	if i := strings.LastIndexByte(s, ':'); strings.HasPrefix(s, "@") && i > 0 {
		s = s[i+1:] // a source route (RFC 5322 §4.4)
	}
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if strings.HasPrefix(s, "=?") {
		s = decodeWords(s)
	}
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 || len(s) > ticketing.MaxAddress || at > 64 || !utf8.ValidString(s) {
		return "", false
	}
	local, domain := strings.Trim(s[:at], `"`), strings.TrimSuffix(s[at+1:], ".")
	if local == "" || !validDomain(domain) {
		return "", false
	}
	for _, r := range local {
		if r <= ' ' || hiddenRune(r) || unicode.IsSpace(r) || strings.ContainsRune("()<>[]:;@\\,\"", r) {
			return "", false
		}
	}
	return strings.ToLower(local + "@" + domain), true
}

func validDomain(d string) bool {
	if d == "" || strings.Contains(d, "..") || d[0] == '.' || d[0] == '-' {
		return false
	}
	if d[0] == '[' {
		return strings.HasSuffix(d, "]") && strings.Trim(d[1:len(d)-1], "0123456789abcdefABCDEFIPpv.:") == ""
	}
	for _, r := range d {
		if r < 0x80 && !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '.' || r == '_') {
			return false
		}
		if r >= 0x80 && (hiddenRune(r) || unicode.IsSpace(r) || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)) {
			return false
		}
	}
	return true
}

// sender gives who wrote a mail, as far as its header tells: From, else Sender,
// Reply-To, Return-Path, else anything in From that looks like an address. The
// name stays even when no address can be found. notes names what was odd.
func sender(h mailHeader) (p ticketing.Party, notes []string) {
	froms := h.all("from")
	for _, name := range []string{"from", "sender", "reply-to", "return-path"} {
		l := parseAddresses(h.get(name), 4)
		if len(l.parties) == 0 {
			continue
		}
		p = l.parties[0]
		if name != "from" {
			notes = append(notes, noteFromMissing)
			if n := fromName(froms); n != "" {
				p.Name = n
			}
		} else if l.doubt || distinctAddresses(l.parties) > 1 {
			notes = append(notes, noteTwoFrom)
		}
		break
	}
	if len(froms) > 1 && len(notes) == 0 && !sameStrings(froms) {
		notes = append(notes, noteTwoFrom)
	}
	if p.Address == "" {
		notes = append(notes, noteFromMissing)
		for _, w := range strings.FieldsFunc(h.get("from"), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>()[],;:\"'", r) }) {
			if a, ok := cleanAddress(w); ok {
				p.Address = a
			}
		}
		p.Name = fromName(froms)
	}
	return p, notes
}

func sameStrings(vs []string) bool {
	for _, v := range vs[1:] {
		if v != vs[0] {
			return false
		}
	}
	return true
}

func distinctAddresses(ps []ticketing.Party) int {
	seen := map[string]bool{}
	for _, p := range ps {
		seen[p.Address] = true
	}
	return len(seen)
}

// fromName gives a name out of a From field that has no usable address.
func fromName(froms []string) string {
	if len(froms) == 0 {
		return ""
	}
	name, _, _ := strings.Cut(froms[0], "<")
	name, _, _ = strings.Cut(name, ":")
	return strings.Trim(cleanLine(decodeWords(clip(name, 4*ticketing.MaxName)), ticketing.MaxName), `"' `)
}
