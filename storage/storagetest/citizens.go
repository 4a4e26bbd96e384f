package storagetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// loadCitizen reads a citizen as use cases do.
func (r *room) loadCitizen(t *testing.T, id ticketing.CitizenID) *ticketing.Citizen {
	t.Helper()
	var c *ticketing.Citizen
	r.in(t, func(tx ticketing.Tx) (err error) {
		c, err = tx.Citizen(ctx(), id)
		return err
	})
	return c
}

// changeCitizen loads a citizen, lets f change it, and saves it.
func (r *room) changeCitizen(t *testing.T, id ticketing.CitizenID, f func(c *ticketing.Citizen)) *ticketing.Citizen {
	t.Helper()
	var c *ticketing.Citizen
	r.in(t, func(tx ticketing.Tx) (err error) {
		if c, err = tx.Citizen(ctx(), id); err != nil {
			return err
		}
		f(c)
		return tx.SaveCitizen(ctx(), c)
	})
	return c
}

// owner gives who has an address, 0 when nobody.
func (r *room) owner(t *testing.T, kind ticketing.ContactKind, address string) ticketing.CitizenID {
	t.Helper()
	var id ticketing.CitizenID
	r.in(t, func(tx ticketing.Tx) error {
		c, err := tx.CitizenByContact(ctx(), kind, address)
		if ticketing.KindOf(err) == ticketing.NotFound {
			return nil
		}
		if err == nil {
			id = c.ID
		}
		return err
	})
	return id
}

func testCitizens(t *testing.T, r *room) {
	t.Run("every field comes back", func(t *testing.T) { testFullCitizen(t, r) })
	t.Run("nameless, without language, without contacts", func(t *testing.T) {
		var c *ticketing.Citizen
		r.in(t, func(tx ticketing.Tx) error {
			id, err := tx.NextID(ctx(), ticketing.IDCitizen)
			c = &ticketing.Citizen{ID: ticketing.CitizenID(id), CreatedAt: r.now()}
			if err != nil {
				return err
			}
			return tx.SaveCitizen(ctx(), c)
		})
		same(t, "citizen", r.loadCitizen(t, c.ID), c)
	})
	t.Run("an address belongs to one citizen", func(t *testing.T) {
		first := r.citizen(t, "Prva", "jedina@example.me", "+38267100100")
		for _, address := range []string{"jedina@example.me", "+38267100100"} {
			r.refused(t, ticketing.Conflict, func(tx ticketing.Tx) error {
				id, err := tx.NextID(ctx(), ticketing.IDCitizen)
				if err != nil {
					return err
				}
				return tx.SaveCitizen(ctx(), &ticketing.Citizen{ID: ticketing.CitizenID(id), Contacts: contacts(address), CreatedAt: r.now()})
			})
			second := r.citizen(t, "Druga", fmt.Sprintf("d%d@example.me", r.unique()))
			r.refused(t, ticketing.Conflict, func(tx ticketing.Tx) error {
				c, err := tx.Citizen(ctx(), second.ID)
				if err != nil {
					return err
				}
				c.Contacts = append(c.Contacts, contacts(address)...)
				return tx.SaveCitizen(ctx(), c)
			})
			if got := r.owner(t, contacts(address)[0].Kind, address); got != first.ID {
				t.Errorf("owner of the address = %d, want %d", got, first.ID)
			}
		}
	})
	t.Run("the same characters of another kind are another contact", func(t *testing.T) {
		r.citizen(t, "Broj", "+38267100200")
		if got := r.owner(t, ticketing.ContactEmail, "+38267100200"); got != 0 {
			t.Errorf("a telephone number found as e-mail: citizen %d", got)
		}
	})
	t.Run("contacts are added, changed and removed", func(t *testing.T) { testContacts(t, r) })
	t.Run("a removed address is free", func(t *testing.T) {
		first := r.citizen(t, "Prvi", "slobodna@example.me")
		r.changeCitizen(t, first.ID, func(c *ticketing.Citizen) { c.Contacts = nil })
		second := r.citizen(t, "Drugi", "slobodna@example.me")
		if got := r.owner(t, ticketing.ContactEmail, "slobodna@example.me"); got != second.ID {
			t.Errorf("owner = %d, want %d", got, second.ID)
		}
	})
	t.Run("a citizen read in another transaction is stale", func(t *testing.T) {
		c := r.citizen(t, "Ana", "zastarjela@example.me")
		old := r.loadCitizen(t, c.ID)
		r.changeCitizen(t, c.ID, func(c *ticketing.Citizen) { c.Name = "Nova" })
		old.Name = "Stara"
		r.refused(t, ticketing.Stale, func(tx ticketing.Tx) error { return tx.SaveCitizen(ctx(), old) })
		if got := r.loadCitizen(t, c.ID).Name; got != "Nova" {
			t.Errorf("Name = %q, want that of the first writer", got)
		}
	})
	t.Run("what nobody knows is not found", func(t *testing.T) {
		r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error {
			_, err := tx.Citizen(ctx(), 1<<40)
			return err
		})
		r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error {
			_, err := tx.CitizenByContact(ctx(), ticketing.ContactEmail, "nepoznat@example.me")
			return err
		})
		_, _, err := r.CitizenView(ctx(), 1<<40)
		wantKind(t, err, ticketing.NotFound)
	})
	t.Run("FindCitizens", func(t *testing.T) { testFindCitizens(t, r) })
}

