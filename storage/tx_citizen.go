package storage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// A loadedCitizen is one who stayed, with the contacts of all who were joined
// into them, as the transaction read it under its lock.
type loadedCitizen struct {
	row      citizenRow
	contacts []contactRow
}

var (
	citizenWhoStayed  = selectFrom[citizenRow]("where id = (select stays_id from citizens where id = ?) {lock}")
	contactsOfFamily  = selectFrom[contactRow]("where citizen_id in (select id from citizens where stays_id = (select stays_id from citizens where id = ?)) order by id")
	citizenOfAddress  = selectFrom[citizenRow]("where id = (select c.stays_id from contacts k join citizens c on c.id = k.citizen_id where k.kind = ? and k.address = ?) {lock}")
	contactsOfAddress = selectFrom[contactRow](`where citizen_id in (select id from citizens where stays_id =
		(select c.stays_id from contacts k join citizens c on c.id = k.citizen_id where k.kind = ? and k.address = ?)) order by id`)
)

// Citizen loads a citizen, of one joined the one who stayed; see ticketing.Tx.
func (t *tx) Citizen(_ context.Context, id ticketing.CitizenID) (*ticketing.Citizen, error) {
	return t.loadCitizen(statement{query: citizenWhoStayed, args: []any{int64(id)}}, statement{query: contactsOfFamily, args: []any{int64(id)}})
}

// CitizenByContact finds the citizen of an address; see ticketing.Tx.
func (t *tx) CitizenByContact(_ context.Context, kind ticketing.ContactKind, address string) (*ticketing.Citizen, error) {
	key := []any{string(kind), address}
	c, err := t.loadCitizen(statement{query: citizenOfAddress, args: key}, statement{query: contactsOfAddress, args: slices.Clone(key)})
	if errors.Is(err, ticketing.NotFound) {
		if t.absent == nil {
			t.absent = map[string]bool{}
		}
		t.absent[string(kind)+" "+address] = true
	}
	return c, err
}

func (t *tx) loadCitizen(row, contacts statement) (*ticketing.Citizen, error) {
	var found []citizenRow
	var l loadedCitizen
	row.read, contacts.read = into(&found), into(&l.contacts)
	if err := t.readAll(row, contacts); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notFound("citizen")
	}
	l.row = found[0]
	t.keepCitizen(&l)
	c := citizenOf(&l.row, l.contacts)
	return &c, nil
}

func (t *tx) keepCitizen(l *loadedCitizen) {
	if t.citizens == nil {
		t.citizens = map[int64]*loadedCitizen{}
	}
	t.citizens[l.row.ID] = l
}

func citizenOf(r *citizenRow, contacts []contactRow) ticketing.Citizen {
	c := ticketing.Citizen{
		ID: ticketing.CitizenID(r.ID), Name: r.Name, Language: lang.Tag(r.Language), Preferred: ticketing.Channel(r.Preferred),
		Into: ticketing.CitizenID(r.IntoID), CreatedAt: r.CreatedAt.orNone(), Version: r.Version,
	}
	for i := range contacts {
		c.Contacts = append(c.Contacts, contacts[i].contact())
	}
	return c
}

func (r *contactRow) contact() ticketing.Contact {
	k := ticketing.Contact{
		ID: ticketing.ContactID(r.ID), Citizen: ticketing.CitizenID(r.CitizenID), Kind: ticketing.ContactKind(r.Kind), Address: r.Address,
		Undeliverable: r.Undeliverable, OptedOutAt: r.OptedOutAt.time(),
	}
	for _, at := range r.AutoSent {
		k.AutoSent = append(k.AutoSent, time.UnixMicro(at).UTC())
	}
	return k
}

