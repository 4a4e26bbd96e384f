package web

import "github.com/labstack/echo/v4"

// A Mount adds a room's routes to the site.
type Mount func(k *Kit, e *echo.Echo)
