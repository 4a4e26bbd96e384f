package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/web"
)

// The measured bureau: 100,000 tickets a year up to now, 5 % of them open, three
// messages of about sixty words each, a citizen for every three tickets.
const (
	benchAgentMail  = "mjerac@grad.example"
	benchAgentPass  = "duga-lozinka-za-mjerenje"
	benchPerYear    = 100_000
	benchOpenOf     = 20 // one of so many is open
	benchWords      = 60
	benchLexicon    = 6000
	benchBatch      = 60 // tickets that share a transaction
	benchFrequent   = "kontejner"
	benchRare       = "krtolina"
	benchRareOneIn  = 20_011
	benchFrequentIn = 5 // messages
)

// A benchSeeder tells the past of a bureau by the same acts that the product
// uses; only the clock and the sharing of transactions are its own.
type benchSeeder struct {
	s       *system
	dir     *ticketing.Directory
	n       int
	now     time.Time
	lexicon []string
	clerk   ticketing.Actor
}

// addAgent makes the account that measures.
func (b *bench) addAgent(ctx context.Context, s *system) error {
	hash, err := web.HashPassword(ctx, benchAgentPass)
	if err != nil {
		return err
	}
	agent := ticketing.Agent{Email: benchAgentMail, Name: "Mjerač", Role: ticketing.RoleAgent, Language: lang.SrLatn, PasswordHash: hash}
	reg := s.registry()
	return reg.SaveAgent(ctx, cliActor, &agent)
}

// seedTickets fills an empty installation with n tickets and an agent.
func (b *bench) seedTickets(ctx context.Context, s *system, n int) error {
	if err := b.addAgent(ctx, s); err != nil {
		return err
	}
	agent, err := s.agent(ctx, benchAgentMail)
	if err != nil {
		return err
	}
	dir, err := s.db.Directory(ctx)
	if err != nil {
		return err
	}
	seeder := &benchSeeder{s: s, dir: dir, n: n, now: time.Now().UTC(), lexicon: benchLexiconOf(benchLexicon), clerk: ticketing.ActorOf(*agent)}
	bar := newProgress(b.errs, fmt.Sprintf("writing %d tickets", n))
	var mu sync.Mutex
	var failed error
	done := 0
	work := make(chan int)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for from := range work {
				err := seeder.batch(ctx, from, min(from+benchBatch, n))
				mu.Lock()
				failed = errors.Join(failed, err)
				done += benchBatch
				bar.show(min(done, n), n)
				mu.Unlock()
			}
		})
	}
	for from := 0; from < n && ctx.Err() == nil; from += benchBatch {
		mu.Lock()
		stop := failed != nil
		mu.Unlock()
		if stop {
			break
		}
		work <- from
	}
	close(work)
	wg.Wait()
	bar.done()
	return errors.Join(failed, ctx.Err())
}

// agent gives the stored account.
func (s *system) agent(ctx context.Context, email string) (a *ticketing.Agent, err error) {
	err = s.db.InTx(ctx, func(tx ticketing.Tx) error {
		a, err = tx.AgentByEmail(ctx, email)
		return err
	})
	return a, err
}

