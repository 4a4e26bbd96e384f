package api

import (
	"context"
	"net/http"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/number"
)

// registerWriting adds what brings text in: new tickets, replies, notes, files.
func (a *API) registerWriting() {
	register(a, route{
		id: "open-ticket", method: http.MethodPost, path: "/tickets", right: ticketing.RightOpen, status: http.StatusCreated, maxBody: maxFileBody,
		summary: "Open a ticket",
		text:    "With the true time of receipt; one more than 15 minutes past needs a reason. The citizen is found by e-mail address or telephone number, and made when unknown.",
	}, a.openTicket)
	register(a, route{
		id: "reply", method: http.MethodPost, path: "/tickets/{ref}/replies", right: ticketing.RightReply, status: http.StatusCreated, maxBody: maxFileBody,
		summary: "Write to the citizen",
		text:    "It goes at once unless send_after says otherwise. A question, and whatever a system's token sends, meets no promise.",
	}, a.reply)
	register(a, route{
		id: "note", method: http.MethodPost, path: "/tickets/{ref}/notes", right: ticketing.RightWrite, status: http.StatusCreated, maxBody: maxFileBody,
		summary: "Add an internal note", text: "It never leaves the bureau.",
	}, a.note)
	register(a, route{
		id: "upload", method: http.MethodPost, path: "/tickets/{ref}/uploads", right: ticketing.RightWrite, status: http.StatusCreated, upload: true,
		summary: "Bring in a file for a later reply or note",
		text:    "For files too large to stand in the reply itself. Until they are used they belong to the agent's draft; unused ones are forgotten.",
	}, a.upload)
}

type openInput struct {
	OnceInput
	Body openJSON
}

// An openJSON is a ticket to be opened.
type openJSON struct {
	Subject     string           `json:"subject,omitempty" maxLength:"500" doc:"the beginning of the text when absent"`
	Text        string           `json:"text,omitempty" maxLength:"1000000"`
	Channel     string           `json:"channel,omitempty" enum:"email,sms,phone,portal,counter,letter,api" doc:"api when absent"`
	Category    string           `json:"category,omitempty" maxLength:"40" doc:"code; the default one when absent"`
	Department  string           `json:"department,omitempty" maxLength:"40" doc:"code; the category's when absent"`
	Priority    string           `json:"priority,omitempty" enum:"low,normal,high,urgent"`
	Location    *placeJSON       `json:"location,omitempty"`
	Language    string           `json:"language,omitempty" maxLength:"35" doc:"BCP 47; the citizen's when absent"`
	Citizen     requesterJSON    `json:"citizen,omitempty"`
	ReceivedAt  *time.Time       `json:"received_at,omitempty" doc:"when the citizen really came, called or wrote; now when absent"`
	Reason      string           `json:"reason,omitempty" maxLength:"2000" doc:"why it is entered late"`
	Receipt     *bool            `json:"receipt,omitempty" doc:"send the citizen a receipt if there is an e-mail address; true when absent"`
	Attachments []attachmentJSON `json:"attachments,omitempty" maxItems:"20" nullable:"false"`
}

// A requesterJSON is who a new ticket is from.
type requesterJSON struct {
	ID    int64  `json:"id,omitempty" minimum:"1" doc:"of a known citizen, instead of addresses"`
	Name  string `json:"name,omitempty" maxLength:"200"`
	Email string `json:"email,omitempty" maxLength:"254"`
	Phone string `json:"phone,omitempty" maxLength:"40" doc:"any usual spelling"`
}

