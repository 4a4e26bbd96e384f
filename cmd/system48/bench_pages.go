package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// How often things are asked at one client, and how many acts sixteen do.
const (
	benchTimes   = 200
	benchActs    = 2000
	benchClients = 16
)

// measureTickets measures pages and acts of a running program.
func (b *bench) measureTickets(ctx context.Context, s *system, p *benchServe, engine string, n int) error {
	size := sizeName(n)
	b.add(benchRow{measure: "start to ready", engine: engine, size: size, value: fmt.Sprintf("%.2f s", p.ready.Seconds()), goal: "≤ 0.3 s"})
	time.Sleep(2*idleLook + 5*time.Second) // idle: what the sign-in took is given back
	b.add(benchRow{measure: "memory idle", engine: engine, size: size, value: megabytes(p.memory()), goal: "≤ 60 MB"})
	if err := b.queues(ctx, s, p, engine, n); err != nil {
		return err
	}
	refs, err := workRefs(ctx, s, 4000)
	if err != nil {
		return err
	}
	for _, m := range []struct {
		name, path string
	}{{"search, rare word", "/agent/search?q=" + benchRare}, {"search, frequent word", "/agent/search?q=" + benchFrequent}, {"departments with counts", "/agent/nav"}} {
		if err := b.page(ctx, p, m.name, engine, size, "", func(int) string { return m.path }); err != nil {
			return err
		}
	}
	if err := b.page(ctx, p, "ticket page", engine, size, "≤ 5 / 20 ms", func(i int) string { return "/agent/t/" + string(refs[i*7%len(refs)]) }); err != nil {
		return err
	}
	if err := b.acts(ctx, p, engine, size, refs); err != nil {
		return err
	}
	b.add(benchRow{measure: "memory under load", engine: engine, size: size, value: megabytes(p.memory()), goal: "≤ 120 MB"})
	return nil
}

func megabytes(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }

// page measures one page at one client.
func (b *bench) page(ctx context.Context, p *benchServe, name, engine, size, goal string, path func(i int) string) error {
	for i := range 5 {
		if _, _, err := p.get(ctx, path(i)); err != nil {
			return err
		}
	}
	all, total, err := load(1, benchTimes, func(_, i int) (time.Duration, error) {
		_, took, err := p.get(ctx, path(i))
		return took, err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	b.add(benchRow{measure: name, engine: engine, size: size, p50: all.at(.5), p99: all.at(.99), rate: float64(len(all)) / total.Seconds(), limit: b.limit[engine+" page"], goal: goal})
	return nil
}

// queues measures lists: of work at the first page, of what is finished at the
// first and at the thousandth, by every order both ways.
func (b *bench) queues(ctx context.Context, s *system, p *benchServe, engine string, n int) error {
	finished := []ticketing.State{ticketing.StateResolved, ticketing.StateClosed}
	for _, order := range []ticketing.Sort{ticketing.SortDue, ticketing.SortReceived, ticketing.SortActivity, ticketing.SortPriority} {
		for _, desc := range []bool{false, true} {
			sign, name := "", "queue by "+string(order)
			if desc {
				sign, name = "-", name+", backwards"
			}
			const goal = "≤ 5 / 20 ms"
			if err := b.page(ctx, p, name, engine, sizeName(n), goal, func(int) string { return "/agent/v/all?sort=" + sign + string(order) }); err != nil {
				return err
			}
			cursor, at, err := pageAfter(ctx, s.db, ticketing.TicketFilter{States: finished, Sort: order, Desc: desc}, 1000)
			if err != nil {
				return err
			}
			name = strings.Replace(name, "queue", fmt.Sprintf("finished, page %d,", at), 1)
			path := "/agent/v/closed?sort=" + sign + string(order) + "&after=" + url.QueryEscape(cursor)
			if err := b.page(ctx, p, name, engine, sizeName(n), goal, func(int) string { return path }); err != nil {
				return err
			}
		}
	}
	return b.page(ctx, p, "queue of a department by due", engine, sizeName(n), "≤ 5 / 20 ms", func(int) string { return "/agent/v/all?department=cleaning" })
}

// workRefs gives references of tickets in work.
func workRefs(ctx context.Context, s *system, n int) ([]ticketing.Reference, error) {
	f := ticketing.TicketFilter{Scope: ticketing.Scope{All: true}, Limit: 200, Sort: ticketing.SortReceived, Desc: true}
	var out []ticketing.Reference
	for len(out) < n {
		page, err := s.db.Tickets(ctx, f, 0)
		if err != nil {
			return nil, err
		}
		for i := range page.Items {
			out = append(out, page.Items[i].Ref)
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			break
		}
	}
	return out, nil
}

// acts measures replies and changes of state, at one client and at sixteen. Each
// client has a session and tickets of its own, as agents have.
func (b *bench) acts(ctx context.Context, p *benchServe, engine, size string, refs []ticketing.Reference) error {
	browsers := make([]*benchBrowser, benchClients)
	for i := range browsers {
		var err error
		if browsers[i], err = p.another(ctx); err != nil {
			return err
		}
	}
	share := len(refs) / benchClients
	of := func(client, i int) ticketing.Reference { return refs[client*share+i%share] }
	salt := time.Now().UnixNano()
	reply := func(client, i int) (time.Duration, error) {
		return browsers[client].post(ctx, "/agent/t/"+string(of(client, i))+"/message", url.Values{
			"answer": {"answer"}, "once": {fmt.Sprintf("%x-%d-%d", salt, client, i)},
			"text_reply": {"Poštovani, kvar je prijavljen ekipi i biće otklonjen sjutra. Hvala na strpljenju."},
		})
	}
	waiting := make([]map[ticketing.Reference]bool, benchClients)
	for i := range waiting {
		waiting[i] = map[ticketing.Reference]bool{}
	}
	change := func(client, i int) (time.Duration, error) {
		ref := of(client, i/2)
		act, form := "wait", url.Values{"reason": {"body"}}
		if waiting[client][ref] {
			act, form = "resume", url.Values{}
		}
		waiting[client][ref] = !waiting[client][ref]
		return browsers[client].post(ctx, "/agent/t/"+string(ref)+"/"+act, form)
	}
	for _, m := range []struct {
		name  string
		act   func(client, i int) (time.Duration, error)
		clean string
	}{{"reply", reply, ""}, {"state change", change, "≤ 5 / 20 ms"}} {
		for _, clients := range []int{1, benchClients} {
			count, goal := benchTimes, m.clean
			if clients > 1 {
				count, goal = benchActs, "aim 500/s, floor 200/s"
				if engine == "postgres" {
					goal = "aim 1000/s, floor 400/s"
				}
			}
			all, total, err := load(clients, count, m.act)
			if err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
			b.add(benchRow{
				measure: fmt.Sprintf("%s, %d clients", m.name, clients), engine: engine, size: size, p50: all.at(.5), p99: all.at(.99),
				rate: float64(len(all)) / total.Seconds(), limit: b.limit[fmt.Sprintf("%s tx %d", engine, clients)], goal: goal,
			})
		}
	}
	return nil
}
