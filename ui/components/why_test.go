package components

import (
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/locale"
)

// Stretches name day and hours however far away they lie.
func TestStretch(t *testing.T) {
	t.Parallel()
	at := func(day, hour int) time.Time { return time.Date(2026, 12, day, hour, 0, 0, 0, time.UTC) }
	texts, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := texts.Printer(lang.SrLatn, time.UTC, func() time.Time { return at(7, 9).AddDate(0, 0, -20) })
	for _, c := range []struct {
		from, to time.Time
		want     string
	}{
		{at(7, 7), at(7, 15), "pon 7. 12. 07:00–15:00"},
		{at(7, 15), at(8, 7), "pon 7. 12. 15:00 – uto 8. 12. 07:00"},
		{at(7, 15), at(8, 0), "pon 7. 12. 15:00–24:00"},
	} {
		if got := stretch(p, c.from, c.to); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
