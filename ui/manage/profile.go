package manage

import (
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A profileView is a member of staff's own settings.
type profileView struct {
	Shell    components.StaffPage
	Agent    ticketing.Agent
	Choices  *web.Form
	Password *web.Form
}

func choicesOf(a ticketing.Agent) *web.Form {
	f := web.NewForm("language", string(a.Language.Or(lang.SrLatn)), "theme", a.Theme)
	if a.SingleKeys {
		f.Set("single_keys", "1")
	}
	return f
}

func (a *Area) profilePage(c echo.Context) error {
	return a.showProfile(c, http.StatusOK, nil, web.NewForm())
}

func (a *Area) showProfile(c echo.Context, status int, choices, password *web.Form) error {
	ctx := c.Request().Context()
	shell, err := a.shell(c, web.T(ctx, "profile.title"), "")
	if err != nil {
		return err
	}
	agent := *web.AccountOf(ctx)
	if choices == nil {
		choices = choicesOf(agent)
	}
	return web.Render(c, status, profileViewOf(profileView{Shell: shell, Agent: agent, Choices: choices, Password: password}))
}

func (a *Area) saveProfile(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	tag, theme, keys := lang.Tag(f.Value("language")), f.Choice("theme", "", "light", "dark"), f.Checked("single_keys")
	if !tag.Valid() {
		f.Fail("language", "form.choice")
	}
	if !f.OK() {
		return a.showProfile(c, http.StatusUnprocessableEntity, f, web.NewForm())
	}
	_, err = a.registry.ChangeOwn(c.Request().Context(), web.ActorOf(c), ticketing.OwnChange{Language: &tag, Theme: &theme, SingleKeys: &keys})
	if err != nil {
		return err
	}
	a.Kit.SetLanguage(c, tag)
	a.saved(c)
	return web.Redirect(c, "/profile")
}

// saved leaves the word that a change was saved for the next page.
func (a *Area) saved(c echo.Context) {
	a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: web.T(c.Request().Context(), "form.saved")})
}

// savePassword asks for the old password, counted like any other guess, and
// ends every session but the one it starts for this browser.
func (a *Area) savePassword(c echo.Context) error {
	ctx := c.Request().Context()
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	own := *web.AccountOf(ctx)
	old := f.Secret("old_password", web.MaxPasswordBytes)
	password := newPassword(f, own)
	if f.OK() {
		_, refusal, err := a.Kit.Authenticate(ctx, own.Email, old, c.RealIP())
		if err != nil {
			return err
		}
		if refusal != nil {
			f.Fail("old_password", "password.wrong")
		}
	}
	if !f.OK() {
		return a.showProfile(c, http.StatusUnprocessableEntity, nil, f)
	}
	hash, err := web.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	agent, err := a.registry.ChangeOwnPassword(ctx, web.ActorOf(c), hash)
	if err != nil {
		return err
	}
	if err := a.Kit.StartSession(c, agent, false); err != nil {
		return err
	}
	a.saved(c)
	return web.Redirect(c, "/profile")
}

// A sessionView is one browser an account is signed in on.
type sessionView struct {
	ID        string
	Browser   string
	IP        string
	CreatedAt time.Time
	SeenAt    time.Time
	Current   bool
}

// sessionID names a session to its owner: a part of the hash, from which
// nothing can be opened.
func sessionID(hash string) string { return hash[:min(len(hash), 16)] }

func (a *Area) sessionsPage(c echo.Context) error {
	ctx := c.Request().Context()
	shell, err := a.shell(c, web.T(ctx, "sessions.title"), "")
	if err != nil {
		return err
	}
	rows, err := a.Kit.Sessions.SessionsOf(ctx, web.ActorOf(c).Agent)
	if err != nil {
		return err
	}
	now := web.PrinterOf(ctx).Now()
	var list []sessionView
	for _, s := range rows {
		if now.Before(s.ExpiresAt) {
			list = append(list, sessionView{
				ID: sessionID(s.Hash), Browser: browserName(s.Browser), IP: s.IP, CreatedAt: s.CreatedAt, SeenAt: s.SeenAt,
				Current: s.Hash == web.CurrentSession(ctx),
			})
		}
	}
	return web.Render(c, http.StatusOK, sessionsView(shell, list))
}

func (a *Area) endSession(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	return a.endSessions(c, func(s ticketing.Session) bool { return sessionID(s.Hash) == f.Value("session") })
}

func (a *Area) endOtherSessions(c echo.Context) error {
	current := web.CurrentSession(c.Request().Context())
	return a.endSessions(c, func(s ticketing.Session) bool { return s.Hash != current })
}

// endSessions ends those of the acting person's own sessions that match; what
// is not theirs is not looked at.
func (a *Area) endSessions(c echo.Context, match func(ticketing.Session) bool) error {
	ctx := c.Request().Context()
	rows, err := a.Kit.Sessions.SessionsOf(ctx, web.ActorOf(c).Agent)
	if err != nil {
		return err
	}
	ending := slices.DeleteFunc(rows, func(s ticketing.Session) bool { return !match(s) })
	if len(ending) == 0 {
		return &ticketing.Error{Kind: ticketing.NotFound, Key: "problem.not_found.text"}
	}
	for _, s := range ending {
		if err := a.Kit.DropSession(ctx, s.Hash); err != nil {
			return err
		}
	}
	a.saved(c)
	return web.Redirect(c, "/profile/sessions")
}
