package letters

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
	"github.com/sistem48/system48/ticketing/lang"
)

// signatureName is the text that {signature} stands for in every letter.
const signatureName = "signature"

// Names lists the texts a city may change, in a fixed order: those to citizens
// first, then those to staff, last the signature.
func Names() []string {
	out := []string{
		string(ticketing.PurposeReceipt), string(ticketing.PurposeReceipts), string(ticketing.PurposeAnswer),
		string(ticketing.PurposeClosing), string(ticketing.PurposeOversize),
	}
	for _, p := range purposes() {
		if !slices.Contains(out, string(p)) {
			out = append(out, string(p))
		}
	}
	return append(out, signatureName)
}

// Shipped gives the text that the program brings, as a city would edit it;
// Cyrillic is computed. NotFound when there is no such text.
func Shipped(tag lang.Tag, name string) (string, error) {
	if !known(ticketing.LetterText{Language: tag, Name: name}) {
		return "", ticketing.NotFound
	}
	from := tag
	if tag == lang.SrCyrl {
		from = lang.SrLatn
	}
	src, err := fs.ReadFile(shippedText, "text/"+fileOf(from, name))
	if tag == lang.SrCyrl {
		return cyrillicSource(string(src)), err
	}
	return string(src), err
}

// cyrillicSource writes a text in Cyrillic script and keeps its placeholders.
func cyrillicSource(src string) string {
	lines := strings.Split(src, "\n")
	for i, l := range lines {
		head, rest := "", l
		if after, ok := strings.CutPrefix(l, "Subject:"); ok {
			head, rest = "Subject:", after
		}
		lines[i] = head + cyrillicLine(rest)
	}
	return strings.Join(lines, "\n")
}

func cyrillicLine(s string) string {
	var b strings.Builder
	for s != "" {
		open := strings.IndexByte(s, '{')
		end := strings.IndexByte(s, '}')
		if open < 0 || end < open {
			break
		}
		b.WriteString(lang.ToCyrillic(s[:open]))
		name, words, agrees := strings.Cut(s[open:end+1], "|")
		b.WriteString(name)
		if agrees {
			b.WriteString("|" + lang.ToCyrillic(words))
		}
		s = s[end+1:]
	}
	b.WriteString(lang.ToCyrillic(s))
	return b.String()
}

// A Placeholder is what a text may mention.
type Placeholder struct {
	Name   string // as written: "{due_at}", "{?validation}"
	Always bool   // stands in every such letter; others need {?name} before them
	Must   bool   // the letter is refused without it
	Sample string // what the preview puts in its place; "" for questions
}

// Placeholders lists what the text may mention; values are those of the preview.
func (s *Shelf) Placeholders(tag lang.Tag, name string) []Placeholder {
	f := signatureForm
	if name != signatureName {
		f = forms[ticketing.Purpose(name)]
		f.fields = with(citySigns, f.fields)
	}
	return s.placeholders(tag, f, sample(tag, name, s.options.Zone))
}

func (s *Shelf) placeholders(tag lang.Tag, f form, d ticketing.LetterData) []Placeholder {
	b := s.book.Load()
	t, tag := b.in(tag)
	c := composer{book: b, texts: t, tag: tag}
	v := c.values(d)
	v["citizen"], v["category"], v["place"] = short(d.Citizen), short(d.Category), short(d.Place)
	v[signatureName] = text(t.signature.render(tag, v, nil))
	if items := c.items(v, d.Refs); len(items) > 0 {
		maps.Copy(v, items[0])
	}
	var out []Placeholder
	for _, n := range slices.Sorted(maps.Keys(f.fields)) {
		p := Placeholder{Name: "{" + n + "}", Always: f.fields[n].always, Must: slices.Contains(f.must, n), Sample: v[n].text}
		if f.fields[n].kind == fieldFlag {
			p.Name, p.Sample = "{?"+n+"}", ""
		}
		out = append(out, p)
	}
	return out
}

// Preview writes the letter with the text and believable data; with an empty
// body it is the shipped one. Errors are those of Check.
func (s *Shelf) Preview(t ticketing.LetterText) (ticketing.Letter, error) {
	b, err := s.book.Load().trial(t)
	if err != nil {
		return ticketing.Letter{}, err
	}
	if t.Name == signatureName {
		texts, tag := b.in(t.Language)
		c := composer{book: b, texts: texts, tag: tag}
		return ticketing.Letter{Text: texts.signature.render(tag, c.values(ticketing.LetterData{}), nil)}, nil
	}
	return b.Compose(ticketing.Purpose(t.Name), t.Language, sample(t.Language, t.Name, b.options.Zone))
}

// sampleBody is an agent's answer in each language.
var sampleBody = map[lang.Tag]string{
	lang.SrLatn: "Poštovani,\n\nrupu na kolovozu smo danas zakrpili. Hvala što ste nam javili.",
	lang.SrCyrl: "Поштовани,\n\nрупу на коловозу смо данас закрпили. Хвала што сте нам јавили.",
	lang.En:     "Dear Sir or Madam,\n\nthe pothole was filled today. Thank you for telling us.",
	lang.Sq:     "I nderuar,\n\ngropa në rrugë u mbush sot. Ju falënderojmë për njoftimin.",
}

// sample is what previews are written with: one ticket, received on a Friday
// afternoon.
func sample(tag lang.Tag, name string, zone *time.Location) ticketing.LetterData {
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, time.November, day, hour, minute, 0, 0, zone)
	}
	const ref, page = ticketing.Reference("S48-26-004812-6"), "https://48.example.org/p/S48-26-004812-6"
	received, due := at(20, 15, 40), at(22, 15, 40)
	d := ticketing.LetterData{
		Ref: ref, Subject: "Udarna rupa na kolovozu", TrackingURL: page, TrackingCode: "7Q2M-9XK4-T1ZC", ReceivedAt: received, Due: due,
		Target: 48 * time.Hour, ReopenURL: page + "/ponovo", ActionURL: "https://48.example.org/agent/t/" + string(ref),
		AgentName: "Ana Popović", Department: "Putevi", Code: ticketing.CodeResolved,
		Limit: "35 MB", ExpiresAt: at(21, 10, 14), Hash: strings.Repeat("9f86d081", 8),
		Body: sampleBody[tag],
		Refs: []ticketing.LetterRef{{Ref: ref, TrackingURL: page, Due: due}, {Ref: "S48-26-004813-4", TrackingURL: "https://48.example.org/p/S48-26-004813-4", Due: due}},
		Why: &ticketing.Explanation{
			Kind: ticketing.ClockAnswer, Profile: "24x7", Calendar: "24x7", Start: ticketing.FromReceipt, StartedAt: received, CountFrom: received,
			Target: 48 * time.Hour, Due: due, Left: 48 * time.Hour,
			Intervals: []calendar.Interval{{From: received, To: due, Counted: true, Why: calendar.WhyOpen}},
		},
	}
	if name == string(ticketing.PurposeWarning) {
		d.Why.Counted, d.Why.Left = 42*time.Hour, 6*time.Hour
	}
	return d
}
