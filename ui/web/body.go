package web

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
)

// limitBody refuses larger bodies: at once when the length is announced, and
// while reading when it is not. Files that a form put on the disk are gone when
// it is answered (A93).
func (k *Kit) limitBody(limit int64) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if r.ContentLength > limit {
				return tooLarge(limit)
			}
			r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
			defer func() { // the server forgets only those of the request it made, not of the copies that handlers see
				if m := c.Request().MultipartForm; m != nil {
					_ = m.RemoveAll() // what is left is in the system's folder for such
				}
			}()
			err := next(c)
			var tooMany *http.MaxBytesError
			if errors.As(err, &tooMany) {
				return tooLarge(limit)
			}
			return err
		}
	}
}

func tooLarge(limit int64) error {
	return &ticketing.Error{Kind: ticketing.TooLarge, Key: "problem.too_large.limit", Args: map[string]any{"MB": limit >> 20}}
}
