package report_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// A year tells a year of the test city by the acts of tickets themselves. Honest
// work has its share of everything: waits at odd hours, corrected categories,
// short answers, true duplicates, days on which much is closed.
type year struct {
	*ticketingtest.City
	t      *testing.T
	r      *rand.Rand
	rules  *ticketing.Rulebook
	dir    *ticketing.Directory
	from   time.Time
	serial int64
	all    []*ticketing.Ticket
}

var (
	intake  = ticketing.SystemActor("intake")
	courier = ticketing.SystemActor("courier")
)

func newYear(t *testing.T, seed uint64) (*year, *ticketingtest.Store, *ticketingtest.Clock) {
	t.Helper()
	clock := ticketingtest.NewClock()
	s := ticketingtest.NewStore(clock.Now, ticketingtest.Zone())
	y := &year{t: t, r: rand.New(rand.NewPCG(seed, 48)), from: clock.Now().UTC().AddDate(-1, 0, 0), City: ticketingtest.NewCity(t, s, clock.Now(), "tivat")} //nolint:gosec // G404: the same year every time
	dir, err := s.Directory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	y.dir, y.rules = dir, dir.Rules
	return y, s, clock
}

func (y *year) must(err error) {
	y.t.Helper()
	if err != nil {
		y.t.Fatal(err)
	}
}

func (y *year) category(i int) ticketing.Category {
	return []ticketing.Category{y.Streetlight, y.Pothole, y.Waste}[i%3]
}

// open receives a ticket.
func (y *year) open(at time.Time, c ticketing.Category, subject string, citizen ticketing.CitizenID, by ticketing.Actor) *ticketing.Ticket {
	y.serial++
	k := ticketing.Open(ticketing.Opening{
		ID: ticketing.TicketID(y.serial), Ref: ticketing.NewReference("S48", 2026, y.serial), Subject: subject, Channel: ticketing.ChannelEmail,
		Category: c, Department: c.Department, Citizen: citizen, ReceivedAt: at,
	}, by, y.rules, at)
	k.Language = lang.SrLatn
	y.all = append(y.all, k)
	return k
}

// answer sends an answer of so many letters, and it arrives.
func (y *year) answer(k *ticketing.Ticket, letters int, at time.Time) {
	y.serial++
	m := ticketing.Message{
		ID: ticketing.MessageID(y.serial), Kind: ticketing.ReplyAnswer, Channel: ticketing.ChannelEmail, Text: strings.Repeat("a", letters), FoldAt: letters,
		CreatedAt: at, ReceivedAt: at,
	}
	d := ticketing.Delivery{ID: ticketing.DeliveryID(y.serial), Message: m.ID, Purpose: ticketing.PurposeAnswer, Channel: ticketing.ChannelEmail, State: ticketing.DeliverySent, AcceptedAt: at, CreatedAt: at, SendAfter: at}
	y.must(k.Reply(m, []ticketing.Delivery{d}, y.ana(), y.rules, at))
	k.Delivered(d, &m, courier, y.rules, at)
}

func (y *year) ana() ticketing.Actor { return ticketing.ActorOf(y.Ana) }

var subjects = []string{"Svjetiljka ne radi", "Rupa na kolovozu", "Kontejner pun", "Svjetlo treperi", "Trotoar ulegao", "Otpad pored puta"}

