package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// dates lists "01-02 name" of one year and the given groups.
func dates(t *testing.T, year int, groups ...Group) []string {
	t.Helper()
	hs, err := Montenegro(year, year, groups...)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, h := range hs {
		out = append(out, h.Date.String()[5:]+" "+h.Name)
	}
	return out
}

// TestStateHolidaysPublished compares with what the ministry of labour
// announced: July 2025 over a Sunday.
func TestStateHolidaysPublished(t *testing.T) {
	t.Parallel()
	want := []string{
		"01-01 Nova godina", "01-02 Nova godina", "05-01 Praznik rada", "05-02 Praznik rada",
		"05-21 Dan nezavisnosti", "05-22 Dan nezavisnosti",
		"07-13 Dan državnosti", "07-14 Dan državnosti", "07-15 Dan državnosti",
		"11-13 Njegošev dan", "11-14 Njegošev dan",
	}
	if diff := cmp.Diff(want, dates(t, 2025)); diff != "" {
		t.Errorf("2025 (-want +got):\n%s", diff)
	}
}

// TestStateHolidaysFollowTheLaw derives every year from the text of Art. 1–3.
func TestStateHolidaysFollowTheLaw(t *testing.T) {
	t.Parallel()
	for year := FirstYear; year <= LastYear; year++ {
		var want []string
		for _, first := range []Date{{year, 1, 1}, {year, 5, 1}, {year, 5, 21}, {year, 7, 13}, {year, 11, 13}} {
			days := []Date{first, first.AddDays(1)}
			if first.Weekday() == time.Sunday || days[1].Weekday() == time.Sunday {
				days = append(days, first.AddDays(2))
			}
			for _, d := range days {
				want = append(want, d.String())
			}
		}
		hs, err := Montenegro(year, year, State)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range hs {
			got = append(got, h.Date.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d (-want +got):\n%s", year, diff)
		}
	}
}

// goldenEaster is the golden table of F49: Orthodox and Catholic Easter
// Sunday.
var goldenEaster = map[int][2]string{
	2025: {"04-20", "04-20"}, 2026: {"04-12", "04-05"}, 2027: {"05-02", "03-28"}, 2028: {"04-16", "04-16"},
	2029: {"04-08", "04-01"}, 2030: {"04-28", "04-21"}, 2031: {"04-13", "04-13"}, 2032: {"05-02", "03-28"},
	2033: {"04-24", "04-17"}, 2034: {"04-09", "04-09"}, 2035: {"04-29", "03-25"},
}

func TestF49Easter(t *testing.T) {
	t.Parallel()
	for year, sundays := range goldenEaster {
		for i, g := range []Group{Orthodox, Catholic} {
			sunday := date(t, fmt.Sprintf("%d-%s", year, sundays[i]))
			hs, err := Montenegro(year, year, g)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, h := range hs {
				if strings.HasSuffix(h.Key, "_easter") || strings.HasSuffix(h.Key, "_good_friday") {
					got = append(got, h.Date.String())
				}
			}
			want := []string{sunday.AddDays(-2).String(), sunday.String(), sunday.AddDays(1).String()}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s %d (-want +got):\n%s", g, year, diff)
			}
		}
	}
}

func TestReligiousHolidays(t *testing.T) {
	t.Parallel()
	want := []string{
		"01-06 Badnji dan (pravoslavni)", "01-07 Božić (pravoslavni)", "01-08 Božić (pravoslavni)",
		"04-10 Veliki petak (pravoslavni)", "04-12 Vaskrs", "04-13 Vaskrs",
	}
	if diff := cmp.Diff(want, dates(t, 2026, Orthodox)); diff != "" {
		t.Errorf("Orthodox 2026 (-want +got):\n%s", diff)
	}
	want = []string{
		"04-03 Veliki petak (katolički)", "04-05 Uskrs", "04-06 Uskrs", "11-01 Svi sveti",
		"12-24 Badnji dan (katolički)", "12-25 Božić (katolički)", "12-26 Božić (katolički)",
	}
	if diff := cmp.Diff(want, dates(t, 2026, Catholic)); diff != "" {
		t.Errorf("Catholic 2026 (-want +got):\n%s", diff)
	}
	want = []string{
		"03-20 Ramazanski bajram", "03-21 Ramazanski bajram", "03-22 Ramazanski bajram",
		"05-27 Kurban-bajram", "05-28 Kurban-bajram", "05-29 Kurban-bajram",
	}
	if diff := cmp.Diff(want, dates(t, 2026, Muslim)); diff != "" {
		t.Errorf("Muslim 2026 (-want +got):\n%s", diff)
	}
}

