package components

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// defaultTarget stands in where a list does not say how long a promise is.
const defaultTarget = 48 * time.Hour

// A Due is a promise as a chip shows it: what is left, or by how much it is late.
type Due struct {
	At      time.Time     // zero: nothing is due
	Target  time.Duration // for the colour; 48 h when zero
	Paused  bool          // the clock stands
	Pattern string        // message id with {{.Span}} around what is left, "" for the bare span
}

// Urgency gives the chip's colour and icon with that much left of a target:
// red within an hour, amber within a quarter, green before. Late is red with a flame.
// ui/static/js/time-tick.js says the same for a page that stays open.
func Urgency(left, target time.Duration) (kind, icon string) {
	if target <= 0 {
		target = defaultTarget
	}
	switch {
	case left < 0:
		return "bad", "flame"
	case left <= time.Hour:
		return "bad", "alert-triangle"
	case left <= target/4:
		return "warn", "clock"
	}
	return "ok", "clock"
}

func (d Due) left(ctx context.Context) time.Duration { return d.At.Sub(web.PrinterOf(ctx).Now()) }

func (d Due) kind(ctx context.Context) string { k, _ := Urgency(d.left(ctx), d.Target); return k }

func (d Due) icon(ctx context.Context) string { _, i := Urgency(d.left(ctx), d.Target); return i }

func (d Due) target() string {
	if d.Target <= 0 {
		d.Target = defaultTarget
	}
	return strconv.Itoa(int(d.Target / time.Second))
}

func (d Due) text(ctx context.Context) string {
	span := web.PrinterOf(ctx).Span(d.left(ctx))
	switch {
	case d.left(ctx) < 0:
		return web.T(ctx, "time.late", "Span", span)
	case d.Pattern != "":
		return web.T(ctx, d.Pattern, "Span", span)
	}
	return span
}

// pattern is what the page's clock fills in: {} stands for the span.
func (d Due) pattern(ctx context.Context) string {
	if d.Pattern == "" {
		return "{}"
	}
	return web.T(ctx, d.Pattern, "Span", "{}")
}

// A Person is a member of staff as an avatar shows them.
type Person struct {
	ID   ticketing.AgentID
	Name string
}

// AvatarClass gives a person the same one of four colours everywhere.
func (p Person) class(small bool) string {
	c := "avatar avatar--" + strconv.Itoa(int(p.ID%4)+1)
	if small {
		c += " avatar--small"
	}
	return c
}

// channelIcons are the drawings of the ways a contact comes in.
var channelIcons = map[ticketing.Channel]string{
	ticketing.ChannelEmail: "mail", ticketing.ChannelSMS: "message", ticketing.ChannelPhone: "phone", ticketing.ChannelPortal: "map-pin",
	ticketing.ChannelCounter: "user", ticketing.ChannelLetter: "file-text", ticketing.ChannelAPI: "plug-connected",
}

// ChannelIcon gives the drawing of a channel.
func ChannelIcon(c ticketing.Channel) string {
	if i, ok := channelIcons[c]; ok {
		return i
	}
	return "inbox"
}

// A RowView is a ticket as a line of the queue.
type RowView struct {
	ID       ticketing.TicketID
	Ref      ticketing.Reference
	Href     string // where the row leads
	Target   string // selector htmx puts the ticket into; "" = go to Href
	Channel  ticketing.Channel
	Who      string // citizen's name or address
	Subject  string
	At       time.Time // last activity, or receipt
	Due      Due
	State    ticketing.State
	Where    string  // department
	Assignee *Person // nil: nobody
	Present  []PresentView
	Outside  *ChipView // how an outside body stands to it
	Unread   bool
	Draft    bool
	Selected bool
	Choose   bool // with a checkbox for the bulk bar
	OOB      bool // sent by itself to take the place of the old row
}

// A PresentView is a member of staff who has a ticket open.
type PresentView struct {
	Person
	Writing bool
}

// key is the message id of what they do.
func (v PresentView) key() string {
	if v.Writing {
		return "present.writes"
	}
	return "present.looks"
}

func (v RowView) class() string {
	c := "row"
	if v.Unread {
		c += " row--unread"
	}
	if v.Selected {
		c += " row--open"
	}
	return c
}

// A ChipView is a state in words.
type ChipView struct {
	Kind string // "ok", "warn", "bad", "info", "outline" or ""
	Icon string
	Text string
}

func (v ChipView) class() string {
	if v.Kind == "" {
		return "chip"
	}
	return "chip chip--" + v.Kind
}