func testFullCitizen(t *testing.T, r *room) {
	at := r.now()
	c := r.citizen(t, "Ђорђе Петровић-Његош", "vladika@example.me", "+38267123456")
	want := r.changeCitizen(t, c.ID, func(c *ticketing.Citizen) {
		c.Language, c.Preferred = lang.SrCyrl, ticketing.ChannelSMS
		c.Contacts[0].Undeliverable = true
		c.Contacts[0].AutoSent = []time.Time{at.Add(-2 * time.Hour), at.Add(-time.Hour), at}
	})
	got := r.loadCitizen(t, c.ID)
	same(t, "citizen", got, want)
	if got.Version != c.Version+1 {
		t.Errorf("Version = %d, want %d", got.Version, c.Version+1)
	}
	for _, k := range got.Contacts {
		if k.ID == 0 || k.Citizen != c.ID {
			t.Errorf("contact = %+v, want an identifier and citizen %d", k, c.ID)
		}
	}
	var by *ticketing.Citizen
	r.in(t, func(tx ticketing.Tx) (err error) {
		by, err = tx.CitizenByContact(ctx(), ticketing.ContactPhone, "+38267123456")
		return err
	})
	same(t, "citizen by telephone", by, want)
	seen, joined, err := r.CitizenView(ctx(), c.ID)
	must(t, err)
	same(t, "citizen of the view", &seen, want)
	if len(joined) != 0 {
		t.Errorf("%d citizens joined, want none", len(joined))
	}
	emptied := r.changeCitizen(t, c.ID, func(c *ticketing.Citizen) {
		c.Name, c.Language, c.Preferred = "", "", ""
		c.Contacts[0].Undeliverable, c.Contacts[0].AutoSent = false, nil
	})
	same(t, "emptied citizen", r.loadCitizen(t, c.ID), emptied)
}

func testContacts(t *testing.T, r *room) {
	c := r.citizen(t, "Ana", "jedan@kontakti.example", "dva@kontakti.example")
	r.changeCitizen(t, c.ID, func(c *ticketing.Citizen) {
		c.Contacts = append(c.Contacts[1:], contacts("tri@kontakti.example")...)
		c.Contacts[0].Undeliverable = true
	})
	got := r.loadCitizen(t, c.ID)
	var addresses []string
	for _, k := range got.Contacts {
		addresses = append(addresses, k.Address)
	}
	slices.Sort(addresses)
	same(t, "addresses", addresses, []string{"dva@kontakti.example", "tri@kontakti.example"})
	for _, k := range got.Contacts {
		if k.Undeliverable != (k.Address == "dva@kontakti.example") {
			t.Errorf("Undeliverable of %s = %v", k.Address, k.Undeliverable)
		}
		if k.Address == "dva@kontakti.example" && k.ID != c.Contacts[1].ID {
			t.Errorf("contact changed its identifier from %d to %d", c.Contacts[1].ID, k.ID)
		}
	}
	if r.owner(t, ticketing.ContactEmail, "jedan@kontakti.example") != 0 {
		t.Error("the removed address still has an owner")
	}
}

