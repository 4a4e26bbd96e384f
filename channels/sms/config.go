package sms

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A Secret reads a secret from where it is kept, each time it is needed.
type Secret func() (string, error)

// An Account is one account at Twilio, with the numbers of the bureau.
type Account struct {
	Name    string // short and stable: the ledger remembers messages under it
	SID     string // of the account: "AC…"
	Tokens  []Secret
	Numbers []string // E.164; the sender of what goes out, unless there is a Service
	Service string   // messaging service that chooses the number: "MG…"; may be ""
	BaseURL string   // of the interface; "" = https://api.twilio.com
	Region  string   // country of numbers written without one

	Timeout  time.Duration // of one call; 0 = 15 s
	MaxMedia int64         // bytes of one file; 0 = 10 MB
}

const (
	apiHost        = "api.twilio.com"
	defaultTimeout = 15 * time.Second
	defaultMedia   = 10 << 20
	maxMediaFiles  = 10 // Twilio's own bound
)

// check names the first setting that cannot work.
func (a *Account) check() error {
	invalid := func(field string) error {
		return &ticketing.Error{Kind: ticketing.Invalid, Field: field, Key: "config.sms." + field}
	}
	switch {
	case a.SID == "" || strings.ContainsAny(a.SID, "/?#. "):
		return invalid("account_sid")
	case len(a.Tokens) == 0:
		return invalid("auth_token_files")
	case len(a.Numbers) == 0 && a.Service == "":
		return invalid("numbers")
	}
	if a.BaseURL != "" {
		u, err := url.Parse(a.BaseURL)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			return invalid("base_url")
		}
	}
	return nil
}

// complete fills in what is not said.
func (a Account) complete() Account {
	if a.Timeout <= 0 {
		a.Timeout = defaultTimeout
	}
	if a.MaxMedia <= 0 {
		a.MaxMedia = defaultMedia
	}
	a.Numbers = slices.Clone(a.Numbers)
	return a
}

// token gives the auth token to call with: the newest.
func (a *Account) token() (string, error) {
	var first error
	for _, read := range a.Tokens {
		t, err := read()
		if err == nil && t != "" {
			return t, nil
		}
		if first == nil {
			first = err
		}
	}
	return "", first
}

// sender gives the number that writes to the recipient: always the same one, so
// that a conversation stays in one place on their telephone.
func (a *Account) sender(to string) string {
	if len(a.Numbers) == 0 {
		return ""
	}
	sum := uint32(0)
	for i := range len(to) {
		sum = sum*31 + uint32(to[i])
	}
	return a.Numbers[sum%uint32(len(a.Numbers))] //nolint:gosec // G115: a few numbers
}
