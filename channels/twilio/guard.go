package twilio

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // G505: the provider's scheme
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// MaxBody bounds the body of a request, in bytes.
const MaxBody = 64 << 10

// A Guard lets requests of one or more Twilio accounts through.
type Guard struct {
	// PublicURL is the address Twilio was given, without a slash at the end and
	// without the path of the hook: "https://48.grad.example".
	PublicURL string
	// Tokens gives the auth tokens that may have signed: two while one is being
	// replaced. It is asked for every request; an error means that they cannot be
	// read now.
	Tokens func() ([]string, error)
}

// A Request is one that Twilio signed.
type Request struct {
	Form url.Values // each key once
	Raw  []byte     // the body as it came, at most MaxBody
}

// Errors of Read: what is wrong with a request that is not let through.
var (
	ErrMethod    = errors.New("not a POST")
	ErrBody      = errors.New("the body is too large, not a form, or names a key twice")
	ErrSignature = errors.New("the signature does not hold")
)

// Read reads a request. The error is one of the above, or that of Tokens.
func (g *Guard) Read(r *http.Request) (Request, error) {
	if r.Method != http.MethodPost {
		return Request{}, ErrMethod
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	if err != nil || len(raw) > MaxBody {
		return Request{}, ErrBody
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return Request{}, ErrBody
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return Request{}, ErrBody
	}
	for _, values := range form {
		if len(values) != 1 { // the signature covers one of them only
			return Request{}, ErrBody
		}
	}
	tokens, err := g.Tokens()
	if err != nil {
		return Request{}, err
	}
	got := []byte(r.Header.Get("X-Twilio-Signature"))
	address := strings.TrimSuffix(g.PublicURL, "/") + r.URL.RequestURI()
	for _, token := range tokens {
		if token != "" && hmac.Equal(got, []byte(Sign(token, address, form))) {
			return Request{Form: form, Raw: raw}, nil
		}
	}
	return Request{}, ErrSignature
}

// Handler gives what Twilio signed to next. Everything else is answered with
// 403 and reaches nobody; refused, if not nil, is told why. While the tokens
// cannot be read the answer is 503, after which Twilio turns to its fallback.
func (g *Guard) Handler(next func(w http.ResponseWriter, r *http.Request, q Request), refused func(error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := g.Read(r)
		if err == nil {
			next(w, r, q)
			return
		}
		if refused != nil {
			refused(err)
		}
		status := http.StatusServiceUnavailable
		if errors.Is(err, ErrMethod) || errors.Is(err, ErrBody) || errors.Is(err, ErrSignature) {
			status = http.StatusForbidden
		}
		http.Error(w, http.StatusText(status), status)
	})
}

// Sign gives the signature of a form that is posted to the address: the base64
// of the HMAC-SHA1, keyed with the auth token, of the address and every key
// with its value, in order of the keys
// (https://www.twilio.com/docs/usage/security#validating-requests).
func Sign(token, address string, form url.Values) string {
	h := hmac.New(sha1.New, []byte(token))
	h.Write([]byte(address))
	keys := make([]string, 0, len(form))
	for k := range form {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		h.Write([]byte(k + form.Get(k)))
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// Tokens gives a function for Guard.Tokens that reads the tokens each time from
// where they are kept, so that a replaced one counts without a restart.
func Tokens(sources ...func() (string, error)) func() ([]string, error) {
	return func() ([]string, error) {
		out := make([]string, 0, len(sources))
		var errs []error
		for _, read := range sources {
			token, err := read()
			if err != nil {
				errs = append(errs, err)
				continue
			}
			out = append(out, token)
		}
		if len(out) == 0 && len(errs) > 0 {
			return nil, errors.Join(errs...)
		}
		return out, nil
	}
}
