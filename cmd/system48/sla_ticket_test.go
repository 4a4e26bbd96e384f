package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A stored ticket is explained by the versions it was promised by, however the
// rules read today: policy, profile and calendar (I6).
func TestExplainTicket(t *testing.T) {
	t.Parallel()
	b := unserved(t, "sqlite", "")
	b.command("", "migrate")
	ref := b.promised(t)
	var out explainedJSON
	if err := json.Unmarshal([]byte(b.command("", "sla", "explain", "--json", "--ticket", ref)), &out); err != nil {
		t.Fatal(err)
	}
	x := out.Clocks[0]
	if len(out.Clocks) != 2 || out.Clocks[1].Kind != "resolve" || out.Ref != ref || x.Kind != "answer" || x.Policy == nil || *x.Policy != "quick" || *x.PolicyVer != 1 || x.Target != 4*3600 || x.CalVer < 1 {
		t.Errorf("explained %+v", out)
	}
	for _, want := range []string{"clock     answer", "policy    quick (version 1)", "calendar 24x7 (version 1)", "target    4h"} {
		if said := b.command("", "sla", "explain", "--ticket", ref); !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	for _, bad := range []struct {
		want int
		args []string
	}{
		{exitData, []string{"--ticket", string(ticketing.NewReference("S48", 26, 999))}},
		{exitUsage, []string{"--ticket", "S48-26-000999"}},
	} {
		var o, e strings.Builder
		if code := run(context.Background(), append([]string{"sla", "explain", "-c", b.config()}, bad.args...), strings.NewReader(""), &o, &e); code != bad.want {
			t.Errorf("%v: exit %d, want %d: %s", bad.args, code, bad.want, e.String())
		}
	}
}

// promised opens a ticket under a policy that is changed afterwards.
func (b *bureau) promised(t *testing.T) string {
	t.Helper()
	cfg, _, err := LoadConfig(b.config(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openSystem(t.Context(), cfg, newLogger(t.Output(), LogConfig{Level: "warn", Format: "text"}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.close() }()
	policy := ticketing.Policy{Name: "quick", Profile: "24x7", Target: 4 * time.Hour}
	if err := s.registry().SaveRule(t.Context(), cliActor, ticketing.DraftPolicy(policy), 0); err != nil {
		t.Fatal(err)
	}
	desk := ticketing.Desk{Bureau: s.bureau}
	k, err := desk.Open(t.Context(), cliActor, ticketing.OpenInput{Text: "Rupa", Channel: ticketing.ChannelCounter})
	if err != nil {
		t.Fatal(err)
	}
	policy.Target = 9 * time.Hour
	if err := s.registry().SaveRule(t.Context(), cliActor, ticketing.DraftPolicy(policy), 1); err != nil {
		t.Fatal(err)
	}
	return string(k.Ref)
}
