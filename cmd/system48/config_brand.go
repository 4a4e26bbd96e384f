package main

import (
	"fmt"
	"io"
	"os"

	"github.com/sistem48/system48/ui/web"
)

// maxLogo bounds the city's logo, in bytes: every page of every citizen loads it.
const maxLogo = 256 << 10

// brand checks that what is written in the city's colours can be read, and that
// the logo is one.
func (k *checker) brand(c CityConfig) {
	b := web.Brand{Primary: c.Colours.Primary, Accent: c.Colours.Accent}
	if colour.MatchString(b.Primary) {
		if ratio, bad := b.LightPrimary(); bad {
			k.fault("city.colours.primary", fmt.Sprintf("is too light: text in it reaches a contrast of %.1f, and 4.5 is the least that can be read", ratio), "choose a darker one")
		}
	}
	if colour.MatchString(b.Accent) {
		if ratio, bad := b.DimAccent(); bad {
			k.fault("city.colours.accent", fmt.Sprintf("does not stand out from the masthead: a contrast of %.1f, and 3 is the least", ratio), "choose a lighter one, or a darker primary")
		}
	}
	if _, err := readLogo(c.Logo); err != nil {
		k.fault("city.logo", err.Error(), "name a PNG, JPEG, WebP or SVG file up to 256 kB")
	}
}

// readLogo reads the city's logo, nil when there is none.
func readLogo(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	logo, err := io.ReadAll(io.LimitReader(f, maxLogo+1))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if len(logo) > maxLogo {
		return nil, fmt.Errorf("is larger than %d kB", maxLogo>>10)
	}
	if _, ok := web.LogoType(logo); !ok {
		return nil, fmt.Errorf("is no picture that pages can show")
	}
	return logo, nil
}
