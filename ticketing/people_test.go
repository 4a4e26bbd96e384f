package ticketing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

func TestChangingACitizen(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	name, tag := "Marko\nMarković", lang.Sq
	c, err := r.people.Change(t.Context(), r.ana(), k.Citizen, ticketing.CitizenChange{
		Name: &name, Language: &tag, AddEmail: "Marko@Posao.example", AddPhone: "+38269123456",
	})
	if err != nil || c.Name != "Marko Marković" || !c.Has(ticketing.ContactEmail, "marko@posao.example") || !c.Has(ticketing.ContactPhone, "+38269123456") {
		t.Errorf("citizen = %+v, %v", c, err)
	}
	_, err = r.people.Change(t.Context(), r.ana(), k.Citizen, ticketing.CitizenChange{Remove: "marko@posao.example"})
	r.must(err)
	if r.citizenOf("marko@posao.example") != nil {
		t.Error("a removed address still finds the citizen")
	}
	wrong, fax := lang.Tag("xx"), ticketing.Channel("fax")
	for label, ch := range map[string]ticketing.CitizenChange{
		"mail": {AddEmail: "x"}, "our own": {AddEmail: "s48@grad.example"}, "telephone": {AddPhone: "069123456"}, "letters": {AddPhone: "+38269ABCDEF"},
		"language": {Language: &wrong}, "channel": {Preferred: &fax},
	} {
		if _, err := r.people.Change(t.Context(), r.ana(), k.Citizen, ch); ticketing.KindOf(err) != ticketing.Invalid {
			t.Errorf("%s: %v", label, err)
		}
	}
	other := r.open(r.Mail("jelena@posta.example", "x", "y"))
	_, err = r.people.Change(t.Context(), r.ana(), other.Citizen, ticketing.CitizenChange{AddEmail: citizen})
	r.wantKind(err, ticketing.Conflict)
	_, err = r.people.Change(t.Context(), ticketing.ActorOf(r.Oskar), k.Citizen, ticketing.CitizenChange{})
	r.wantKind(err, ticketing.Forbidden)
	page, err := r.Store.Events(t.Context(), ticketing.EventCitizenSaved, "", time.Time{}, time.Time{}, "", 10)
	r.must(err)
	if len(page.Items) != 2 || strings.Contains(page.Items[0].DataJSON, "arko") {
		t.Errorf("events = %+v (I4)", page.Items)
	}
}

// TestJoiningIsReversible: two citizens are one until they are separated; the
// requester of a ticket stays whom it was (I14).
func TestJoiningIsReversible(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	other := r.open(r.Mail("marko@posao.example", "Drugo", "tekst"))
	r.Deliver(t, ticketing.DeliverySent)
	r.wantKind(r.people.Join(t.Context(), ticketing.ActorOf(r.Oskar), other.Citizen, k.Citizen), ticketing.Forbidden)
	r.wantKind(r.people.Join(t.Context(), r.ana(), k.Citizen, k.Citizen), ticketing.Invalid)
	r.wantKind(r.people.Join(t.Context(), r.ana(), 999, k.Citizen), ticketing.NotFound)
	r.must(r.people.Join(t.Context(), r.ana(), other.Citizen, k.Citizen))
	r.wantKind(r.people.Join(t.Context(), r.ana(), other.Citizen, k.Citizen), ticketing.Conflict)
	r.wantKind(r.people.Join(t.Context(), r.ana(), k.Citizen, other.Citizen), ticketing.Conflict)

	// Joined, the second address is the requester's: a bare reference is enough.
	if e := r.Receive(t, r.Mail("marko@posao.example", "Re: "+string(k.Ref), "s posla")); e.State != ticketing.LedgerJoined || e.Ticket != k.ID {
		t.Errorf("joined: %s on %d", e.State, e.Ticket)
	}
	if got := r.ticket(other.Ref); got.Citizen != other.Citizen {
		t.Error("the requester changed by itself (I14)")
	}
	r.must(r.people.Separate(t.Context(), r.ana(), other.Citizen))
	r.wantKind(r.people.Separate(t.Context(), r.ana(), other.Citizen), ticketing.Conflict)
	if e := r.Receive(t, r.Mail("marko@posao.example", "Re: "+string(k.Ref), "opet s posla")); e.State != ticketing.LedgerTicketed {
		t.Errorf("separated: %s on %d", e.State, e.Ticket)
	}
	if a, b := r.citizenOf(citizen), r.citizenOf("marko@posao.example"); a.ID == b.ID || len(a.Contacts) != 1 || len(b.Contacts) != 1 {
		t.Errorf("separated: %+v and %+v", a, b)
	}
}