func testFindCitizens(t *testing.T, r *room) {
	petar := r.citizen(t, "Петар Šćekić", "petar.scekic@nalazi.example", "+38269555666")
	r.citizen(t, "Pero Drugi", "pero@nalazi.example")
	for _, q := range []string{"petar šćekić", "PETAR SCEKIC", "Шћекић", "petar.scekic@nalazi.example", "+38269555666", "scekic petar"} {
		found, err := r.FindCitizens(ctx(), q, 10)
		if err != nil || len(found) != 1 || found[0].ID != petar.ID {
			t.Errorf("FindCitizens(%q) = %d citizens, %v, want the one", q, len(found), err)
			continue
		}
		same(t, "found citizen", &found[0], petar, cmpopts.SortSlices(func(a, b ticketing.Contact) bool { return a.ID < b.ID }))
	}
	for _, q := range []string{"%", "_____", "pet%", "p_tar", "petar'", "nepostojeći", "\" OR 1=1 --", "petar nepostojeći"} {
		found, err := r.FindCitizens(ctx(), q, 10)
		if q == "petar'" || q == "pet%" {
			// Signs are no part of words: what is left may be found.
			if err != nil {
				t.Errorf("FindCitizens(%q) = %v", q, err)
			}
			continue
		}
		if err != nil || len(found) != 0 {
			t.Errorf("FindCitizens(%q) = %d citizens, %v, want none", q, len(found), err)
		}
	}
	for i := range 7 {
		r.citizen(t, "Brojni Građanin", fmt.Sprintf("brojni%d@nalazi.example", i))
	}
	found, err := r.FindCitizens(ctx(), "brojni građanin", 5)
	if err != nil || len(found) != 5 {
		t.Errorf("FindCitizens() with limit 5 = %d, %v", len(found), err)
	}
}

func testJoins(t *testing.T, r *room) {
	t.Run("the joined one is shown as the one who stays", func(t *testing.T) { testJoin(t, r) })
	t.Run("a chain of joins", func(t *testing.T) {
		a, b, c := r.citizen(t, "A", "a@lanac.example"), r.citizen(t, "B", "b@lanac.example"), r.citizen(t, "C", "c@lanac.example")
		r.in(t, func(tx ticketing.Tx) error { return tx.JoinCitizens(ctx(), a.ID, b.ID) })
		r.in(t, func(tx ticketing.Tx) error { return tx.JoinCitizens(ctx(), b.ID, c.ID) })
		got := r.loadCitizen(t, a.ID)
		if got.ID != c.ID || len(got.Contacts) != 3 {
			t.Errorf("Citizen() = %d with %d contacts, want %d with 3", got.ID, len(got.Contacts), c.ID)
		}
		if owner := r.owner(t, ticketing.ContactEmail, "a@lanac.example"); owner != c.ID {
			t.Errorf("owner = %d, want %d", owner, c.ID)
		}
		r.in(t, func(tx ticketing.Tx) error { return tx.SeparateCitizen(ctx(), b.ID) })
		if got := r.loadCitizen(t, a.ID); got.ID != b.ID || len(got.Contacts) != 2 {
			t.Errorf("after separating: Citizen() = %d with %d contacts, want %d with 2", got.ID, len(got.Contacts), b.ID)
		}
	})
	t.Run("circles and strangers are refused", func(t *testing.T) {
		a, b := r.citizen(t, "A", "a@krug.example"), r.citizen(t, "B", "b@krug.example")
		r.in(t, func(tx ticketing.Tx) error { return tx.JoinCitizens(ctx(), a.ID, b.ID) })
		for _, pair := range [][2]ticketing.CitizenID{{b.ID, a.ID}, {b.ID, b.ID}} {
			if err := r.InTx(ctx(), func(tx ticketing.Tx) error { return tx.JoinCitizens(ctx(), pair[0], pair[1]) }); err == nil {
				t.Errorf("JoinCitizens(%d, %d) = nil, which makes a circle", pair[0], pair[1])
			}
		}
		r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error { return tx.JoinCitizens(ctx(), 1<<40, b.ID) })
		r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error { return tx.JoinCitizens(ctx(), b.ID, 1<<40) })
		r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error { return tx.SeparateCitizen(ctx(), 1<<40) })
		if got := r.loadCitizen(t, a.ID); got.ID != b.ID {
			t.Errorf("Citizen() = %d, want %d", got.ID, b.ID)
		}
	})
	t.Run("saving the one who stays keeps whose contact is whose", func(t *testing.T) {
		a, b := r.citizen(t, "A", "a@ciji.example"), r.citizen(t, "B", "b@ciji.example")
		r.in(t, func(tx ticketing.Tx) error { return tx.JoinCitizens(ctx(), a.ID, b.ID) })
		r.changeCitizen(t, a.ID, func(c *ticketing.Citizen) {
			for i := range c.Contacts {
				c.Contacts[i].Undeliverable = true
			}
			c.Contacts = append(c.Contacts, contacts("novi@ciji.example")...)
		})
		r.in(t, func(tx ticketing.Tx) error { return tx.SeparateCitizen(ctx(), a.ID) })
		for address, want := range map[string]ticketing.CitizenID{"a@ciji.example": a.ID, "b@ciji.example": b.ID, "novi@ciji.example": b.ID} {
			if got := r.owner(t, ticketing.ContactEmail, address); got != want {
				t.Errorf("owner of %s = %d, want %d", address, got, want)
			}
		}
		if got := r.loadCitizen(t, a.ID); len(got.Contacts) != 1 || !got.Contacts[0].Undeliverable || got.Into != 0 {
			t.Errorf("separated citizen = %+v", got)
		}
	})
	t.Run("an address of a joined citizen is taken", func(t *testing.T) {
		a, b := r.citizen(t, "A", "a@zauzet.example"), r.citizen(t, "B", "b@zauzet.example")
		r.in(t, func(tx ticketing.Tx) error { return tx.JoinCitizens(ctx(), a.ID, b.ID) })
		r.refused(t, ticketing.Conflict, func(tx ticketing.Tx) error {
			id, err := tx.NextID(ctx(), ticketing.IDCitizen)
			if err != nil {
				return err
			}
			return tx.SaveCitizen(ctx(), &ticketing.Citizen{ID: ticketing.CitizenID(id), Contacts: contacts("a@zauzet.example"), CreatedAt: r.now()})
		})
	})
}

