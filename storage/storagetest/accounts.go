package storagetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func testOnce(t *testing.T, r *room) {
	key := ticketing.Once{Caller: "agent:1", Key: "k-1", Hash: "aa"}
	once := func(k ticketing.Once) (result string, found bool, err error) {
		err = r.InTx(ctx(), func(tx ticketing.Tx) error {
			result, found, err = tx.Once(ctx(), k)
			return err
		})
		return result, found, err
	}
	t.Run("a key that nobody used", func(t *testing.T) {
		if result, found, err := once(key); found || result != "" || err != nil {
			t.Errorf("Once() = %q, %v, %v", result, found, err)
		}
	})
	t.Run("gives its result again", func(t *testing.T) {
		r.in(t, func(tx ticketing.Tx) error { return tx.SetOnce(ctx(), key, "42", r.now()) })
		for range 2 {
			if result, found, err := once(key); !found || result != "42" || err != nil {
				t.Errorf("Once() = %q, %v, %v, want 42", result, found, err)
			}
		}
	})
	t.Run("an empty result is a result", func(t *testing.T) {
		k := ticketing.Once{Caller: "agent:1", Key: "empty", Hash: "aa"}
		r.in(t, func(tx ticketing.Tx) error { return tx.SetOnce(ctx(), k, "", r.now()) })
		if result, found, err := once(k); !found || result != "" || err != nil {
			t.Errorf("Once() = %q, %v, %v, want found", result, found, err)
		}
	})
	t.Run("with something else asked it is a conflict", func(t *testing.T) {
		_, _, err := once(ticketing.Once{Caller: key.Caller, Key: key.Key, Hash: "bb"})
		wantKind(t, err, ticketing.Conflict)
	})
	t.Run("callers do not know of one another", func(t *testing.T) {
		if _, found, err := once(ticketing.Once{Caller: "agent:2", Key: key.Key, Hash: "bb"}); found || err != nil {
			t.Errorf("Once() of another caller = %v, %v", found, err)
		}
	})
	t.Run("no key is no key", func(t *testing.T) {
		for range 2 {
			r.in(t, func(tx ticketing.Tx) error {
				if _, found, err := tx.Once(ctx(), ticketing.Once{}); found || err != nil {
					t.Errorf("Once() without a key = %v, %v", found, err)
				}
				return tx.SetOnce(ctx(), ticketing.Once{}, "x", r.now())
			})
		}
	})
	t.Run("many at once do it once", func(t *testing.T) {
		k := ticketing.Once{Caller: "agent:1", Key: "rush", Hash: "aa"}
		target := r.ticket(t, nil)
		results := make([]string, writers)
		errs := together(writers, func(i int) error {
			return r.InTx(ctx(), func(tx ticketing.Tx) error {
				result, found, err := tx.Once(ctx(), k)
				if err != nil || found {
					results[i] = result
					return err
				}
				if err := r.note(tx, target.ID); err != nil {
					return err
				}
				results[i] = fmt.Sprint("by ", i)
				return tx.SetOnce(ctx(), k, results[i], r.now())
			})
		})
		must(t, errors.Join(errs...))
		if v := r.load(t, target.ID).Version; v != 2 {
			t.Errorf("Version = %d, want 2: one note", v)
		}
		for _, got := range results {
			if got != results[0] {
				t.Errorf("results %q and %q of one key", results[0], got)
			}
		}
	})
}

func testAccounts(t *testing.T, r *room) {
	t.Run("passes", func(t *testing.T) { testPasses(t, r) })
	t.Run("sessions", func(t *testing.T) { testSessions(t, r) })
	t.Run("tokens", func(t *testing.T) { testTokens(t, r) })
	t.Run("ending all sessions of one agent (A57)", func(t *testing.T) {
		for _, a := range []ticketing.AgentID{r.Oskar.ID, r.Olga.ID} {
			for i := range 2 {
				must(t, r.SaveSession(ctx(), ticketing.Session{Hash: hexOf(fmt.Sprint("end", a, i)), Agent: a, CreatedAt: r.now(), SeenAt: r.now(), ExpiresAt: r.now().Add(time.Hour)}))
			}
			must(t, r.SaveToken(ctx(), &ticketing.Token{Hash: hexOf(fmt.Sprint("end token", a)), Agent: a, CreatedAt: r.now()}))
		}
		r.in(t, func(tx ticketing.Tx) error { return tx.EndSessions(ctx(), r.Oskar.ID) })
		for a, want := range map[ticketing.AgentID]int{r.Oskar.ID: 0, r.Olga.ID: 2} {
			list, err := r.SessionsOf(ctx(), a)
			if err != nil || len(list) != want {
				t.Errorf("agent %d has %d sessions, %v, want %d", a, len(list), err, want)
			}
			k, err := r.TokenByHash(ctx(), hexOf(fmt.Sprint("end token", a)))
			if alive := err == nil && k.RevokedAt.IsZero(); alive != (want > 0) {
				t.Errorf("token of agent %d: revoked %v, %v", a, k.RevokedAt, err)
			}
		}
		errPlanted := errors.New("planted")
		err := r.InTx(ctx(), func(tx ticketing.Tx) error {
			if err := tx.EndSessions(ctx(), r.Olga.ID); err != nil {
				return err
			}
			return errPlanted
		})
		if list, _ := r.SessionsOf(ctx(), r.Olga.ID); !errors.Is(err, errPlanted) || len(list) != 2 {
			t.Errorf("after a rollback: %d sessions, %v, want 2", len(list), err)
		}
	})
}

