package manage

import (
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// afterSignIn is where staff go who did not want to go anywhere else.
const afterSignIn = "/agent"

func (a *Area) signInPage(c echo.Context) error {
	next := web.Next(c.QueryParam("next"), "")
	if web.AccountOf(c.Request().Context()) != nil {
		return web.Redirect(c, web.Next(next, afterSignIn))
	}
	return web.Render(c, http.StatusOK, signInView(web.NewForm(), components.SignInView{Next: next}))
}

func (a *Area) signIn(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	email, password := f.Line("email", 254), f.Secret("password", web.MaxPasswordBytes)
	view := components.SignInView{Next: web.Next(f.Value("next"), "")}
	if !f.OK() {
		return web.Render(c, http.StatusUnprocessableEntity, signInView(f, view))
	}
	agent, refusal, err := a.Kit.Authenticate(c.Request().Context(), email, password, c.RealIP())
	if err != nil {
		return err
	}
	if refusal != nil {
		return a.refuse(c, f, view, *refusal)
	}
	if err := a.Kit.StartSession(c, agent, f.Checked("remember")); err != nil {
		return err
	}
	return web.Redirect(c, web.Next(view.Next, afterSignIn))
}

// refuse shows the form again and says how many tries are left, or how long
// the pause is.
func (a *Area) refuse(c echo.Context, f *web.Form, view components.SignInView, r web.Refusal) error {
	ctx := c.Request().Context()
	if r.Wait > 0 {
		minutes := int((r.Wait + time.Minute - 1) / time.Minute)
		view.Problem = web.T(ctx, "problem.throttled.title") + ". " + web.N(ctx, "problem.throttled.wait", minutes)
		return web.Render(c, http.StatusTooManyRequests, signInView(f, view))
	}
	view.Problem = web.N(ctx, "sign_in.refused", r.Left)
	f.Fail("password", "sign_in.again")
	return web.Render(c, http.StatusUnprocessableEntity, signInView(f, view))
}

func (a *Area) signOut(c echo.Context) error {
	if err := a.Kit.EndSession(c); err != nil {
		return err
	}
	return web.Redirect(c, "/sign-in")
}

// chooseLanguage remembers the language of somebody without an account and
// goes back to where the choice was made.
func (a *Area) chooseLanguage(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	tag := lang.Tag(f.Value("language"))
	if !tag.Valid() {
		return &ticketing.Error{Kind: ticketing.Invalid, Field: "language", Key: "language.unknown"}
	}
	a.Kit.RememberLanguage(c, tag)
	back := ""
	if u, err := url.Parse(c.Request().Referer()); err == nil && u.Host != "" {
		back = u.RequestURI()
	}
	return web.Redirect(c, web.Next(back, "/sign-in"))
}

func (a *Area) forgotPage(c echo.Context) error {
	return web.Render(c, http.StatusOK, forgotView(web.NewForm(), false))
}

// askedAfter is how long every answer about a forgotten password takes, so that
// the time does not tell whether there is such an account (A53).
const askedAfter = 400 * time.Millisecond

func (a *Area) forgot(c echo.Context) error {
	done := time.NewTimer(askedAfter)
	defer done.Stop()
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	if err := a.Kit.Limit(c, "forgot", 5, 15*time.Minute); err != nil {
		return err
	}
	email := f.Required("email", 254)
	if f.OK() && ticketing.NormalEmail(email) == "" {
		f.Fail("email", "email.malformed")
	}
	if !f.OK() {
		return web.Render(c, http.StatusUnprocessableEntity, forgotView(f, false))
	}
	if err := a.registry.RequestReset(c.Request().Context(), email); err != nil {
		return err
	}
	select {
	case <-done.C:
	case <-c.Request().Context().Done():
	}
	return web.Render(c, http.StatusOK, forgotView(web.NewForm(), true))
}

// welcomePage shows the form behind an invitation or a reset. Opening it uses
// nothing up: mail scanners follow links.
func (a *Area) welcomePage(c echo.Context) error {
	agent, purpose, err := a.registry.PassOf(c.Request().Context(), c.Param("secret"))
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, welcomeView(web.NewForm(), agent, purpose))
}

func (a *Area) welcome(c echo.Context) error {
	ctx := c.Request().Context()
	secret := c.Param("secret")
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	agent, purpose, err := a.registry.PassOf(ctx, secret)
	if err != nil {
		return err
	}
	password := newPassword(f, agent)
	if !f.OK() {
		return web.Render(c, http.StatusUnprocessableEntity, welcomeView(f, agent, purpose))
	}
	hash, err := web.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	if _, err := a.registry.AcceptPass(ctx, secret, hash); err != nil {
		return err
	}
	agent.PasswordHash = hash
	if err := a.Kit.StartSession(c, agent, false); err != nil {
		return err
	}
	return web.Redirect(c, afterSignIn)
}

// newPassword reads a new password typed twice and says what is wrong with it.
func newPassword(f *web.Form, agent ticketing.Agent) string {
	password, again := f.Secret("password", web.MaxPasswordBytes), f.Secret("password2", web.MaxPasswordBytes)
	if !f.OK() {
		return ""
	}
	err := web.CheckPassword(password, agent.Email, agent.Name)
	switch {
	case err != nil:
		f.Take(err)
	case password != again:
		f.Fail("password2", "password.differs")
	}
	return password
}
