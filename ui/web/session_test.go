package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.setPassword(t, o.city.Ana)
	b := o.browser(t)
	if res, _ := b.do(t, http.MethodGet, "/staff", nil); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a session: %d, want 401", res.StatusCode)
	}
	if res, text := b.signIn(t, strings.ToUpper(o.city.Ana.Email), goodPassword); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/staff" {
		t.Fatalf("sign-in = %d to %q: %s", res.StatusCode, res.Header.Get("Location"), text)
	}
	if _, text := b.do(t, http.MethodGet, "/staff", nil); text != "hello "+o.city.Ana.Name {
		t.Errorf("page = %q", text)
	}
	if res, _ := b.do(t, http.MethodPost, "/staff/out", url.Values{}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("sign-out = %d", res.StatusCode)
	}
	if res, _ := b.do(t, http.MethodGet, "/staff", nil); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("after signing out: %d, want 401", res.StatusCode)
	}
	if strings.Contains(o.log.String(), o.city.Ana.Email) || strings.Contains(o.log.String(), goodPassword) {
		t.Error("the log holds an address or a password (I10)")
	}
}

// TestSessionFixation is A56: signing in gives a new id, the old one is nothing.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.setPassword(t, o.city.Ana)
	b := o.browser(t)
	u, err := url.Parse(b.base)
	if err != nil {
		t.Fatal(err)
	}
	b.Jar.SetCookies(u, []*http.Cookie{{Name: "s48_session", Value: "planted-by-somebody-else-0123456789", Path: "/"}})
	b.signIn(t, o.city.Ana.Email, goodPassword)
	first := b.sessionCookie(t)
	if first == "" || first == "planted-by-somebody-else-0123456789" {
		t.Fatalf("session id = %q", first)
	}
	b.signIn(t, o.city.Ana.Email, goodPassword)
	if second := b.sessionCookie(t); second == first {
		t.Error("signing in again kept the session id")
	}
	old := newBrowser(t, b.base)
	old.Jar.SetCookies(u, []*http.Cookie{{Name: "s48_session", Value: first, Path: "/"}})
	if res, _ := old.do(t, http.MethodGet, "/staff", nil); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("the old id still works: %d", res.StatusCode)
	}
	sessions, err := o.store.SessionsOf(t.Context(), o.city.Ana.ID)
	if err != nil || len(sessions) != 1 || sessions[0].Hash == first || strings.Contains(sessions[0].Hash, first) {
		t.Errorf("stored sessions = %+v, %v: want one, by hash", sessions, err)
	}
}

// TestSessionDies is A57: disabling, a new password and ending all sessions
// are felt by the next request.
func TestSessionDies(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(tx ticketing.Tx, o *office) error{
		"disabled": func(tx ticketing.Tx, o *office) error {
			a, err := tx.Agent(t.Context(), o.city.Ana.ID)
			if err != nil {
				return err
			}
			a.Disabled = true
			return tx.SaveAgent(t.Context(), a)
		},
		"ended": func(tx ticketing.Tx, o *office) error { return tx.EndSessions(t.Context(), o.city.Ana.ID) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, nil)
			o.setPassword(t, o.city.Ana)
			b := o.browser(t)
			b.signIn(t, o.city.Ana.Email, goodPassword)
			if err := o.store.InTx(t.Context(), func(tx ticketing.Tx) error { return end(tx, o) }); err != nil {
				t.Fatal(err)
			}
			if res, _ := b.do(t, http.MethodGet, "/staff", nil); res.StatusCode != http.StatusUnauthorized {
				t.Errorf("next request = %d, want 401", res.StatusCode)
			}
		})
	}
}

func TestSessionTimes(t *testing.T) {
	t.Parallel()
	type visit struct {
		after time.Duration
		want  int
	}
	for _, tt := range []struct {
		name     string
		remember bool
		visits   []visit
	}{
		{"idle", false, []visit{{29 * time.Minute, 200}, {29 * time.Minute, 200}, {31 * time.Minute, 401}}},
		{"absolute", true, []visit{{11 * time.Hour, 200}, {2 * time.Hour, 401}}},
		{"remembered sessions may rest", true, []visit{{5 * time.Hour, 200}, {6 * time.Hour, 200}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, nil)
			o.setPassword(t, o.city.Ana)
			b := o.browser(t)
			form := url.Values{"email": {o.city.Ana.Email}, "password": {goodPassword}}
			if tt.remember {
				form.Set("remember", "1")
			}
			res, _ := b.do(t, http.MethodPost, "/sign-in", form)
			if stays := strings.Contains(strings.Join(res.Header.Values("Set-Cookie"), "\n"), "Max-Age"); stays != tt.remember {
				t.Errorf("cookie outlives the browser = %v, want %v", stays, tt.remember)
			}
			for i, v := range tt.visits {
				o.clock.Advance(v.after)
				if res, _ := b.do(t, http.MethodGet, "/staff", nil); res.StatusCode != v.want {
					t.Errorf("visit %d = %d, want %d", i, res.StatusCode, v.want)
				}
			}
		})
	}
}

// TestSessionWrites shows that reading pages does not write sessions, but once a minute.
func TestSessionWrites(t *testing.T) {
	t.Parallel()
	counting := &countingSessions{}
	o := newOffice(t, func(op *Options) { counting.SessionStore = op.Sessions; op.Sessions = counting })
	o.setPassword(t, o.city.Ana)
	b := o.browser(t)
	b.signIn(t, o.city.Ana.Email, goodPassword)
	after := counting.saves
	for range 5 {
		b.do(t, http.MethodGet, "/staff", nil)
	}
	if counting.saves != after {
		t.Errorf("five pages wrote the session %d times", counting.saves-after)
	}
	o.clock.Advance(2 * time.Minute)
	b.do(t, http.MethodGet, "/staff", nil)
	if counting.saves != after+1 {
		t.Errorf("a page two minutes later wrote the session %d times, want 1", counting.saves-after)
	}
}

// TestCookies shows name and attributes with and without https (D24).
func TestCookies(t *testing.T) {
	t.Parallel()
	for public, want := range map[string][]string{
		"https://48.grad.example": {"__Host-s48_session=", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"},
		"http://127.0.0.1:4848":   {"s48_session=", "Path=/", "HttpOnly", "SameSite=Lax"},
	} {
		o := newOffice(t, func(op *Options) { op.PublicURL = public })
		o.setPassword(t, o.city.Ana)
		res, _ := o.browser(t).signIn(t, o.city.Ana.Email, goodPassword)
		all := res.Header.Values("Set-Cookie")
		found := ""
		for _, c := range all {
			if strings.Contains(c, "session") {
				found = c
			}
		}
		for _, part := range want {
			if !strings.Contains(found, part) {
				t.Errorf("%s: cookie %q lacks %q", public, found, part)
			}
		}
		if secure := strings.Contains(found, "Secure"); secure != strings.HasPrefix(public, "https") {
			t.Errorf("%s: cookie %q: Secure = %v", public, found, secure)
		}
	}
}
