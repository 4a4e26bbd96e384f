package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sistem48/system48/channels/email"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ui/demo"
	"github.com/sistem48/system48/ui/web"
)

// A storyClock is the clock of a system that is told its past.
type storyClock struct{ at atomic.Int64 }

func (c *storyClock) now() time.Time      { return time.UnixMicro(c.at.Load()).UTC() }
func (c *storyClock) set(t time.Time)     { c.at.Store(t.UnixMicro()) }
func (c *storyClock) advance(t time.Time) { c.at.Store(max(c.at.Load(), t.UnixMicro())) }

// A teller of stories turns them into tickets through the same use cases as
// real contacts, each thing at its time.
type storyteller struct {
	s      *system
	clock  *storyClock
	r      *rand.Rand
	intake *ticketing.Intake
	desk   *ticketing.Desk
	watch  *ticketing.Watch
	settle *ticketing.Dispatch
	agents map[string]ticketing.Agent
	refs   map[int]ticketing.Reference // by story
	mails  int
}

// A moment is one thing that happens: the contact of a story (deed −1) or a deed.
type moment struct {
	at    time.Time
	story int
	deed  int
}

// tellStories opens the installation by the clock of the past and tells it n
// stories of the last days. progress is told how far it is.
func tellStories(ctx context.Context, cfg Config, log *slog.Logger, seed uint64, days, n int, password string, progress func(done, of int)) (err error) {
	now := time.Now()
	clock := &storyClock{}
	clock.set(now.AddDate(0, 0, -days-1))
	s, err := openSystemAt(ctx, cfg, log, clock.now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	r := rand.New(rand.NewPCG(seed, 48)) //nolint:gosec // G404: sample data
	stories, err := sampleStories(r, now, s.zone, days, n)
	if err != nil {
		return err
	}
	t := &storyteller{
		s: s, clock: clock, r: r, intake: &ticketing.Intake{Bureau: s.bureau}, desk: &ticketing.Desk{Bureau: s.bureau},
		watch: &ticketing.Watch{Bureau: s.bureau, Duties: s.db}, settle: &ticketing.Dispatch{Bureau: s.bureau},
		agents: map[string]ticketing.Agent{}, refs: map[int]ticketing.Reference{},
	}
	if err := t.hire(ctx, password); err != nil {
		return err
	}
	moments := momentsOf(stories)
	for i, m := range moments {
		if err := t.happen(ctx, stories, m); err != nil {
			return fmt.Errorf("story %d at %s: %w", m.story, m.at.Format(time.DateTime), err)
		}
		if progress != nil {
			progress(i+1, len(moments))
		}
	}
	return t.pass(ctx, now)
}

// pass lets the time pass until the instant: what falls due does, and each evening
// the facts of the day are recorded, so that a report can be asked for as it was.
func (t *storyteller) pass(ctx context.Context, until time.Time) error {
	for day := report.DayOf(t.clock.now(), t.s.zone); day < report.DayOf(until, t.s.zone); day++ {
		t.clock.advance((day + 1).Start(t.s.zone).Add(-time.Second))
		if err := t.evening(ctx); err != nil {
			return err
		}
	}
	t.clock.advance(until)
	return t.evening(ctx)
}

func (t *storyteller) evening(ctx context.Context) error {
	if _, err := t.watch.Run(ctx); err != nil {
		return err
	}
	_, err := t.s.db.FoldFacts(ctx)
	return err
}

func momentsOf(stories []sampleStory) []moment {
	var out []moment
	for i, s := range stories {
		out = append(out, moment{s.At, i, -1})
		for k, d := range s.Deeds {
			out = append(out, moment{d.At, i, k})
		}
	}
	slices.SortStableFunc(out, func(a, b moment) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.story, b.story), cmp.Compare(a.deed, b.deed))
	})
	return out
}

