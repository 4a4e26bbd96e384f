package ticketing

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing/district"
	"github.com/sistem48/system48/ticketing/lang"
)

// An Account is a mailbox or number the bureau answers from.
type Account struct {
	Name    string
	Channel Channel
	Address string   // "s48@grad.example"; of ChannelSMS a number in E.164, "" when a messaging service chooses
	Numbers []string // further numbers of the account
	From    string   // display name of outgoing mail
	Domain  string   // of Message-IDs; "" = the address's
	Plus    bool     // the server delivers "local+tag@": answers go to token addresses
}

// ReceiptCaps bounds automatic mail (DESIGN D18, A79).
type ReceiptCaps struct {
	Enabled        bool
	PerHour        int // to one unverified address
	PerDay         int // to one unverified address
	VerifiedPerDay int // to one address with DMARC passed
}

// Settings are the choices of one installation that the use cases need.
type Settings struct {
	Prefix    string   // of references
	PublicURL string   // without a slash at the end
	Language  lang.Tag // of citizens whose language is not known
	UndoWait  time.Duration
	Accounts  []Account
	Receipts  ReceiptCaps
	Region    string                // ISO 3166 code of the country, for national forms of telephone numbers
	Lines     []CallLine            // what is promised about calls, by their source
	CallWords CallWords             // in Language
	MailLimit string                // up to which size mails are read whole, as letters say it: "35 MB"; "" = not told
	City      district.Surroundings // where districts may lie
	SMS       SMSRules
}

// A Bureau is what every use case works with.
type Bureau struct {
	Store    Store
	Keys     Keyring
	Letters  Letters
	Settings Settings
	Now      func() time.Time
}

// now is the current instant as it is stored: UTC, microseconds.
func (b *Bureau) now() time.Time { return b.Now().UTC().Truncate(time.Microsecond) }

// account gives the account of the name, or the first of the channel.
func (b *Bureau) account(name string, c Channel) Account {
	if a, ok := find(b.Settings.Accounts, func(a *Account) bool { return a.Name == name && a.Channel == c }); ok {
		return a
	}
	first, _ := find(b.Settings.Accounts, func(a *Account) bool { return a.Channel == c })
	return first
}

// Own reports whether the address is one of the bureau's.
func (b *Bureau) Own(address string) bool {
	local, domain, mail := strings.Cut(address, "@")
	local, _, _ = strings.Cut(local, "+")
	for _, a := range b.Settings.Accounts {
		if !mail {
			if address != "" && (a.Address == address || slices.Contains(a.Numbers, address)) {
				return true
			}
			continue
		}
		if strings.EqualFold(a.Address, local+"@"+domain) {
			return true
		}
	}
	return false
}

// tokenAddress is where answers about the ticket are asked to go, "" without
// plus-addressing.
func (b *Bureau) tokenAddress(a Account, t TicketID) string {
	local, domain, ok := strings.Cut(a.Address, "@")
	if !ok || !a.Plus {
		return ""
	}
	return local + "+" + b.Keys.TicketTag(t) + "@" + domain
}

func (a Account) messageDomain() string {
	if a.Domain != "" {
		return a.Domain
	}
	_, domain, _ := strings.Cut(a.Address, "@")
	return domain
}

// portalPrefix and statusSlug make up the portal's addresses per language
// (DESIGN D25).
var (
	portalPrefix = map[lang.Tag]string{lang.SrLatn: "", lang.SrCyrl: "/cyr", lang.En: "/en", lang.Sq: "/sq"}
	statusSlug   = map[lang.Tag]string{lang.SrLatn: "predmet", lang.SrCyrl: "predmet", lang.En: "request", lang.Sq: "kerkesa"}
)

// PortalPath is the portal's home in the language: "/", "/cyr", "/en", "/sq".
func PortalPath(tag lang.Tag) string {
	if p := portalPrefix[tag]; p != "" {
		return p
	}
	return "/"
}

// StatusPath is the path of a ticket's status page in the language, or of the
// look-up form when ref is "".
func StatusPath(tag lang.Tag, ref Reference) string {
	slug, ok := statusSlug[tag]
	if !ok {
		tag, slug = lang.SrLatn, statusSlug[lang.SrLatn]
	}
	path := portalPrefix[tag] + "/" + slug
	if ref != "" {
		path += "/" + string(ref)
	}
	return path
}

// TrackingURL is the link that opens the citizen's status page.
func (b *Bureau) TrackingURL(tag lang.Tag, t *Ticket) string {
	return b.Settings.PublicURL + StatusPath(tag, t.Ref) + "?k=" + b.Keys.TrackingCode(t.Ref, t.TrackingEpoch)
}

// letterData fills what every letter about a ticket may mention.
func (b *Bureau) letterData(tag lang.Tag, t *Ticket, rules *Rulebook, now time.Time) LetterData {
	d := LetterData{
		Ref: t.Ref, TrackingURL: b.TrackingURL(tag, t), TrackingCode: b.Keys.TrackingCode(t.Ref, t.TrackingEpoch),
		ReceivedAt: t.ReceivedAt, Validation: t.Awaits(), Code: t.Code, Note: t.ClosingNote,
	}
	d.ReopenURL = d.TrackingURL + "#otvori"
	if c := t.clock(ClockAnswer); c != nil {
		d.Target, d.Due = c.Target, c.Due
		if x, err := rules.Explain(*c, t.Pauses, now); err == nil {
			d.Why = &x
		}
	}
	return d
}

// newDelivery prepares an outbox row for a ticket. What goes to a telephone
// number goes as a text message.
func (b *Bureau) newDelivery(id DeliveryID, t *Ticket, p Purpose, to Party, l Letter, tag lang.Tag, now time.Time) Delivery {
	if isE164(to.Address) {
		return b.newText(id, t, p, to.Address, l, tag, now)
	}
	a := b.account(t.Account, ChannelEmail)
	return Delivery{
		ID: id, Ticket: t.ID, Purpose: p, Channel: ChannelEmail, Account: a.Name, To: to, Language: tag,
		Subject: l.Subject, Text: l.Text,
		MessageIDHeader: b.Keys.MessageIDHeader(id, a.messageDomain()), EnvelopeID: b.Keys.MessageIDHeader(id, a.messageDomain()),
		ReplyTo: b.tokenAddress(a, t.ID), State: DeliveryPending, SendAfter: now, CreatedAt: now, GiveUpAt: now.Add(GiveUpAfter),
	}
}

// newSalt gives 16 random bytes in hex.
func newSalt() string {
	var s [16]byte
	_, _ = rand.Read(s[:]) // never fails (crypto/rand)
	return hex.EncodeToString(s[:])
}
