package storage_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sistem48/system48/storage"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/letters"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// A bench is a bureau on a database that is being measured.
type bench struct {
	*ticketingtest.City
	db     *storage.DB
	bureau *ticketing.Bureau
	uid    atomic.Uint32
}

func newBench(b *testing.B, fresh func(testing.TB) string) *bench {
	b.Helper()
	db := open(b, fresh(b), time.Now)
	book, err := letters.New(letters.Options{City: "Podgorica", Phone: "080 081 048", Zone: ticketingtest.Zone(), Default: lang.SrLatn})
	if err != nil {
		b.Fatal(err)
	}
	x := &bench{db: db, City: ticketingtest.NewCity(b, db, time.Now(), "")}
	x.bureau = &ticketing.Bureau{Store: db, Keys: ticketingtest.Keyring(), Letters: book, Settings: ticketingtest.Settings(), Now: time.Now}
	return x
}

const vocabulary = `rasvjeta ulica kanta kontejner rupa saobraćaj pločnik vodovod kanalizacija smeće park drvo pas autobus stanica
	linija znak semafor parking zgrada komunalac račun voda struja buka gradilište dozvola potvrda zahtjev molba kvart blok naselje most rijeka`

// words gives n words of a text.
func words(r *rand.Rand, n int) string {
	list := strings.Fields(vocabulary)
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(list[r.IntN(len(list))])
		if r.IntN(4) == 0 {
			fmt.Fprintf(&b, "%d", r.IntN(10_000))
		}
	}
	return b.String()
}

// mails gives n mails of many senders, entered in the ledger.
func (x *bench) mails(b *testing.B, n int) []ticketing.Inbound {
	b.Helper()
	ctx := context.Background()
	fence, ok, err := x.db.Acquire(ctx, "mailbox:main", "bench", time.Hour)
	if err != nil || !ok {
		b.Fatalf("Acquire() = %v, %v", ok, err)
	}
	arrivals, batch := make([]ticketing.Arrival, n), make([]ticketing.Inbound, n)
	for i := range n {
		uid := x.uid.Add(1)
		r := rand.New(rand.NewPCG(48, uint64(uid)))
		from := fmt.Sprintf("gradjanin%d@example.me", r.IntN(5000))
		now := time.Now().UTC()
		text := words(r, 60)
		sum := sha256.Sum256(fmt.Appendf(nil, "%d", uid))
		key := hex.EncodeToString(sum[:])
		arrivals[i] = ticketing.Arrival{
			Channel: ticketing.ChannelEmail, Box: ticketing.Mailbox{Account: "main", Folder: "INBOX", UIDValidity: 1}, UID: uid, RawKey: key, RawSHA256: key,
			RawSize: 8000, ContentKey: key, ReceivedAt: now, From: from, Subject: words(r, 5), MessageID: key[:20] + "@example.me",
		}
		batch[i] = ticketing.Inbound{
			Channel: ticketing.ChannelEmail, Account: "main", From: ticketing.Party{Name: "Građanin", Address: from}, Subject: arrivals[i].Subject,
			Text: text, FoldAt: len(text), Language: lang.SrLatn, LanguageSure: true, SentAt: now, ReceivedAt: now, MessageID: arrivals[i].MessageID,
			RawKey: key, RawSHA256: key,
		}
	}
	got, err := x.db.Accept(ctx, fence, arrivals)
	if err != nil {
		b.Fatal(err)
	}
	for i := range got {
		batch[i].Ledger = got[i].ID
	}
	return batch
}

// receive enters n mails and gives their tickets' references.
func (x *bench) receive(b *testing.B, n int) {
	b.Helper()
	intake := ticketing.Intake{Bureau: x.bureau}
	for n > 0 {
		batch := x.mails(b, min(n, 50))
		for _, err := range intake.Receive(context.Background(), batch) {
			if err != nil {
				b.Fatal(err)
			}
		}
		n -= len(batch)
	}
}

func eachBench(b *testing.B, run func(b *testing.B, x *bench)) {
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) { run(b, newBench(b, engines()[name])) })
	}
}

// BenchmarkIntake measures ledger entry and ticket, receipt and search of mails
// in batches of 50.
func BenchmarkIntake(b *testing.B) {
	eachBench(b, func(b *testing.B, x *bench) {
		x.receive(b, 100)
		b.ResetTimer()
		start := time.Now()
		x.receive(b, b.N)
		b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "mails/s")
	})
}

