package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// TestReportsMailed lets three processes over one database come to a Friday
// morning together, on both engines: every head gets the report of the week of
// each department once, with a PDF, and those who come late find nothing to do (I7).
func TestReportsMailed(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, database string) {
		t.Parallel()
		b := unserved(t, database, "")
		b.command("", "seed", "--tickets", "30", "--days", "9")
		cfg, _, err := LoadConfig(b.config(), os.Environ())
		if err != nil {
			t.Fatal(err)
		}
		friday := ticketing.IssueOf(time.Now(), time.UTC).AddDate(0, 0, 7).Add(12 * time.Hour)
		at := friday.AddDate(0, 0, -1)
		var processes []*system
		for range 3 {
			s, err := openSystemAt(t.Context(), cfg, slog.New(slog.DiscardHandler), func() time.Time { return at })
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.close() })
			processes = append(processes, s)
		}
		all := func(ctx context.Context) {
			t.Helper()
			var group sync.WaitGroup
			for _, s := range processes {
				group.Go(func() {
					if err := s.mailReports()(ctx); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
		}
		all(t.Context())
		if got := mailedReports(t, processes[0]); len(got) > 0 {
			t.Errorf("on Thursday %v were mailed", got)
		}
		at = friday
		all(t.Context())
		all(t.Context())
		city, err := processes[0].db.Directory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, a := range city.Agents {
			if a.Role == ticketing.RoleHead && !a.Disabled {
				for range a.Departments {
					want = append(want, ticketing.NormalEmail(a.Email))
				}
			}
		}
		slices.Sort(want)
		if got := mailedReports(t, processes[0]); len(want) < 2 || !slices.Equal(got, want) {
			t.Errorf("mailed to %v, want %v", got, want)
		}
	})
}

// mailedReports claims what may leave and gives to whom the reports among it go;
// each must have its figures in the text and its PDF in the blobs.
func mailedReports(t *testing.T, s *system) []string {
	t.Helper()
	var to []string
	list, err := s.db.ClaimDeliveries(t.Context(), ticketing.ChannelEmail, 500, time.Hour, 500)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		if d.Purpose != ticketing.PurposeReport {
			continue
		}
		to = append(to, d.To.Address)
		if len(d.Files) != 1 || !strings.HasSuffix(d.Files[0].Name, ".pdf") || !strings.Contains(d.Text, "/reports/departments/") || strings.Count(d.Text, "\n- ") < 5 {
			t.Errorf("the letter has %d files and says %q", len(d.Files), d.Text)
			continue
		}
		f, err := s.blobs.Open(t.Context(), d.Files[0].Key)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(f)
		_ = f.Close()
		if err != nil || !strings.HasPrefix(string(body), "%PDF-") || int64(len(body)) != d.Files[0].Size {
			t.Errorf("the file has %d bytes (%v)", len(body), err)
		}
	}
	slices.Sort(to)
	return to
}
