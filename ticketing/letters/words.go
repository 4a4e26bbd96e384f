package letters

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

// words are the lists and phrases that dates, spans and sentences are made of.
type words struct {
	tag     lang.Tag
	lists   map[string][]string
	phrases map[string]line
}

// wordLists are the lists of words.txt with their lengths.
var wordLists = map[string]int{
	"weekdays": 7, "weekdays_on": 7, "weekdays_from": 7, "weekdays_between": 7,
	"months": 12, "months_of": 12, "months_short": 12,
}

var (
	dateFields  = fieldsOf("d", "dd", "mm", "m", "year", "month", "month_of", "month_short")
	whenFields  = with(dateFields, fieldsOf("date", "time", "weekday", "weekday_on", "weekday_from", "weekday_between", "weekday_before"))
	spanFields  = with(fieldsOf("span"), map[string]field{"n": asNumber})
	startFields = with(spanFields, fieldsOf("arrived", "at", "part", "from"))
	basisFields = fieldsOf("rule", "version", "calendar", "calendar_version")
	noFields    = map[string]field{}
)

// wordPhrases are the phrases of words.txt with what each may mention.
var wordPhrases = map[string]map[string]field{
	"date": dateFields, "date_year": dateFields, "due_short": whenFields, "at_short": whenFields, "due_long": whenFields,
	"at_long": whenFields, "until_long": whenFields, "midnight": whenFields, "from": whenFields, "from_next": whenFields,
	"part_night": whenFields, "part_morning": whenFields, "part_forenoon": whenFields,
	"part_afternoon": whenFields, "part_evening": whenFields, "part_late": whenFields,
	"hours": {"n": asNumber}, "days": {"n": asNumber}, "work_days": {"n": asNumber}, "within": {"n": asNumber},
	"whole_days": {"n": asNumber}, "days_hours": {"n": asNumber, "rest": always}, "for_resolve": fieldsOf("span"), "for_validation": fieldsOf("span"), "moment": noFields,
	"arrived": noFields, "arrived_you": noFields, "message": noFields, "message_you": noFields, "validated": noFields, "validated_you": noFields, "custody": noFields,
	"start_plain": startFields, "start_elapsed": startFields, "start_oncall": startFields, "start_cutoff": startFields,
	"start_holiday": startFields, "start_closed_days": startFields, "start_closed_hours": startFields,
	"counts_hours": noFields, "counts_window": fieldsOf("open", "close"),
	"skips": {"list": always, "n": asNumber}, "weekend": noFields, "weekends": noFields, "holiday": fieldsOf("name", "dates"), "and": noFields,
	"paused": fieldsOf("paused", "for"), "paused_now": fieldsOf("paused", "for"),
	"for_citizen": noFields, "for_citizen_you": noFields, "for_body": noFields, "for_weather": noFields, "for_material": noFields, "for_other": noFields,
	"basis_policy": basisFields, "basis_profile": basisFields,
	"due": fieldsOf("due"), "due_if": fieldsOf("due"), "due_open": noFields,
}

func fieldsOf(names ...string) map[string]field {
	out := map[string]field{}
	for _, n := range names {
		out[n] = always
	}
	return out
}

// words reads lines "name: text" into w, over what is there.
func (r *reader) words(w *words, name, src string) {
	if w.lists == nil {
		w.lists, w.phrases = map[string][]string{}, map[string]line{}
	}
	p := &parser{file: name, forms: formsOf(w.tag)}
	for i, s := range p.readable(src) {
		if strings.HasPrefix(s, "#") || strings.TrimSpace(s) == "" {
			continue
		}
		key, rest, _ := strings.Cut(s, ":")
		rest = strings.TrimSpace(rest)
		if n, isList := wordLists[key]; isList {
			list := strings.Split(rest, ",")
			for j := range list {
				list[j] = strings.TrimSpace(list[j])
			}
			if len(list) != n || slices.Contains(list, "") {
				p.fail(i+1, "", "words", fmt.Sprintf("%s: %d words, separated by commas, expected", key, n))
				continue
			}
			w.lists[key] = list
			continue
		}
		fields, known := wordPhrases[key]
		switch {
		case !known:
			p.fail(i+1, "", "words", fmt.Sprintf("%q is no name of a phrase", clip(key)))
		case rest == "":
			p.fail(i+1, "", "words", key+": the text is empty")
		default:
			p.fields = fields
			w.phrases[key] = p.line(i+1, rest)
		}
	}
	r.errs = append(r.errs, p.errs...)
}

