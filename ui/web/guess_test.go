package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A47: only a wrong proof counts as a guess. While the database is away, nobody
// who has the right code is locked out by asking again.
func TestGuessCountsWrongProofsOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	guess := func(err error) error {
		c := o.echo.NewContext(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), httptest.NewRecorder())
		return o.kit.Guess(c, "status", 3, time.Minute, func() error { return err })
	}
	for _, ours := range []error{
		&ticketing.Error{Kind: ticketing.Busy}, fmt.Errorf("look up: %w", ticketing.Busy), context.Canceled, context.DeadlineExceeded, errors.New("a bug"),
	} {
		for range 5 {
			if err := guess(ours); !errors.Is(err, ours) {
				t.Fatalf("%v is answered with %v", ours, err)
			}
		}
	}
	if err := guess(nil); err != nil {
		t.Fatalf("the right code: %v", err)
	}
	for i, wrong := range []error{&ticketing.Error{Kind: ticketing.NotFound}, &ticketing.Error{Kind: ticketing.Gone}, &ticketing.Error{Kind: ticketing.Invalid}} {
		if err := guess(wrong); !errors.Is(err, wrong) {
			t.Errorf("guess %d: %v", i+1, err)
		}
	}
	if err := guess(nil); ticketing.KindOf(err) != ticketing.Throttled {
		t.Errorf("after three guesses: %v", err)
	}
}
