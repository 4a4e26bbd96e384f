package email

import (
	"bytes"
	"strings"
)

// Bounds on the structure of a mail. Nobody writes mails beyond them; programs
// do that want to keep a parser busy (nesting costs the part reader the product
// of depth and bytes). A mail beyond them is not taken apart: its header is
// read and its original is attached.
const (
	maxParts     = 500
	maxDepth     = 25
	maxScanCost  = 256 << 20 // bytes, each counted once a level it lies under
	maxPartLines = 2000      // header lines of one part
)

// prescan walks over a body line by line, without taking anything apart, and
// tells whether its structure keeps to the bounds. boundary is the boundary of
// the outermost multipart.
func prescan(body []byte, boundary string) (ok bool) {
	s := structureScan{stack: []string{boundary}}
	for len(body) > 0 {
		i := bytes.IndexByte(body, '\n') + 1
		if i == 0 {
			i = len(body)
		}
		line := body[:i]
		body = body[i:]
		s.cost += len(line) * max(len(s.stack), 1)
		if s.cost > maxScanCost || !s.line(line) {
			return false
		}
	}
	return true
}

// A structureScan is the state of prescan: which multiparts are open and
// whether the lines now belong to a part's header.
type structureScan struct {
	stack  []string
	parts  int
	cost   int
	inHead bool
	lines  int
	ctype  []byte // the Content-Type field of the header being read
	inType bool
}

func (s *structureScan) line(line []byte) bool {
	if bytes.HasPrefix(line, []byte("--")) && s.boundary(line) {
		return s.parts <= maxParts
	}
	if !s.inHead {
		return true
	}
	text := bytes.TrimRight(line, "\r\n")
	if len(text) == 0 {
		return s.endHead()
	}
	if s.lines++; s.lines > maxPartLines {
		return false
	}
	if text[0] != ' ' && text[0] != '\t' {
		name, at, ok := fieldName(text)
		s.inType = ok && name == "content-type"
		if s.inType {
			s.ctype = append(s.ctype[:0], text[at:]...)
		}
	} else if s.inType && len(s.ctype) < maxParamBytes {
		s.ctype = append(append(s.ctype, ' '), bytes.TrimSpace(text)...)
	}
	return true
}

// boundary takes a line that begins with two hyphens; it reports whether the
// line delimits an open multipart.
func (s *structureScan) boundary(line []byte) bool {
	rest := line[2:]
	for i := len(s.stack) - 1; i >= 0; i-- {
		after, found := bytes.CutPrefix(rest, []byte(s.stack[i]))
		if !found {
			continue
		}
		if bytes.HasPrefix(after, []byte("--")) {
			s.stack, s.inHead = s.stack[:i], false
			return true
		}
		if len(after) == 0 || after[0] == ' ' || after[0] == '\t' || after[0] == '\r' || after[0] == '\n' {
			s.stack = s.stack[:i+1]
			s.parts++
			s.inHead, s.inType, s.lines, s.ctype = true, false, 0, s.ctype[:0]
			return true
		}
	}
	return false
}

// endHead ends a part's header and opens the multipart it announces.
func (s *structureScan) endHead() bool {
	s.inHead = false
	if len(s.ctype) == 0 {
		return true
	}
	media, params := parseMedia(string(s.ctype))
	if b := boundaryOf(media, params); b != "" {
		s.stack = append(s.stack, b)
	}
	return len(s.stack) <= maxDepth
}

// boundaryOf gives the boundary of a multipart, "" for everything else and for
// a boundary that could delimit nothing.
func boundaryOf(media string, params mediaParams) string {
	if !strings.HasPrefix(media, "multipart") {
		return ""
	}
	b := ""
	for _, p := range params { // undecoded: it is compared with bytes
		if p.name == "boundary" && p.value != "" {
			b = p.value
			break
		}
	}
	if b == "" {
		b = params.extended("boundary")
	}
	b = strings.TrimRight(b, " \t\r\n")
	if len(b) > 200 {
		return ""
	}
	return b
}

// findBoundary looks for a boundary that a body really uses, for mails that
// declare none or another: a line of two hyphens and a word, followed by a part
// header.
func findBoundary(body []byte) string {
	look := body[:min(len(body), 64<<10)]
	for len(look) > 0 {
		line, rest := cutLine(look)
		look = rest
		word, ok := bytes.CutPrefix(line, []byte("--"))
		word = bytes.TrimRight(word, " \t")
		if !ok || len(word) == 0 || len(word) > 200 || bytes.ContainsAny(word, " \t") {
			continue
		}
		following, _ := cutLine(rest)
		if name, _, isField := fieldName(following); isField && strings.HasPrefix(name, "content-") {
			return string(word)
		}
	}
	return ""
}

// usesBoundary reports whether a line of body begins with the boundary.
func usesBoundary(body []byte, boundary string) bool {
	mark := []byte("--" + boundary)
	return bytes.HasPrefix(body, mark) || bytes.Contains(body, append([]byte{'\n'}, mark...))
}
