package storage

import (
	"bytes"
	"compress/flate"
	"database/sql/driver"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// packed is a column of running text, compressed: texts are most of what the
// database holds. The first byte says how: packedPlain or the number of the
// dictionary; NULL is "".
type packed string

// The forms of packed text. A form, once used, is read for ever: a better
// dictionary is a new one beside the old.
const (
	packedPlain byte = 0
	packed1     byte = 1 // deflate (RFC 1951) with the dictionary packed_1.txt

	packFrom   = 60      // bytes below which packing gains nothing
	packedMost = 8 << 20 // bytes of text that unpacking may give
)

// dictionary1 holds the words of letters and of citizens in four languages,
// the most frequent last, as deflate likes it.
//
//go:embed packed_1.txt
var dictionary1 []byte

var errPacked = errors.New("packed text is damaged")

// packers and unpackers are costly to make and kept for reuse.
var (
	packers = sync.Pool{New: func() any {
		w, err := flate.NewWriterDict(io.Discard, flate.DefaultCompression, dictionary1)
		if err != nil {
			return err
		}
		return w
	}}
	unpackers = sync.Pool{New: func() any { return flate.NewReaderDict(strings.NewReader(""), dictionary1) }}
)

func (p packed) bytes() ([]byte, error) {
	if p == "" {
		return nil, nil
	}
	plain := append([]byte{packedPlain}, p...)
	if len(p) < packFrom {
		return plain, nil
	}
	got := packers.Get()
	w, ok := got.(*flate.Writer)
	if !ok {
		return plain, nil
	}
	defer packers.Put(w)
	b := bytes.NewBuffer(make([]byte, 0, len(p)/2+64))
	b.WriteByte(packed1)
	w.Reset(b)
	if _, err := io.WriteString(w, string(p)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if b.Len() >= len(plain) {
		return plain, nil
	}
	return b.Bytes(), nil
}

func unpack(b []byte) (packed, error) {
	if len(b) == 0 {
		return "", nil
	}
	switch b[0] {
	case packedPlain:
		return packed(b[1:]), nil
	case packed1:
	default:
		return "", fmt.Errorf("%w: form %d is of a later version", errPacked, b[0])
	}
	r, ok := unpackers.Get().(io.Reader)
	if !ok {
		return "", errPacked
	}
	defer unpackers.Put(r)
	reset, ok := r.(flate.Resetter)
	if !ok {
		return "", errPacked
	}
	if err := reset.Reset(bytes.NewReader(b[1:]), dictionary1); err != nil {
		return "", fmt.Errorf("%w: %w", errPacked, err)
	}
	var text strings.Builder
	text.Grow(3 * len(b))
	n, err := io.Copy(&text, io.LimitReader(r, packedMost+1))
	if err != nil {
		return "", fmt.Errorf("%w: %w", errPacked, err)
	}
	if n > packedMost {
		return "", fmt.Errorf("%w: more than %d bytes", errPacked, packedMost)
	}
	return packed(text.String()), nil
}

// Value gives the column to database/sql.
func (p packed) Value() (driver.Value, error) {
	b, err := p.bytes()
	if err != nil || b == nil {
		return nil, err
	}
	return b, nil
}

// Scan takes the column from database/sql.
func (p *packed) Scan(src any) (err error) {
	switch v := src.(type) {
	case nil:
		*p = ""
	case []byte:
		*p, err = unpack(v)
	default:
		err = fmt.Errorf("packed column holds %T", src)
	}
	return err
}

// BytesValue gives the column to pgx without detour.
func (p packed) BytesValue() ([]byte, error) { return p.bytes() }

// ScanBytes takes the column from pgx without detour.
func (p *packed) ScanBytes(v []byte) (err error) {
	*p, err = unpack(v)
	return err
}

// GormDataType tells GORM the class of the column.
func (packed) GormDataType() string { return "bytes" }
