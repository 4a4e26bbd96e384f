package ticketing

import (
	"context"
	"errors"
	"regexp"
	"strings"
)

// body gives the outside body that wrote, by its address or its domain. One
// whose authentication failed, or who can be read in two ways, is nobody (A71).
func (a *arrival) body() (Body, bool) {
	kind, address := a.address()
	if kind != ContactEmail || address == "" || a.in.Auth == AuthFail || a.ambiguous() {
		return Body{}, false
	}
	_, domain, _ := strings.Cut(address, "@")
	return find(a.dir.Bodies, func(b *Body) bool {
		return !b.Disabled && (strings.EqualFold(b.Email, address) || (b.Domain != "" && strings.EqualFold(b.Domain, domain)))
	})
}

// maxOutside bounds how many of a body's numbers are looked up in one mail.
const maxOutside = 5

// byOutside gives the ticket that the body's mail belongs to when none of our
// marks says so: the one it names by a number of its own (named), which counts
// before a claim by our reference, and whether the sender is a party there; else
// the claimed one as it is.
func (a *arrival) byOutside(ctx context.Context, b Body, claimed *Ticket, sender *Citizen) (t *Ticket, named, known bool, err error) {
	if t, err = a.numbered(ctx, b); err != nil || t == nil {
		return claimed, false, false, err
	}
	known, err = a.isParty(ctx, t, sender)
	return t, true, known, err
}

// numbered finds the ticket that the body names by a number of its own; nil when
// it names none that is known.
func (a *arrival) numbered(ctx context.Context, b Body) (*Ticket, error) {
	if b.Pattern == "" {
		return nil, nil
	}
	pattern, err := regexp.Compile(b.Pattern)
	if err != nil {
		return nil, nil //nolint:nilerr // was refused when it was saved: as if there were none
	}
	text := a.in.Subject + "\n" + a.in.Text[:min(len(a.in.Text), MaxText)]
	for _, number := range pattern.FindAllString(text, maxOutside) {
		t, err := a.tx.TicketByOutside(ctx, b.ID, cleanLine(number, 80))
		if errors.Is(err, NotFound) {
			continue
		}
		return t, err
	}
	return nil, nil
}
