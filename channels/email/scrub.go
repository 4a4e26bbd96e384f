package email

import (
	"bytes"
	"strings"
)

// A scrubbed mail is what is left of the raw bytes after the damage that real
// mails bring at their head was repaired: byte order marks, blank and mbox
// lines before the header, lone carriage returns, junk between fields, a body
// that begins without a blank line.
type scrubbed struct {
	head     mailHeader
	body     []byte
	junk     bool // lines that are no header fields were skipped
	overHead bool // the header is larger than anything to be read

	fold []byte // the last field while further lines are folded into it
}

// scrub finds header and body of a mail however badly it begins. It fails on
// nothing; body shares memory with raw unless the line ends had to be repaired.
func scrub(raw []byte) scrubbed {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if bareCR(raw) {
		raw = bytes.ReplaceAll(raw, []byte{'\r'}, []byte("\r\n"))
	}
	raw = skipLead(raw)
	s := scrubbed{head: make(mailHeader, 0, 24)}
	s.lines(raw)
	s.endFold()
	return s
}

// lines reads header lines until the body begins.
func (s *scrubbed) lines(raw []byte) {
	rest := raw
	lines := 0
	for len(rest) > 0 {
		line, next := cutLine(rest)
		lines++
		if lines > maxHeadLines || len(raw)-len(next) > maxHeadBytes {
			s.overHead = true
			s.body = rest
			return
		}
		if len(line) == 0 {
			s.body = next
			return
		}
		end, junk := s.take(line, next)
		if end {
			s.body = rest
			return
		}
		s.junk = s.junk || junk
		rest = next
	}
}

// take adds one line to the header. end says that the body begins with it,
// junk that it belongs to no field.
func (s *scrubbed) take(line, next []byte) (end, junk bool) {
	if line[0] == ' ' || line[0] == '\t' {
		text := bytes.TrimSpace(line)
		if len(text) == 0 {
			// A line of blanks only: a folded nothing, or somebody's idea of
			// the empty line. What follows tells.
			following, _ := cutLine(next)
			_, _, isField := fieldName(following)
			return !isField && len(following) > 0 && following[0] != ' ' && following[0] != '\t', true
		}
		if len(s.head) == 0 {
			return false, true
		}
		s.addFold(text)
		return false, false
	}
	if name, at, ok := fieldName(line); ok {
		s.endFold()
		s.head = append(s.head, headField{name: name, value: string(bytes.TrimSpace(line[at:]))})
		return false, false
	}
	if isMboxFrom(line) {
		return false, true
	}
	if bytes.HasPrefix(line, []byte("--")) && s.multipart() {
		return true, false
	}
	return !headGoesOn(next), true
}

// multipart reports whether the fields read so far announce parts.
func (s *scrubbed) multipart() bool {
	s.endFold()
	return strings.HasPrefix(strings.ToLower(s.head.get("content-type")), "multipart")
}

// addFold joins a folded line to the last field.
func (s *scrubbed) addFold(text []byte) {
	if s.fold == nil {
		s.fold = append(s.fold, s.head[len(s.head)-1].value...)
	}
	if len(s.fold) > 0 {
		s.fold = append(s.fold, ' ')
	}
	s.fold = append(s.fold, text...)
}

// endFold gives the last field its whole value.
func (s *scrubbed) endFold() {
	if s.fold != nil {
		s.head[len(s.head)-1].value = string(s.fold)
		s.fold = nil
	}
}

// headGoesOn looks whether a field that only headers have follows before the
// next blank line.
func headGoesOn(rest []byte) bool {
	for i := 0; i < 40 && len(rest) > 0; i++ {
		line, next := cutLine(rest)
		if len(line) == 0 {
			return false
		}
		if bytes.HasPrefix(line, []byte("--")) {
			return false // a boundary: part headers follow, not ours
		}
		if knownHeadStart(line) {
			return true
		}
		rest = next
	}
	return false
}

// skipLead drops blank lines and mbox lines before the header.
func skipLead(raw []byte) []byte {
	for len(raw) > 0 {
		line, next := cutLine(raw)
		if len(bytes.TrimSpace(line)) != 0 && !isMboxFrom(line) {
			return raw
		}
		raw = next
	}
	return raw
}

func isMboxFrom(line []byte) bool {
	line = bytes.TrimPrefix(line, []byte{'>'})
	return bytes.HasPrefix(line, []byte("From ")) && !bytes.HasPrefix(line, []byte("From :"))
}

// bareCR reports whether the file ends its lines by carriage returns alone.
func bareCR(raw []byte) bool {
	look := raw[:min(len(raw), 4096)]
	return bytes.IndexByte(look, '\n') < 0 && bytes.IndexByte(look, '\r') >= 0 && bytes.IndexByte(raw, '\n') < 0
}

// cutLine gives the first line without its end, and what follows it. The end is
// a line feed with any number of carriage returns before it.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		line, rest = b, nil
	} else {
		line, rest = b[:i], b[i+1:]
	}
	for len(line) > 0 && line[len(line)-1] == '\r' {
		line = line[:len(line)-1]
	}
	return line, rest
}
