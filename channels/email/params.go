package email

import (
	"sort"
	"strconv"
	"strings"
)

// Bounds on the parameters of one header field.
const (
	maxParams     = 64
	maxParamBytes = 16 << 10
)

// mediaParams are the parameters of a Content-Type or Content-Disposition field
// as they stand there: names in lower case, values unquoted and undecoded.
type mediaParams []mediaParam

type mediaParam struct {
	name, value string
}

// get gives the first non-empty value of a parameter, with RFC 2231 pieces
// joined and decoded and RFC 2047 words decoded (wrong there, and common).
func (p mediaParams) get(name string) string {
	for _, q := range p {
		if q.name == name && q.value != "" {
			return decodeWords(q.value)
		}
	}
	return p.extended(name)
}

// extended gives a parameter written as RFC 2231 says: name*=charset'lang'text,
// or in pieces name*0, name*1*, ….
func (p mediaParams) extended(name string) string {
	type piece struct {
		n       int
		encoded bool
		value   string
	}
	var pieces []piece
	for _, q := range p {
		rest, ok := strings.CutPrefix(q.name, name+"*")
		if !ok {
			continue
		}
		digits, encoded := strings.CutSuffix(rest, "*")
		if rest == "" {
			digits, encoded = "0", true
		}
		n, err := strconv.Atoi(digits)
		if err != nil || n < 0 {
			continue
		}
		pieces = append(pieces, piece{n, encoded, q.value})
	}
	if len(pieces) == 0 {
		return ""
	}
	sort.SliceStable(pieces, func(i, j int) bool { return pieces[i].n < pieces[j].n })
	charset := ""
	var text []byte
	for i, q := range pieces {
		v := q.value
		if q.encoded {
			if i == 0 {
				if parts := strings.SplitN(v, "'", 3); len(parts) == 3 {
					charset, v = parts[0], parts[2]
				}
			}
			text = append(text, percentDecode(v)...)
			continue
		}
		text = append(text, v...)
	}
	s, _ := decodeCharset(text, charset)
	return decodeWords(s)
}

func percentDecode(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return out
}

// parseMedia reads a Content-Type or Content-Disposition field, however it is
// written: missing semicolons, unquoted blanks, unended quotes, repeated and
// empty parameters. media is the lower-case value before the parameters.
func parseMedia(v string) (media string, params mediaParams) {
	v = strings.TrimSpace(clip(v, maxParamBytes))
	i := strings.IndexAny(v, "; \t")
	if i < 0 {
		return mediaToken(v), nil
	}
	media = mediaToken(v[:i])
	if strings.Contains(media, "=") { // the type itself is missing
		media, i = "", 0
	}
	rest := v[i:]
	for len(params) < maxParams {
		rest = strings.TrimLeft(rest, "; \t\r\n")
		if rest == "" {
			break
		}
		var p mediaParam
		p, rest = cutParam(rest)
		if p.name != "" {
			params = append(params, p)
		}
	}
	return media, params
}

func mediaToken(s string) string {
	return strings.ToLower(strings.Trim(s, " \t\"';,<>"))
}

// cutParam takes one name=value off the beginning of s.
func cutParam(s string) (p mediaParam, rest string) {
	end := strings.IndexAny(s, "=;")
	if end < 0 || s[end] == ';' {
		if end < 0 {
			return p, ""
		}
		return p, s[end+1:]
	}
	p.name = strings.ToLower(strings.TrimSpace(s[:end]))
	if i := strings.LastIndexAny(p.name, " \t"); i >= 0 {
		p.name = p.name[i+1:]
	}
	s = strings.TrimLeft(s[end+1:], " \t")
	if strings.HasPrefix(s, `"`) {
		p.value, rest = cutQuoted(s[1:])
		return p, rest
	}
	end = strings.IndexByte(s, ';')
	if end < 0 {
		end = len(s)
	}
	p.value, rest = s[:end], s[end:]
	if i := nextParam(p.value); i > 0 {
		p.value, rest = s[:i], s[i:]
	}
	p.value = strings.Trim(strings.TrimSpace(p.value), `'`)
	return p, rest
}

// nextParam finds where, inside an unquoted value, another well-known parameter
// begins whose semicolon was forgotten; 0 when none does.
func nextParam(v string) int {
	for i := range len(v) {
		if v[i] != ' ' && v[i] != '\t' {
			continue
		}
		w := strings.ToLower(strings.TrimLeft(v[i:], " \t"))
		for _, name := range []string{"charset", "name", "filename", "boundary", "format", "type"} {
			if strings.HasPrefix(w, name) && strings.HasPrefix(strings.TrimLeft(w[len(name):], " *0123456789"), "=") {
				return i
			}
		}
	}
	return 0
}

// cutQuoted reads a quoted value up to its closing quote. A backslash escapes
// only a quote or itself: old programs write whole Windows paths here.
func cutQuoted(s string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		case c == '"':
			return b.String(), s[i+1:]
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}
