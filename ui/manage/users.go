package manage

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

func (a *Area) home(c echo.Context) error { return web.Redirect(c, pageUsers) }

// settings gives the surroundings of a settings page.
func (a *Area) settings(c echo.Context, title, current string) (settingsPage, error) {
	shell, err := a.shell(c, web.T(c.Request().Context(), title), components.PageManage)
	if err != nil {
		return settingsPage{}, err
	}
	healths, err := a.Reads.MailboxHealths(c.Request().Context())
	if err != nil {
		return settingsPage{}, err
	}
	return settingsPage{StaffPage: shell, Section: current, Letters: a.Letters != nil, Mail: worst(healths)}, nil
}

// id reads a row's number out of the address; what is none is NotFound.
func id(c echo.Context) (int64, error) {
	n, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil || n <= 0 {
		return 0, ticketing.NotFound
	}
	return n, nil
}

func (a *Area) usersPage(c echo.Context) error {
	page, err := a.settings(c, "users.title", pageUsers)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	agents := slices.Clone(dir.Agents)
	slices.SortFunc(agents, func(x, y ticketing.Agent) int {
		if x.Disabled != y.Disabled {
			if x.Disabled {
				return 1
			}
			return -1
		}
		return compareFolded(x.Name, y.Name)
	})
	return web.Render(c, http.StatusOK, usersView(page, agents, dir))
}

// compareFolded orders names whatever their script.
func compareFolded(x, y string) int {
	x, y = lang.Fold(x), lang.Fold(y)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// A userView is the form of one user.
type userView struct {
	Page      settingsPage
	Form      *web.Form
	Agent     ticketing.Agent // ID 0: a new one
	Directory *ticketing.Directory
	Link      string // an invitation or reset that was just made
}

func (v userView) action() string {
	if v.Agent.ID == 0 {
		return pageUsers + "/new"
	}
	return pageUsers + "/" + strconv.FormatInt(int64(v.Agent.ID), 10)
}

func userForm(a ticketing.Agent) *web.Form {
	f := web.NewForm("name", a.Name, "email", a.Email, "role", string(a.Role), "language", string(a.Language.Or(lang.SrLatn)), "extension", a.Extension,
		"version", strconv.FormatInt(a.Version, 10))
	if a.Disabled {
		f.Set("disabled", "1")
	}
	return f
}

func (a *Area) newUserPage(c echo.Context) error {
	return a.showUser(c, http.StatusOK, ticketing.Agent{Role: ticketing.RoleAgent, SingleKeys: true}, nil, "")
}

// agentOf gives the stored agent of the address, with the password hash, so
// that saving does not lose it.
func (a *Area) agentOf(c echo.Context) (ticketing.Agent, error) {
	n, err := id(c)
	if err != nil {
		return ticketing.Agent{}, err
	}
	ctx := c.Request().Context()
	var agent ticketing.Agent
	err = a.Bureau.Store.InTx(ctx, func(tx ticketing.Tx) error {
		x, err := tx.Agent(ctx, ticketing.AgentID(n))
		if err == nil {
			agent = *x
		}
		return err
	})
	return agent, err
}

func (a *Area) userPage(c echo.Context) error {
	agent, err := a.agentOf(c)
	if err != nil {
		return err
	}
	return a.showUser(c, http.StatusOK, agent, nil, "")
}

func (a *Area) showUser(c echo.Context, status int, agent ticketing.Agent, f *web.Form, link string) error {
	title := "users.edit"
	if agent.ID == 0 {
		title = "users.new"
	}
	page, err := a.settings(c, title, pageUsers)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	if f == nil {
		f = userForm(agent)
	}
	return web.Render(c, status, userPageView(userView{Page: page, Form: f, Agent: agent, Directory: dir, Link: link}))
}

// saveUser saves a new or changed user. A new one gets an invitation at once;
// one whose role changed has to sign in anew (A56).
func (a *Area) saveUser(c echo.Context) error {
	ctx := c.Request().Context()
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	agent := ticketing.Agent{Role: ticketing.RoleAgent, SingleKeys: true}
	if c.Param("id") != "" {
		if agent, err = a.agentOf(c); err != nil {
			return err
		}
	}
	before, isNew := agent.Role, agent.ID == 0
	readUser(f, &agent)
	if f.OK() {
		if err := a.registry.SaveAgent(ctx, web.ActorOf(c), &agent); err != nil && !f.Take(err) {
			return err
		}
	}
	if !f.OK() {
		return a.showUser(c, http.StatusUnprocessableEntity, agent, f, "")
	}
	if isNew {
		return a.sendPass(c, agent, ticketing.PassInvite)
	}
	if before != agent.Role {
		if err := a.endSessionsOf(ctx, agent.ID); err != nil {
			return err
		}
	}
	a.saved(c)
	return web.Redirect(c, pageUsers)
}

func readUser(f *web.Form, a *ticketing.Agent) {
	a.Name, a.Email = f.Required("name", 200), f.Required("email", 254)
	var roles []string
	for _, r := range ticketing.Roles() {
		roles = append(roles, string(r))
	}
	a.Role = ticketing.Role(f.Choice("role", roles...))
	a.Language = lang.Tag(f.Value("language")).Or(lang.SrLatn)
	a.Extension, a.Disabled = f.Line("extension", 40), f.Checked("disabled")
	if a.ID != 0 {
		a.Version = f.Int("version", 0, 1<<62) // the one that was shown: a later change is not overwritten
	}
	a.Departments = nil
	for _, s := range f.All("departments") {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			a.Departments = append(a.Departments, ticketing.DepartmentID(n))
		}
	}
}

func (a *Area) endSessionsOf(ctx context.Context, agent ticketing.AgentID) error {
	return a.Bureau.Store.InTx(ctx, func(tx ticketing.Tx) error {
		tx.Notify(ticketing.Signal{Type: "session", Agent: agent})
		return tx.EndSessions(ctx, agent)
	})
}

// invite sends a link to choose a password: an invitation to who has none yet,
// a reset to the others.
func (a *Area) invite(c echo.Context) error {
	agent, err := a.agentOf(c)
	if err != nil {
		return err
	}
	purpose := ticketing.PassReset
	if agent.PasswordHash == "" {
		purpose = ticketing.PassInvite
	}
	return a.sendPass(c, agent, purpose)
}

// sendPass shows the link as well: a town may have no mail yet.
func (a *Area) sendPass(c echo.Context, agent ticketing.Agent, purpose ticketing.PassPurpose) error {
	link, err := a.registry.Invite(c.Request().Context(), web.ActorOf(c), agent.ID, purpose)
	var refused *ticketing.Error
	if errors.As(err, &refused) && refused.Kind == ticketing.Conflict {
		f := userForm(agent)
		f.Fail("", refused.Key)
		return a.showUser(c, http.StatusConflict, agent, f, "")
	}
	if err != nil {
		return err
	}
	return a.showUser(c, http.StatusOK, agent, nil, link)
}
