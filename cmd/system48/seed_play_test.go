package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/letters"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// A stage plays stories on the use cases, with the real letters.
type stage struct {
	*testing.T
	ctx    context.Context
	clock  *ticketingtest.Clock
	office *ticketingtest.Office
	desk   ticketing.Desk
	dir    *ticketing.Directory
	refs   map[int]ticketing.Reference
	photo  []byte
}

func newStage(t *testing.T, start time.Time) *stage {
	t.Helper()
	ctx, clock := context.Background(), ticketingtest.NewClockAt(start)
	book, err := letters.New(letters.Options{City: "Glavni grad", Phone: "19848", Zone: ticketingtest.Zone()})
	if err != nil {
		t.Fatal(err)
	}
	o := &ticketingtest.Office{Clock: clock, Store: ticketingtest.NewStore(clock.Now, ticketingtest.Zone()), Blobs: ticketingtest.NewBlobs()}
	o.Core = &ticketing.Bureau{Store: o.Store, Keys: ticketingtest.Keyring(), Letters: book, Settings: ticketingtest.Settings(), Now: clock.Now}
	s := &stage{T: t, ctx: ctx, clock: clock, office: o, desk: ticketing.Desk{Bureau: o.Core}, refs: map[int]ticketing.Reference{}}
	if err := o.Store.InTx(ctx, s.settle); err != nil {
		t.Fatal(err)
	}
	if s.dir, err = o.Store.Directory(ctx); err != nil {
		t.Fatal(err)
	}
	if s.photo, err = samplePhoto(rand.New(rand.NewPCG(1, 1))); err != nil {
		t.Fatal(err)
	}
	return s
}

// settle enters the sample city.
func (s *stage) settle(tx ticketing.Tx) error {
	if err := ticketing.EnterRules(s.ctx, tx, ticketingtest.Profiles(), ticketingtest.Calendars(), "podgorica", s.clock.Now()); err != nil {
		return err
	}
	tags := func(names map[string]string) map[lang.Tag]string {
		out := map[lang.Tag]string{}
		for k, v := range names {
			out[lang.Tag(k)] = v
		}
		return out
	}
	ids := map[string]ticketing.DepartmentID{}
	for _, d := range sampleDepartments() {
		one := ticketing.Department{Code: d.Code, Names: tags(d.Names), Email: d.Email, Digest: d.Digest, Intake: d.Intake}
		if err := tx.SaveDepartment(s.ctx, &one); err != nil {
			return fmt.Errorf("%s: %w", d.Code, err)
		}
		ids[d.Code] = one.ID
	}
	for _, c := range sampleCategories() {
		one := ticketing.Category{
			Code: c.Code, Names: tags(c.Names), Department: ids[c.Department], OnCall: c.OnCall, ResolveDays: c.ResolveDays,
			Proof: ticketing.Proof(c.Proof), Default: c.Default,
		}
		if c.Proof == "none" {
			one.Proof = ticketing.ProofNone
		}
		if err := tx.SaveCategory(s.ctx, &one); err != nil {
			return fmt.Errorf("%s: %w", c.Code, err)
		}
	}
	for _, a := range sampleAgents() {
		one := ticketing.Agent{Email: a.Email, Name: a.Name, Role: a.Role, Language: a.Language, CreatedAt: s.clock.Now()}
		for _, d := range a.Departments {
			one.Departments = append(one.Departments, ids[d])
		}
		if err := tx.SaveAgent(s.ctx, &one); err != nil {
			return fmt.Errorf("%s: %w", a.Email, err)
		}
	}
	return nil
}

func (s *stage) actor(email string) ticketing.Actor {
	i := slices.IndexFunc(s.dir.Agents, func(a ticketing.Agent) bool { return a.Email == email })
	if i < 0 {
		s.Fatalf("no agent %q", email)
	}
	return ticketing.ActorOf(s.dir.Agents[i])
}

// open takes the contact of a story down.
func (s *stage) open(i int, x sampleStory) {
	s.Helper()
	c, _ := s.dir.CategoryByCode(x.Category)
	t, err := s.desk.Open(s.ctx, s.actor("ana@"+sampleCityDomain), ticketing.OpenInput{
		Channel: x.Channel, Subject: x.Subject, Text: x.Text, Category: c.ID, Language: x.Language,
		Name: x.Who.Name, Email: x.Who.Email, Phone: x.Who.Phone, Receipt: x.Who.Email != "",
	})
	if err != nil {
		s.Fatalf("%q: open: %v", x.Subject, err)
	}
	s.refs[i] = t.Ref
}

