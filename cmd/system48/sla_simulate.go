package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/report"
)

// newSimulateCommand makes "sla simulate": past tickets under another promise.
func newSimulateCommand(load configLoader) *cobra.Command {
	var (
		profile, from, to string
		asJSON            bool
	)
	cmd := &cobra.Command{
		Use:   "simulate --profile P --from DAY --to DAY -c FILE",
		Short: "Replay past tickets under another promise",
		Long: "Prints by department what would have fallen due from the one day to the other (2026-01-01,\n" +
			"both included), what of it was answered in time, and the change against the promise that\n" +
			"was made. Nothing is changed. Categories with a crew on call have the target around the clock.\n" +
			"Where the profile counts from validation and a report was never validated, the first act\n" +
			"of a person counts as its validation.",
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&profile, "profile", "", "promise profile to try")
	f.StringVar(&from, "from", "", "first local `DAY` of due instants")
	f.StringVar(&to, "to", "", "last local `DAY`")
	f.BoolVar(&asJSON, "json", false, "print JSON for a program")
	for _, name := range []string{"profile", "from", "to"} {
		_ = cmd.MarkFlagRequired(name)
	}
	withSystem(cmd, load, func(s *system, cmd *cobra.Command) error {
		var p report.Period
		var err error
		if p.From, err = parseDay("--from", from); err != nil {
			return err
		}
		if p.To, err = parseDay("--to", to); err != nil {
			return err
		}
		x, err := s.simulate(cmd.Context(), profile, p, cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		if asJSON {
			return x.writeJSON(cmd.OutOrStdout())
		}
		return x.write(cmd.OutOrStdout())
	})
	return cmd
}

func parseDay(flag, s string) (report.Day, error) {
	d, err := report.ParseDay(s)
	if err != nil {
		return 0, withCode(exitUsage, fmt.Errorf("%s: %q is not a day; write 2026-01-01", flag, clip(s)))
	}
	return d, nil
}

// A simulated is a simulation with the names of what it found.
type simulated struct {
	*report.Simulation
	dir *ticketing.Directory
}

// simulate replays the tickets of the installation. Progress goes to errs.
func (s *system) simulate(ctx context.Context, profile string, p report.Period, errs io.Writer) (*simulated, error) {
	dir, err := s.db.Directory(ctx)
	if err != nil {
		return nil, err
	}
	sim, err := report.NewSimulation(dir, profile, p, s.now())
	switch {
	case errors.Is(err, ticketing.NotFound):
		return nil, withCode(exitData, noProfile(dir.Rules, profile))
	case errors.Is(err, ticketing.Invalid):
		return nil, withCode(exitUsage, fmt.Errorf("a period from %s to %s: it must not end before it begins, nor be longer than eleven years", p.From, p.To))
	case err != nil:
		return nil, err
	}
	from, to := sim.Window()
	whole := int(to.Sub(from) / (24 * time.Hour))
	bar, furthest := newProgress(errs, "days of receipts replayed"), 0
	err = s.db.Histories(ctx, from, to, report.EventsReplayed(), func(h *report.History) error {
		sim.Add(h)
		furthest = max(furthest, int(h.Ticket.ReceivedAt.Sub(from)/(24*time.Hour)))
		bar.show(min(furthest, whole-1), whole)
		return ctx.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	bar.done()
	return &simulated{sim, dir}, nil
}

// noProfile says which promises there are.
func noProfile(rules *ticketing.Rulebook, profile string) error {
	var names []string
	for _, p := range rules.Profiles() {
		names = append(names, p.Name)
	}
	return fmt.Errorf("there is no profile %q; there are %s", clip(profile), strings.Join(names, ", "))
}

type simulatedJSON struct {
	Profile     string             `json:"profile"`
	Version     int                `json:"profile_version"`
	From        report.Day         `json:"from"`
	To          report.Day         `json:"to"`
	AsOf        time.Time          `json:"as_of"`
	Tickets     int                `json:"tickets"`
	Assumed     int                `json:"validation_assumed"`
	Waiting     int                `json:"not_begun"`
	Departments []simulatedRowJSON `json:"departments"`
	Total       simulatedRowJSON   `json:"total"`
}

// Shares are parts of one, null where nothing was due.
type simulatedRowJSON struct {
	Department string     `json:"department,omitempty"`
	Today      onTimeJSON `json:"today"`
	Simulated  onTimeJSON `json:"simulated"`
	Change     *float64   `json:"change"`
}

type onTimeJSON struct {
	report.OnTime
	Share *float64 `json:"share"`
}

func onTimeOf(o report.OnTime) onTimeJSON {
	j := onTimeJSON{OnTime: o}
	if share, ok := o.Share(); ok {
		j.Share = rounded(share)
	}
	return j
}

// rounded keeps four places: what a rate of some thousands can tell.
func rounded(x float64) *float64 {
	x = math.Round(x*1e4) / 1e4
	return &x
}

func (x *simulated) row(r report.Simulated) simulatedRowJSON {
	j := simulatedRowJSON{Department: x.code(r.Department), Today: onTimeOf(r.Today), Simulated: onTimeOf(r.Under)}
	if change, ok := r.Change(); ok {
		j.Change = rounded(change)
	}
	return j
}

func (x *simulated) code(id ticketing.DepartmentID) string {
	d, _ := x.dir.Department(id)
	return d.Code
}

func (x *simulated) name(id ticketing.DepartmentID) string {
	d, _ := x.dir.Department(id)
	return ticketing.NameIn(d.Names, lang.En)
}

func (x *simulated) writeJSON(w io.Writer) error {
	rows, all := x.Result()
	j := simulatedJSON{
		Profile: x.Profile.Name, Version: x.Profile.Version, From: x.Period.From, To: x.Period.To, AsOf: x.AsOf.In(x.dir.Rules.Zone()),
		Tickets: x.Tickets, Assumed: x.Assumed, Waiting: x.Waiting, Departments: []simulatedRowJSON{}, Total: x.row(all),
	}
	for _, r := range rows {
		j.Departments = append(j.Departments, x.row(r))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(j)
}

func (x *simulated) write(w io.Writer) error {
	fmt.Fprintf(w, "promises to answer due from %s to %s, as of %s, %d tickets replayed under %s (version %d)\n\n",
		x.Period.From, x.Period.To, x.AsOf.In(x.dir.Rules.Zone()).Format("2006-01-02 15:04"), x.Tickets, x.Profile.Name, x.Profile.Version)
	rows, all := x.Result()
	wide := len("department")
	for _, r := range rows {
		wide = max(wide, utf8.RuneCountInString(x.name(r.Department)))
	}
	left := func(s string) string { return s + strings.Repeat(" ", wide-utf8.RuneCountInString(s)) }
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, left("department")+"\tmet\tdue\ton time\twould meet\twould be due\ton time\tchange\t")
	line := func(name string, s report.Simulated) {
		change := "–"
		if c, ok := s.Change(); ok {
			change = fmt.Sprintf("%+.1f pp", 100*c)
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%d\t%d\t%s\t%s\t\n", left(name), s.Today.Met, s.Today.Due, percent(s.Today), s.Under.Met, s.Under.Due, percent(s.Under), change)
	}
	for _, r := range rows {
		line(x.name(r.Department), r)
	}
	line("all", all)
	if err := t.Flush(); err != nil {
		return err
	}
	if x.Assumed > 0 {
		fmt.Fprintf(w, "\n%d reports were never validated: the first act of a person counts as their validation\n", x.Assumed)
	}
	if x.Waiting > 0 {
		fmt.Fprintf(w, "\n%d reports nobody has validated or touched: their promise would not have begun\n", x.Waiting)
	}
	return nil
}

func percent(o report.OnTime) string {
	share, ok := o.Share()
	if !ok {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}
