package email

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
)

// Bounds on the structure of a mail. Nobody writes mails beyond them; programs
// do that want to keep a parser busy. A mail beyond them is not taken apart: its
// header is read and its original is attached.
const (
	maxParts     = 500
	maxDepth     = 25
	maxPartLines = 2000    // header lines of one part
	maxSkeleton  = 4 << 20 // bytes of all part headers together
)

// A skeleton is a multipart body with its contents taken out: boundaries and
// part headers stand as they are, each content is a mark that leads to its
// place in the body. The part reader costs the product of depth and bytes, and
// copies every byte; of a skeleton it has little to read, and the contents are
// never copied at all.
type skeleton struct {
	text     []byte
	contents [][2]int // where the n-th content begins and ends in the body
	open     bool     // the outermost multipart is not closed
}

// prescan walks once over a body, line by line, and makes its skeleton. ok is
// false when the structure is beyond the bounds. boundary is the boundary of
// the outermost multipart.
func prescan(body []byte, boundary string) (sk skeleton, ok bool) {
	s := structureScan{stack: []string{boundary}, text: make([]byte, 0, 1024), from: -1}
	for at := 0; at < len(body); {
		end := len(body)
		if i := bytes.IndexByte(body[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		if !s.line(body, at, end) {
			return skeleton{}, false
		}
		at = end
	}
	s.endContent(body, len(body))
	// The part reader overlooks a boundary that nothing follows.
	s.text = append(s.text, "\r\n\r\n"...)
	return skeleton{s.text, s.contents, len(s.stack) > 0}, true
}

// A structureScan is the state of prescan: which multiparts are open and what
// the lines now belong to.
type structureScan struct {
	stack    []string
	parts    int
	text     []byte
	contents [][2]int
	from     int // where the content being passed over begins; -1 = none
	inHead   bool
	lines    int
	ctype    []byte // the Content-Type field of the header being read
	inType   bool
}

// line takes the line body[at:end].
func (s *structureScan) line(body []byte, at, end int) bool {
	line := body[at:end]
	if len(line) > 2 && line[0] == '-' && line[1] == '-' {
		if open, found := s.boundary(line); found {
			s.endContent(body, at)
			s.text = append(s.text, line...)
			s.inHead, s.inType, s.lines, s.ctype = open, false, 0, s.ctype[:0]
			return s.parts <= maxParts
		}
	}
	if !s.inHead {
		return true
	}
	s.text = append(s.text, line...)
	if s.lines++; s.lines > maxPartLines || len(s.text) > maxSkeleton {
		return false
	}
	text := bytes.TrimRight(line, "\r\n")
	if len(text) == 0 {
		return s.endHead(end)
	}
	if text[0] != ' ' && text[0] != '\t' {
		name, value, ok := fieldName(text)
		s.inType = ok && name == "content-type"
		if s.inType {
			s.ctype = append(s.ctype[:0], text[value:]...)
		}
	} else if s.inType && len(s.ctype) < maxParamBytes {
		s.ctype = append(append(s.ctype, ' '), bytes.TrimSpace(text)...)
	}
	return true
}

// boundary takes a line that begins with two hyphens; found tells whether it
// delimits an open multipart, open whether a part begins after it.
func (s *structureScan) boundary(line []byte) (open, found bool) {
	rest := line[2:]
	for i := len(s.stack) - 1; i >= 0; i-- {
		after, match := bytes.CutPrefix(rest, []byte(s.stack[i]))
		if !match {
			continue
		}
		if bytes.HasPrefix(after, []byte("--")) {
			s.stack = s.stack[:i]
			return false, true
		}
		if len(after) == 0 || unicode.IsSpace(rune(after[0])) {
			s.stack = s.stack[:i+1]
			s.parts++
			return true, true
		}
	}
	return false, false
}

// endHead ends a part's header at the blank line before the offset, and opens
// the multipart or the content that it announces.
func (s *structureScan) endHead(at int) bool {
	s.inHead = false
	s.from = at
	if len(s.ctype) == 0 {
		return true
	}
	media, params := parseMedia(string(s.ctype))
	if b := boundaryOf(media, params); b != "" {
		s.stack = append(s.stack, b)
		s.from = -1
	}
	return len(s.stack) <= maxDepth
}

// endContent puts the mark of the content that ends at the offset. The line end
// before a boundary belongs to the boundary (RFC 2046 §5.1.1).
func (s *structureScan) endContent(body []byte, at int) {
	if s.from < 0 {
		return
	}
	end := at
	if at < len(body) && end > s.from && body[end-1] == '\n' {
		end--
		if end > s.from && body[end-1] == '\r' {
			end--
		}
	}
	s.text = append(s.text, '@')
	s.text = strconv.AppendInt(s.text, int64(len(s.contents)), 10)
	s.text = append(s.text, "\r\n"...)
	s.contents = append(s.contents, [2]int{s.from, end})
	s.from = -1
}

// marks gives the numbers of the contents that a part of the skeleton stands
// for: one, unless scan and part reader disagree about a damaged mail. whole is
// false when something else than marks and boundaries stands there.
func (sk skeleton) marks(part []byte) (numbers []int, whole bool) {
	whole = true
	for line := range bytes.Lines(part) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || bytes.HasPrefix(line, []byte("--")) {
			continue
		}
		n, err := strconv.Atoi(string(bytes.TrimPrefix(line[:min(len(line), 12)], []byte{'@'})))
		if line[0] != '@' || err != nil || n < 0 || n >= len(sk.contents) {
			whole = false
			continue
		}
		numbers = append(numbers, n)
	}
	return numbers, whole
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
