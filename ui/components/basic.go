package components

// A Crumb is one step of the way to a page; without Href it is the page.
type Crumb struct{ Text, Href string }

// noticeIcon doubles the colour of a notice by a drawing.
func noticeIcon(kind string) string {
	switch kind {
	case "ok":
		return "circle-check"
	case "warn":
		return "alert-triangle"
	case "bad":
		return "alert-circle"
	}
	return "info-circle"
}

// noticeRole lets what went wrong be read out at once.
func noticeRole(kind string) string {
	if kind == "bad" {
		return "alert"
	}
	return "note"
}
