package manage

import "strings"

// browserName gives a short name for a User-Agent header, for the owner of a
// session to recognise it by; nothing is decided by it.
func browserName(userAgent string) string {
	browser := pick(userAgent, [][2]string{
		{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	})
	system := pick(userAgent, [][2]string{
		{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	})
	switch {
	case browser != "" && system != "":
		return browser + " · " + system
	case browser+system != "":
		return browser + system
	case userAgent == "":
		return "–"
	}
	name, _, _ := strings.Cut(userAgent, " ")
	if len(name) > 40 {
		name = name[:40]
	}
	return strings.ToValidUTF8(name, "")
}

// pick gives the name beside the first mark that the text holds.
func pick(text string, marks [][2]string) string {
	for _, m := range marks {
		if strings.Contains(text, m[0]) {
			return m[1]
		}
	}
	return ""
}
