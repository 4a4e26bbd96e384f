package sms

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/sistem48/system48/ticketing"
)

// What is wrong with an address of a photo, or with what it gives.
var (
	errForeign = errors.New("not an address of the provider")
	errLarge   = errors.New("larger than what is taken")
	errGone    = errors.New("the provider does not have it")
)

// A fetcher brings the provider's media and opens no other address (A30, A90).
type fetcher struct {
	account Account
	http    *http.Client
	host    func(string) bool
}

// mediaHosts are where the provider keeps media.
var mediaHosts = []string{".twilio.com", ".twiliocdn.com"}

func newFetcher(a Account) *fetcher {
	f := &fetcher{account: a}
	own, _ := url.Parse(a.BaseURL)
	f.host = func(host string) bool {
		for _, h := range mediaHosts {
			if strings.HasSuffix(strings.ToLower(host), h) {
				return true
			}
		}
		return false
	}
	f.http = &http.Client{
		Timeout: a.Timeout,
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > 3 || !f.allowed(r.URL, own) {
				return errForeign
			}
			// The library of the language drops credentials only between domains.
			r.Header.Del("Authorization")
			return nil
		},
	}
	return f
}

// allowed reports whether the address is the provider's and encrypted. The one
// exception is the address that the operator named instead of the provider's.
func (f *fetcher) allowed(u, own *url.URL) bool {
	if u.User != nil {
		return false
	}
	if own != nil && own.Host != "" && u.Host == own.Host && u.Scheme == own.Scheme {
		return true
	}
	return u.Scheme == "https" && u.Port() == "" && f.host(u.Hostname())
}

// fetch brings one file into the blob store. n numbers it within its message.
func (f *fetcher) fetch(ctx context.Context, blobs ticketing.Blobs, address string, n int) (ticketing.Attachment, error) {
	none := ticketing.Attachment{}
	if f == nil {
		return none, errForeign
	}
	u, err := url.Parse(address)
	own, _ := url.Parse(f.account.BaseURL)
	if err != nil || len(address) > 2000 || !f.allowed(u, own) {
		return none, errForeign
	}
	token, err := f.account.token()
	if err != nil {
		return none, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return none, errForeign
	}
	r.SetBasicAuth(f.account.SID, token)
	res, err := f.http.Do(r)
	if err != nil {
		if errors.Is(err, errForeign) {
			return none, errForeign
		}
		return none, &callError{err: err}
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusGone:
		return none, errGone
	case res.StatusCode != http.StatusOK:
		return none, &callError{status: res.StatusCode}
	}
	return f.keep(ctx, blobs, res.Body, n)
}

// keep stores at most as much as is taken, and looks what it is.
func (f *fetcher) keep(ctx context.Context, blobs ticketing.Blobs, body io.Reader, n int) (ticketing.Attachment, error) {
	limited := &io.LimitedReader{R: body, N: f.account.MaxMedia + 1}
	head := make([]byte, 512)
	k, err := io.ReadFull(limited, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return ticketing.Attachment{}, &callError{err: err}
	}
	kind := http.DetectContentType(head[:k])
	key, size, err := blobs.Put(ctx, io.MultiReader(bytes.NewReader(head[:k]), limited), false)
	if err != nil {
		return ticketing.Attachment{}, fmt.Errorf("store a photo: %w", err)
	}
	if size > f.account.MaxMedia {
		return ticketing.Attachment{}, errLarge
	}
	return ticketing.Attachment{Key: key, Name: fileName(kind, n), ContentType: kind, Size: size}, nil
}

// fileName names a file that came without a name.
func fileName(kind string, n int) string {
	base, _, _ := strings.Cut(kind, ";")
	ending := map[string]string{
		"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "application/pdf": ".pdf", "video/mp4": ".mp4",
		"audio/mpeg": ".mp3",
	}[base]
	return fmt.Sprintf("mms-%d%s", n, ending)
}
