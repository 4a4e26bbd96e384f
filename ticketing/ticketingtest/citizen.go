package ticketingtest

import (
	"cmp"
	"context"
	"slices"

	"github.com/sistem48/system48/ticketing"
)

// stayer follows joins to the citizen who stayed.
func (v view) stayer(id ticketing.CitizenID) ticketing.CitizenID {
	for range 100 { // joins have no circles; a bound all the same
		c, ok := v.citizens.get(v.in, id)
		if !ok || c.Into == 0 {
			return id
		}
		id = c.Into
	}
	return id
}

// family gives the citizen who stayed and all who were joined into them.
func (v view) family(id ticketing.CitizenID) []ticketing.CitizenID {
	out := []ticketing.CitizenID{id}
	for other := range v.citizens.each(v.in) {
		if other != id && v.stayer(other) == id {
			out = append(out, other)
		}
	}
	slices.Sort(out)
	return out
}

// citizen gives a copy of exactly this citizen with the contacts of all owners.
func (v view) citizen(id ticketing.CitizenID, owners []ticketing.CitizenID) (*ticketing.Citizen, bool) {
	row, ok := v.citizens.get(v.in, id)
	if !ok {
		return nil, false
	}
	c := copyOf(row)
	c.Contacts = nil
	mine := func(k *ticketing.Contact) bool { return slices.Contains(owners, k.Citizen) }
	for _, k := range v.contacts.list(v.in, mine, func(a, b *ticketing.Contact) int { return cmp.Compare(a.ID, b.ID) }) {
		c.Contacts = append(c.Contacts, *copyOf(k))
	}
	return c, true
}

// whole gives the citizen who stayed, with everybody's contacts.
func (v view) whole(id ticketing.CitizenID) (*ticketing.Citizen, error) {
	stayer := v.stayer(id)
	c, ok := v.citizen(stayer, v.family(stayer))
	if !ok {
		return nil, fail(ticketing.NotFound, "citizen.unknown")
	}
	return c, nil
}

// Citizen implements [ticketing.Tx].
func (t *tx) Citizen(ctx context.Context, id ticketing.CitizenID) (*ticketing.Citizen, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	return t.whole(id)
}

// CitizenByContact implements [ticketing.Tx].
func (t *tx) CitizenByContact(ctx context.Context, kind ticketing.ContactKind, address string) (*ticketing.Citizen, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	id, ok := t.addresses.get(t.in, addressKey{kind, address})
	if !ok {
		return nil, fail(ticketing.NotFound, "citizen.unknown")
	}
	k, _ := t.contacts.get(t.in, id)
	return t.whole(k.Citizen)
}

// SaveCitizen implements [ticketing.Tx].
func (t *tx) SaveCitizen(ctx context.Context, c *ticketing.Citizen) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	if c.ID == 0 {
		c.ID = ticketing.CitizenID(t.next(string(ticketing.IDCitizen)))
	}
	row, exists := t.citizens.get(t.in, c.ID)
	switch {
	case exists && row.Version != c.Version:
		return fail(ticketing.Stale, "citizen.changed")
	case !exists && c.Version != 0:
		return fail(ticketing.NotFound, "citizen.unknown")
	}
	if err := t.saveContacts(c); err != nil {
		return err
	}
	c.Version++
	bare := copyOf(c)
	bare.Contacts = nil
	if exists {
		bare.Into = row.Into // only joins move it
	}
	t.citizens.put(c.ID, bare)
	return nil
}

// saveContacts makes the contacts of the citizen and of those joined into them
// the listed ones. Known contacts stay with their owner.
func (t *tx) saveContacts(c *ticketing.Citizen) error {
	owners := t.family(c.ID)
	keep := map[ticketing.ContactID]bool{}
	for _, k := range c.Contacts {
		keep[k.ID] = true
	}
	for id, k := range t.contacts.each(t.in) {
		if slices.Contains(owners, k.Citizen) && !keep[id] {
			t.contacts.drop(id)
			t.addresses.drop(addressKey{k.Kind, k.Address})
		}
	}
	for i := range c.Contacts {
		if err := t.saveContact(c.ID, owners, &c.Contacts[i]); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) saveContact(citizen ticketing.CitizenID, owners []ticketing.CitizenID, k *ticketing.Contact) error {
	key := addressKey{k.Kind, k.Address}
	if holder, taken := t.addresses.get(t.in, key); taken && holder != k.ID {
		return &ticketing.Error{Kind: ticketing.Conflict, Field: string(k.Kind), Key: "contact.taken"}
	}
	if k.ID == 0 {
		k.ID, k.Citizen = ticketing.ContactID(t.next(string(ticketing.IDContact))), citizen
	} else {
		row, ok := t.contacts.get(t.in, k.ID)
		if !ok || !slices.Contains(owners, row.Citizen) {
			return fail(ticketing.NotFound, "contact.unknown")
		}
		k.Citizen = row.Citizen
		t.addresses.drop(addressKey{row.Kind, row.Address})
	}
	t.addresses.put(key, k.ID)
	t.contacts.put(k.ID, copyOf(k))
	return nil
}

// JoinCitizens implements [ticketing.Tx].
func (t *tx) JoinCitizens(ctx context.Context, from, into ticketing.CitizenID) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	row, ok := t.citizens.get(t.in, from)
	if _, other := t.citizens.get(t.in, into); !ok || !other {
		return fail(ticketing.NotFound, "citizen.unknown")
	}
	if row.Into != 0 || t.stayer(into) == from {
		return fail(ticketing.Conflict, "citizen.joined")
	}
	return t.point(row, into)
}

// SeparateCitizen implements [ticketing.Tx].
func (t *tx) SeparateCitizen(ctx context.Context, id ticketing.CitizenID) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	row, ok := t.citizens.get(t.in, id)
	if !ok {
		return fail(ticketing.NotFound, "citizen.unknown")
	}
	if row.Into == 0 {
		return fail(ticketing.Conflict, "citizen.not_joined")
	}
	return t.point(row, 0)
}

func (t *tx) point(row *ticketing.Citizen, into ticketing.CitizenID) error {
	c := copyOf(row)
	c.Into = into
	c.Version++
	t.citizens.put(c.ID, c)
	return nil
}

// CitizenView implements [ticketing.CitizenReads].
func (s *Store) CitizenView(ctx context.Context, id ticketing.CitizenID) (main ticketing.Citizen, joined []ticketing.Citizen, err error) {
	err = s.read(ctx, func(v view) error {
		c, err := v.whole(id)
		if err != nil {
			return err
		}
		main = *c
		for _, other := range v.family(c.ID) {
			if other == c.ID {
				continue
			}
			j, _ := v.citizen(other, []ticketing.CitizenID{other})
			joined = append(joined, *j)
		}
		return nil
	})
	return main, joined, err
}

// FindCitizens implements [ticketing.CitizenReads].
func (s *Store) FindCitizens(ctx context.Context, query string, n int) (out []ticketing.Citizen, err error) {
	err = s.read(ctx, func(v view) error {
		q := parseQuery(query)
		rows := v.citizens.list(v.in, nil, func(a, b *ticketing.Citizen) int { return cmp.Compare(a.ID, b.ID) })
		for _, row := range rows {
			if row.Into != 0 {
				continue
			}
			if c, _ := v.whole(row.ID); q.matches(v.citizenWords(c.ID), c.Contacts) {
				out = append(out, *c)
			}
		}
		out = limit(out, n)
		return nil
	})
	return out, err
}
