package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/sistem48/system48/channels/phone/calllog"
	"github.com/sistem48/system48/ticketing"
)

// newCallsCommand makes "calls": what is done with files of calls by hand.
func newCallsCommand(load configLoader) *cobra.Command {
	calls := &cobra.Command{
		Use: "calls", Short: "Call logs of telephone exchanges", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	calls.AddCommand(newCallsImportCommand(load), newCallsFilesCommand(load), newCallsRejectsCommand(load))
	return calls
}

// A callImport is what "calls import" was asked for.
type callImport struct {
	source   PhoneSource
	columns  []string
	since    string
	again    bool
	rejected string
	asJSON   bool
}

func newCallsImportCommand(load configLoader) *cobra.Command {
	var o callImport
	o.source.setDefaults()
	cmd := &cobra.Command{
		Use: "import FILE --source NAME", Short: "Enter the calls of a file, each row once",
		Long: `Reads the file to its end. A row that is in already, from this file or another
of the same source, is not entered again; a row that cannot be true is listed
with its line and the reason. When it is broken off, the same command goes on
where it was. Calls that began more than a day ago, or before --since, are
counted and make no promise to call back.

The source is one of channels.phone, or any other name with --preset.`,
		Args: cobra.ExactArgs(1),
	}
	f := cmd.Flags()
	f.StringVar(&o.source.Name, "source", "", "the exchange the file is of")
	f.StringVar(&o.source.CSV.Preset, "preset", "", "asterisk, freeswitch, 3cx, cucm or generic; without it as configured")
	f.StringSliceVar(&o.columns, "columns", nil, "names of the columns in the order of the file")
	f.StringVar(&o.source.CSV.Timezone, "timezone", "", "zone of the times in the file; without it as configured")
	f.StringVar(&o.source.CSV.Delimiter, "delimiter", ",", "between columns: one character, or tab")
	f.StringVar(&o.since, "since", "", "date from which on missed calls are to be called back; without it the last 24 hours")
	f.BoolVar(&o.again, "again", false, "read the file from its beginning although it was read before")
	f.StringVar(&o.rejected, "rejected", "", "write rejected lines, as they are, into this `FILE`")
	f.BoolVar(&o.asJSON, "json", false, "print JSON")
	_ = cmd.MarkFlagRequired("source")
	withSystemArgs(cmd, load, func(s *system, cmd *cobra.Command, args []string) error { return s.importCalls(cmd, args[0], o) })
	return cmd
}

// sourceFor gives the configured source of the name with what the flags say
// laid over it, or a new one.
func (s *system) sourceFor(o callImport, changed func(flag string) bool) (*PhoneSource, error) {
	p := o.source
	for _, known := range s.cfg.Channels.Phone {
		if known.Name != o.source.Name {
			continue
		}
		p = known
		if changed("preset") {
			p.CSV.Preset, p.CSV.Columns = o.source.CSV.Preset, nil
		}
		if changed("timezone") {
			p.CSV.Timezone = o.source.CSV.Timezone
		}
		if changed("delimiter") {
			p.CSV.Delimiter = o.source.CSV.Delimiter
		}
	}
	if len(o.columns) > 0 {
		p.CSV.Columns = o.columns
	}
	if p.CSV.Preset == "" {
		return nil, withCode(exitUsage, fmt.Errorf("%q is no source of channels.phone with kind: csv; name its --preset", p.Name))
	}
	setIfEmpty(&p.Region, s.cfg.City.Region)
	setIfEmpty(&p.CSV.Timezone, s.cfg.Timezone)
	if !shortName.MatchString(p.Name) {
		return nil, withCode(exitUsage, fmt.Errorf("--source %q is not a short name: 1 to 40 of a-z, 0-9 and -", p.Name))
	}
	return &p, nil
}

func (s *system) importCalls(cmd *cobra.Command, path string, o callImport) (err error) {
	p, err := s.sourceFor(o, func(flag string) bool { return cmd.Flags().Changed(flag) })
	if err != nil {
		return err
	}
	format, err := p.format()
	if err != nil {
		return withCode(exitUsage, err)
	}
	since := s.now().Add(-24 * time.Hour)
	if o.since != "" {
		if since, err = time.ParseInLocation(time.DateOnly, o.since, s.zone); err != nil {
			return withCode(exitUsage, fmt.Errorf("--since %q is not a date such as 2026-11-01", o.since))
		}
	}
	shown := newProgress(cmd.ErrOrStderr(), "calls")
	imp := calllog.Importer{
		Source: calllog.Source{Name: p.Name, Region: p.Region, Format: format}, Logs: s.callLogs(), Now: s.now, Since: since, Again: o.again,
		Progress: func(f ticketing.CallFile, size int64) { shown.show(int(f.Offset>>10), int(size>>10)) },
	}
	if o.rejected != "" {
		out, err := os.OpenFile(o.rejected, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return withCode(exitUsage, err)
		}
		defer func() { err = errors.Join(err, out.Close()) }()
		imp.Reject = func(line []byte, _ int64, _ *calllog.Fault) error {
			_, err := out.Write(line)
			return err
		}
	}
	f, err := imp.Import(cmd.Context(), path)
	if err != nil {
		if cmd.Context().Err() != nil {
			return withCode(exitTemporary, fmt.Errorf("broken off behind line %d; the same command goes on there", f.Lines))
		}
		if f.ID == 0 {
			return withCode(exitData, err)
		}
		return temporary(err)
	}
	shown.done()
	return s.printCallFile(cmd, f, o.asJSON)
}

// callLogs enters files of calls.
func (s *system) callLogs() *ticketing.CallLogs {
	return &ticketing.CallLogs{Calls: &ticketing.Calls{Bureau: s.bureau}}
}

// A callFileJSON is a file of calls for programs.
type callFileJSON struct {
	ID       ticketing.CallFileID    `json:"id"`
	Source   string                  `json:"source"`
	File     string                  `json:"file"`
	State    ticketing.CallFileState `json:"state"`
	Lines    int64                   `json:"lines"`
	Entered  int64                   `json:"entered"`
	Known    int64                   `json:"known"`
	Ignored  int64                   `json:"ignored"`
	Rejected int64                   `json:"rejected"`
	Offset   int64                   `json:"offset"`
	LastCall time.Time               `json:"last_call,omitzero"`
	Updated  time.Time               `json:"updated_at"`
}

func callFileOf(f ticketing.CallFile) callFileJSON {
	return callFileJSON{
		ID: f.ID, Source: f.Source, File: f.Name, State: f.State, Lines: f.Lines, Entered: f.Legs, Known: f.Known, Ignored: f.Ignored,
		Rejected: f.Rejected, Offset: f.Offset, LastCall: f.LastAt, Updated: f.UpdatedAt,
	}
}

// mostRejectsShown bounds what is printed after an import; "calls rejects" lists all.
const mostRejectsShown = 20

func (s *system) printCallFile(cmd *cobra.Command, f ticketing.CallFile, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(callFileOf(f))
	}
	w := cmd.OutOrStdout()
	if _, err := fmt.Fprintf(w, "%s: %d lines: %d rows entered, %d known already, %d ignored, %d rejected\n", f.Name, f.Lines, f.Legs, f.Known, f.Ignored, f.Rejected); err != nil {
		return err
	}
	if f.Rejected == 0 {
		return nil
	}
	rejects, err := s.db.CallRejects(cmd.Context(), f.ID, 0, mostRejectsShown)
	if err != nil {
		return err
	}
	for _, r := range rejects {
		if err := printReject(w, r); err != nil {
			return err
		}
	}
	if f.Rejected > int64(len(rejects)) {
		_, err = fmt.Fprintf(w, "… all of them: system48 calls rejects %d\n", f.ID)
	}
	return err
}

