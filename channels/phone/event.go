package phone

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// Bounds of one event.
const (
	maxEvent  = 64 << 10 // bytes of a request
	maxUsers  = 50       // telephones it may ring at
	maxFields = 200
)

// An event is what a bridge tells: the fields of the generic interface by name.
type event struct {
	Event, From, To, Direction, CallID string
	Queue, Cause, AnsweringNumber      string
	Recording                          string // no part of the interface; some bridges send it
	Users                              []string
}

// A fault says which field of an event is wrong, and how.
type fault struct {
	Field  string `json:"field"`
	Reason string `json:"error"`
}

func (f *fault) Error() string { return f.Field + ": " + f.Reason }

// parseEvent reads the body of an event: a JSON object or a form. Its error is a
// *fault.
func parseEvent(contentType string, body []byte) (event, error) {
	kind, _, _ := mime.ParseMediaType(contentType)
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	var fields map[string][]string
	var err error
	if kind == "application/json" || strings.HasSuffix(kind, "+json") || bytes.HasPrefix(body, []byte("{")) {
		fields, err = jsonFields(body)
	} else {
		fields, err = formFields(body)
	}
	if err != nil {
		return event{}, err
	}
	first := func(names ...string) string {
		for _, n := range names {
			for _, v := range fields[n] {
				if v = strings.TrimSpace(v); v != "" {
					return v
				}
			}
		}
		return ""
	}
	e := event{
		Event: first("event"), From: first("from"), To: first("to"), Direction: strings.ToLower(first("direction")), CallID: first("callId", "call_id", "callid"),
		Queue: first("queue"), Cause: first("cause"), AnsweringNumber: first("answeringNumber", "answering_number"), Recording: first("recording"),
	}
	for _, name := range []string{"user", "user[]", "fullUserId", "fullUserId[]"} {
		for _, v := range fields[name] {
			if v = strings.TrimSpace(v); v != "" && !slices.Contains(e.Users, v) && len(e.Users) < maxUsers {
				e.Users = append(e.Users, v)
			}
		}
	}
	return e, e.check()
}

// check names the field by which an event cannot be understood.
func (e *event) check() error {
	switch {
	case e.Event == "":
		return &fault{"event", "is missing"}
	case !known(e.Event):
		return &fault{"event", "is none of newCall, answer, hangup"}
	case e.CallID == "":
		return &fault{"callId", "is missing"}
	case e.Direction != "" && e.Direction != "in" && e.Direction != "out":
		return &fault{"direction", "is neither in nor out"}
	case e.Event == "newCall" && e.Direction == "":
		return &fault{"direction", "is missing"}
	}
	return nil
}

// known reports whether it is an event of the interface.
func known(event string) bool { return event == "newCall" || event == "answer" || event == "hangup" }

// jsonFields reads an object of texts, numbers and lists of them.
func jsonFields(body []byte) (map[string][]string, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var raw map[string]any
	if err := dec.Decode(&raw); err != nil || raw == nil {
		return nil, &fault{"body", "is no JSON object"}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, &fault{"body", "holds more than one JSON object"}
	}
	if len(raw) > maxFields {
		return nil, &fault{"body", "has too many fields"}
	}
	out := make(map[string][]string, len(raw))
	for name, v := range raw {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for _, x := range list[:min(len(list), maxUsers)] {
			switch x := x.(type) {
			case string:
				out[name] = append(out[name], x)
			case json.Number:
				out[name] = append(out[name], x.String())
			case bool:
				out[name] = append(out[name], strconv.FormatBool(x))
			}
		}
	}
	return out, nil
}

func formFields(body []byte) (map[string][]string, error) {
	if bytes.Count(body, []byte("&")) > maxFields {
		return nil, &fault{"body", "has too many fields"}
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, &fault{"body", "is no form"}
	}
	return form, nil
}

// causes are why calls end, by the words of the interface. A call that went on to
// another telephone was taken by nobody here; if somebody took it there, the
// exchange tells so too.
var causes = map[string]ticketing.CallResult{
	"normalClearing": ticketing.CallAnswered, "busy": ticketing.CallBusy, "cancel": ticketing.CallMissed, "noAnswer": ticketing.CallMissed,
	"congestion": ticketing.CallFailed, "notFound": ticketing.CallFailed, "forwarded": ticketing.CallMissed,
}

// report maps the event to what the core understands. now is when it came.
func (e *event) report(source string, now time.Time) ticketing.CallReport {
	r := ticketing.CallReport{
		Source: source, Call: e.CallID, Direction: ticketing.CallDirection(e.Direction), From: e.From, To: e.To, Queue: e.Queue, Recording: e.Recording,
	}
	who := e.AnsweringNumber
	if who == "" && len(e.Users) > 0 {
		who = e.Users[0]
	}
	switch e.Event {
	case "newCall":
		r.Started = now
		if r.Rings = e.Users; r.Direction == ticketing.CallOut {
			r.Rings, r.Extension = nil, who
		}
	case "answer":
		r.Answered, r.Extension, r.Result = now, who, ticketing.CallAnswered
		if who != "" {
			r.Leg = "a/" + who // a call that is passed on is answered again
		}
		e.byMachine(&r, who, now)
	case "hangup":
		r.Ended, r.Cause, r.Result = now, e.Cause, causes[e.Cause]
		if strings.EqualFold(e.AnsweringNumber, voicemail) {
			r.Result, r.Voicemail = "", true
		}
	}
	return r
}

// voicemail is how bridges name the mailbox that takes a call.
const voicemail = "voicemail"

// byMachine marks an answer that no person gave.
func (e *event) byMachine(r *ticketing.CallReport, who string, now time.Time) {
	if strings.EqualFold(who, voicemail) || strings.EqualFold(e.To, voicemail) {
		r.Voicemail, r.Unattended, r.Extension, r.Result = true, true, "", ""
		r.Started, r.Answered = now, time.Time{}
	}
}