// TestCounterShowsOnlyWithBoth: unknown and forbidden are the same answer.
func TestCounterShowsOnlyWithBoth(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k, other := r.opened(), r.opened()
	code := r.Core.Keys.TrackingCode(k.Ref, 0)
	find := func(ref, code string) error { return second(r.counter.Find(t.Context(), r.Store, ref, code)) }
	r.must(find(string(k.Ref), code))
	r.must(find(" "+strings.ToLower(strings.ReplaceAll(string(k.Ref), "-", " "))+" ", strings.ToLower(code[:4]+"-"+code[4:])))
	unknown := find("S48-26-999999-0", code)
	for name, err := range map[string]error{
		"wrong code": find(string(k.Ref), "0000-0000-0000"), "no code": find(string(k.Ref), ""), "another's code": find(string(other.Ref), code),
		"no reference": find("", code), "wrong digit": find(string(k.Ref)[:len(k.Ref)-1]+"0", code), "long": find(strings.Repeat("S48-", 1000), strings.Repeat("0", 1000)),
	} {
		if err == nil || err.Error() != unknown.Error() {
			t.Errorf("%s: %v, want %v", name, err, unknown)
		}
	}
	r.wantKey(unknown, ticketing.NotFound, "status.unknown")
}

func TestCounterWrites(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{Text: "U kojoj ulici?", Kind: ticketing.ReplyQuestion, Wait: true})
	r.Deliver(t, ticketing.DeliverySent)
	r.wantKind(r.counter.Write(t.Context(), k.Ref, " \x00 ", nil), ticketing.Invalid)
	r.wantKind(r.counter.Write(t.Context(), k.Ref, strings.Repeat("x", 20_001), nil), ticketing.TooLarge)
	r.wantKind(r.counter.Write(t.Context(), "S48-26-999999-0", "x", nil), ticketing.NotFound)
	r.must(r.counter.Write(t.Context(), k.Ref, "U Njegoševoj.", []ticketing.Attachment{{Key: "k", Name: "slika.jpg"}}))
	v := r.View(t, k.Ref)
	m := v.Messages[len(v.Messages)-1]
	if v.Ticket.State != ticketing.StateOpen || m.Channel != ticketing.ChannelPortal || len(m.Files) != 1 || !m.FromCitizen() {
		t.Errorf("%s, message %+v (B10)", v.Ticket.State, m)
	}
	if e := r.events(k.Ref); e[len(e)-1].Actor != "citizen" {
		t.Errorf("written by %s", e[len(e)-1].Actor)
	}
}

func TestCounterDenies(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.wantKey(r.counter.Deny(t.Context(), k.Ref, "", nil), ticketing.Conflict, "status.in_work")
	r.must(second(r.desk.Resolve(t.Context(), r.ana(), at(k), "")))
	r.wantKind(r.counter.Deny(t.Context(), k.Ref, strings.Repeat("x", 20_001), nil), ticketing.TooLarge)
	r.must(r.counter.Deny(t.Context(), k.Ref, "", nil))
	if got := r.ticket(k.Ref); got.State != ticketing.StateOpen || got.Episode != 2 {
		t.Errorf("denied: %s, episode %d", got.State, got.Episode)
	}
	r.must(second(r.desk.Close(t.Context(), r.ana(), at(k), ticketing.CloseInput{Code: ticketing.CodeResolved, Silent: true})))
	r.must(r.counter.Deny(t.Context(), k.Ref, "I dalje ne radi.", nil))
	if v := r.View(t, k.Ref); v.Ticket.Episode != 3 || v.Messages[len(v.Messages)-1].Episode != 3 {
		t.Errorf("denied with words: episode %d", v.Ticket.Episode)
	}
	r.must(second(r.desk.Close(t.Context(), r.ana(), at(k), ticketing.CloseInput{Code: ticketing.CodeResolved, Silent: true})))
	r.Clock.Advance(31 * 24 * time.Hour)
	r.wantKey(r.counter.Deny(t.Context(), k.Ref, "", nil), ticketing.Conflict, "status.too_late")
	r.wantKey(r.counter.Write(t.Context(), k.Ref, "x", nil), ticketing.Conflict, "status.too_late")
}
