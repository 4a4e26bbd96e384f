package main

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// The words of the sample city: requests with what was answered, people,
// streets. Everything in them is invented.
//
//go:embed sample/*.txt
var sampleFiles embed.FS

// A deedKind is something that happens to a ticket of the sample city.
type deedKind string

// The deeds.
const (
	deedTake     deedKind = "take"     // By assigns the ticket to themselves
	deedAnswer   deedKind = "answer"   // an agent's answer
	deedQuestion deedKind = "question" // an agent's question, after which the ticket waits
	deedCitizen  deedKind = "citizen"  // the citizen writes again
	deedNote     deedKind = "note"     // internal
	deedMove     deedKind = "move"     // to the department To
	deedResolve  deedKind = "resolve"  // Text is the note
	deedClose    deedKind = "close"    // with Code; Text is the note
	deedVoid     deedKind = "void"     // the citizen's last message was only a thank-you
	deedSpam     deedKind = "spam"
)

// A sampleRequest is one contact as it stands in the files, with what happens next.
// Texts hold {name}, {street}, {quarter}, {n} and {m}, two house numbers.
type sampleRequest struct {
	Category string
	Channel  ticketing.Channel
	Language lang.Tag
	Woman    bool // the texts speak to a woman
	Photo    bool // the contact has photos
	Subject  string
	Text     string
	Script   []sampleLine
	Again    []sampleRequest // others about the same thing, soon after
}

// A sampleLine is one deed of a script.
type sampleLine struct {
	Kind  deedKind
	Text  string
	Code  ticketing.ClosingCode
	To    string // department
	Photo bool
}

// sampleLanguages maps the beginning of file names to languages.
var sampleLanguages = []struct {
	prefix string
	tag    lang.Tag
}{{"sr-latn", lang.SrLatn}, {"sr-cyrl", lang.SrCyrl}, {"sq", lang.Sq}, {"en", lang.En}}

// sampleRequests reads all requests, in the order of the files.
func sampleRequests() ([]sampleRequest, error) {
	var out []sampleRequest
	for _, l := range sampleLanguages {
		names, err := fs.Glob(sampleFiles, "sample/"+l.prefix+"*.txt")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			src, err := sampleFiles.ReadFile(name)
			if err != nil {
				return nil, err
			}
			list, err := parseRequests(name, string(src), l.tag)
			if err != nil {
				return nil, err
			}
			out = append(out, list...)
		}
	}
	return out, nil
}

// parseRequests reads a file: "== category channel [photo] [f]", the subject,
// an empty line and the text, then deeds that begin with @ on a line of their
// own, with their text on the lines below.
func parseRequests(name, src string, tag lang.Tag) ([]sampleRequest, error) {
	var out []sampleRequest
	for block := range strings.SplitSeq("\n"+strings.TrimSpace(src), "\n== ") {
		if strings.TrimSpace(block) == "" {
			continue
		}
		r, err := parseRequest(block, tag)
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", name, strings.SplitN(block, "\n", 2)[0], err)
		}
		out = append(out, r)
	}
	return out, nil
}

func parseRequest(block string, tag lang.Tag) (sampleRequest, error) {
	pieces := strings.Split(block, "\n@")
	head, rest, _ := strings.Cut(pieces[0], "\n")
	r, err := parseContact(strings.Fields(head), rest, tag)
	if err != nil {
		return sampleRequest{}, err
	}
	for _, p := range pieces[1:] {
		verb, text, _ := strings.Cut(p, "\n")
		word, arg, _ := strings.Cut(strings.TrimSpace(verb), " ")
		if word == "again" {
			again, err := parseContact(append([]string{r.Category}, strings.Fields(arg)...), text, tag)
			if err != nil {
				return sampleRequest{}, err
			}
			r.Again = append(r.Again, again)
			continue
		}
		l, err := parseDeed(deedKind(word), arg, strings.TrimSpace(text))
		if err != nil {
			return sampleRequest{}, err
		}
		r.Woman = r.Woman || womanly(l.Text)
		r.Script = append(r.Script, l)
	}
	return r, nil
}

