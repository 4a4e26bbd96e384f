package calendar

import (
	_ "embed" // the table of holidays
	"fmt"
	"slices"
	"strings"
	"sync"
)

// montenegroTable holds the holidays of Montenegro as data, one line a date:
// date, group, key, note. Sources:
//
// State holidays: Law on State and Other Holidays (Zakon o državnim i drugim
// praznicima, Sl. list RCG 27/07, Sl. list CG 36/13, 145/21, 3/23, 30/23).
// Art. 1: 21 May, 13 July, 13 November; 1 January, 1 May. Art. 2: each is kept
// two days, on the day and the next. Art. 3: the days are not worked; if the
// holiday is a Sunday, the two following days are not worked; if its second
// day is a Sunday, the next day is not. A Saturday moves nothing. Art. 3b,
// under which Njegoš Day was one day only, went with 30/23: the ministry has
// announced 13 and 14 November since 2023. 20 September is a holiday that is
// worked (Art. 3a) and not listed. Lines with the note "moved" are days of
// Art. 3. The text of 30/23 itself was not at hand; its effect was taken from
// the announcements of the ministry of labour for 2023 and 2024.
//
// Religious holidays: Law on Celebrating Religious Holidays (Zakon o
// svetkovanju vjerskih praznika, Sl. list RCG 56/93, 27/94, 73/10), Art. 3: paid leave for
// believers, not days on which a bureau is closed; so no calendar has them
// unless a town says so. The Sundays of Easter are listed for completeness.
// Muslim dates are calculated ahead (Umm al-Qura; through 2032 they equal the
// calendar of the Turkish Diyanet) and may differ by a day from what the
// Islamic Community of Montenegro announces: the note is "calculated".
// The Jewish days of the same article and the family saint's day (krsna slava)
// are personal leave and not listed.
//
//go:embed montenegro.csv
var montenegroTable string

// A Group names a set of shipped holidays.
type Group string

// The groups of holidays of Montenegro. Only State is on unless a town says
// otherwise.
const (
	State    Group = "state"
	Orthodox Group = "orthodox"
	Catholic Group = "catholic"
	Muslim   Group = "muslim"
)

// FirstYear and LastYear bound the years for which holidays are shipped.
const (
	FirstYear = 2025
	LastYear  = 2035
)

// Montenegro returns the holidays of Montenegro of the years first through
// last, ordered by date, each date once; State ones if no group is given. A
// date that several groups keep bears their names joined by ", " and the key
// of the first. Names are in Montenegrin, Latin script. The error is an
// [*Error]: a year for which nothing is shipped, or an unknown group.
func Montenegro(first, last int, groups ...Group) ([]Holiday, error) {
	if first < FirstYear || last > LastYear || last < first {
		return nil, &Error{Field: "holidays", Reason: fmt.Sprintf("years %d–%d: holidays of Montenegro are known for %d–%d", first, last, FirstYear, LastYear)}
	}
	if len(groups) == 0 {
		groups = []Group{State}
	}
	for _, g := range groups {
		if !slices.Contains([]Group{State, Orthodox, Catholic, Muslim}, g) {
			return nil, &Error{Field: "holidays", Reason: fmt.Sprintf("%q is not a group of holidays: state, orthodox, catholic, muslim", clip(string(g)))}
		}
	}
	rows, err := montenegroRows()
	if err != nil {
		return nil, err
	}
	var out []Holiday
	for _, r := range rows {
		if r.date.Year < first || r.date.Year > last || !slices.Contains(groups, r.group) {
			continue
		}
		name := holidayNames[r.key].sr
		if n := len(out); n > 0 && out[n-1].Date == r.date {
			if !strings.Contains(out[n-1].Name, name) {
				out[n-1].Name += ", " + name
			}
			continue
		}
		out = append(out, Holiday{Date: r.date, Name: name, Key: r.key})
	}
	return out, nil
}

// HolidayName returns the name of a shipped holiday in a language: "sr"
// (Montenegrin, Latin script), "en" or "sq".
func HolidayName(key, language string) (string, bool) {
	n, known := holidayNames[key]
	if !known {
		return "", false
	}
	switch language {
	case "sr":
		return n.sr, true
	case "en":
		return n.en, true
	case "sq":
		return n.sq, true
	default:
		return "", false
	}
}

type holidayRow struct {
	date  Date
	group Group
	key   string
}

var montenegroRows = sync.OnceValues(func() ([]holidayRow, error) { return parseRows(montenegroTable) })

// parseRows reads a table with a heading line; dates must not go back.
func parseRows(table string) ([]holidayRow, error) {
	var rows []holidayRow
	for i, line := range strings.Split(strings.TrimSpace(table), "\n") {
		if i == 0 {
			continue
		}
		f := strings.Split(strings.TrimSpace(line), ",")
		if len(f) != 4 {
			return nil, &Error{Field: "holidays", Reason: fmt.Sprintf("line %d: four fields expected", i+1)}
		}
		d, err := ParseDate(f[0])
		if err != nil {
			return nil, fmt.Errorf("holidays, line %d: %w", i+1, err)
		}
		if n := len(rows); n > 0 && d.Before(rows[n-1].date) {
			return nil, &Error{Field: "holidays", Reason: fmt.Sprintf("line %d: %s is out of order", i+1, d)}
		}
		if _, known := holidayNames[f[2]]; !known {
			return nil, &Error{Field: "holidays", Reason: fmt.Sprintf("line %d: unknown key %q", i+1, clip(f[2]))}
		}
		rows = append(rows, holidayRow{date: d, group: Group(f[1]), key: f[2]})
	}
	return rows, nil
}

var holidayNames = map[string]struct{ sr, en, sq string }{
	"new_year":               {"Nova godina", "New Year", "Viti i Ri"},
	"labour_day":             {"Praznik rada", "Labour Day", "Dita e Punës"},
	"independence_day":       {"Dan nezavisnosti", "Independence Day", "Dita e Pavarësisë"},
	"statehood_day":          {"Dan državnosti", "Statehood Day", "Dita e Shtetësisë"},
	"njegos_day":             {"Njegošev dan", "Njegoš Day", "Dita e Njegoshit"},
	"orthodox_christmas_eve": {"Badnji dan (pravoslavni)", "Orthodox Christmas Eve", "Nata e Krishtlindjeve ortodokse"},
	"orthodox_christmas":     {"Božić (pravoslavni)", "Orthodox Christmas", "Krishtlindjet ortodokse"},
	"orthodox_good_friday":   {"Veliki petak (pravoslavni)", "Orthodox Good Friday", "E Premtja e Madhe ortodokse"},
	"orthodox_easter":        {"Vaskrs", "Orthodox Easter", "Pashkët ortodokse"},
	"catholic_christmas_eve": {"Badnji dan (katolički)", "Catholic Christmas Eve", "Nata e Krishtlindjeve katolike"},
	"catholic_christmas":     {"Božić (katolički)", "Catholic Christmas", "Krishtlindjet katolike"},
	"catholic_good_friday":   {"Veliki petak (katolički)", "Catholic Good Friday", "E Premtja e Madhe katolike"},
	"catholic_easter":        {"Uskrs", "Catholic Easter", "Pashkët katolike"},
	"catholic_all_saints":    {"Svi sveti", "All Saints' Day", "Të gjithë shenjtorët"},
	"ramadan_bayram":         {"Ramazanski bajram", "Eid al-Fitr", "Fitër Bajrami"},
	"kurban_bayram":          {"Kurban-bajram", "Eid al-Adha", "Kurban Bajrami"},
}
