package storage

import (
	"bytes"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// An instant is a column of time: microseconds in UTC, NULL for the zero time.
type instant time.Time

// endOfTime stands for "never" where NULL would fall out of comparisons.
var endOfTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// orNever puts the end of time for the zero time; orZero takes it back.
func orNever(t time.Time) instant {
	if t.IsZero() {
		return instant(endOfTime)
	}
	return instant(t)
}

func (i instant) orZero() time.Time {
	if time.Time(i).Equal(endOfTime) {
		return time.Time{}
	}
	return time.Time(i)
}

func (i instant) time() time.Time { return time.Time(i) }

// Value gives the column to database/sql.
func (i instant) Value() (driver.Value, error) {
	t := time.Time(i)
	if t.IsZero() {
		return nil, nil //nolint:nilnil // NULL
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

// Scan takes the column from database/sql; an integer is microseconds, as
// SQLite gives results without a declared type.
func (i *instant) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*i = instant{}
	case time.Time:
		*i = instant(v.UTC())
	case int64:
		*i = instant(time.UnixMicro(v).UTC())
	default:
		return fmt.Errorf("time column holds %T", src)
	}
	return nil
}

// TimestamptzValue gives the column to pgx without detour.
func (i instant) TimestamptzValue() (pgtype.Timestamptz, error) {
	t := time.Time(i)
	return pgtype.Timestamptz{Time: t.UTC().Truncate(time.Microsecond), Valid: !t.IsZero()}, nil
}

// ScanTimestamptz takes the column from pgx without detour.
func (i *instant) ScanTimestamptz(v pgtype.Timestamptz) error {
	*i = instant{}
	if v.Valid {
		*i = instant(v.Time.UTC())
	}
	return nil
}

// GormDataType tells GORM the class of the column.
func (instant) GormDataType() string { return "time" }

// An optional is a reference to another row: NULL for 0.
type optional int64

// Value gives the column to database/sql.
func (o optional) Value() (driver.Value, error) {
	if o == 0 {
		return nil, nil //nolint:nilnil // NULL
	}
	return int64(o), nil
}

// Scan takes the column from database/sql.
func (o *optional) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*o = 0
	case int64:
		*o = optional(v)
	default:
		return fmt.Errorf("reference column holds %T", src)
	}
	return nil
}

// Int64Value gives the column to pgx without detour.
func (o optional) Int64Value() (pgtype.Int8, error) {
	return pgtype.Int8{Int64: int64(o), Valid: o != 0}, nil
}

// ScanInt64 takes the column from pgx without detour.
func (o *optional) ScanInt64(v pgtype.Int8) error {
	*o = 0
	if v.Valid {
		*o = optional(v.Int64)
	}
	return nil
}

// GormDataType tells GORM the class of the column.
func (optional) GormDataType() string { return "int" }

// A digest is a SHA-256 in hex, kept as its 32 bytes: NULL for "". Any other
// text is kept behind zero bytes, so that it never looks like a digest.
type digest string

const digestBytes = 32

func (d digest) bytes() []byte {
	if d == "" {
		return nil
	}
	if len(d) == hex.EncodedLen(digestBytes) {
		if b, err := hex.DecodeString(string(d)); err == nil && hex.EncodeToString(b) == string(d) {
			return b
		}
	}
	b := append([]byte{0}, d...)
	if len(b) == digestBytes {
		b = append([]byte{0}, b...)
	}
	return b
}

func digestOf(b []byte) digest {
	if len(b) == digestBytes {
		return digest(hex.EncodeToString(b))
	}
	return digest(bytes.TrimLeft(b, "\x00"))
}

// Value gives the column to database/sql.
func (d digest) Value() (driver.Value, error) {
	if d == "" {
		return nil, nil //nolint:nilnil // NULL
	}
	return d.bytes(), nil
}

// Scan takes the column from database/sql.
func (d *digest) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = ""
	case []byte:
		*d = digestOf(v)
	default:
		return fmt.Errorf("digest column holds %T", src)
	}
	return nil
}

// BytesValue gives the column to pgx without detour.
func (d digest) BytesValue() ([]byte, error) { return d.bytes(), nil }

// ScanBytes takes the column from pgx without detour.
func (d *digest) ScanBytes(v []byte) error {
	*d = digestOf(v)
	return nil
}

// GormDataType tells GORM the class of the column.
func (digest) GormDataType() string { return "bytes" }

// A list is a column of JSON: "" for none.
type list[T any] []T

// Value gives the column to database/sql and pgx.
func (l list[T]) Value() (driver.Value, error) {
	if len(l) == 0 {
		return "", nil
	}
	b, err := json.Marshal([]T(l))
	if err != nil {
		return nil, fmt.Errorf("list column: %w", err)
	}
	return clean(string(b)), nil
}

// Scan takes the column from database/sql and pgx.
func (l *list[T]) Scan(src any) error {
	*l = nil
	return scanJSON(src, (*[]T)(l))
}

// GormDataType tells GORM the class of the column.
func (list[T]) GormDataType() string { return "string" }

// A dictionary is a column of JSON: "" for none.
type dictionary[K comparable, V any] map[K]V

// Value gives the column to database/sql and pgx.
func (m dictionary[K, V]) Value() (driver.Value, error) {
	if len(m) == 0 {
		return "", nil
	}
	b, err := json.Marshal(map[K]V(m))
	if err != nil {
		return nil, fmt.Errorf("dictionary column: %w", err)
	}
	return clean(string(b)), nil
}

// Scan takes the column from database/sql and pgx.
func (m *dictionary[K, V]) Scan(src any) error {
	*m = nil
	return scanJSON(src, (*map[K]V)(m))
}

// GormDataType tells GORM the class of the column.
func (dictionary[K, V]) GormDataType() string { return "string" }

func scanJSON(src, dest any) error {
	var text []byte
	switch v := src.(type) {
	case nil:
	case string:
		text = []byte(v)
	case []byte:
		text = v
	default:
		return fmt.Errorf("JSON column holds %T", src)
	}
	if len(text) == 0 {
		return nil
	}
	return json.Unmarshal(text, dest)
}
