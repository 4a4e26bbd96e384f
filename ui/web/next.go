package web

import (
	"net/url"
	"strings"
)

// Next gives the local path of a "next" parameter, fallback when it is
// anything else: another origin, a scheme, a protocol-relative or backslashed
// address (A59).
func Next(raw, fallback string) string { return localPath(raw, fallback) }

func localPath(raw, fallback string) string {
	if len(raw) > 2000 || !strings.HasPrefix(raw, "/") {
		return fallback
	}
	for _, r := range raw {
		// Browsers drop tabs and newlines inside addresses and read \ as /.
		if r < 0x20 || r == '\\' || r == 0x7f {
			return fallback
		}
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") || strings.HasPrefix(raw, "//") {
		return fallback
	}
	return raw
}
