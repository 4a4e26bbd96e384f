package agent

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/number"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// maxTyped bounds a reply or a note, in characters.
const maxTyped = 100_000

// composer prepares the form at the foot of the ticket, with what the agent
// had typed before.
func (a *Area) composer(c echo.Context, p *ticketPage) (components.ComposerView, error) {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	v := components.ComposerView{
		Action: p.path + "/message", Path: p.path, Pane: p.pane, Owner: by.Agent, Version: p.t.Version, Seen: p.t.LastMessage, OnceKey: randomKey(),
		Waits: p.t.State.InWork(), Resolves: p.may.inWork, NoReply: !p.may.reply || p.may.isSpam,
	}
	for _, kind := range []ticketing.DraftKind{ticketing.DraftReply, ticketing.DraftNote} {
		panel, err := a.panel(ctx, by, p, kind)
		if err != nil {
			return v, err
		}
		if kind == ticketing.DraftNote {
			v.Note = panel
		} else {
			v.Reply = panel
		}
	}
	if v.NoReply || (v.Reply.Text == "" && v.Note.Text != "") {
		v.Mode = "note"
	}
	v.Templates, v.Ready = p.ready()
	v.To = a.recipients(ctx, p)
	if slices.ContainsFunc(v.To, func(o components.Option) bool { return strings.HasPrefix(o.Value, "+") }) {
		v.SMS = a.smsCount(&p.t)
	}
	if len(v.To) == 0 {
		v.ToNobody = web.T(ctx, "ticket.no_address")
	}
	return v, nil
}

func (a *Area) panel(ctx context.Context, by ticketing.Actor, p *ticketPage, kind ticketing.DraftKind) (components.PanelView, error) {
	v := components.PanelView{
		Draft: p.path + "/drafts/" + string(kind), Upload: p.path + "/uploads/" + string(kind),
	}
	d, err := a.Reads.Draft(ctx, by.Agent, p.t.ID, kind)
	if errors.Is(err, ticketing.NotFound) {
		return v, nil
	}
	if err != nil {
		return v, err
	}
	v.Text, v.SavedAt = d.Text, d.SavedAt
	for _, u := range d.Uploads {
		v.Files = append(v.Files, uploadView(p.path, u))
	}
	return v, nil
}

func uploadView(path string, u ticketing.Upload) components.UploadView {
	return components.UploadView{ID: u.ID, Name: u.File.Name, Size: u.File.Size, Remove: path + "/uploads/" + u.ID}
}

// Values of the field "to" that are no address.
const (
	toPortal = "portal" // the answer is published on the status page
	toPhone  = "phone"  // it was told in a call
)

// recipients are the ways a reply may go, the citizen's choice first: addresses,
// telephone numbers, and those that agents added.
func (a *Area) recipients(ctx context.Context, p *ticketPage) []components.Option {
	var out []components.Option
	add := func(value, text string) {
		if value != "" && !slices.ContainsFunc(out, func(o components.Option) bool { return o.Value == value }) {
			out = append(out, components.Option{Value: value, Text: text})
		}
	}
	chosen := func(c ticketing.Channel) bool { return p.citizen != nil && p.citizen.Preferred == c }
	mail := func(name, address string) {
		text := address
		if name != "" {
			text = name + " <" + address + ">"
		}
		add(address, text)
	}
	for _, w := range a.Bureau.Ways(&p.t, p.citizen) {
		masked := number.Mask(w.To.Address, homeRegion)
		switch {
		case w.Channel == ticketing.ChannelEmail:
			mail(w.To.Name, w.To.Address)
		case w.Channel == ticketing.ChannelSMS:
			add(w.To.Address, web.T(ctx, "ticket.to_sms", "Number", masked))
		case w.Channel == ticketing.ChannelPhone && chosen(w.Channel):
			add(toPhone, web.T(ctx, "ticket.to_phone", "Number", masked))
		case w.Channel == ticketing.ChannelPortal && chosen(w.Channel):
			add(toPortal, web.T(ctx, "ticket.to_portal"))
		}
	}
	for _, k := range contacts(p.citizen, ticketing.ContactEmail) {
		mail(p.citizen.Name, k.Address)
	}
	for _, x := range p.t.Parties {
		if !strings.HasPrefix(x, "+") {
			mail("", x)
		}
	}
	return out
}

// smsCount is what the counter of the composer needs to know.
func (a *Area) smsCount(t *ticketing.Ticket) *components.SMSView {
	rules := a.Bureau.Settings.SMS
	v := &components.SMSView{Fold: string(rules.Fold), Most: max(1, rules.MaxParts), Price: rules.PricePerPart, Currency: rules.Currency}
	if v.Fold == "" {
		v.Fold = "auto"
	}
	v.Before, v.After = a.Bureau.TextFrame(t)
	return v
}