// complete reports lists and phrases that a language lacks.
func (r *reader) complete(w *words, name string) {
	for _, key := range slices.Sorted(maps.Keys(wordLists)) {
		if w.lists[key] == nil {
			r.note(&TextError{File: name, Reason: key + " is missing"})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(wordPhrases)) {
		if _, ok := w.phrases[key]; !ok {
			r.note(&TextError{File: name, Reason: key + " is missing"})
		}
	}
}

// mapped is the words in another script.
func (w *words) mapped(tag lang.Tag, f func(string) string) *words {
	out := &words{tag: tag, lists: map[string][]string{}, phrases: map[string]line{}}
	for key, list := range w.lists {
		list = slices.Clone(list)
		for i := range list {
			list[i] = f(list[i])
		}
		out.lists[key] = list
	}
	for key, l := range w.phrases {
		l.parts = mappedParts(l.parts, f)
		out.phrases[key] = l
	}
	return out
}

// say writes a phrase.
func (w *words) say(key string, v lookup) string {
	l := w.phrases[key]
	return l.write(w.tag, v)
}

// A moment gives the values for phrases about the day and minute that t shows
// in its own location.
type moment struct {
	*words
	t    time.Time
	date string
}

func (m moment) get(name string) value {
	word := func(list string, i int) value { return text(m.lists[list][i]) }
	day, month := int(m.t.Weekday()), int(m.t.Month())-1
	switch name {
	case "d":
		return number(int64(m.t.Day()))
	case "dd":
		return text(m.t.Format("02"))
	case "m":
		return number(int64(month + 1))
	case "mm":
		return text(m.t.Format("01"))
	case "year":
		return number(int64(m.t.Year()))
	case "month":
		return word("months", month)
	case "month_of":
		return word("months_of", month)
	case "month_short":
		return word("months_short", month)
	case "weekday":
		return word("weekdays", day)
	case "weekday_on":
		return word("weekdays_on", day)
	case "weekday_from":
		return word("weekdays_from", day)
	case "weekday_between":
		return word("weekdays_between", day)
	case "weekday_before":
		return word("weekdays_between", (day+6)%7)
	case "date":
		return text(m.date)
	case "time":
		return text(m.t.Format("15:04"))
	}
	return value{}
}

// when writes the instant by the phrase; {date} is without the year.
func (w *words) when(key string, t time.Time) string { return w.whenSince(key, t, t) }

// whenSince is when with the year in {date} unless it is the year of since.
func (w *words) whenSince(key string, t, since time.Time) string {
	m := moment{words: w, t: t}
	short := "date"
	if t.Year() != since.In(t.Location()).Year() {
		short = "date_year"
	}
	m.date = w.say(short, m)
	return w.say(key, m)
}

// deadline is when for the end of a promise. Midnight belongs to two days in
// people's minds, so it is said between which.
func (w *words) deadline(key string, t, since time.Time) string {
	s := w.whenSince(key, t, since)
	if t.Hour() == 0 && t.Minute() == 0 {
		s += " " + w.when("midnight", t)
	}
	return s
}

// part writes the part of the day: "u petak popodne".
func (w *words) part(t time.Time) string {
	key := "part_late"
	switch h := t.Hour(); {
	case h < 5:
		key = "part_night"
	case h < 9:
		key = "part_morning"
	case h < 12:
		key = "part_forenoon"
	case h < 18:
		key = "part_afternoon"
	case h < 22:
		key = "part_evening"
	}
	return w.when(key, t)
}

// span writes a duration in minutes: "3 h 30 min", from four days on "4 dana i 3 h".
func (w *words) span(d time.Duration) string {
	minutes := int64(d / time.Minute)
	h, m := minutes/60, minutes%60
	switch {
	case minutes < 1:
		return w.say("moment", values{})
	case h >= 96 && h%24 == 0:
		return w.say("whole_days", values{"n": number(h / 24)})
	case h >= 96:
		return w.say("days_hours", values{"n": number(h / 24), "rest": number(h % 24)})
	case h == 0:
		return fmt.Sprintf("%d min", m)
	case m == 0:
		return fmt.Sprintf("%d h", h)
	}
	return fmt.Sprintf("%d h %d min", h, m)
}

// list joins names: "a", "a i b", "a, b i c".
func (w *words) list(names []string) string {
	n := len(names)
	if n < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:n-1], ", ") + " " + w.say("and", values{}) + " " + names[n-1]
}
