package email

import (
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxFileName bounds a file's name in bytes: what every file system of an
// agent's machine can store, with room for a counter.
const maxFileName = 150

// partFileName gives the name that a part's header proposes for its file, ""
// when it proposes none. All of the ways programs write names are understood:
// plain, quoted, RFC 2047 in and out of quotes, RFC 2231 whole and in pieces in
// any charset, raw 8-bit bytes, and the old name parameter of Content-Type.
func partFileName(disposition, contentType mediaParams) string {
	for _, n := range []string{
		disposition.get("filename"), contentType.get("name"), disposition.get("name"), contentType.get("filename"), contentType.get("file"),
	} {
		if n = cleanFileName(n); n != "" {
			return n
		}
	}
	return ""
}

// cleanFileName makes a proposed name a label and nothing else: the last
// element of a path of any system, without control, invisible and
// direction-turning characters, at most 150 bytes with its extension kept.
func cleanFileName(s string) string {
	if s == "" {
		return ""
	}
	s = norm.NFC.String(strings.ToValidUTF8(s, "")) // Apple systems write letters and accents apart
	s = path.Base(strings.ReplaceAll(s, `\`, "/"))
	if len(s) > 2 && s[1] == ':' {
		s = s[2:] // a drive letter
	}
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, cleanLine(s, 8*maxFileName))
	s = strings.Trim(s, " .")
	if strings.Trim(s, "_") == "" {
		return ""
	}
	return cutName(s, maxFileName)
}

// cutName shortens a name to max bytes and keeps a short extension.
func cutName(s string, max int) string {
	if len(s) <= max {
		return s
	}
	ext := path.Ext(s)
	if len(ext) > 16 || len(ext) == len(s) {
		ext = ""
	}
	return strings.TrimRight(cutUTF8(s[:len(s)-len(ext)], max-len(ext)), " .") + ext
}

// cutUTF8 cuts s to at most max bytes without cutting a character.
func cutUTF8(s string, max int) string {
	if len(s) <= max {
		return s
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max]
}
