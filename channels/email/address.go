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
		p, ok := it.party()
		if !ok {
			continue
		}
		l.doubt = l.doubt || it.angles > 1
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
	quoted  bool   // the words were quoted: their commas and dots are a name's
	addr    string // what stood in angle brackets
	comment string
	angles  int // how many bracketed addresses there were
}

// splitMailboxes cuts an address field at its commas and semicolons, knowing
// quotes, comments, brackets and groups.
func splitMailboxes(v string, max int) (items []rawMailbox, more bool) {
	var it rawMailbox
	var text strings.Builder
	flush := func() {
		it.text = strings.TrimSpace(text.String())
		if it.text != "" || it.addr != "" || it.comment != "" {
			items = append(items, it)
		}
		it = rawMailbox{}
		text.Reset()
	}
	for i := 0; i < len(v); i++ {
		if len(items) >= max {
			return items, true
		}
		switch c := v[i]; c {
		case '"':
			s, rest := cutQuoted(v[i+1:])
			text.WriteString(s)
			it.quoted = true
			i = len(v) - len(rest) - 1
		case '(':
			s, n := cutComment(v[i:])
			it.comment = strings.TrimSpace(it.comment + " " + s)
			i += n - 1
		case '<':
			end := strings.IndexAny(v[i+1:], ">,;<\"")
			switch {
			case end < 0:
				end = len(v) - i - 1
			case v[i+1+end] == '"': // a quoted local part
				if e := strings.IndexByte(v[i+1:], '>'); e >= 0 {
					end = e
				}
			case v[i+1+end] == ',' || v[i+1+end] == ';': // a route, or a missing bracket
				if e := strings.IndexByte(v[i+1:], '>'); e >= 0 && !strings.Contains(v[i+1:i+1+e], "<") && v[i+1] == '@' {
					end = e
				}
			}
			a := strings.TrimSpace(v[i+1 : i+1+end])
			if strings.Contains(a, "@") || it.addr == "" {
				if it.addr != "" && strings.Contains(it.addr, "@") {
					it.angles++
				} else {
					it.addr = a
					it.angles++
				}
			}
			i += end
			if i+1 < len(v) && v[i+1] == '>' {
				i++
			}
		case ',', ';':
			flush()
		case ':':
			// The name of a group, unless it belongs to an address ("mailto:").
			if it.addr == "" && !strings.Contains(text.String(), "@") {
				text.Reset()
				it = rawMailbox{}
			}
		default:
			text.WriteByte(c)
		}
	}
	flush()
	return items, false
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

// party decodes an item; ok is false when it has no usable address.
func (m rawMailbox) party() (ticketing.Party, bool) {
	addr, name := m.addr, m.text
	if !strings.Contains(addr, "@") {
		// "Pero Peric pero@ex.me", or the address alone: the last word with an @.
		words := strings.Fields(m.text)
		addr, name = "", ""
		for i := len(words) - 1; i >= 0; i-- {
			if strings.Contains(words[i], "@") {
				addr = words[i]
				name = strings.Join(append(words[:i:i], words[i+1:]...), " ")
				break
			}
		}
	}
	a, ok := cleanAddress(addr)
	if !ok {
		return ticketing.Party{}, false
	}
	if name == "" {
		name = m.comment
	}
	name = cleanLine(decodeWords(name), ticketing.MaxName)
	name = strings.Trim(name, `'" `)
	if strings.EqualFold(name, a) {
		name = ""
	}
	return ticketing.Party{Name: name, Address: a}, true
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
			notes = append(notes, "from_missing")
			if n := fromName(froms); n != "" {
				p.Name = n
			}
		} else if l.doubt || distinctAddresses(l.parties) > 1 {
			notes = append(notes, "two_from")
		}
		break
	}
	if len(froms) > 1 && len(notes) == 0 && !sameStrings(froms) {
		notes = append(notes, "two_from")
	}
	if p.Address == "" {
		notes = append(notes, "from_missing")
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