func testPasses(t *testing.T, r *room) {
	load := func(hash string) (p *ticketing.Pass, err error) {
		err = r.InTx(ctx(), func(tx ticketing.Tx) error {
			p, err = tx.Pass(ctx(), hash)
			return err
		})
		return p, err
	}
	want := &ticketing.Pass{Hash: hexOf("pass"), Purpose: ticketing.PassInvite, Agent: r.Ana.ID, ExpiresAt: r.now().Add(24 * time.Hour)}
	r.in(t, func(tx ticketing.Tx) error { return tx.SavePass(ctx(), want) })
	got, err := load(want.Hash)
	must(t, err)
	same(t, "pass", got, want)
	want.UsedAt = r.now()
	r.in(t, func(tx ticketing.Tx) error { return tx.SavePass(ctx(), want) })
	got, err = load(want.Hash)
	must(t, err)
	same(t, "used pass", got, want)
	_, err = load(hexOf("unknown"))
	wantKind(t, err, ticketing.NotFound)
	t.Run("one of many that use it at once does", func(t *testing.T) {
		fresh := &ticketing.Pass{Hash: hexOf("race"), Purpose: ticketing.PassReset, Agent: r.Ana.ID, ExpiresAt: r.now().Add(time.Hour)}
		r.in(t, func(tx ticketing.Tx) error { return tx.SavePass(ctx(), fresh) })
		used := 0
		for _, err := range together(8, func(int) error {
			return r.InTx(ctx(), func(tx ticketing.Tx) error {
				p, err := tx.Pass(ctx(), fresh.Hash)
				if err != nil {
					return err
				}
				if !p.UsedAt.IsZero() {
					return ticketing.Gone
				}
				p.UsedAt = r.now()
				return tx.SavePass(ctx(), p)
			})
		}) {
			if err == nil {
				used++
			} else {
				wantKind(t, err, ticketing.Gone)
			}
		}
		if used != 1 {
			t.Errorf("the pass was used %d times, want once", used)
		}
	})
}

func testSessions(t *testing.T, r *room) {
	want := ticketing.Session{
		Hash: hexOf("session"), Agent: r.Ana.ID, Data: []byte{0, 1, 2, 255}, CreatedAt: r.now(), SeenAt: r.now().Add(time.Minute),
		ExpiresAt: r.now().Add(time.Hour), IP: "2001:db8::1", Browser: "Mozilla/5.0 (ћ)",
	}
	must(t, r.SaveSession(ctx(), want))
	got, err := r.Session(ctx(), want.Hash)
	must(t, err)
	same(t, "session", got, want)
	want.Data, want.SeenAt, want.IP, want.Browser = nil, want.SeenAt.Add(time.Minute), "", ""
	must(t, r.SaveSession(ctx(), want))
	got, err = r.Session(ctx(), want.Hash)
	must(t, err)
	same(t, "changed session", got, want)
	older := ticketing.Session{Hash: hexOf("older"), Agent: r.Ana.ID, CreatedAt: r.now(), SeenAt: r.now(), ExpiresAt: r.now().Add(time.Hour)}
	must(t, r.SaveSession(ctx(), older))
	must(t, r.SaveSession(ctx(), ticketing.Session{Hash: hexOf("boris"), Agent: r.Boris.ID, CreatedAt: r.now(), SeenAt: r.now(), ExpiresAt: r.now().Add(time.Hour)}))
	list, err := r.SessionsOf(ctx(), r.Ana.ID)
	must(t, err)
	same(t, "sessions, latest seen first", list, []ticketing.Session{want, older})
	must(t, r.DropSession(ctx(), want.Hash))
	must(t, r.DropSession(ctx(), want.Hash))
	_, err = r.Session(ctx(), want.Hash)
	wantKind(t, err, ticketing.NotFound)
	if _, err := r.Session(ctx(), older.Hash); err != nil {
		t.Errorf("the other session = %v", err)
	}
}