// StateChip gives a ticket's state as a chip.
func StateChip(ctx context.Context, s ticketing.State) ChipView {
	v := ChipView{Text: web.T(ctx, "state."+s.String())}
	switch s {
	case ticketing.StateOpen:
		v.Kind = "info"
	case ticketing.StateWaiting:
		v.Icon = "player-pause"
	case ticketing.StateResolved:
		v.Kind, v.Icon = "ok", "circle-check"
	case ticketing.StateReceived, ticketing.StateClosed:
	}
	return v
}

// A FileView is an attachment.
type FileView struct {
	ID    string
	Name  string
	Size  int64
	Href  string // saves it
	Thumb string // shows it when it is a picture; "" otherwise
	Note  string // "file missing", "too large to show"
}

// A FootView is a small remark below a message.
type FootView struct {
	Icon string
	Kind string // "bad" for a failure
	Text string
}

// A MessageView is one entry of the conversation.
type MessageView struct {
	ID      ticketing.MessageID
	Kind    string // "in", "out", "note"
	Author  string
	Person  *Person // member of staff; nil: the citizen
	How     string  // "e-poštom", "pitanje građaninu"
	At      time.Time
	Text    string
	Quoted  string // the sender's own quotation, folded away
	Frame   string // address of the HTML mail for the sandboxed frame; "" = none
	Files   []FileView
	Chips   []ChipView // what is special: third party, machine, unverified
	Foot    []FootView
	TakenAt time.Time // taken back before it left
}

func (m MessageView) class() string {
	switch m.Kind {
	case "out":
		return "message message--out"
	case "note":
		return "message message--note"
	}
	return "message"
}

func (m MessageView) avatar() string {
	if m.Person != nil {
		return m.Person.class(false)
	}
	return "avatar avatar--2"
}

// A ClockView is one promise with its progress.
type ClockView struct {
	Label string
	Due   Due
	Used  int       // percent of the target, 0–100
	Note  string    // below the bar
	Why   string    // address of the explanation; "" = none
	Chip  *ChipView // instead of the due chip: met, ended
}

func (c ClockView) meter(ctx context.Context) string {
	if c.Chip != nil && c.Chip.Kind == "bad" {
		return "meter meter--bad"
	}
	if c.Chip != nil || c.Due.Paused || c.Due.At.IsZero() {
		return "meter"
	}
	switch k := c.Due.kind(ctx); k {
	case "warn", "bad":
		return "meter meter--" + k
	}
	return "meter"
}

// A StepView is one stretch of the explanation of a deadline.
type StepView struct {
	Kind   string // "counted", "paused", "not-counted"
	Label  string
	Amount string
	Note   string
}

func (s StepView) icon() string {
	switch s.Kind {
	case "counted":
		return "circle-check"
	case "paused":
		return "player-pause"
	}
	return "calendar-off"
}

// A LegView is one stretch of custody.
type LegView struct {
	Who    string
	Amount string
	Note   string
	Now    bool
}

// A FactView is a label with a value.
type FactView struct{ Label, Value string }

// paragraphs splits text at empty lines; lines gives the lines of one of them.
func paragraphs(text string) []string {
	var out []string
	for _, p := range strings.Split(text, "\n\n") {
		if p = strings.Trim(p, "\n"); strings.TrimSpace(p) != "" {
			out = append(out, p)
		}
	}
	return out
}

func lines(p string) []string { return strings.Split(p, "\n") }

// A piece is a part of a line: words, or an address to follow.
type piece struct{ text, href string }

// pieces finds http and https addresses in a line of plain text.
func pieces(line string) []piece {
	var out []piece
	for line != "" {
		at := addressAt(line)
		if at < 0 {
			return append(out, piece{text: line})
		}
		if at > 0 {
			out = append(out, piece{text: line[:at]})
		}
		end := strings.IndexAny(line[at:], " \t<>\"'|")
		if end < 0 {
			end = len(line) - at
		}
		address := strings.TrimRight(line[at:at+end], ".,;:!?)]}»“”")
		out = append(out, piece{text: address, href: address})
		line = line[at+len(address):]
	}
	return out
}

// addressAt gives where an address begins, -1 when there is none.
func addressAt(line string) int {
	best := -1
	for _, scheme := range []string{"https://", "http://"} {
		if i := strings.Index(line, scheme); i >= 0 && len(line) > i+len(scheme) && (best < 0 || i < best) {
			best = i
		}
	}
	return best
}

func percent(n int) int { return max(0, min(100, n)) }
