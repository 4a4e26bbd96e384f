package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func TestTokensThatOpenNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	now := d.Clock.Now()
	good := d.token(t, d.Ana)
	d.call(t, good, http.MethodGet, "/tickets", "").want(t, http.StatusOK)
	all := ticketing.AllRights()
	for name, header := range map[string]string{
		"no token (A49)":          "",
		"empty token (A49)":       "Bearer ",
		"blank token (A49)":       "Bearer %20",
		"only the prefix (A49)":   "Bearer " + ticketing.TokenPrefix,
		"unknown":                 "Bearer " + good[:len(good)-2] + "zz",
		"another scheme":          "Basic " + good,
		"without a scheme":        good,
		"the hash instead (A51)":  "Bearer " + ticketing.TokenPrefix + ticketing.HashSecret(good),
		"very long":               "Bearer " + good + strings.Repeat("a", 10_000),
		"expired":                 "Bearer " + d.issue(t, ticketing.Token{Name: "expired", Agent: d.Ana.ID, Rights: all, ExpiresAt: now}),
		"revoked":                 "Bearer " + d.issue(t, ticketing.Token{Name: "revoked", Agent: d.Ana.ID, Rights: all, RevokedAt: now}),
		"of a disabled agent":     "Bearer " + d.issue(t, ticketing.Token{Name: "former", Agent: d.Former.ID, Rights: all}),
		"of an agent who is none": "Bearer " + d.issue(t, ticketing.Token{Name: "nobody", Agent: 9999, Rights: all}),
	} {
		a := d.call(t, "", http.MethodGet, "/tickets", "", "Authorization", header)
		if a.status != http.StatusUnauthorized || a.object(t)["code"] != "unauthenticated" || a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if strings.Contains(d.log.String(), good) {
		t.Error("the log holds a token")
	}
}

// A57: a token ends with the next request after it is revoked, or its agent
// disabled.
func TestTokenEndsAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	reg := ticketing.Registry{Bureau: d.Core}
	adam := ticketing.ActorOf(d.Adam)

	k := ticketing.Token{Name: "bot", Agent: d.Ana.ID, Rights: []ticketing.Right{ticketing.RightRead}}
	secret, err := reg.IssueToken(t.Context(), adam, d.Store, &k)
	if err != nil {
		t.Fatal(err)
	}
	d.call(t, secret, http.MethodGet, "/tickets", "").want(t, http.StatusOK)
	if err := reg.RevokeToken(t.Context(), adam, d.Store, k.ID); err != nil {
		t.Fatal(err)
	}
	d.call(t, secret, http.MethodGet, "/tickets", "").want(t, http.StatusUnauthorized)

	boris := d.Boris
	secret = d.token(t, boris)
	d.call(t, secret, http.MethodGet, "/tickets", "").want(t, http.StatusOK)
	boris.Disabled = true
	if err := reg.SaveAgent(t.Context(), adam, &boris); err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(time.Second)
	d.call(t, secret, http.MethodGet, "/tickets", "").want(t, http.StatusUnauthorized)
}

func TestTokenWithoutRightsMayDoNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	secret := d.issue(t, ticketing.Token{Name: "bare", Agent: d.Adam.ID})
	d.call(t, secret, http.MethodGet, "/tickets", "").want(t, http.StatusForbidden)
	d.call(t, secret, http.MethodGet, "/departments", "").want(t, http.StatusOK)
}

// A token's rights never exceed its agent's role.
func TestRoleBoundsToken(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	aida := d.token(t, d.Aida)
	d.call(t, aida, http.MethodGet, "/tickets", "").want(t, http.StatusForbidden)
	d.call(t, aida, http.MethodGet, "/intake", "").want(t, http.StatusOK)
	oskar := d.token(t, d.Oskar)
	d.call(t, oskar, http.MethodGet, "/intake", "").want(t, http.StatusForbidden)
	d.call(t, oskar, http.MethodPost, "/tickets", `{"text":"x"}`).want(t, http.StatusForbidden)
}

func TestTokenIsTouchedOnceAMinute(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	secret := d.token(t, d.Ana)
	used := func() time.Time {
		k, err := d.Store.TokenByHash(t.Context(), ticketing.HashSecret(secret))
		if err != nil {
			t.Fatal(err)
		}
		return k.LastUsed
	}
	start := d.Clock.Now()
	for _, step := range []struct {
		wait time.Duration
		want time.Time
	}{{0, start}, {59 * time.Second, start}, {time.Second, start.Add(time.Minute)}} {
		d.Clock.Advance(step.wait)
		d.call(t, secret, http.MethodGet, "/departments", "").want(t, http.StatusOK)
		if got := used(); !got.Equal(step.want) {
			t.Fatalf("after %s: last used %s, want %s", step.wait, got, step.want)
		}
	}
}

func TestRequestsOfATokenAreLimited(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{3, 120, 130} {
		d := newDesk(t, func(o *Deps) { o.PerMinute = limit })
		one, other := d.token(t, d.Ana), d.token(t, d.Boris)
		done := 0
		for ; done < 2*limit; done++ {
			a := d.call(t, one, http.MethodGet, "/departments", "")
			if a.status == http.StatusTooManyRequests {
				if a.object(t)["code"] != "throttled" || a.header.Get("Retry-After") != "60" {
					t.Errorf("limit %d: %v %s", limit, a.header, a.body)
				}
				break
			}
			a.want(t, http.StatusOK)
		}
		if done > limit || done < limit-limit/blocksPerMinute {
			t.Errorf("limit %d: %d requests were taken", limit, done)
		}
		d.call(t, other, http.MethodGet, "/departments", "").want(t, http.StatusOK)
		d.Clock.Advance(time.Minute)
		d.call(t, one, http.MethodGet, "/departments", "").want(t, http.StatusOK)
	}
}

func TestGuessingTokensIsSlow(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	last := 0
	for range guessesPerMinute + 1 {
		last = d.call(t, ticketing.TokenPrefix+strings.Repeat("a", 38), http.MethodGet, "/tickets", "").status
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("after %d guesses: %d", guessesPerMinute+1, last)
	}
	d.call(t, d.token(t, d.Ana), http.MethodGet, "/tickets", "").want(t, http.StatusOK)
}

// A system's token acts as its agent within its scope, and meets no clock (D14).
func TestSystemTokenMeetsNoPromise(t *testing.T) {
	t.Parallel()
	for _, system := range []bool{false, true} {
		d := newDesk(t, nil)
		ref := d.mail(t, "marko@example.me", "Svjetiljka")
		secret := d.issue(t, ticketing.Token{Name: "desk-bot", Agent: d.Ana.ID, Rights: ticketing.AllRights(), System: system})
		d.call(t, secret, http.MethodPost, "/tickets/"+string(ref)+"/replies", `{"text":"Popravljeno."}`).want(t, http.StatusCreated)
		d.Deliver(t, ticketing.DeliverySent)
		v := d.View(t, ref)
		if met := !v.Ticket.AnsweredAt.IsZero(); met == system {
			t.Errorf("system %v: answered %v", system, met)
		}
		want := "agent:1"
		if system {
			want = "agent:1/token:desk-bot"
		}
		if got := v.Messages[len(v.Messages)-1].By; got != want {
			t.Errorf("system %v: written by %q, want %q", system, got, want)
		}
	}
}
