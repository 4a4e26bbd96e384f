package lang

import (
	"sort"
	"strconv"
	"strings"
)

// A Tag is one of the languages of the bureau, a BCP 47 tag. Stored and sent as
// it is; "" means that the language is not known.
type Tag string

// The languages. SrLatn is the source of all texts.
const (
	SrLatn Tag = "sr-Latn-ME" // Montenegrin, Latin script
	SrCyrl Tag = "sr-Cyrl-ME" // Montenegrin, Cyrillic script
	Sq     Tag = "sq"         // Albanian
	En     Tag = "en"         // English
)

// Tags returns the languages in the order in which a choice shows them.
func Tags() []Tag { return []Tag{SrLatn, SrCyrl, Sq, En} }

// Valid reports whether the tag is one of Tags.
func (t Tag) Valid() bool { return t == SrLatn || t == SrCyrl || t == Sq || t == En }

// Name returns the language's name in itself, "" for a tag that is not valid.
func (t Tag) Name() string {
	switch t {
	case SrLatn:
		return "Crnogorski (latinica)"
	case SrCyrl:
		return "Црногорски (ћирилица)"
	case Sq:
		return "Shqip"
	case En:
		return "English"
	default:
		return ""
	}
}

// Or returns the tag if it is valid, else the other.
func (t Tag) Or(other Tag) Tag {
	if t.Valid() {
		return t
	}
	return other
}

// latinNames and cyrillicNames are primary language subtags whose readers are
// served in that script unless the tag names a script itself. They include
// what people write by hand: me, al.
var (
	latinNames    = []string{"cnr", "me", "mne", "bs", "bos", "hr", "hrv", "sh", "hbs", "sl", "slv"}
	cyrillicNames = []string{"sr", "srp", "mk", "mkd"}
	albanianNames = []string{"sq", "sqi", "alb", "al"}
	englishNames  = []string{"en", "eng"}
)

// maxTag bounds a tag: longer ones are not looked at.
const maxTag = 64

// Parse returns the language that serves a tag of the world: cnr, bs, hr, sh,
// sr-ME and sr-Latn are read in Latin script, sr, sr-RS, sr-Cyrl and mk in
// Cyrillic; an explicit script wins. Case, "_" for "-" and further subtags do
// not matter. It reports false for anything else.
func Parse(s string) (Tag, bool) {
	if len(s) > maxTag {
		return "", false
	}
	s = strings.ToLower(strings.ReplaceAll(strings.TrimSpace(s), "_", "-"))
	s, _, _ = strings.Cut(s, ".") // sr_ME.UTF-8
	s, _, _ = strings.Cut(s, "@")
	primary, rest, _ := strings.Cut(s, "-")
	in := func(names []string) bool {
		for _, n := range names {
			if n == primary {
				return true
			}
		}
		return false
	}
	switch {
	case in(englishNames):
		return En, true
	case in(albanianNames):
		return Sq, true
	case in(latinNames), in(cyrillicNames):
		return slavic(in(cyrillicNames), rest), true
	default:
		return "", false
	}
}

// slavic chooses the script of a South Slavic tag by its further subtags.
func slavic(cyrillic bool, rest string) Tag {
	for _, sub := range strings.Split(rest, "-") {
		switch sub {
		case "latn":
			return SrLatn
		case "cyrl":
			return SrCyrl
		case "me", "hr":
			cyrillic = false
		}
	}
	if cyrillic {
		return SrCyrl
	}
	return SrLatn
}

// Bounds of an Accept-Language header; the rest is not looked at.
const (
	maxHeader = 1024
	maxRanges = 32
)

// Match returns the language that an Accept-Language header (RFC 9110 §12.5.4)
// wants most and the bureau has; of equal weights the first. It reports false
// when the header names none of them.
func Match(header string) (Tag, bool) {
	if len(header) > maxHeader {
		header = header[:maxHeader]
	}
	type wish struct {
		tag    Tag
		weight float64
	}
	var wishes []wish
	for i, part := range strings.Split(header, ",") {
		if i == maxRanges {
			break
		}
		name, params, _ := strings.Cut(part, ";")
		tag, ok := Parse(name)
		if !ok {
			continue
		}
		if w := weight(params); w > 0 {
			wishes = append(wishes, wish{tag, w})
		}
	}
	if len(wishes) == 0 {
		return "", false
	}
	sort.SliceStable(wishes, func(i, j int) bool { return wishes[i].weight > wishes[j].weight })
	return wishes[0].tag, true
}

// weight reads "q=0.8"; without it, or when it is no number, the weight is 1.
func weight(params string) float64 {
	for _, p := range strings.Split(params, ";") {
		q, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(p)), "q=")
		if !ok {
			continue
		}
		if w, err := strconv.ParseFloat(strings.TrimSpace(q), 64); err == nil && w >= 0 && w <= 1 {
			return w
		}
	}
	return 1
}
