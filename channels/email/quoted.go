package email

import (
	"strings"
	"unicode"
)

// Bounds on the search for quoted history: beyond them nothing is folded.
const (
	maxFoldLines = 4000
	maxFoldLine  = 400 // bytes of a line that are looked at
)

// foldAt gives the byte offset in text where the quoted history of an answer
// begins, len(text) when there is none. The history is the sender's text like
// all the rest (A17): it is kept, only folded away when shown. An answer is
// never folded as a whole, and one that is written below or between the quoted
// lines is not folded at all.
func foldAt(text string) int {
	lines := cutLines(text)
	for i := range lines {
		if !historyBegins(lines, i) {
			continue
		}
		if at := lines[i].at; strings.TrimSpace(text[:at]) != "" {
			return at
		}
		return len(text)
	}
	return len(text)
}

// A textLine is one line of a text, trimmed and bounded, and where it begins.
type textLine struct {
	at   int
	text string
}

func cutLines(text string) []textLine {
	lines := make([]textLine, 0, 64)
	for at := 0; at < len(text) && len(lines) < maxFoldLines; {
		line, _, _ := strings.Cut(text[at:], "\n")
		lines = append(lines, textLine{at, strings.TrimSpace(cutUTF8(line, maxFoldLine))})
		at += len(line) + 1
	}
	return lines
}

// historyBegins reports whether quoted history begins at line i and goes to
// the end.
func historyBegins(lines []textLine, i int) bool {
	t := lines[i].text
	if t == "" {
		return false
	}
	switch {
	case t[0] == '>':
		return quotedToEnd(lines, i)
	case isSeparator(t):
		return true
	case isRule(t):
		return i+1 < len(lines) && headerBlock(lines, skipBlank(lines, i+1))
	case headerBlock(lines, i):
		return true
	}
	end, strength := introEnd(lines, i)
	if strength == noIntro {
		return false
	}
	// What follows an introduction is quoted; if it is marked as quoted, then
	// only where nothing of the author's own comes after it.
	next := skipBlank(lines, end+1)
	if next < len(lines) && strings.HasPrefix(lines[next].text, ">") {
		return quotedToEnd(lines, next)
	}
	return strength == sureIntro
}

// introStrength is how sure it is that a line introduces a quotation.
type introStrength uint8

const (
	noIntro   introStrength = iota
	weakIntro               // only when marked lines follow
	sureIntro               // also when what follows is not marked
)

func skipBlank(lines []textLine, i int) int {
	for i < len(lines) && lines[i].text == "" {
		i++
	}
	return i
}

// quotedToEnd reports whether every line from i on is quoted or empty.
func quotedToEnd(lines []textLine, i int) bool {
	if len(lines) == maxFoldLines {
		return false
	}
	wrapped := 0
	for ; i < len(lines); i++ {
		t := lines[i].text
		switch {
		case t == "", t[0] == '>':
			wrapped = 0
		case isSignatureMark(lines[i].text):
			return true
		case len(t) < 30 && wrapped == 0 && i > 0 && strings.HasPrefix(lines[i-1].text, ">") && len(lines[i-1].text) > 60:
			wrapped++ // the tail of a quoted line that some server wrapped
		default:
			return false
		}
	}
	return true
}

func isSignatureMark(t string) bool { return t == "--" || t == "—" }

// isRule reports whether a line is a rule of underscores, as Outlook draws it
// above the header of the mail answered.
func isRule(t string) bool {
	return len(t) >= 10 && strings.Trim(t, "_") == ""
}

// isSeparator reports whether a line says that the original message follows. A
// forwarded message is not history: it is what the citizen wants to show.
func isSeparator(t string) bool {
	if len(t) > 120 || !strings.HasPrefix(t, "-") || !strings.HasSuffix(t, "-") {
		return false
	}
	inner := strings.ToLower(strings.Trim(t, "- "))
	for _, s := range originalMessage {
		if inner == s {
			return true
		}
	}
	return false
}

// headerBlock reports whether line i begins the header of a quoted mail: a
// word for From, and two other fields within five lines.
func headerBlock(lines []textLine, i int) bool {
	if i >= len(lines) || !fieldWord(lines[i].text, fromWords) {
		return false
	}
	others := 0
	for k := i + 1; k < len(lines) && k <= i+6; k++ {
		if fieldWord(lines[k].text, fieldWords) {
			others++
		}
	}
	return others >= 2
}

// fieldWord reports whether a line is "Word: …" for one of the words, also in
// the bold of HTML turned to text ("*Word:* …").
func fieldWord(t string, words map[string]bool) bool {
	t = strings.TrimLeft(t, "*> ")
	word, _, ok := strings.Cut(clip(t, 40), ":")
	return ok && words[strings.ToLower(strings.Trim(word, "* "))]
}

// introEnd looks whether an introduction begins at line i ("On 2 February 2026
// Ana wrote:", folded over up to three lines) and gives its last line.
func introEnd(lines []textLine, i int) (int, introStrength) {
	joined := ""
	for k := i; k < len(lines) && k < i+3; k++ {
		t := lines[k].text
		if t == "" || t[0] == '>' || len(joined) > 300 {
			break
		}
		joined = strings.TrimSpace(joined + " " + t)
		if joined[len(joined)-1] == ':' {
			return k, intro(joined)
		}
		if k == i && !mayBeginIntro(t) {
			break
		}
	}
	return 0, noIntro
}

// mayBeginIntro is a cheap test that spares joining lines that cannot matter.
func mayBeginIntro(t string) bool {
	return len(t) < 250 && (strings.ContainsAny(t, "0123456789@<") || firstWordIn(t, introOpeners))
}

// intro judges a line that ends with a colon: a word for writing near its end,
// with a date, an address or an opening word.
func intro(t string) introStrength {
	low := strings.ToLower(strings.TrimRight(t, ": \u00a0"))
	if strings.IndexFunc(low, unicode.IsDigit) < 0 && !strings.Contains(low, "@") {
		return noIntro
	}
	address := strings.Contains(low, "@")
	if !writes(low) {
		if address && strings.HasSuffix(low, ">") && manyDigits(low) {
			return weakIntro // date, name and address, as Gmail writes in Russian
		}
		return noIntro
	}
	switch {
	case address, firstWordIn(t, introOpeners) && timeOfDay(low):
		return sureIntro
	case firstWordIn(t, introOpeners), manyDigits(low):
		return weakIntro
	}
	return noIntro
}

// writes reports whether a lower-case line has a word for writing where an
// introduction has it.
func writes(low string) bool {
	for _, v := range introVerbs {
		if strings.HasSuffix(low, v) {
			return true
		}
	}
	for _, v := range introInner {
		if strings.Contains(low, v) {
			return true
		}
	}
	return false
}

// timeOfDay reports whether something like 10:05 or 9.30 stands in the line.
func timeOfDay(low string) bool {
	for i := 1; i+2 < len(low); i++ {
		if (low[i] == ':' || low[i] == '.') && isDigit(low[i-1]) && isDigit(low[i+1]) && isDigit(low[i+2]) {
			return true
		}
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func manyDigits(s string) bool {
	n := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n >= 5
}

func firstWordIn(t string, words map[string]bool) bool {
	w, _, _ := strings.Cut(strings.ToLower(clip(t, 40)), " ")
	return words[strings.Trim(w, ",.")]
}
