package phone_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/phone"
	"github.com/sistem48/system48/channels/twilio"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

const (
	publicURL = "https://48.grad.example"
	account   = "AC00000000000000000000000000000001"
	authToken = "secret"
)

// A studio is Twilio's voice service before the bureau.
type studio struct {
	testing.TB
	*ticketingtest.Office
	voice *phone.Voice
	open  bool
}

func newStudio(t testing.TB) *studio {
	o := ticketingtest.NewOffice(t, "")
	o.Core.Settings.Region = "ME"
	s := &studio{TB: t, Office: o, open: true}
	s.voice = &phone.Voice{
		Lines: []phone.VoiceLine{{
			Source: "voice", AccountSID: account, Tokens: func() ([]string, error) { return []string{"old", authToken}, nil }, PublicURL: publicURL,
			Greeting: []phone.Sound{{Name: "voice-greeting-1.mp3"}}, Closed: []phone.Sound{{Name: "voice-closed-1.mp3"}, {Name: "voice-closed-2.mp3"}},
			Desk: "sip:biro@example.me", Ring: 25 * time.Second, VoicemailMax: 2 * time.Minute, Open: func(context.Context, time.Time) bool { return s.open },
		}},
		Calls: &ticketing.Calls{Bureau: o.Core}, Now: o.Clock.Now, Log: slog.New(slog.DiscardHandler),
	}
	return s
}