func (a *API) openTicket(ctx context.Context, c *caller, in *openInput) (*ticketOutput, error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	opening, err := s.opening(&in.Body)
	if err != nil {
		return nil, err
	}
	key, err := in.key(c, in.Body)
	if err != nil {
		return nil, err
	}
	files, err := a.keepFiles(ctx, in.Body.Attachments)
	if err != nil {
		return nil, err
	}
	opening.Uploads = files.ids
	d, err := a.act(ctx, key, files.kept, func(b *ticketing.Bureau) (done, error) {
		desk := ticketing.Desk{Bureau: b}
		t, err := desk.Open(ctx, c.actor, opening)
		if err != nil {
			return done{}, err
		}
		return done{ref: t.Ref}, nil
	})
	if err != nil {
		return nil, err
	}
	out, err := a.afterAct(ctx, c, d, http.StatusCreated)
	if err == nil {
		out.Location = Prefix + "/tickets/" + string(d.ref)
	}
	return out, err
}

// opening looks up the names of a new ticket; each must exist (A40).
func (s *scribe) opening(b *openJSON) (ticketing.OpenInput, error) {
	in := ticketing.OpenInput{
		Channel: ticketing.Channel(orElse(b.Channel, string(ticketing.ChannelAPI))), Subject: b.Subject, Text: b.Text, Priority: ticketing.PriorityNormal,
		Name: b.Citizen.Name, Email: b.Citizen.Email, Citizen: ticketing.CitizenID(b.Citizen.ID), Reason: b.Reason, Receipt: b.Receipt == nil || *b.Receipt,
	}
	if p, ok := ticketing.ParsePriority(b.Priority); ok {
		in.Priority = p
	}
	if b.Location != nil {
		in.Location = b.Location.location()
	}
	if b.ReceivedAt != nil {
		in.ReceivedAt = *b.ReceivedAt
	}
	if b.Category != "" {
		k, ok := s.dir.CategoryByCode(b.Category)
		if !ok {
			return in, unknown("category", "category.unknown")
		}
		in.Category = k.ID
	}
	if b.Department != "" {
		d, ok := s.dir.DepartmentByCode(b.Department)
		if !ok {
			return in, unknown("department", "department.unknown")
		}
		in.Department = d.ID
	}
	if b.Language != "" {
		tag, ok := lang.Parse(b.Language)
		if !ok {
			return in, unknown("language", "language.unknown")
		}
		in.Language = tag
	}
	if b.Citizen.Phone != "" {
		n := number.Parse(b.Citizen.Phone, s.Region)
		if !n.Full() {
			return in, unknown("citizen.phone", "phone.malformed")
		}
		in.Phone = n.E164
	}
	return in, nil
}

type replyInput struct {
	ActInput
	Body replyJSON
}

// A replyJSON is a message to the citizen.
type replyJSON struct {
	Text        string           `json:"text" minLength:"1" maxLength:"250000"`
	Kind        string           `json:"kind,omitempty" enum:"answer,question" doc:"answer when absent; only an answer can meet the promise"`
	To          []string         `json:"to,omitempty" maxItems:"20" nullable:"false" doc:"addresses; the requester when absent"`
	Cc          []string         `json:"cc,omitempty" maxItems:"20" nullable:"false"`
	Attachments []attachmentJSON `json:"attachments,omitempty" maxItems:"20" nullable:"false"`
	SendAfter   *time.Time       `json:"send_after,omitempty" doc:"not before this instant; at once when absent or past"`
	LastSeen    int64            `json:"last_seen,omitempty" minimum:"0" doc:"id of the newest public message the author has read: refused with reply.newer when a newer one is there"`
}

// A messageOutput answers with a message.
type messageOutput struct {
	ETag     string `header:"ETag" doc:"of the ticket"`
	Location string `header:"Location"`
	Replayed string `header:"Idempotent-Replayed" doc:"true: this is the result of an earlier request with the same key"`
	Body     messageJSON
}

func (a *API) reply(ctx context.Context, c *caller, in *replyInput) (*messageOutput, error) {
	message := ticketing.ReplyInput{
		Text: in.Body.Text, Kind: ticketing.ReplyKind(in.Body.Kind), To: in.Body.To, Cc: in.Body.Cc, LastSeen: ticketing.MessageID(in.Body.LastSeen),
	}
	if in.Body.SendAfter != nil {
		message.SendAfter = *in.Body.SendAfter
	}
	return a.write(ctx, c, &in.ActInput, in.Body, in.Body.Attachments, func(desk *ticketing.Desk, t ticketing.Target, uploads []string) (*ticketing.Ticket, ticketing.MessageID, error) {
		message.Uploads = uploads
		return desk.Reply(ctx, c.actor, t, message)
	})
}

