package twilio_test

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/twilio/twilio-go/client"

	"github.com/sistem48/system48/channels/twilio"
)

const public = "https://48.grad.example"

func tokens(list ...string) func() ([]string, error) {
	return func() ([]string, error) { return list, nil }
}

// TestSignatureVector: A87, the vector of the provider's own documentation.
func TestSignatureVector(t *testing.T) {
	t.Parallel()
	form := url.Values{
		"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "From": {"+14158675309"}, "Digits": {"1234"}, "To": {"+18005551212"},
	}
	if got := twilio.Sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form); got != "RSOYDt4T1cUTdK1PDd93/VVr8B8=" {
		t.Errorf("Sign() = %s", got)
	}
}

// TestSignatureAsTheLibrary compares with the provider's own library.
func TestSignatureAsTheLibrary(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"a b", "čćž ђ ë", "1+2=3&4", "", "line\nline", "😀"} {
		form := map[string]string{"Body": body, "From": "+38267123456", "MessageSid": "SM1", "A": ""}
		values := url.Values{}
		for k, v := range maps.All(form) {
			values.Set(k, v)
		}
		address := public + "/hooks/twilio/sms?x=a%20b"
		validator := client.NewRequestValidator("tok")
		if !validator.Validate(address, form, twilio.Sign("tok", address, values)) {
			t.Errorf("the library refuses the signature of %q", body)
		}
	}
}

// signed makes a request as Twilio sends it.
func signed(token, address, body string) *http.Request {
	form, _ := url.ParseQuery(body)
	path := strings.TrimPrefix(address, public)
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	r.Header.Set("X-Twilio-Signature", twilio.Sign(token, address, form))
	return r
}

// TestGuard: A87.
func TestGuard(t *testing.T) {
	t.Parallel()
	const hook, body = public + "/hooks/twilio/sms", "MessageSid=SM1&From=%2B38267123456&Body=Rupa+na+putu"
	big := "MessageSid=SM1&Body=" + strings.Repeat("x", twilio.MaxBody)
	change := func(r *http.Request, f func(*http.Request)) *http.Request {
		f(r)
		return r
	}
	for name, c := range map[string]struct {
		r    *http.Request
		want error
	}{
		"signed":                       {signed("new", hook, body), nil},
		"signed with the token before": {signed("old", hook, body), nil},
		"with a query":                 {signed("new", hook+"?a=b%20c", body), nil},
		"another token":                {signed("evil", hook, body), twilio.ErrSignature},
		"an empty token":               {signed("", hook, body), twilio.ErrSignature},
		"for another address":          {change(signed("new", hook, body), func(r *http.Request) { r.URL.Path = "/hooks/twilio/status"; r.RequestURI = r.URL.Path }), twilio.ErrSignature},
		"query written otherwise":      {change(signed("new", hook+"?a=b%20c", body), func(r *http.Request) { r.URL.RawQuery = "a=b+c" }), twilio.ErrSignature},
		"for http":                     {signed("new", "http://48.grad.example/hooks/twilio/sms", body), twilio.ErrSignature},
		"none":                         {change(signed("new", hook, body), func(r *http.Request) { r.Header.Del("X-Twilio-Signature") }), twilio.ErrSignature},
		"a key twice":                  {signed("new", hook, body+"&From=%2B38267999999"), twilio.ErrBody},
		"too large":                    {signed("new", hook, big), twilio.ErrBody},
		"no form":                      {change(signed("new", hook, body), func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }), twilio.ErrBody},
		"GET":                          {change(signed("new", hook, body), func(r *http.Request) { r.Method = http.MethodGet }), twilio.ErrMethod},
		"a proxy's word": {change(signed("new", "https://evil.example/hooks/twilio/sms", body), func(r *http.Request) {
			r.Header.Set("X-Forwarded-Host", "evil.example")
			r.Host = "evil.example"
		}), twilio.ErrSignature},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if path, ok := strings.CutPrefix(c.r.URL.Path, "http://48.grad.example"); ok {
				c.r.URL.Path = path
			}
			g := twilio.Guard{PublicURL: public, Tokens: tokens("new", "old", "")}
			q, err := g.Read(c.r)
			if !errors.Is(err, c.want) || (c.want == nil) != (q.Form.Get("MessageSid") == "SM1" && string(q.Raw) == body) {
				t.Errorf("Read() = %v, %v; want %v", q.Form, err, c.want)
			}
		})
	}
}

// TestGuardAnswers: what is not signed gets 403 and reaches nobody (A87); with
// unreadable tokens the provider is told to come again.
func TestGuardAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		token string
		away  error
		want  int
	}{"signed": {"tok", nil, 200}, "forged": {"evil", nil, 403}, "no tokens": {"tok", errors.New("disk"), 503}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reached, told := false, false
			g := twilio.Guard{PublicURL: public + "/", Tokens: func() ([]string, error) { return []string{"tok"}, c.away }}
			h := g.Handler(func(w http.ResponseWriter, _ *http.Request, _ twilio.Request) { reached = true }, func(error) { told = true })
			w := httptest.NewRecorder()
			h.ServeHTTP(w, signed(c.token, public+"/hooks/twilio/sms", "MessageSid=SM1"))
			if w.Code != c.want || reached != (c.want == 200) || told == reached {
				t.Errorf("status %d, reached %v, told %v", w.Code, reached, told)
			}
		})
	}
}

// TestTokensWhileOneIsReplaced: one file that is gone does not close the door.
func TestTokensWhileOneIsReplaced(t *testing.T) {
	t.Parallel()
	gone := func() (string, error) { return "", errors.New("gone") }
	there := func() (string, error) { return "tok", nil }
	if got, err := twilio.Tokens(gone, there)(); err != nil || len(got) != 1 {
		t.Errorf("Tokens() = %d, %v", len(got), err)
	}
	if _, err := twilio.Tokens(gone)(); err == nil {
		t.Error("Tokens() without any = nil error")
	}
}
