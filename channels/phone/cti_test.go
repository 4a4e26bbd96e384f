package phone_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sistem48/system48/channels/phone"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

const token = "9c2b7b2e"

// An exchange is a telephone system that tells of calls, and what it tells them.
type exchange struct {
	testing.TB
	*ticketingtest.Office
	cti *phone.CTI
}

func newExchange(t testing.TB) *exchange {
	o := ticketingtest.NewOffice(t, "")
	o.Core.Settings.Region = "ME"
	x := &exchange{TB: t, Office: o}
	x.cti = &phone.CTI{
		Lines: []phone.Line{{
			CallLine:  ticketing.CallLine{Source: "pbx", Region: "ME", Blocked: []string{"+38269999999"}},
			Token:     func() (string, error) { return token, nil },
			CallerIDs: []phone.CallerID{{To: "+4930*", Number: "+493055571642"}, {To: "*", Number: "+38280019801"}},
		}},
		Calls: &ticketing.Calls{Bureau: o.Core}, Blobs: o.Blobs, Now: o.Clock.Now, Log: slog.New(slog.DiscardHandler),
	}
	return x
}

// post sends one event and gives status and answer.
func (x *exchange) post(path, kind, body string) (int, map[string]string) {
	x.Helper()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	x.cti.ServeHTTP(w, r)
	answer := map[string]string{}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		x.Fatalf("answer %q: %v", w.Body.String(), err)
	}
	return w.Code, answer
}

const asForm, asJSON = "application/x-www-form-urlencoded", "application/json"

func (x *exchange) form(pairs ...string) (int, map[string]string) {
	x.Helper()
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return x.post("/hooks/cti/"+token, asForm, v.Encode())
}

func (x *exchange) call(key string) ticketing.Call {
	x.Helper()
	page, err := x.Store.CallPage(context.Background(), ticketing.CallFilter{Key: key})
	if err != nil || len(page.Items) != 1 {
		x.Fatalf("%d calls with the key %s, %v", len(page.Items), key, err)
	}
	return page.Items[0].Call
}

// Events as the interface's documentation and bridges of exchanges send them.
func TestCTIIsWireCompatible(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	for i, tt := range []struct {
		kind, body string
	}{
		{asJSON, `{"event":"newCall","from":"493055571600","to":"491711234567890","direction":"in","callId":"307fa962-de8d-4ffc-817b-7f6993204159","user":["Alice","Bob"],"queue":"support"}`},
		{asJSON, `{"event":"answer","from":"493055571600","to":"491711234567890","direction":"in","callId":"307fa962-de8d-4ffc-817b-7f6993204159","user":"Ana Agentić","answeringNumber":"ana@grad.example"}`},
		{"application/json; charset=utf-8", `{"event":"hangup","from":"493055571600","to":"491711234567890","direction":"in","callId":"307fa962-de8d-4ffc-817b-7f6993204159","cause":"normalClearing","answeringNumber":"ana@grad.example"}`},
		{asForm, "event=newCall&from=022147103340&to=4921193374780&direction=in&callId=2&user%5B%5D=Alice&user%5B%5D=Bob"},
		{asForm, "event=hangup&from=022147103340&to=4921193374780&direction=in&callId=2&cause=cancel"},
		{"", `{"event":"newCall","from":"anonymous","to":"19801","direction":"in","callId":3}`}, // a number, and no type
		{asJSON, "\xef\xbb\xbf" + `{"event":"newCall","from":"101","to":"067 123 456","direction":"out","callId":"4","user":"101"}`},
	} {
		if code, answer := x.post("/api/v1/cti/"+token, tt.kind, tt.body); code != http.StatusOK || answer["action"] == "reject" {
			t.Errorf("event %d: %d %v", i, code, answer)
		}
	}
	got := x.call("307fa962-de8d-4ffc-817b-7f6993204159")
	if got.Result != ticketing.CallAnswered || got.Agent != x.Ana.ID || got.Queue != "support" || got.Cause != "normalClearing" ||
		!cmp.Equal(got.Rings, []string{"Alice", "Bob"}) || got.From.E164 != "" || got.From.Raw != "493055571600" {
		t.Errorf("call = %+v", got)
	}
	if c := x.call("2"); c.Result != ticketing.CallMissed || !cmp.Equal(c.Rings, []string{"Alice", "Bob"}) {
		t.Errorf("form = %+v", c)
	}
	if c := x.call("3"); !c.From.Withheld {
		t.Errorf("hidden = %+v", c)
	}
	if c := x.call("4"); c.Direction != ticketing.CallOut || c.To.E164 != "+38267123456" || c.Extension != "101" {
		t.Errorf("outgoing = %+v", c)
	}
}

