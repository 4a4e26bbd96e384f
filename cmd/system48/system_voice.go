package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/sistem48/system48/channels/phone"
	"github.com/sistem48/system48/channels/twilio"
)

// voice is the provider's voice service; nil when none is configured.
func (s *system) voice(m *metrics) *phone.Voice {
	v := &phone.Voice{Calls: s.calls(), Now: s.now, Log: s.log}
	if m != nil {
		v.Count = m.callEvent
	}
	for i := range s.cfg.Channels.Phone {
		if p := &s.cfg.Channels.Phone[i]; p.Kind == phoneTwilio {
			v.Lines = append(v.Lines, s.voiceLine(p))
		}
	}
	if len(v.Lines) == 0 {
		return nil
	}
	return v
}

func (s *system) voiceLine(p *PhoneSource) phone.VoiceLine {
	t := &p.Twilio
	var tokens []func() (string, error)
	for _, file := range t.AuthTokenFiles {
		tokens = append(tokens, func() (string, error) { return readSecret(file) })
	}
	return phone.VoiceLine{
		Source: p.Name, AccountSID: t.AccountSID, Tokens: twilio.Tokens(tokens...), PublicURL: s.cfg.PublicURL, BaseURL: t.BaseURL,
		Greeting: sounds(p.Name+"-greeting", t.Greeting), Closed: sounds(p.Name+"-closed", t.Closed), Desk: t.Desk, Ring: t.Ring,
		VoicemailMax: t.VoicemailMax, Record: t.Record,
		Open: func(ctx context.Context, at time.Time) bool {
			if t.Hours == "" {
				return true
			}
			dir, err := s.db.Directory(ctx)
			if err != nil {
				return false // callers leave a message
			}
			cal, ok := dir.Rules.Calendar(t.Hours, 0)
			return !ok || cal.Open(at)
		},
	}
}

// sounds gives files names that say nothing of where they lie.
func sounds(name string, files []string) []phone.Sound {
	var out []phone.Sound
	for i, f := range files {
		out = append(out, phone.Sound{Name: fmt.Sprintf("%s-%d%s", name, i+1, filepath.Ext(f)), File: f})
	}
	return out
}

// voiceHooks are what the voice service calls and fetches.
func (s *system) voiceHooks(m *metrics, into map[string]http.Handler) {
	if v := s.voice(m); v != nil {
		into["/hooks/twilio/voice"], into["/hooks/twilio/recording"] = v, v
		into["/hooks/twilio/sound/:name"] = v.Sounds()
	}
}

// compareVoice takes over what the provider lists of the last days.
func (s *system) compareVoice(ctx context.Context) error {
	v := s.voice(nil)
	if v == nil {
		return nil
	}
	_, err := v.Compare(ctx, s.now().Add(-48*time.Hour))
	return err
}
