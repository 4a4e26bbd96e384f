package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
)

func testDuties(t *testing.T, r *room) {
	now := r.now()
	t.Run("ToCheck", func(t *testing.T) {
		check := func(at time.Time) ticketing.TicketID {
			return r.ticket(t, func(k *ticketing.Ticket) { k.CheckAt = at }).ID
		}
		second, first, third := check(now.Add(-time.Minute)), check(now.Add(-time.Hour)), check(now)
		check(now.Add(time.Microsecond))
		check(time.Time{})
		r.ticket(t, func(k *ticketing.Ticket) { k.State = ticketing.StateClosed })
		for _, n := range []int{2, 100} {
			got, err := r.ToCheck(ctx(), now, n)
			must(t, err)
			slices.Sort(got)
			want := []ticketing.TicketID{first, second, third}
			if n == 2 {
				want = want[:2]
			}
			slices.Sort(want)
			same(t, fmt.Sprint("first ", n), got, want)
		}
		r.change(t, first, func(_ ticketing.Tx, k *ticketing.Ticket) error { k.CheckAt = time.Time{}; return nil })
		got, err := r.ToCheck(ctx(), now, 1)
		must(t, err)
		same(t, "after the first was looked at", got, []ticketing.TicketID{second})
	})
	t.Run("InWork", func(t *testing.T) {
		a := r.ticket(t, nil)
		r.ticket(t, func(k *ticketing.Ticket) {
			k.State, k.Code, k.ClosedAt = ticketing.StateClosed, ticketing.CodeWithdrawn, r.now()
		})
		b := r.ticket(t, func(k *ticketing.Ticket) { k.State, k.Waiting = ticketing.StateWaiting, ticketing.WaitBody })
		got, err := r.InWork(ctx(), a.ID-1, 100)
		must(t, err)
		same(t, "tickets in work", got, []ticketing.TicketID{a.ID, b.ID})
		if got, err = r.InWork(ctx(), a.ID-1, 1); err != nil || len(got) != 1 || got[0] != a.ID {
			t.Errorf("the first = %v, %v", got, err)
		}
	})
	t.Run("ResolvedBefore", func(t *testing.T) {
		resolved := func(s ticketing.State, at time.Time) ticketing.TicketID {
			return r.ticket(t, func(k *ticketing.Ticket) { k.State, k.ResolvedAt, k.Code = s, at, ticketing.CodeResolved }).ID
		}
		a, b := resolved(ticketing.StateResolved, now.Add(-2*time.Hour)), resolved(ticketing.StateResolved, now.Add(-time.Hour))
		resolved(ticketing.StateResolved, now.Add(time.Hour))
		resolved(ticketing.StateClosed, now.Add(-3*time.Hour))
		resolved(ticketing.StateOpen, now.Add(-3*time.Hour))
		got, err := r.ResolvedBefore(ctx(), now, 100)
		must(t, err)
		slices.Sort(got)
		same(t, "resolved before", got, []ticketing.TicketID{a, b})
		got, err = r.ResolvedBefore(ctx(), now, 1)
		if err != nil || len(got) != 1 {
			t.Errorf("ResolvedBefore() bounded = %v, %v", got, err)
		}
	})
	t.Run("OwedReceipts come by address", func(t *testing.T) { testOwed(t, r) })
}

func testOwed(t *testing.T, r *room) {
	want := map[ticketing.TicketID]string{}
	for i := range 9 {
		address := fmt.Sprintf("duznik%d@example.me", i%3)
		k := r.ticket(t, func(k *ticketing.Ticket) { k.ReceiptOwed, k.ReplyTo = true, ticketing.Party{Address: address} })
		want[k.ID] = address
	}
	r.ticket(t, func(k *ticketing.Ticket) { k.ReplyTo = ticketing.Party{Address: "duznik1@example.me"} })
	got, err := r.OwedReceipts(ctx(), 100)
	must(t, err)
	if len(got) != len(want) {
		t.Fatalf("%d tickets, want %d", len(got), len(want))
	}
	var runs []string
	for _, id := range got {
		if address := want[id]; len(runs) == 0 || runs[len(runs)-1] != address {
			runs = append(runs, address)
		}
	}
	if len(runs) != 3 {
		t.Errorf("addresses in order = %v, want each once", runs)
	}
	if got, err := r.OwedReceipts(ctx(), 4); err != nil || len(got) != 4 {
		t.Errorf("OwedReceipts() bounded = %d, %v", len(got), err)
	}
}

