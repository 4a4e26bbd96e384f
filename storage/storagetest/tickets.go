package storagetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// fullTicket sets every field of a ticket that a person or the program can set.
func (r *room) fullTicket(k *ticketing.Ticket, citizen ticketing.CitizenID) {
	at := func(hours int) time.Time { return r.now().Add(time.Duration(hours) * time.Hour) }
	k.Subject = "Шахт без поклопца — „opasno“ \U0001F573 <b>'; drop table tickets;--"
	k.State, k.Waiting, k.Code, k.ClosingNote = ticketing.StateWaiting, ticketing.WaitBody, ticketing.CodeNotCompetent, "Uprava za vode, čl. 12"
	k.Mentions = "S48-25-000001-2"
	k.Priority, k.Channel, k.Account = ticketing.PriorityUrgent, ticketing.ChannelPhone, "+38220200200"
	k.Category, k.Department, k.CustodyAt, k.Assignee = r.Pothole.ID, r.Roads.ID, at(1), r.Olga.ID
	k.Body, k.Leg, k.CustodyTo, k.CustodyWhy = 5, 3, at(2), ticketing.LegReferred
	k.Referrals = []ticketing.Referral{{
		N: 1, Body: 5, Opinion: true, State: ticketing.ReferralRefused, Reason: "put R-15 — „njihov“", By: "agent:1", Consent: true, Epoch: 2, Step: 3,
		SentAt: at(-9), AcceptedAt: at(-8), EndedAt: at(-7), ExpiresAt: at(99), AcceptTarget: 10 * time.Hour, AnswerTarget: 72 * time.Hour,
		Calendar: "working-days", CalVersion: 1, OnCall: true, Asked: []ticketing.Pause{{From: at(-6), To: at(-5), By: "body:5"}},
		OwnDue: at(3), Due: at(2), LateAt: at(2), RemindAt: at(1), Reminded: 1, Person: "Jovana Stanišić, šef", Outside: "08-332/26",
		Competent: "Putevi d.o.o.", Law: "Odluka, član 4", Answer: 44,
	}, {N: 2, Body: 6, State: ticketing.ReferralSent, SentAt: at(-1)}}
	k.Consultations = []ticketing.Consultation{{N: 1, Department: r.Lighting.ID, Question: 3, By: "agent:1", AskedAt: at(-3), Answer: 9, EndedAt: at(-2)}}
	k.Citizen = citizen
	k.ReplyTo = ticketing.Party{Name: "Ana Đurović", Address: "ana@example.me"}
	k.Parties = []string{"sused@example.me", "drugi@example.me"}
	k.Location = ticketing.Location{Address: "Ulica slobode 1, Podgorica", Lat: 42.441286, Lon: 19.262892}
	k.Language, k.Tags = lang.SrCyrl, []string{"hitno", "škola"}
	k.Episode, k.TrackingEpoch, k.ReceiptOwed = 2, 3, true
	k.Endings = []ticketing.Ending{{
		State: ticketing.StateClosed, Code: ticketing.CodeDuplicate, Note: "čitaj tamo", DuplicateOf: 7, AnsweredAt: at(-75), ClosedAt: at(-74),
	}}
	k.ReceivedAt, k.ValidatedAt, k.AnsweredAt, k.ResolvedAt, k.ClosedAt = at(-90), at(-80), at(-70), at(-60), at(-50)
	k.CreatedAt, k.UpdatedAt, k.LastMessageAt, k.LastInAt = at(-89), at(-1), at(-3), at(-4)
	k.LastMessage, k.DueAt, k.CheckAt = 99, at(20), at(15)
	k.Pauses = []ticketing.Pause{
		{Reason: ticketing.WaitCitizen, From: at(-40), To: at(-30), By: "agent:1"},
		{Reason: ticketing.WaitBody, From: at(-20), By: "agent:2"},
	}
	k.Clocks = []ticketing.Clock{{
		Episode: 1, Kind: ticketing.ClockAnswer, State: ticketing.ClockMet, Profile: "podgorica", ProfileVersion: 1, Calendar: "working-days",
		CalendarVersion: 1, WorkVersion: 3, Target: 48 * time.Hour, StartSeq: 1, StartedAt: at(-90), CountFrom: at(-80), Due: at(-32), MetAt: at(-40),
		Answer: 44, Charged: r.Roads.ID,
	}, {
		Episode: 2, Kind: ticketing.ClockResolve, State: ticketing.ClockMissed, Profile: "24x7", ProfileVersion: 1, Calendar: "24x7",
		CalendarVersion: 1, OnCall: true, Target: 90 * time.Minute, StartSeq: 4, StartedAt: at(-9), CountFrom: at(-9), Due: at(-7),
		BreachedAt: at(-7), Charged: r.Lighting.ID,
	}, {
		Episode: 2, Kind: ticketing.ClockNextAnswer, State: ticketing.ClockEnded, Target: time.Hour, WarnAt: at(2), EndedAt: at(3), EndCode: ticketing.CodeWithdrawn,
	}, {
		Episode: 2, Kind: ticketing.ClockValidation, State: ticketing.ClockPending, Target: 8 * time.Hour,
	}, {
		Episode: 2, Kind: ticketing.ClockLeg, State: ticketing.ClockRunning, Target: 24 * time.Hour, Leg: 3, OwnDue: at(30), Due: at(20),
	}}
}