// honest tells one ticket of honest work.
func (y *year) honest(i int, at time.Time) {
	r := y.r
	c := y.category(r.IntN(3))
	by := intake
	if r.IntN(5) == 0 {
		by = y.ana() // typed in after a call
	}
	k := y.open(at, c, subjects[r.IntN(len(subjects))], ticketing.CitizenID(1+r.IntN(2000)), by)
	now := at.Add(time.Duration(10+r.IntN(170)) * time.Minute)
	y.must(k.Validate(y.ana(), y.rules, now))
	if r.IntN(25) == 0 { // a slip noticed at once, or much later
		late := time.Duration(r.IntN(60)) * time.Minute
		if r.IntN(40) == 0 {
			late = 30 * time.Hour
		}
		now = now.Add(late)
		other := y.category(r.IntN(3))
		y.must(k.Apply(ticketing.Change{Category: &other}, y.ana(), y.rules, now))
	}
	if r.IntN(8) == 0 {
		now = now.Add(time.Duration(r.IntN(40*60)) * time.Minute)
		y.must(k.Wait(ticketing.WaitCitizen, true, y.ana(), y.rules, now))
		now = now.Add(time.Duration(1+r.IntN(60)) * time.Hour)
		y.must(k.Resume(y.ana(), y.rules, now))
	}
	now = now.Add(time.Duration(20+r.IntN(44*60)) * time.Minute)
	if r.IntN(40) == 0 && len(y.all) > 10 {
		twin := y.all[len(y.all)-2-r.IntN(8)]
		if twin.State != ticketing.StateClosed {
			k.Subject = twin.Subject
			y.must(k.Close(ticketing.Closing{Code: ticketing.CodeDuplicate, Duplicate: twin}, y.ana(), y.rules, now))
			return
		}
	}
	letters := 60 + r.IntN(600)
	if r.IntN(100) == 0 {
		letters = 25
	}
	y.answer(k, letters, now)
	if r.IntN(30) != 0 {
		y.must(k.Resolve(y.ana(), y.rules, true, "", now.Add(time.Duration(r.IntN(30*60))*time.Minute)))
	}
	_ = i
}

// tell tells n honest tickets, and the tricks among them.
func (y *year) tell(n int, tricks []report.SignKind) {
	step := 364 * 24 * time.Hour / time.Duration(n)
	for i := range n {
		at := y.from.Add(time.Duration(i)*step + time.Duration(y.r.IntN(60))*time.Minute).Truncate(time.Microsecond)
		if i == n/2 {
			for _, k := range tricks {
				y.trick(k, at)
			}
		}
		y.honest(i, at)
	}
}

// trick plants one way to make figures look better, by about a dozen tickets.
func (y *year) trick(kind report.SignKind, at time.Time) {
	const cases = 14
	long := y.Other
	report1 := at.Add(10 * 24 * time.Hour).Truncate(24 * time.Hour).Add(12 * time.Hour)
	for i := range cases {
		at := at.Add(time.Duration(i) * 7 * time.Hour)
		k := y.open(at, y.Waste, fmt.Sprintf("Kontejner pun %d", i), ticketing.CitizenID(5000+i), intake)
		validated := at.Add(time.Hour)
		if kind == report.SignBulkValid {
			y.must(k.Validate(y.ana(), y.rules, report1.Add(14*24*time.Hour+time.Duration(i)*time.Minute)))
			continue
		}
		y.must(k.Validate(y.ana(), y.rules, validated))
		due := k.Clocks[0].Due
		switch kind { //nolint:exhaustive // the other is above
		case report.SignLastHourPause:
			y.must(k.Wait(ticketing.WaitCitizen, true, y.ana(), y.rules, due.Add(-20*time.Minute)))
			y.must(k.Resume(y.ana(), y.rules, due.Add(20*time.Hour)))
			y.answer(k, 200, due.Add(20*time.Hour+10*time.Minute))
		case report.SignRelabelled:
			for _, c := range k.Clocks {
				if c.Kind == ticketing.ClockResolve {
					due = c.Due
				}
			}
			y.must(k.Apply(ticketing.Change{Category: &long}, y.ana(), y.rules, due.Add(-2*time.Hour)))
		case report.SignMassClosing:
			y.must(k.Close(ticketing.Closing{Code: ticketing.CodeNotSolvable, Note: "Nema sredstava"}, y.ana(), y.rules, report1.Add(3*time.Hour+time.Duration(i)*time.Minute)))
		case report.SignOpenedAnew:
			y.must(k.Close(ticketing.Closing{Code: ticketing.CodeInsufficient}, y.ana(), y.rules, due.Add(-3*time.Hour)))
			anew := y.open(due.Add(-2*time.Hour), y.Waste, k.Subject, k.Citizen, y.ana())
			y.must(anew.Validate(y.ana(), y.rules, due.Add(-time.Hour)))
		case report.SignFalseTwin:
			twin := y.open(at.Add(2*time.Hour), y.Pothole, "Rupa ispred škole", ticketing.CitizenID(9000+i), intake)
			y.must(k.Close(ticketing.Closing{Code: ticketing.CodeDuplicate, Duplicate: twin}, y.ana(), y.rules, at.Add(3*time.Hour)))
		case report.SignShortAnswer:
			y.answer(k, 6, at.Add(5*time.Hour))
		}
	}
}