// post sends a signed request and gives status and answer.
func (s *studio) post(path string, pairs ...string) (int, string) {
	s.Helper()
	form := url.Values{"AccountSid": {account}, "From": {"+38267123456"}, "To": {"+38280019801"}, "CallSid": {"CA1"}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return s.send(path, form, twilio.Sign(authToken, publicURL+path, form))
}

func (s *studio) send(path string, form url.Values, signature string) (int, string) {
	s.Helper()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", signature)
	w := httptest.NewRecorder()
	s.voice.ServeHTTP(w, r)
	if w.Code == http.StatusOK {
		if err := xml.Unmarshal(w.Body.Bytes(), new(struct {
			XMLName xml.Name `xml:"Response"`
		})); err != nil {
			s.Errorf("answer %q: %v", w.Body, err)
		}
	}
	return w.Code, w.Body.String()
}

func (s *studio) call() ticketing.Call {
	s.Helper()
	page, err := s.Store.CallPage(context.Background(), ticketing.CallFilter{Key: "CA1"})
	if err != nil || len(page.Items) != 1 {
		s.Fatalf("%d calls, %v", len(page.Items), err)
	}
	return page.Items[0].Call
}

// A call is greeted and rings at the desk; who is taken there is answered, whatever
// Twilio itself took; a request repeated changes nothing (A88).
func TestVoiceRingsTheDesk(t *testing.T) {
	t.Parallel()
	s := newStudio(t)
	code, twiml := s.post("/hooks/twilio/voice", "CallStatus", "ringing")
	for _, want := range []string{"<Play>" + publicURL + "/hooks/twilio/sound/voice-greeting-1.mp3</Play>", `timeout="25"`, "<Sip>sip:biro@example.me</Sip>", "voice?step=desk"} {
		if code != http.StatusOK || !strings.Contains(twiml, want) {
			t.Errorf("%d, no %s in %s", code, want, twiml)
		}
	}
	s.Clock.Advance(70 * time.Second)
	for range 2 {
		s.post("/hooks/twilio/voice?step=desk", "DialCallStatus", "completed", "DialCallSid", "CA2", "DialCallDuration", "60")
	}
	s.post("/hooks/twilio/voice", "CallStatus", "completed", "CallDuration", "70")
	s.post("/hooks/twilio/voice", "CallStatus", "ringing") // late
	if c := s.call(); c.Result != ticketing.CallAnswered || c.Talk != time.Minute || c.Wait != 10*time.Second || c.From.E164 != "+38267123456" || c.Ended.IsZero() {
		t.Errorf("call = %+v", c)
	}
}

// Nobody at the desk, and nobody in the evening: the caller leaves a message in
// their language; who hangs up at the tone has left none.
func TestVoiceTakesAMessage(t *testing.T) {
	t.Parallel()
	s := newStudio(t)
	s.post("/hooks/twilio/voice", "CallStatus", "ringing")
	_, twiml := s.post("/hooks/twilio/voice?step=desk", "DialCallStatus", "no-answer", "DialCallSid", "CA2")
	if !strings.Contains(twiml, `<Record maxLength="120" playBeep="true"`) || !strings.Contains(twiml, "voice-closed-2.mp3") {
		t.Errorf("after nobody took it: %s", twiml)
	}
	s.post("/hooks/twilio/voice?step=recorded", "RecordingUrl", "https://api.twilio.com/r/RE1", "RecordingDuration", "1")
	s.post("/hooks/twilio/voice", "CallStatus", "completed")
	if c := s.call(); c.Result != ticketing.CallMissed || c.Recording != "" {
		t.Errorf("who hung up at the tone: %+v", c)
	}
	s.post("/hooks/twilio/recording", "RecordingUrl", "https://api.twilio.com/r/RE1", "RecordingDuration", "12", "RecordingSource", "RecordVerb", "RecordingStatus", "completed")
	if c := s.call(); c.Result != ticketing.CallVoicemail || c.Recording != "https://api.twilio.com/r/RE1" {
		t.Errorf("who left a message: %+v", c)
	}
	s.open = false
	if _, twiml = s.post("/hooks/twilio/voice", "CallSid", "CA3", "CallStatus", "ringing"); strings.Contains(twiml, "<Dial") || !strings.Contains(twiml, "<Record") {
		t.Errorf("in the evening: %s", twiml)
	}
}

// A87: without a signature, with another's, for another address, with a key twice,
// or of another account nothing reaches anybody; F30: what is not stored is not 200.
func TestVoiceBelievesTwilioOnly(t *testing.T) {
	t.Parallel()
	s := newStudio(t)
	path := "/hooks/twilio/voice"
	form := url.Values{"AccountSid": {account}, "CallSid": {"CA1"}, "From": {"+38267123456"}, "CallStatus": {"ringing"}}
	right := twilio.Sign(authToken, publicURL+path, form)
	other := url.Values{"AccountSid": {"AC9"}, "CallSid": {"CA1"}}
	twice := url.Values{"AccountSid": {account}, "CallSid": {"CA1", "CA2"}}
	for name, try := range map[string]func() (int, string){
		"none":            func() (int, string) { return s.send(path, form, "") },
		"wrong":           func() (int, string) { return s.send(path, form, twilio.Sign("guess", publicURL+path, form)) },
		"another address": func() (int, string) { return s.send(path+"?step=desk", form, right) },
		"another account": func() (int, string) { return s.send(path, other, twilio.Sign(authToken, publicURL+path, other)) },
		"a key twice":     func() (int, string) { return s.send(path, twice, twilio.Sign(authToken, publicURL+path, twice)) },
	} {
		if code, _ := try(); code != http.StatusForbidden {
			t.Errorf("%s: %d", name, code)
		}
	}
	page, err := s.Store.CallPage(t.Context(), ticketing.CallFilter{})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("%d calls, %v", len(page.Items), err)
	}
	core := *s.Core
	faults := ticketingtest.NewFaultStore(s.Store)
	core.Store = faults
	s.voice.Calls = &ticketing.Calls{Bureau: &core}
	faults.FailAt(1, ticketing.Busy)
	if code, _ := s.send(path, form, right); code != http.StatusServiceUnavailable {
		t.Errorf("the store is away: %d", code)
	}
}

