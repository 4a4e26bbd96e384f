package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sistem48/system48/ticketing"
)

// An auditReport is what verifying the events found.
type auditReport struct {
	OK       bool     `json:"ok"`
	Chains   int      `json:"chains"`
	Events   int      `json:"events"`
	Seals    int      `json:"seals"`
	Head     string   `json:"head"` // hash of the newest seal: compare it with the mailed one
	Problems []string `json:"problems"`
}

func newAuditCommand(load configLoader) *cobra.Command {
	audit := &cobra.Command{
		Use: "audit", Short: "The record of what happened", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var asJSON bool
	verify := &cobra.Command{Use: "verify", Short: "Check every chain of events and the seals over them", Args: cobra.NoArgs}
	verify.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	withSystem(verify, load, func(s *system, cmd *cobra.Command) error {
		r, err := s.verifyAudit(cmd)
		if err != nil {
			return err
		}
		if asJSON {
			err = json.NewEncoder(cmd.OutOrStdout()).Encode(r)
		} else {
			for _, p := range r.Problems {
				fmt.Fprintln(cmd.OutOrStdout(), p)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d chains, %d events, %d seals; head %s\n", r.Chains, r.Events, r.Seals, r.Head)
		}
		if err != nil || r.OK {
			return err
		}
		return withCode(exitData, errors.New("the record was changed"))
	})
	audit.AddCommand(verify)
	return audit
}

func (s *system) verifyAudit(cmd *cobra.Command) (auditReport, error) {
	r := auditReport{Problems: []string{}}
	ctx := cmd.Context()
	err := s.db.WalkEvents(ctx, func(ticket ticketing.TicketID, events []ticketing.Event) error {
		r.Chains++
		r.Events += len(events)
		if bad, ok := ticketing.VerifyChain(events, 0, ""); !ok {
			r.Problems = append(r.Problems, fmt.Sprintf("chain %d: event %d was changed, is missing or does not follow", ticket, bad))
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	prev := ticketing.Seal{}
	for {
		seals, err := s.db.Seals(ctx, prev.Seq+1, 500)
		if err != nil {
			return r, err
		}
		for _, seal := range seals {
			if prev.Seq == 0 {
				prev.To = seal.From
			}
			hashes, err := s.db.EventHashes(ctx, seal.From, seal.To)
			if err != nil {
				return r, err
			}
			if !seal.Follows(prev, hashes) {
				r.Problems = append(r.Problems, fmt.Sprintf("seal %d of %s does not fit its events", seal.Seq, seal.At.Format(time.RFC3339)))
			}
			prev = seal
			r.Seals++
		}
		if len(seals) == 0 {
			break
		}
	}
	r.Head, r.OK = prev.Hash, len(r.Problems) == 0
	return r, nil
}
