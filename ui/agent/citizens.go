package agent

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/number"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// homeRegion is where telephone numbers without a country code belong.
const homeRegion = "ME"

// A citizenRow is one found citizen.
type citizenRow struct {
	href, name, mail, phone string
}

func citizenRows(list []ticketing.Citizen) []citizenRow {
	var out []citizenRow
	for i := range list {
		c := &list[i]
		r := citizenRow{href: citizenPath(c.ID), name: c.Name}
		if mails := c.Addresses(ticketing.ContactEmail); len(mails) > 0 {
			r.mail = mails[0]
		}
		if phones := c.Addresses(ticketing.ContactPhone); len(phones) > 0 {
			r.phone = number.Mask(phones[0], homeRegion)
		}
		if r.name == "" {
			r.name = r.mail
		}
		if r.name == "" {
			r.name = r.phone
		}
		out = append(out, r)
	}
	return out
}

func citizenPath(id ticketing.CitizenID) string {
	return components.PageCitizens + "/" + strconv.FormatInt(int64(id), 10)
}

// A citizensPage is the search for citizens.
type citizensPage struct {
	shell components.StaffPage
	query string
	rows  []citizenRow
}

func (a *Area) citizens(c echo.Context) error {
	ctx, q := c.Request().Context(), query(c)
	groups, err := a.Nav.Groups(ctx, web.ActorOf(c))
	if err != nil {
		return err
	}
	p := citizensPage{
		shell: components.StaffPage{Title: web.T(ctx, "nav.citizens"), Nav: groups, Current: components.PageCitizens, Area: "page"}, query: q,
	}
	if q != "" {
		found, err := a.Reads.FindCitizens(ctx, q, 50)
		if err != nil {
			return err
		}
		p.rows = citizenRows(found)
	}
	return web.Render(c, http.StatusOK, citizensComponent(p))
}

// A citizenPage is one person with their contacts and tickets.
type citizenPage struct {
	shell    components.StaffPage
	path     string
	citizen  ticketing.Citizen
	joined   []ticketing.Citizen
	phones   map[ticketing.ContactID]phoneView
	revealed ticketing.ContactID
	reveal   bool
	rows     []components.RowView
	form     *web.Form
	join     *web.Form
	langs    []components.Option
	channels []components.Option
}

func (a *Area) loadCitizen(c echo.Context) (*citizenPage, error) {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return nil, &ticketing.Error{Kind: ticketing.NotFound, Key: "citizen.unknown"}
	}
	p := &citizenPage{phones: map[ticketing.ContactID]phoneView{}, reveal: by.May(ticketing.RightReveal)}
	if p.citizen, p.joined, err = a.Reads.CitizenView(ctx, ticketing.CitizenID(id)); err != nil {
		return nil, err
	}
	groups, err := a.Nav.Groups(ctx, by)
	if err != nil {
		return nil, err
	}
	p.shell = components.StaffPage{Title: p.citizen.DisplayName(), Nav: groups, Current: components.PageCitizens, Area: "page page--wide"}
	p.path = citizenPath(p.citizen.ID)
	for _, k := range contacts(&p.citizen, ticketing.ContactPhone) {
		p.phones[k.ID] = phoneView{k.ID, number.Mask(k.Address, homeRegion), number.Format(k.Address, homeRegion)}
	}
	list, err := a.Reads.Tickets(ctx, ticketing.TicketFilter{
		Scope: by.Scope(), All: true, Citizen: p.citizen.ID, Sort: ticketing.SortReceived, Desc: true, Limit: 50,
	}, by.Agent)
	if err != nil {
		return nil, err
	}
	dir, err := a.directory(c)
	if err != nil {
		return nil, err
	}
	p.rows = rowViews(c, dir, list.Items, false)
	for i := range p.rows {
		p.rows[i].Target = ""
	}
	p.form = web.NewForm("name", p.citizen.Name, "language", string(p.citizen.Language), "preferred", string(p.citizen.Preferred))
	p.join = web.NewForm()
	p.options(ctx)
	return p, nil
}

func (p *citizenPage) options(ctx context.Context) {
	p.langs = []components.Option{{Value: "", Text: web.T(ctx, "citizen.not_known")}}
	for _, t := range lang.Tags() {
		p.langs = append(p.langs, components.Option{Value: string(t), Text: t.Name()})
	}
	p.channels = []components.Option{{Value: "", Text: web.T(ctx, "citizen.as_written")}}
	for _, ch := range []ticketing.Channel{ticketing.ChannelEmail, ticketing.ChannelSMS, ticketing.ChannelPhone} {
		p.channels = append(p.channels, components.Option{Value: string(ch), Text: web.T(ctx, "channel."+string(ch))})
	}
}

