package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/sistem48/system48/channels/email"
)

// A finding is one line of doctor.
type finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

func newDoctorCommand(load configLoader) *cobra.Command {
	var (
		path   string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use: "doctor -c FILE", Short: "Say why something does not work, and what to do",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, _, err := load(path)
			if err != nil {
				return err
			}
			list := examine(cmd.Context(), cfg, cmd.ErrOrStderr())
			if asJSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(list)
			} else {
				err = writeFindings(cmd.OutOrStdout(), list)
			}
			for _, f := range list {
				if !f.OK {
					return errors.Join(err, withCode(exitUnavailable, errors.New("not everything is well")))
				}
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", "", "configuration `FILE`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func writeFindings(w io.Writer, list []finding) error {
	for _, f := range list {
		mark := "ok  "
		if !f.OK {
			mark = "FAIL"
		}
		line := mark + "  " + f.Name
		if f.Detail != "" {
			line += ": " + f.Detail
		}
		if !f.OK && f.Remedy != "" {
			line += " → " + f.Remedy
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// examine looks at everything an operator can put right. It changes nothing
// but what opening the database does.
func examine(ctx context.Context, cfg Config, errs io.Writer) []finding {
	list := []finding{{Name: "configuration", OK: true}}
	s, err := openSystem(ctx, cfg, newLogger(errs, LogConfig{Level: "error", Format: "text"}))
	if err != nil {
		return append(list, finding{Name: "database and files", Detail: err.Error(), Remedy: "check database.url, blobs.url and that both answer"})
	}
	defer s.close() //nolint:errcheck // only read
	for _, r := range s.readiness(ctx) {
		if r.Degraded {
			continue // looked at closely below
		}
		list = append(list, finding{Name: r.Name, OK: r.OK, Detail: r.Detail, Remedy: "see docs/operations.md, “When it is not ready”"})
	}
	list = append(list, s.examineLetters(ctx))
	list = append(list, s.examineState(ctx)...)
	for _, a := range cfg.Channels.Email {
		account, err := s.emailAccount(a)
		if err != nil {
			list = append(list, finding{Name: "mailbox " + a.Name, Detail: err.Error(), Remedy: "correct channels.email"})
			continue
		}
		for _, c := range email.Doctor(ctx, account, s.now) {
			list = append(list, finding{Name: "mailbox " + a.Name + ": " + c.Name, OK: c.OK, Detail: c.Detail, Remedy: c.Remedy})
		}
	}
	list = append(list, s.examineCallLogs(ctx)...)
	list = append(list, examineTexts(ctx, cfg)...)
	list = append(list, s.examinePhone(ctx)...)
	return append(list, examineAddress(cfg))
}

// stuckAfter is how old unworked things are when doctor calls them stuck.
const stuckAfter = 10 * time.Minute

func (s *system) examineState(ctx context.Context) []finding {
	now := s.now()
	sum, err := s.db.Overview(ctx, now)
	if err != nil {
		return []finding{{Name: "state", Detail: err.Error(), Remedy: "see the database's log"}}
	}
	list := []finding{{
		Name: "intake", OK: age(now, sum.OldestReceived) < stuckAfter.Seconds(),
		Detail: fmt.Sprintf("oldest unworked item is %.0f s old", age(now, sum.OldestReceived)), Remedy: "is serve running? see its log and the intake ledger",
	}}
	states, _, err := s.db.DeliveryCounts(ctx)
	if err != nil {
		return append(list, finding{Name: "outbox", Detail: err.Error()})
	}
	next, err := s.db.NextDeliveryAt(ctx)
	if err != nil {
		return append(list, finding{Name: "outbox", Detail: err.Error()})
	}
	list = append(list, finding{
		Name: "outbox", OK: age(now, next) < stuckAfter.Seconds(),
		Detail: fmt.Sprintf("the next letter is %.0f s late", age(now, next)), Remedy: "is serve running? check the SMTP server and the log of serve",
	})
	held := states["held"]
	return append(list, finding{
		Name: "letters held after a restore", OK: held == 0, Detail: fmt.Sprintf("%d held", held),
		Remedy: "look at them under /agent/outgoing and release or take them back",
	})
}

func examineAddress(cfg Config) finding {
	u, err := url.Parse(cfg.PublicURL)
	f := finding{Name: "public_url", OK: err == nil && u.Host != "", Detail: cfg.PublicURL}
	if !f.OK {
		f.Remedy = "write the address citizens use, such as https://48.grad.example"
	}
	return f
}