// hire enters the staff of the sample city, all with the same password.
func (t *storyteller) hire(ctx context.Context, password string) error {
	hash, err := web.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	dir, err := t.s.freshDirectory(ctx)
	if err != nil {
		return err
	}
	reg := ticketing.Registry{Bureau: t.s.bureau}
	for i, x := range sampleAgents() {
		a := ticketing.Agent{Name: x.Name, Email: x.Email, Role: x.Role, Language: x.Language, PasswordHash: hash, SingleKeys: true}
		if a.Role == ticketing.RoleAgent {
			a.Extension = strconv.Itoa(101 + i)
		}
		for _, code := range x.Departments {
			d, ok := dir.DepartmentByCode(code)
			if !ok {
				return fmt.Errorf("sample city has no department %s", code)
			}
			a.Departments = append(a.Departments, d.ID)
		}
		if err := reg.SaveAgent(ctx, cliActor, &a); err != nil {
			return fmt.Errorf("hire %s: %w", a.Email, err)
		}
		t.agents[a.Email] = a
	}
	return nil
}

// happen lets one moment come true: first what fell due before it.
func (t *storyteller) happen(ctx context.Context, stories []sampleStory, m moment) error {
	if report.DayOf(t.clock.now(), t.s.zone) < report.DayOf(m.at, t.s.zone) {
		if err := t.pass(ctx, m.at); err != nil {
			return err
		}
	}
	t.clock.advance(m.at)
	if _, err := t.watch.Run(ctx); err != nil {
		return err
	}
	story := stories[m.story]
	var err error
	if m.deed < 0 {
		err = t.arrive(ctx, m.story, story)
	} else {
		err = t.do(ctx, m.story, story, story.Deeds[m.deed])
	}
	if err != nil {
		return err
	}
	return t.deliver(ctx)
}

// arrive opens the ticket: mail through Intake, the rest by an agent's hand.
func (t *storyteller) arrive(ctx context.Context, i int, x sampleStory) error {
	dir, err := t.s.db.Directory(ctx)
	if err != nil {
		return err
	}
	category, _ := dir.CategoryByCode(x.Category)
	if x.Channel == ticketing.ChannelEmail {
		ref, err := t.receive(ctx, x, x.Subject, x.Text, x.Photos, nil)
		if err != nil {
			return err
		}
		t.refs[i] = ref
		if category.Default {
			return nil
		}
		// Somebody of the bureau reads it and says what it is about.
		t.clock.advance(x.At.Add(7 * time.Minute))
		by := ticketing.ActorOf(t.agents["milena@"+sampleCityDomain])
		change := ticketing.Change{Category: &category}
		if x.Street != "" {
			change.Location = &ticketing.Location{Address: x.Street}
		}
		target := ticketing.Target{Ref: ref}
		k, err := t.desk.Change(ctx, by, target, change)
		if err != nil || k.Department == category.Department {
			return err
		}
		_, err = t.desk.Move(ctx, by, target, category.Department, "")
		return err
	}
	in := ticketing.OpenInput{
		Channel: x.Channel, Subject: x.Subject, Text: x.Text, Category: category.ID, Location: ticketing.Location{Address: x.Street},
		Language: x.Language, Name: x.Who.Name, Email: x.Who.Email, Phone: x.Who.Phone, ReceivedAt: x.At, Receipt: x.Who.Email != "",
		Priority: ticketing.PriorityNormal,
	}
	ticket, err := t.desk.Open(ctx, ticketing.ActorOf(t.agents["ana@"+sampleCityDomain]), in)
	if err != nil {
		return err
	}
	t.refs[i] = ticket.Ref
	return nil
}

