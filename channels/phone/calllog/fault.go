package calllog

import "fmt"

// A FaultKind says what is wrong with a line; pages have a sentence for each.
type FaultKind string

// The faults.
const (
	FaultLong     FaultKind = "long"     // longer than MaxLine
	FaultCharset  FaultKind = "charset"  // not text in the charset of the file
	FaultBinary   FaultKind = "binary"   // zero bytes, as a power failure leaves them
	FaultQuote    FaultKind = "quote"    // a quotation mark that is not closed
	FaultColumns  FaultKind = "columns"  // another number of columns than the preset has
	FaultHeader   FaultKind = "header"   // the line before the first record does not name the columns
	FaultTime     FaultKind = "time"     // not a time
	FaultGap      FaultKind = "gap"      // a wall time that the zone skips in spring
	FaultPast     FaultKind = "past"     // before 2000: an exchange without a clock
	FaultFuture   FaultKind = "future"   // later than the reader's now
	FaultOrder    FaultKind = "order"    // ends before it begins, or is answered outside
	FaultNegative FaultKind = "negative" // a negative length
	FaultNumber   FaultKind = "number"   // a length that is no number
	FaultResult   FaultKind = "result"   // an outcome that the preset does not know
	FaultKey      FaultKind = "key"      // no identifier, or one that is none
)

// A Fault is why a line was rejected. Text never holds what may be a person's
// name or number (I10): only times, lengths, outcomes and counts.
type Fault struct {
	Kind   FaultKind
	Column string // the column's name; "" for the whole line
	Text   string // the value, cut to 40 bytes
}

func fault(k FaultKind, column string) *Fault { return &Fault{Kind: k, Column: column} }

func faultText(k FaultKind, column, text string) *Fault {
	if len(text) > 40 {
		text = text[:40]
	}
	return &Fault{Kind: k, Column: column, Text: printable(text)}
}

// printable leaves what a page and a terminal can show.
func printable(s string) string {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		if r < ' ' || r == 0x7f || r == '\ufffd' {
			r = '·'
		}
		out = append(out, r)
	}
	return string(out)
}

// words are the reasons for operators, as the command line prints them.
var words = map[FaultKind]string{
	FaultLong: "longer than 64 KiB", FaultCharset: "not text in the charset of the file", FaultBinary: "holds zero bytes",
	FaultQuote: "a quotation mark is not closed", FaultColumns: "wrong number of columns", FaultHeader: "the first line does not name the columns",
	FaultTime: "not a time", FaultGap: "a time that the zone skips: is the zone right?", FaultPast: "a time before 2000: did the exchange's clock run?",
	FaultFuture: "a time in the future: is the zone right?", FaultOrder: "does not end after it begins", FaultNegative: "a negative length",
	FaultNumber: "not a length", FaultResult: "an unknown outcome", FaultKey: "no usable identifier",
}

// Error is the reason in one English line.
func (f *Fault) Error() string {
	switch {
	case f.Text != "" && f.Column != "":
		return fmt.Sprintf("%s: %s (%q)", f.Column, words[f.Kind], f.Text)
	case f.Column != "":
		return f.Column + ": " + words[f.Kind]
	case f.Text != "":
		return fmt.Sprintf("%s (%s)", words[f.Kind], f.Text)
	}
	return words[f.Kind]
}
