package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

func (a *API) registerTickets() {
	register(a, route{
		id: "list-tickets", method: http.MethodGet, path: "/tickets", right: ticketing.RightRead, summary: "List tickets",
		text: "Whatever the state, newest first, unless asked otherwise. Tickets marked as spam are listed with spam=true only. " +
			"Telephone numbers are masked.",
	}, a.listTickets)
	register(a, route{
		id: "get-ticket", method: http.MethodGet, path: "/tickets/{ref}", right: ticketing.RightRead, summary: "Read a ticket",
		text: "The reading is recorded.",
	}, a.getTicket)
	register(a, route{
		id: "list-ticket-clocks", method: http.MethodGet, path: "/tickets/{ref}/clocks", right: ticketing.RightRead,
		summary: "The promises of a ticket and how they stand",
	}, a.getClocks)
	register(a, route{
		id: "list-ticket-events", method: http.MethodGet, path: "/tickets/{ref}/events", right: ticketing.RightRead,
		summary: "What happened to a ticket, oldest first",
	}, a.getEvents)
}

// RefInput names a ticket. Like the other parts of inputs it is exported because
// huma reads no fields of unexported ones.
type RefInput struct {
	Ref string `path:"ref" maxLength:"40" doc:"reference of the ticket: S48-26-004812-6"`
}

// A pageJSON is a stretch of a list.
type pageJSON[T any] struct {
	Items []T     `json:"items" nullable:"false"`
	Next  *string `json:"next_cursor" doc:"to be given as cursor for what follows; null at the end"`
}

type pageOutput[T any] struct{ Body pageJSON[T] }

func page[T any](items []T, next string) *pageOutput[T] {
	if items == nil {
		items = []T{}
	}
	return &pageOutput[T]{Body: pageJSON[T]{Items: items, Next: orNil(next)}}
}

// unknownTicket is the one answer for what is not there and what is not to be
// known (A33).
func unknownTicket() error { return &ticketing.Error{Kind: ticketing.NotFound, Key: "ticket.unknown"} }

// ref reads a reference from a path; a malformed one is unknown.
func (a *API) ref(s string) (ticketing.Reference, error) {
	ref, err := ticketing.ParseReference(a.Bureau.Settings.Prefix, s)
	if err != nil {
		return "", unknownTicket()
	}
	return ref, nil
}

// view reads the ticket within the caller's scope.
func (a *API) view(ctx context.Context, c *caller, ref ticketing.Reference) (*ticketing.TicketView, error) {
	v, err := a.Reads.TicketView(ctx, c.actor.Scope(), ref)
	if errors.Is(err, ticketing.NotFound) {
		return nil, unknownTicket()
	}
	return v, err
}

func (a *API) scribe(ctx context.Context) (*scribe, error) {
	dir, err := a.Bureau.Store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	return &scribe{API: a, dir: dir, tag: web.Language(ctx)}, nil
}

// read reads the ticket of the address within the caller's scope, and who writes
// it down.
func (a *API) read(ctx context.Context, c *caller, address string) (*ticketing.TicketView, *scribe, error) {
	ref, err := a.ref(address)
	if err != nil {
		return nil, nil, err
	}
	v, err := a.view(ctx, c, ref)
	if err != nil {
		return nil, nil, err
	}
	s, err := a.scribe(ctx)
	return v, s, err
}

type listTicketsInput struct {
	State      []string `query:"state" enum:"received,open,waiting,resolved,closed" doc:"any of these, separated by commas; all when absent"`
	Department string   `query:"department" maxLength:"40" doc:"code of the department that has custody"`
	Assignee   string   `query:"assignee" maxLength:"254" doc:"e-mail or id of an agent, me, or none"`
	Category   string   `query:"category" maxLength:"40" doc:"code"`
	District   string   `query:"district" maxLength:"40" doc:"code"`
	Channel    string   `query:"channel" enum:"email,sms,phone,portal,counter,letter,api"`
	Priority   string   `query:"priority" enum:"low,normal,high,urgent"`
	Tag        string   `query:"tag" maxLength:"100"`
	Q          string   `query:"q" maxLength:"200" doc:"reference, e-mail address, telephone number, name or words, in any script"`
	Overdue    bool     `query:"overdue" doc:"only those with an open clock past its due instant"`
	Spam       bool     `query:"spam" doc:"those marked as spam instead of all others"`
	Sort       string   `query:"sort" default:"-received" enum:"due,-due,received,-received,activity,-activity,priority,-priority" doc:"due: nearest first; a minus turns it round"`
	Limit      int      `query:"limit" default:"50" minimum:"1" maximum:"200"`
	Cursor     string   `query:"cursor" maxLength:"2000" doc:"next_cursor of the page before, with the same filters"`
}

func (a *API) listTickets(ctx context.Context, c *caller, in *listTicketsInput) (*pageOutput[ticketJSON], error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	f, err := s.filter(c, in)
	if err != nil {
		return nil, err
	}
	return a.listed(ctx, c, s, f)
}

// listed writes down the tickets of a filter.
func (a *API) listed(ctx context.Context, c *caller, s *scribe, f ticketing.TicketFilter) (*pageOutput[ticketJSON], error) {
	rows, err := a.Reads.Tickets(ctx, f, c.actor.Agent)
	if err != nil {
		return nil, err
	}
	refs := make([]ticketing.Reference, len(rows.Items))
	for i := range rows.Items {
		refs[i] = rows.Items[i].Ref
	}
	heads, err := a.Reads.TicketHeads(ctx, f.Scope, refs)
	if err != nil {
		return nil, err
	}
	items := make([]ticketJSON, len(heads))
	for i := range heads {
		items[i] = s.ticket(&heads[i], false)
	}
	return page(items, rows.Next), nil
}