// Every cause of the interface has its result.
func TestCTICauses(t *testing.T) {
	t.Parallel()
	for cause, want := range map[string]ticketing.CallResult{
		"normalClearing": ticketing.CallAnswered, "busy": ticketing.CallBusy, "cancel": ticketing.CallMissed, "noAnswer": ticketing.CallMissed,
		"congestion": ticketing.CallFailed, "notFound": ticketing.CallFailed, "forwarded": ticketing.CallMissed, "novelty": ticketing.CallMissed, "": ticketing.CallMissed,
	} {
		x := newExchange(t)
		x.form("event", "newCall", "from", "067123456", "to", "19801", "direction", "in", "callId", "k")
		x.form("event", "hangup", "from", "067123456", "to", "19801", "direction", "in", "callId", "k", "cause", cause)
		if c := x.call("k"); c.Result != want {
			t.Errorf("%q = %s, want %s", cause, c.Result, want)
		}
	}
}

// What the exchange is told to do: refuse a blocked number whatever its
// punctuation, and show the number of the rule to who is called.
func TestCTIAnswers(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	for i, tt := range []struct {
		from, to, direction string
		want                map[string]string
	}{
		{"069/999-999", "19801", "in", map[string]string{"action": "reject", "reason": "busy"}},
		{"0038269999999", "19801", "in", map[string]string{"action": "reject", "reason": "busy"}},
		{"069999998", "19801", "in", nil},
		{"101", "0049 30 123456", "out", map[string]string{"action": "dial", "callerId": "493055571642", "caller_id": "493055571642", "number": "0049 30 123456"}},
		{"101", "067123456", "out", map[string]string{"action": "dial", "callerId": "38280019801", "caller_id": "38280019801", "number": "067123456"}},
	} {
		code, got := x.form("event", "newCall", "from", tt.from, "to", tt.to, "direction", tt.direction, "callId", fmt.Sprint(i))
		if code != http.StatusOK || !maps.Equal(got, tt.want) {
			t.Errorf("%s → %s: %d %v, want %v", tt.from, tt.to, code, got, tt.want)
		}
	}
}

// An event that cannot be understood is refused by the name of the field, and is
// kept in the ledger once, with its bytes (I13, A91).
func TestCTIRefusesAndKeeps(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		body, field string
	}{
		{"event=ringing&callId=1&direction=in", "event"},
		{"callId=1&direction=in", "event"},
		{"event=newCall&direction=in&from=067123456", "callId"},
		{"event=newCall&direction=in&callId=" + strings.Repeat("x", 300), "callId"},
		{"event=newCall&callId=1&from=067123456", "direction"},
		{"event=newCall&callId=1&direction=across", "direction"},
		{"event=%zz", "body"},
		{`{"event":`, "body"},
		{`{"event":"newCall"}{}`, "body"},
		{`[]`, "body"},
		{"a=1" + strings.Repeat("&a=1", 300), "body"},
	} {
		x := newExchange(t)
		for range 2 {
			kind := asForm
			if strings.HasPrefix(tt.body, "[") {
				kind = asJSON
			}
			if code, answer := x.post("/hooks/cti/"+token, kind, tt.body); code != http.StatusUnprocessableEntity || answer["field"] != tt.field {
				t.Errorf("%.40s: %d %v, want %s", tt.body, code, answer, tt.field)
			}
		}
		page, err := x.Store.Ledger(t.Context(), ticketing.LedgerFilter{Channel: ticketing.ChannelPhone})
		if err != nil || len(page.Items) != 1 {
			t.Fatalf("%.40s: %d rows in the ledger, %v", tt.body, len(page.Items), err)
		}
		e := page.Items[0]
		if n, err := x.Blobs.Size(t.Context(), e.Arrival.RawKey); e.State != ticketing.LedgerQuarantined || e.LastError != tt.field || err != nil || n != int64(len(tt.body)) {
			t.Errorf("%.40s: ledger = %+v, %d bytes, %v", tt.body, e, n, err)
		}
	}
}

