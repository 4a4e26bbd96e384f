package letters

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// explanations are one of each case the sentence knows, in a fixed order.
func explanations(t testing.TB) (names []string, out map[string]ticketing.Explanation) {
	t.Helper()
	b := rules(t)
	out = map[string]ticketing.Explanation{}
	pause := func(r ticketing.WaitReason, from, to string) ticketing.Pause {
		p := ticketing.Pause{Reason: r, From: local(t, from)}
		if to != "" {
			p.To = local(t, to)
		}
		return p
	}
	add := func(name string, x ticketing.Explanation, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		names, out[name] = append(names, name), x
	}
	promise := func(name, profile, start, now string, target time.Duration, pauses ...ticketing.Pause) {
		t.Helper()
		x, err := b.Promise(profile, local(t, start), target, pauses, local(t, now))
		add(name, x, err)
	}
	clock := func(name string, c ticketing.Clock, now string, pauses ...ticketing.Pause) {
		t.Helper()
		c.ProfileVersion, c.CalendarVersion = 1, 1
		if c.CountFrom.IsZero() {
			c.CountFrom = c.StartedAt
		}
		x, err := b.Explain(c, pauses, local(t, now))
		add(name, x, err)
	}
	const day = 24 * time.Hour
	promise("cut-off with a pause", "podgorica", "2026-11-20 15:40", "2026-11-24 10:14", 0, pause(ticketing.WaitCitizen, "2026-11-23 11:20", "2026-11-23 14:50"))
	promise("cut-off, due at midnight", "podgorica", "2026-03-06 09:00", "2026-03-06 09:00", 0)
	promise("cut-off on a Sunday night", "podgorica", "2026-03-08 02:10", "2026-03-08 02:10", 0)
	promise("cut-off before holidays on Monday", "podgorica", "2026-07-10 20:00", "2026-07-10 20:00", 0)
	promise("received on a holiday", "podgorica", "2026-05-21 11:00", "2026-05-21 11:00", 0)
	promise("no cut-off on a Tuesday", "podgorica", "2026-11-24 10:14", "2026-11-24 10:14", 0)
	promise("over the weekend", "tivat", "2026-03-06 16:00", "2026-03-06 16:00", 0)
	promise("over holidays and a weekend", "tivat", "2026-05-20 14:00", "2026-05-20 14:00", 0)
	promise("validated on a Saturday", "tivat", "2026-03-07 10:00", "2026-03-07 10:00", 0)
	promise("elapsed", "24x7", "2026-03-06 16:00", "2026-03-06 16:00", 0)
	promise("elapsed, into the new year", "24x7", "2026-12-30 23:30", "2026-12-31 00:00", 0)
	promise("office hours", "office-hours", "2026-03-06 14:00", "2026-03-06 14:00", 0)
	promise("office hours, closed and holidays", "office-hours", "2026-05-20 15:00", "2026-05-20 15:00", 0)
	promise("a target of one hour", "24x7", "2026-03-06 16:00", "2026-03-06 16:00", time.Hour)
	promise("a target of 90 minutes", "24x7", "2026-03-06 16:00", "2026-03-06 16:00", 90*time.Minute)
	promise("waiting for the citizen", "podgorica", "2026-11-23 15:40", "2026-11-24 10:14", 0, pause(ticketing.WaitCitizen, "2026-11-24 08:00", ""))
	promise("a long wait is over", "24x7", "2026-11-02 10:00", "2026-11-12 10:00", 0, pause(ticketing.WaitCitizen, "2026-11-03 10:00", "2026-11-07 13:00"))
	clock("on call", ticketing.Clock{
		Kind: ticketing.ClockAnswer, OnCall: true, Profile: "podgorica", Calendar: "24x7", Target: 2 * day, StartedAt: local(t, "2026-11-20 22:40"),
	}, "2026-11-20 22:40")
	clock("work in four working days", ticketing.Clock{
		Kind: ticketing.ClockResolve, Profile: "podgorica", Calendar: "working-days", Target: 4 * day,
		StartedAt: local(t, "2026-11-20 15:40"), CountFrom: local(t, "2026-11-23 00:00"),
	}, "2026-11-20 15:40")
	clock("work waits for another body and weather", ticketing.Clock{
		Kind: ticketing.ClockResolve, Profile: "podgorica", Calendar: "working-days", Target: 15 * day, StartedAt: local(t, "2026-04-28 09:30"),
	}, "2026-05-08 12:00", pause(ticketing.WaitWeather, "2026-04-29 09:30", "2026-04-30 09:30"), pause(ticketing.WaitBody, "2026-05-06 10:00", "2026-05-07 12:05"))
	clock("work waits without end", ticketing.Clock{
		Kind: ticketing.ClockResolve, Profile: "podgorica", Calendar: "working-days", Target: 7 * day, StartedAt: local(t, "2026-04-28 09:30"),
	}, "2026-04-30 10:00", pause(ticketing.WaitMaterial, "2026-04-29 09:30", ""))
	clock("on-call work of one day", ticketing.Clock{
		Kind: ticketing.ClockResolve, OnCall: true, Calendar: "24x7", Target: day, StartedAt: local(t, "2026-11-22 05:15"),
	}, "2026-11-22 06:00")
	clock("by a policy", ticketing.Clock{
		Kind: ticketing.ClockAnswer, Profile: "24x7", Calendar: "24x7", Policy: "urgent-light", PolicyVersion: 3, Target: 4 * time.Hour, StartedAt: local(t, "2026-11-20 22:40"),
	}, "2026-11-20 22:40")
	clock("validation", ticketing.Clock{
		Kind: ticketing.ClockValidation, Profile: "tivat", Calendar: "office-hours", Target: 8 * time.Hour, StartedAt: local(t, "2026-03-09 07:00"),
	}, "2026-03-09 07:00")
	clock("a later message", ticketing.Clock{
		Kind: ticketing.ClockNextAnswer, Profile: "24x7", Calendar: "24x7", Target: 2 * day, StartedAt: local(t, "2026-11-24 12:00"),
	}, "2026-11-24 12:00")
	return names, out
}