type noteInput struct {
	ActInput
	Body noteJSON
}

// A noteJSON is an internal note.
type noteJSON struct {
	Text        string           `json:"text" minLength:"1" maxLength:"250000"`
	Attachments []attachmentJSON `json:"attachments,omitempty" maxItems:"20" nullable:"false"`
}

func (a *API) note(ctx context.Context, c *caller, in *noteInput) (*messageOutput, error) {
	return a.write(ctx, c, &in.ActInput, in.Body, in.Body.Attachments, func(desk *ticketing.Desk, t ticketing.Target, uploads []string) (*ticketing.Ticket, ticketing.MessageID, error) {
		return desk.Note(ctx, c.actor, t, ticketing.NoteInput{Text: in.Body.Text, Uploads: uploads})
	})
}

// write adds a message to the ticket: the files' bytes first, then everything
// else in one transaction, which also reads the message back.
func (a *API) write(ctx context.Context, c *caller, in *ActInput, body any, attached []attachmentJSON,
	run func(desk *ticketing.Desk, t ticketing.Target, uploads []string) (*ticketing.Ticket, ticketing.MessageID, error),
) (*messageOutput, error) {
	ref, err := a.ref(in.Ref)
	if err != nil {
		return nil, err
	}
	if len(attached) > 0 { // nothing is stored for a ticket the caller may not see
		if err := a.visible(ctx, c, ref); err != nil {
			return nil, err
		}
	}
	files, err := a.keepFiles(ctx, attached)
	if err != nil {
		return nil, err
	}
	var out *messageOutput
	d, err := a.perform(ctx, c, in, body, files.kept, func(desk *ticketing.Desk, t ticketing.Target) (done, error) {
		k, id, err := run(desk, t, files.ids)
		if err != nil {
			return done{}, err
		}
		out, err = written(ctx, desk.Store, k, id)
		return done{ref: k.Ref, message: id}, err
	})
	if err != nil || !d.replayed {
		return out, err
	}
	return a.writtenBefore(ctx, c, d)
}

// visible is NotFound unless the caller may see the ticket.
func (a *API) visible(ctx context.Context, c *caller, ref ticketing.Reference) error {
	rows, err := a.Reads.TicketRows(ctx, c.actor.Scope(), []ticketing.Reference{ref}, c.actor.Agent)
	if err == nil && len(rows) == 0 {
		return unknownTicket()
	}
	return err
}

// written reads back the message that was just added.
func written(ctx context.Context, s ticketing.Store, t *ticketing.Ticket, id ticketing.MessageID) (out *messageOutput, err error) {
	err = s.InTx(ctx, func(tx ticketing.Tx) error {
		m, err := tx.Message(ctx, id)
		if err != nil {
			return err
		}
		deliveries, err := tx.DeliveriesOf(ctx, id)
		if err != nil {
			return err
		}
		out = &messageOutput{ETag: etag(t.Version), Location: messagePath(id), Body: message(m, t.Ref, deliveries)}
		return nil
	})
	return out, err
}

// writtenBefore gives the message of an earlier request with the same key.
func (a *API) writtenBefore(ctx context.Context, c *caller, d done) (*messageOutput, error) {
	v, err := a.view(ctx, c, d.ref)
	if err != nil {
		return nil, err
	}
	for i := range v.Messages {
		if m := &v.Messages[i]; m.ID == d.message {
			return &messageOutput{
				ETag: etag(v.Ticket.Version), Location: messagePath(m.ID), Replayed: replayed(d), Body: message(m, v.Ticket.Ref, v.Deliveries),
			}, nil
		}
	}
	return nil, unknownMessage() // erased since
}
