package phone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// How the provider's list is read.
const (
	listPage  = 200
	listPages = 100     // of one comparison
	listBytes = 8 << 20 // of one page
)

// A listedCall is a call of Twilio's list (Calls resource, API 2010-04-01).
type listedCall struct {
	SID       string `json:"sid"`
	Parent    string `json:"parent_call_sid"`
	From      string `json:"from"`
	To        string `json:"to"`
	Status    string `json:"status"`
	Start     string `json:"start_time"` // RFC 2822
	End       string `json:"end_time"`
	Duration  string `json:"duration"` // seconds
	Direction string `json:"direction"`
}

type listedRecording struct {
	Call     string `json:"call_sid"`
	Duration string `json:"duration"`
	Source   string `json:"source"`
	URI      string `json:"uri"` // path, ending with .json
	Created  string `json:"date_created"`
}

type listed struct {
	Calls      []listedCall      `json:"calls"`
	Recordings []listedRecording `json:"recordings"`
	Next       string            `json:"next_page_uri"`
}

// Compare takes over what Twilio lists of calls since the day of the instant: a
// webhook that was refused while we were away does not come again. It returns how
// many reports told something new.
func (v *Voice) Compare(ctx context.Context, since time.Time) (int, error) {
	fresh := 0
	var errs []error
	for i := range v.Lines {
		l := &v.Lines[i]
		day := url.QueryEscape(since.UTC().Format(time.DateOnly))
		for _, list := range []string{
			fmt.Sprintf("/2010-04-01/Accounts/%s/Calls.json?PageSize=%d&StartTime%%3E=%s", l.AccountSID, listPage, day),
			fmt.Sprintf("/2010-04-01/Accounts/%s/Recordings.json?PageSize=%d&DateCreated%%3E=%s", l.AccountSID, listPage, day),
		} {
			n, err := v.compare(ctx, l, list)
			fresh += n
			if err != nil {
				errs = append(errs, fmt.Errorf("compare calls of %s: %w", l.Source, err))
				break
			}
		}
	}
	return fresh, errors.Join(errs...)
}

func (v *Voice) compare(ctx context.Context, l *VoiceLine, next string) (int, error) {
	fresh := 0
	for range listPages {
		page, err := l.list(ctx, next)
		if err != nil {
			return fresh, err
		}
		var reports []ticketing.CallReport
		for i := range page.Calls {
			if r, ok := l.listedReport(&page.Calls[i]); ok {
				reports = append(reports, r)
			}
		}
		for i := range page.Recordings {
			reports = append(reports, l.recordingReport(&page.Recordings[i]))
		}
		out, err := v.Calls.Take(ctx, reports)
		if err != nil {
			return fresh, err
		}
		for _, o := range out {
			if o.New {
				fresh++
			}
		}
		if next = page.Next; next == "" {
			return fresh, nil
		}
	}
	return fresh, nil
}

// list reads one page.
func (l *VoiceLine) list(ctx context.Context, path string) (*listed, error) {
	base := strings.TrimRight(l.BaseURL, "/")
	if base == "" {
		base = "https://api.twilio.com"
	}
	u, err := url.Parse(base + path)
	if err != nil || !l.allowed(u) || !strings.HasPrefix(path, "/") {
		return nil, errForeign
	}
	tokens, err := l.Tokens()
	if err != nil {
		return nil, fmt.Errorf("read the auth token: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth(l.AccountSID, tokens[0])
	res, err := (&http.Client{Timeout: 20 * time.Second}).Do(req)
	if err != nil {
		return nil, errors.New("the provider does not answer")
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the provider answers %d", res.StatusCode)
	}
	var page listed
	if err := json.NewDecoder(io.LimitReader(res.Body, listBytes)).Decode(&page); err != nil {
		return nil, fmt.Errorf("the provider's list: %w", err)
	}
	return &page, nil
}

// listedReport maps a call of the list: one that came in, or a part of one.
func (l *VoiceLine) listedReport(c *listedCall) (ticketing.CallReport, bool) {
	r := ticketing.CallReport{
		Source: l.Source, Call: c.SID, Direction: ticketing.CallIn, From: c.From, To: c.To, Unattended: true,
		Started: listedTime(c.Start), Ended: listedTime(c.End), Result: voiceResults[c.Status],
	}
	if over(c.Status) {
		r.Cause = c.Status
	}
	if c.Parent == "" {
		if r.Result == ticketing.CallAnswered {
			r.Result = "" // by Twilio
		}
		return r, c.Direction == "inbound" && !r.Started.IsZero()
	}
	r.Call, r.Leg, r.Unattended, r.From, r.To, r.Extension = c.Parent, c.SID, false, "", "", l.Desk
	if talk := seconds(c.Duration); r.Result == ticketing.CallAnswered && talk > 0 && !r.Ended.IsZero() {
		r.Answered, r.Talk = r.Ended.Add(-talk), talk
		if r.Answered.Before(r.Started) {
			r.Started = r.Answered
		}
	} else if r.Result == ticketing.CallAnswered {
		r.Result = ticketing.CallMissed
	}
	return r, !r.Started.IsZero()
}

func (l *VoiceLine) recordingReport(c *listedRecording) ticketing.CallReport {
	base := strings.TrimRight(l.BaseURL, "/")
	if base == "" {
		base = "https://api.twilio.com"
	}
	r := ticketing.CallReport{Source: l.Source, Call: c.Call, Direction: ticketing.CallIn, Unattended: true, Started: listedTime(c.Created)}
	if seconds(c.Duration) >= leastMessage {
		r.Recording, r.Voicemail = base+strings.TrimSuffix(c.URI, ".json"), c.Source == "RecordVerb"
	}
	return r
}

func listedTime(s string) time.Time {
	at, err := time.Parse(time.RFC1123Z, s)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}