func randomKey() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// A typedMessage is what the composer's form says.
type typedMessage struct {
	kind    string // "answer", "question", "resolve" or "note"
	draft   ticketing.DraftKind
	text    string
	to      []string
	channel ticketing.Channel   // instead of to
	seen    ticketing.MessageID // 0: whatever came since does not matter
	uploads []string
	once    ticketing.Once
}

// send sends a reply or keeps a note.
func (a *Area) send(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	row, err := a.row(c)
	if err != nil {
		return err
	}
	if kind, ok := strings.CutPrefix(f.Value("answer"), "insert_"); ok {
		return a.layIn(c, f, row.ID, ticketing.DraftKind(kind))
	}
	m, err := a.readMessage(c, f, row.ID)
	if err != nil {
		return err
	}
	if !f.OK() {
		return a.notSent(c, m, f, errTyped)
	}
	id, err := a.deliver(c.Request().Context(), web.ActorOf(c), m, ticketing.Target{Ref: row.Ref})
	if err != nil {
		return a.notSent(c, m, f, err)
	}
	return a.sent(c, m, id)
}

func (a *Area) readMessage(c echo.Context, f *web.Form, id ticketing.TicketID) (typedMessage, error) {
	by := web.ActorOf(c)
	m := typedMessage{kind: f.Value("answer"), draft: ticketing.DraftReply}
	if again := f.Value("anyway"); again != "" {
		m.kind = again
	} else if f.Value("seen") != "" {
		m.seen = ticketing.MessageID(f.Int("seen", 0, 1<<62))
	}
	if !slices.Contains([]string{"answer", "question", "resolve", "note"}, m.kind) {
		m.kind = "answer" // Enter in a browser without scripts names no button
		f.Fail("answer", "reply.kind")
	}
	if m.kind == "note" {
		m.draft = ticketing.DraftNote
	}
	m.text = f.Text("text_"+string(m.draft), maxTyped)
	switch to := f.Line("to", ticketing.MaxAddress); to {
	case "":
	case toPortal:
		m.channel = ticketing.ChannelPortal
	case toPhone:
		m.channel = ticketing.ChannelPhone
	default:
		m.to = []string{to}
	}
	if err := a.takeFiles(c, f, id, &m); err != nil {
		return m, err
	}
	if key := f.Line("once", 64); key != "" {
		sum := sha256.Sum256([]byte(c.Param("ref") + "\x00" + m.kind + "\x00" + m.text))
		m.once = ticketing.Once{Caller: by.ID(), Key: "ui:" + key, Hash: hex.EncodeToString(sum[:])}
	}
	return m, nil
}

// takeFiles gathers the uploads of the draft that is sent, and keeps files that
// came with the form itself, from a browser without scripts.
func (a *Area) takeFiles(c echo.Context, f *web.Form, id ticketing.TicketID, m *typedMessage) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	for _, one := range f.All("upload") {
		u, err := a.Reads.UploadOf(ctx, by.Agent, one)
		if errors.Is(err, ticketing.NotFound) {
			f.Fail("upload", "reply.upload_gone")
			continue
		}
		if err != nil {
			return err
		}
		if u.Kind == m.draft && u.Ticket == id {
			m.uploads = append(m.uploads, u.ID)
		}
	}
	form := c.Request().MultipartForm
	if form == nil {
		return nil
	}
	files := form.File["file_"+string(m.draft)]
	if !goodFiles(f, files) {
		return nil
	}
	for _, h := range files {
		u, err := a.keepUpload(ctx, by, id, m.draft, h)
		if err != nil {
			return err
		}
		m.uploads = append(m.uploads, u.ID)
	}
	return nil
}

func (a *Area) deliver(ctx context.Context, by ticketing.Actor, m typedMessage, t ticketing.Target) (ticketing.MessageID, error) {
	if m.kind == "note" {
		_, id, err := a.desk.Note(ctx, by, t, ticketing.NoteInput{Text: m.text, Uploads: m.uploads, Once: m.once})
		return id, err
	}
	in := ticketing.ReplyInput{
		Text: m.text, Kind: ticketing.ReplyAnswer, To: m.to, Uploads: m.uploads, LastSeen: m.seen, Undo: true,
		Resolve: m.kind == "resolve", Once: m.once, Channel: m.channel, ByPhone: m.channel == ticketing.ChannelPhone,
	}
	if m.kind == "question" {
		in.Kind, in.Wait = ticketing.ReplyQuestion, true
	}
	_, id, err := a.desk.Reply(ctx, by, t, in)
	return id, err
}

