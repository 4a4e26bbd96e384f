package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

func (a *API) registerMessages() {
	register(a, route{
		id: "list-ticket-messages", method: http.MethodGet, path: "/tickets/{ref}/messages", right: ticketing.RightRead,
		summary: "The conversation of a ticket, oldest first, notes included", text: "The reading is recorded.",
	}, a.getMessages)
	register(a, route{
		id: "find-messages", method: http.MethodGet, path: "/messages", right: ticketing.RightRead,
		summary: "Find messages by where they came from", text: "By exactly one of the parameters.",
	}, a.findMessages)
	register(a, route{
		id: "get-message", method: http.MethodGet, path: "/messages/{id}", right: ticketing.RightRead, summary: "Read a message",
	}, a.getMessage)
	a.registerFiles()
}

// A messageJSON is one entry of a conversation.
type messageJSON struct {
	ID          int64          `json:"id"`
	TicketRef   string         `json:"ticket_ref"`
	Episode     int            `json:"episode"`
	Direction   string         `json:"direction" enum:"in,out,note"`
	Channel     string         `json:"channel"`
	Kind        *string        `json:"kind" doc:"answer or question, of what was written to the citizen"`
	Automatic   bool           `json:"automatic" doc:"written by a program"`
	By          string         `json:"by" doc:"who entered it: agent:12, system:intake, citizen"`
	From        partyJSON      `json:"from" doc:"as claimed, of what came in"`
	To          []partyJSON    `json:"to" nullable:"false"`
	Cc          []partyJSON    `json:"cc" nullable:"false"`
	Mark        *string        `json:"mark" doc:"third_party, machine or body (an outside body's mail): it moves nothing and gets nothing"`
	Subject     string         `json:"subject"`
	Text        string         `json:"text"`
	FoldAt      int            `json:"fold_at" doc:"byte of the text where quoted history begins"`
	Language    *string        `json:"language"`
	MessageID   *string        `json:"message_id" doc:"of the mail, without angle brackets"`
	RawSHA256   *string        `json:"raw_sha256" doc:"of the original bytes"`
	IntakeID    *int64         `json:"intake_id" doc:"entry of the intake ledger it came by"`
	Partial     bool           `json:"partial" doc:"something could not be read: see the original"`
	SentAt      *time.Time     `json:"sent_at" doc:"as the sender claims"`
	ReceivedAt  time.Time      `json:"received_at"`
	CreatedAt   time.Time      `json:"created_at"`
	TakenBackAt *time.Time     `json:"taken_back_at"`
	Attachments []fileJSON     `json:"attachments" nullable:"false"`
	Deliveries  []deliveryJSON `json:"deliveries" nullable:"false" doc:"one per recipient, of what was written to the citizen"`
}

type partyJSON struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

type fileJSON struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size" doc:"bytes"`
	SHA256      string `json:"sha256"`
	URL         string `json:"url"`
}

func messagePath(id ticketing.MessageID) string {
	return Prefix + "/messages/" + strconv.FormatInt(int64(id), 10)
}

func parties(list []ticketing.Party) []partyJSON {
	out := make([]partyJSON, 0, len(list))
	for _, p := range list {
		out = append(out, partyJSON{p.Name, p.Address})
	}
	return out
}

// message writes a message down, with those of the ticket's deliveries that
// carry it.
func message(m *ticketing.Message, ref ticketing.Reference, deliveries []ticketing.Delivery) messageJSON {
	out := messageJSON{
		ID: int64(m.ID), TicketRef: string(ref), Episode: m.Episode, Direction: string(m.Direction), Channel: string(m.Channel), Kind: orNil(m.Kind),
		Automatic: m.Auto, By: m.By, From: partyJSON{m.Author.Name, m.Author.Address}, To: parties(m.To), Cc: parties(m.Cc), Mark: orNil(m.Mark),
		Subject: m.Subject, Text: m.Text, FoldAt: m.FoldAt, Language: orNil(m.Language), MessageID: orNil(m.MessageIDHeader),
		RawSHA256: orNil(m.RawSHA256), Partial: m.Partial || m.Unreadable, SentAt: instant(m.SentAt), ReceivedAt: m.ReceivedAt.UTC(),
		CreatedAt: m.CreatedAt.UTC(), TakenBackAt: instant(m.TakenBackAt), Attachments: []fileJSON{}, Deliveries: []deliveryJSON{},
	}
	if m.Ledger != 0 {
		id := int64(m.Ledger)
		out.IntakeID = &id
	}
	for _, f := range m.Files {
		out.Attachments = append(out.Attachments, fileJSON{
			ID: int64(f.ID), Name: f.Name, ContentType: f.ContentType, Size: f.Size, SHA256: f.Key,
			URL: Prefix + "/attachments/" + strconv.FormatInt(int64(f.ID), 10),
		})
	}
	for i := range deliveries {
		if d := &deliveries[i]; d.Message == m.ID && m.ID != 0 {
			out.Deliveries = append(out.Deliveries, delivery(d, ref))
		}
	}
	return out
}

func trimAngles(s string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "<"), ">")
}

type messagesOutput struct {
	Body struct {
		Items []messageJSON `json:"items" nullable:"false"`
	} `nameHint:"Messages"`
}

