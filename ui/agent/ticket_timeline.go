package agent

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/number"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// timeline merges messages and events, by day.
func timeline(ctx context.Context, by ticketing.Actor, dir *ticketing.Directory, v *ticketing.TicketView, path string, calls []entry) []entry {
	var list, letters []entry
	byMessage := map[ticketing.MessageID][]ticketing.Delivery{}
	for _, d := range v.Deliveries {
		if d.Message != 0 {
			byMessage[d.Message] = append(byMessage[d.Message], d)
			continue
		}
		letters = append(letters, automatic(ctx, d))
	}
	for i := range v.Messages {
		m := &v.Messages[i]
		list = append(list, entry{message: messageOf(ctx, by, dir, m, byMessage[m.ID], &v.Ticket, path), at: m.ReceivedAt})
	}
	for i := range v.Events {
		if e, ok := eventOf(ctx, dir, &v.Events[i]); ok {
			list = append(list, e)
		}
	}
	list = append(list, calls...)
	list = append(list, letters...) // of one instant the cause stands first
	slices.SortStableFunc(list, func(x, y entry) int { return x.at.Compare(y.at) })
	return withDays(ctx, list)
}

func withDays(ctx context.Context, list []entry) []entry {
	pr := web.PrinterOf(ctx)
	out := make([]entry, 0, len(list)+8)
	last := ""
	for _, e := range list {
		if day := pr.In(e.at).Format(time.DateOnly); day != last {
			last = day
			out = append(out, entry{day: e.at})
		}
		out = append(out, e)
	}
	return out
}

// automatic is the line for a letter no person wrote.
func automatic(ctx context.Context, d ticketing.Delivery) entry {
	at := d.CreatedAt
	if !d.AcceptedAt.IsZero() {
		at = d.AcceptedAt
	}
	return entry{icon: deliveryIcon(d.State), at: at, text: web.T(ctx, "auto."+string(d.Purpose), "State", web.T(ctx, "delivery_state."+string(d.State)))}
}

func deliveryIcon(s ticketing.DeliveryState) string {
	switch s {
	case ticketing.DeliverySent:
		return "check"
	case ticketing.DeliveryFailed, ticketing.DeliveryBounced:
		return "mail-exclamation"
	case ticketing.DeliveryUnknown:
		return "help"
	case ticketing.DeliveryTakenBack:
		return "arrow-back-up"
	case ticketing.DeliveryPending, ticketing.DeliverySending, ticketing.DeliveryRetry, ticketing.DeliveryHeld:
	}
	return "clock"
}

func messageOf(ctx context.Context, by ticketing.Actor, dir *ticketing.Directory, m *ticketing.Message, ds []ticketing.Delivery, t *ticketing.Ticket, path string) *messageView {
	v := &messageView{MessageView: components.MessageView{
		ID: m.ID, Kind: string(m.Direction), Author: m.Author.Name, At: m.ReceivedAt, TakenAt: m.TakenBackAt, How: how(ctx, m),
		Text: m.Text[:min(m.FoldAt, len(m.Text))], Quoted: m.Text[min(m.FoldAt, len(m.Text)):], Files: fileViews(m.Files),
	}}
	if v.Author == "" {
		v.Author = shownAddress(m.Author.Address)
	}
	if v.Author == "" {
		v.Author = web.T(ctx, "queue.unknown_sender")
	}
	if id, ok := ticketing.AgentOf(m.By); ok {
		v.Person = &components.Person{ID: id, Name: v.Author}
		if g, known := dir.Agent(id); known {
			v.Person.Name, v.Author = g.Name, g.Name
		}
	}
	if m.HTMLKey != "" {
		v.Frame = "/agent/mail/" + strconv.FormatInt(int64(m.ID), 10)
	}
	if m.RawKey != "" && m.Channel == ticketing.ChannelEmail && by.May(ticketing.RightRaw) {
		v.raw = "/agent/mail/" + strconv.FormatInt(int64(m.ID), 10) + "/raw"
	}
	if m.Subject != t.Subject && m.Direction == ticketing.In {
		v.subject = m.Subject
	}
	v.Chips = messageChips(ctx, m)
	at := path + "/messages/" + strconv.FormatInt(int64(m.ID), 10)
	if m.Mark.Confirmable() && by.May(ticketing.RightWrite) {
		v.confirm = at + "/confirm-sender"
	}
	for _, d := range ds {
		v.foot(ctx, d, path)
		if d.State == ticketing.DeliveryPending && d.Attempts == 0 && m.By == by.ID() && m.TakenBackAt.IsZero() {
			v.takeBack = at + "/take-back"
		}
	}
	return v
}

