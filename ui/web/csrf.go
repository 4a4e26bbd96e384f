package web

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/sistem48/system48/ticketing"
)

// csrf refuses changes that another site's page asks for (A58): by
// Sec-Fetch-Site where the browser sends it, by a token in the form or in the
// X-CSRF-Token header otherwise (browsers send Sec-Fetch-Site only to https and
// to this machine).
func (k *Kit) csrf() echo.MiddlewareFunc {
	check := middleware.CSRFWithConfig(middleware.CSRFConfig{
		TokenLookup:           "header:X-CSRF-Token,form:_csrf",
		CookieName:            k.cookieName("csrf"),
		CookiePath:            "/",
		CookieSecure:          k.secure,
		CookieHTTPOnly:        true,
		CookieSameSite:        http.SameSiteLaxMode,
		AllowSecFetchSiteFunc: func(echo.Context) (bool, error) { return false, errForeign },
		ErrorHandler:          func(error, echo.Context) error { return errForeign },
	})
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		checked := check(func(c echo.Context) error {
			token, _ := c.Get("csrf").(string)
			sceneOf(c.Request().Context()).csrf = token
			return next(c)
		})
		return func(c echo.Context) error {
			// The library looks for the token in a form that it would hold in
			// memory, 32 MB of it, before anybody knows who sends it.
			if r := c.Request(); isMultipart(r) {
				if err := parseForm(r); err != nil {
					return err
				}
			}
			return checked(c)
		}
	}
}

var errForeign = &ticketing.Error{Kind: ticketing.Forbidden, Key: "problem.csrf"}

// cookieName gives the name of one of our cookies. The __Host- prefix makes
// browsers refuse it from any other host or without https.
func (k *Kit) cookieName(part string) string {
	if k.secure {
		return "__Host-s48_" + part
	}
	return "s48_" + part
}
