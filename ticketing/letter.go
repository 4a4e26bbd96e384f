package ticketing

import (
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

// A Letter is an outgoing text in one language.
type Letter struct {
	Subject string
	Text    string // markdown-light: paragraphs, **bold**, "- " lists, bare links
}

// LetterData is what letters may mention. Values are set into the text once and
// never expanded again.
type LetterData struct {
	Ref          Reference
	Subject      string // of the ticket; letters to unverified senders do not use it
	TrackingURL  string
	TrackingCode string
	ReopenURL    string // opens a page that asks; never changes anything by itself
	ActionURL    string // invitation or reset page
	ReceivedAt   time.Time
	Due          time.Time     // zero: there is none yet
	Validation   bool          // the promise counts from validation, which is yet to come
	Target       time.Duration // of the promise
	Why          *Explanation  // for the sentence that explains the deadline
	Body         string        // an agent's words
	AgentName    string
	Department   string // name in the letter's language
	Citizen      string // name of the requester; only ready-made answers mention it, as the two that follow
	Category     string // name in the letter's language
	Place        string
	Code         ClosingCode
	Opinion      bool   // of a referral: only an opinion is wanted
	Note         string // of closing: the competent body, the law
	Refs         []LetterRef
	More         int    // further ones that are not listed
	Limit        string // "35 MB"
	State        string // of the ticket ("open"), for those who ask by text message
	Answered     bool   // a person answered
	Hash         string // of the day's seal
	ExpiresAt    time.Time
}

// A LetterRef is one of several tickets in a collected letter.
type LetterRef struct {
	Ref         Reference
	TrackingURL string
	Due         time.Time
	ReceivedAt  time.Time
}

// Letters writes outgoing texts; package letters implements it.
type Letters interface {
	// Compose writes the letter of the purpose in the language.
	Compose(p Purpose, tag lang.Tag, d LetterData) (Letter, error)
	// Check reads a city's own text. What is wrong is Invalid of the field "body",
	// every fault an error of its own (errors.Join) with Line, Placeholder and
	// Detail; an unknown letter is NotFound. An empty body is right.
	Check(t LetterText) error
	// CheckTemplate reads a ready-made answer. What is wrong is as with Check, of the
	// field "text_" and the language.
	CheckTemplate(tag lang.Tag, text string) error
	// Fill writes a ready-made answer that is written in one language (in) for a
	// reader of another (tag): the same, or Cyrillic for Latin.
	Fill(in, tag lang.Tag, text string, d LetterData) (string, error)
}
