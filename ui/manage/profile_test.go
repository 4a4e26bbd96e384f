package manage

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/web"
)

func TestProfile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Ana)
	has(t, b.get(t, "/profile", http.StatusOK), `name="theme"`)
	b.post(t, "/profile", http.StatusSeeOther, "language", "sq", "theme", "dark")
	has(t, b.get(t, "/profile", http.StatusOK), `data-theme="dark"`, `lang="sq"`, `data-single-keys="off"`, "U ruajt.")
	if strings.Contains(b.get(t, "/profile", http.StatusOK), "U ruajt.") {
		t.Error("the word about the change is said twice")
	}
	if a := s.agent(t, s.Ana.ID); a.Language != lang.Sq || a.Theme != "dark" || a.SingleKeys || a.Role != s.Ana.Role {
		t.Errorf("saved: %+v", a)
	}
	b.post(t, "/profile", http.StatusUnprocessableEntity, "language", "sq", "theme", "pink")
	// Nothing but the choices can be changed this way (A41).
	b.post(t, "/profile", http.StatusSeeOther, "language", "sq", "theme", "", "role", "admin", "disabled", "", "password_hash", "x")
	if a := s.agent(t, s.Ana.ID); a.Role != s.Ana.Role || a.PasswordHash == "x" {
		t.Errorf("a form changed role or password: %+v", a)
	}
}

// TestNewPassword is A57: changing the password ends every other session.
func TestNewPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, other := s.as(t, s.Ana), s.as(t, s.Ana)
	const next = "plavi autobus vozi kroz maglu"
	has(t, b.post(t, "/profile/password", http.StatusUnprocessableEntity, "old_password", "wrong password", "password", next, "password2", next), "The password is not right")
	b.post(t, "/profile/password", http.StatusUnprocessableEntity, "old_password", goodPassword, "password", s.Ana.Email, "password2", s.Ana.Email)
	b.post(t, "/profile/password", http.StatusSeeOther, "old_password", goodPassword, "password", next, "password2", next)
	b.get(t, "/profile", http.StatusOK)
	other.get(t, "/profile", http.StatusUnauthorized)
	if ok, err := web.VerifyPassword(t.Context(), s.agent(t, s.Ana.ID).PasswordHash, next); !ok || err != nil {
		t.Errorf("the new password does not fit (%v)", err)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, second, third, adam := s.as(t, s.Ana), s.as(t, s.Ana), s.as(t, s.Ana), s.as(t, s.Adam)
	page := b.get(t, "/profile/sessions", http.StatusOK)
	ids := regexp.MustCompile(`name="session" value="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(ids) != 2 || !strings.Contains(page, "This computer") {
		t.Fatalf("%d other sessions on the page", len(ids))
	}
	adam.post(t, "/profile/sessions/end", http.StatusNotFound, "session", ids[0][1])
	b.post(t, "/profile/sessions/end", http.StatusSeeOther, "session", ids[0][1])
	alive := 0
	for _, x := range []*browser{second, third} {
		if x.Do(t, http.MethodGet, "/profile", nil).StatusCode == http.StatusOK {
			alive++
		}
	}
	if alive != 1 {
		t.Errorf("%d of two sessions are alive after one was ended", alive)
	}
	b.post(t, "/profile/sessions/end-others", http.StatusSeeOther)
	second.get(t, "/profile", http.StatusUnauthorized)
	third.get(t, "/profile", http.StatusUnauthorized)
	b.get(t, "/profile", http.StatusOK)
	adam.get(t, "/profile", http.StatusOK)
}

func TestBrowserName(t *testing.T) {
	t.Parallel()
	for ua, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0": "Edge · Windows",
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0":                                                "Firefox · Linux",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1":                        "Safari · iPhone",
		"": "–", "curl/8.5": "curl/8.5", "<script>alert(1)</script>": "<script>alert(1)</script>", "\xff": "",
	} {
		if got := browserName(ua); got != want {
			t.Errorf("browserName(%q) = %q, want %q", ua, got, want)
		}
	}
}
