package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// TestSimulate replays a seeded city on both engines: under its own promise
// nothing changes, under another something does, twice the same.
func TestSimulate(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, database string) {
		t.Parallel()
		// The shipped promises, and one that nobody keeps.
		_, shipped, _ := strings.Cut(mustRead(t, "../../config.example.yaml"), "\nprofiles:")
		shipped, _, _ = strings.Cut(shipped, "\ncalendars:")
		b := unserved(t, database, "profiles:"+strings.TrimRight(shipped, "\n")+"\n  - {name: at-once, version: 1, start: receipt, target: 1m, calendar: 24x7}")
		b.command("", "seed", "--tickets", "120", "--days", "30")
		day := func(back int) string { return time.Now().AddDate(0, 0, -back).Format(time.DateOnly) }
		ask := func(want int, more ...string) (out, said string) {
			t.Helper()
			var o, e strings.Builder
			args := append([]string{"sla", "simulate", "-c", b.config(), "--from", day(28), "--to", day(2)}, more...)
			if code := run(context.Background(), args, strings.NewReader(""), &o, &e); code != want {
				t.Fatalf("%v: exit %d, want %d\n%s%s", more, code, want, o.String(), e.String())
			}
			return o.String(), e.String()
		}
		simulate := func(profile string) simulatedJSON {
			t.Helper()
			out, said := ask(exitOK, "--profile", profile, "--json")
			var x simulatedJSON
			if err := json.Unmarshal([]byte(out), &x); err != nil {
				t.Fatalf("%v in %s", err, out)
			}
			if !strings.Contains(said, "days of receipts replayed") {
				t.Errorf("no progress is told: %q", said)
			}
			return x
		}
		own := simulate("podgorica")
		if own.Tickets < 80 || own.Total.Today.Due < 20 || len(own.Departments) < 5 || own.Total.Change == nil || *own.Total.Change != 0 || own.Total.Simulated.OnTime != own.Total.Today.OnTime {
			t.Errorf("under its own promise: %+v", own)
		}
		other := simulate("tivat")
		if other.Total.Today.OnTime != own.Total.Today.OnTime || other.Assumed == 0 || other.Total.Simulated.Due == 0 {
			t.Errorf("under a promise from validation: %+v", other)
		}
		var sum int64
		for _, d := range other.Departments {
			if sum += d.Simulated.Due; d.Department == "" {
				t.Errorf("a department without code: %+v", d)
			}
		}
		if sum != other.Total.Simulated.Due {
			t.Errorf("the departments have %d due, all %d", sum, other.Total.Simulated.Due)
		}
		if strict := simulate("at-once"); strict.Total.Change == nil || *strict.Total.Change > -0.5 || strict.Total.Simulated.Met >= strict.Total.Simulated.Due {
			t.Errorf("under a promise of a minute: %+v", strict.Total)
		}
		first, _ := ask(exitOK, "--profile", "office-hours")
		second, _ := ask(exitOK, "--profile", "office-hours")
		if first != second || !strings.Contains(first, "on time") || !strings.Contains(first, " pp") {
			t.Errorf("the table differs the second time:\n%s\n%s", first, second)
		}
		if _, said := ask(exitData, "--profile", "nema"); !strings.Contains(said, "tivat") {
			t.Errorf("an unknown profile: %s", said)
		}
		ask(exitUsage, "--profile", "tivat", "--to", day(60))
		ask(exitUsage, "--profile", "tivat", "--from", "juče")
		ask(exitUsage, "--profile", "tivat", "--from", "0001-01-01")
	})
}
