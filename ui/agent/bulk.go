package agent

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// mostChosen bounds how many tickets one request changes. The page sends more in
// several, and shows how far it is.
const mostChosen = 200

// A bulkAct is one change applied to several tickets. Each is a change of its
// own: one that is refused keeps none of the others.
type bulkAct struct {
	name string // "mine", "assign", "move", "tag", "spam", "duplicates"
	run  func(ctx context.Context, by ticketing.Actor, r ticketing.TicketRow) (done *ticketing.Ticket, before string, err error)
	undo bool // it can be taken back: before says what was
}

// A bulkLine is what became of one ticket.
type bulkLine struct {
	ref     string
	subject string
	path    string
	why     string // it was refused, and why; "" = done
	item    string // takes it back: reference, version, what was
}

// errChoice says that the form names no act there is.
var errChoice = &ticketing.Error{Kind: ticketing.Invalid, Field: "do", Key: "form.choice"}

// bulkActOf reads what shall be done.
func (a *Area) bulkActOf(f *web.Form) (bulkAct, error) {
	assign := func(to ticketing.AgentID) bulkAct {
		return bulkAct{name: "assign", undo: true, run: func(ctx context.Context, by ticketing.Actor, r ticketing.TicketRow) (*ticketing.Ticket, string, error) {
			if to == 0 {
				to = by.Agent
			}
			t, err := a.desk.Assign(ctx, by, ticketing.Target{Ref: r.Ref, Version: r.Version}, to)
			return t, strconv.FormatInt(int64(r.Assignee), 10), err
		}}
	}
	plain := func(name string, run func(context.Context, ticketing.Actor, ticketing.Target) (*ticketing.Ticket, error)) bulkAct {
		return bulkAct{name: name, run: func(ctx context.Context, by ticketing.Actor, r ticketing.TicketRow) (*ticketing.Ticket, string, error) {
			t, err := run(ctx, by, ticketing.Target{Ref: r.Ref})
			return t, "", err
		}}
	}
	switch f.Value("do") {
	case "mine":
		return assign(0), nil
	case "assign":
		to := f.Int("assignee", 1, 1<<62)
		return assign(ticketing.AgentID(to)), nil
	case "move":
		to := ticketing.DepartmentID(f.Int("department", 1, 1<<62))
		return plain("move", func(ctx context.Context, by ticketing.Actor, t ticketing.Target) (*ticketing.Ticket, error) {
			return a.desk.Move(ctx, by, t, to, "")
		}), nil
	case "tag":
		return a.tagAct(f.Required("tag", maxTag)), nil
	case "spam":
		act := plain("spam", a.desk.MarkSpam)
		act.undo = true
		return act, nil
	case "duplicates":
		in := ticketing.CloseInput{Code: ticketing.CodeDuplicate, Duplicate: a.mainOf(f), Silent: f.Checked("silent")}
		return plain("duplicates", func(ctx context.Context, by ticketing.Actor, t ticketing.Target) (*ticketing.Ticket, error) {
			return a.desk.Close(ctx, by, t, in)
		}), nil
	}
	return bulkAct{}, errChoice
}

// tagAct adds a tag; taking it back takes it off those that had it not.
func (a *Area) tagAct(tag string) bulkAct {
	return bulkAct{name: "tag", undo: true, run: func(ctx context.Context, by ticketing.Actor, r ticketing.TicketRow) (*ticketing.Ticket, string, error) {
		v, err := a.Reads.TicketView(ctx, by.Scope(), r.Ref)
		if err != nil {
			return nil, "", err
		}
		if v.Ticket.HasTag(tag) {
			return &v.Ticket, "", nil
		}
		tags := append(slices.Clone(v.Ticket.Tags), tag)
		t, err := a.desk.Change(ctx, by, ticketing.Target{Ref: r.Ref, Version: v.Ticket.Version}, ticketing.Change{Tags: &tags})
		return t, tag, err
	}}
}

// mainOf gives the ticket that lives on: the one that was typed, else the one chosen.
func (a *Area) mainOf(f *web.Form) ticketing.Reference {
	typed := f.Line("other", 40)
	if typed == "" {
		return ticketing.Reference(f.Line("main", 40))
	}
	ref, err := ticketing.ParseReference(a.Bureau.Settings.Prefix, typed)
	if err != nil {
		f.Fail("other", "closing.duplicate")
	}
	return ref
}

