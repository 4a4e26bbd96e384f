package ticketing

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// A ReplyInput is an agent's message to the citizen.
type ReplyInput struct {
	Text    string
	Kind    ReplyKind // "" = answer
	To, Cc  []string  // addresses, To also telephone numbers in E.164; none = the requester
	Channel Channel   // by which the requester is answered: email, sms, portal; "" = as the citizen prefers
	Uploads []string  // files given to the reply draft before
	// LastSeen is the ticket's LastMessage as the author saw it; when another one is
	// the newest now, the reply is refused with Conflict "reply.newer", and the
	// author decides (A97). 0 = does not matter.
	LastSeen  MessageID
	SendAfter time.Time // zero = at once; the UI asks for the undo window with Undo
	Undo      bool      // hold for the undo window
	Wait      bool      // a question: wait for the citizen
	Resolve   bool      // resolve in the same step, after the answer
	Note      string    // of Resolve
	ByPhone   bool      // it was said in a call that was answered: nothing is sent
	Once      Once
}

// MaxReplyRecipients bounds To and Cc of one reply together.
const MaxReplyRecipients = 20

// Reply sends a message to the citizen: message, clocks, event and deliveries
// commit together (I7). It returns the ticket and the message's ID; with a repeated idempotency
// key those of the first time.
func (d *Desk) Reply(ctx context.Context, by Actor, target Target, in ReplyInput) (*Ticket, MessageID, error) {
	if in.Kind == "" {
		in.Kind = ReplyAnswer
	}
	var id MessageID
	t, err := d.actOnce(ctx, by, RightReply, target, in.Once, func(c *change) (int64, error) {
		id, err := c.reply(ctx, in)
		return int64(id), err
	}, func(result int64) { id = MessageID(result) })
	return t, id, err
}

func (c *change) reply(ctx context.Context, in ReplyInput) (MessageID, error) {
	if err := c.checkReply(in); err != nil {
		return 0, err
	}
	to, cc, err := c.recipients(ctx, in)
	if err != nil {
		return 0, err
	}
	m, err := c.compose(ctx, in, to, cc)
	if err != nil {
		return 0, err
	}
	var deliveries []Delivery
	if !in.ByPhone {
		if deliveries, err = c.deliveries(ctx, in, &m, to, cc); err != nil {
			return 0, err
		}
	}
	if err := c.t.Reply(m, deliveries, c.by, c.dir.Rules, c.now); err != nil {
		return 0, err
	}
	c.outbox = len(deliveries) > 0
	if in.Wait {
		if err := c.t.Wait(WaitCitizen, in.Kind == ReplyQuestion, c.by, c.dir.Rules, c.now); err != nil {
			return 0, err
		}
	}
	if in.Resolve {
		if err := c.resolve(ctx, in.Note); err != nil {
			return 0, err
		}
	}
	return m.ID, c.tx.DropDraft(ctx, c.by.Agent, c.t.ID, DraftReply)
}

func (c *change) checkReply(in ReplyInput) error {
	switch {
	case len(in.Text) > MaxText/4:
		return &Error{Kind: TooLarge, Field: "text", Key: "reply.too_long"}
	case isBlank(in.Text):
		return invalid("text", "reply.empty")
	case !in.Kind.Known(), in.Resolve && in.Kind == ReplyQuestion:
		return invalid("kind", "reply.kind")
	case in.Wait && in.Kind != ReplyQuestion:
		return invalid("kind", "wait.no_question")
	case in.LastSeen != 0 && c.t.LastMessage != in.LastSeen:
		return &Error{Kind: Conflict, Field: "last_seen", Key: "reply.newer", Args: map[string]any{"Message": int64(c.t.LastMessage)}}
	case c.t.State == StateClosed && c.t.Code == CodeSpam:
		return &Error{Kind: Conflict, Field: "state", Key: "reply.spam"}
	}
	return nil
}

// recipients normalises To and Cc; none means the requester, by the channel of
// choice, who may have no usable address.
func (c *change) recipients(ctx context.Context, in ReplyInput) (to, cc []Party, err error) {
	if len(in.To)+len(in.Cc) > MaxReplyRecipients {
		return nil, nil, invalid("to", "reply.recipients")
	}
	seen := map[string]bool{}
	if len(in.To) == 0 && !in.ByPhone {
		w, err := c.chosen(ctx, in.Channel)
		if err != nil {
			return nil, nil, err
		}
		if w.To.Address != "" {
			seen[w.To.Address] = true
			to = []Party{w.To}
		}
	}
	list := func(field string, in []string) ([]Party, error) {
		var out []Party
		for _, raw := range in {
			a := NormalEmail(raw)
			if field == "to" && isE164(strings.TrimSpace(raw)) && c.hasTexts() {
				a = strings.TrimSpace(raw)
			}
			if a == "" || c.Own(a) {
				return nil, &Error{Kind: Invalid, Field: field, Key: "reply.address"}
			}
			if !seen[a] {
				seen[a] = true
				out = append(out, Party{Address: a})
			}
		}
		return out, nil
	}
	if len(in.To) > 0 {
		if to, err = list("to", in.To); err != nil {
			return nil, nil, err
		}
	}
	cc, err = list("cc", in.Cc)
	return to, cc, err
}