// Nothing is answered with 200 that is not stored (I1, F30).
func TestCTIDoesNotLie(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	faults := ticketingtest.NewFaultStore(x.Store)
	core := *x.Core
	core.Store = faults
	x.cti.Calls = &ticketing.Calls{Bureau: &core}
	for n := 1; ; n++ {
		faults.FailAt(n, ticketing.Busy)
		code, _ := x.form("event", "newCall", "from", "067123456", "to", "19801", "direction", "in", "callId", "k")
		page, err := x.Store.CallPage(t.Context(), ticketing.CallFilter{})
		if err != nil {
			t.Fatal(err)
		}
		if code == http.StatusOK {
			if n == 1 || len(page.Items) != 1 {
				t.Errorf("step %d: 200 and %d calls", n, len(page.Items))
			}
			break
		}
		if code != http.StatusServiceUnavailable || len(page.Items) != 0 {
			t.Errorf("step %d: %d and %d calls", n, code, len(page.Items))
		}
	}
	faults.FailAt(1, ticketing.Busy)
	if code, _ := x.form("event", "ringing"); code != http.StatusServiceUnavailable {
		t.Errorf("a bad event while the store is away: %d", code)
	}
}

// An event to try the way with is answered as it would be, and not stored.
func TestCTIDryRun(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks/cti/"+token, strings.NewReader("event=newCall&direction=in&callId=k&from=069999999"))
	r.Header.Set("Content-Type", asForm)
	r.Header.Set(phone.DryRun, "1")
	w := httptest.NewRecorder()
	x.cti.ServeHTTP(w, r)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "reject") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	page, err := x.Store.Ledger(t.Context(), ticketing.LedgerFilter{})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("ledger = %v, %v", page.Items, err)
	}
}

// Who has no token learns nothing, and large bodies are not read to their end.
func TestCTIGate(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	for _, path := range []string{"/hooks/cti/wrong", "/hooks/cti/", "/hooks/cti/9c2b7b2", "/hooks/cti/" + token + "x"} {
		if code, _ := x.post(path, asForm, "event=newCall&callId=1&direction=in"); code != http.StatusNotFound {
			t.Errorf("%s: %d", path, code)
		}
	}
	if code, _ := x.post("/hooks/cti/"+token, asForm, "event=newCall&x="+strings.Repeat("x", 70<<10)); code != http.StatusRequestEntityTooLarge {
		t.Errorf("large body: %d", code)
	}
	x.cti.Lines[0].Token = func() (string, error) { return "", nil }
	if code, _ := x.post("/hooks/cti/", asForm, "event=newCall&callId=1&direction=in"); code != http.StatusNotFound {
		t.Errorf("an empty token opens: %d", code)
	}
	x.cti.Lines[0].Token = func() (string, error) { return "", errors.New("no file") }
	if code, _ := x.form("event", "newCall"); code != http.StatusServiceUnavailable {
		t.Errorf("token file away: %d", code)
	}
	page, err := x.Store.Ledger(t.Context(), ticketing.LedgerFilter{})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("ledger = %v, %v", page.Items, err)
	}
}

// whole is a call with every event, an answer by two agents and a mailbox.
func whole(key string) [][]string {
	return [][]string{
		{"event", "newCall", "from", "067123456", "to", "19801", "direction", "in", "callId", key, "user[]", "101", "user[]", "102", "queue", "city"},
		{"event", "answer", "from", "067123456", "to", "19801", "direction", "in", "callId", key, "answeringNumber", "101"},
		{"event", "answer", "from", "067123456", "to", "19801", "direction", "in", "callId", key, "answeringNumber", "102"},
		{"event", "hangup", "from", "067123456", "to", "19801", "direction", "in", "callId", key, "cause", "normalClearing"},
	}
}

