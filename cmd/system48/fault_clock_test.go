package main

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// TestFaultStopped holds F41 on the whole program, with both engines: what fell
// due while nothing ran is recorded once, at its due instant, within 30 s of the
// start.
func TestFaultStopped(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, database string) {
		t.Parallel()
		if database == "sqlite" {
			database = ""
		}
		b := prepareBureau(t, database, "admin:admin")
		token := b.token("admin")
		b.start()
		received := time.Now().Add(3*time.Second - 48*time.Hour).UTC().Truncate(time.Microsecond)
		body, err := json.Marshal(map[string]any{"subject": "Prije gašenja", "text": "x", "category": "other", "received_at": received, "reason": "zapisano s papira", "receipt": false})
		if err != nil {
			t.Fatal(err)
		}
		a := b.api(token, http.MethodPost, "/tickets", string(body))
		if a.status != http.StatusCreated {
			t.Fatalf("open: %d %s", a.status, a.body)
		}
		ref := decode[ticketSeen](t, a.body).Ref
		type clock struct {
			Kind       string
			State      string
			DueAt      *time.Time `json:"due_at"`
			BreachedAt *time.Time `json:"breached_at"`
		}
		answer := func() clock {
			for _, c := range decode[struct{ Clocks []clock }](t, b.api(token, http.MethodGet, "/tickets/"+ref, "").body).Clocks {
				if c.Kind == "answer" {
					return c
				}
			}
			t.Fatal("the ticket has no promise")
			return clock{}
		}
		due := answer()
		if due.DueAt == nil || due.BreachedAt != nil {
			t.Fatalf("before the stop: %+v", due)
		}
		b.end()
		if wait := time.Until(due.DueAt.Add(time.Second)); wait > 0 {
			time.Sleep(wait)
		}
		b.start()
		began := time.Now()
		got := answer()
		for got.BreachedAt == nil && time.Since(began) < 30*time.Second {
			time.Sleep(50 * time.Millisecond)
			got = answer()
		}
		if got.State != "missed" || got.BreachedAt == nil || !got.BreachedAt.Equal(*due.DueAt) {
			t.Errorf("%s after the start: %+v, due %v (F41, I9)", time.Since(began).Round(time.Millisecond), got, due.DueAt)
		}
		breaches := 0
		for _, e := range decode[struct{ Items []struct{ Kind string } }](t, b.api(token, http.MethodGet, "/tickets/"+ref+"/events", "").body).Items {
			if e.Kind == "clock.breached" {
				breaches++
			}
		}
		if breaches != 1 {
			t.Errorf("%d breaches recorded (I9)", breaches)
		}
	})
}