// benchLexiconOf makes n words that sound like the language.
func benchLexiconOf(n int) []string {
	r := rand.New(rand.NewPCG(48, 48)) //nolint:gosec // G404: the same words every time
	syllables := strings.Fields("ra so vo li ka na pre sta go ru če šu žu de mi tra bo ko la pa ve nje sti gra za do bi pro po vra kla mo ti su ma re")
	seen := map[string]bool{}
	var out []string
	for len(out) < n {
		w := ""
		for range 2 + r.IntN(3) {
			w += syllables[r.IntN(len(syllables))]
		}
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

// text gives about sixty words, some of them much more often than others.
func (x *benchSeeder) text(r *rand.Rand, i int) string {
	var b strings.Builder
	for range benchWords - 10 + r.IntN(20) {
		at := int(float64(len(x.lexicon)) * r.Float64() * r.Float64() * r.Float64())
		b.WriteString(x.lexicon[at])
		b.WriteByte(' ')
	}
	if r.IntN(benchFrequentIn) == 0 {
		b.WriteString(benchFrequent + " ")
	}
	if i%benchRareOneIn == benchRareOneIn/2 {
		b.WriteString(benchRare)
	}
	return b.String()
}

// batch enters tickets from … to-1 in one transaction.
func (x *benchSeeder) batch(ctx context.Context, from, to int) error {
	return x.s.db.InTx(ctx, func(tx ticketing.Tx) error {
		var citizen *ticketing.Citizen
		for i := from; i < to; i++ {
			r := rand.New(rand.NewPCG(48, uint64(i))) //nolint:gosec // G404,G115: the same tickets every time
			at := x.now.Add(-time.Duration(x.n-i) * (365 * 24 * time.Hour / benchPerYear)).Truncate(time.Microsecond)
			if citizen == nil || i%3 == 0 {
				citizen = &ticketing.Citizen{Name: "Građanin " + x.lexicon[i%len(x.lexicon)], Language: lang.SrLatn, CreatedAt: at}
				citizen.Contacts = []ticketing.Contact{{Kind: ticketing.ContactEmail, Address: fmt.Sprintf("gradjanin%d@posta.example", i)}}
				if err := tx.SaveCitizen(ctx, citizen); err != nil {
					return err
				}
			}
			if err := x.ticket(ctx, tx, r, i, at, citizen); err != nil {
				return fmt.Errorf("ticket %d: %w", i, err)
			}
		}
		return nil
	})
}

func (x *benchSeeder) ticket(ctx context.Context, tx ticketing.Tx, r *rand.Rand, i int, at time.Time, c *ticketing.Citizen) error {
	id, err := tx.NextID(ctx, ticketing.IDTicket)
	if err != nil {
		return err
	}
	year := at.In(x.s.zone).Year()
	number, err := tx.NextNumber(ctx, year)
	if err != nil {
		return err
	}
	category := x.dir.Categories[r.IntN(len(x.dir.Categories))]
	t := ticketing.Open(ticketing.Opening{
		ID: ticketing.TicketID(id), Ref: ticketing.NewReference("S48", year, number), Subject: strings.Join(strings.Fields(x.text(r, -1))[:5], " "),
		Channel: ticketing.ChannelEmail, Category: category, Department: category.Department, Citizen: c.ID,
		ReplyTo: ticketing.Party{Name: c.Name, Address: c.Contacts[0].Address}, Priority: ticketing.Priority(r.IntN(4)), ReceivedAt: at, //nolint:gosec // G115: below 4
	}, ticketing.SystemActor("intake"), x.dir.Rules, at)
	t.Language = lang.SrLatn
	if err := x.says(ctx, tx, t, r, i, at, true); err != nil {
		return err
	}
	receipt := x.delivery(t, ticketing.PurposeReceipt, 0, at)
	t.Pending.Deliveries = append(t.Pending.Deliveries, receipt)
	if err := tx.SaveTicket(ctx, t); err != nil {
		return err
	}
	if err := x.says(ctx, tx, t, r, i, at.Add(time.Hour), false); err != nil {
		return err
	}
	if r.IntN(3) == 0 {
		if err := t.Assign(x.clerk.Agent, x.clerk, at.Add(2*time.Hour)); err != nil {
			return err
		}
	}
	if err := tx.SaveTicket(ctx, t); err != nil {
		return err
	}
	answered := at.Add(time.Duration(3+r.IntN(40)) * time.Hour)
	if i%benchOpenOf == 0 || answered.After(x.now) {
		return x.leave(ctx, tx, t, r, i)
	}
	return x.answer(ctx, tx, t, r, i, answered)
}

// says adds a message of the citizen.
func (x *benchSeeder) says(ctx context.Context, tx ticketing.Tx, t *ticketing.Ticket, r *rand.Rand, i int, at time.Time, first bool) error {
	m, err := x.message(ctx, tx, t, r, i, at)
	if err != nil {
		return err
	}
	m.Direction, m.Author, m.MessageIDHeader = ticketing.In, t.ReplyTo, fmt.Sprintf("%d.%d@posta.example", i, m.ID)
	if first {
		t.First(m)
		return nil
	}
	c, _ := x.dir.Category(t.Category)
	return t.Receive(m, ticketing.SystemActor("intake"), x.dir.Rules, c, at)
}

func (x *benchSeeder) message(ctx context.Context, tx ticketing.Tx, t *ticketing.Ticket, r *rand.Rand, i int, at time.Time) (ticketing.Message, error) {
	id, err := tx.NextID(ctx, ticketing.IDMessage)
	text := x.text(r, i)
	return ticketing.Message{
		ID: ticketing.MessageID(id), Channel: ticketing.ChannelEmail, Text: text, FoldAt: len(text), Subject: t.Subject,
		Language: lang.SrLatn, SentAt: at, ReceivedAt: at, CreatedAt: at,
	}, err
}

// leave lets the ticket lie open, judged by now, with a colleague's note.
func (x *benchSeeder) leave(ctx context.Context, tx ticketing.Tx, t *ticketing.Ticket, r *rand.Rand, i int) error {
	m, err := x.message(ctx, tx, t, r, i, x.now)
	if err != nil {
		return err
	}
	m.Channel = ""
	if err := t.AddNote(m, x.clerk, x.now); err != nil {
		return err
	}
	for t.Judge(ticketing.SystemActor("watch"), x.now) {
		continue
	}
	return tx.SaveTicket(ctx, t)
}

// answer sends the answer, which arrives, and closes the ticket in its time.
func (x *benchSeeder) answer(ctx context.Context, tx ticketing.Tx, t *ticketing.Ticket, r *rand.Rand, i int, at time.Time) error {
	m, err := x.message(ctx, tx, t, r, i, at)
	if err != nil {
		return err
	}
	m.Kind, m.To, m.Author = ticketing.ReplyAnswer, []ticketing.Party{t.ReplyTo}, ticketing.Party{Name: "Mjerač"}
	d := x.delivery(t, ticketing.PurposeAnswer, m.ID, at)
	id, err := tx.NextID(ctx, ticketing.IDDelivery)
	if err != nil {
		return err
	}
	d.ID = ticketing.DeliveryID(id)
	if err := t.Reply(m, []ticketing.Delivery{d}, x.clerk, x.dir.Rules, at); err != nil {
		return err
	}
	t.Delivered(d, &m, ticketing.SystemActor("courier"), x.dir.Rules, at)
	if err := t.Resolve(x.clerk, x.dir.Rules, true, "", at); err != nil {
		return err
	}
	if err := tx.SaveTicket(ctx, t); err != nil {
		return err
	}
	if closed := at.Add(ticketing.SettleAfter); closed.Before(x.now) {
		if err := t.Settle(ticketing.SystemActor("settle"), closed); err != nil {
			return err
		}
		return tx.SaveTicket(ctx, t)
	}
	return nil
}

// delivery is one that arrived and whose text was dropped with age.
func (x *benchSeeder) delivery(t *ticketing.Ticket, p ticketing.Purpose, m ticketing.MessageID, at time.Time) ticketing.Delivery {
	d := ticketing.Delivery{
		Ticket: t.ID, Message: m, Purpose: p, Channel: ticketing.ChannelEmail, To: t.ReplyTo, Language: lang.SrLatn, Subject: t.Subject,
		MessageIDHeader: fmt.Sprintf("s48.%d.%d@grad.example", t.ID, m), State: ticketing.DeliverySent, Attempts: 1,
		SendAfter: at, CreatedAt: at, AcceptedAt: at, SettledAt: at,
	}
	if x.now.Sub(at) < 30*24*time.Hour {
		d.Text = strings.Repeat("Poštovani, zaprimili smo Vašu prijavu. ", 20)
	}
	return d
}