func (a *API) getMessages(ctx context.Context, c *caller, in *RefInput) (*messagesOutput, error) {
	ref, err := a.ref(in.Ref)
	if err != nil {
		return nil, err
	}
	v, err := a.view(ctx, c, ref)
	if err != nil {
		return nil, err
	}
	desk := ticketing.Desk{Bureau: a.Bureau}
	if err := desk.Opened(ctx, c.actor, v.Ticket.ID); err != nil {
		return nil, err
	}
	out := &messagesOutput{}
	out.Body.Items = make([]messageJSON, 0, len(v.Messages))
	for i := range v.Messages {
		out.Body.Items = append(out.Body.Items, message(&v.Messages[i], v.Ticket.Ref, v.Deliveries))
	}
	return out, nil
}

type findMessagesInput struct {
	MessageID string `query:"message_id" maxLength:"1000" doc:"of the mail, with or without angle brackets"`
	RawSHA256 string `query:"raw_sha256" maxLength:"64" pattern:"^[0-9a-fA-F]{64}$" doc:"of the original bytes, in hex"`
	SID       string `query:"sid" maxLength:"100" doc:"the provider's id of a text message or call"`
}

func (a *API) findMessages(ctx context.Context, c *caller, in *findMessagesInput) (*messagesOutput, error) {
	given := 0
	for _, s := range []string{in.MessageID, in.RawSHA256, in.SID} {
		if s != "" {
			given++
		}
	}
	if given != 1 {
		return nil, unknown("message_id", "api.one_of")
	}
	out := &messagesOutput{}
	out.Body.Items = []messageJSON{}
	header := trimAngles(in.MessageID)
	if in.SID != "" {
		header = in.SID // of a text that came in it is what a Message-ID is of a mail
	}
	found, refs, err := a.Reads.MessagesBy(ctx, c.actor.Scope(), header, strings.ToLower(in.RawSHA256))
	if err == nil && in.SID != "" && len(found) == 0 {
		found, refs, err = a.Reads.MessagesOfProvider(ctx, c.actor.Scope(), in.SID)
	}
	if err != nil {
		return nil, err
	}
	for i := range found {
		deliveries, err := a.deliveriesOf(ctx, c, &found[i], refs[i])
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, message(&found[i], refs[i], deliveries))
	}
	return out, nil
}

// deliveriesOf gives the deliveries of a message's ticket; only what was
// written to the citizen has any.
func (a *API) deliveriesOf(ctx context.Context, c *caller, m *ticketing.Message, ref ticketing.Reference) ([]ticketing.Delivery, error) {
	if m.Direction != ticketing.Out {
		return nil, nil
	}
	v, err := a.view(ctx, c, ref)
	if err != nil {
		return nil, err
	}
	return v.Deliveries, nil
}

type messageInput struct {
	ID int64 `path:"id" minimum:"1"`
}

func unknownMessage() error {
	return &ticketing.Error{Kind: ticketing.NotFound, Key: "message.unknown"}
}

// messageOf gives a message in the caller's scope (A35).
func (a *API) messageOf(ctx context.Context, c *caller, id int64) (ticketing.Message, ticketing.Reference, error) {
	m, ref, err := a.Reads.MessageOf(ctx, c.actor.Scope(), ticketing.MessageID(id))
	if errors.Is(err, ticketing.NotFound) {
		return m, ref, unknownMessage()
	}
	return m, ref, err
}

func (a *API) getMessage(ctx context.Context, c *caller, in *messageInput) (*messageOutput, error) {
	m, ref, err := a.messageOf(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	desk := ticketing.Desk{Bureau: a.Bureau}
	if err := desk.Opened(ctx, c.actor, m.Ticket); err != nil {
		return nil, err
	}
	deliveries, err := a.deliveriesOf(ctx, c, &m, ref)
	if err != nil {
		return nil, err
	}
	return &messageOutput{Body: message(&m, ref, deliveries)}, nil
}

func (a *API) rawMessage(ctx context.Context, c *caller, in *messageInput) (*fileOutput, error) {
	m, ref, err := a.messageOf(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	if m.RawKey == "" {
		return nil, unknownMessage()
	}
	if _, err := a.Blobs.Size(ctx, m.RawKey); err != nil {
		return nil, err // nothing is recorded for what cannot be read
	}
	desk := ticketing.Desk{Bureau: a.Bureau}
	what := map[string]any{"message": int64(m.ID)}
	if err := desk.Revealed(ctx, c.actor, m.Ticket, ticketing.EventRawRead, what); err != nil {
		return nil, err
	}
	return a.serve(ctx, web.File{Name: fmt.Sprintf("%s-%d.eml", ref, m.ID), Type: "message/rfc822", Size: -1}, m.RawKey)
}

// serve answers with a blob: typed by its bytes, never shown as a page.
func (a *API) serve(ctx context.Context, f web.File, key string) (*fileOutput, error) {
	body, err := a.Blobs.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	f.Open = func(context.Context) (io.ReadCloser, error) { return body, nil }
	return &fileOutput{Body: func(hc huma.Context) { //nolint:contextcheck // huma hands the request's own context over inside its own
		if err := web.ServeFile(humaecho.Unwrap(hc), f); err != nil { // the answer has begun: it can only be cut short
			a.Kit.Log.LogAttrs(hc.Context(), slog.LevelWarn, "file not sent whole",
				slog.String("request", web.RequestID(hc.Context())), slog.String("err", err.Error()))
			panic(http.ErrAbortHandler)
		}
	}}, nil
}
