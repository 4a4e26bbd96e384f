package ticketing

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/number"
)

// A ContactKind is a sort of address a citizen can be reached at.
type ContactKind string

// The kinds.
const (
	ContactEmail ContactKind = "email"
	ContactPhone ContactKind = "phone"
)

// A Contact is one address of one citizen. The same address belongs to one
// citizen at a time; a telephone number is never proof of identity.
type Contact struct {
	ID      ContactID
	Citizen CitizenID
	Kind    ContactKind
	Address string // e-mail in lower case; telephone in E.164
	// AutoSent holds when automatic mails were sent to the address, newest last,
	// at most 20: what the caps on receipts count.
	AutoSent []time.Time
	// Undeliverable is set by a permanent bounce and cleared by mail from the address.
	Undeliverable bool
	// OptedOutAt is since when the number wants no text messages; zero: it does not mind.
	OptedOutAt time.Time
}

// A Citizen is a person who contacted the bureau. Two that turn out to be one
// person are joined: Into then names the citizen who stays, and everything of
// the joined one is shown there until the join is undone.
type Citizen struct {
	ID        CitizenID
	Name      string
	Language  lang.Tag // "" = not known
	Preferred Channel  // channel of choice; "" = as they wrote
	Contacts  []Contact
	Into      CitizenID // 0 unless joined into another
	CreatedAt time.Time
	Version   int64
}

// NormalEmail puts a mail address into the form in which it is stored and
// compared, "" when it is none: one @, no control characters or spaces, ≤ 254
// bytes. The local part is folded too: no provider a citizen uses tells
// A@x from a@x apart, and two citizens by mistake are worse.
func NormalEmail(address string) string {
	address = strings.ToLower(strings.TrimSpace(address))
	local, domain, _ := strings.Cut(address, "@")
	if local == "" || domain == "" || len(address) > MaxAddress || !utf8.ValidString(address) {
		return ""
	}
	if strings.ContainsFunc(local, notInAddress) || strings.ContainsFunc(domain, notInAddress) {
		return ""
	}
	return address
}

// notInAddress reports the characters that would end an address or begin
// another one in a header field (RFC 5322 §3.2.3), and those nobody sees.
func notInAddress(r rune) bool {
	return strings.ContainsRune(`@<>,;:"()\\`, r) || unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// isE164 reports whether a telephone number has the form of E.164: +, then 7 to
// 15 digits of which the first is not 0.
func isE164(s string) bool {
	if len(s) < 8 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	return strings.Trim(s[1:], "0123456789") == ""
}

// Addresses gives the citizen's addresses of the kind.
func (c *Citizen) Addresses(kind ContactKind) []string {
	var out []string
	for _, k := range c.Contacts {
		if k.Kind == kind {
			out = append(out, k.Address)
		}
	}
	return out
}

// Has reports whether the address is one of the citizen's.
func (c *Citizen) Has(kind ContactKind, address string) bool {
	return slices.ContainsFunc(c.Contacts, func(k Contact) bool { return k.Kind == kind && k.Address == address })
}

// contact gives a pointer to the citizen's contact, nil when there is none.
func (c *Citizen) contact(kind ContactKind, address string) *Contact {
	for i := range c.Contacts {
		if c.Contacts[i].Kind == kind && c.Contacts[i].Address == address {
			return &c.Contacts[i]
		}
	}
	return nil
}

// DisplayName is the name, or the first address when there is none; a telephone
// number with its middle hidden.
func (c *Citizen) DisplayName() string {
	if c.Name != "" {
		return c.Name
	}
	if len(c.Contacts) == 0 {
		return ""
	}
	if k := c.Contacts[0]; k.Kind == ContactPhone {
		return number.Mask(k.Address, "") // numbers are shown whole on request only
	}
	return c.Contacts[0].Address
}
