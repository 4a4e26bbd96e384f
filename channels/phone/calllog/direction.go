package calllog

import (
	"slices"
	"strings"
)

// longest is how many digits an extension or a service number has at most.
const longest = 6

// isExtension reports whether a party sits at a desk of the house: a short
// number that is not one of the bureau's own.
func (f *Format) isExtension(s string) bool {
	d := digits(s)
	return d != "" && len(d) <= longest && !f.isOwn(s) && !strings.HasPrefix(strings.TrimSpace(s), "+")
}

// isOwn reports whether the number is one of the bureau's, with or without the
// codes before it.
func (f *Format) isOwn(s string) bool {
	d := strings.TrimLeft(digits(s), "0")
	if d == "" {
		return false
	}
	return slices.ContainsFunc(f.own, func(own string) bool {
		return d == own || len(d) >= 5 && (strings.HasSuffix(own, d) || strings.HasSuffix(d, strings.TrimLeft(own, "0")))
	})
}

// ignored reports whether no person answers there.
func (f *Format) ignored(ext string) bool {
	return ext != "" && slices.Contains(f.Ignore, ext)
}

// direction tells from the two parties and the context which way a call went.
// What cannot be told came in: a call too many is seen, a missed one is not.
func (f *Format) direction(from, to, context string) Direction {
	switch {
	case context != "" && slices.Contains(f.Contexts, context), f.isOwn(to):
		return In
	case f.isExtension(from) && (f.isExtension(to) || featureCode(to)):
		return Internal
	case f.isExtension(from), f.isOwn(from):
		return Out
	}
	return In
}

// featureCode reports whether a desk dialled the exchange itself: *97, s, hang-up.
func featureCode(to string) bool {
	return strings.HasPrefix(to, "*") || to == "s" || to == "h" || to == "i" || to == "t"
}
