package sms

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// A link calls Twilio's interface for one account.
type link struct {
	account Account
	http    *http.Client
}

func newLink(a Account) *link {
	base, _ := url.Parse(a.BaseURL) // checked before
	if a.BaseURL == "" {
		base = nil
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:errcheck,forcetypeassert // it is one
	transport.MaxIdleConnsPerHost = 4
	return &link{account: a, http: &http.Client{
		Transport: &guide{base: base, next: transport}, Timeout: a.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// service gives the interface with the token that is in force now.
func (l *link) service() (*api.ApiService, error) {
	token, err := l.account.token()
	if err != nil {
		return nil, fmt.Errorf("read the auth token: %w", err)
	}
	c := &client.Client{Credentials: client.NewCredentials(l.account.SID, token), HTTPClient: l.http}
	c.SetAccountSid(l.account.SID)
	return api.NewApiService(client.NewRequestHandler(c)), nil
}

// A callError is a call that got no answer of the interface itself.
type callError struct {
	err    error
	left   bool          // the request may have been read: what it asked may be done
	status int           // of an answer that means: not now
	after  time.Duration // how long the answer asks to wait
}

// Error implements error; it holds no address of a person.
func (e *callError) Error() string {
	if e.status != 0 {
		return "the provider answers " + strconv.Itoa(e.status)
	}
	return fmt.Sprintf("no answer of the provider (%T)", unwrapped(e.err))
}

func (e *callError) Unwrap() error { return e.err }

func unwrapped(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// guide sends calls to another base address, and tells what the library does
// not: whether a request left, and how long to wait.
type guide struct {
	base *url.URL // nil: as it is
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (g *guide) RoundTrip(r *http.Request) (*http.Response, error) {
	var left atomic.Bool
	r = r.Clone(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{WroteHeaders: func() { left.Store(true) }}))
	if g.base != nil {
		r.URL.Scheme, r.URL.Host = g.base.Scheme, g.base.Host
		if path := g.base.Path; path != "" && path != "/" {
			r.URL.Path = path + r.URL.Path
		}
		r.Host = g.base.Host
	}
	res, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, &callError{err: err, left: left.Load()}
	}
	if res.StatusCode != http.StatusTooManyRequests && res.StatusCode < http.StatusInternalServerError {
		return res, nil
	}
	after, _ := strconv.Atoi(res.Header.Get("Retry-After"))
	_ = res.Body.Close()
	return nil, &callError{status: res.StatusCode, after: time.Duration(max(after, 0)) * time.Second}
}

// field gives a value of the interface, "" when it is not there.
func field(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// when reads an instant of the interface (RFC 2822), zero when there is none.
func when(s *string) time.Time {
	at, err := time.Parse(time.RFC1123Z, field(s))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// pages gives the messages that fit, newest first, page by page, until f is done
// or there are no more. The address of the following page comes from the
// interface: only its token is used, never the address.
func (l *link) pages(p *api.ListMessageParams, most int, f func(api.ApiV2010Message) bool) error {
	s, err := l.service()
	if err != nil {
		return err
	}
	token, number := "", ""
	for range most {
		page, err := s.PageMessage(p, token, number)
		if err != nil {
			return err
		}
		for i := range page.Messages {
			if !f(page.Messages[i]) {
				return nil
			}
		}
		_, query, _ := strings.Cut(field(page.NextPageUri), "?")
		next, _ := url.ParseQuery(query) // what cannot be read names no page
		if token, number = next.Get("PageToken"), next.Get("Page"); token == "" {
			return nil
		}
	}
	return nil
}
