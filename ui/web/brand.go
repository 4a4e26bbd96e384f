package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"
)

// A Brand is how the pages show whose they are. The zero Brand is the look that
// is shipped.
type Brand struct {
	Primary string // #rrggbb: links, buttons, the masthead; "" = as shipped
	Accent  string // #rrggbb: the one thing to press on the portal; "" = as shipped
	Logo    []byte // a PNG, JPEG, WebP or SVG beside the name on the portal; nil = none
}

// The least contrasts of WCAG 2.2: of text (1.4.3) and of marks (1.4.11).
const (
	textContrast = 4.5
	markContrast = 3
)

// A rgb is a colour, each part 0 to 1.
type rgb [3]float64

var (
	white = rgb{1, 1, 1}
	black = rgb{}
	// paleSurface and darkSurface are the surfaces of the two schemes that are
	// nearest to the text on them (--bg-selected in ui/static/css/tokens.css).
	paleSurface = colourOf("#e8f1fa")
	darkSurface = colourOf("#17324a")
)

// colourOf reads #rrggbb; anything else is black.
func colourOf(s string) rgb {
	var c rgb
	if len(s) == 7 && s[0] == '#' {
		for i := range c {
			n, _ := strconv.ParseUint(s[1+2*i:3+2*i], 16, 8) // checked by the configuration
			c[i] = float64(n) / 255
		}
	}
	return c
}

func (c rgb) String() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c[0]*255)), int(math.Round(c[1]*255)), int(math.Round(c[2]*255)))
}

// mix gives c with so much of other in it.
func (c rgb) mix(other rgb, share float64) rgb {
	for i := range c {
		c[i] += (other[i] - c[i]) * share
	}
	return c
}

// contrast is the ratio of WCAG 2.2, from 1 to 21.
func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func (c rgb) luminance() float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

// shippedPrimary is --brand-600, and shippedAccent --call, of tokens.css.
const (
	shippedPrimary = "#0f5d9c"
	shippedAccent  = "#ffd84d"
)

func (b Brand) colours() (primary, masthead, accent rgb) {
	primary, accent = colourOf(orElse(b.Primary, shippedPrimary)), colourOf(orElse(b.Accent, shippedAccent))
	return primary, primary.mix(black, 0.48), accent
}

// LightPrimary reports that text in the primary colour, or white text on it,
// could not be read: below 4.5 to 1. ratio is what it reaches.
func (b Brand) LightPrimary() (ratio float64, bad bool) {
	primary, _, _ := b.colours()
	ratio = min(contrast(primary, white), contrast(primary, paleSurface))
	return ratio, ratio < textContrast
}

// DimAccent reports that the accent does not stand out from the masthead: below
// 3 to 1.
func (b Brand) DimAccent() (ratio float64, bad bool) {
	_, masthead, accent := b.colours()
	ratio = contrast(accent, masthead)
	return ratio, ratio < markContrast
}

// style is the stylesheet that follows the shipped ones: the same tokens with the
// city's colours, for both schemes.
func (b Brand) style() []byte {
	if b.Primary == "" && b.Accent == "" {
		return nil
	}
	primary, masthead, accent := b.colours()
	hover := primary.mix(black, 0.2)
	nightText, nightFill := primary, primary
	for contrast(nightText, darkSurface) < textContrast {
		nightText = nightText.mix(white, 0.05)
	}
	for lighter := nightFill.mix(white, 0.05); contrast(lighter, white) >= textContrast; lighter = lighter.mix(white, 0.05) {
		nightFill = lighter
	}
	onAccent := colourOf("#14110a")
	if contrast(white, accent) > contrast(onAccent, accent) {
		onAccent = white
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "@layer tokens{:root{--brand-600:%s;--brand-700:%s;--brand-900:%s;--call:%s;--call-hover:%s;--on-call:%s;--accent:%s;--accent-fill:%s;--accent-fill-hover:%s}",
		primary, hover, masthead, accent, accent.mix(black, 0.08), onAccent, primary, primary, hover)
	fmt.Fprintf(&out, "@supports (color:light-dark(#000,#fff)){:root{--accent:light-dark(%s,%s);--accent-fill:light-dark(%s,%s);--accent-fill-hover:light-dark(%s,%s)}}}\n",
		primary, nightText, primary, nightFill, hover, primary)
	return out.Bytes()
}

// LogoType gives the type of a logo by its content, ok false when it is none
// that pages can show.
func LogoType(logo []byte) (mimeType string, ok bool) {
	if head := bytes.TrimSpace(logo[:min(len(logo), 1024)]); bytes.HasPrefix(head, []byte("<svg")) || (bytes.HasPrefix(head, []byte("<?xml")) && bytes.Contains(head, []byte("<svg"))) {
		return "image/svg+xml", true
	}
	t := http.DetectContentType(logo)
	return t, pictures[t]
}

// A cityFile is a file of the brand at an address that changes with its content.
type cityFile struct {
	path, mimeType string
	body           []byte
}

func cityFileOf(name, mimeType string, body []byte) cityFile {
	if len(body) == 0 {
		return cityFile{}
	}
	sum := sha256.Sum256(body)
	return cityFile{"/city/" + hex.EncodeToString(sum[:6]) + "/" + name, mimeType, body}
}

// serve hands the file out for good: another content has another address. A
// drawing (SVG) opened by itself is in a sandbox.
func (f cityFile) serve(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'")
	return c.Blob(http.StatusOK, f.mimeType, f.body)
}

// brand makes the files of the city's look and their routes.
func (k *Kit) brand(e *echo.Echo) {
	for _, f := range []cityFile{k.cityStyle, k.cityLogo} {
		if f.path != "" {
			e.GET(f.path, f.serve)
		}
	}
}

// CityStyle gives the address of the city's own stylesheet, "" when the look is
// the shipped one.
func CityStyle(ctx context.Context) string { return sceneOf(ctx).cityStyle }

// CityLogo gives the address of the city's logo, "" when there is none.
func CityLogo(ctx context.Context) string { return sceneOf(ctx).cityLogo }