// sent answers after a message was kept, with the offer to take it back.
func (a *Area) sent(c echo.Context, m typedMessage, id ticketing.MessageID) error {
	ctx := c.Request().Context()
	if !web.WantsFragment(c) {
		text := web.T(ctx, "ticket.sent_undo")
		if m.kind == "note" {
			text = web.T(ctx, "ticket.noted")
		}
		a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: text})
	}
	return a.changed(c, func(p *ticketPage) {
		p.composer.Mode = string(m.draft)
		for _, e := range p.entries {
			if e.message != nil && e.message.ID == id && e.message.takeBack != "" {
				p.undo = &undoView{action: e.message.takeBack, seconds: int(a.Bureau.Settings.UndoWait / time.Second), id: id}
			}
		}
	})
}

// notSent brings the composer back with the text, and says what is wrong. What
// was typed is kept as the draft too: nothing is lost when the page is left.
func (a *Area) notSent(c echo.Context, m typedMessage, f *web.Form, cause error) error {
	ctx := c.Request().Context()
	newer := isNewer(cause)
	if !newer && !refusal(f, cause) {
		return cause
	}
	p, err := a.load(c, ticketing.Reference(c.Param("ref")))
	if err != nil {
		return err
	}
	if err := a.Reads.SaveDraft(ctx, ticketing.Draft{Agent: p.composer.Owner, Ticket: p.t.ID, Kind: m.draft, Text: m.text, SavedAt: a.Bureau.Now()}); err != nil {
		return err
	}
	v := &p.composer.Reply
	if m.draft == ticketing.DraftNote {
		v = &p.composer.Note
	}
	v.Text, p.composer.Mode, p.composer.Seen = m.text, string(m.draft), m.seen
	if len(m.to) == 1 {
		p.composer.Chosen = m.to[0]
	}
	status := http.StatusUnprocessableEntity
	if newer {
		status, v.Anyway, v.Error = http.StatusConflict, m.kind, web.T(ctx, "reply.newer")
	} else {
		v.Error = wordsOf(ctx, f)
	}
	if !web.WantsFragment(c) {
		return a.show(c, status, p)
	}
	h := c.Response().Header()
	h.Set("HX-Retarget", "#composer")
	h.Set("HX-Reswap", "outerHTML")
	return web.Render(c, status, components.Composer(p.composer))
}

// isNewer reports the Conflict that a message came which the author had not seen (A97).
func isNewer(err error) bool {
	var e *ticketing.Error
	return errors.As(err, &e) && e.Key == "reply.newer"
}

func wordsOf(ctx context.Context, f *web.Form) string {
	text := ""
	for _, e := range f.Errors() {
		if text != "" {
			text += " "
		}
		text += web.PrinterOf(ctx).Map(e.Key, e.Args)
	}
	return text
}

// takeBack undoes a message that has not left; its text and files go back into
// the draft, before what was typed since.
func (a *Area) takeBack(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	ctx, by := c.Request().Context(), web.ActorOf(c)
	id, err := messageID(c)
	if err != nil {
		return err
	}
	m, _, err := a.Reads.MessageOf(ctx, by.Scope(), id)
	if err != nil {
		return err
	}
	_, text, err := a.desk.TakeBack(ctx, by, ticketing.Target{Ref: target(c, f).Ref}, id)
	if err != nil {
		return err
	}
	if err := a.restoreDraft(ctx, by, m, text); err != nil {
		return err
	}
	if !web.WantsFragment(c) {
		a.Kit.AddFlash(c, web.Flash{Text: web.T(ctx, "ticket.taken_back")})
	}
	return a.changed(c, func(p *ticketPage) { p.composer.Mode, p.undone = string(ticketing.DraftReply), id })
}

func (a *Area) restoreDraft(ctx context.Context, by ticketing.Actor, m ticketing.Message, text string) error {
	d, err := a.Reads.Draft(ctx, by.Agent, m.Ticket, ticketing.DraftReply)
	if err != nil && !errors.Is(err, ticketing.NotFound) {
		return err
	}
	if d.Text != "" && d.Text != text {
		text += "\n\n" + d.Text
	}
	now := a.Bureau.Now()
	for _, file := range m.Files {
		file.ID = 0
		u := ticketing.Upload{ID: randomKey(), Agent: by.Agent, Ticket: m.Ticket, Kind: ticketing.DraftReply, File: file, At: now}
		if err := a.Reads.AddUpload(ctx, u); err != nil {
			return err
		}
	}
	return a.Reads.SaveDraft(ctx, ticketing.Draft{Agent: by.Agent, Ticket: m.Ticket, Kind: ticketing.DraftReply, Text: text, SavedAt: now})
}