func testSeals(t *testing.T, r *room) {
	t.Run("no seal yet", func(t *testing.T) {
		last, err := r.LastSeal(ctx())
		if err != nil || last != (ticketing.Seal{}) {
			t.Errorf("LastSeal() = %+v, %v, want the zero seal", last, err)
		}
		at, err := r.FirstEventAt(ctx())
		if err != nil || !at.IsZero() {
			t.Errorf("FirstEventAt() = %v, %v, want zero", at, err)
		}
	})
	start := r.now()
	var all []ticketing.Event
	var tickets []*ticketing.Ticket
	for i := range 6 {
		tickets = append(tickets, r.ticket(t, nil))
		r.in(t, func(tx ticketing.Tx) error {
			e := r.event(ticketing.EventAdmin)
			return tx.AppendEvent(ctx(), &e)
		})
		if i%2 == 1 { // several events share an instant
			r.Clock.Advance(time.Minute)
		}
	}
	must(t, r.WalkEvents(ctx(), func(_ ticketing.TicketID, part []ticketing.Event) error {
		all = append(all, part...)
		return nil
	}))
	slices.SortFunc(all, func(a, b ticketing.Event) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return int(a.ID - b.ID)
	})
	hashes := func(from, to time.Time) (out []string) {
		for _, e := range all {
			if !e.At.Before(from) && e.At.Before(to) {
				out = append(out, e.Hash)
			}
		}
		return out
	}
	end := r.now()
	t.Run("hashes of a period in order of instant and identifier", func(t *testing.T) {
		for _, p := range [][2]time.Time{{start, end}, {start, start.Add(time.Minute)}, {start.Add(time.Minute), end}, {start, start}, {end, end.Add(time.Hour)}} {
			got, err := r.EventHashes(ctx(), p[0], p[1])
			must(t, err)
			same(t, fmt.Sprint("hashes of ", p), got, hashes(p[0], p[1]))
		}
		if at, err := r.FirstEventAt(ctx()); err != nil || !at.Equal(start) {
			t.Errorf("FirstEventAt() = %v, %v, want %v", at, err, start)
		}
	})
	t.Run("seals follow one another", func(t *testing.T) { testSealChain(t, r, start, end) })
	t.Run("of several that seal at once one does", func(t *testing.T) {
		last, err := r.LastSeal(ctx())
		must(t, err)
		next := ticketing.NextSeal(last, nil, end.Add(time.Hour), end.Add(time.Hour))
		won := 0
		for _, err := range together(8, func(int) error { return r.AddSeal(ctx(), next) }) {
			if err == nil {
				won++
			} else {
				wantKind(t, err, ticketing.Conflict)
			}
		}
		if won != 1 {
			t.Errorf("%d seals of one number, want 1", won)
		}
	})
	t.Run("the events that were sealed are still those", func(t *testing.T) {
		for _, k := range tickets {
			r.write(t, k.ID, ticketing.In, nil)
		}
		got, err := r.EventHashes(ctx(), start, end)
		must(t, err)
		same(t, "hashes", got, hashes(start, end))
	})
}

func testSealChain(t *testing.T, r *room, start, end time.Time) {
	seal := ticketing.Seal{To: start}
	var want []ticketing.Seal
	for to := start.Add(time.Minute); !to.After(end); to = to.Add(time.Minute) {
		list, err := r.EventHashes(ctx(), seal.To, to)
		must(t, err)
		seal = ticketing.NextSeal(seal, list, to, end)
		must(t, r.AddSeal(ctx(), seal))
		want = append(want, seal)
	}
	if len(want) != 3 {
		t.Fatalf("%d seals, want 3", len(want))
	}
	wantKind(t, r.AddSeal(ctx(), want[1]), ticketing.Conflict)
	last, err := r.LastSeal(ctx())
	must(t, err)
	same(t, "LastSeal", last, seal)
	got, err := r.Seals(ctx(), 0, 100)
	must(t, err)
	same(t, "Seals", got, want)
	got, err = r.Seals(ctx(), 2, 1)
	must(t, err)
	same(t, "one seal from the second", got, want[1:2])
	for i := 1; i < len(want); i++ {
		list, err := r.EventHashes(ctx(), want[i].From, want[i].To)
		must(t, err)
		if !want[i].Follows(want[i-1], list) {
			t.Errorf("seal %d does not follow", want[i].Seq)
		}
	}
}

