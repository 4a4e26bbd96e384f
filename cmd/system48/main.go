package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/sistem48/system48/ticketing"
)

// Exit codes, after sysexits.h. exitConfig is with the configuration.
const (
	exitOK          = 0
	exitUsage       = 64
	exitData        = 65
	exitUnavailable = 69
	exitTemporary   = 75
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program without its process: end-to-end tests start it too. It
// returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(errs, "system48:", err)
	return exitCode(err)
}

// A codedError ends the program with its code.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }
func (e *codedError) ExitCode() int { return e.code }

// withCode makes err end the program with the code.
func withCode(code int, err error) error {
	if err == nil {
		return nil
	}
	return &codedError{code: code, err: err}
}

func exitCode(err error) int {
	var coded interface{ ExitCode() int }
	switch {
	case errors.As(err, &coded):
		return coded.ExitCode()
	case errors.Is(err, ticketing.Busy), errors.Is(err, context.DeadlineExceeded):
		return exitTemporary
	case errors.Is(err, ticketing.Invalid), errors.Is(err, ticketing.NotFound), errors.Is(err, ticketing.Conflict):
		return exitData
	case errors.Is(err, ticketing.Internal):
		return exitUnavailable
	}
	return exitUnavailable
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "system48",
		Short: "A city's bureau for communication with its citizens",
		Long: "System 48 turns every e-mail, call and message to the city into a ticket with a promise,\n" +
			"and shows honestly who keeps it. Start with: system48 demo",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return withCode(exitUsage, fmt.Errorf("%w; see system48 %s --help", err, cmd.Name()))
	})
	load := func(path string) (Config, []Problem, error) { return LoadConfig(path, os.Environ()) }
	root.AddCommand(newConfigCommand(load), newCallsCommand(load), newSLACommand(load), newVersionCommand(), newBenchCommand())
	root.AddCommand(newServiceCommands(load)...)
	return root
}
