package email

import (
	"bytes"
	"strings"
)

// decodeTransfer undoes a Content-Transfer-Encoding. Unknown encodings are
// taken as none; damaged ones are decoded as far as they go, and whole is false
// when something had to be left out.
func decodeTransfer(b []byte, encoding string) (out []byte, whole bool) {
	encoding, _, _ = strings.Cut(strings.ToLower(encoding), ";")
	switch strings.Trim(encoding, " \t\"'") {
	case "base64", "b":
		text, tail := cutClearTail(b)
		if len(bytes.TrimSpace(text)) == 0 || notBase64(text) {
			return b, true
		}
		out, bad := decodeBase64(text)
		return out, bad*50 <= len(text) && len(tail) == 0
	case "quoted-printable", "quoted_printable", "quotedprintable", "qp", "q":
		return decodeQuotedPrintable(b), true
	case "x-uuencode", "uuencode", "x-uue", "uue":
		if data, _, _, ok := cutUU(b); ok {
			return data, true
		}
		return b, false
	}
	return b, true
}

const (
	b64Bad = 0xff
	b64Pad = 0xfe
	b64Gap = 0xfd
)

var b64Table = func() (t [256]byte) {
	for i := range t {
		t[i] = b64Bad
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[c] = byte(i)
	}
	t['='] = b64Pad
	t['\r'], t['\n'], t[' '], t['\t'] = b64Gap, b64Gap, b64Gap, b64Gap
	return t
}()

// decodeBase64 decodes whatever of b is base64: line ends and foreign
// characters are skipped, missing padding is no fault, and padding in the
// middle (two encoders' outputs joined) only ends a group. bad counts the
// foreign characters.
func decodeBase64(b []byte) (out []byte, bad int) {
	out = make([]byte, 0, len(b)/4*3+3)
	var acc uint32
	n := 0
	for i := 0; i < len(b); i++ {
		// Four clean characters at a time: all but the ends of lines.
		for n == 0 && i+4 <= len(b) {
			v0, v1, v2, v3 := b64Table[b[i]], b64Table[b[i+1]], b64Table[b[i+2]], b64Table[b[i+3]]
			if v0|v1|v2|v3 > 63 {
				break
			}
			out = append(out, v0<<2|v1>>4, v1<<4|v2>>2, v2<<6|v3)
			i += 4
		}
		if i >= len(b) {
			break
		}
		switch v := b64Table[b[i]]; v {
		case b64Gap:
		case b64Bad:
			bad++
		case b64Pad:
			out = flushBase64(out, acc, n)
			acc, n = 0, 0
		default:
			acc = acc<<6 | uint32(v)
			n++
			if n == 4 {
				out = append(out, byte(acc>>16), byte(acc>>8), byte(acc))
				acc, n = 0, 0
			}
		}
	}
	return flushBase64(out, acc, n), bad
}

// flushBase64 writes the bytes of an unfinished group.
func flushBase64(out []byte, acc uint32, n int) []byte {
	switch n {
	case 2:
		return append(out, byte(acc>>4))
	case 3:
		return append(out, byte(acc>>10), byte(acc>>2))
	}
	return out
}

// cutClearTail finds text that a mailing list or a virus scanner appended in
// clear to a base64 body: decoded, it would spoil the whole.
func cutClearTail(b []byte) (text, tail []byte) {
	const look = 4 << 10
	from := max(0, len(b)-look)
	if bytes.IndexByte(bytes.TrimSpace(b[from:]), ' ') < 0 {
		return b, nil
	}
	cut := len(b)
	for at := from; at < len(b); {
		line, rest := cutLine(b[at:])
		next := len(b) - len(rest)
		line = bytes.TrimSpace(line)
		switch {
		case len(line) > 0 && len(bytes.Trim(line, "_-=*")) == 0:
			cut = min(cut, at) // a rule; it belongs to the tail if a tail follows
		case bytes.IndexByte(line, ' ') > 0:
			return b[:min(cut, at)], b[min(cut, at):]
		case len(line) > 0:
			cut = len(b)
		}
		at = next
	}
	return b, nil
}

