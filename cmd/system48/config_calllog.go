package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/sistem48/system48/channels/phone/calllog"
)

// A CallLogConfig says where the files of an exchange are and how they are read.
type CallLogConfig struct {
	Path       string   `yaml:"path"`              // a file that grows, a folder, or a folder and a pattern: /var/spool/cdr/cdr_*
	Preset     string   `yaml:"preset"`            // asterisk, freeswitch, 3cx, cucm or generic
	Columns    []string `yaml:"columns"`           // their names in the order of the file; empty = as the preset has them
	Timezone   string   `yaml:"timezone"`          // of times in the file; "" = timezone
	Charset    string   `yaml:"charset"`           // "" = found out
	Delimiter  string   `yaml:"delimiter"`         // between columns
	TimeLayout string   `yaml:"time_layout"`       // "" = the usual forms; else as 02/01/2006 15:04:05
	Ignore     []string `yaml:"ignore_extensions"` // where no person answers: announcements, fax, mailboxes
	Contexts   []string `yaml:"incoming_contexts"` // contexts or trunks by which calls come in
	StartFrom  string   `yaml:"start_from"`        // now, all, or a date: missed calls before are counted, never called back
}

// format is how the files of the source are read.
func (p *PhoneSource) format() (*calllog.Format, error) {
	zone, err := time.LoadLocation(p.CSV.Timezone)
	if err != nil {
		return nil, fmt.Errorf("timezone: %w", err)
	}
	comma := p.CSV.Delimiter
	if comma == "tab" {
		comma = "\t"
	}
	if len(comma) != 1 {
		return nil, fmt.Errorf("delimiter %q is not one character or tab", p.CSV.Delimiter)
	}
	return calllog.NewFormat(calllog.Format{
		Preset: calllog.Preset(p.CSV.Preset), Columns: p.CSV.Columns, Zone: zone, Charset: calllog.Charset(p.CSV.Charset), Comma: comma[0],
		Time: p.CSV.TimeLayout, Own: p.DIDs, Ignore: p.CSV.Ignore, Contexts: p.CSV.Contexts,
	})
}

func (k *checker) callLog(key string, p *PhoneSource) {
	if !filepath.IsAbs(p.CSV.Path) {
		k.fault(key+".path", fmt.Sprintf("is %q, not a full path", clip(p.CSV.Path)), "write where the exchange puts its records, for example /var/log/asterisk/cdr-csv/Master.csv")
	}
	if _, err := p.format(); err != nil {
		k.fault(key, "cannot be used: "+err.Error(), "see “Call logs” in docs/operations.md for each preset")
	}
	k.startFrom(key+".start_from", p.CSV.StartFrom)
}
