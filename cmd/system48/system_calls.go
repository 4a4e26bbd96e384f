package main

import (
	"context"
	"fmt"
	"time"

	"github.com/sistem48/system48/channels/phone/calllog"
)

// addCallLogs adds what follows the call logs of exchanges.
func (s *system) addCallLogs(t *traffic) error {
	for i := range s.cfg.Channels.Phone {
		p := &s.cfg.Channels.Phone[i]
		if p.Kind != "csv" {
			continue
		}
		f, err := s.follower(p)
		if err != nil {
			return withCode(exitConfig, fmt.Errorf("channels.phone %s: %w", p.Name, err))
		}
		t.sources = append(t.sources, f)
	}
	return nil
}

// allHistory is before every record: with start_from: all every missed call is
// called back.
var allHistory = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

// follower makes what keeps up with the files of a source.
func (s *system) follower(p *PhoneSource) (*calllog.Follower, error) {
	format, err := p.format()
	if err != nil {
		return nil, err
	}
	f := &calllog.Follower{
		Source: calllog.Source{Name: p.Name, Region: p.Region, Format: format}, Path: p.CSV.Path, Logs: s.callLogs(), Now: s.now,
		Log: s.log.With("part", "calls"),
	}
	switch p.CSV.StartFrom {
	case "now":
	case "all":
		f.Start = allHistory
	default:
		if f.Start, err = time.ParseInLocation(time.DateOnly, p.CSV.StartFrom, s.zone); err != nil {
			return nil, fmt.Errorf("start_from: %w", err)
		}
	}
	return f, nil
}

// examineCallLogs looks at the files of calls.
func (s *system) examineCallLogs(_ context.Context) []finding {
	var list []finding
	for i := range s.cfg.Channels.Phone {
		p := &s.cfg.Channels.Phone[i]
		if p.Kind != "csv" {
			continue
		}
		format, err := p.format()
		if err != nil {
			list = append(list, finding{Name: "call log " + p.Name, Detail: err.Error(), Remedy: "correct channels.phone"})
			continue
		}
		for _, c := range calllog.Doctor(p.CSV.Path, format, s.now) {
			list = append(list, finding{Name: "call log " + p.Name + ": " + c.Name, OK: c.OK, Detail: c.Detail, Remedy: c.Remedy})
		}
	}
	return list
}