// TestBayramsAreLunar: the same feast comes after 354 or 355 days, and the
// second 68 to 71 days after the first.
func TestBayramsAreLunar(t *testing.T) {
	t.Parallel()
	hs, err := Montenegro(FirstYear, LastYear, Muslim)
	if err != nil {
		t.Fatal(err)
	}
	first := map[string][]Date{}
	for i, h := range hs {
		if i == 0 || hs[i-1].Key != h.Key || hs[i-1].Date.AddDays(1) != h.Date {
			first[h.Key] = append(first[h.Key], h.Date)
		}
	}
	if n, m := len(first["ramadan_bayram"]), len(first["kurban_bayram"]); n != 12 || m != 11 {
		t.Fatalf("%d and %d feasts in eleven years, want 12 and 11", n, m)
	}
	for key, ds := range first {
		for i := 1; i < len(ds); i++ {
			if n := ds[i].number() - ds[i-1].number(); n != 354 && n != 355 {
				t.Errorf("%s: %d days from %s to %s", key, n, ds[i-1], ds[i])
			}
		}
	}
	for i, k := range first["kurban_bayram"] {
		if n := k.number() - first["ramadan_bayram"][i].number(); n < 68 || n > 71 {
			t.Errorf("%d days from bayram to bayram in %d", n, k.Year)
		}
	}
}

func TestHolidaysOfSeveralGroups(t *testing.T) {
	t.Parallel()
	hs, err := Montenegro(FirstYear, LastYear, Orthodox, State, Muslim, Catholic)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(hs, func(a, b Holiday) int { return int(a.Date.number() - b.Date.number()) }) {
		t.Error("not in order")
	}
	// All together still make a calendar: no date twice.
	build(t, Spec{Weekly: WeekdaysFrom(time.Monday, time.Friday, 0, EndOfDay), Holidays: hs})
	i := slices.IndexFunc(hs, func(h Holiday) bool { return h.Date == Date{2025, 4, 18} })
	if i < 0 || hs[i].Name != "Veliki petak (pravoslavni), Veliki petak (katolički)" || hs[i].Key != "orthodox_good_friday" {
		t.Errorf("the common Good Friday of 2025 is %+v", hs[i])
	}
}

func TestMontenegroRefuses(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		second(Montenegro(2024, 2026)), second(Montenegro(2030, 2036)), second(Montenegro(2027, 2026)), second(Montenegro(2026, 2026, "pagan")),
		second(parseRows("h\n2026-01-01,state,new_year\n")), second(parseRows("h\n2026-02-30,state,new_year,\n")),
		second(parseRows("h\n2026-01-01,state,no_such_day,\n")), second(parseRows("h\n2026-01-02,state,new_year,\n2026-01-01,state,new_year,\n")),
	} {
		var fault *Error
		if !errors.As(err, &fault) {
			t.Errorf("%v is not an *Error", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestHolidayName(t *testing.T) {
	t.Parallel()
	for key := range holidayNames {
		for _, language := range []string{"sr", "en", "sq"} {
			if name, ok := HolidayName(key, language); !ok || name == "" {
				t.Errorf("HolidayName(%q, %q) = %q, %t", key, language, name, ok)
			}
		}
	}
	if _, ok := HolidayName("new_year", "de"); ok {
		t.Error("there is a German name")
	}
	if _, ok := HolidayName("nothing", "en"); ok {
		t.Error("there is a name of nothing")
	}
	c := officeWithHolidays(t)
	if name, ok := c.Holiday(date(t, "2026-07-13")); !ok || name != "Dan državnosti" {
		t.Errorf("Holiday() = %q, %t", name, ok)
	}
	if name, ok := c.Holiday(date(t, "2026-07-15")); ok {
		t.Errorf("Holiday() = %q", name)
	}
	if _, ok := c.Holiday(Date{}); ok {
		t.Error("Holiday() of no date")
	}
}