// Events in any order, repeated, and with any of them missing but what says the
// result give the same call; what follows from time does not contradict itself.
func TestCTIPermutations(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(48, 2))
	for n := range 400 {
		x := newExchange(t)
		events := whole("k")
		if n%3 == 1 {
			events = append(events[:0:0], events[0], []string{"event", "hangup", "from", "067123456", "to", "19801", "direction", "in", "callId", "k", "cause", "noAnswer"})
		}
		order := random.Perm(len(events))
		for range random.IntN(4) {
			order = append(order, random.IntN(len(events)))
		}
		if n%5 == 0 { // one is lost
			lost := random.IntN(len(events))
			if n%3 == 1 {
				lost = 0
			}
			for i := 0; i < len(order); i++ {
				if order[i] == lost {
					order = append(order[:i], order[i+1:]...)
					i--
				}
			}
		}
		for _, i := range order {
			x.Clock.Advance(time.Duration(random.IntN(30)) * time.Second)
			if code, _ := x.form(events[i]...); code != http.StatusOK {
				t.Fatalf("event %d: %d", i, code)
			}
		}
		c := x.call("k")
		want := ticketing.CallAnswered
		if n%3 == 1 {
			want = ticketing.CallMissed
		}
		if c.Result != want || c.From.E164 != "+38267123456" || c.Started.IsZero() || c.Answered.Before(c.Started) && !c.Answered.IsZero() ||
			!c.Ended.IsZero() && (c.Ended.Before(c.Started) || c.Ended.Before(c.Answered)) || c.Talk < 0 || c.Wait < 0 {
			t.Fatalf("order %v: %+v", order, c)
		}
		page, err := x.Store.Ledger(t.Context(), ticketing.LedgerFilter{})
		if err != nil || len(page.Items) != 1 {
			t.Fatalf("%d rows in the ledger, %v", len(page.Items), err)
		}
	}
}

// FuzzCTI: no body fails anything but itself, and each is stored or kept (I13).
func FuzzCTI(f *testing.F) {
	for _, kind := range []string{asForm, asJSON, ""} {
		f.Add(kind, []byte(`{"event":"newCall","from":"067123456","to":"19801","direction":"in","callId":"k","user":["a",1,null,{}]}`))
		f.Add(kind, []byte("event=hangup&callId=k&direction=in&cause=busy"))
		f.Add(kind, []byte("\x00\xff%%"))
	}
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		x := newExchange(t)
		code, answer := x.post("/hooks/cti/"+token, kind, string(body))
		page, err := x.Store.Ledger(t.Context(), ticketing.LedgerFilter{})
		if err != nil {
			t.Fatal(err)
		}
		switch code {
		case http.StatusOK, http.StatusUnprocessableEntity:
			if len(page.Items) != 1 {
				t.Errorf("%d and %d rows in the ledger", code, len(page.Items))
			}
		case http.StatusRequestEntityTooLarge:
		default:
			t.Errorf("%d %v", code, answer)
		}
	})
}

// A mailbox that took a call is no person.
func TestCTIVoicemail(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	x.form("event", "hangup", "from", "067123456", "to", "19801", "direction", "in", "callId", "k", "cause", "normalClearing")
	x.form("event", "answer", "from", "067123456", "to", "19801", "direction", "in", "callId", "k", "answeringNumber", "voicemail")
	x.form("event", "newCall", "from", "067123456", "to", "19801", "direction", "in", "callId", "k", "user", "101", "recording", "vm/1.wav")
	want := ticketing.Call{Result: ticketing.CallVoicemail, Recording: "vm/1.wav"}
	if diff := cmp.Diff(want, ticketing.Call{Result: x.call("k").Result, Recording: x.call("k").Recording}, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}