// testSweep: what is past its time goes, what is not stays. The ports name no
// ages for keys and uploads; a minute is young and ninety days are old.
func testSweep(t *testing.T, r *room) {
	const old = 90 * 24 * time.Hour
	young := r.Clock.Advance(old)
	past := young.Add(-old)
	k := r.ticket(t, nil)
	pass := func(hash string, expires, used time.Time) {
		r.in(t, func(tx ticketing.Tx) error {
			return tx.SavePass(ctx(), &ticketing.Pass{Hash: hexOf(hash), Purpose: ticketing.PassReset, Agent: r.Ana.ID, ExpiresAt: expires, UsedAt: used})
		})
	}
	pass("fresh", young.Add(time.Hour), time.Time{})
	pass("used", young.Add(time.Hour), past)
	pass("expired", past, time.Time{})
	key := func(name string) ticketing.Once { return ticketing.Once{Caller: "sweep", Key: name, Hash: "h"} }
	r.in(t, func(tx ticketing.Tx) error {
		return errors.Join(tx.SetOnce(ctx(), key("old"), "x", past), tx.SetOnce(ctx(), key("young"), "y", young.Add(-time.Minute)))
	})
	upload := func(id string, at time.Time, ticket ticketing.TicketID) {
		must(t, r.AddUpload(ctx(), ticketing.Upload{ID: id, Agent: r.Ana.ID, Ticket: ticket, Kind: ticketing.DraftReply, File: ticketing.Attachment{Key: hexOf(id)}, At: at}))
	}
	upload("young", young.Add(-time.Minute), k.ID)
	upload("old", past, k.ID)
	session := func(hash string, until time.Time) {
		must(t, r.SaveSession(ctx(), ticketing.Session{Hash: hexOf(hash), Agent: r.Ana.ID, CreatedAt: past, SeenAt: past, ExpiresAt: until}))
	}
	session("live", young.Add(time.Hour))
	session("ended", past)
	settled := func(s ticketing.DeliveryState, at time.Time) ticketing.DeliveryID {
		return r.send(t, ticketing.PurposeAnswer, func(d *ticketing.Delivery) {
			d.State, d.SettledAt, d.RawKey = s, at, hexOf("raw")
		}).ID
	}
	oldSent, newSent := settled(ticketing.DeliverySent, past), settled(ticketing.DeliverySent, young.Add(-time.Hour))
	waiting := settled(ticketing.DeliveryRetry, time.Time{})
	n, err := r.Sweep(ctx(), young, young.Add(-30*24*time.Hour))
	if err != nil || n < 5 {
		t.Errorf("Sweep() = %d, %v, want at least the five old rows", n, err)
	}
	r.checkSwept(t, key, oldSent, newSent, waiting)
	if n, err := r.Sweep(ctx(), young, young.Add(-30*24*time.Hour)); err != nil || n != 0 {
		t.Errorf("Sweep() again = %d, %v, want 0", n, err)
	}
}

func (r *room) checkSwept(t *testing.T, key func(string) ticketing.Once, oldSent, newSent, waiting ticketing.DeliveryID) {
	t.Helper()
	gone := func(err error) bool { return errors.Is(err, ticketing.NotFound) }
	for hash, want := range map[string]bool{"fresh": false, "used": true} {
		err := r.InTx(ctx(), func(tx ticketing.Tx) error { _, err := tx.Pass(ctx(), hexOf(hash)); return err })
		if gone(err) != want {
			t.Errorf("pass %q: %v, gone should be %v", hash, err, want)
		}
	}
	r.in(t, func(tx ticketing.Tx) error {
		if _, found, err := tx.Once(ctx(), key("old")); found || err != nil {
			t.Errorf("old key: %v, %v, want it forgotten", found, err)
		}
		if got, found, err := tx.Once(ctx(), key("young")); !found || got != "y" {
			t.Errorf("young key: %q, %v, %v, want it kept", got, found, err)
		}
		return nil
	})
	for id, want := range map[string]bool{"young": false, "old": true} {
		if _, err := r.UploadOf(ctx(), r.Ana.ID, id); gone(err) != want {
			t.Errorf("upload %q: %v, gone should be %v", id, err, want)
		}
	}
	for hash, want := range map[string]bool{"live": false, "ended": true} {
		if _, err := r.Session(ctx(), hexOf(hash)); gone(err) != want {
			t.Errorf("session %q: %v, gone should be %v", hash, err, want)
		}
	}
	if d := r.loadDelivery(t, oldSent); d.Text != "" || d.RawKey != "" || d.Subject == "" || d.State != ticketing.DeliverySent {
		t.Errorf("old sent delivery = %q, %q, want an empty body and the row kept", d.Text, d.RawKey)
	}
	for _, id := range []ticketing.DeliveryID{newSent, waiting} {
		if d := r.loadDelivery(t, id); d.Text == "" || d.RawKey == "" {
			t.Errorf("delivery %d lost its body", id)
		}
	}
}