func contactRowOf(k *ticketing.Contact) contactRow {
	r := contactRow{
		ID: int64(k.ID), CitizenID: int64(k.Citizen), Kind: string(k.Kind), Address: clean(k.Address), Undeliverable: k.Undeliverable,
		OptedOutAt: instant(k.OptedOutAt),
	}
	if k.Kind == ticketing.ContactPhone {
		r.Digits = onlyDigits(k.Address)
		r.Reversed = backwards(r.Digits)
	}
	for _, at := range k.AutoSent {
		r.AutoSent = append(r.AutoSent, at.UnixMicro())
	}
	return r
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func backwards(ascii string) string {
	b := []byte(ascii)
	slices.Reverse(b)
	return string(b)
}

// SaveCitizen writes the citizen and the contacts; see ticketing.Tx.
func (t *tx) SaveCitizen(_ context.Context, c *ticketing.Citizen) error {
	before, err := t.citizenBefore(c)
	if err != nil {
		return err
	}
	if c.ID == 0 {
		id, err := t.id(ticketing.IDCitizen)
		if err != nil {
			return err
		}
		c.ID = ticketing.CitizenID(id)
	}
	after := &loadedCitizen{row: citizenRow{
		ID: int64(c.ID), Name: clean(c.Name), Language: string(c.Language), Preferred: string(c.Preferred), StaysID: int64(c.ID),
		CreatedAt: never1970(c.CreatedAt), Version: c.Version + 1,
	}}
	if before != nil {
		after.row.IntoID, after.row.StaysID = before.row.IntoID, before.row.StaysID // only joins move them
	}
	after.row.Label = clean(c.DisplayName())
	if before == nil {
		insertRow(t, &after.row)
	} else {
		updateRow(t, &before.row, &after.row)
	}
	if err := t.writeContacts(before, after, c); err != nil {
		return err
	}
	c.Version++
	t.keepCitizen(after)
	return t.writeCitizenWords(before, after)
}

// citizenBefore gives the citizen as stored; nil when new.
func (t *tx) citizenBefore(c *ticketing.Citizen) (*loadedCitizen, error) {
	if c.ID == 0 || c.Version == 0 {
		return nil, nil //nolint:nilnil // there is none before
	}
	before, ok := t.citizens[int64(c.ID)]
	if !ok {
		if _, err := t.Citizen(t.ctx, c.ID); err != nil {
			return nil, err
		}
		if before, ok = t.citizens[int64(c.ID)]; !ok { // joined: somebody else stayed
			return nil, stale("citizen")
		}
	}
	if before.row.Version != c.Version {
		return nil, stale("citizen")
	}
	return before, nil
}

var dropContact = sqlQuery("delete from contacts where id = ?")

// writeContacts makes the family's contacts the listed ones. Known contacts
// stay with their owner.
func (t *tx) writeContacts(before, after *loadedCitizen, c *ticketing.Citizen) error {
	var old []contactRow
	if before != nil {
		old = before.contacts
	}
	listed := map[int64]bool{}
	for i := range c.Contacts {
		listed[int64(c.Contacts[i].ID)] = true
	}
	for i := range old {
		if !listed[old[i].ID] {
			t.queue(dropContact, old[i].ID)
		}
	}
	for i := range c.Contacts {
		k := &c.Contacts[i]
		var was *contactRow
		for n := range old {
			if old[n].ID == int64(k.ID) {
				was = &old[n]
			}
		}
		if was == nil {
			if err := t.addContact(k, c.ID, after); err != nil {
				return err
			}
			continue
		}
		k.Citizen = ticketing.CitizenID(was.CitizenID)
		row := contactRowOf(k)
		if q, args, differs := planOf[contactRow]().change(was, &row); differs {
			t.add(statement{query: q, args: args, failed: takenAddress(k, never)})
		}
		after.contacts = append(after.contacts, row)
	}
	return nil
}

func (t *tx) addContact(k *ticketing.Contact, owner ticketing.CitizenID, after *loadedCitizen) error {
	if k.ID != 0 {
		return notFound("contact")
	}
	id, err := t.id(ticketing.IDContact)
	if err != nil {
		return err
	}
	k.ID, k.Citizen = ticketing.ContactID(id), owner
	row := contactRowOf(k)
	p := planOf[contactRow]()
	// Another transaction may have brought the same new address at the same
	// time: then the next run of this one finds its citizen.
	again := never
	if t.absent[row.Kind+" "+row.Address] {
		again = conflicted
	}
	t.add(statement{query: p.insert, args: p.values(&row), failed: takenAddress(k, again)})
	after.contacts = append(after.contacts, row)
	return nil
}

// takenAddress says that another citizen has the address.
func takenAddress(k *ticketing.Contact, again again) func(error) error {
	field := string(k.Kind)
	return func(err error) error {
		if err = translate(err); !errors.Is(err, errDuplicate) {
			return err
		}
		taken := &ticketing.Error{Kind: ticketing.Conflict, Field: field, Key: "contact.taken"}
		return &failure{ticketing.Conflict, again, errors.Join(errDuplicate, taken)}
	}
}

var (
	dropCitizenWords = sqlQuery("delete from citizen_words where citizen_id = ? and word" + isOneOf)
	addCitizenWords  = sqlQuery(`insert into citizen_words (citizen_id, word)
		{pg:select ?, unnest(?::text[])}{lite:select ?, value from json_each(?) where true} on conflict do nothing`)
)

// writeCitizenWords makes name and addresses findable, for each owner whose
// words changed.
func (t *tx) writeCitizenWords(before, after *loadedCitizen) error {
	now, was := addressesByOwner(after), map[int64]string{}
	oldName := ""
	if before != nil {
		was, oldName = addressesByOwner(before), before.row.Name
	}
	now[after.row.ID] += "" // also without addresses
	for owner := range was {
		now[owner] += ""
	}
	for _, owner := range slices.Sorted(maps.Keys(now)) {
		name, before := after.row.Name, oldName
		if owner != after.row.ID {
			if was[owner] == now[owner] {
				continue
			}
			member, err := t.citizenRow(ticketing.CitizenID(owner))
			if err != nil {
				return err
			}
			name, before = member.Name, member.Name
		}
		t.changeCitizenWords(owner, lang.Terms(before+" "+was[owner]), lang.Terms(name+" "+now[owner]))
	}
	return nil
}

// addressesByOwner gives the addresses of each member of the family.
func addressesByOwner(l *loadedCitizen) map[int64]string {
	out := map[int64]string{}
	for i := range l.contacts {
		out[l.contacts[i].CitizenID] += " " + l.contacts[i].Address
	}
	return out
}

// changeCitizenWords writes the words that came and drops those that went.
func (t *tx) changeCitizenWords(owner int64, was, now []string) {
	gone := slices.DeleteFunc(slices.Clone(was), func(w string) bool { return slices.Contains(now, w) })
	come := slices.DeleteFunc(slices.Clone(now), func(w string) bool { return slices.Contains(was, w) })
	if len(gone) > 0 {
		t.queue(dropCitizenWords, owner, texts(t.db.engine, gone))
	}
	if len(come) > 0 {
		t.queue(addCitizenWords, owner, texts(t.db.engine, come))
	}
}

var (
	citizenForID   = selectFrom[citizenRow]("where id = ? {lock}")
	familyOf       = selectFrom[citizenRow]("where stays_id = ? order by id {lock}")
	pointCitizen   = sqlQuery("update citizens set into_id = ?, version = version + 1 where id = ?")
	moveStays      = sqlQuery("update citizens set stays_id = ? where id = ?")
	relabelCitizen = sqlQuery("update citizens set label = ? where id = ?")
)

func (t *tx) citizenRow(id ticketing.CitizenID) (*citizenRow, error) {
	var found []citizenRow
	if err := t.readAll(statement{query: citizenForID, args: []any{int64(id)}, read: into(&found)}); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notFound("citizen")
	}
	return &found[0], nil
}

