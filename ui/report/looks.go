package report

import "strings"

// This file says which class and which drawing a value has on the page.

func (t trend) kind() string {
	switch {
	case t.good > 0:
		return "good"
	case t.good < 0:
		return "bad"
	}
	return "flat"
}

func (t trend) icon() string {
	if t.up {
		return "trending-up"
	}
	return "trending-down"
}

// linkable reports whether the words under a figure lead to tickets: not where
// there are none.
func (f figure) linkable() bool {
	return f.link() != "" && f.of != "0" && !strings.HasSuffix(f.of, " 0")
}

// link is the address of the tickets of the figure: those of the denominator
// where there is one, so that kept and missed are seen together.
func (f figure) link() string {
	if f.ofTo != "" {
		return f.ofTo
	}
	return f.href
}

func formatName(format string) string { return strings.ToUpper(format) }
