package email

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	tokenEarly   = 5 * time.Minute  // a token is renewed this long before it ends
	tokenTimeout = 15 * time.Second // for one request to the token endpoint
)

// A tokenSource gives access tokens, cached until shortly before they end. It
// may be shared by the reading and the sending side of an account.
type tokenSource struct {
	cfg    OAuthConfig
	now    func() time.Time
	client *http.Client

	mu      sync.Mutex
	current *oauth2.Token
	refresh string // the latest refresh token; a provider may renew it at every use
}

func newTokenSource(cfg OAuthConfig, now func() time.Time) *tokenSource {
	return &tokenSource{cfg: cfg, now: now, client: &http.Client{Timeout: tokenTimeout}}
}

// Token gives a token that is good for some minutes. cached is false when it
// came from the provider just now. An error is a *refusal when the provider
// itself said no.
func (t *tokenSource) Token(ctx context.Context) (token string, cached bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.current; c != nil && (c.Expiry.IsZero() || t.now().Add(tokenEarly).Before(c.Expiry)) {
		return c.AccessToken, true, nil
	}
	tok, err := t.fetch(context.WithValue(ctx, oauth2.HTTPClient, t.client))
	if err != nil {
		return "", false, tokenError(err)
	}
	t.current = tok
	return tok.AccessToken, false, nil
}

// Invalidate drops the cached token: a server refused it before its time.
func (t *tokenSource) Invalidate() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.current = nil
}

func (t *tokenSource) fetch(ctx context.Context) (*oauth2.Token, error) {
	var secret string
	if t.cfg.ClientSecret != nil {
		var err error
		if secret, err = t.cfg.ClientSecret.read(); err != nil {
			return nil, err
		}
	}
	if t.cfg.RefreshToken == nil {
		cc := clientcredentials.Config{
			ClientID: t.cfg.ClientID, ClientSecret: secret, TokenURL: t.cfg.TokenURL, Scopes: t.cfg.Scopes,
		}
		return cc.Token(ctx)
	}
	if t.refresh == "" {
		var err error
		if t.refresh, err = t.cfg.RefreshToken.read(); err != nil {
			return nil, err
		}
	}
	oc := oauth2.Config{
		ClientID: t.cfg.ClientID, ClientSecret: secret, Scopes: t.cfg.Scopes,
		Endpoint: oauth2.Endpoint{TokenURL: t.cfg.TokenURL},
	}
	tok, err := oc.TokenSource(ctx, &oauth2.Token{RefreshToken: t.refresh}).Token()
	if err != nil {
		// The operator may replace the file: it is read again next time.
		t.refresh = ""
		return nil, err
	}
	t.keep(tok.RefreshToken)
	return tok, nil
}

// keep remembers a renewed refresh token. Providers let the old one lapse after
// some months, so a restart must not begin with it.
func (t *tokenSource) keep(refresh string) {
	if refresh == "" || refresh == t.refresh {
		return
	}
	t.refresh = refresh
	if t.cfg.SaveRefreshToken != nil {
		// A read-only secret store is usual; the operator learns of it when the
		// provider refuses the old token.
		_ = t.cfg.SaveRefreshToken(refresh)
	}
}

// tokenError separates a provider that said no, which an operator must mend,
// from one that could not be reached.
func tokenError(err error) error {
	var re *oauth2.RetrieveError
	if !errors.As(err, &re) {
		return fmt.Errorf("get access token: %w", err)
	}
	if re.Response != nil && (re.Response.StatusCode >= 500 || re.Response.StatusCode == http.StatusTooManyRequests) {
		return fmt.Errorf("get access token: the provider answered %d", re.Response.StatusCode)
	}
	why := re.ErrorCode
	if re.ErrorDescription != "" {
		why += ": " + re.ErrorDescription
	}
	if why == "" && re.Response != nil {
		why = re.Response.Status
	}
	return &refusal{what: "access token", why: clip(why, 200)}
}

// A refusal is a server's no to our credentials. Trying again soon would only
// lock the account.
type refusal struct{ what, why string }

func (r *refusal) Error() string { return r.what + " refused: " + r.why }