func TestSentenceGolden(t *testing.T) {
	t.Parallel()
	names, all := explanations(t)
	for _, tag := range lang.Tags() {
		var b strings.Builder
		for _, name := range names {
			fmt.Fprintf(&b, "== %s\n%s\n", name, Sentence(tag, all[name]))
			if you := SentenceToCitizen(tag, all[name]); you != Sentence(tag, all[name]) {
				fmt.Fprintf(&b, "%s\n", you)
			}
		}
		golden(t, "sentences."+string(tag), b.String())
	}
}

// TestSentenceOfTheScreens is the sentence as the pages show it.
func TestSentenceOfTheScreens(t *testing.T) {
	t.Parallel()
	_, all := explanations(t)
	const want = "Prijava je stigla u petak popodne, pa se 48 sati broji od ponedjeljka u 00:00. " +
		"Sat je stajao 3 h 30 min dok smo čekali odgovor građanina. Rok je srijeda 25. 11. u 03:30."
	if got := Sentence(lang.SrLatn, all["cut-off with a pause"]); got != want {
		t.Errorf("Sentence() =\n%s, want\n%s", got, want)
	}
	if got := Sentence("", all["cut-off with a pause"]); got != want {
		t.Errorf("Sentence(no language) =\n%s, want\n%s", got, want)
	}
}

// TestSentenceIsInTheCalendarsZone: instants come in UTC from storage.
func TestSentenceIsInTheCalendarsZone(t *testing.T) {
	t.Parallel()
	_, all := explanations(t)
	for name, x := range all {
		utc := x
		utc.StartedAt, utc.CountFrom = x.StartedAt.UTC(), x.CountFrom.UTC()
		if !x.Due.IsZero() {
			utc.Due = x.Due.UTC()
		}
		for _, tag := range lang.Tags() {
			if got, want := Sentence(tag, utc), Sentence(tag, x); got != want {
				t.Errorf("%s, %s: in UTC\n%s, want\n%s", name, tag, got, want)
			}
		}
	}
}

// TestSentenceWithoutTrace: an explanation of nothing must not panic.
func TestSentenceWithoutTrace(t *testing.T) {
	t.Parallel()
	for _, tag := range lang.Tags() {
		if s := Sentence(tag, ticketing.Explanation{}); s == "" || strings.ContainsAny(s, "{}") {
			t.Errorf("%s: %q", tag, s)
		}
	}
}
