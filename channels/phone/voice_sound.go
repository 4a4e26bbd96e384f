package phone

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"
)

// Sounds serves the files of greetings, which are public: GET …/sound/{name}.
func (v *Voice) Sounds() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := path.Base(r.URL.Path)
		for i := range v.Lines {
			l := &v.Lines[i]
			for _, list := range [][]Sound{l.Greeting, l.Closed} {
				for _, s := range list {
					if s.Name == name {
						serveSound(w, r, s.File)
						return
					}
				}
			}
		}
		http.NotFound(w, r)
	})
}

func serveSound(w http.ResponseWriter, r *http.Request, file string) {
	f, err := os.Open(file) //nolint:gosec // G304: the path is the operator's
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	head := make([]byte, 64)
	n, _ := io.ReadFull(f, head)
	kind, _ := audio(head[:n])
	if kind == "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "public, max-age=300")
	http.ServeContent(w, r, "", time.Time{}, f)
}

// providerHosts are where Twilio keeps recordings.
var providerHosts = []string{".twilio.com", ".twiliocdn.com"}

// errForeign is of an address that is not the provider's.
var errForeign = errors.New("the recording lies at an address that is not the provider's")

// Fetch implements Recorder for recordings at Twilio: no other host is asked, and
// a redirect takes no credentials along (A30, A90).
func (l *VoiceLine) Fetch(ctx context.Context, recording string) (io.ReadCloser, error) {
	u, err := url.Parse(recording)
	if err != nil || !l.allowed(u) {
		return nil, errForeign
	}
	tokens, err := l.Tokens()
	if err != nil || len(tokens) == 0 {
		return nil, errors.New("the auth token cannot be read")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errForeign
	}
	req.SetBasicAuth(l.AccountSID, tokens[0])
	client := &http.Client{Timeout: 5 * time.Minute, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > 3 || !l.allowed(r.URL) {
			return errForeign
		}
		r.Header.Del("Authorization")
		return nil
	}}
	res, err := client.Do(req)
	if errors.Is(err, errForeign) {
		return nil, errForeign
	}
	if err != nil {
		return nil, errors.New("the provider does not answer")
	}
	if res.StatusCode != http.StatusOK {
		return nil, errors.Join(errors.New("the provider answers "+res.Status), res.Body.Close())
	}
	return res.Body, nil
}

func (l *VoiceLine) allowed(u *url.URL) bool {
	if own, err := url.Parse(l.BaseURL); err == nil && own.Host != "" && u.Host == own.Host && u.Scheme == own.Scheme {
		return u.User == nil
	}
	if u.Scheme != "https" || u.User != nil || u.Port() != "" {
		return false
	}
	for _, h := range providerHosts {
		if strings.HasSuffix(strings.ToLower(u.Hostname()), h) {
			return true
		}
	}
	return false
}
