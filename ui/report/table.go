package report

import (
	"strconv"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/locale"
)

// A table is a set of figures as rows: the same one stands under a chart on the
// page, in the PDF, on a sheet of the XLSX and in the CSV.
type table struct {
	columns []string // the first one heads the names of the rows
	rows    [][]cell
	foot    []cell // nil: no sum
}

// A cellKind says how a value is written.
type cellKind uint8

const (
	cellNone    cellKind = iota // there is nothing to say: "–"
	cellText                    // words
	cellCount                   // a number
	cellShare                   // a share of 1
	cellRatio                   // a share that may exceed 1: "1,02"
	cellSpan                    // a duration
	cellInstant                 // a point in time
)

// A cell is one value in its own type: downloads keep it, people read its words.
type cell struct {
	kind  cellKind
	text  string
	count int64
	share float64
	span  time.Duration
	at    time.Time
	href  string // the tickets behind it
	whole bool   // never breaks across lines: a reference
}

func textCell(s string) cell        { return cell{kind: cellText, text: s} }
func countCell(n int64) cell        { return cell{kind: cellCount, count: n} }
func spanCell(d time.Duration) cell { return cell{kind: cellSpan, span: d} }

func ratioCell(v float64) cell { return cell{kind: cellRatio, share: v} }

func instantCell(t time.Time) cell {
	if t.IsZero() {
		return cell{}
	}
	return cell{kind: cellInstant, at: t}
}

// shareCell is part of whole; of nothing there is no share.
func shareCell(part, whole int64) cell {
	if whole == 0 {
		return cell{}
	}
	return cell{kind: cellShare, share: float64(part) / float64(whole)}
}

// to makes the cell lead somewhere; a number of none leads nowhere.
func (c cell) to(href string) cell {
	if c.kind != cellNone && (c.kind != cellCount || c.count != 0) {
		c.href = href
	}
	return c
}

// end reports whether the cell stands at the right edge of its column.
func (c cell) end() bool { return c.kind != cellText && c.kind != cellInstant }

// words writes the value for a person.
func (c cell) words(p *locale.Printer) string {
	switch c.kind {
	case cellText:
		return c.text
	case cellCount:
		return p.Number(c.count)
	case cellShare:
		return p.Percent(c.share, 1)
	case cellRatio:
		return lang.Decimal(p.Tag(), c.share, 2)
	case cellSpan:
		return p.Span(c.span)
	case cellInstant:
		if p.In(c.at).Year() == p.Now().Year() {
			return p.Due(c.at)
		}
		return p.DateTime(c.at)
	case cellNone:
	}
	return "–"
}

// plain writes the value for a program: shares with a point and four decimals,
// durations in seconds, instants by RFC 3339.
func (c cell) plain(p *locale.Printer) string {
	switch c.kind {
	case cellText:
		return c.text
	case cellCount:
		return strconv.FormatInt(c.count, 10)
	case cellShare, cellRatio:
		return strconv.FormatFloat(c.share, 'f', 4, 64)
	case cellSpan:
		return strconv.FormatInt(int64(c.span/time.Second), 10)
	case cellInstant:
		return p.In(c.at).Format(time.RFC3339)
	case cellNone:
	}
	return ""
}
