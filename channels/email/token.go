package email

import (
	"slices"
	"strings"

	"github.com/sistem48/system48/ticketing"
)

// Bounds on what is taken from the recipient fields.
const (
	maxTokens   = 20
	maxTokenLen = 64
)

// recipientFields are the fields in which a mail server or the sender names the
// address a mail was delivered to.
var recipientFields = []string{"to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "resent-to", "resent-cc"}

// An ownAddress is an address of the bureau, split for comparing.
type ownAddress struct {
	local, domain string
}

// ownAddresses splits the bureau's addresses.
func ownAddresses(addresses []string) []ownAddress {
	var own []ownAddress
	for _, a := range addresses {
		if c, ok := cleanAddress(a); ok {
			local, domain, _ := strings.Cut(c, "@")
			own = append(own, ownAddress{local, domain})
		}
	}
	return own
}

// matchOwn reports whether a cleaned address is one of ours, and gives the tag
// behind the plus sign ("" when there is none).
func matchOwn(own []ownAddress, address string) (tag string, ok bool) {
	local, domain, _ := strings.Cut(address, "@")
	base, tag, tagged := strings.Cut(local, "+")
	for _, o := range own {
		if domain != o.domain {
			continue
		}
		if local == o.local {
			return "", true
		}
		if tagged && base == o.local {
			return tag, true
		}
	}
	return "", false
}

// tokens gives the tags of the bureau's token addresses among the recipients,
// in the order of the fields, unverified. Anybody may write anything there: a
// tag is worth what its MAC is worth.
func tokens(h mailHeader, own []ownAddress) []string {
	var out []string
	for _, name := range recipientFields {
		for _, v := range h.all(name) {
			if !strings.Contains(v, "+") {
				continue
			}
			for _, p := range parseAddresses(v, ticketing.MaxRecipients).parties {
				tag, ok := matchOwn(own, p.Address)
				if ok && tag != "" && len(tag) <= maxTokenLen && len(out) < maxTokens && !slices.Contains(out, tag) {
					out = append(out, tag)
				}
			}
		}
	}
	return out
}

// recipients reads To and Cc without the bureau's own addresses, at most
// MaxRecipients together. cut says that there were more.
func recipients(h mailHeader, own []ownAddress) (to, cc []ticketing.Party, cut bool) {
	seen := map[string]bool{}
	read := func(name string) []ticketing.Party {
		var out []ticketing.Party
		for _, v := range h.all(name) {
			l := parseAddresses(v, ticketing.MaxRecipients)
			cut = cut || l.cut
			for _, p := range l.parties {
				if _, ours := matchOwn(own, p.Address); ours || seen[p.Address] {
					continue
				}
				if len(seen) == ticketing.MaxRecipients {
					cut = true
					return out
				}
				seen[p.Address] = true
				out = append(out, p)
			}
		}
		return out
	}
	to = read("to")
	cc = read("cc")
	return to, cc, cut
}