// save writes the year and folds it.
func (y *year) save(s *ticketingtest.Store) {
	y.t.Helper()
	y.must(s.InTx(context.Background(), func(tx ticketing.Tx) error {
		for _, k := range y.all {
			if err := tx.SaveTicket(context.Background(), k); err != nil {
				return err
			}
		}
		return nil
	}))
	_, err := s.FoldFacts(context.Background())
	y.must(err)
}

// found gives the signs named in the report of the city and of each department.
func found(t *testing.T, s *ticketingtest.Store, y *year, now time.Time) (city []report.SignKind, any []report.SignKind) {
	t.Helper()
	zone := ticketingtest.Zone()
	req := report.Request{Period: report.Period{From: report.DayOf(y.from, zone), To: report.DayOf(now, zone)}, Now: now, Zone: zone}
	filters := [][]ticketing.DepartmentID{nil}
	for _, d := range y.dir.Departments {
		filters = append(filters, []ticketing.DepartmentID{d.ID})
	}
	for _, f := range filters {
		req.Filter.Departments = f
		r, err := report.Department(t.Context(), s, program, req)
		if err != nil {
			t.Fatal(err)
		}
		for _, sign := range r.Signs {
			if !sign.Found {
				continue
			}
			if f == nil {
				city = append(city, sign.Kind)
			}
			any = append(any, sign.Kind)
			page, err := report.Cases(t.Context(), s, program, sign.Behind, "", 200)
			if err != nil {
				t.Fatal(err)
			}
			if page.Next == "" && int64(len(page.Items)) != sign.Count {
				t.Errorf("%s: %d cases, %d tickets behind them", sign.Kind, sign.Count, len(page.Items))
			}
		}
	}
	return city, any
}

// A year with seven planted tricks: all are named on the page. The same year
// without them: none is, neither for the city nor for any department.
func TestPlantedTricksAreNamed(t *testing.T) {
	t.Parallel()
	sizes, seeds := []int{500, 1500}, uint64(3)
	if testing.Short() {
		sizes, seeds = []int{500}, 2
	}
	for _, size := range sizes {
		for seed := range seeds {
			t.Run(fmt.Sprintf("%d tickets, seed %d", size, seed), func(t *testing.T) {
				t.Parallel()
				for _, tricks := range [][]report.SignKind{nil, report.SignKinds()} {
					y, s, clock := newYear(t, seed)
					y.tell(size, tricks)
					y.save(s)
					city, any := found(t, s, y, clock.Now().UTC())
					if len(tricks) == 0 && len(any) > 0 {
						t.Errorf("an honest year is accused of %v", any)
					}
					for _, k := range tricks {
						if !slices.Contains(city, k) {
							t.Errorf("%s is planted and not named", k)
						}
					}
				}
			})
		}
	}
}

// Each trick alone is named alone.
func TestEachTrickIsNamedAlone(t *testing.T) {
	t.Parallel()
	for _, kind := range report.SignKinds() {
		y, s, clock := newYear(t, 7)
		y.tell(500, []report.SignKind{kind})
		y.save(s)
		if city, _ := found(t, s, y, clock.Now().UTC()); !slices.Equal(city, []report.SignKind{kind}) {
			t.Errorf("%s planted, %v named", kind, city)
		}
	}
}
