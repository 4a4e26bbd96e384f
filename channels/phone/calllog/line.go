package calllog

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// MaxLine bounds a line in bytes. The longest real record, of CUCM with its
// 130 columns, stays below 8 KiB.
const MaxLine = 64 << 10

// A Charset is how the bytes of a file are text.
type Charset string

// The charsets. CharsetMixed reads each line as UTF-8 when it is, else as
// windows-1250, the code page of the exchanges of this coast.
const (
	CharsetMixed   Charset = "utf-8 or windows-1250"
	CharsetUTF16LE Charset = "utf-16le"
	CharsetUTF16BE Charset = "utf-16be"
)

// Charsets an operator may name, when the file is none of the detected ones.
var namedCharsets = map[string]encoding.Encoding{
	"windows-1250": charmap.Windows1250, "windows-1251": charmap.Windows1251, "windows-1252": charmap.Windows1252,
	"iso-8859-1": charmap.ISO8859_1, "iso-8859-2": charmap.ISO8859_2, "iso-8859-5": charmap.ISO8859_5, "cp852": charmap.CodePage852,
}

// DetectCharset tells from the first bytes of a file how it is written: by its
// byte order mark, or by the zero bytes that UTF-16 puts beside ASCII.
func DetectCharset(head []byte) Charset {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return CharsetUTF16LE
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return CharsetUTF16BE
	}
	head = head[:min(len(head), 256)]
	var even, odd int
	for i, c := range head {
		if c != 0 {
			continue
		}
		if i%2 == 0 {
			even++
		} else {
			odd++
		}
	}
	switch half := len(head) / 2; {
	case half < 4:
	case odd > half*3/4 && even == 0:
		return CharsetUTF16LE
	case even > half*3/4 && odd == 0:
		return CharsetUTF16BE
	}
	return CharsetMixed
}

// width is how many bytes a line end takes.
func (c Charset) width() int {
	if c == CharsetUTF16LE || c == CharsetUTF16BE {
		return 2
	}
	return 1
}

// lineEnd gives where the first line of b ends, its line feed included, or -1.
func (c Charset) lineEnd(b []byte) int {
	if c.width() == 1 {
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			return i + 1
		}
		return -1
	}
	low := c.low()
	for i := 0; i+1 < len(b); i += 2 {
		if b[i+low] == '\n' && b[i+1-low] == 0 {
			return i + 2
		}
	}
	return -1
}

// low is where in a pair of UTF-16 its low byte is.
func (c Charset) low() int {
	if c == CharsetUTF16BE {
		return 1
	}
	return 0
}

const bom = "\ufeff"

// decode turns the bytes of a line into text without its line end and without
// a byte order mark, which joined files carry in their middle.
func (c Charset) decode(b []byte) (string, *Fault) {
	var s string
	switch {
	case c.width() == 2:
		if len(b)%2 != 0 {
			return "", fault(FaultCharset, "")
		}
		u := make([]uint16, len(b)/2)
		low := c.low()
		for i := range u {
			u[i] = uint16(b[2*i+low]) | uint16(b[2*i+1-low])<<8
		}
		s = string(utf16.Decode(u))
		if strings.ContainsRune(s, utf8.RuneError) {
			return "", fault(FaultCharset, "")
		}
	case namedCharsets[string(c)] != nil:
		s = decodeWith(namedCharsets[string(c)], b)
	case utf8.Valid(b):
		s = string(b)
	default:
		s = decodeWith(charmap.Windows1250, b)
	}
	s = strings.TrimPrefix(strings.TrimRight(s, "\r\n"), bom)
	if strings.IndexByte(s, 0) >= 0 {
		return "", fault(FaultBinary, "")
	}
	return s, nil
}

func decodeWith(e encoding.Encoding, b []byte) string {
	s, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return string(bytes.ToValidUTF8(b, []byte(string(utf8.RuneError))))
	}
	return string(s)
}
