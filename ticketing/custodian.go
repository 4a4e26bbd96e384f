package ticketing

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

// Custodian is what an outside body does on the page that a signed link opens.
// Who asks is proved by the link alone; whatever is wrong with it, the answer is
// the same Gone, which reveals nothing.
type Custodian struct{ *Bureau }

// referralSlug names the pages of referrals by the portal's prefix (DESIGN D25).
var referralSlug = map[string]string{"": "izjasnjenje", "/cyr": "izjasnjenje", "/en": "referral", "/sq": "deklarim"}

// A ReferralLink is what stands in the address of the page.
type ReferralLink struct {
	Ref  string
	N    string
	Code string
}

// ReferralPath is the path of a referral's page in the language; of the whole
// area when ref is "".
func ReferralPath(tag lang.Tag, ref, n string) string {
	if _, ok := portalPrefix[tag]; !ok {
		tag = lang.SrLatn
	}
	p := portalPrefix[tag] + "/" + referralSlug[portalPrefix[tag]]
	if ref != "" {
		p += "/" + ref + "/" + n
	}
	return p
}

// ReferralURL is the signed link of a referral.
func (b *Bureau) ReferralURL(tag lang.Tag, ref Reference, r *Referral) string {
	return b.Settings.PublicURL + ReferralPath(tag, string(ref), strconv.Itoa(r.N)) + "?k=" + b.Keys.ReferralCode(ref, r.N, r.Epoch)
}

func goneLink() error { return &Error{Kind: Gone, Key: "referral.gone"} }

// number reads ticket and number of the link. Malformed ones are looked for all
// the same, and not found.
func (c *Custodian) number(l ReferralLink) (Reference, int) {
	ref, err := ParseReference(c.Settings.Prefix, l.Ref)
	n, bad := strconv.Atoi(l.N)
	if err != nil || bad != nil || n < 1 || n > 10_000 {
		return NewReference(c.Settings.Prefix, 0, 0), 1
	}
	return ref, n
}

// proves reports whether the link is the ticket's, not revoked, used or expired.
func (c *Custodian) proves(t *Ticket, ref Reference, n int, code string, now time.Time) bool {
	epoch, live := 0, false
	if t != nil {
		if r := t.Referral(n); r != nil {
			epoch, live = r.Epoch, r.Open() && now.Before(r.ExpiresAt) && t.State.InWork()
		}
	}
	return c.Keys.CheckReferralCode(ref, n, epoch, code) && live
}

// A ReferralView is all that an outside body may see of a ticket.
type ReferralView struct {
	Ref        Reference
	Referral   Referral
	Body       Body
	Category   Category
	ReceivedAt time.Time
	CitizenDue time.Time // zero: nothing is promised any more
	Subject    string    // "" unless the category passes the text
	Place      Location
	Messages   []Message // the citizen's, when passed; without files unless those are
	Talk       []Message // what the body asked and was answered
	Citizen    *Citizen  // contact data: after acceptance, with consent
}

// Find gives what the link opens.
func (c *Custodian) Find(ctx context.Context, reads interface {
	TicketForCitizen(ctx context.Context, ref Reference) (*TicketView, error)
}, l ReferralLink,
) (*ReferralView, error) {
	ref, n := c.number(l)
	v, err := reads.TicketForCitizen(ctx, ref)
	if err != nil && !errors.Is(err, NotFound) {
		return nil, err
	}
	var t *Ticket
	if v != nil {
		t = &v.Ticket
	}
	if !c.proves(t, ref, n, l.Code, c.now()) {
		return nil, goneLink()
	}
	dir, err := c.Store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	return passed(v, t.Referral(n), dir), nil
}

// passed leaves of a ticket what its category marks as passable.
func passed(v *TicketView, r *Referral, dir *Directory) *ReferralView {
	t := &v.Ticket
	out := &ReferralView{Ref: t.Ref, Referral: *r, ReceivedAt: t.ReceivedAt, CitizenDue: t.legCap()}
	out.Body, _ = dir.Body(r.Body)
	out.Category, _ = dir.Category(t.Category)
	text, files := has(out.Category.Passes, PassText), has(out.Category.Passes, PassFiles)
	if text {
		out.Subject = t.Subject
	}
	if has(out.Category.Passes, PassPlace) {
		out.Place = t.Location
	}
	for _, m := range v.Messages {
		if r.shows(&m) {
			out.Talk = append(out.Talk, m)
			continue
		}
		if !m.FromCitizen() || m.Machine != MachineNone || (!text && !files) {
			continue
		}
		shown := Message{ID: m.ID, ReceivedAt: m.ReceivedAt}
		if text {
			shown.Text = m.Text[:min(max(m.FoldAt, 0), len(m.Text))]
		}
		if files {
			shown.Files = m.Files
		}
		if shown.Text != "" || len(shown.Files) > 0 {
			out.Messages = append(out.Messages, shown)
		}
	}
	if r.State == ReferralAccepted && r.Consent && v.Citizen != nil && v.Citizen.ID == r.Agreed {
		out.Citizen = v.Citizen
	}
	return out
}

// A Statement is what an outside body says on its page.
type Statement struct {
	Step      int    // of the referral as the page showed it: one form does one deed
	Person    string // who speaks: name and function
	Outside   string // the body's own number of the matter
	Competent string // refusing: who is
	Law       string // refusing: by which law or decision
	Text      string // question, answer, or what is to be said beside another deed
	Files     []Attachment
}

