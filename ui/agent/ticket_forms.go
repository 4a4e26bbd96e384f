package agent

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// Bounds of what is typed into the dialogs, in characters; the core has the
// last word.
const (
	maxReason   = 2000
	maxNote     = 500
	maxTagsText = 400
	maxPlace    = 300
)

// An undoView is an offer to take back what was just sent.
type undoView struct {
	id      ticketing.MessageID
	action  string
	seconds int
}

// address gives the address of a part of the ticket, for where it is shown.
func (p *ticketPage) address(part string) string {
	if p.pane {
		return p.path + part + "?pane=1"
	}
	return p.path + part
}

// standing gives the page with its parts marked for their places.
func standing(p *ticketPage) *ticketPage {
	q := *p
	q.stand = true
	return &q
}

// opens reports whether the dialog stands open in the page. Resolving and
// closing share one.
func (p *ticketPage) opens(name string) bool {
	return p.dialog == name || (name == "close" && p.dialog == "resolve")
}

// typed gives the form of an act: as it was refused, or with what holds now.
func (p *ticketPage) typed(act string) *web.Form {
	if p.form != nil && p.dialog == act {
		return p.form
	}
	id := func(n int64) string { return strconv.FormatInt(n, 10) }
	switch act {
	case "assign":
		return web.NewForm("assignee", id(int64(p.t.Assignee)))
	case "move":
		return web.NewForm("department", id(int64(p.t.Department)))
	case "refer":
		return web.NewForm("wanted", "takeover", "tell", "1")
	case "wait":
		return web.NewForm("reason", string(ticketing.WaitBody))
	case "change":
		return web.NewForm("subject", p.t.Subject, "category", id(int64(p.t.Category)), "priority", p.t.Priority.String(),
			"tags", strings.Join(p.t.Tags, ", "), "address", p.t.Location.Address)
	case "close":
		return web.NewForm("code", string(ticketing.CodeResolved))
	}
	return web.NewForm()
}

// refusedForm is the form of an act as it comes back by itself.
func (p *ticketPage) refusedForm(act string) formComponent {
	switch act {
	case "assign":
		return assignForm
	case "move":
		return moveForm
	case "consult":
		return consultForm
	case "refer":
		return referForm
	case "wait":
		return waitForm
	case "change":
		return changeForm
	case "resolve":
		return resolveForm
	case "requester":
		return requesterForm
	}
	return closeForm
}

func (p *ticketPage) withNobody(ctx context.Context) []components.Option {
	return append([]components.Option{{Value: "0", Text: web.T(ctx, "ticket.nobody")}}, p.people...)
}

func priorityOptions(ctx context.Context) []components.Option {
	var out []components.Option
	for p := ticketing.PriorityLow; p <= ticketing.PriorityUrgent; p++ {
		out = append(out, components.Option{Value: p.String(), Text: web.T(ctx, "priority."+p.String())})
	}
	return out
}

func waitOptions(ctx context.Context) []components.Option {
	var out []components.Option
	for _, r := range []ticketing.WaitReason{ticketing.WaitCitizen, ticketing.WaitBody, ticketing.WaitWeather, ticketing.WaitMaterial} {
		out = append(out, components.Option{Value: string(r), Text: web.T(ctx, "wait."+string(r))})
	}
	return out
}

func codeOptions(ctx context.Context) []components.Option {
	var out []components.Option
	for _, c := range ticketing.ClosingCodes() {
		out = append(out, components.Option{Value: string(c), Text: web.T(ctx, "code."+string(c))})
	}
	return out
}

// tagsOf reads tags as somebody types them: apart by commas.
func tagsOf(text string) []string {
	var out []string
	for _, t := range strings.Split(text, ",") {
		if t = strings.TrimSpace(t); t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// navAddress is where the navigation is fetched anew for a page.
func navAddress(current string) string {
	return "/agent/nav?" + url.Values{"at": {current}}.Encode()
}

// bar gives percent of the time bar in the units of its drawing.
func bar(percent float64) string { return strconv.FormatFloat(percent*3.84, 'f', 1, 64) }

// orText gives the text, or what stands for none.
func orText(text, none string) string {
	if text == "" {
		return none
	}
	return text
}
