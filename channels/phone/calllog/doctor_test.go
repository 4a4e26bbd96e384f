package calllog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Doctor tells what is wrong with a file before anybody misses its calls.
func TestDoctor(t *testing.T) {
	t.Parallel()
	columns := []string{"start", "from", "to", "duration", "result"}
	line := func(at time.Time) string {
		return at.In(podgorica).Format(time.DateTime) + ",067123456,600,20,missed\n"
	}
	for _, tc := range []struct {
		name, text string
		zone       *time.Location
		bad        string // the check that fails
	}{
		{"well", line(now.Add(-time.Hour)), podgorica, ""},
		{"empty", "", podgorica, ""},
		{"another preset", strings.Repeat("a,b\n", 300) + line(now.Add(-time.Hour)), podgorica, "columns"},
		{"a stray line", strings.Repeat(line(now.Add(-time.Hour)), 30) + "x\n" + line(now.Add(-time.Minute)), podgorica, ""},
		{"nothing for a month", line(now.Add(-30 * 24 * time.Hour)), podgorica, "last line"},
		{"a zone too far west", line(now.Add(-30 * time.Minute)), time.FixedZone("UTC", 0), "zone"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "Master.csv")
			if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			var bad []string
			for _, c := range Doctor(path, format(t, Format{Preset: Generic, Columns: columns, Zone: tc.zone}), func() time.Time { return now }) {
				if !c.OK {
					bad = append(bad, c.Name)
					if c.Remedy == "" {
						t.Errorf("%s: no remedy", c.Name)
					}
				}
			}
			if strings.Join(bad, " ") != tc.bad {
				t.Errorf("fails %q, want %q", bad, tc.bad)
			}
		})
	}
	for name, path := range map[string]string{"missing": filepath.Join(t.TempDir(), "x.csv"), "a folder without files": t.TempDir()} {
		list := Doctor(path, format(t, Format{Preset: Asterisk}), func() time.Time { return now })
		if len(list) != 1 || list[0].OK != (name != "missing") {
			t.Errorf("%s: %+v", name, list)
		}
	}
}
