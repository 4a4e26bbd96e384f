package manage

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func TestSignInPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	has(t, b.get(t, "/sign-in?next=/manage/users", http.StatusOK), `name="next" value="/manage/users"`)
	has(t, b.get(t, "/sign-in?next=https://evil.example", http.StatusOK), `name="next" value=""`)
	page := b.post(t, "/sign-in", http.StatusUnprocessableEntity, "email", s.Ana.Email, "password", "wrong password")
	has(t, page, "4 more tries", s.Ana.Email, `aria-invalid="true"`)
	if strings.Contains(page, "wrong password") {
		t.Error("the page repeats the password")
	}
	if to := b.post(t, "/sign-in", http.StatusSeeOther, "email", s.Ana.Email, "password", goodPassword, "next", "//evil.example"); to != "/agent" {
		t.Errorf("signed in and sent to %s", to)
	}
	if to := b.get(t, "/sign-in?next=/profile", http.StatusSeeOther); to != "/profile" {
		t.Errorf("somebody signed in is sent to %s", to)
	}
	b.post(t, "/sign-out", http.StatusSeeOther)
	has(t, b.get(t, "/profile", http.StatusUnauthorized), `name="password"`, `name="next" value="/profile"`)
}

// TestPause is A55 as its page says it.
func TestPause(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	for range 4 {
		b.post(t, "/sign-in", http.StatusUnprocessableEntity, "email", s.Ana.Email, "password", "wrong password")
	}
	has(t, b.post(t, "/sign-in", http.StatusTooManyRequests, "email", s.Ana.Email, "password", "wrong password"), "15 minutes")
	has(t, b.post(t, "/sign-in", http.StatusTooManyRequests, "email", s.Ana.Email, "password", goodPassword), "Too many attempts")
}

// TestForgot is A53 for resets: known and unknown addresses get the same page
// after the same time; only the known one gets a letter.
func TestForgot(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	var pages []string
	for _, address := range []string{"nobody@grad.example", s.Former.Email, s.Ana.Email} {
		start := time.Now()
		pages = append(pages, b.post(t, "/forgot", http.StatusOK, "email", address))
		if took := time.Since(start); took < askedAfter {
			t.Errorf("%s is answered after %s", address, took)
		}
	}
	if pages[0] != pages[1] || pages[1] != pages[2] {
		t.Error("the pages differ")
	}
	sent := s.Deliver(t, ticketing.DeliverySent)
	if len(sent) != 1 || sent[0].To.Address != s.Ana.Email || sent[0].Purpose != ticketing.PurposeReset {
		t.Fatalf("letters: %+v", sent)
	}
	b.post(t, "/forgot", http.StatusUnprocessableEntity, "email", "no address")
	b.post(t, "/forgot", http.StatusOK, "email", "x@grad.example") // the fifth within a quarter of an hour
	b.post(t, "/forgot", http.StatusTooManyRequests, "email", "x@grad.example")
}

// TestWelcome follows an invitation: opening it uses nothing up (D24), it works
// once and for a day (A50), and ends other sessions (A57).
func TestWelcome(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.as(t, s.Adam)
	page := admin.post(t, "/manage/users/new", http.StatusOK, "name", "Vesna Kljajević", "email", "Vesna@Grad.Example", "role", "agent", "language", "en")
	link := welcomeLink.FindString(page)
	letter := s.lastLetter(t)
	if link == "" || !strings.Contains(letter.Text, s.Base+link) || letter.To.Address != "vesna@grad.example" || letter.Purpose != ticketing.PurposeInvite {
		t.Fatalf("link %q, letter %+v", link, letter)
	}
	b := s.browser(t)
	for range 3 { // a mail scanner follows links
		has(t, b.get(t, link, http.StatusOK), "Vesna Kljajević", `name="password"`)
	}
	has(t, b.post(t, link, http.StatusUnprocessableEntity, "password", "kratka", "password2", "kratka"), "at least 12 characters")
	has(t, b.post(t, link, http.StatusUnprocessableEntity, "password", goodPassword, "password2", goodPassword+"x"), "The passwords differ")
	b.post(t, link, http.StatusSeeOther, "password", goodPassword, "password2", goodPassword)
	has(t, b.get(t, "/profile", http.StatusOK), "Vesna Kljajević")
	s.browser(t).post(t, link, http.StatusGone, "password", goodPassword, "password2", goodPassword)
	s.browser(t).get(t, link, http.StatusGone)
	s.browser(t).post(t, "/sign-in", http.StatusSeeOther, "email", "vesna@grad.example", "password", goodPassword)

	expiring := welcomeLink.FindString(admin.post(t, fmt.Sprintf("/manage/users/%d/invite", s.Ana.ID), http.StatusOK))
	ana := s.as(t, s.Ana)
	s.Clock.Advance(24*time.Hour + time.Second)
	s.browser(t).get(t, expiring, http.StatusGone)
	_ = ana
}

// TestWelcomeSecrets is A49: no secret, an empty one and a foreign one open nothing.
func TestWelcomeSecrets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	for _, path := range []string{"/welcome/", "/welcome/%20", "/welcome/" + strings.Repeat("A", 32), "/welcome/%00", "/welcome/" + strings.Repeat("x", 500)} {
		b.get(t, path, http.StatusNotFound)
	}
	b.post(t, "/welcome/%20", http.StatusNotFound, "password", goodPassword, "password2", goodPassword)
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	if to := b.post(t, "/language", http.StatusSeeOther, "language", "sr-Cyrl-ME"); to != "/sign-in" {
		t.Errorf("sent to %s", to)
	}
	has(t, b.get(t, "/sign-in", http.StatusOK), "Пријава за запослене", `lang="sr-Cyrl-ME"`)
	b.post(t, "/language", http.StatusUnprocessableEntity, "language", "xx")
}
