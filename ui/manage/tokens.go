package manage

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A tokensView lists the API tokens and offers to make one.
type tokensView struct {
	Page      settingsPage
	Tokens    []ticketing.Token
	Directory *ticketing.Directory
	Form      *web.Form
	Secret    string // of a token just made: shown once
	Now       time.Time
}

func (v tokensView) owners() []components.Option {
	var out []components.Option
	for _, a := range v.Directory.Agents {
		if !a.Disabled {
			out = append(out, components.Option{Value: strconv.FormatInt(int64(a.ID), 10), Text: a.Name + " · " + a.Email})
		}
	}
	return out
}

func (v tokensView) ended(t ticketing.Token) bool {
	return !t.RevokedAt.IsZero() || (!t.ExpiresAt.IsZero() && !v.Now.Before(t.ExpiresAt))
}

func (v tokensView) owner(t ticketing.Token) string {
	a, ok := v.Directory.Agent(t.Agent)
	if !ok {
		return "–"
	}
	return a.Name
}

func (a *Area) tokensPage(c echo.Context) error {
	return a.showTokens(c, http.StatusOK, web.NewForm("days", "365"), "")
}

func (a *Area) showTokens(c echo.Context, status int, f *web.Form, secret string) error {
	ctx := c.Request().Context()
	page, err := a.settings(c, "tokens.title", pageTokens)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	list, err := a.Tokens.Tokens(ctx)
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(x, y ticketing.Token) int { return y.CreatedAt.Compare(x.CreatedAt) })
	v := tokensView{Page: page, Tokens: list, Directory: dir, Form: f, Secret: secret, Now: web.PrinterOf(ctx).Now()}
	return web.Render(c, status, tokensPageView(v))
}

func (a *Area) issueToken(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	t := ticketing.Token{
		Name: f.Required("name", 200), Agent: ticketing.AgentID(f.Int("agent", 1, 1<<62)), System: f.Checked("system"),
	}
	if days := f.Int("days", 0, 3650); days > 0 {
		t.ExpiresAt = a.Kit.Now().UTC().Truncate(time.Microsecond).AddDate(0, 0, int(days))
	}
	for _, r := range ticketing.AllRights() {
		if slices.Contains(f.All("rights"), string(r)) {
			t.Rights = append(t.Rights, r)
		}
	}
	secret := ""
	if f.OK() {
		secret, err = a.registry.IssueToken(c.Request().Context(), web.ActorOf(c), a.Tokens, &t)
		if err != nil && !f.Take(err) {
			return err
		}
	}
	if !f.OK() {
		return a.showTokens(c, http.StatusUnprocessableEntity, f, "")
	}
	return a.showTokens(c, http.StatusOK, web.NewForm("days", "365"), secret)
}

func (a *Area) revokeToken(c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	if err := a.registry.RevokeToken(c.Request().Context(), web.ActorOf(c), a.Tokens, n); err != nil {
		return err
	}
	a.saved(c)
	return web.Redirect(c, pageTokens)
}
