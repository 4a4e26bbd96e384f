package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// newSimulateOutsideCommand plays the outside world: it sends what telephone systems
// and providers send, to the same addresses and with the same proofs.
func newSimulateOutsideCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "simulate", Short: "Send what telephone systems send, to try an installation out",
		Long: "Sends events of a telephone system to a running bureau, by the address and the token\nthat a real one would use. The tokens of the demo are in the line of demo --json.",
	}
	cmd.AddCommand(newSimulateTextCommand())
	cmd.AddCommand(newSimulateCallCommand("call", "A call that an agent takes"), newSimulateCallCommand("missed", "A call that nobody takes"),
		newSimulateCallCommand("voicemail", "A call that leaves a message"))
	return cmd
}

// A simulatedCall is a call as a telephone system tells of it.
type simulatedCall struct {
	web, token, from, to string
	agent, recording     string
	ring, talk           time.Duration
	key                  string
	out                  bool
}

func newSimulateCallCommand(kind, short string) *cobra.Command {
	var c simulatedCall
	cmd := &cobra.Command{
		Use: kind + " --token TOKEN", Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.play(cmd.Context(), kind, cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	f.StringVar(&c.web, "url", "http://127.0.0.1:4848", "address of the bureau")
	f.StringVar(&c.token, "token", "", "token of the telephone system (cti_token of demo --json)")
	f.StringVar(&c.from, "from", "067 123 456", "number of the caller; anonymous hides it")
	f.StringVar(&c.to, "to", "19848", "number that is called")
	f.StringVar(&c.agent, "agent", "", "extension that rings and takes the call; without one it rings everywhere")
	f.DurationVar(&c.ring, "ring", 8*time.Second, "how long it rings")
	f.StringVar(&c.key, "key", "", "key of the call; a new one by itself")
	switch kind {
	case "call":
		f.DurationVar(&c.talk, "talk", 10*time.Second, "how long it lasts")
		f.BoolVar(&c.out, "out", false, "the agent calls out, to the number of --from")
		f.StringVar(&c.recording, "recording", "", "name of the recording in the folder of recordings")
	case "voicemail":
		f.DurationVar(&c.talk, "talk", 10*time.Second, "how long the message is")
		f.StringVar(&c.recording, "recording", "govorna-poruka.wav", "name of the recording in the folder of recordings")
	}
	return cmd
}

// play tells of the call as it goes on.
func (c *simulatedCall) play(ctx context.Context, kind string, out io.Writer) error {
	if c.token == "" {
		return withCode(exitUsage, fmt.Errorf("--token is not given"))
	}
	if c.key == "" {
		c.key = fmt.Sprintf("sim-%d", time.Now().UnixNano())
	}
	type step struct {
		after  time.Duration
		fields []string
	}
	agent := c.agent
	if agent == "" {
		agent = "101"
	}
	ring := []string{"event", "newCall"}
	if c.agent != "" {
		ring = append(ring, "user[]", c.agent)
	}
	steps := []step{{0, ring}}
	switch {
	case kind == "call":
		steps = append(steps, step{c.ring, []string{"event", "answer", "answeringNumber", agent}}, step{c.talk, []string{"event", "hangup", "cause", "normalClearing", "recording", c.recording}})
	case kind == "voicemail":
		steps = append(steps, step{c.ring, []string{"event", "answer", "answeringNumber", "voicemail"}}, step{c.talk, []string{"event", "hangup", "cause", "normalClearing", "recording", c.recording}})
	default:
		steps = append(steps, step{c.ring, []string{"event", "hangup", "cause", "cancel"}})
	}
	for _, s := range steps {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(s.after):
		}
		answer, err := c.tell(ctx, s.fields)
		if err != nil {
			return withCode(exitUnavailable, err)
		}
		fmt.Fprintf(out, "%s %s → %s\n", s.fields[1], c.key, answer)
	}
	return nil
}

// tell posts one event.
func (c *simulatedCall) tell(ctx context.Context, fields []string) (string, error) {
	form := url.Values{"callId": {c.key}, "from": {c.from}, "to": {c.to}, "direction": {"in"}}
	if c.out {
		form.Set("direction", "out")
		form.Set("from", c.to)
		form.Set("to", c.from)
	}
	for pair := range slices.Chunk(fields, 2) {
		if value := pair[len(pair)-1]; value != "" {
			form.Add(pair[0], value)
		}
	}
	address := strings.TrimRight(c.web, "/") + "/hooks/cti/" + url.PathEscape(c.token)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{Timeout: 15 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 4096))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("the bureau answers %s: %s", res.Status, strings.TrimSpace(string(body)))
	}
	return strings.TrimSpace(string(body)), err
}
