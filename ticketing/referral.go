package ticketing

import (
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

// A Body is an outside body that may be asked: a public company or a state body
// without accounts. It answers by a signed link that came by e-mail.
type Body struct {
	ID          BodyID
	Code        string // short, stable, [a-z0-9-]
	Names       map[lang.Tag]string
	Email       string   // where its links go
	Language    lang.Tag // of what is written to it; "" = the city's
	Domain      string   // mails from any address at this domain are the body's; "" = from Email only
	Pattern     string   // regular expression of its own reference numbers; "" = not recognised
	AcceptHours int      // working hours in which it says whether it takes a ticket over
	AnswerHours int      // working hours in which it answers
	Calendar    string   // whose hours these are; "" = of the calendar that the citizen's promise counts by
	Disabled    bool
	Version     int64
}

// ReferralState is where a referral stands.
type ReferralState string

// The states. The link works in the first two.
const (
	ReferralSent      ReferralState = "sent"
	ReferralAccepted  ReferralState = "accepted"  // the body has taken the ticket over
	ReferralRefused   ReferralState = "refused"   // not competent; it named who is
	ReferralAnswered  ReferralState = "answered"  // its answer stands in the ticket
	ReferralWithdrawn ReferralState = "withdrawn" // by the bureau
	ReferralExpired   ReferralState = "expired"
)

// A Referral is what an outside body was asked about a ticket, by a signed link
// to a page that needs no account.
type Referral struct {
	N       int // 1, 2, 3 … within the ticket
	Body    BodyID
	Opinion bool // only an opinion is wanted: custody stays where it is
	State   ReferralState
	Reason  string    // why them; the citizen reads it too
	By      string    // actor ID
	Consent bool      // the citizen agrees that contact data goes to the body, once it has accepted
	Agreed  CitizenID // who that is: of anybody else nothing is shown

	Epoch int // of the link: raising it revokes what was sent before
	Step  int // raised by every deed of the body, so that one form does one deed

	SentAt       time.Time
	AcceptedAt   time.Time
	EndedAt      time.Time // refused, answered, withdrawn, expired
	ExpiresAt    time.Time
	AcceptTarget time.Duration // of calendar time
	AnswerTarget time.Duration
	Calendar     string
	CalVersion   int
	OnCall       bool
	Asked        []Pause     // while the body waits for what it asked us
	Talk         []MessageID // what it asked, and what the bureau answered
	OwnDue       time.Time   // of what is to be done now: to accept, then to answer; zero while Asked lasts
	Due          time.Time   // the same, never later than the citizen's nearest clock
	LateAt       time.Time   // = Due once it passed
	RemindAt     time.Time   // the next reminder; zero when there is none
	Reminded     int

	Person    string     // who spoke for the body: name and function
	Outside   string     // the body's own number
	Competent string     // of a refusal: who is competent
	Law       string     // of a refusal: by which law or decision
	Answer    MessageID  // of ReferralAnswered
	Mail      DeliveryID // the newest that carries the link
	Told      DeliveryID // tells the citizen of it; 0 when nothing does
	LinkAt    time.Time  // when that was made
}

// Open reports whether the body may still act.
func (r *Referral) Open() bool { return r.State == ReferralSent || r.State == ReferralAccepted }

// Waits reports whether the body waits for what it asked the bureau.
func (r *Referral) Waits() bool {
	n := len(r.Asked)
	return r.Open() && n > 0 && r.Asked[n-1].To.IsZero()
}

// A Consultation asks another department something without giving it custody:
// it may read the ticket (see Reads) and answer.
type Consultation struct {
	N          int
	Department DepartmentID
	Question   MessageID
	By         string // actor ID
	AskedAt    time.Time
	Answer     MessageID // 0 until answered
	EndedAt    time.Time // answered, or taken back
}

// Open reports whether the answer is still to come.
func (c *Consultation) Open() bool { return c.EndedAt.IsZero() }

// Reads reports whether the department may read the ticket because of this: while
// it is asked, and for good once it answered. A question that ended unanswered
// gives nothing; what had custody reads for that.
func (c *Consultation) Reads() bool { return c.Open() || c.Answer != 0 }

// Passable names a part of a ticket that a referral may show to an outside body.
type Passable string

// The parts. What a category does not mark is not shown; the citizen's contact
// data never is before acceptance and consent.
const (
	PassText  Passable = "text"  // the words the citizen wrote
	PassFiles Passable = "files" // what they sent with them
	PassPlace Passable = "place"
)

// AllPassable lists the parts in the order menus show them.
func AllPassable() []Passable { return []Passable{PassText, PassFiles, PassPlace} }

// The events of referrals.
const (
	EventReferred     EventKind = "referral.sent" // an outside body was asked
	EventAccepted     EventKind = "referral.accepted"
	EventRefused      EventKind = "referral.refused"
	EventBodyAsked    EventKind = "referral.asked" // the body needs to know more
	EventBodyTold     EventKind = "referral.told"  // the bureau answered that
	EventBodyAnswered EventKind = "referral.answered"
	EventWithdrawn    EventKind = "referral.withdrawn"
	EventReferralLate EventKind = "referral.late"
	EventExpired      EventKind = "referral.expired"
	EventReminded     EventKind = "referral.reminded"
	EventNumbered     EventKind = "referral.numbered"    // an agent entered the body's own number
	EventLinkWanted   EventKind = "referral.link_wanted" // the body asked for a new link
)