func (v *messageView) foot(ctx context.Context, d ticketing.Delivery, path string) {
	f := components.FootView{Icon: deliveryIcon(d.State), Text: shownAddress(d.To.Address) + ": " + web.T(ctx, "delivery_state."+string(d.State))}
	switch d.State {
	case ticketing.DeliveryFailed, ticketing.DeliveryBounced, ticketing.DeliveryUnknown:
		f.Kind = "bad"
		v.retries = append(v.retries, fmt.Sprintf("%s/deliveries/%d/retry", path, d.ID))
	case ticketing.DeliverySent:
		f.Text += " " + web.PrinterOf(ctx).Clock(d.AcceptedAt)
		if !d.DeliveredAt.IsZero() {
			f.Text += ", " + web.T(ctx, "delivery_state.arrived") + " " + web.PrinterOf(ctx).Clock(d.DeliveredAt)
		}
	case ticketing.DeliveryRetry, ticketing.DeliveryPending, ticketing.DeliverySending, ticketing.DeliveryTakenBack, ticketing.DeliveryHeld:
	}
	if d.Reply != "" && f.Kind == "bad" {
		f.Text += " – " + d.Reply
	}
	v.Foot = append(v.Foot, f)
}

// shownAddress is an address as the page shows it: a telephone number with its
// middle hidden.
func shownAddress(s string) string {
	if strings.HasPrefix(s, "+") {
		return number.Mask(s, homeRegion)
	}
	return s
}

func how(ctx context.Context, m *ticketing.Message) string {
	switch m.Direction {
	case ticketing.Note:
		return web.T(ctx, "message.note")
	case ticketing.Out:
		return web.T(ctx, "message."+string(m.Kind))
	case ticketing.In:
	}
	return web.T(ctx, "by_channel."+string(m.Channel))
}

func messageChips(ctx context.Context, m *ticketing.Message) []components.ChipView {
	var out []components.ChipView
	chip := func(kind, icon, key string) {
		out = append(out, components.ChipView{Kind: kind, Icon: icon, Text: web.T(ctx, key)})
	}
	switch m.Mark {
	case ticketing.MarkThirdParty:
		chip("warn", "alert-triangle", "mark.third_party")
	case ticketing.MarkMachine:
		chip("", "settings", "machine."+string(m.Machine))
	case ticketing.MarkBody:
		if m.Auth == ticketing.AuthPass {
			chip("info", "building", "mark.body")
		} else {
			chip("warn", "building", "mark.body_unconfirmed")
		}
	case ticketing.MarkNone:
	}
	if m.Auth == ticketing.AuthFail {
		chip("bad", "shield-x", "mark.auth_fail")
	}
	if m.Unreadable {
		chip("bad", "file-off", "mark.unreadable")
	} else if m.Partial {
		chip("warn", "alert-circle", "mark.partial")
	}
	for _, n := range m.Notes {
		switch n {
		case "two_from", "html_differs", "tnef", "media_refused", "media_failed", "media_large":
			chip("warn", "alert-triangle", "mark."+n)
		}
	}
	return out
}

func fileViews(files []ticketing.Attachment) []components.FileView {
	var out []components.FileView
	for _, f := range files {
		v := components.FileView{ID: strconv.FormatInt(int64(f.ID), 10), Name: web.FileLabel(f.Name), Size: f.Size}
		v.Href = "/agent/files/" + v.ID
		if web.ShownInline(f.ContentType) && f.Size < maxThumb {
			v.Href, v.Thumb = web.InlineImages+v.ID, web.InlineImages+v.ID
		}
		out = append(out, v)
	}
	return out
}

// maxThumb is the size up to which a picture is shown in the page.
const maxThumb = 30 << 20

// eventIcons are the events the timeline shows; messages and deliveries show
// themselves.
var eventIcons = map[ticketing.EventKind]string{
	ticketing.EventOpened: "plus", ticketing.EventValidated: "circle-check", ticketing.EventAssigned: "user", ticketing.EventMoved: "transfer",
	ticketing.EventConsulted: "help", ticketing.EventConsultAnswer: "circle-check", ticketing.EventConsultEnded: "arrow-back-up",
	ticketing.EventReferred: "transfer", ticketing.EventAccepted: "building", ticketing.EventRefused: "x", ticketing.EventBodyAsked: "help",
	ticketing.EventBodyTold: "mail", ticketing.EventBodyAnswered: "circle-check", ticketing.EventWithdrawn: "arrow-back-up",
	ticketing.EventReferralLate: "flame", ticketing.EventExpired: "clock", ticketing.EventReminded: "mail", ticketing.EventNumbered: "tag", ticketing.EventLinkWanted: "link",
	ticketing.EventChanged: "pencil", ticketing.EventWaiting: "player-pause", ticketing.EventResumed: "player-play",
	ticketing.EventResolved: "circle-check", ticketing.EventClosed: "lock", ticketing.EventReopened: "refresh",
	ticketing.EventEpisodeVoid: "arrow-back-up", ticketing.EventSpam: "ban", ticketing.EventNotSpam: "arrow-back-up",
	ticketing.EventRequester: "user", ticketing.EventConfirmed: "user-check", ticketing.EventRevoked: "key",
	ticketing.EventRouted: "adjustments", ticketing.EventWarned: "alert-triangle", ticketing.EventBreached: "flame",
	ticketing.EventEscalated: "bell", ticketing.EventRebased: "adjustments", // missed calls show themselves
	ticketing.EventCallTried: "phone", ticketing.EventCallReached: "phone", ticketing.EventCallBound: "phone", ticketing.EventCallHeard: "phone",
	ticketing.EventFellBack: "arrow-back-up", ticketing.EventUnreached: "alert-triangle",
}