// JoinCitizens points from at into; see ticketing.Tx.
func (t *tx) JoinCitizens(_ context.Context, from, into ticketing.CitizenID) error {
	first, err := t.citizenRow(min(from, into)) // always locked in the same order
	if err != nil {
		return err
	}
	second, err := t.citizenRow(max(from, into))
	if err != nil {
		return err
	}
	source, target := first, second
	if from > into {
		source, target = second, first
	}
	if source.IntoID != 0 || target.StaysID == source.ID {
		return &ticketing.Error{Kind: ticketing.Conflict, Field: "citizen", Key: "citizen.joined"}
	}
	t.queue(pointCitizen, optional(into), int64(from))
	return t.regroup(source.ID, target.StaysID)
}

// SeparateCitizen undoes a join; see ticketing.Tx.
func (t *tx) SeparateCitizen(_ context.Context, id ticketing.CitizenID) error {
	row, err := t.citizenRow(id)
	if err != nil {
		return err
	}
	if row.IntoID == 0 {
		return &ticketing.Error{Kind: ticketing.Conflict, Field: "citizen", Key: "citizen.not_joined"}
	}
	t.queue(pointCitizen, optional(0), int64(id))
	return t.regroup(row.StaysID)
}

// regroup computes anew who stayed for the families named, and what lists show
// of them.
func (t *tx) regroup(families ...int64) error {
	members := map[int64]citizenRow{}
	for _, f := range families {
		var rows []citizenRow
		if err := t.readAll(statement{query: familyOf, args: []any{f}, read: into(&rows)}); err != nil {
			return err
		}
		for _, r := range rows {
			members[r.ID] = r
		}
	}
	stays := map[int64]bool{}
	for id, r := range members {
		end := r
		for end.IntoID != 0 {
			next, ok := members[int64(end.IntoID)]
			if !ok {
				return fmt.Errorf("citizen %d is joined into one outside the family: %w", id, ticketing.Internal)
			}
			end = next
		}
		stays[end.ID] = true
		if end.ID != r.StaysID {
			t.queue(moveStays, end.ID, id)
		}
	}
	for id := range stays {
		c, err := t.Citizen(t.ctx, ticketing.CitizenID(id))
		if err != nil {
			return err
		}
		t.queue(relabelCitizen, clean(c.DisplayName()), id)
	}
	clear(t.citizens) // versions moved: read anew
	return nil
}
