package manage

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// TestOnlyAdmins is A39: every settings page and every change behind it is
// refused to who may not manage, and changes nothing.
func TestOnlyAdmins(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ana, nobody := s.as(t, s.Ana), s.browser(t)
	for _, path := range []string{
		"", "/users", "/users/new", "/users/1", "/departments", "/departments/new", "/departments/1", "/bodies", "/bodies/new", "/categories", "/categories/new", "/categories/1", "/mail", "/tokens", "/letters", "/letters/receipt/en",
		"/routing", "/routing/new", "/routing/rules/1", "/routing/versions/1", "/routing/try",
	} {
		ana.get(t, "/manage"+path, http.StatusForbidden)
		nobody.get(t, "/manage"+path, http.StatusUnauthorized)
	}
	for _, path := range []string{"/users/new", "/users/1", "/users/1/invite", "/departments/new", "/departments/1", "/bodies/new", "/bodies/1", "/categories/new", "/categories/1", "/mail/held", "/mail/boxes/s48/pause", "/tokens", "/tokens/1/revoke", "/letters/receipt/en", "/routing", "/routing/new", "/routing/rules/1", "/routing/try"} {
		ana.post(t, "/manage"+path, http.StatusForbidden, "name", "x", "role", "admin")
		nobody.post(t, "/manage"+path, http.StatusUnauthorized, "name", "x", "role", "admin")
	}
	if a := s.agent(t, s.Ana.ID); a.Role != ticketing.RoleAgent {
		t.Errorf("Ana became %s", a.Role)
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	has(t, b.get(t, "/manage/users", http.StatusOK), s.Ana.Name, s.Former.Email, "Disabled")
	path := fmt.Sprintf("/manage/users/%d", s.Oskar.ID)
	version := fmt.Sprint(s.Oskar.Version)
	has(t, b.post(t, path, http.StatusUnprocessableEntity, "version", version, "name", "Oskar", "email", "no address", "role", "officer"), "This is not a valid e-mail address")
	has(t, b.post(t, path, http.StatusUnprocessableEntity, "version", version, "name", "Oskar", "email", s.Oskar.Email, "role", "officer"), "at least one department")
	b.post(t, path, http.StatusUnprocessableEntity, "version", version, "name", "Oskar", "email", s.Oskar.Email, "role", "king")
	b.post(t, path, http.StatusSeeOther, "version", version, "name", "Oskar Novi", "email", s.Oskar.Email, "role", "officer", "language", "en",
		"departments", fmt.Sprint(s.Roads.ID), "departments", fmt.Sprint(s.Lighting.ID))
	saved := s.agent(t, s.Oskar.ID)
	if saved.Name != "Oskar Novi" || len(saved.Departments) != 2 || saved.PasswordHash != s.Oskar.PasswordHash {
		t.Errorf("saved: %+v", saved)
	}
	b.post(t, path, http.StatusConflict, "version", version, "name", "Oskar Stari", "email", s.Oskar.Email, "role", "agent") // somebody was faster
	b.get(t, "/manage/users/99999", http.StatusNotFound)
	b.get(t, "/manage/users/x", http.StatusNotFound)
	last := s.agent(t, s.Adam.ID)
	has(t, b.post(t, fmt.Sprintf("/manage/users/%d", s.Adam.ID), http.StatusUnprocessableEntity, "version", fmt.Sprint(last.Version), "name", last.Name, "email", last.Email, "role", "agent"), "last administrator")
}

// TestRoleChange is A56: who gets another role signs in anew.
func TestRoleChange(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin, ana := s.as(t, s.Adam), s.as(t, s.Ana)
	stored := s.agent(t, s.Ana.ID)
	admin.post(t, fmt.Sprintf("/manage/users/%d", s.Ana.ID), http.StatusSeeOther, "version", fmt.Sprint(stored.Version), "name", stored.Name, "email", stored.Email, "role", "auditor")
	ana.get(t, "/profile", http.StatusUnauthorized)
}

func TestDisabling(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin, ana := s.as(t, s.Adam), s.as(t, s.Ana)
	stored := s.agent(t, s.Ana.ID)
	path := fmt.Sprintf("/manage/users/%d", s.Ana.ID)
	admin.post(t, path, http.StatusSeeOther, "version", fmt.Sprint(stored.Version), "name", stored.Name, "email", stored.Email, "role", "agent", "disabled", "1")
	ana.get(t, "/profile", http.StatusUnauthorized)
	s.browser(t).post(t, "/sign-in", http.StatusUnprocessableEntity, "email", s.Ana.Email, "password", goodPassword)
	has(t, admin.post(t, path+"/invite", http.StatusConflict), "This account is disabled")
}

func TestDepartments(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	has(t, b.get(t, "/manage/departments", http.StatusOK), s.Roads.Names[lang.En])
	has(t, b.post(t, "/manage/departments/new", http.StatusUnprocessableEntity, "code", "Parkovi!", "name_sr", "Zelenilo", "email", "x"), "Small letters", `value="Zelenilo"`)
	b.post(t, "/manage/departments/new", http.StatusUnprocessableEntity, "code", "zelenilo")
	b.post(t, "/manage/departments/new", http.StatusUnprocessableEntity, "code", "zelenilo", "name_sr", "Zelenilo", "leg_hours", "1001")
	b.post(t, "/manage/departments/new", http.StatusSeeOther, "code", "zelenilo", "name_sr", "Zelenilo", "name_en", "Parks", "email", "zelenilo@grad.example", "digest", "1", "leg_hours", "24")
	dir, err := s.Store.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d, ok := dir.DepartmentByCode("zelenilo")
	if !ok || !d.Digest || d.LegHours != 24 || ticketing.NameIn(d.Names, lang.SrCyrl) != "Зеленило" || d.Email != "zelenilo@grad.example" {
		t.Fatalf("saved: %+v, %v", d, ok)
	}
	b.post(t, "/manage/departments/new", http.StatusUnprocessableEntity, "code", "zelenilo", "name_sr", "Drugo", "leg_hours", "0") // taken
	path := fmt.Sprintf("/manage/departments/%d", d.ID)
	has(t, b.get(t, path, http.StatusOK), `value="Parks"`)
	b.post(t, path, http.StatusSeeOther, "version", fmt.Sprint(d.Version), "code", "zelenilo", "name_sr", "Zelenilo i parkovi", "leg_hours", "0")
	b.post(t, path, http.StatusConflict, "version", fmt.Sprint(d.Version), "code", "zelenilo", "name_sr", "Stari naziv", "leg_hours", "0") // somebody was faster
	b.get(t, "/manage/departments/99999", http.StatusNotFound)
}

func TestCategories(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	has(t, b.get(t, "/manage/categories", http.StatusOK), s.Pothole.Names[lang.En])
	road := fmt.Sprint(s.Roads.ID)
	has(t, b.post(t, "/manage/categories/new", http.StatusUnprocessableEntity, "code", "sidewalk", "name_sr", "Trotoar", "department", road, "resolve_days", "400"), "from 0 to 366")
	b.post(t, "/manage/categories/new", http.StatusUnprocessableEntity, "code", "sidewalk", "name_sr", "Trotoar", "department", "999", "resolve_days", "7")
	b.post(t, "/manage/categories/new", http.StatusUnprocessableEntity, "code", "sidewalk", "name_sr", "Trotoar", "department", road, "resolve_days", "7", "profile", "nothing")
	b.post(t, "/manage/categories/new", http.StatusSeeOther, "code", "sidewalk", "name_sr", "Trotoar", "department", road, "resolve_days", "7", "proof", "photo", "profile", "tivat", "on_call", "1")
	dir, err := s.Store.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	k, ok := dir.CategoryByCode("sidewalk")
	if !ok || k.ResolveDays != 7 || k.Proof != ticketing.ProofPhoto || k.Profile != "tivat" || !k.OnCall || k.Department != s.Roads.ID {
		t.Fatalf("saved: %+v, %v", k, ok)
	}
	has(t, b.get(t, fmt.Sprintf("/manage/categories/%d", k.ID), http.StatusOK), `value="Trotoar"`, `value="7"`)
}

func TestMailPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	has(t, b.get(t, "/manage/mail", http.StatusOK), "s48@grad.example", "Connecting")
	now := s.Clock.Now()
	for _, h := range []ticketing.MailboxHealth{
		{Account: "main", State: "ok", Since: now, LastSuccess: now, Idle: true, UpdatedAt: now},
		{Account: "second", State: "auth_failed", Since: now.Add(-38 * time.Minute), Detail: "AUTHENTICATIONFAILED", UpdatedAt: now},
	} {
		if err := s.Store.SaveMailboxHealth(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	s.Receive(t, s.Mail("a@posta.example", "Rupa", "Rupa u ulici."))
	s.Clock.Advance(time.Second)
	has(t, b.get(t, "/manage/mail", http.StatusOK), "1 of 2 mailboxes wants attention", "AUTHENTICATIONFAILED", "38\u00a0min", "Nothing is lost", "1 = 1", "dot--bad")
}

// TestMailboxOrders asks a mailbox to pause, to go on and to be tried: the order is
// kept for whoever reads it, said on the page until it is heeded, and recorded.
func TestMailboxOrders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	now := s.Clock.Now()
	state := func(name string) {
		if err := s.Store.SaveMailboxHealth(t.Context(), ticketing.MailboxHealth{Account: "main", State: name, Since: now, LastSuccess: now, UpdatedAt: now}); err != nil {
			t.Fatal(err)
		}
	}
	order := func() ticketing.MailboxOrder {
		o, err := s.Store.MailboxOrder(t.Context(), "main")
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	state("ok")
	has(t, b.get(t, "/manage/mail", http.StatusOK), "Try now", "Pause receiving")
	b.post(t, "/manage/mail/boxes/main/pause", http.StatusSeeOther)
	if o := order(); !o.Paused || o.By != s.Adam.ID {
		t.Errorf("order = %+v", o)
	}
	has(t, b.get(t, "/manage/mail", http.StatusOK), "A pause was asked for", "Go on receiving")
	state("paused")
	has(t, b.get(t, "/manage/mail", http.StatusOK), "Paused by "+s.Adam.Name, "deadlines run all the same", "dot--warn")
	b.post(t, "/manage/mail/boxes/main/try", http.StatusSeeOther)
	if o := order(); !o.TryAt.IsZero() {
		t.Error("a paused mailbox is tried")
	}
	has(t, b.get(t, "/manage/mail", http.StatusOK), "The mailbox is paused")
	b.post(t, "/manage/mail/boxes/main/resume", http.StatusSeeOther)
	has(t, b.get(t, "/manage/mail", http.StatusOK), "asked to go on")
	b.post(t, "/manage/mail/boxes/main/try", http.StatusSeeOther)
	if o := order(); o.Paused || !o.TryAt.Equal(s.Clock.Now()) {
		t.Errorf("order = %+v", o)
	}
	b.post(t, "/manage/mail/boxes/other/pause", http.StatusNotFound)
	b.post(t, "/manage/mail/boxes/main/burn", http.StatusNotFound)
}

// TestHeld lets letters go, or takes them back, after a restore (F58).
func TestHeld(t *testing.T) {
	t.Parallel()
	for do, want := range map[string]ticketing.DeliveryState{"send": ticketing.DeliveryPending, "drop": ticketing.DeliveryTakenBack} {
		s := newSite(t)
		b := s.as(t, s.Adam)
		s.Receive(t, s.Mail("a@posta.example", "Rupa", "Rupa u ulici."))
		hold(t, s)
		has(t, b.get(t, "/manage/mail", http.StatusOK), "1 message is held", `href="/agent/outgoing"`)
		b.post(t, "/manage/mail/held", http.StatusUnprocessableEntity, "do", "burn")
		b.post(t, "/manage/mail/held", http.StatusSeeOther, "do", do)
		counts, _, err := s.Store.DeliveryCounts(t.Context())
		if err != nil || counts[want] != 1 || counts[ticketing.DeliveryHeld] != 0 {
			t.Errorf("%s: counts %v, %v", do, counts, err)
		}
		has(t, b.get(t, "/manage/mail", http.StatusOK), "1 held message was settled")
	}
}

// hold puts the waiting letters on hold, as a restore does.
func hold(t *testing.T, s *site) {
	t.Helper()
	waiting, err := s.Store.DeliveriesIn(t.Context(), ticketing.DeliveryPending, 10)
	if err != nil || len(waiting) != 1 {
		t.Fatalf("waiting: %d, %v", len(waiting), err)
	}
	err = s.Store.InTx(t.Context(), func(tx ticketing.Tx) error {
		d, err := tx.Delivery(t.Context(), waiting[0].ID)
		if err != nil {
			return err
		}
		d.State = ticketing.DeliveryHeld
		if d.Ticket == 0 {
			return tx.SaveDelivery(t.Context(), d)
		}
		x, err := tx.TicketByID(t.Context(), d.Ticket)
		if err != nil {
			return err
		}
		x.Pending.Changed = append(x.Pending.Changed, *d)
		return tx.SaveTicket(t.Context(), x)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	ana := fmt.Sprint(s.Ana.ID)
	has(t, b.post(t, "/manage/tokens", http.StatusUnprocessableEntity, "name", "centrala", "agent", ana, "days", "30"), "at least one right")
	has(t, b.post(t, "/manage/tokens", http.StatusUnprocessableEntity, "name", "centrala", "agent", ana, "days", "30", "rights", "manage"), "does not have this right")
	page := b.post(t, "/manage/tokens", http.StatusOK, "name", "centrala", "agent", ana, "days", "30", "rights", "tickets:read", "rights", "tickets:open", "system", "1")
	at := strings.Index(page, ticketing.TokenPrefix)
	if at < 0 {
		t.Fatal("the secret is not shown")
	}
	secret := page[at : at+strings.IndexAny(page[at:], `<"`)]
	token, err := s.Store.TokenByHash(t.Context(), ticketing.HashSecret(secret))
	if err != nil || token.Name != "centrala" || !token.System || len(token.Rights) != 2 || token.ExpiresAt.Sub(s.Clock.Now()) != 30*24*time.Hour {
		t.Fatalf("stored: %+v, %v", token, err)
	}
	if strings.Contains(b.get(t, "/manage/tokens", http.StatusOK), secret) {
		t.Error("the secret is shown twice (A51)")
	}
	b.post(t, fmt.Sprintf("/manage/tokens/%d/revoke", token.ID), http.StatusSeeOther)
	if token, err := s.Store.TokenByHash(t.Context(), ticketing.HashSecret(secret)); err != nil || token.RevokedAt.IsZero() {
		t.Errorf("after revoking: %+v, %v", token, err)
	}
	b.post(t, "/manage/tokens/999/revoke", http.StatusNotFound)
}
