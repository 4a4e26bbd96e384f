package calllog

import (
	"slices"
	"strconv"
	"time"
)

// A Memo is what reading a file on needs to know of what was read before. It is
// saved with the rows, so that a reader killed anywhere goes on as if nothing
// had happened.
type Memo struct {
	Charset Charset      `json:"charset,omitempty"`
	Columns []string     `json:"columns,omitempty"` // as the file's own heading named them
	Line    int64        `json:"line"`              // lines read
	LastEnd time.Time    `json:"last_end,omitzero"` // when the latest leg ended
	Recent  []RecentCall `json:"recent,omitempty"`  // calls that further lines may belong to
	Within  bool         `json:"within,omitempty"`  // what follows is the rest of a line that was too long
}

// A RecentCall is a call whose legs have nothing in common but their caller and
// their time.
type RecentCall struct {
	From string    `json:"from"` // a digest of the caller's number, or an identifier
	At   time.Time `json:"at"`
	Call string    `json:"call"`
}

// A Skip is why a line is no leg and not wrong either.
type Skip string

// The reasons.
const (
	SkipBlank    Skip = "blank"
	SkipHeader   Skip = "header"   // names or types of columns
	SkipInternal Skip = "internal" // a call between two desks
	SkipOther    Skip = "other"    // a record of another kind (CUCM: media quality)
)

// sameCall is how near two legs of one caller begin that are one call.
const sameCall = 5 * time.Second

// maxRecent bounds what a Memo remembers.
const maxRecent = 64

// callOf gives the call of a leg without an identifier of its call: that of a
// leg of the same caller within five seconds, else own. Withheld callers are
// many and are never put together.
func (m *Memo) callOf(from string, at time.Time, own string) string {
	d := digits(from)
	if len(d) < 3 {
		return own
	}
	mark := short(d)
	for _, r := range slices.Backward(m.Recent) {
		if d := at.Sub(r.At); r.From == mark && d <= sameCall && d >= -sameCall {
			return r.Call
		}
	}
	m.remember(RecentCall{From: mark, At: at, Call: own})
	return own
}

// joined gives the call of two channels that were connected: the identifier of
// whichever was written first.
func (m *Memo) joined(uuid, other string) string {
	for _, r := range slices.Backward(m.Recent) {
		if r.From == uuid || other != "" && r.From == other {
			return r.Call
		}
	}
	if other == "" {
		return uuid
	}
	m.remember(RecentCall{From: uuid, Call: uuid})
	m.remember(RecentCall{From: other, Call: uuid})
	return uuid
}

func (m *Memo) remember(r RecentCall) {
	if len(m.Recent) >= maxRecent {
		m.Recent = slices.Delete(m.Recent, 0, len(m.Recent)-maxRecent+1)
	}
	m.Recent = append(m.Recent, r)
}

// A Reader reads lines of one file.
type Reader struct {
	f      *Format
	memo   *Memo
	fields []string
	byLen  map[int]map[string]int
}

// NewReader reads lines as the format says, from where memo is.
func NewReader(f *Format, memo *Memo) *Reader {
	r := &Reader{f: f, memo: memo, byLen: map[int]map[string]int{}}
	for _, l := range f.layouts {
		r.byLen[len(l)] = index(l)
	}
	if len(memo.Columns) > 0 {
		r.byLen = map[int]map[string]int{len(memo.Columns): index(memo.Columns)}
	}
	return r
}

func index(columns []string) map[string]int {
	m := make(map[string]int, len(columns))
	for i, c := range columns {
		if c != "-" && c != "" {
			m[c] = i
		}
	}
	return m
}

// Read reads one line with its line end. Exactly one of the three is set: a leg
// with a key, a reason to skip, or a fault. The line counts in the memo.
func (r *Reader) Read(line []byte, now time.Time) (Leg, Skip, *Fault) {
	r.memo.Line++
	if len(line) > MaxLine {
		return Leg{}, "", fault(FaultLong, "")
	}
	text, f := r.memo.Charset.decode(line)
	if f != nil {
		return Leg{}, "", f
	}
	leg, skip, f := r.text(text, now)
	if f != nil {
		return Leg{}, "", f
	}
	leg.Line = r.memo.Line
	return leg, skip, nil
}

func (r *Reader) text(text string, now time.Time) (Leg, Skip, *Fault) {
	if blank(text) {
		return Leg{}, SkipBlank, nil
	}
	fields, f := splitFields(text, r.f.Comma, r.fields)
	if f != nil {
		return Leg{}, "", f
	}
	r.fields = fields
	if r.f.headed {
		if skip, f := r.heading(fields); skip != "" || f != nil {
			return Leg{}, skip, f
		}
	}
	names, f := r.columns(fields)
	if f != nil {
		return Leg{}, "", f
	}
	if r.memo.Line == 1 && r.isHeading(fields, names) {
		return Leg{}, SkipHeader, nil
	}
	rec := record{f: r.f, memo: r.memo, now: now, names: names, fields: fields}
	if r.f.Preset == CUCM && rec.get("cdrRecordType") != "1" {
		return Leg{}, SkipOther, nil
	}
	leg, f := r.f.read(&rec)
	if f != nil {
		return Leg{}, "", f
	}
	if f = plausible(leg, now); f != nil {
		return Leg{}, "", f
	}
	if leg.Ended.After(r.memo.LastEnd) {
		r.memo.LastEnd = leg.Ended
	}
	if leg.Direction == Internal {
		return Leg{}, SkipInternal, nil
	}
	return leg, "", nil
}

// heading takes the names of columns that the file gives itself.
func (r *Reader) heading(fields []string) (Skip, *Fault) {
	switch {
	case cucmHeader(fields):
		r.memo.Columns = slices.Clone(fields)
		r.byLen = map[int]map[string]int{len(fields): index(fields)}
		return SkipHeader, nil
	case len(r.memo.Columns) == 0:
		return "", fault(FaultHeader, "")
	case fields[0] == "INTEGER" || fields[0] == "INT":
		return SkipHeader, nil
	}
	return "", nil
}

// columns finds which order of columns the line has.
func (r *Reader) columns(fields []string) (map[string]int, *Fault) {
	names, ok := r.byLen[len(fields)]
	if !ok {
		return nil, faultText(FaultColumns, "", strconv.Itoa(len(fields)))
	}
	return names, nil
}

// isHeading reports whether the first line of a file names columns: where a
// time should be there is none, and not one digit.
func (r *Reader) isHeading(fields []string, names map[string]int) bool {
	for _, c := range []string{"start", "start_stamp", "time-start"} {
		if i, ok := names[c]; ok {
			return fields[i] != "" && digits(fields[i]) == ""
		}
	}
	return false
}

// skew is how far ahead the clock of an exchange may be.
const skew = 5 * time.Minute

func plausible(l Leg, now time.Time) *Fault {
	switch {
	case l.Ended.After(now.Add(skew)):
		return faultText(FaultFuture, "end", l.Ended.Format(time.RFC3339))
	case l.Ended.Sub(l.Started) > 48*time.Hour:
		return faultText(FaultOrder, "end", l.Ended.Format(time.RFC3339))
	}
	return nil
}

func blank(s string) bool {
	for i := range len(s) {
		if s[i] != ' ' && s[i] != '\t' && s[i] != '\r' && s[i] != 0x1a { // 0x1a: the end of file of old exports
			return false
		}
	}
	return true
}
