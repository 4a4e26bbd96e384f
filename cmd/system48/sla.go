package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/letters"
)

// newSLACommand makes "sla simulate" and "sla explain": what a profile promises for a contact
// received at an instant, and why.
func newSLACommand(load configLoader) *cobra.Command {
	sla := &cobra.Command{
		Use: "sla", Short: "Explain promises, and try others on past tickets", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var (
		path, profile, start, target, ticket string
		pauses                               []string
		asJSON                               bool
	)
	explain := &cobra.Command{
		Use:   "explain (--profile P --start T [--pause FROM/TO]… [--target 48h] | --ticket REF)",
		Short: "Say when a promise falls due, and why then",
		Long: "Prints the due instant and every counted and uncounted interval. Times are RFC 3339\n" +
			"(2026-11-20T15:40:00+01:00) or local wall time (2026-11-20T15:40). A pause without\n" +
			"an end is written FROM/ . With --ticket the clocks of a ticket are explained, each by the\n" +
			"versions of profile, calendar and policy it was made with.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, err := load(path)
			if err != nil {
				return err
			}
			if ticket != "" {
				return explainTicket(cmd, c, ticket, asJSON)
			}
			x, zone, err := explainPromise(c, profile, start, target, pauses)
			if err != nil {
				return err
			}
			if asJSON {
				return writeIndented(cmd.OutOrStdout(), explanationOf(x, zone))
			}
			return writeExplanation(cmd.OutOrStdout(), x, zone)
		},
	}
	f := explain.Flags()
	f.StringVarP(&path, "config", "c", "", "configuration `FILE`; without it the shipped profiles count")
	f.StringVar(&profile, "profile", "", "promise profile (24x7, barajevo, tivat, podgorica, office-hours, or your own)")
	f.StringVar(&start, "start", "", "when the contact was received, or validated where the profile counts from there")
	f.StringVar(&target, "target", "", "another target than the profile's (48h, 90m, 2d)")
	f.StringArrayVar(&pauses, "pause", nil, "a wait for the citizen as FROM/TO; may be repeated")
	f.StringVar(&ticket, "ticket", "", "reference of a ticket of the installation")
	f.BoolVar(&asJSON, "json", false, "print JSON for a program")
	explain.MarkFlagsOneRequired("profile", "ticket")
	explain.MarkFlagsMutuallyExclusive("profile", "ticket")
	explain.MarkFlagsRequiredTogether("profile", "start")
	sla.AddCommand(explain, newSimulateCommand(load))
	return sla
}

func explainPromise(c Config, profile, start, target string, pauses []string) (ticketing.Explanation, *time.Location, error) {
	var zero ticketing.Explanation
	rules, err := c.rulebook()
	if err != nil {
		return zero, nil, err
	}
	zone := rules.Zone()
	at, err := parseInstant(start, zone)
	if err != nil {
		return zero, nil, withCode(exitUsage, fmt.Errorf("--start: %w", err))
	}
	var want time.Duration
	if target != "" {
		if want, err = parseDuration(target); err != nil || want <= 0 {
			return zero, nil, withCode(exitUsage, fmt.Errorf("--target %q is not a duration; write 48h, 90m or 2d", target))
		}
	}
	var stops []ticketing.Pause
	for _, p := range pauses {
		pause, err := parsePause(p, zone)
		if err != nil {
			return zero, nil, withCode(exitUsage, fmt.Errorf("--pause: %w", err))
		}
		stops = append(stops, pause)
	}
	if _, ok := rules.Profile(profile, 0); !ok {
		return zero, nil, withCode(exitData, noProfile(rules, profile))
	}
	x, err := rules.Promise(profile, at, want, stops, at)
	if err == nil && !x.Due.IsZero() {
		// Told as it looks when it falls due: every pause is over.
		x, err = rules.Promise(profile, at, want, stops, x.Due)
	}
	if err != nil {
		return zero, nil, withCode(exitData, err)
	}
	return x, zone, nil
}

// parseInstant reads RFC 3339 or local wall time.
func parseInstant(s string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		local, _ := calendar.Instant(zone, calendar.DateOf(t), t.Hour(), t.Minute(), t.Second())
		return local, nil
	}
	return time.Time{}, fmt.Errorf("%q is not a time; write 2026-11-20T15:40:00+01:00 or 2026-11-20T15:40", clip(s))
}