func (c *change) compose(ctx context.Context, in ReplyInput, to, cc []Party) (Message, error) {
	id, err := c.tx.NextID(ctx, IDMessage)
	if err != nil {
		return Message{}, err
	}
	var files []Attachment
	if len(in.Uploads) > 0 {
		if files, err = c.tx.TakeUploads(ctx, c.by.Agent, c.t.ID, DraftReply, in.Uploads); err != nil {
			return Message{}, err
		}
	}
	text := cleanText(in.Text, MaxText/4)
	m := Message{
		ID: MessageID(id), Channel: ChannelEmail, Kind: in.Kind, Author: Party{Name: c.by.Name}, To: to, Cc: cc,
		Text: text, FoldAt: len(text), Files: files, Language: c.t.Language, ReceivedAt: c.now, CreatedAt: c.now,
	}
	switch {
	case in.ByPhone:
		m.Channel = ChannelPhone
	case len(to) == 0:
		m.Channel = ChannelPortal
	case channelOf(to[0].Address) == ChannelSMS:
		m.Channel = ChannelSMS
	}
	return m, nil
}

// deliveries makes one outbox row per recipient; all share Message-ID, text and
// header.
func (c *change) deliveries(ctx context.Context, in ReplyInput, m *Message, to, cc []Party) ([]Delivery, error) {
	all := append(slices.Clone(to), cc...)
	if len(all) == 0 {
		return nil, nil
	}
	tag := c.t.Language
	if tag == "" {
		tag = c.Settings.Language
	}
	data := c.letterData(tag, c.t, c.dir.Rules, c.now)
	data.Body, data.AgentName, data.Subject = m.Text, c.by.Name, c.t.Subject
	if dept, ok := c.dir.Department(c.t.Department); ok && c.by.Body == 0 { // a body signs with its own name alone
		data.Department = NameIn(dept.Names, tag)
	}
	references, err := c.references(ctx)
	if err != nil {
		return nil, err
	}
	var out []Delivery
	letters := map[Channel]Letter{}
	for _, p := range all {
		channel := channelOf(p.Address)
		letter, written := letters[channel]
		if !written {
			if letter, err = c.letterFor(PurposeAnswer, p.Address, tag, data); err != nil {
				return nil, err
			}
			letters[channel] = letter
		}
		id, err := c.tx.NextID(ctx, IDDelivery)
		if err != nil {
			return nil, err
		}
		d := c.newDelivery(DeliveryID(id), c.t, PurposeAnswer, p, letter, tag, c.now)
		if d.Message = m.ID; channel == ChannelEmail {
			d.HeaderTo, d.HeaderCc, d.Files, d.References = to, cc, m.Files, references
		}
		d.SendAfter = c.sendAfter(in)
		d.GiveUpAt = d.SendAfter.Add(GiveUpAfter)
		if len(out) > 0 {
			d.MessageIDHeader = out[0].MessageIDHeader
		}
		out = append(out, d)
	}
	m.MessageIDHeader = out[0].MessageIDHeader
	return out, nil
}

// sendAfter holds a message for the undo window, unless the promise it keeps
// would fall due within it.
func (c *change) sendAfter(in ReplyInput) time.Time {
	at := c.now
	if in.SendAfter.After(at) {
		return in.SendAfter.UTC().Truncate(time.Microsecond)
	}
	if !in.Undo {
		return at
	}
	at = at.Add(c.Settings.UndoWait)
	for i := range c.t.Clocks {
		if k := &c.t.Clocks[i]; in.Kind == ReplyAnswer && k.isAnswer() && k.open() && k.Due.After(c.now) && !k.Due.After(at) {
			return c.now
		}
	}
	return at
}

// references gives the ids the reply refers to: those of the newest mail of
// the conversation, or, when that never left, what it would have referred to.
func (c *change) references(ctx context.Context) ([]string, error) {
	if c.t.LastMessage == 0 {
		return nil, nil
	}
	m, err := c.tx.Message(ctx, c.t.LastMessage)
	if errors.Is(err, NotFound) {
		return nil, nil
	}
	if err != nil || m.MessageIDHeader == "" {
		return nil, err
	}
	if m.TakenBackAt.IsZero() {
		return []string{m.MessageIDHeader}, nil
	}
	copies, err := c.tx.DeliveriesOf(ctx, m.ID)
	if err != nil || len(copies) == 0 {
		return nil, err
	}
	return copies[0].References, nil
}