func parseContact(head []string, rest string, tag lang.Tag) (sampleRequest, error) {
	if len(head) < 2 {
		return sampleRequest{}, fmt.Errorf("category and channel expected")
	}
	r := sampleRequest{Category: head[0], Channel: ticketing.Channel(head[1]), Language: tag}
	if !r.Channel.Known() {
		return sampleRequest{}, fmt.Errorf("unknown channel %q", head[1])
	}
	r.Photo, r.Woman = slices.Contains(head[2:], "photo"), slices.Contains(head[2:], "f")
	subject, text, _ := strings.Cut(rest, "\n")
	r.Subject, r.Text = strings.TrimSpace(subject), strings.TrimSpace(text)
	if r.Subject == "" || r.Text == "" {
		return sampleRequest{}, fmt.Errorf("subject and text expected")
	}
	return r, nil
}

func parseDeed(kind deedKind, arg, text string) (sampleLine, error) {
	l := sampleLine{Kind: kind, Text: text}
	switch kind {
	case deedAnswer, deedQuestion, deedCitizen:
		l.Photo = arg == "photo"
		if text == "" {
			return sampleLine{}, fmt.Errorf("@%s without words", kind)
		}
	case deedNote, deedResolve:
		l.Text = strings.TrimSpace(arg + "\n" + text)
	case deedMove:
		l.To = arg
	case deedClose:
		code, note, _ := strings.Cut(arg, " ")
		l.Code, l.Text = ticketing.ClosingCode(code), strings.TrimSpace(note)
		if !slices.Contains(ticketing.ClosingCodes(), l.Code) {
			return sampleLine{}, fmt.Errorf("unknown closing code %q", code)
		}
	case deedSpam, deedVoid:
	default:
		return sampleLine{}, fmt.Errorf("unknown deed @%s", kind)
	}
	return l, nil
}

// womanly reports whether an answer is addressed to a woman.
func womanly(answer string) bool {
	for _, w := range []string{"Poštovana", "Поштована", "E nderuar"} {
		if strings.HasPrefix(answer, w) {
			return true
		}
	}
	return false
}

// A samplePerson is an invented citizen.
type samplePerson struct {
	Name     string // in Latin script
	Language string // sr, sq or en
	Woman    bool
}

// samplePeople reads the invented citizens.
func samplePeople() ([]samplePerson, error) {
	lines, err := sampleLines("sample/people.txt")
	if err != nil {
		return nil, err
	}
	var out []samplePerson
	for _, l := range lines {
		f := strings.SplitN(l, " ", 3)
		if len(f) != 3 || !slices.Contains([]string{"m", "f"}, f[1]) || !slices.Contains([]string{"sr", "sq", "en"}, f[0]) {
			return nil, fmt.Errorf("sample/people.txt: %q: language, m or f, and name expected", l)
		}
		out = append(out, samplePerson{Language: f[0], Woman: f[1] == "f", Name: f[2]})
	}
	return out, nil
}

// samplePlaces reads streets (in the genitive) and quarters.
func samplePlaces() (streets, quarters []string, err error) {
	lines, err := sampleLines("sample/places.txt")
	if err != nil {
		return nil, nil, err
	}
	at := slices.Index(lines, "quarters")
	if at < 2 || lines[0] != "streets" || at == len(lines)-1 {
		return nil, nil, fmt.Errorf("sample/places.txt: streets and quarters expected")
	}
	return lines[1:at], lines[at+1:], nil
}

// sampleLines gives the lines of a file but empty ones and remarks.
func sampleLines(name string) ([]string, error) {
	src, err := sampleFiles.ReadFile(name)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(src), "\n")
	return slices.DeleteFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "" || strings.HasPrefix(l, "#") }), nil
}