func testTokens(t *testing.T, r *room) {
	want := ticketing.Token{
		Hash: hexOf("token"), Name: "desk-bot", Agent: r.Ana.ID, System: true, Rights: []ticketing.Right{ticketing.RightRead, ticketing.RightReply},
		CreatedAt: r.now(), ExpiresAt: r.now().Add(time.Hour),
	}
	must(t, r.SaveToken(ctx(), &want))
	if want.ID == 0 {
		t.Error("the new token got no ID")
	}
	got, err := r.TokenByHash(ctx(), want.Hash)
	must(t, err)
	same(t, "token", got, want)
	twin := ticketing.Token{Hash: want.Hash, Name: "twin", Agent: r.Boris.ID, CreatedAt: r.now()}
	if err := r.SaveToken(ctx(), &twin); err == nil {
		t.Error("two tokens of one secret")
	}
	must(t, r.TouchToken(ctx(), want.ID, r.now().Add(time.Minute)))
	want.LastUsed = r.now().Add(time.Minute)
	got, err = r.TokenByHash(ctx(), want.Hash)
	must(t, err)
	same(t, "touched token", got, want)
	want.Name, want.Rights, want.System, want.RevokedAt, want.ExpiresAt = "renamed", nil, false, r.now(), time.Time{}
	must(t, r.SaveToken(ctx(), &want))
	second := ticketing.Token{Hash: hexOf("second"), Name: "second", Agent: r.Boris.ID, CreatedAt: r.now()}
	must(t, r.SaveToken(ctx(), &second))
	all, err := r.Tokens(ctx())
	must(t, err)
	same(t, "tokens", all, []ticketing.Token{want, second})
	for _, hash := range []string{hexOf("unknown"), "", "%"} {
		_, err = r.TokenByHash(ctx(), hash)
		wantKind(t, err, ticketing.NotFound)
	}
}

//nolint:revive // one story told in order
func testGate(t *testing.T, r *room) {
	const window = time.Minute
	try := func(t *testing.T, key string, most int) (ok bool, left int, wait time.Duration) {
		t.Helper()
		ok, left, wait, err := r.Allow(ctx(), key, most, window)
		must(t, err)
		return ok, left, wait
	}
	t.Run("so many attempts, then none", func(t *testing.T) {
		for want := 2; want >= 0; want-- {
			if ok, left, _ := try(t, "a", 3); !ok || left != want {
				t.Errorf("Allow() = %v, %d left, want true, %d", ok, left, want)
			}
		}
		for range 3 {
			if ok, left, wait := try(t, "a", 3); ok || left != 0 || wait <= 0 || wait > window {
				t.Errorf("Allow() beyond = %v, %d left, wait %v", ok, left, wait)
			}
		}
		if ok, _, _ := try(t, "b", 3); !ok {
			t.Error("another key is refused")
		}
	})
	t.Run("after the wait the next is allowed", func(t *testing.T) {
		_, _, wait := try(t, "a", 3)
		r.Clock.Advance(wait + time.Microsecond)
		if ok, _, _ := try(t, "a", 3); !ok {
			t.Error("refused after the wait that was named")
		}
	})
	t.Run("after a whole window all are allowed", func(t *testing.T) {
		r.Clock.Advance(2 * window)
		for range 3 {
			if ok, _, _ := try(t, "a", 3); !ok {
				t.Error("refused after a window without attempts")
			}
		}
	})
	t.Run("Forget clears the key alone", func(t *testing.T) {
		for range 3 {
			try(t, "c", 3)
			try(t, "d", 3)
		}
		must(t, r.Forget(ctx(), "c"))
		must(t, r.Forget(ctx(), "unknown"))
		if ok, left, _ := try(t, "c", 3); !ok || left != 2 {
			t.Errorf("after Forget: %v, %d left, want true, 2", ok, left)
		}
		if ok, _, _ := try(t, "d", 3); ok {
			t.Error("Forget cleared another key")
		}
	})
	t.Run("Refund takes one attempt back", func(t *testing.T) {
		for range 3 {
			try(t, "e", 3)
		}
		must(t, r.Refund(ctx(), "e"))
		must(t, r.Refund(ctx(), "unknown"))
		if ok, left, _ := try(t, "e", 3); !ok || left != 0 {
			t.Errorf("after Refund: %v, %d left, want true, 0", ok, left)
		}
		if ok, _, _ := try(t, "e", 3); ok {
			t.Error("Refund took back more than one")
		}
		for range 9 {
			must(t, r.Refund(ctx(), "e"))
		}
		if _, left, _ := try(t, "e", 3); left != 2 {
			t.Errorf("refunds went below none: %d left, want 2", left)
		}
	})
	t.Run("Wait tells and counts nothing", func(t *testing.T) {
		wait := func() time.Duration {
			w, err := r.Wait(ctx(), "w", 2)
			must(t, err)
			return w
		}
		for i := range 2 {
			if w := wait() + wait(); w != 0 {
				t.Errorf("after %d attempts: wait %v, want 0", i, w)
			}
			if ok, _, _ := try(t, "w", 2); !ok {
				t.Errorf("attempt %d is refused", i)
			}
		}
		if w := wait(); w <= 0 || w > window {
			t.Errorf("of a full key: wait %v", w)
		}
		r.Clock.Advance(window)
		if w := wait(); w != 0 {
			t.Errorf("after a window: wait %v, want 0", w)
		}
	})
	t.Run("many at once get as many as allowed", func(t *testing.T) {
		passed := make([]bool, 4*writers)
		errs := together(len(passed), func(i int) error {
			ok, _, _, err := r.Allow(ctx(), "rush", 5, window)
			passed[i] = ok
			return err
		})
		must(t, errors.Join(errs...))
		n := 0
		for _, ok := range passed {
			if ok {
				n++
			}
		}
		if n != 5 {
			t.Errorf("%d were allowed, want 5", n)
		}
	})
}