// unsaved are the fields that saving fills in or empties.
var unsaved = cmpopts.IgnoreFields(ticketing.Ticket{}, "Pending")

func testTickets(t *testing.T, r *room) {
	t.Run("every field comes back", func(t *testing.T) {
		ana := r.citizen(t, "Ana Đurović", "puna@example.me")
		older, other := r.ticket(t, nil), r.ticket(t, nil)
		want := r.ticket(t, func(k *ticketing.Ticket) {
			r.fullTicket(k, ana.ID)
			k.DuplicateOf, k.Linked = other.ID, older.ID
		})
		same(t, "ticket", r.load(t, want.ID), want, unsaved)
		v, err := r.TicketView(ctx(), everything, want.Ref)
		must(t, err)
		same(t, "ticket of the view", &v.Ticket, want, unsaved)
	})
	t.Run("the least ticket comes back", func(t *testing.T) {
		want := r.ticket(t, func(k *ticketing.Ticket) { k.Language, k.Account = "", "" })
		same(t, "ticket", r.load(t, want.ID), want, unsaved)
	})
	t.Run("every field can be emptied again", func(t *testing.T) { testEmptied(t, r) })
	t.Run("SaveTicket fills in and empties", func(t *testing.T) { testSaveFills(t, r) })
	t.Run("clocks are changed in place and added", func(t *testing.T) { testClocks(t, r) })
	t.Run("a new pause and its end", func(t *testing.T) {
		k := r.ticket(t, func(k *ticketing.Ticket) {
			k.Pauses = []ticketing.Pause{{Reason: ticketing.WaitCitizen, From: r.now(), By: "agent:1"}}
		})
		want := r.change(t, k.ID, func(_ ticketing.Tx, k *ticketing.Ticket) error {
			k.Pauses[0].To = r.now().Add(time.Hour)
			k.Pauses = append(k.Pauses, ticketing.Pause{Reason: ticketing.WaitWeather, From: r.now().Add(2 * time.Hour), By: "agent:2"})
			return nil
		})
		same(t, "pauses", r.load(t, k.ID).Pauses, want.Pauses)
	})
	t.Run("versions rise by one", func(t *testing.T) {
		k := r.ticket(t, nil)
		for want := k.Version + 1; want < k.Version+5; want++ {
			got := r.change(t, k.ID, func(_ ticketing.Tx, k *ticketing.Ticket) error {
				k.Priority = (k.Priority + 1) % 4
				return nil
			})
			if got.Version != want || r.load(t, k.ID).Version != want {
				t.Errorf("Version = %d, want %d", got.Version, want)
			}
		}
	})
	t.Run("an identifier that is taken is refused", func(t *testing.T) {
		k := r.ticket(t, nil)
		r.refused(t, ticketing.Conflict, func(tx ticketing.Tx) error {
			twin, err := r.newTicket(tx, func(x *ticketing.Ticket) { x.ID = k.ID })
			if err != nil {
				return err
			}
			return tx.SaveTicket(ctx(), twin)
		})
		if got := r.load(t, k.ID); got.Ref != k.Ref {
			t.Errorf("Ref = %q, want %q", got.Ref, k.Ref)
		}
	})
	t.Run("what nobody knows is not found", func(t *testing.T) { testUnknownTickets(t, r) })
	t.Run("a ticket as large as its bounds", func(t *testing.T) { testLargest(t, r) })
}

