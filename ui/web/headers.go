package web

import (
	"crypto/rand"
	"encoding/base64"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

// headers sets what every response carries; handlers may replace the policy
// with a stricter one of their own (mail frames, attachments), never with none.
func (k *Kit) headers(next echo.HandlerFunc) echo.HandlerFunc {
	images := "'self' data: blob:"
	if len(k.ImageHosts) > 0 {
		images += " " + strings.Join(k.ImageHosts, " ")
	}
	return func(c echo.Context) error {
		nonce := newNonce()
		h := c.Response().Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self' 'nonce-"+nonce+"'; style-src 'self'; img-src "+images+
			"; media-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()")
		h.Set("Cache-Control", "no-store")
		h.Add("Vary", "HX-Request, Cookie, Accept-Language")
		if k.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r := c.Request()
		c.SetRequest(r.WithContext(templ.WithNonce(r.Context(), nonce)))
		return next(c)
	}
}

func newNonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b[:])
}