// BenchmarkIntakeRouted is BenchmarkIntake with fifty rules of routing: all of them
// are asked of every mail, and none fits but the last.
func BenchmarkIntakeRouted(b *testing.B) {
	eachBench(b, func(b *testing.B, x *bench) {
		s := ticketing.RoutingRules{All: true}
		for i := range 49 {
			s.Rules = append(s.Rules, ticketing.RoutingRule{
				Name: fmt.Sprint("pravilo ", i), Then: ticketing.Course{Department: x.Roads.ID},
				When: ticketing.Conditions{Keywords: []string{fmt.Sprintf("nepostojeće%d", i), fmt.Sprintf("riječ%d*", i)}, Channels: []ticketing.Channel{ticketing.ChannelEmail}},
			})
		}
		s.Rules = append(s.Rules, ticketing.RoutingRule{Name: "ostalo", When: ticketing.Conditions{Always: true}, Then: ticketing.Course{Department: x.Lighting.ID}})
		router := ticketing.Router{Bureau: x.bureau, Reads: x.db}
		if err := router.SaveRules(b.Context(), ticketing.ActorOf(x.Adam), &s); err != nil {
			b.Fatal(err)
		}
		time.Sleep(2 * time.Second) // the rules are read anew
		x.receive(b, 100)
		b.ResetTimer()
		start := time.Now()
		x.receive(b, b.N)
		b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "mails/s")
	})
}

// refs gives the references of the newest tickets.
func (x *bench) refs(b *testing.B, n int) []ticketing.Reference {
	b.Helper()
	var out []ticketing.Reference
	f := ticketing.TicketFilter{Scope: ticketing.Scope{All: true}, Limit: 200}
	for len(out) < n {
		page, err := x.db.Tickets(context.Background(), f, 0)
		if err != nil {
			b.Fatal(err)
		}
		for _, t := range page.Items {
			out = append(out, t.Ref)
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			break
		}
	}
	return out
}

func benchDesk(b *testing.B, clients int, act func(x *bench, desk *ticketing.Desk, ref ticketing.Reference, i int64) error) {
	eachBench(b, func(b *testing.B, x *bench) {
		x.receive(b, 2000)
		refs := x.refs(b, 2000)
		desk := &ticketing.Desk{Bureau: x.bureau}
		var n atomic.Int64
		b.SetParallelism(max(clients/2, 1))
		b.ResetTimer()
		start := time.Now()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				i := n.Add(1)
				if err := act(x, desk, refs[int(i)%len(refs)], i); err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "acts/s")
	})
}

func reply(x *bench, desk *ticketing.Desk, ref ticketing.Reference, i int64) error {
	_, _, err := desk.Reply(context.Background(), ticketing.ActorOf(x.Ana), ticketing.Target{Ref: ref},
		ticketing.ReplyInput{Text: "Poštovani, kvar je prijavljen ekipi i biće otklonjen sjutra.", Once: ticketing.Once{Caller: "agent:1", Key: fmt.Sprint(i), Hash: "h"}})
	return err
}

func BenchmarkReply1(b *testing.B)  { benchDesk(b, 1, reply) }
func BenchmarkReply16(b *testing.B) { benchDesk(b, 16, reply) }

func BenchmarkAssign16(b *testing.B) {
	benchDesk(b, 16, func(x *bench, desk *ticketing.Desk, ref ticketing.Reference, i int64) error {
		to := []ticketing.AgentID{x.Ana.ID, x.Boris.ID}[i%2]
		_, err := desk.Assign(context.Background(), ticketing.ActorOf(x.Ana), ticketing.Target{Ref: ref}, to)
		return err
	})
}

// BenchmarkHundredTickets measures what a list of a hundred tickets reads for
// programs: each by itself, and all together.
func BenchmarkHundredTickets(b *testing.B) {
	eachBench(b, func(b *testing.B, x *bench) {
		x.receive(b, 2000)
		if err := x.db.Analyze(context.Background()); err != nil {
			b.Fatal(err)
		}
		refs := x.refs(b, 100)[:100]
		all := ticketing.Scope{All: true}
		b.Run("one-by-one", func(b *testing.B) {
			for b.Loop() {
				for _, ref := range refs {
					if _, err := x.db.TicketView(context.Background(), all, ref); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
		b.Run("together", func(b *testing.B) {
			for b.Loop() {
				if list, err := x.db.TicketHeads(context.Background(), all, refs); err != nil || len(list) != len(refs) {
					b.Fatalf("%d heads, %v", len(list), err)
				}
			}
		})
	})
}
