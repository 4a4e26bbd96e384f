package components

import "github.com/sistem48/system48/ticketing"

func problemIcon(k ticketing.Kind) string {
	switch k {
	case ticketing.NotFound, ticketing.Gone:
		return "zoom-question"
	case ticketing.Forbidden, ticketing.Unauthenticated:
		return "lock"
	case ticketing.Busy, ticketing.Throttled:
		return "hourglass"
	case ticketing.Internal, ticketing.Invalid, ticketing.Conflict, ticketing.Stale, ticketing.TooLarge:
	}
	return "alert-circle"
}

// retrying reports whether asking again can help.
func retrying(k ticketing.Kind) bool {
	return k == ticketing.Internal || k == ticketing.Busy || k == ticketing.Throttled
}