// receive lets a mail come in; answer is the delivery it answers to, nil for a
// first mail.
func (t *storyteller) receive(ctx context.Context, x sampleStory, subject, text string, photos int, answer *string) (ticketing.Reference, error) {
	t.mails++
	in := ticketing.Inbound{
		Channel: ticketing.ChannelEmail, From: ticketing.Party{Name: x.Who.Name, Address: x.Who.Email}, Subject: subject, Text: text,
		FoldAt: len(text), Language: x.Language, LanguageSure: true, MessageID: fmt.Sprintf("%d.%d@%s", t.clock.now().Unix(), t.mails, sampleMailDomain),
		SentAt: t.clock.now(), ReceivedAt: t.clock.now(), Auth: ticketing.AuthPass,
	}
	if len(t.s.cfg.Channels.Email) > 0 {
		in.Account = t.s.cfg.Channels.Email[0].Name
	}
	if answer != nil {
		in.References = []string{*answer}
	}
	for k := range photos {
		f, err := t.photo(ctx, k)
		if err != nil {
			return "", err
		}
		in.Files = append(in.Files, f)
	}
	if err := t.enter(ctx, &in); err != nil {
		return "", err
	}
	if err := t.intake.Receive(ctx, []ticketing.Inbound{in})[0]; err != nil {
		return "", err
	}
	page, err := t.s.db.Tickets(ctx, ticketing.TicketFilter{
		Scope: ticketing.Scope{All: true}, All: true, Sort: ticketing.SortReceived, Desc: true, Limit: 1,
	}, 0)
	if err != nil || len(page.Items) == 0 {
		return "", errors.Join(err, errors.New("the ticket of a mail is not in the list"))
	}
	return page.Items[0].Ref, nil
}

// enter puts the mail into the intake ledger, with its bytes, as if it had been
// read from a mailbox.
func (t *storyteller) enter(ctx context.Context, in *ticketing.Inbound) error {
	raw, err := composeDraft(demo.Draft{From: in.From.Address, To: "s48@" + sampleCityDomain, Subject: in.Subject, Text: in.Text}, in.SentAt)
	if err != nil {
		return err
	}
	digest := email.NewDigest()
	key, size, err := t.s.blobs.Put(ctx, io.TeeReader(bytes.NewReader(raw), digest), true)
	if err != nil {
		return err
	}
	fence, _, err := t.s.db.Acquire(ctx, "seed", "seed", time.Hour)
	if err != nil {
		return err
	}
	sum := digest.Sum()
	accepted, err := t.s.db.Accept(ctx, fence, []ticketing.Arrival{{
		Channel: ticketing.ChannelEmail, Box: ticketing.Mailbox{Account: in.Account, Folder: "sample", UIDValidity: 48}, UID: uint32(t.mails), //nolint:gosec // G115: a few hundred
		RawKey: key, RawSHA256: sum.RawSHA256, RawSize: size, ContentKey: sum.ContentKey, ReceivedAt: in.ReceivedAt,
		From: sum.From, Subject: sum.Subject, MessageID: sum.MessageID,
	}})
	if err != nil {
		return err
	}
	if accepted[0].State == ticketing.LedgerReceived {
		in.Ledger, in.RawKey, in.RawSHA256 = accepted[0].ID, key, sum.RawSHA256
	}
	return nil
}

func (t *storyteller) photo(ctx context.Context, k int) (ticketing.Attachment, error) {
	data, err := samplePhoto(t.r)
	if err != nil {
		return ticketing.Attachment{}, err
	}
	key, size, err := t.s.blobs.Put(ctx, bytes.NewReader(data), false)
	return ticketing.Attachment{Key: key, Name: fmt.Sprintf("IMG_%04d.jpg", 2100+t.mails+k), ContentType: "image/jpeg", Size: size}, err
}

