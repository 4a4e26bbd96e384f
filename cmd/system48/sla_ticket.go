package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sistem48/system48/ticketing"
)

// explainedJSON are the clocks of a ticket, explained.
type explainedJSON struct {
	Ref    string            `json:"ref"`
	Clocks []explanationJSON `json:"clocks"`
}

// explainTicket prints why each promise of a stored ticket falls due when it does.
func explainTicket(cmd *cobra.Command, c Config, text string, asJSON bool) (err error) {
	s, err := openSystem(cmd.Context(), c, newLogger(cmd.ErrOrStderr(), LogConfig{Level: "warn", Format: "text"}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	ref, err := ticketing.ParseReference(c.Reference.Prefix, text)
	if err != nil {
		return withCode(exitUsage, fmt.Errorf("--ticket %q is not a reference; check every digit", clip(text)))
	}
	v, err := s.db.TicketView(cmd.Context(), cliActor.Scope(), ref)
	if errors.Is(err, ticketing.NotFound) {
		return withCode(exitData, fmt.Errorf("there is no ticket %s", ref))
	}
	if err != nil {
		return err
	}
	list, zone, err := s.explained(cmd, &v.Ticket)
	if err != nil {
		return err
	}
	if asJSON {
		out := explainedJSON{Ref: string(ref), Clocks: []explanationJSON{}}
		for _, x := range list {
			out.Clocks = append(out.Clocks, explanationOf(x, zone))
		}
		return writeIndented(cmd.OutOrStdout(), out)
	}
	for i, x := range list {
		if i > 0 {
			fmt.Fprintln(cmd.OutOrStdout())
		}
		fmt.Fprintf(cmd.OutOrStdout(), "clock     %s\n", x.Kind)
		if err := writeExplanation(cmd.OutOrStdout(), x, zone); err != nil {
			return err
		}
	}
	return nil
}

// explained explains the clocks that have started.
func (s *system) explained(cmd *cobra.Command, t *ticketing.Ticket) ([]ticketing.Explanation, *time.Location, error) {
	dir, err := s.db.Directory(cmd.Context())
	if err != nil {
		return nil, nil, err
	}
	var list []ticketing.Explanation
	for _, k := range t.Clocks {
		x, err := dir.Rules.Explain(k, t.Pauses, s.now())
		if errors.Is(err, ticketing.Conflict) { // not started: nothing to explain yet
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		list = append(list, x)
	}
	return list, dir.Rules.Zone(), nil
}
