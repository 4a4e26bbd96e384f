package phone

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/sistem48/system48/channels/twilio"
	"github.com/sistem48/system48/ticketing"
)

// A VoiceLine is a number of Twilio's voice service.
type VoiceLine struct {
	Source     string
	AccountSID string
	Tokens     func() ([]string, error) // two while one is being replaced
	PublicURL  string                   // of the bureau, without a slash at the end
	BaseURL    string                   // of Twilio's interface; "" = its own
	// Greeting is played to who calls while the desk is open, Closed otherwise;
	// the files in order, one a language.
	Greeting, Closed []Sound
	Desk             string                                // where calls ring: E.164 or sip:…; "" = nowhere, callers leave a message
	Ring             time.Duration                         // how long
	Open             func(context.Context, time.Time) bool // whether somebody sits at the desk
	VoicemailMax     time.Duration
	Record           bool // record conversations
}

// A Sound is a file that Twilio plays.
type Sound struct {
	Name string // part of its address
	File string
}

// A Voice answers Twilio's voice service: POST /hooks/twilio/voice for calls and
// their states, /hooks/twilio/recording for recordings. What is not signed for the
// public address and the raw body is answered with 403 and reaches nobody (A87);
// what cannot be stored with 503 (F30).
type Voice struct {
	Lines []VoiceLine
	Calls Taker
	Now   func() time.Time
	Log   *slog.Logger
	Count func(source, event string, status int) // for metrics; may be nil
}

// ServeHTTP takes one request of Twilio.
func (v *Voice) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	line, q, err := v.read(r)
	status := http.StatusForbidden
	if err == nil {
		var answer string
		if answer, err = v.take(r.Context(), line, r.URL, q.Form); err == nil {
			v.count(line.Source, http.StatusOK)
			w.Header().Set("Content-Type", "text/xml; charset=utf-8")
			w.Header().Set("Cache-Control", "no-store")
			_, _ = io.WriteString(w, xml.Header+answer) //nolint:gosec // G705: XML of our own; Twilio is gone: it will ask again
			return
		}
		status = http.StatusServiceUnavailable
	} else if !errors.Is(err, twilio.ErrSignature) && !errors.Is(err, twilio.ErrBody) && !errors.Is(err, twilio.ErrMethod) {
		status = http.StatusServiceUnavailable
	}
	if status == http.StatusServiceUnavailable {
		v.Log.WarnContext(r.Context(), "voice webhook is not stored", "part", "voice", "err", err)
	}
	v.count("", status)
	http.Error(w, http.StatusText(status), status)
}

func (v *Voice) count(source string, status int) {
	if v.Count != nil {
		v.Count(source, "voice", status)
	}
}

// read finds whose account speaks and whether it is it.
func (v *Voice) read(r *http.Request) (*VoiceLine, twilio.Request, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, twilio.MaxBody+1))
	if err != nil || len(raw) > twilio.MaxBody {
		return nil, twilio.Request{}, twilio.ErrBody
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, twilio.Request{}, twilio.ErrBody
	}
	for i := range v.Lines {
		l := &v.Lines[i]
		if l.AccountSID != form.Get("AccountSid") {
			continue
		}
		r.Body = io.NopCloser(bytes.NewReader(raw))
		guard := twilio.Guard{PublicURL: l.PublicURL, Tokens: l.Tokens}
		q, err := guard.Read(r)
		return l, q, err
	}
	return nil, twilio.Request{}, twilio.ErrSignature
}

// take stores what was told and says what Twilio is to do.
func (v *Voice) take(ctx context.Context, l *VoiceLine, u *url.URL, f url.Values) (string, error) {
	step, now := u.Query().Get("step"), v.Now()
	if path.Base(u.Path) == "recording" {
		step = "recording"
	}
	report := l.report(step, f, now)
	out, err := v.Calls.Take(ctx, []ticketing.CallReport{report})
	if err != nil {
		return "", err
	}
	if out[0].Err != nil { // signed, and yet it cannot be: nothing a caller could mend
		v.Log.WarnContext(ctx, "voice webhook cannot be true", "part", "voice", "source", l.Source, "err", out[0].Err)
	}
	switch {
	case step == "desk" && report.Result != ticketing.CallAnswered:
		return l.leaveMessage(nil), nil
	case step != "" || over(f.Get("CallStatus")):
		return "<Response/>", nil
	case l.Desk != "" && l.Open(ctx, now):
		return l.ringDesk(), nil
	}
	return l.leaveMessage(l.Closed), nil
}

