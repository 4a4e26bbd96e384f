package sms

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/twilio/twilio-go/client"

	"github.com/sistem48/system48/channels/twilio"
)

// A Finding is one thing the doctor looked at.
type Finding struct {
	Name   string
	OK     bool
	Detail string
	Remedy string // what to do when it is not well
}

// probeField marks a signed call of our own, which enters nothing.
const probeField = "S48Probe"

// Examine looks at an account: whether the provider knows it, and whether a
// signed call reaches the hook at the public address while one that was changed
// on the way is refused.
func Examine(ctx context.Context, a Account, publicURL string) []Finding {
	if err := a.check(); err != nil {
		return []Finding{{Name: "account", Detail: err.Error(), Remedy: "correct channels.sms"}}
	}
	a = a.complete()
	return []Finding{examineAccount(a), examineHook(ctx, a, publicURL)}
}

func examineAccount(a Account) Finding {
	f := Finding{Name: "account", Remedy: "check account_sid and auth_token_files, and that this machine may reach the provider"}
	service, err := newLink(a).service()
	if err != nil {
		f.Detail, f.Remedy = err.Error(), "check auth_token_files"
		return f
	}
	got, err := service.FetchAccount(a.SID)
	var rest *client.TwilioRestError
	switch {
	case errors.As(err, &rest):
		f.Detail = fmt.Sprintf("the provider refuses: %d, error %d", rest.Status, rest.Code)
	case err != nil:
		f.Detail = err.Error()
	case field(got.Status) != "active":
		f.Detail, f.Remedy = "the account is "+field(got.Status), "settle it with the provider"
	default:
		f.OK, f.Detail = true, "active"
	}
	return f
}

// examineHook calls our own hook from outside, as the provider would.
func examineHook(ctx context.Context, a Account, publicURL string) Finding {
	f := Finding{Name: "hook at the public address"}
	token, err := a.token()
	if err != nil {
		f.Detail, f.Remedy = err.Error(), "check auth_token_files"
		return f
	}
	form := url.Values{"AccountSid": {a.SID}, probeField: {rand.Text()}}
	address := strings.TrimSuffix(publicURL, "/") + MessagePath
	signature := twilio.Sign(token, address, form)
	signed, err := call(ctx, address, form, signature)
	if err != nil {
		f.Detail, f.Remedy = "no answer at "+address, "check public_url, DNS, certificate and proxy; serve must be running"
		return f
	}
	form.Set("From", "+38200000000")
	tampered, err := call(ctx, address, form, signature)
	switch {
	case signed == http.StatusForbidden:
		f.Detail = "a signed call is refused at " + address
		f.Remedy = "public_url must be the address given to Twilio, and the proxy must pass path, query and body on unchanged"
	case signed != http.StatusOK:
		f.Detail, f.Remedy = fmt.Sprintf("a signed call is answered with %d", signed), "the proxy must pass "+MessagePath+" on to system48"
	case err != nil || tampered != http.StatusForbidden:
		f.Detail, f.Remedy = fmt.Sprintf("a changed call is answered with %d instead of 403", tampered), "something else than system48 answers at this address"
	default:
		f.OK, f.Detail = true, "signed 200, changed 403"
	}
	return f
}

func call(ctx context.Context, address string, form url.Values, signature string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", signature)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16))
	return res.StatusCode, nil
}