// filter reads the parameters; every name in them must exist, so that a
// misspelt one does not silently list everything (A66: nothing of it reaches a
// query but as a value).
func (s *scribe) filter(c *caller, in *listTicketsInput) (ticketing.TicketFilter, error) {
	order, desc := strings.CutPrefix(in.Sort, "-")
	f := ticketing.TicketFilter{
		Scope: c.actor.Scope(), All: len(in.State) == 0, Channel: ticketing.Channel(in.Channel), Tag: in.Tag, Spam: in.Spam, Query: in.Q,
		Sort: ticketing.Sort(order), Desc: desc, Limit: in.Limit, Cursor: in.Cursor,
	}
	for _, name := range in.State {
		state, ok := ticketing.ParseState(name)
		if !ok {
			return f, unknown("state", "state.unknown")
		}
		f.States = append(f.States, state)
	}
	if in.Department != "" {
		d, ok := s.dir.DepartmentByCode(in.Department)
		if !ok {
			return f, unknown("department", "department.unknown")
		}
		f.Department = d.ID
	}
	if in.Category != "" {
		k, ok := s.dir.CategoryByCode(in.Category)
		if !ok {
			return f, unknown("category", "category.unknown")
		}
		f.Category = k.ID
	}
	if in.District != "" {
		d, ok := s.dir.DistrictByCode(in.District)
		if !ok {
			return f, unknown("district", "rule.district")
		}
		f.District = d.ID
	}
	if p, ok := ticketing.ParsePriority(in.Priority); ok {
		f.Priority = &p
	}
	if in.Overdue {
		f.Overdue = s.now()
	}
	return f, s.filterAssignee(c, in.Assignee, &f)
}

func (s *scribe) filterAssignee(c *caller, who string, f *ticketing.TicketFilter) error {
	switch who {
	case "":
	case "none":
		f.Unassigned = true
	case "me":
		f.Assignee = c.actor.Agent
	default:
		g, ok := s.agent(who)
		if !ok {
			return unknown("assignee", "agent.unknown")
		}
		f.Assignee = g.ID
	}
	return nil
}

// agent finds an agent by e-mail or id.
func (s *scribe) agent(who string) (ticketing.Agent, bool) {
	if id, err := strconv.ParseInt(who, 10, 64); err == nil {
		return s.dir.Agent(ticketing.AgentID(id))
	}
	mail := ticketing.NormalEmail(who)
	for _, g := range s.dir.Agents {
		if mail != "" && g.Email == mail {
			return g, true
		}
	}
	return ticketing.Agent{}, false
}

// unknown refuses a name that the directory does not know.
func unknown(field, key string) error {
	return &ticketing.Error{Kind: ticketing.Invalid, Field: field, Key: key}
}

type getTicketInput struct {
	RefInput
	Explain     bool   `query:"explain" doc:"add why each clock falls due when it does"`
	IfNoneMatch string `header:"If-None-Match" maxLength:"400"`
}

// A ticketOutput answers with a ticket.
type ticketOutput struct {
	Status   int
	ETag     string `header:"ETag" doc:"to be sent as If-Match with a change"`
	Location string `header:"Location"`
	Replayed string `header:"Idempotent-Replayed" doc:"true: this is the result of an earlier request with the same key"`
	Body     ticketJSON
}

func (a *API) getTicket(ctx context.Context, c *caller, in *getTicketInput) (*ticketOutput, error) {
	ref, err := a.ref(in.Ref)
	if err != nil {
		return nil, err
	}
	v, err := a.view(ctx, c, ref)
	if err != nil {
		return nil, err
	}
	if err := a.recordReading(ctx, c, v); err != nil {
		return nil, err
	}
	out, err := a.answerTicket(ctx, c, v, in.Explain)
	if err == nil && matches(in.IfNoneMatch, v.Ticket.Version) {
		out.Status = http.StatusNotModified
	}
	return out, err
}

// recordReading writes down who looked at the ticket, and that telephone
// numbers were given whole.
func (a *API) recordReading(ctx context.Context, c *caller, v *ticketing.TicketView) error {
	desk := ticketing.Desk{Bureau: a.Bureau}
	if err := desk.Opened(ctx, c.actor, v.Ticket.ID); err != nil {
		return err
	}
	if v.Citizen == nil || !c.actor.May(ticketing.RightReveal) || len(v.Citizen.Addresses(ticketing.ContactPhone)) == 0 {
		return nil
	}
	return desk.Revealed(ctx, c.actor, v.Ticket.ID, ticketing.EventRevealed, map[string]any{"citizen": int64(v.Citizen.ID), "token": c.token})
}

// answerTicket writes the ticket down for the caller.
func (a *API) answerTicket(ctx context.Context, c *caller, v *ticketing.TicketView, explain bool) (*ticketOutput, error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	s.whole = c.actor.May(ticketing.RightReveal)
	return &ticketOutput{Status: http.StatusOK, ETag: etag(v.Ticket.Version), Body: s.ticket(v, explain)}, nil
}

type getClocksInput struct {
	RefInput
	Explain bool `query:"explain" doc:"add why each clock falls due when it does"`
}

type clocksOutput struct {
	Body struct {
		Items []clockJSON `json:"items" nullable:"false"`
	} `nameHint:"Clocks"`
}

func (a *API) getClocks(ctx context.Context, c *caller, in *getClocksInput) (*clocksOutput, error) {
	v, s, err := a.read(ctx, c, in.Ref)
	if err != nil {
		return nil, err
	}
	out := &clocksOutput{}
	out.Body.Items = s.clocks(&v.Ticket, in.Explain)
	return out, nil
}