// chosen gives the lines of the tickets that the form names, those the reader sees.
func (a *Area) chosen(c echo.Context, f *web.Form) ([]ticketing.TicketRow, []ticketing.Reference, error) {
	var refs []ticketing.Reference
	for _, s := range f.All("ref") {
		if ref := ticketing.Reference(s); len(s) <= 40 && len(refs) < mostChosen && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	by := web.ActorOf(c)
	rows, err := a.Reads.TicketRows(c.Request().Context(), by.Scope(), refs, by.Agent)
	return rows, refs, err
}

// bulk applies one change to several tickets and says what became of each.
func (a *Area) bulk(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	rows, refs, err := a.chosen(c, f)
	if err != nil {
		return err
	}
	if f.Value("do") == "duplicates" && f.Value("main") == "" && f.Value("other") == "" {
		return a.askDuplicates(c, f, rows)
	}
	act, err := a.bulkActOf(f)
	if err != nil {
		return err
	}
	if !f.OK() {
		if act.name == "duplicates" {
			return a.askDuplicates(c, f, rows)
		}
		return &ticketing.Error{Kind: ticketing.Invalid, Field: f.Errors()[0].Field, Key: f.Errors()[0].Key, Args: f.Errors()[0].Args}
	}
	if act.name == "duplicates" {
		main := a.mainOf(f)
		rows = slices.DeleteFunc(rows, func(r ticketing.TicketRow) bool { return r.Ref == main })
		refs = slices.DeleteFunc(refs, func(r ticketing.Reference) bool { return r == main })
	}
	lines, err := a.runBulk(c, act, rows, refs)
	if err != nil {
		return err
	}
	return a.toldBulk(c, f, act, lines)
}

// runBulk changes one ticket after the other. A failure of ours ends it; what was
// done by then stands.
func (a *Area) runBulk(c echo.Context, act bulkAct, rows []ticketing.TicketRow, refs []ticketing.Reference) ([]bulkLine, error) {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	var lines []bulkLine
	for _, ref := range refs {
		line := bulkLine{ref: ref.Short(), path: ticketing.TicketPath(ref)}
		at := slices.IndexFunc(rows, func(r ticketing.TicketRow) bool { return r.Ref == ref })
		if at < 0 {
			line.why, line.subject = web.T(ctx, "ticket.unknown"), string(ref)
			lines = append(lines, line)
			continue
		}
		line.subject = rows[at].Subject
		t, before, err := act.run(ctx, by, rows[at])
		if err != nil {
			if line.why = whyNot(ctx, err); line.why == "" {
				return nil, err
			}
		} else if act.undo && t.Version != rows[at].Version {
			line.item = string(ref) + ":" + strconv.FormatInt(t.Version, 10) + ":" + before
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// whyNot gives a refusal in words, "" for a failure of ours.
func whyNot(ctx context.Context, err error) string {
	f := web.NewForm()
	if !refusal(f, err) {
		switch ticketing.KindOf(err) { //nolint:exhaustive // the others are no answer to a person
		case ticketing.Forbidden:
			return web.T(ctx, "access.forbidden")
		case ticketing.NotFound:
			return web.T(ctx, "ticket.unknown")
		}
		return ""
	}
	return wordsOf(ctx, f)
}

// toldBulk says what became of the tickets: in a word when all went well, each by
// itself when not all did, and as parts of a page that asks for them.
func (a *Area) toldBulk(c echo.Context, f *web.Form, act bulkAct, lines []bulkLine) error {
	ctx := c.Request().Context()
	p := bulkPage{act: act.name, lines: lines, back: web.Next(f.Value("back"), components.ViewMine)}
	if web.WantsFragment(c) {
		return web.Render(c, http.StatusOK, bulkLines(lines))
	}
	if done, left := p.sums(); left == 0 && done > 0 {
		flash := web.Flash{Kind: "ok", Text: web.N(ctx, "bulk.done", done)}
		if q := p.undo(); q != nil {
			flash.Undo, flash.UndoForm = bulkUndo, q.Encode()
		}
		a.Kit.AddFlash(c, flash)
		return web.Redirect(c, p.back)
	}
	groups, err := a.Nav.Groups(ctx, web.ActorOf(c))
	if err != nil {
		return err
	}
	p.shell = components.StaffPage{Title: web.T(ctx, "bulk.title"), Nav: groups, Area: "page"}
	return web.Render(c, http.StatusOK, bulkComponent(p))
}

const bulkUndo = "/agent/tickets/bulk/undo"

// A bulkPage says what became of each ticket.
type bulkPage struct {
	shell components.StaffPage
	act   string
	lines []bulkLine
	back  string
}

func (p bulkPage) sums() (done, left int) {
	for _, l := range p.lines {
		if l.why != "" {
			left++
		} else {
			done++
		}
	}
	return done, left
}

// undo gives the fields that take back what was done; nil when nothing can be.
func (p bulkPage) undo() url.Values {
	q := url.Values{"do": {p.act}, "back": {p.back}}
	for _, l := range p.lines {
		if l.item != "" {
			q.Add("item", l.item)
		}
	}
	if len(q["item"]) == 0 {
		return nil
	}
	return q
}

// undoBulk takes back what was done to several tickets; one that was changed
// since stays as it is.
func (a *Area) undoBulk(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"assign", "spam", "tag"}, f.Value("do")) {
		return errChoice
	}
	ctx, by := c.Request().Context(), web.ActorOf(c)
	done, left := 0, 0
	for i, item := range f.All("item") {
		parts := strings.SplitN(item, ":", 3)
		if i >= mostChosen || len(parts) != 3 {
			continue
		}
		version, _ := strconv.ParseInt(parts[1], 10, 64)
		err := a.undoOne(ctx, by, f.Value("do"), ticketing.Target{Ref: ticketing.Reference(parts[0]), Version: max(version, 1)}, parts[2])
		switch {
		case err == nil:
			done++
		case whyNot(ctx, err) == "":
			return err
		default:
			left++
		}
	}
	text := web.N(ctx, "bulk.undone", done)
	if left > 0 {
		text += " " + web.N(ctx, "bulk.kept", left)
	}
	a.Kit.AddFlash(c, web.Flash{Text: text})
	return web.Redirect(c, web.Next(f.Value("back"), components.ViewMine))
}

func (a *Area) undoOne(ctx context.Context, by ticketing.Actor, act string, t ticketing.Target, before string) error {
	switch act {
	case "assign":
		to, _ := strconv.ParseInt(before, 10, 64)
		_, err := a.desk.Assign(ctx, by, t, ticketing.AgentID(to))
		return err
	case "spam":
		_, err := a.desk.MarkNotSpam(ctx, by, t)
		return err
	case "tag":
		v, err := a.Reads.TicketView(ctx, by.Scope(), t.Ref)
		if err != nil {
			return err
		}
		tags := slices.DeleteFunc(slices.Clone(v.Ticket.Tags), func(x string) bool { return x == before })
		_, err = a.desk.Change(ctx, by, t, ticketing.Change{Tags: &tags})
		return err
	}
	return errChoice
}

// A duplicatesPage asks which of several tickets lives on.
type duplicatesPage struct {
	shell components.StaffPage
	form  *web.Form
	rows  []ticketing.TicketRow // the oldest first
	back  string
}

// askDuplicates asks which ticket lives on before the others are closed: their
// citizens are told, which cannot be taken back.
func (a *Area) askDuplicates(c echo.Context, f *web.Form, rows []ticketing.TicketRow) error {
	ctx := c.Request().Context()
	groups, err := a.Nav.Groups(ctx, web.ActorOf(c))
	if err != nil {
		return err
	}
	back := web.Next(f.Value("back"), components.ViewMine)
	if len(rows) == 0 {
		return web.Redirect(c, back)
	}
	slices.SortStableFunc(rows, func(x, y ticketing.TicketRow) int { return x.ReceivedAt.Compare(y.ReceivedAt) })
	status := http.StatusOK
	if !f.OK() {
		status = http.StatusUnprocessableEntity
	}
	p := duplicatesPage{shell: components.StaffPage{Title: web.T(ctx, "bulk.duplicates"), Nav: groups, Area: "page"}, form: f, rows: rows, back: back}
	return web.Render(c, status, duplicatesComponent(p))
}

// isMain reports whether the ticket is the one proposed: the one chosen before,
// else the oldest.
func (p duplicatesPage) isMain(i int, r ticketing.TicketRow) bool {
	if chosen := p.form.Value("main"); chosen != "" {
		return chosen == string(r.Ref)
	}
	return i == 0
}

func sumsInWords(ctx context.Context, p bulkPage) string {
	done, left := p.sums()
	text := web.N(ctx, "bulk.done", done)
	if left > 0 {
		text += " " + web.N(ctx, "bulk.kept", left)
	}
	return text
}