func testUnknownTickets(t *testing.T, r *room) {
	r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error {
		_, err := tx.Ticket(ctx(), everything, "S48-26-999999-9")
		return err
	})
	r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error {
		_, err := tx.TicketByID(ctx(), 1<<40)
		return err
	})
	_, err := r.TicketView(ctx(), everything, "")
	wantKind(t, err, ticketing.NotFound)
	_, err = r.TicketForCitizen(ctx(), "S48-26-999999-9")
	wantKind(t, err, ticketing.NotFound)
	_, err = r.TicketEvents(ctx(), everything, "x' or '1'='1")
	wantKind(t, err, ticketing.NotFound)
}

func testEmptied(t *testing.T, r *room) {
	ana := r.citizen(t, "Ana", "prazna@example.me")
	k := r.ticket(t, func(k *ticketing.Ticket) { r.fullTicket(k, ana.ID) })
	want := r.change(t, k.ID, func(_ ticketing.Tx, k *ticketing.Ticket) error {
		bare := &ticketing.Ticket{
			ID: k.ID, Ref: k.Ref, Department: k.Department, Category: k.Category, Version: k.Version, EventSeq: k.EventSeq, EventHash: k.EventHash,
			Clocks: k.Clocks, ReceivedAt: k.ReceivedAt, CreatedAt: k.CreatedAt, CustodyAt: k.CustodyAt, Channel: k.Channel, UpdatedAt: r.now(),
		}
		for i := range bare.Clocks {
			c := &bare.Clocks[i]
			bare.Clocks[i] = ticketing.Clock{ID: c.ID, Ticket: c.Ticket, Episode: c.Episode, Kind: c.Kind, State: ticketing.ClockPending}
		}
		*k = *bare
		return nil
	})
	same(t, "emptied ticket", r.load(t, k.ID), want, unsaved)
}

func testSaveFills(t *testing.T, r *room) {
	k := r.ticket(t, func(k *ticketing.Ticket) {
		k.Clocks = []ticketing.Clock{{Kind: ticketing.ClockAnswer, State: ticketing.ClockRunning, Episode: 1}}
	})
	if k.Version != 1 {
		t.Errorf("Version of a new ticket = %d, want 1", k.Version)
	}
	if k.Clocks[0].ID == 0 {
		t.Error("the new clock got no identifier")
	}
	if k.EventSeq != 1 || len(k.EventHash) != 64 {
		t.Errorf("head of the chain = %d, %q, want the opening", k.EventSeq, k.EventHash)
	}
	same(t, "Pending after SaveTicket", k.Pending, ticketing.Pending{})
	got := r.load(t, k.ID)
	if got.Clocks[0].ID != k.Clocks[0].ID || got.Clocks[0].Ticket != k.ID {
		t.Errorf("clock = %d of ticket %d, want %d of %d", got.Clocks[0].ID, got.Clocks[0].Ticket, k.Clocks[0].ID, k.ID)
	}
	same(t, "Pending of a loaded ticket", got.Pending, ticketing.Pending{})
}

