package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/sistem48/system48/channels/phone/calllog"
	"github.com/sistem48/system48/ticketing"
)

// A PhoneSource is one thing that tells of telephone calls, and what is promised
// about the calls it tells of.
type PhoneSource struct {
	Name        string        `yaml:"name"`         // short and stable: calls are remembered under it
	Kind        string        `yaml:"kind"`         // csv: files that the exchange writes
	Region      string        `yaml:"region"`       // ISO 3166 country of numbers without one; "" = city.region
	DIDs        []string      `yaml:"dids"`         // numbers of the free line; empty: every call is to it
	MinRing     time.Duration `yaml:"min_ring"`     // a missed call that rang shorter is no contact
	CallbackDue time.Duration `yaml:"callback_due"` // working time within which a missed call is called back
	Settle      time.Duration `yaml:"settle"`       // how long after its end it is decided what becomes of a call
	CSV         CallLogConfig `yaml:"csv"`          // for kind: csv
}

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

// setDefaults fills a new source in before the file is laid over it.
func (p *PhoneSource) setDefaults() {
	p.MinRing, p.CallbackDue, p.Settle = ticketing.DefaultMinRing, ticketing.DefaultCallbackDue, ticketing.DefaultCallSettle
	p.CSV = CallLogConfig{Delimiter: ","}
}

// complete fills in what follows from other keys.
func (p *PhoneSource) complete(c *Config) {
	setIfEmpty(&p.Region, c.City.Region)
	if p.Kind == "csv" {
		setIfEmpty(&p.CSV.Timezone, c.Timezone)
	}
}

// line is what the core needs to know of the source.
func (p *PhoneSource) line() ticketing.CallLine {
	return ticketing.CallLine{
		Source: p.Name, Region: p.Region, MinRing: p.MinRing, CallbackDue: p.CallbackDue, Settle: p.Settle, DIDs: p.DIDs,
	}
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

// phone checks the sources of calls.
func (k *checker) phone(list []PhoneSource) {
	names := map[string]bool{}
	for i := range list {
		p := &list[i]
		key := fmt.Sprintf("channels.phone[%d]", i)
		k.code(key+".name", p.Name, names)
		k.oneOf(key+".kind", p.Kind, "csv")
		k.duration(key+".min_ring", p.MinRing, 0, time.Minute)
		k.duration(key+".callback_due", p.CallbackDue, time.Minute, 14*day)
		k.duration(key+".settle", p.Settle, time.Second, time.Hour)
		if p.Kind == "csv" {
			k.callLog(key+".csv", p)
		}
	}
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
