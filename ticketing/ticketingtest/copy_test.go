package ticketingtest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
)

// TestCopyShares proves that nothing given to the store or got from it is
// shared with what the store keeps.
func TestCopyShares(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 5, 9, 0, 0, 1234567, time.FixedZone("CET", 3600))
	n := int64(7)
	type row struct {
		Ticket *ticketing.Ticket
		Data   map[string]any
		Bytes  []byte
		N      *int64
		At     time.Time
	}
	build := func() row {
		return row{
			Ticket: &ticketing.Ticket{Tags: []string{"a"}, Clocks: []ticketing.Clock{{Kind: ticketing.ClockAnswer}}},
			Data:   map[string]any{"list": []string{"x"}}, Bytes: []byte{1}, N: &n, At: now,
		}
	}
	in := build()
	out := copyOf(in)
	in.Ticket.Tags[0], in.Ticket.Clocks[0].Kind, in.Bytes[0] = "changed", ticketing.ClockResolve, 9
	in.Data["list"] = nil
	n = 8
	want := build()
	seven := int64(7)
	want.N, want.At = &seven, now.UTC().Truncate(time.Microsecond)
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("copyOf() (-want +got):\n%s", diff)
	}
	if out.At.Location() != time.UTC || out.At.Nanosecond() != 1234000 {
		t.Errorf("At = %v, want UTC and microseconds", out.At)
	}
	if nothing := copyOf(row{}); nothing.Ticket != nil || nothing.Data != nil || nothing.Bytes != nil || !nothing.At.IsZero() {
		t.Errorf("copyOf() of nothing = %+v", nothing)
	}
}