func testDrafts(t *testing.T, r *room) {
	k, other := r.ticket(t, nil), r.ticket(t, nil)
	draft := func(a ticketing.AgentID, id ticketing.TicketID, kind ticketing.DraftKind) (ticketing.Draft, error) {
		return r.Draft(ctx(), a, id, kind)
	}
	none := func(t *testing.T, a ticketing.AgentID, id ticketing.TicketID, kind ticketing.DraftKind) {
		t.Helper()
		if d, err := draft(a, id, kind); !errors.Is(err, ticketing.NotFound) {
			t.Errorf("Draft(%d, %d, %s) = %+v, %v, want not found", a, id, kind, d, err)
		}
	}
	t.Run("a draft is its agent's, its ticket's and its kind's alone (A98)", func(t *testing.T) {
		want := ticketing.Draft{Agent: r.Ana.ID, Ticket: k.ID, Kind: ticketing.DraftReply, Text: "Poštovani,\n\nšaht…", SavedAt: r.now()}
		must(t, r.SaveDraft(ctx(), want))
		got, err := draft(r.Ana.ID, k.ID, ticketing.DraftReply)
		must(t, err)
		same(t, "draft", got, want)
		none(t, r.Ana.ID, k.ID, ticketing.DraftNote)
		none(t, r.Boris.ID, k.ID, ticketing.DraftReply)
		none(t, r.Ana.ID, other.ID, ticketing.DraftReply)
		want.Text, want.SavedAt = "kraće", r.now().Add(time.Second)
		must(t, r.SaveDraft(ctx(), want))
		got, err = draft(r.Ana.ID, k.ID, ticketing.DraftReply)
		must(t, err)
		same(t, "changed draft", got, want)
	})
	t.Run("an empty one is forgotten", func(t *testing.T) {
		must(t, r.SaveDraft(ctx(), ticketing.Draft{Agent: r.Ana.ID, Ticket: k.ID, Kind: ticketing.DraftReply, SavedAt: r.now()}))
		none(t, r.Ana.ID, k.ID, ticketing.DraftReply)
		must(t, r.SaveDraft(ctx(), ticketing.Draft{Agent: r.Ana.ID, Ticket: k.ID, Kind: ticketing.DraftReply, SavedAt: r.now()}))
	})
	t.Run("DropDraft", func(t *testing.T) {
		for _, kind := range []ticketing.DraftKind{ticketing.DraftReply, ticketing.DraftNote} {
			must(t, r.SaveDraft(ctx(), ticketing.Draft{Agent: r.Ana.ID, Ticket: k.ID, Kind: kind, Text: string(kind), SavedAt: r.now()}))
		}
		r.in(t, func(tx ticketing.Tx) error { return tx.DropDraft(ctx(), r.Ana.ID, k.ID, ticketing.DraftReply) })
		none(t, r.Ana.ID, k.ID, ticketing.DraftReply)
		if d, err := draft(r.Ana.ID, k.ID, ticketing.DraftNote); err != nil || d.Text != "note" {
			t.Errorf("the other draft = %+v, %v", d, err)
		}
		r.in(t, func(tx ticketing.Tx) error { return tx.DropDraft(ctx(), r.Ana.ID, k.ID, ticketing.DraftReply) })
	})
	t.Run("uploads", func(t *testing.T) { testUploads(t, r, k, other) })
}

