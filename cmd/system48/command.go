package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"
)

// withSystem gives a command the flag -c and an opened system.
func withSystem(cmd *cobra.Command, load configLoader, f func(s *system, cmd *cobra.Command) error) {
	withSystemArgs(cmd, load, func(s *system, cmd *cobra.Command, _ []string) error { return f(s, cmd) })
}

// withSystemArgs is withSystem for commands with arguments.
func withSystemArgs(cmd *cobra.Command, load configLoader, f func(s *system, cmd *cobra.Command, args []string) error) {
	var path string
	cmd.Flags().StringVarP(&path, "config", "c", "", "configuration `FILE`; without it the defaults and the environment count")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		cfg, _, err := load(path)
		if err != nil {
			return err
		}
		s, err := openSystem(cmd.Context(), cfg, newLogger(cmd.ErrOrStderr(), LogConfig{Level: "warn", Format: "text"}))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.close()) }()
		return f(s, cmd, args)
	}
}

// newLogger makes the program's log. It holds no personal data: adapters and
// core log identifiers only (I10).
func newLogger(w io.Writer, c LogConfig) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(strings.ToUpper(c.Level))); err != nil {
		level = slog.LevelInfo
	}
	opt := &slog.HandlerOptions{Level: level}
	if c.Format == "text" {
		return slog.New(slog.NewTextHandler(w, opt))
	}
	return slog.New(slog.NewJSONHandler(w, opt))
}

// loadWarning loads the configuration and prints what should be known about it.
func loadWarning(load configLoader, path string, errs io.Writer) (Config, error) {
	cfg, warnings, err := load(path)
	for _, w := range warnings {
		fmt.Fprintln(errs, "warning:", w.in(path))
	}
	return cfg, err
}