func testClocks(t *testing.T, r *room) {
	due := r.now().Add(48 * time.Hour)
	k := r.ticket(t, func(k *ticketing.Ticket) {
		for i := range 3 {
			k.Clocks = append(k.Clocks, ticketing.Clock{
				Kind: ticketing.ClockAnswer, State: ticketing.ClockRunning, Episode: i + 1, Due: due, Target: 48 * time.Hour,
			})
		}
	})
	want := r.change(t, k.ID, func(_ ticketing.Tx, k *ticketing.Ticket) error {
		k.Clocks[1].State, k.Clocks[1].MetAt, k.Clocks[1].Due = ticketing.ClockMet, due, due.Add(time.Hour)
		k.Clocks = append(k.Clocks, ticketing.Clock{Kind: ticketing.ClockResolve, State: ticketing.ClockPending, Episode: 3})
		return nil
	})
	got := r.load(t, k.ID)
	same(t, "clocks", got.Clocks, want.Clocks)
	for i := range k.Clocks {
		if got.Clocks[i].ID != k.Clocks[i].ID {
			t.Errorf("clock %d changed its identifier from %d to %d", i, k.Clocks[i].ID, got.Clocks[i].ID)
		}
	}
	if last := got.Clocks[3]; last.ID == 0 || last.ID == got.Clocks[0].ID || !last.Due.IsZero() {
		t.Errorf("new clock = %+v, want one with an identifier of its own and no due", last)
	}
}

func testLargest(t *testing.T, r *room) {
	want := r.ticket(t, func(k *ticketing.Ticket) {
		k.Subject = repeat("ш", ticketing.MaxSubject)
		for i := range 40 {
			k.Tags = append(k.Tags, fmt.Sprintf("oznaka-%d", i))
			k.Parties = append(k.Parties, fmt.Sprintf("p%d@example.me", i))
			k.Pauses = append(k.Pauses, ticketing.Pause{Reason: ticketing.WaitBody, From: r.now(), To: r.now().Add(time.Minute), By: "agent:1"})
			k.Clocks = append(k.Clocks, ticketing.Clock{Kind: ticketing.ClockNextAnswer, State: ticketing.ClockRunning, Episode: i})
		}
	})
	same(t, "largest ticket", r.load(t, want.ID), want, unsaved)
}

func repeat(s string, n int) string {
	out := make([]byte, 0, len(s)*n)
	for range n {
		out = append(out, s...)
	}
	return string(out)
}