func printReject(w io.Writer, r ticketing.CallReject) error {
	f := calllog.Fault{Kind: calllog.FaultKind(r.Kind), Column: r.Column, Text: r.Text}
	_, err := fmt.Fprintf(w, "line %d: %s\n", r.Line, f.Error())
	return err
}

func newCallsFilesCommand(load configLoader) *cobra.Command {
	var source string
	var asJSON bool
	cmd := &cobra.Command{Use: "files", Short: "List the files of calls that are or were read, the latest first", Args: cobra.NoArgs}
	cmd.Flags().StringVar(&source, "source", "", "only of this source")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, a file a line")
	withSystem(cmd, load, func(s *system, cmd *cobra.Command) error {
		list, err := s.db.CallFiles(cmd.Context(), source, 200)
		for _, f := range list {
			if asJSON {
				err = errors.Join(err, json.NewEncoder(cmd.OutOrStdout()).Encode(callFileOf(f)))
				continue
			}
			_, e := fmt.Fprintf(cmd.OutOrStdout(), "%d %s %s %s: %d lines, %d entered, %d known, %d ignored, %d rejected\n",
				f.ID, f.Source, f.Name, f.State, f.Lines, f.Legs, f.Known, f.Ignored, f.Rejected)
			err = errors.Join(err, e)
		}
		return err
	})
	return cmd
}

func newCallsRejectsCommand(load configLoader) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "rejects FILE-ID", Short: "List the rows of a file that were not taken, with line and reason", Args: cobra.ExactArgs(1)}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, a row a line")
	withSystemArgs(cmd, load, func(s *system, cmd *cobra.Command, args []string) error {
		var id ticketing.CallFileID
		if _, err := fmt.Sscanf(args[0], "%d", &id); err != nil {
			return withCode(exitUsage, fmt.Errorf("%q is no number of a file; system48 calls files lists them", args[0]))
		}
		for after := int64(0); ; {
			list, err := s.db.CallRejects(cmd.Context(), id, after, 500)
			if err != nil || len(list) == 0 {
				return err
			}
			for _, r := range list {
				if asJSON {
					err = json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"line": r.Line, "reason": r.Kind, "column": r.Column, "value": r.Text})
				} else {
					err = printReject(cmd.OutOrStdout(), r)
				}
				if err != nil {
					return err
				}
			}
			after = list[len(list)-1].Line
		}
	})
	return cmd
}