// Accept takes the ticket over, or agrees to give an opinion.
func (c *Custodian) Accept(ctx context.Context, l ReferralLink, s Statement) error {
	return c.state(ctx, l, s, func(x *change, n int) error {
		if err := x.t.AcceptReferral(n, s.Step, s.Person, s.Outside, x.dir.Rules, x.now); err != nil {
			return err
		}
		words := s.Text
		if isBlank(words) { // the ticket is unread though nothing more was written
			words = cmp.Or(cleanLine(s.Outside, maxOutsideNumber), x.speaker(n, s))
		}
		return x.remark(ctx, n, s, words)
	})
}

// Refuse says that the body is not competent, and who is.
func (c *Custodian) Refuse(ctx context.Context, l ReferralLink, s Statement) error {
	return c.state(ctx, l, s, func(x *change, n int) error {
		if err := x.t.RefuseReferral(n, s.Step, s.Person, s.Competent, s.Law, newSalt(), x.dir.Rules, x.now); err != nil {
			return err
		}
		words := s.Text
		if isBlank(words) {
			words = s.Competent // the ticket is unread though nothing more was written
		}
		return x.remark(ctx, n, s, words)
	})
}

// Ask asks the bureau; until it is told, nothing is due from the body.
func (c *Custodian) Ask(ctx context.Context, l ReferralLink, s Statement) error {
	return c.state(ctx, l, s, func(x *change, n int) error {
		if isBlank(s.Text) {
			return invalid("text", "reply.empty")
		}
		m, err := x.statement(ctx, n, s, s.Text)
		if err != nil {
			return err
		}
		return x.t.AskBureau(n, s.Step, s.Person, m, x.dir.Rules, x.now)
	})
}

// Answer ends the referral. Unless only an opinion was wanted, the words go to
// the citizen under the name of the body, and keep the promise.
func (c *Custodian) Answer(ctx context.Context, l ReferralLink, s Statement) error {
	return c.state(ctx, l, s, func(x *change, n int) error {
		if isBlank(s.Text) {
			return invalid("text", "reply.empty")
		}
		m, err := x.statement(ctx, n, s, s.Text)
		if err != nil {
			return err
		}
		m.Kind = ReplyAnswer
		var letters []Delivery
		if r := x.t.Referral(n); !r.Opinion && x.t.ReplyTo.Address != "" {
			x.by.Name = m.Author.Name
			to := []Party{x.t.ReplyTo}
			m.To, m.Channel = to, ChannelEmail
			if letters, err = x.deliveries(ctx, ReplyInput{Kind: ReplyAnswer}, &m, to, nil); err != nil {
				return err
			}
		}
		x.outbox = len(letters) > 0
		return x.t.AnswerReferral(n, s.Step, s.Person, s.Outside, m, letters, x.dir.Rules, x.now)
	})
}

// statement makes a message of what the body wrote and attached.
func (c *change) statement(ctx context.Context, n int, s Statement, text string) (Message, error) {
	m, err := c.words(ctx, text, c.speaker(n, s))
	m.Files = s.Files
	return m, err
}

// speaker names the body and who spoke for it.
func (c *change) speaker(n int, s Statement) string {
	tag := c.t.Language
	if tag == "" {
		tag = c.Settings.Language
	}
	b, _ := c.dir.Body(c.t.Referral(n).Body)
	name := NameIn(b.Names, tag)
	if person := cleanLine(s.Person, MaxName); person != "" {
		name = person + ", " + name
	}
	return name
}

// state does one deed under the link.
func (c *Custodian) state(ctx context.Context, l ReferralLink, s Statement, do func(x *change, n int) error) error {
	if len(s.Text) > maxWritten {
		return &Error{Kind: TooLarge, Field: "text", Key: "reply.too_long"}
	}
	ref, n := c.number(l)
	dir, err := c.Store.Directory(ctx)
	if err != nil {
		return err
	}
	return c.Store.InTx(ctx, func(tx Tx) error {
		t, err := tx.Ticket(ctx, Scope{All: true}, ref)
		if err != nil && !errors.Is(err, NotFound) {
			return err
		}
		now := c.now()
		if !c.proves(t, ref, n, l.Code, now) {
			return goneLink()
		}
		if strings.TrimSpace(s.Person) == "" {
			return invalid("person", "referral.person")
		}
		x := &change{Bureau: c.Bureau, tx: tx, dir: dir, t: t, by: Actor{Body: t.Referral(n).Body}, now: now}
		return x.run(ctx, Once{}, func(x *change) (int64, error) {
			if err := do(x, n); err != nil {
				return 0, err
			}
			return 0, x.tellHeard(ctx, n)
		}, nil)
	})
}

// linkEvery is how often one referral's link is sent anew at its asking.
const linkEvery = time.Hour

// NewLink sends the link of a referral that is still open to the body's own
// address, at most once an hour. It answers nothing: not even whether
// there is such a referral. Of one that ended the bureau is told.
func (c *Custodian) NewLink(ctx context.Context, l ReferralLink) error {
	ref, n := c.number(l)
	dir, err := c.Store.Directory(ctx)
	if err != nil {
		return err
	}
	err = c.Store.InTx(ctx, func(tx Tx) error {
		t, err := tx.Ticket(ctx, Scope{All: true}, ref)
		if err != nil {
			return err
		}
		now := c.now()
		r := t.Referral(n)
		if r == nil || !t.State.InWork() || now.Before(r.LinkAt.Add(linkEvery)) {
			return nil
		}
		x := &change{Bureau: c.Bureau, tx: tx, dir: dir, t: t, by: Actor{Body: r.Body}, now: now}
		return x.run(ctx, Once{}, func(x *change) (int64, error) {
			x.t.record(x.by, EventLinkWanted, now, r.data(nil))
			if !r.Open() {
				r.LinkAt = now
				return 0, nil
			}
			return 0, x.toBody(ctx, r, PurposeReferral, "", now)
		}, nil)
	})
	if errors.Is(err, NotFound) {
		return nil
	}
	return err
}
