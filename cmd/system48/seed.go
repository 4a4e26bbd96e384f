package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// newSeedCommand fills an empty installation with the sample city: for trying
// out and for training, never beside real tickets.
func newSeedCommand(load configLoader) *cobra.Command {
	var (
		path    string
		days, n int
		seed    uint64
	)
	cmd := &cobra.Command{
		Use: "seed -c FILE", Short: "Fill an empty installation with a sample city and its tickets", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadWarning(load, path, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			sampleCity(&cfg)
			if err := refuseFull(cmd, cfg); err != nil {
				return err
			}
			bar := newProgress(cmd.ErrOrStderr(), "telling the city's last weeks")
			log := newLogger(cmd.ErrOrStderr(), LogConfig{Level: "warn", Format: "text"})
			if err := tellStories(cmd.Context(), cfg, log, seed, days, n, demoPassword, bar.show); err != nil {
				return fmt.Errorf("seed: %w", err)
			}
			bar.done()
			return nil
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", "", "configuration `FILE`")
	cmd.Flags().IntVar(&days, "days", 24, "how far back the tickets go")
	cmd.Flags().IntVar(&n, "tickets", 160, "how many tickets")
	cmd.Flags().Uint64Var(&seed, "seed", 48, "the same seed gives the same city")
	return cmd
}

// refuseFull refuses an installation that somebody uses.
func refuseFull(cmd *cobra.Command, cfg Config) (err error) {
	s, err := openSystem(cmd.Context(), cfg, newLogger(cmd.ErrOrStderr(), LogConfig{Level: "error", Format: "text"}))
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := s.close(); err == nil {
			err = closeErr
		}
	}()
	dir, err := s.db.Directory(cmd.Context())
	if err != nil {
		return err
	}
	if len(dir.Agents) > 0 {
		return withCode(exitData, fmt.Errorf("there are %d accounts already; seed only an empty installation", len(dir.Agents)))
	}
	return nil
}
