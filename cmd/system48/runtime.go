package main

import (
	"fmt"
	"net/netip"

	"github.com/spf13/cobra"
)

// newServiceCommands are the commands that open the installation.
func newServiceCommands(load configLoader) []*cobra.Command {
	return []*cobra.Command{
		newServeCommand(load), newDemoCommand(), newMigrateCommand(load), newUserCommand(load), newTokenCommand(load),
		newDoctorCommand(load), newMailCommand(load), newAuditCommand(load), newBackupCommand(load), newRestoreCommand(load),
		newSeedCommand(load), newSimulateOutsideCommand(),
	}
}

func (c Config) trustedProxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range c.HTTP.TrustedProxies {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("http.trusted_proxies: %q is not a range like 10.0.0.0/8: %w", s, err)
		}
		out = append(out, p)
	}
	return out, nil
}

func newMigrateCommand(load configLoader) *cobra.Command {
	cmd := &cobra.Command{Use: "migrate", Short: "Bring the database up to date and say what was done", Args: cobra.NoArgs}
	withSystem(cmd, load, func(s *system, cmd *cobra.Command) error {
		r := s.db.Migrated()
		if r.From == r.To {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "the database is up to date (version %d)\n", r.To)
			return err
		}
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "migrated from version %d to %d\n", r.From, r.To)
		return err
	})
	return cmd
}