func parsePause(s string, zone *time.Location) (ticketing.Pause, error) {
	from, to, ok := strings.Cut(s, "/")
	if !ok {
		return ticketing.Pause{}, fmt.Errorf("%q is not FROM/TO", clip(s))
	}
	p := ticketing.Pause{Reason: ticketing.WaitCitizen}
	var err error
	if p.From, err = parseInstant(from, zone); err != nil {
		return p, err
	}
	if to == "" {
		return p, nil
	}
	if p.To, err = parseInstant(to, zone); err != nil {
		return p, err
	}
	if p.To.Before(p.From) {
		return p, errors.New("a pause ends before it begins")
	}
	return p, nil
}

type explanationJSON struct {
	Kind      string            `json:"kind"`
	Profile   string            `json:"profile"`
	Version   int               `json:"profile_version"`
	Calendar  string            `json:"calendar"`
	CalVer    int               `json:"calendar_version"`
	Policy    *string           `json:"policy"` // null: the category decided, or none was asked for
	PolicyVer *int              `json:"policy_version"`
	Start     time.Time         `json:"start"`
	CountFrom time.Time         `json:"count_from"`
	Target    int64             `json:"target_seconds"`
	DueAt     *time.Time        `json:"due_at"`
	Intervals []intervalJSON    `json:"intervals"`
	Sentence  map[string]string `json:"sentence"`
}

type intervalJSON struct {
	From    time.Time  `json:"from"`
	To      *time.Time `json:"to"`
	Seconds int64      `json:"seconds"`
	Counted bool       `json:"counted"`
	Why     string     `json:"why"`
}

// explanationOf writes an explanation down for a program.
func explanationOf(x ticketing.Explanation, zone *time.Location) explanationJSON {
	j := explanationJSON{
		Kind: string(x.Kind), Profile: x.Profile, Version: x.ProfileVersion, Calendar: x.Calendar, CalVer: x.CalendarVersion, Start: x.StartedAt.In(zone),
		CountFrom: x.CountFrom.In(zone), Target: int64(x.Target / time.Second), Sentence: map[string]string{},
	}
	if x.Policy != "" {
		j.Policy, j.PolicyVer = &x.Policy, &x.PolicyVersion
	}
	if !x.Due.IsZero() {
		due := x.Due.In(zone)
		j.DueAt = &due
	}
	for _, i := range x.Intervals {
		v := intervalJSON{From: i.From.In(zone), Seconds: i.Seconds(), Counted: i.Counted, Why: i.Reason()}
		if !i.To.IsZero() {
			to := i.To.In(zone)
			v.To = &to
		}
		j.Intervals = append(j.Intervals, v)
	}
	for _, tag := range lang.Tags() {
		j.Sentence[string(tag)] = letters.Sentence(tag, x)
	}
	return j
}

func writeIndented(w io.Writer, j any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(j)
}

func writeExplanation(w io.Writer, x ticketing.Explanation, zone *time.Location) error {
	const layout = "Mon 2006-01-02 15:04:05 -07:00"
	due := "none while a pause without end lasts"
	if !x.Due.IsZero() {
		due = x.Due.In(zone).Format(layout)
	}
	fmt.Fprintf(w, "profile   %s (version %d), calendar %s (version %d)\n", x.Profile, x.ProfileVersion, x.Calendar, x.CalendarVersion)
	if x.Policy != "" {
		fmt.Fprintf(w, "policy    %s (version %d)\n", x.Policy, x.PolicyVersion)
	}
	fmt.Fprintf(w, "start     %s\n", x.StartedAt.In(zone).Format(layout))
	if !x.CountFrom.Equal(x.StartedAt) {
		fmt.Fprintf(w, "counts    from %s\n", x.CountFrom.In(zone).Format(layout))
	}
	fmt.Fprintf(w, "target    %s\ndue       %s\n\n", formatDuration(x.Target), due)
	for _, i := range x.Intervals {
		to, counted := "…", "not counted"
		if !i.To.IsZero() {
			to = i.To.In(zone).Format(layout)
		}
		if i.Counted {
			counted = "counted"
		}
		fmt.Fprintf(w, "%s  %s  %10s  %-11s  %s\n", i.From.In(zone).Format(layout), to, time.Duration(i.Seconds())*time.Second, counted, i.Reason())
	}
	_, err := fmt.Fprintf(w, "\n%s\n", letters.Sentence(lang.En, x))
	return err
}