// testTicketScope holds A33–A36: what lies outside of the scope does not exist.
func testTicketScope(t *testing.T, r *room) {
	lighting := ticketing.Scope{Departments: []ticketing.DepartmentID{r.Lighting.ID}}
	both := ticketing.Scope{Departments: []ticketing.DepartmentID{r.Roads.ID, r.Lighting.ID}}
	own := r.ticket(t, func(k *ticketing.Ticket) { k.Department = r.Lighting.ID })
	foreign := r.ticket(t, func(k *ticketing.Ticket) { k.Department = r.Roads.ID })
	message := r.write(t, foreign.ID, ticketing.In, func(m *ticketing.Message) {
		m.MessageIDHeader, m.RawSHA256 = "strani@example.me", repeat("ab", 32)
		m.Files = []ticketing.Attachment{{Key: repeat("cd", 32), Name: "slika.jpg", ContentType: "image/jpeg", Size: 5}}
	})
	m, _, err := r.MessageOf(ctx(), everything, message.ID)
	must(t, err)
	file := m.Files[0].ID
	r.in(t, func(tx ticketing.Tx) error {
		_, err := tx.Ticket(ctx(), lighting, own.Ref)
		return err
	})
	reads := map[string]func(s ticketing.Scope) error{
		"Tx.Ticket": func(s ticketing.Scope) error {
			return r.InTx(ctx(), func(tx ticketing.Tx) error {
				_, err := tx.Ticket(ctx(), s, foreign.Ref)
				return err
			})
		},
		"TicketView":   func(s ticketing.Scope) error { _, err := r.TicketView(ctx(), s, foreign.Ref); return err },
		"TicketEvents": func(s ticketing.Scope) error { _, err := r.TicketEvents(ctx(), s, foreign.Ref); return err },
		"MessageOf":    func(s ticketing.Scope) error { _, _, err := r.MessageOf(ctx(), s, message.ID); return err },
		"AttachmentOf": func(s ticketing.Scope) error { _, _, err := r.AttachmentOf(ctx(), s, file); return err },
	}
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			for _, s := range []ticketing.Scope{lighting, {}, {Departments: []ticketing.DepartmentID{0}}} {
				if err := read(s); !errors.Is(err, ticketing.NotFound) {
					t.Errorf("%s with scope %v = %v, want not found", name, s, err)
				}
			}
			for _, s := range []ticketing.Scope{both, everything} {
				if err := read(s); err != nil {
					t.Errorf("%s with scope %v = %v", name, s, err)
				}
			}
		})
	}
	t.Run("unknown and forbidden read the same", func(t *testing.T) {
		_, forbidden := r.TicketView(ctx(), lighting, foreign.Ref)
		_, unknown := r.TicketView(ctx(), lighting, "S48-26-888888-8")
		if forbidden == nil || unknown == nil || ticketing.KindOf(forbidden) != ticketing.KindOf(unknown) {
			t.Errorf("forbidden = %v, unknown = %v", forbidden, unknown)
		}
	})
	t.Run("MessagesBy and TicketRows give what is in scope", func(t *testing.T) {
		for scope, want := range map[*ticketing.Scope]int{&lighting: 0, &both: 1, &everything: 1, {}: 0} {
			for _, by := range [][2]string{{"strani@example.me", ""}, {"", repeat("ab", 32)}} {
				found, refs, err := r.MessagesBy(ctx(), *scope, by[0], by[1])
				if err != nil || len(found) != want || len(refs) != want {
					t.Errorf("MessagesBy(%v, %q) = %d messages, %d references, %v, want %d", *scope, by, len(found), len(refs), err, want)
				}
			}
			rows, err := r.TicketRows(ctx(), *scope, []ticketing.Reference{foreign.Ref}, 0)
			if err != nil || len(rows) != want {
				t.Errorf("TicketRows(%v) = %d rows, %v, want %d", *scope, len(rows), err, want)
			}
		}
	})
	t.Run("custody that went on leaves the right to read", func(t *testing.T) { testHandedOver(t, r, lighting) })
}

// testHandedOver: a department outside whose custody a ticket went may still
// read it by its reference; its lists and counts show what it has now.
func testHandedOver(t *testing.T, r *room, lighting ticketing.Scope) {
	k := r.ticket(t, func(k *ticketing.Ticket) { k.Department = r.Lighting.ID })
	r.change(t, k.ID, func(_ ticketing.Tx, k *ticketing.Ticket) error {
		return k.MoveTo(r.Cleaning, r.Other, ticketing.SystemActor("test"), ticketing.Handover{}, r.rules(t), r.now())
	})
	if _, err := r.TicketView(ctx(), lighting, k.Ref); err != nil {
		t.Errorf("TicketView() for the department that had custody = %v", err)
	}
	r.in(t, func(tx ticketing.Tx) error {
		got, err := tx.Ticket(ctx(), lighting, k.Ref)
		if err == nil && got.Department != r.Cleaning.ID {
			t.Errorf("Department = %d, want %d", got.Department, r.Cleaning.ID)
		}
		return err
	})
	page, err := r.Tickets(ctx(), ticketing.TicketFilter{Scope: lighting, All: true, Limit: 200}, 0)
	must(t, err)
	for _, row := range page.Items {
		if row.ID == k.ID {
			t.Error("the queue of the department shows a ticket that it handed over")
		}
	}
	roads := ticketing.Scope{Departments: []ticketing.DepartmentID{r.Roads.ID}}
	if _, err := r.TicketView(ctx(), roads, k.Ref); !errors.Is(err, ticketing.NotFound) {
		t.Errorf("TicketView() for a department that never had custody = %v, want not found", err)
	}
}