// do lets one deed happen.
func (t *storyteller) do(ctx context.Context, i int, x sampleStory, d sampleDeed) error {
	target := ticketing.Target{Ref: t.refs[i]}
	agent := t.agents[d.By]
	by := ticketing.ActorOf(agent)
	dir, err := t.s.db.Directory(ctx)
	if err != nil {
		return err
	}
	switch d.Kind {
	case deedTake:
		_, err = t.desk.Assign(ctx, by, target, agent.ID)
	case deedAnswer, deedQuestion:
		err = t.reply(ctx, by, target, x, d)
	case deedCitizen:
		err = t.write(ctx, x, target, d)
	case deedNote:
		_, _, err = t.desk.Note(ctx, by, target, ticketing.NoteInput{Text: d.Text})
	case deedMove:
		dept, _ := dir.DepartmentByCode(d.To)
		_, err = t.desk.Move(ctx, by, target, dept.ID, d.Text)
	case deedResolve:
		_, err = t.desk.Resolve(ctx, by, target, d.Text)
	case deedClose:
		in := ticketing.CloseInput{Code: d.Code, Note: d.Text}
		if x.Same >= 0 {
			in.Duplicate = t.refs[x.Same]
		}
		_, err = t.desk.Close(ctx, by, target, in)
	case deedVoid:
		_, err = t.desk.VoidEpisode(ctx, by, target)
	case deedSpam:
		_, err = t.desk.MarkSpam(ctx, by, target)
	}
	if errors.Is(err, ticketing.Conflict) || errors.Is(err, ticketing.Forbidden) || errors.Is(err, ticketing.NotFound) || errors.Is(err, ticketing.Invalid) {
		// Life went another way (the citizen wrote in between, the ticket moved on).
		t.s.log.DebugContext(ctx, "a deed of a story was refused", "kind", string(d.Kind), "err", err)
		return nil
	}
	return err
}

// reply writes to the citizen, or tells them on the telephone when that is all there is.
func (t *storyteller) reply(ctx context.Context, by ticketing.Actor, target ticketing.Target, x sampleStory, d sampleDeed) error {
	in := ticketing.ReplyInput{Text: d.Text, Kind: ticketing.ReplyAnswer, ByPhone: x.Who.Email == "" && x.Who.Phone != ""}
	if d.Kind == deedQuestion {
		in.Kind, in.Wait = ticketing.ReplyQuestion, true
	}
	if d.Photo {
		f, err := t.photo(ctx, 0)
		if err != nil {
			return err
		}
		v, err := t.s.db.TicketView(ctx, ticketing.Scope{All: true}, target.Ref)
		if err != nil {
			return err
		}
		up := ticketing.Upload{ID: fmt.Sprintf("story-%d", t.r.Int64()), Agent: by.Agent, Ticket: v.Ticket.ID, Kind: ticketing.DraftReply, File: f, At: t.clock.now()}
		if err := t.s.db.AddUpload(ctx, up); err != nil {
			return err
		}
		in.Uploads = []string{up.ID}
	}
	_, _, err := t.desk.Reply(ctx, by, target, in)
	return err
}

// write lets the citizen write again: by mail as an answer to the last one
// they got, else on the status page.
func (t *storyteller) write(ctx context.Context, x sampleStory, target ticketing.Target, d sampleDeed) error {
	v, err := t.s.db.TicketView(ctx, ticketing.Scope{All: true}, target.Ref)
	if err != nil {
		return err
	}
	for _, sent := range slices.Backward(v.Deliveries) {
		if x.Who.Email != "" && strings.EqualFold(sent.To.Address, x.Who.Email) {
			_, err := t.receive(ctx, x, "Re: "+x.Subject, d.Text, 0, &sent.MessageIDHeader)
			return err
		}
	}
	counter := ticketing.Counter{Bureau: t.s.bureau}
	return counter.Write(ctx, target.Ref, d.Text, nil)
}

// deliver lets everything in the outbox arrive.
func (t *storyteller) deliver(ctx context.Context) error {
	for {
		claims, err := t.s.db.ClaimDeliveries(ctx, ticketing.ChannelEmail, 50, time.Minute, 50)
		if err != nil || len(claims) == 0 {
			return err
		}
		for _, d := range claims {
			o := ticketing.Outcome{State: ticketing.DeliverySent, At: t.clock.now(), Reply: "250 2.0.0 OK"}
			if err := t.settle.Settle(ctx, d, o); err != nil {
				return err
			}
		}
	}
}