func testUploads(t *testing.T, r *room, k, other *ticketing.Ticket) {
	add := func(id string, a ticketing.AgentID, ticket ticketing.TicketID, kind ticketing.DraftKind) ticketing.Upload {
		u := ticketing.Upload{
			ID: id, Agent: a, Ticket: ticket, Kind: kind, At: r.now(),
			File: ticketing.Attachment{Key: hexOf(id), Name: id + " slika.png", ContentType: "image/png", Size: 77, ContentID: "c", Inline: true},
		}
		must(t, r.AddUpload(ctx(), u))
		return u
	}
	ana, boris := r.Ana.ID, r.Boris.ID
	mine := add("u-mine", ana, k.ID, ticketing.DraftReply)
	second := add("u-second", ana, k.ID, ticketing.DraftReply)
	add("u-note", ana, k.ID, ticketing.DraftNote)
	add("u-boris", boris, k.ID, ticketing.DraftReply)
	add("u-other", ana, other.ID, ticketing.DraftReply)
	fresh := add("u-new", ana, 0, ticketing.DraftReply) // for a ticket that does not exist yet
	got, err := r.UploadOf(ctx(), ana, "u-mine")
	must(t, err)
	same(t, "upload", got, mine)
	for _, theirs := range []struct {
		agent ticketing.AgentID
		id    string
	}{{boris, "u-mine"}, {ana, "u-boris"}, {ana, "unknown"}, {ana, ""}, {ana, "u-%"}} {
		if _, err := r.UploadOf(ctx(), theirs.agent, theirs.id); !errors.Is(err, ticketing.NotFound) {
			t.Errorf("UploadOf(%d, %q) = %v, want not found", theirs.agent, theirs.id, err)
		}
		_ = r.DropUpload(ctx(), theirs.agent, theirs.id) // whether an error or not, nothing goes
	}
	_, err = r.UploadOf(ctx(), ana, "u-mine")
	must(t, err)
	d, err := r.Draft(ctx(), ana, k.ID, ticketing.DraftReply)
	must(t, err)
	byID := func(a, b ticketing.Upload) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	}
	slices.SortFunc(d.Uploads, byID)
	same(t, "uploads of the draft", d.Uploads, []ticketing.Upload{mine, second})
	take := func(a ticketing.AgentID, ticket ticketing.TicketID, kind ticketing.DraftKind, ids ...string) (files []ticketing.Attachment, err error) {
		err = r.InTx(ctx(), func(tx ticketing.Tx) error {
			files, err = tx.TakeUploads(ctx(), a, ticket, kind, ids)
			return err
		})
		return files, err
	}
	for _, wrong := range [][]string{{"u-mine", "u-note"}, {"u-mine", "u-boris"}, {"u-mine", "u-other"}, {"u-mine", "unknown"}} {
		if _, err := take(ana, k.ID, ticketing.DraftReply, wrong...); !errors.Is(err, ticketing.NotFound) {
			t.Errorf("TakeUploads(%v) = %v, want not found", wrong, err)
		}
	}
	files, err := take(ana, k.ID, ticketing.DraftReply, "u-second", "u-mine")
	must(t, err)
	same(t, "files as asked for", files, []ticketing.Attachment{second.File, mine.File}, cmp.FilterPath(func(p cmp.Path) bool {
		return p.String() == "ID"
	}, cmp.Ignore()))
	if _, err := take(ana, k.ID, ticketing.DraftReply, "u-mine"); !errors.Is(err, ticketing.NotFound) {
		t.Errorf("TakeUploads() twice = %v, want not found", err)
	}
	if _, err := r.UploadOf(ctx(), ana, "u-mine"); !errors.Is(err, ticketing.NotFound) {
		t.Errorf("UploadOf() of a taken one = %v, want not found", err)
	}
	if files, err := take(ana, k.ID, ticketing.DraftReply); err != nil || len(files) != 0 {
		t.Errorf("TakeUploads() of none = %v, %v", files, err)
	}
	files, err = take(ana, 0, ticketing.DraftReply, "u-new")
	if err != nil || len(files) != 1 || files[0].Key != fresh.File.Key {
		t.Errorf("TakeUploads() without a ticket = %v, %v", files, err)
	}
	must(t, r.DropUpload(ctx(), ana, "u-note"))
	if _, err := r.UploadOf(ctx(), ana, "u-note"); !errors.Is(err, ticketing.NotFound) {
		t.Errorf("UploadOf() of a dropped one = %v, want not found", err)
	}
}
