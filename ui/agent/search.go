package agent

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A searchPage is what was found.
type searchPage struct {
	shell    components.StaffPage
	query    string
	rows     []components.RowView
	citizens []citizenRow
	next     string
	cut      bool // only the newest of what was found
}

// find looks tickets up by reference, mail, telephone, name and words, whatever
// their state.
func (a *Area) find(ctx context.Context, by ticketing.Actor, q, after string, limit int) (ticketing.Page[ticketing.TicketRow], error) {
	return a.Reads.Tickets(ctx, ticketing.TicketFilter{
		Scope: by.Scope(), All: true, Query: q, Sort: ticketing.SortReceived, Desc: true, Limit: limit, Cursor: after,
	}, by.Agent)
}

// exact gives the ticket when the query is its whole reference.
func (a *Area) exact(ctx context.Context, by ticketing.Actor, q string) (ticketing.TicketRow, bool, error) {
	ref, err := ticketing.ParseReference(a.Bureau.Settings.Prefix, q)
	if err != nil {
		return ticketing.TicketRow{}, false, nil //nolint:nilerr // words, not a reference
	}
	rows, err := a.Reads.TicketRows(ctx, by.Scope(), []ticketing.Reference{ref}, by.Agent)
	if err != nil || len(rows) == 0 {
		return ticketing.TicketRow{}, false, err
	}
	return rows[0], true, nil
}

// serial gives the tickets whose number, as the lists show it ("161"), is the
// query: this year's first, then last year's.
func (a *Area) serial(ctx context.Context, by ticketing.Actor, q string) ([]ticketing.TicketRow, error) {
	n, err := strconv.ParseUint(q, 10, 32)
	if err != nil || len(q) > 6 || n == 0 {
		return nil, nil //nolint:nilerr // words, not a number
	}
	year := web.PrinterOf(ctx).Now().Year()
	var rows []ticketing.TicketRow
	for _, y := range []int{year, year - 1} {
		ref := ticketing.NewReference(a.Bureau.Settings.Prefix, y, int64(n)) //nolint:gosec // G115: six digits
		found, err := a.Reads.TicketRows(ctx, by.Scope(), []ticketing.Reference{ref}, by.Agent)
		if err != nil {
			return nil, err
		}
		rows = append(rows, found...)
	}
	return rows, nil
}

// numbered finds tickets as find does, those whose number is the query first.
func (a *Area) numbered(ctx context.Context, by ticketing.Actor, q, after string, limit int) (ticketing.Page[ticketing.TicketRow], error) {
	page, err := a.find(ctx, by, q, after, limit)
	if err != nil {
		return page, err
	}
	first, err := a.serial(ctx, by, q)
	if err != nil || len(first) == 0 {
		return page, err
	}
	rest := slices.DeleteFunc(page.Items, func(r ticketing.TicketRow) bool {
		return slices.ContainsFunc(first, func(x ticketing.TicketRow) bool { return x.Ref == r.Ref })
	})
	if after != "" { // they stood on the first page
		first = nil
	}
	page.Items = append(first, rest...)
	return page, nil
}

// query gives what was typed, bounded.
func query(c echo.Context) string {
	q := strings.ToValidUTF8(strings.TrimSpace(c.QueryParam("q")), "")
	if len(q) > maxQuery {
		q = strings.ToValidUTF8(q[:maxQuery], "")
	}
	return q
}

// search is the page of what was found; a whole reference leads to its ticket.
func (a *Area) search(c echo.Context) error {
	ctx, by, q := c.Request().Context(), web.ActorOf(c), query(c)
	if len(c.QueryParam("after")) > 500 {
		return &ticketing.Error{Kind: ticketing.Invalid, Field: "after", Key: "queue.cursor"}
	}
	groups, err := a.Nav.Groups(ctx, by)
	if err != nil {
		return err
	}
	p := searchPage{shell: components.StaffPage{Title: web.T(ctx, "search.title"), Nav: groups, Area: "page"}, query: q}
	if q == "" {
		return web.Render(c, http.StatusOK, searchComponent(p))
	}
	if row, ok, err := a.exact(ctx, by, q); err != nil || ok {
		if err != nil {
			return err
		}
		return web.Redirect(c, ticketing.TicketPath(row.Ref))
	}
	page, err := a.numbered(ctx, by, q, c.QueryParam("after"), 50)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	p.rows, p.cut = rowViews(c, dir, page.Items, false), page.Cut
	for i := range p.rows {
		p.rows[i].Target = ""
	}
	if page.Next != "" {
		p.next = address(c, "after", page.Next)
	}
	if by.May(ticketing.RightCitizens) {
		found, err := a.Reads.FindCitizens(ctx, q, 10)
		if err != nil {
			return err
		}
		p.citizens = citizenRows(found)
	}
	return web.Render(c, http.StatusOK, searchComponent(p))
}

// searchOptions are the tickets the command palette offers.
func (a *Area) searchOptions(c echo.Context) error {
	ctx, by, q := c.Request().Context(), web.ActorOf(c), query(c)
	if len(q) < 2 {
		return c.NoContent(http.StatusNoContent)
	}
	var rows []ticketing.TicketRow
	row, ok, err := a.exact(ctx, by, q)
	if err != nil {
		return err
	}
	if ok {
		rows = append(rows, row)
	} else {
		page, err := a.numbered(ctx, by, q, "", 8)
		if err != nil {
			return err
		}
		rows = page.Items
	}
	return web.Render(c, http.StatusOK, searchOptionsComponent(q, rows))
}