func (a *Area) citizen(c echo.Context) error {
	p, err := a.loadCitizen(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, citizenComponent(p))
}

// citizenSave alters name, language, channel of choice and addresses.
func (a *Area) citizenSave(c echo.Context) error {
	p, err := a.loadCitizen(c)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	name, tag, preferred := f.Line("name", ticketing.MaxName), lang.Tag(f.Line("language", 20)), ticketing.Channel(f.Line("preferred", 20))
	ch := ticketing.CitizenChange{Name: &name, Language: &tag, Preferred: &preferred, AddEmail: f.Line("email", ticketing.MaxAddress)}
	ch.AddPhone = phoneOf(f, "phone")
	if tag != "" && !tag.Valid() {
		f.Fail("language", "form.choice")
	}
	if f.OK() {
		_, err = a.people.Change(c.Request().Context(), web.ActorOf(c), p.citizen.ID, ch)
	}
	return a.citizenChanged(c, p, f, err, func() { p.form = f })
}

// citizenChanged leads back to the citizen, or shows what was refused.
func (a *Area) citizenChanged(c echo.Context, p *citizenPage, f *web.Form, err error, keep func()) error {
	if err == nil && f.OK() {
		a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: web.T(c.Request().Context(), "form.saved")})
		return web.Redirect(c, p.path)
	}
	if !refusal(f, err) {
		return err
	}
	keep()
	return web.Render(c, http.StatusUnprocessableEntity, citizenComponent(p))
}

// citizenRemove takes an address away.
func (a *Area) citizenRemove(c echo.Context) error {
	p, err := a.loadCitizen(c)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	for _, k := range p.citizen.Contacts {
		if strconv.FormatInt(int64(k.ID), 10) == f.Value("contact") {
			_, err := a.people.Change(c.Request().Context(), web.ActorOf(c), p.citizen.ID, ticketing.CitizenChange{Remove: k.Address})
			return a.citizenChanged(c, p, f, err, func() { p.form = f })
		}
	}
	return &ticketing.Error{Kind: ticketing.NotFound, Field: "contact", Key: "citizen.unknown_contact"}
}

// citizenReveal shows a number whole, once, and records who asked.
func (a *Area) citizenReveal(c echo.Context) error {
	p, err := a.loadCitizen(c)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	for id, k := range p.phones {
		if strconv.FormatInt(int64(id), 10) != f.Value("contact") {
			continue
		}
		what := map[string]any{"citizen": int64(p.citizen.ID), "contact": int64(id)}
		if err := a.record(c.Request().Context(), web.ActorOf(c), ticketing.EventRevealed, what); err != nil {
			return err
		}
		if web.WantsFragment(c) {
			return web.Render(c, http.StatusOK, wholePhone(k))
		}
		p.revealed = id
		return web.Render(c, http.StatusOK, citizenComponent(p))
	}
	return &ticketing.Error{Kind: ticketing.NotFound, Field: "contact", Key: "citizen.unknown_contact"}
}

// citizenJoin makes another citizen, found by an address, one with this one.
func (a *Area) citizenJoin(c echo.Context) error {
	p, err := a.loadCitizen(c)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	ctx, address := c.Request().Context(), f.Required("address", ticketing.MaxAddress)
	keep := func() { p.join = f }
	if !f.OK() {
		return a.citizenChanged(c, p, f, errTyped, keep)
	}
	found, err := a.Reads.FindCitizens(ctx, address, 2)
	if err != nil {
		return err
	}
	if len(found) != 1 {
		f.Fail("address", "citizen.not_one")
		return a.citizenChanged(c, p, f, errTyped, keep)
	}
	return a.citizenChanged(c, p, f, a.people.Join(ctx, web.ActorOf(c), found[0].ID, p.citizen.ID), keep)
}

// citizenSeparate undoes a join.
func (a *Area) citizenSeparate(c echo.Context) error {
	p, err := a.loadCitizen(c)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	id := ticketing.CitizenID(f.Int("joined", 1, 1<<62))
	for _, j := range p.joined {
		if j.ID == id {
			return a.citizenChanged(c, p, f, a.people.Separate(c.Request().Context(), web.ActorOf(c), id), func() { p.join = f })
		}
	}
	return &ticketing.Error{Kind: ticketing.NotFound, Field: "joined", Key: "citizen.unknown"}
}

// phoneOf reads a telephone number; what is none is an error of the field.
func phoneOf(f *web.Form, field string) string {
	raw := f.Line(field, 40)
	if raw == "" {
		return ""
	}
	n := number.Parse(raw, homeRegion)
	if n.E164 == "" {
		f.Fail(field, "citizen.bad_phone")
	}
	return n.E164
}
