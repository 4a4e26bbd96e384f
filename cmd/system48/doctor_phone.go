package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/sistem48/system48/channels/phone"
)

// shortToken is below how many characters a token can be guessed.
const shortToken = 16

// examinePhone looks at what telephone systems need: the token, the way to our
// own webhook from outside, and the folder of recordings.
func (s *system) examinePhone(ctx context.Context) []finding {
	var list []finding
	for i := range s.cfg.Channels.Phone {
		p := &s.cfg.Channels.Phone[i]
		name := "calls of " + p.Name
		if p.Kind == phoneCTI {
			list = append(list, s.examineCTI(ctx, name, p)...)
		}
		if p.Recordings != "" {
			f := finding{Name: name + ": recordings", OK: true, Detail: p.Recordings}
			if _, err := os.ReadDir(p.Recordings); err != nil {
				f.OK, f.Detail, f.Remedy = false, err.Error(), "let the user of serve read the folder, or correct recordings"
			}
			list = append(list, f)
		}
	}
	return list
}

func (s *system) examineCTI(ctx context.Context, name string, p *PhoneSource) []finding {
	token, err := readSecret(p.TokenFile)
	if err != nil {
		return []finding{{Name: name + ": token", Detail: err.Error(), Remedy: "put a long random word into channels.phone token_file"}}
	}
	out := []finding{{
		Name: name + ": token", OK: len(token) >= shortToken, Detail: fmt.Sprintf("%d characters", len(token)),
		Remedy: fmt.Sprintf("a token of less than %d characters can be guessed: write a longer one", shortToken),
	}}
	address := s.cfg.PublicURL + "/hooks/cti/"
	remedy := "does the proxy pass POST " + address + " on to serve, and is serve running? see docs/operations.md, “The free line”"
	for _, event := range []string{"newCall", "hangup"} {
		status, err := dryRun(ctx, address+url.PathEscape(token), event)
		out = append(out, reached(name+": "+event+" by the public address", status, err, http.StatusOK, remedy))
	}
	status, err := dryRun(ctx, address+"nobodys-"+url.PathEscape(token), "newCall")
	return append(out, reached(name+": a wrong token by the public address", status, err, http.StatusNotFound, remedy))
}

func reached(name string, status int, err error, want int, remedy string) finding {
	f := finding{Name: name, OK: err == nil && status == want, Detail: fmt.Sprintf("answered %d", status), Remedy: remedy}
	if err != nil {
		f.Detail = "no answer"
	}
	return f
}

// dryRun posts an event that is understood and not stored.
func dryRun(ctx context.Context, address, event string) (int, error) {
	form := url.Values{"event": {event}, "callId": {"doctor"}, "direction": {"in"}, "from": {"anonymous"}, "to": {"doctor"}, "cause": {"cancel"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set(phone.DryRun, "1")
	res, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 4096))
	return res.StatusCode, err
}