// notBase64 tells plain text under a false label from base64: text has blanks
// inside its lines.
func notBase64(b []byte) bool {
	look := bytes.TrimSpace(b[:min(len(b), 2048)])
	if len(look) == 0 {
		return false
	}
	blanks, other := 0, 0
	for _, c := range look {
		switch {
		case c == ' ' || c == '\t':
			blanks++
		case b64Table[c] == b64Bad:
			other++
		}
	}
	return blanks*20 > len(look) || other*4 > len(look)
}

// decodeQuotedPrintable decodes RFC 2045 §6.7; an equals sign that begins no
// escape stays as it is, blanks before a line end go.
func decodeQuotedPrintable(b []byte) []byte {
	if bytes.IndexByte(b, '=') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		line, end := b, 0
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			line, end = b[:i], 1
		}
		b = b[len(line)+end:]
		eol := ""
		if end == 1 {
			eol = "\n"
			if len(line) > 0 && line[len(line)-1] == '\r' {
				eol = "\r\n"
			}
		}
		line = bytes.TrimRight(line, " \t\r")
		if len(line) > 0 && line[len(line)-1] == '=' && end == 1 {
			line, eol = line[:len(line)-1], ""
		}
		out = append(appendQP(out, line), eol...)
	}
	return out
}

func appendQP(out, line []byte) []byte {
	for {
		i := bytes.IndexByte(line, '=')
		if i < 0 {
			return append(out, line...)
		}
		out = append(out, line[:i]...)
		if i+2 < len(line) && isHex(line[i+1]) && isHex(line[i+2]) {
			out = append(out, unhex(line[i+1])<<4|unhex(line[i+2]))
			line = line[i+3:]
			continue
		}
		out = append(out, '=')
		line = line[i+1:]
	}
}

// cutUU finds the first uuencoded file ("begin 644 name" … "end") in b and
// gives its bytes, its name and where it stands.
func cutUU(b []byte) (data []byte, name string, span [2]int, ok bool) {
	for at := 0; at < len(b); {
		line, rest := cutLine(b[at:])
		next := len(b) - len(rest)
		if n, isBegin := uuBegin(line); isBegin {
			if data, end, good := uuBody(b, next); good {
				return data, n, [2]int{at, end}, true
			}
		}
		at = next
	}
	return nil, "", span, false
}

func uuBegin(line []byte) (name string, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte("begin "))
	if !ok || len(rest) < 5 {
		return "", false
	}
	mode, file, ok := bytes.Cut(rest, []byte{' '})
	if !ok || len(mode) < 3 || len(mode) > 4 || len(file) == 0 {
		return "", false
	}
	for _, c := range mode {
		if c < '0' || c > '7' {
			return "", false
		}
	}
	return string(file), true
}

// uuBody decodes the lines from at on; end is the offset after the line "end".
func uuBody(b []byte, at int) (data []byte, end int, ok bool) {
	for at < len(b) {
		line, rest := cutLine(b[at:])
		at = len(b) - len(rest)
		if bytes.Equal(line, []byte("end")) {
			return data, at, true
		}
		if len(line) == 0 || line[0] < ' ' || line[0] > '`' {
			return nil, 0, false
		}
		n := int(line[0]-' ') & 63
		start := len(data)
		for i := 1; len(data)-start < n; i += 4 {
			var q [4]byte
			for k := range q {
				if i+k < len(line) {
					q[k] = (line[i+k] - ' ') & 63
				}
			}
			data = append(data, q[0]<<2|q[1]>>4, q[1]<<4|q[2]>>2, q[2]<<6|q[3])
		}
		data = data[:start+n]
	}
	return nil, 0, false
}