// TakeBack undoes a reply none of whose copies left yet; its text is returned
// for the draft. Conflict when it is too late.
func (d *Desk) TakeBack(ctx context.Context, by Actor, target Target, id MessageID) (*Ticket, string, error) {
	var text string
	t, err := d.act(ctx, by, RightReply, target, func(c *change) error {
		m, err := c.tx.Message(ctx, id)
		if err != nil {
			return err
		}
		if m.Ticket != c.t.ID || m.Direction != Out || m.By != c.by.ID() {
			return &Error{Kind: NotFound, Field: "message", Key: "message.unknown"}
		}
		list, err := c.tx.DeliveriesOf(ctx, id)
		if err != nil {
			return err
		}
		for _, x := range list {
			if x.State != DeliveryPending || x.Attempts > 0 {
				return &Error{Kind: Conflict, Field: "message", Key: "reply.left"}
			}
			x.State, x.SettledAt = DeliveryTakenBack, c.now
			c.t.Pending.Changed = append(c.t.Pending.Changed, x)
		}
		if len(list) == 0 || !m.TakenBackAt.IsZero() {
			return &Error{Kind: Conflict, Field: "message", Key: "reply.left"}
		}
		text = m.Text
		c.t.TakeBack(m, c.by, c.dir.Rules, c.now)
		return c.tx.MarkMessage(ctx, m)
	})
	return t, text, err
}

// A NoteInput is an internal note.
type NoteInput struct {
	Text    string
	Uploads []string
	Once    Once
}

// Note adds an internal note; it never leaves the bureau.
func (d *Desk) Note(ctx context.Context, by Actor, target Target, in NoteInput) (*Ticket, MessageID, error) {
	var id MessageID
	t, err := d.actOnce(ctx, by, RightWrite, target, in.Once, func(c *change) (int64, error) {
		id, err := c.note(ctx, in)
		return int64(id), err
	}, func(result int64) { id = MessageID(result) })
	return t, id, err
}

func (c *change) note(ctx context.Context, in NoteInput) (MessageID, error) {
	switch {
	case len(in.Text) > MaxText/4:
		return 0, &Error{Kind: TooLarge, Field: "text", Key: "reply.too_long"}
	case isBlank(in.Text):
		return 0, invalid("text", "note.empty")
	}
	id, err := c.tx.NextID(ctx, IDMessage)
	if err != nil {
		return 0, err
	}
	var files []Attachment
	if len(in.Uploads) > 0 {
		if files, err = c.tx.TakeUploads(ctx, c.by.Agent, c.t.ID, DraftNote, in.Uploads); err != nil {
			return 0, err
		}
	}
	text := cleanText(in.Text, MaxText/4)
	m := Message{
		ID: MessageID(id), Author: Party{Name: c.by.Name}, Text: text, FoldAt: len(text), Files: files,
		ReceivedAt: c.now, CreatedAt: c.now,
	}
	if err := c.t.AddNote(m, c.by, c.now); err != nil {
		return 0, err
	}
	return m.ID, c.tx.DropDraft(ctx, c.by.Agent, c.t.ID, DraftNote)
}

// RetryDelivery tries a failed, bounced or doubtful delivery again, under the
// same Message-ID.
func (d *Desk) RetryDelivery(ctx context.Context, by Actor, target Target, id DeliveryID) (*Ticket, error) {
	return d.act(ctx, by, RightReply, target, func(c *change) error {
		x, err := c.tx.Delivery(ctx, id)
		if err != nil {
			return err
		}
		if x.Ticket != c.t.ID {
			return &Error{Kind: NotFound, Field: "delivery", Key: "delivery.unknown"}
		}
		switch x.State {
		case DeliveryFailed, DeliveryBounced, DeliveryUnknown, DeliveryRetry:
		case DeliveryPending, DeliverySending, DeliverySent, DeliveryTakenBack, DeliveryHeld:
			return &Error{Kind: Conflict, Field: "delivery", Key: "delivery.not_failed"}
		}
		if x.Text == "" {
			return &Error{Kind: Gone, Field: "delivery", Key: "delivery.body_gone"}
		}
		x.State, x.SendAfter, x.SettledAt, x.Doubts, x.Attempts = DeliveryPending, c.now, time.Time{}, 0, 0
		x.GiveUpAt = c.now.Add(GiveUpAfter)
		m, err := carried(ctx, c.tx, x)
		if err != nil {
			return err
		}
		c.t.Pending.Changed = append(c.t.Pending.Changed, *x)
		c.t.Retried(*x, m, c.by, c.now)
		c.outbox = true
		return nil
	})
}