// What the provider lists is taken over: a call whose webhooks were all refused,
// with the part at the desk and its recording, page after page, once.
func TestVoiceComparesWithTheList(t *testing.T) {
	t.Parallel()
	s := newStudio(t)
	at := func(d time.Duration) string { return s.Clock.Now().Add(d - 10*time.Minute).Format(time.RFC1123Z) }
	asked := 0
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if user, pass, _ := r.BasicAuth(); user != account || pass == "" {
			t.Errorf("asked as %s", user)
		}
		switch {
		case strings.Contains(r.URL.Path, "Recordings"):
			fmt.Fprintf(w, `{"recordings":[{"call_sid":"CA9","duration":"9","source":"RecordVerb","date_created":%q,"uri":"/2010-04-01/Accounts/%s/Recordings/RE9.json"}]}`, at(time.Minute), account)
		case r.URL.Query().Get("Page") == "1":
			fmt.Fprintf(w, `{"calls":[{"sid":"CA9","from":"+38269555111","to":"+38280019801","status":"completed","start_time":%q,"end_time":%q,"duration":"40","direction":"inbound"}]}`, at(0), at(time.Minute))
		default:
			fmt.Fprintf(w, `{"next_page_uri":"/2010-04-01/Accounts/%s/Calls.json?Page=1","calls":[
				{"sid":"CA1","from":"+38267123456","to":"+38280019801","status":"completed","start_time":%q,"end_time":%q,"duration":"70","direction":"inbound"},
				{"sid":"CA2","parent_call_sid":"CA1","from":"+38267123456","to":"sip:biro@example.me","status":"completed","start_time":%q,"end_time":%q,"duration":"60","direction":"outbound-dial"},
				{"sid":"CA7","from":"+38280019801","to":"+38267000000","status":"completed","start_time":%q,"end_time":%q,"duration":"5","direction":"outbound-api"}]}`,
				account, at(0), at(70*time.Second), at(4*time.Second), at(70*time.Second), at(0), at(5*time.Second))
		}
	}))
	t.Cleanup(provider.Close)
	s.voice.Lines[0].BaseURL = provider.URL
	fresh, err := s.voice.Compare(t.Context(), s.Clock.Now().Add(-time.Hour))
	if err != nil || fresh != 4 || asked != 3 {
		t.Fatalf("Compare() = %d, %v after %d requests", fresh, err, asked)
	}
	if c := s.call(); c.Result != ticketing.CallAnswered || c.Talk != time.Minute || c.From.E164 != "+38267123456" {
		t.Errorf("call = %+v", c)
	}
	page, err := s.Store.CallPage(t.Context(), ticketing.CallFilter{})
	if err != nil || len(page.Items) != 2 {
		t.Fatalf("%d calls, %v", len(page.Items), err)
	}
	page, _ = s.Store.CallPage(t.Context(), ticketing.CallFilter{Key: "CA9"})
	if c := page.Items[0]; c.Result != ticketing.CallVoicemail || !strings.HasSuffix(c.Recording, "/Recordings/RE9") {
		t.Errorf("voicemail = %+v", c)
	}
	if fresh, err = s.voice.Compare(t.Context(), s.Clock.Now().Add(-time.Hour)); err != nil || fresh != 0 {
		t.Errorf("again: %d, %v", fresh, err)
	}
}

// A90, A92: recordings are fetched from the provider and from below their folder,
// and from nowhere else.
func TestRecordingsComeFromWhereTheyBelong(t *testing.T) {
	t.Parallel()
	s := newStudio(t)
	line := &s.voice.Lines[0]
	for _, address := range []string{
		"http://api.twilio.com/r", "https://twilio.com.evil.example/r", "https://evil.example/api.twilio.com", "https://api.twilio.com:8443/r",
		"https://u:p@api.twilio.com/r", "https://169.254.169.254/latest", "file:///etc/passwd", "",
	} {
		if body, err := line.Fetch(t.Context(), address); err == nil {
			_ = body.Close()
			t.Errorf("%s was fetched", address)
		}
	}
	folder := phone.Folder(t.TempDir())
	for _, name := range []string{"../secret", "/etc/passwd", "a/../../secret", "", "."} {
		if body, err := folder.Fetch(t.Context(), name); err == nil {
			_ = body.Close()
			t.Errorf("%q was opened", name)
		}
	}
}