func eventOf(ctx context.Context, dir *ticketing.Directory, e *ticketing.Event) (entry, bool) {
	icon, shown := eventIcons[e.Kind]
	if _, byHand := ticketing.AgentOf(e.Actor); e.Kind == ticketing.EventOpened && !byHand {
		shown = false // the message itself says so
	}
	if !shown {
		return entry{}, false
	}
	name := func(key string) string {
		n, _ := integer(e.Data[key])
		switch e.Kind { //nolint:exhaustive // only these name others
		case ticketing.EventAssigned:
			if g, ok := dir.Agent(ticketing.AgentID(n)); ok {
				return g.Name
			}
			return web.T(ctx, "ticket.nobody")
		case ticketing.EventMoved, ticketing.EventConsulted, ticketing.EventConsultAnswer, ticketing.EventConsultEnded:
			if d, ok := dir.Department(ticketing.DepartmentID(n)); ok {
				return ticketing.NameIn(d.Names, web.Language(ctx))
			}
		}
		return ""
	}
	args := []any{"Who", who(ctx, dir, e.Actor), "From", name("from"), "To", name("to")}
	if n, of := integer(e.Data["body"]); of {
		b, _ := dir.Body(ticketing.BodyID(n))
		args = append(args, "Body", ticketing.NameIn(b.Names, web.Language(ctx)))
	}
	switch e.Kind { //nolint:exhaustive // only these have words of their own
	case ticketing.EventClosed:
		args = append(args, "Code", web.T(ctx, "code."+word(e.Data["code"])))
	case ticketing.EventFellBack:
		args = append(args, "To", web.T(ctx, "channel."+word(e.Data["to"])))
	case ticketing.EventWaiting:
		args = append(args, "Reason", web.T(ctx, "wait."+word(e.Data["reason"])))
	case ticketing.EventEscalated:
		args = append(args, "Clock", web.T(ctx, "clock_name."+word(e.Data["clock"])), "Tell", web.T(ctx, "tell."+word(e.Data["tell"])))
	case ticketing.EventCallTried:
		n, _ := integer(e.Data["attempt"])
		args = append(args, "Attempt", n)
	case ticketing.EventNumbered:
		args = append(args, "Number", word(e.Data["number"]))
	case ticketing.EventWarned, ticketing.EventBreached:
		args = append(args, "Clock", web.T(ctx, "clock_name."+word(e.Data["clock"])))
	}
	if e.Kind == ticketing.EventRouted {
		return entry{icon: icon, text: routed(ctx, dir, e), at: e.At}, true
	}
	text := web.T(ctx, "event."+string(e.Kind), args...)
	if why := word(e.Data["why"]); e.Kind == ticketing.EventAssigned && why != "" {
		text += " (" + web.T(ctx, "assigned_why."+why) + ")"
	}
	if e.Payload != "" {
		text += ": " + e.Payload
	}
	if ended, _ := e.Data["consent_ended"].([]any); len(ended) > 0 {
		text += ". " + web.T(ctx, "refer.consent_ended")
	}
	return entry{icon: icon, text: text, at: e.At}, true
}

func who(ctx context.Context, dir *ticketing.Directory, actor string) string {
	if id, ok := ticketing.AgentOf(actor); ok {
		if g, known := dir.Agent(id); known {
			return g.Name
		}
	}
	if actor == "citizen" {
		return web.T(ctx, "actor.citizen")
	}
	return web.T(ctx, "actor.system")
}

// integer and word read a value of an event's data, which JSON has been through.
func integer(v any) (int64, bool) {
	switch n := v.(type) {
	case float64:
		return int64(n), true
	case int64:
		return n, true
	case int:
		return int64(n), true
	}
	return 0, false
}

func word(v any) string {
	s, _ := v.(string)
	return s
}