// voiceResults are the states of a call that is over.
var voiceResults = map[string]ticketing.CallResult{
	"completed": ticketing.CallAnswered, "answered": ticketing.CallAnswered, "busy": ticketing.CallBusy, "no-answer": ticketing.CallMissed,
	"canceled": ticketing.CallMissed, "failed": ticketing.CallFailed,
}

func over(status string) bool { return voiceResults[status] != "" }

// leastMessage is how long a message is at least: who hangs up at the tone left none.
const leastMessage = 2 * time.Second

// report maps a request to what the core understands. The call as a whole is
// taken by Twilio; only the part that rings at the desk is taken by a person.
func (l *VoiceLine) report(step string, f url.Values, now time.Time) ticketing.CallReport {
	r := ticketing.CallReport{
		Source: l.Source, Call: f.Get("CallSid"), Direction: ticketing.CallIn, From: f.Get("From"), To: f.Get("To"), Unattended: true, Cause: f.Get("CallStatus"),
	}
	switch step {
	case "desk":
		talk := seconds(f.Get("DialCallDuration"))
		r.Leg, r.Unattended, r.Result, r.Cause = f.Get("DialCallSid"), false, voiceResults[f.Get("DialCallStatus")], f.Get("DialCallStatus")
		if r.Leg == "" {
			r.Leg = "desk"
		}
		r.Ended, r.Extension = now, l.Desk
		if r.Result == ticketing.CallAnswered {
			r.Answered, r.Talk = now.Add(-talk), talk
		}
	case "recorded", "recording":
		r.Cause = ""
		if d := seconds(f.Get("RecordingDuration")); d >= leastMessage || f.Get("RecordingDuration") == "" {
			r.Recording = f.Get("RecordingUrl")
			r.Voicemail = step == "recorded" || f.Get("RecordingSource") == "RecordVerb"
		}
		r.Started = now.Add(-seconds(f.Get("RecordingDuration"))) // the call began before
	default:
		if r.Started = now; over(f.Get("CallStatus")) {
			r.Started, r.Ended = now.Add(-seconds(f.Get("CallDuration"))), now
			if r.Result = voiceResults[f.Get("CallStatus")]; r.Result == ticketing.CallAnswered {
				r.Result = "" // by Twilio
			}
		}
		if r.Cause == "ringing" || r.Cause == "in-progress" || r.Cause == "queued" {
			r.Cause = ""
		}
	}
	return r
}

func seconds(s string) time.Duration {
	n, _ := strconv.Atoi(s)
	return time.Duration(min(max(n, 0), 48*3600)) * time.Second
}

// ringDesk plays the greeting and rings where somebody sits.
func (l *VoiceLine) ringDesk() string {
	var b strings.Builder
	b.WriteString("<Response>")
	l.play(&b, l.Greeting)
	fmt.Fprintf(&b, `<Dial timeout="%d" action="%s"`, int(l.Ring/time.Second), text(l.address("voice?step=desk")))
	if l.Record {
		fmt.Fprintf(&b, ` record="record-from-answer" recordingStatusCallback="%s"`, text(l.address("recording")))
	}
	b.WriteString(">")
	if strings.HasPrefix(l.Desk, "sip:") {
		b.WriteString("<Sip>" + text(l.Desk) + "</Sip>")
	} else {
		b.WriteString("<Number>" + text(l.Desk) + "</Number>")
	}
	b.WriteString("</Dial></Response>")
	return b.String()
}

// leaveMessage lets the caller leave a message.
func (l *VoiceLine) leaveMessage(first []Sound) string {
	if len(first) == 0 {
		first = l.Closed
	}
	var b strings.Builder
	b.WriteString("<Response>")
	l.play(&b, first)
	fmt.Fprintf(&b, `<Record maxLength="%d" playBeep="true" action="%s" recordingStatusCallback="%s"/></Response>`,
		int(l.VoicemailMax/time.Second), text(l.address("voice?step=recorded")), text(l.address("recording")))
	return b.String()
}

func (l *VoiceLine) play(b *strings.Builder, sounds []Sound) {
	for _, s := range sounds {
		b.WriteString("<Play>" + text(l.address("sound/"+s.Name)) + "</Play>")
	}
}

func (l *VoiceLine) address(rest string) string { return l.PublicURL + "/hooks/twilio/" + rest }

func text(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // never fails on a Builder
	return b.String()
}
