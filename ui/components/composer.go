package components

import (
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A ComposerView is the form at the foot of a ticket: one panel for the reply,
// one for the internal note, each with a text, files and a draft of its own.
type ComposerView struct {
	Action  string // where it is posted; the field "answer" is "answer", "question" or "note", the text in "text_reply" or "text_note"
	Target  string // selector of what the answer replaces; "" = #ticket-head
	Path    string // of the ticket
	Pane    bool   // beside a list: the field "pane" says so
	OOB     bool   // sent by itself to take the place of the old form
	Mode    string // "reply" or "note": the panel shown first
	Owner   ticketing.AgentID
	Version int64               // the ticket's, as If-Match: field "version"
	Seen    ticketing.MessageID // newest message on the page: field "seen"
	OnceKey string              // makes pressing send twice one message: field "once"

	Reply PanelView
	Note  PanelView

	Templates string   // address of the ready-made answers for the ticket; "" = there are none
	Ready     []Option // the same, for a browser without scripts

	NoReply  bool     // only notes: the actor may not write to the citizen
	Chosen   string   // of To; "" = the first
	To       []Option // addresses a reply may go to; empty = nobody can be written to
	ToNobody string   // why not, when To is empty
	SMS      *SMSView // what the counter of a text message counts; nil when there is no number to write to
	Waits    bool     // offers "ask the citizen": the field "answer" is then "question"
	Resolves bool     // offers "send and resolve": the field "answer" is then "resolve"
}

// An SMSView is what js/sms.js counts with.
type SMSView struct {
	Before, After string // what stands around the words
	Fold          string // "auto", "always", "never"
	Most          int    // parts that are paid for; more becomes a link
	Price         float64
	Currency      string // ISO 4217
}

// A PanelView is one kind of text.
type PanelView struct {
	Text    string
	SavedAt time.Time // of the draft; zero when there is none
	Draft   string    // address drafts are PUT to
	Upload  string    // address files are posted to; the answer is an [UploadChip]
	Files   []UploadView
	Error   string // what is wrong, in words; "" = nothing
	Anyway  string // a newer message came: the kind that may be sent all the same, in the field "anyway"
}

// An UploadView is a file that waits to be sent with a text.
type UploadView struct {
	ID     string
	Name   string
	Size   int64
	Remove string // address that forgets it (DELETE)
}

func (v ComposerView) mode() string {
	if v.Mode == "note" || v.NoReply {
		return "note"
	}
	return "reply"
}

func (v ComposerView) target() string {
	if v.Target == "" {
		return "#ticket-head"
	}
	return v.Target
}

func savedAt(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