func testJoin(t *testing.T, r *room) {
	a := r.citizen(t, "Joko Prvi", "joko@spoj.example")
	b := r.citizen(t, "Joko Pravi", "pravi@spoj.example", "+38267300300")
	ofA := r.ticket(t, func(k *ticketing.Ticket) { k.Citizen = a.ID })
	ofB := r.ticket(t, func(k *ticketing.Ticket) { k.Citizen = b.ID })
	byCitizen := func(id ticketing.CitizenID) (refs []ticketing.Reference) {
		page, err := r.Tickets(ctx(), ticketing.TicketFilter{Scope: everything, Citizen: id, All: true}, 0)
		must(t, err)
		for _, row := range page.Items {
			refs = append(refs, row.Ref)
		}
		return refs
	}
	r.in(t, func(tx ticketing.Tx) error { return tx.JoinCitizens(ctx(), a.ID, b.ID) })
	for _, id := range []ticketing.CitizenID{a.ID, b.ID} {
		got := r.loadCitizen(t, id)
		if got.ID != b.ID || got.Name != "Joko Pravi" || len(got.Contacts) != 3 {
			t.Errorf("Citizen(%d) = %d %q with %d contacts, want %d with 3", id, got.ID, got.Name, len(got.Contacts), b.ID)
		}
		main, joined, err := r.CitizenView(ctx(), id)
		must(t, err)
		if main.ID != b.ID || len(main.Contacts) != 3 || len(joined) != 1 || joined[0].ID != a.ID || joined[0].Into != b.ID {
			t.Errorf("CitizenView(%d) = %d with %d contacts and %+v", id, main.ID, len(main.Contacts), joined)
		}
	}
	if got := r.owner(t, ticketing.ContactEmail, "joko@spoj.example"); got != b.ID {
		t.Errorf("owner of the joined one's address = %d, want %d", got, b.ID)
	}
	if got := byCitizen(b.ID); len(got) != 2 {
		t.Errorf("tickets of the one who stays = %v, want both", got)
	}
	v, err := r.TicketView(ctx(), everything, ofA.Ref)
	must(t, err)
	if v.Citizen == nil || v.Citizen.ID != b.ID || len(v.Others) != 1 || v.Others[0].Ref != ofB.Ref {
		t.Errorf("view of the joined one's ticket: citizen %+v, others %+v", v.Citizen, v.Others)
	}
	if v.Ticket.Citizen != a.ID {
		t.Errorf("requester of the ticket = %d, want %d still (I14)", v.Ticket.Citizen, a.ID)
	}
	if found, err := r.FindCitizens(ctx(), "joko", 10); err != nil || len(found) != 1 || found[0].ID != b.ID {
		t.Errorf("FindCitizens() = %+v, %v, want the one who stays, once", found, err)
	}
	r.in(t, func(tx ticketing.Tx) error { return tx.SeparateCitizen(ctx(), a.ID) })
	same(t, "separated citizen", r.loadCitizen(t, a.ID), a, cmpopts.IgnoreFields(ticketing.Citizen{}, "Version"))
	same(t, "citizen who stayed", r.loadCitizen(t, b.ID), b, cmpopts.IgnoreFields(ticketing.Citizen{}, "Version"))
	if got := byCitizen(b.ID); len(got) != 1 || got[0] != ofB.Ref {
		t.Errorf("tickets after separating = %v, want %s", got, ofB.Ref)
	}
}
