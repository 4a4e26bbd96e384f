package web

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing/lang"
)

// languageCookie remembers a choice made before or without an account. It
// holds a language tag and nothing else.
const languageCookie = "s48_lang"

// language starts the scene of the request in the language of the cookie, of
// the browser, or of the city, in this order. The account's choice is put in
// its place when the session is loaded.
func (k *Kit) language(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		s := k.scene(requestLanguage(r))
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), sceneKey{}, s)))
		return next(c)
	}
}

func requestLanguage(r *http.Request) lang.Tag {
	if cookie, err := r.Cookie(languageCookie); err == nil {
		if tag := lang.Tag(cookie.Value); tag.Valid() {
			return tag
		}
	}
	accepted := r.Header.Get("Accept-Language")
	if tag, ok := lang.Match(accepted); ok {
		return tag
	}
	if accepted == "" || accepted == "*" {
		return lang.SrLatn
	}
	return lang.En // a browser that speaks none of ours
}

// RememberLanguage stores the choice in a cookie for a year.
func (k *Kit) RememberLanguage(c echo.Context, tag lang.Tag) {
	c.SetCookie(&http.Cookie{ //nolint:gosec // Secure follows public_url; the value is a language tag
		Name: languageCookie, Value: string(tag), Path: "/", MaxAge: int((365 * 24 * time.Hour).Seconds()),
		HttpOnly: true, Secure: k.secure, SameSite: http.SameSiteLaxMode,
	})
	k.SetLanguage(c, tag)
}
