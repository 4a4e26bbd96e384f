package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/sistem48/system48/channels/phone"
	"github.com/sistem48/system48/ticketing"
)

// calls is what becomes of telephone calls.
func (s *system) calls() *ticketing.Calls { return &ticketing.Calls{Bureau: s.bureau, Duties: s.db} }

// phoneHooks are what telephone systems call.
func (s *system) phoneHooks(m *metrics) map[string]http.Handler {
	cti := &phone.CTI{Calls: s.calls(), Blobs: s.blobs, Now: s.now, Log: s.log, Count: m.callEvent}
	for i := range s.cfg.Channels.Phone {
		p := &s.cfg.Channels.Phone[i]
		if p.Kind != phoneCTI {
			continue
		}
		line := phone.Line{CallLine: s.bureau.Settings.Line(p.Name), Token: func() (string, error) { return readSecret(p.TokenFile) }}
		for _, c := range p.CallerIDs {
			line.CallerIDs = append(line.CallerIDs, phone.CallerID{To: c.To, Number: c.Number})
		}
		cti.Lines = append(cti.Lines, line)
	}
	hooks := map[string]http.Handler{"/hooks/cti/:token": cti, "/api/v1/cti/:token": cti}
	s.voiceHooks(m, hooks)
	return hooks
}

// phoneDuties decide what becomes of calls and fetch their recordings.
func (s *system) phoneDuties() func(ctx context.Context) error {
	fetcher := &phone.Fetcher{Calls: s.calls(), Blobs: s.blobs, Recorders: map[string]phone.Recorder{}, Log: s.log}
	for i := range s.cfg.Channels.Phone {
		if p := &s.cfg.Channels.Phone[i]; p.Recordings != "" {
			fetcher.Recorders[p.Name] = phone.Folder(p.Recordings)
		} else if p.Kind == phoneTwilio {
			line := s.voiceLine(p)
			fetcher.Recorders[p.Name] = &line
		}
	}
	return func(ctx context.Context) error {
		return errors.Join(drain(s.calls().Decide)(ctx), drain(fetcher.Run)(ctx))
	}
}