// do lets a deed happen.
func (s *stage) do(i int, x sampleStory, d sampleDeed) error {
	target := ticketing.Target{Ref: s.refs[i]}
	if d.Kind == deedCitizen {
		return s.write(i, x, d)
	}
	by := s.actor(d.By)
	var err error
	switch d.Kind {
	case deedTake:
		_, err = s.desk.Assign(s.ctx, by, target, by.Agent)
	case deedAnswer, deedQuestion:
		err = s.reply(by, i, x, d)
	case deedNote:
		_, _, err = s.desk.Note(s.ctx, by, target, ticketing.NoteInput{Text: d.Text})
	case deedMove:
		to, _ := s.dir.DepartmentByCode(d.To)
		_, err = s.desk.Move(s.ctx, by, target, to.ID, "nadležnost")
	case deedResolve:
		_, err = s.desk.Resolve(s.ctx, by, target, d.Text)
	case deedClose:
		_, err = s.desk.Close(s.ctx, by, target, ticketing.CloseInput{Code: d.Code, Note: d.Text, Duplicate: s.refs[x.Same]})
	case deedVoid:
		_, err = s.desk.VoidEpisode(s.ctx, by, target)
	case deedSpam:
		_, err = s.desk.MarkSpam(s.ctx, by, target)
	case deedCitizen:
	}
	return err
}

func (s *stage) reply(by ticketing.Actor, i int, x sampleStory, d sampleDeed) error {
	in := ticketing.ReplyInput{Text: d.Text, Kind: ticketing.ReplyAnswer, ByPhone: x.Who.Email == ""}
	if d.Kind == deedQuestion {
		in.Kind, in.Wait = ticketing.ReplyQuestion, true
	}
	if d.Photo {
		key, size, err := s.office.Blobs.Put(s.ctx, bytes.NewReader(s.photo), false)
		if err != nil {
			return err
		}
		view := s.office.View(s.T, s.refs[i])
		u := ticketing.Upload{
			ID: fmt.Sprintf("photo%d", i), Agent: by.Agent, Ticket: view.Ticket.ID, Kind: ticketing.DraftReply, At: s.clock.Now(),
			File: ticketing.Attachment{Name: "radovi.jpg", ContentType: "image/jpeg", Key: key, Size: size},
		}
		if err := s.office.Store.AddUpload(s.ctx, u); err != nil {
			return err
		}
		in.Uploads = []string{u.ID}
	}
	if _, _, err := s.desk.Reply(s.ctx, by, ticketing.Target{Ref: s.refs[i]}, in); err != nil {
		return err
	}
	s.office.Deliver(s.T, ticketing.DeliverySent)
	return nil
}

// write lets the citizen answer by mail, in the thread. What is said on the
// telephone leaves no trace here.
func (s *stage) write(i int, x sampleStory, d sampleDeed) error {
	if x.Who.Email == "" {
		return nil
	}
	e := s.office.Receive(s.T, s.office.Mail(x.Who.Email, "Re: "+x.Subject+" ["+string(s.refs[i])+"]", d.Text))
	if e.State != ticketing.LedgerJoined {
		return fmt.Errorf("the citizen's mail is %s, want joined", e.State)
	}
	return nil
}

// TestSampleStoriesPlay plays weeks of the sample city in their order: no use
// case may refuse a deed, and the city must look as the stories say.
func TestSampleStoriesPlay(t *testing.T) {
	t.Parallel()
	all := storiesOf(t, 3, 220)
	type event struct {
		at    time.Time
		story int
		deed  int // -1: the contact itself
	}
	var events []event
	for i, x := range all {
		events = append(events, event{x.At, i, -1})
		for k, d := range x.Deeds {
			events = append(events, event{d.At, i, k})
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	s := newStage(t, all[0].At.Add(-time.Hour))
	for _, e := range events {
		s.clock.Set(e.at)
		x := all[e.story]
		if e.deed < 0 {
			s.open(e.story, x)
			continue
		}
		if err := s.do(e.story, x, x.Deeds[e.deed]); err != nil {
			t.Errorf("%q (%s): %s: %v", x.Subject, x.Category, x.Deeds[e.deed].Kind, err)
		}
	}
	s.judge(all)
}

// judge compares the tickets with the fates.
func (s *stage) judge(all []sampleStory) {
	s.Helper()
	states, late := map[ticketing.State]int{}, map[sampleFate][2]int{}
	for i, x := range all {
		v := s.office.View(s.T, s.refs[i])
		states[v.Ticket.State]++
		for _, c := range v.Ticket.Clocks {
			if c.Kind == ticketing.ClockAnswer && c.Episode == 1 && (c.State == ticketing.ClockMet || c.State == ticketing.ClockMissed) {
				n := late[x.Fate]
				n[0]++
				if c.State == ticketing.ClockMissed {
					n[1]++
				}
				late[x.Fate] = n
			}
		}
	}
	for _, want := range []ticketing.State{ticketing.StateReceived, ticketing.StateOpen, ticketing.StateWaiting, ticketing.StateResolved, ticketing.StateClosed} {
		if states[want] == 0 {
			s.Errorf("no ticket is %s: %v", want, states)
		}
	}
	if n := late[fatePrompt]; n[1] > n[0]/50 {
		s.Errorf("%d of %d prompt answers came too late", n[1], n[0])
	}
	if n := late[fateLate]; n[0] == 0 || n[1] < n[0] {
		s.Errorf("%d of %d late answers came too late, want all", n[1], n[0])
	}
}
