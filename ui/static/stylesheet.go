package static

import (
	"io/fs"
	"strings"
)

// shared and after surround the files of an area. The order inside a layer
// matters, the order of layers is fixed by css/layers.css.
var (
	shared = []string{
		"layers", "fonts", "reset", "tokens", "tokens-light", "base", "layout",
		"components/button", "components/surface", "components/form", "components/table",
		"components/dialog", "components/feedback", "components/chart",
	}
	staff = []string{
		"agent/shell", "agent/queue", "agent/ticket", "agent/why", "agent/calls", "agent/ringing", "agent/settings",
		"agent/report", "agent/sign-in", "agent/specimen", "agent/narrow",
	}
	portal = []string{
		"portal/page", "portal/form", "portal/home", "portal/status", "portal/guide",
		"portal/statistics", "portal/narrow",
	}
	after = []string{"utilities", "print"}
)

// stylesheets are the served style sheets and the files each is made of.
var stylesheets = map[string][]string{
	"css/staff.css":  concat(shared, staff, after),
	"css/portal.css": concat(shared, portal, after),
}

func concat(lists ...[]string) []string {
	var all []string
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func join(src fs.FS, parts []string) ([]byte, error) {
	var b strings.Builder
	for _, part := range parts {
		body, err := fs.ReadFile(src, "css/"+part+".css")
		if err != nil {
			return nil, err
		}
		b.Write(body)
		b.WriteByte('\n')
	}
	return []byte(b.String()), nil
}
