package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

// TestContrast holds known ratios of WCAG 2.2.
func TestContrast(t *testing.T) {
	t.Parallel()
	for pair, want := range map[[2]string]float64{{"#000000", "#ffffff"}: 21, {"#777777", "#ffffff"}: 4.48, {"#0f5d9c", "#ffffff"}: 6.85, {"#ffd84d", "#08304f"}: 9.82} {
		if got := contrast(colourOf(pair[0]), colourOf(pair[1])); got < want-0.1 || got > want+0.1 {
			t.Errorf("contrast(%v) = %.2f, want %.2f", pair, got, want)
		}
	}
}

// TestBrand makes every colour a city may choose readable in both schemes, and
// names those that cannot be.
func TestBrand(t *testing.T) {
	t.Parallel()
	if _, bad := (Brand{}).LightPrimary(); bad || (Brand{}).style() != nil {
		t.Error("the look that is shipped is refused or restyled")
	}
	if _, bad := (Brand{}).DimAccent(); bad {
		t.Error("the accent that is shipped is refused")
	}
	for _, primary := range []string{"#0f5c8a", "#7a1020", "#0a5a2b", "#000000", "#4b2a80", "#8a4500", "#005f6b"} {
		b := Brand{Primary: primary, Accent: "#ffffff"}
		if ratio, bad := b.LightPrimary(); bad {
			t.Errorf("%s is refused: %.2f", primary, ratio)
		}
		css := string(b.style())
		value := func(name string, scheme int) rgb {
			t.Helper()
			m := regexp.MustCompile(`--` + name + `:light-dark\((#\w{6}),(#\w{6})\)`).FindStringSubmatch(css)
			if m == nil {
				t.Fatalf("no --%s in %s", name, css)
			}
			return colourOf(m[scheme])
		}
		for _, text := range []struct {
			what   string
			fg, bg rgb
		}{
			{"link", value("accent", 1), paleSurface},
			{"link at night", value("accent", 2), darkSurface},
			{"button", white, value("accent-fill", 1)},
			{"button at night", white, value("accent-fill", 2)},
			{"button under the pointer", white, value("accent-fill-hover", 1)},
			{"button under the pointer at night", white, value("accent-fill-hover", 2)},
		} {
			if got := contrast(text.fg, text.bg); got < textContrast {
				t.Errorf("%s, %s: %.2f (%s on %s)", primary, text.what, got, text.fg, text.bg)
			}
		}
		if strings.Count(css, "{") != strings.Count(css, "}") {
			t.Errorf("unbalanced: %s", css)
		}
	}
	for _, primary := range []string{"#9ad0ff", "#ffd84d", "#ffffff", "#1f8fe0"} {
		if _, bad := (Brand{Primary: primary}).LightPrimary(); !bad {
			t.Errorf("%s passes", primary)
		}
	}
	if _, bad := (Brand{Accent: "#0a3a60"}).DimAccent(); !bad {
		t.Error("an accent like the masthead passes")
	}
}

// TestCityFiles are served for good at addresses of their content, and a drawing
// opened by itself can do nothing (A06).
func TestCityFiles(t *testing.T) {
	t.Parallel()
	svg := `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>`
	o := newOffice(t, func(x *Options) { x.Brand = Brand{Primary: "#0a5a2b", Logo: []byte(svg)} })
	var style, logo string
	o.kit.Public(o.echo, "/page").GET("", func(c echo.Context) error {
		style, logo = CityStyle(c.Request().Context()), CityLogo(c.Request().Context())
		return c.NoContent(http.StatusNoContent)
	})
	b := o.browser(t)
	b.do(t, http.MethodGet, "/page", nil)
	for path, kind := range map[string]string{style: "text/css; charset=utf-8", logo: "image/svg+xml"} {
		res, _ := b.do(t, http.MethodGet, path, nil)
		h := res.Header
		if res.StatusCode != http.StatusOK || h.Get("Content-Type") != kind || !strings.Contains(h.Get("Cache-Control"), "immutable") || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s = %d %v", path, res.StatusCode, h)
		}
	}
	if _, ok := LogoType([]byte("<html>")); ok {
		t.Error("a page passes for a logo")
	}
}
