package storage

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// A routingHead names the newest version of rules or of districts.
type routingHead struct {
	Kind    string
	Version int64
}

func intoHeads(heads *[]routingHead) func(rows) error {
	return func(r rows) error {
		*heads = nil
		for r.Next() {
			var h routingHead
			if err := r.Scan(&h.Kind, &h.Version); err != nil {
				return err
			}
			*heads = append(*heads, h)
		}
		return r.Err()
	}
}

var (
	newestRoutings = sqlQuery("select kind, max(version) from routings group by kind")
	routingBody    = sqlQuery("select body from routings where kind = ? and version = ?")
	laterAbsences  = selectFrom[absenceRow]("where until_at > ? order by id")
)

// routes makes rules and districts ready, those of before when they are still
// the newest: outlines are large and seldom change.
func (db *DB) routes(ctx context.Context, heads []routingHead, before *ticketing.Routes) (*ticketing.Routes, error) {
	if len(heads) == 0 {
		return nil, nil //nolint:nilnil // no routing
	}
	version := map[string]int64{}
	for _, h := range heads {
		version[h.Kind] = h.Version
	}
	rules, districts := version[string(ticketing.RoutingOfRules)], version[string(ticketing.RoutingOfDistricts)]
	if before != nil && before.Rules.Version == rules && before.Districts.Version == districts {
		return before, nil
	}
	bodies := map[string]string{}
	for _, h := range heads {
		var found bool
		var body string
		if err := db.query(ctx, statement{query: routingBody, args: []any{h.Kind, h.Version}, read: one(&found, &body)}); err != nil {
			return nil, err
		}
		bodies[h.Kind] = body
	}
	return ticketing.ParseRoutes(bodies[string(ticketing.RoutingOfRules)], bodies[string(ticketing.RoutingOfDistricts)])
}

var newestRouting = sqlQuery("select coalesce(max(version), 0) from routings where kind = ?")

// SaveRouting enters a new version; see ticketing.Tx.
func (t *tx) SaveRouting(_ context.Context, v *ticketing.RoutingVersion) error {
	var found bool
	var stamp, newest int64
	err := t.readAll(
		statement{query: lockStamp, read: one(&found, &stamp)}, // two admins save at once
		statement{query: newestRouting, args: []any{string(v.Kind)}, read: one(&found, &newest)},
	)
	if err != nil {
		return err
	}
	if v.Version != newest+1 {
		return stale("routing")
	}
	insertRow(t, &routingRow{Kind: string(v.Kind), Version: v.Version, At: never1970(v.At), Actor: clean(v.By), Body: clean(v.Body)})
	return t.touchDirectory()
}

var (
	makeTurn    = sqlQuery("insert into turns (department_id, agent_id) values (?, 0) on conflict (department_id) do nothing")
	turnOf      = sqlQuery("select agent_id from turns where department_id = ? {lock}")
	setTurn     = sqlQuery("update turns set agent_id = ? where department_id = ?")
	workloadOf  = sqlQuery("select assignee_id, count(*) from tickets where state < 3 and assignee_id" + isOneOf + " group by assignee_id")
	assignedTo  = sqlQuery("select id from tickets where state < 3 and assignee_id = ? order by due_at, id limit ?")
	absencesDue = selectFrom[absenceRow]("where until_at > ? and from_at <= ? and hand_over and begun_at is null order by from_at, id limit ?")
)

// Turn locks whose turn it last was; see ticketing.Tx.
func (t *tx) Turn(_ context.Context, d ticketing.DepartmentID) (ticketing.AgentID, error) {
	var found bool
	var agent int64
	t.queue(makeTurn, int64(d))
	err := t.readAll(statement{query: turnOf, args: []any{int64(d)}, read: one(&found, &agent)})
	return ticketing.AgentID(agent), err
}

// SetTurn writes whose turn it was; see ticketing.Tx.
func (t *tx) SetTurn(_ context.Context, d ticketing.DepartmentID, a ticketing.AgentID) error {
	t.queue(setTurn, int64(a), int64(d))
	return nil
}

// Workload counts the tickets in work of each; see ticketing.Tx.
func (t *tx) Workload(_ context.Context, agents []ticketing.AgentID) (map[ticketing.AgentID]int, error) {
	out := map[ticketing.AgentID]int{}
	err := t.readAll(statement{query: workloadOf, args: []any{ints(t.db.engine, agents)}, read: func(r rows) error {
		clear(out)
		for r.Next() {
			var id int64
			var n int
			if err := r.Scan(&id, &n); err != nil {
				return err
			}
			out[ticketing.AgentID(id)] = n
		}
		return r.Err()
	}})
	return out, err
}

// Absence loads and locks an absence; see ticketing.Tx.
func (t *tx) Absence(_ context.Context, id ticketing.AbsenceID) (*ticketing.Absence, error) {
	var row absenceRow
	err := t.withORM(func(g *gorm.DB) error { return g.Clauses(locking).Where("id = ?", int64(id)).Take(&row).Error })
	if err != nil {
		return nil, err
	}
	a := row.absence()
	return &a, nil
}

// SaveAbsence writes an absence; see ticketing.Tx.
func (t *tx) SaveAbsence(_ context.Context, a *ticketing.Absence) error {
	row := absenceRow{
		ID: int64(a.ID), AgentID: int64(a.Agent), FromAt: never1970(a.From), UntilAt: never1970(a.Until), SubstituteID: int64(a.Substitute),
		HandOver: a.HandOver, BegunAt: instant(a.BegunAt), Version: a.Version,
	}
	return saveRecord(t, &row, record{&row.ID, &row.Version, "absence", "absence"}, func() {
		a.ID, a.Version = ticketing.AbsenceID(row.ID), row.Version
	})
}

// AbsencesToBegin gives absences to hand over for; see ticketing.AbsenceDuties.
func (db *DB) AbsencesToBegin(ctx context.Context, now time.Time, n int) ([]ticketing.Absence, error) {
	var found []absenceRow
	if err := db.query(ctx, statement{query: absencesDue, args: []any{instant(now), instant(now), n}, read: into(&found)}); err != nil {
		return nil, err
	}
	var out []ticketing.Absence
	for i := range found {
		out = append(out, found[i].absence())
	}
	return out, nil
}

// AssignedTo gives the tickets in work of an agent; see ticketing.AbsenceDuties.
func (db *DB) AssignedTo(ctx context.Context, a ticketing.AgentID, n int) ([]ticketing.TicketID, error) {
	return db.ticketIDs(ctx, assignedTo, int64(a), n)
}

var (
	routingVersions = sqlQuery("select kind, version, at, actor from routings where kind = ? and version < ? order by version desc limit ?")
	routingVersion  = selectFrom[routingRow]("where kind = ? and version = ?")
	pastTickets     = sqlQuery(`select t.id, t.ref, t.subject, t.department_id, t.category_id, t.channel, t.account, t.language, t.address, t.lat, t.lon,
		coalesce(m.author_address, ''), coalesce(m.auth, ''), coalesce(m.notes, ''), coalesce(m.actor, ''), m.body, coalesce(m.fold_at, 0)
		from tickets t left join messages m on m.id = (select min(f.id) from messages f where f.ticket_id = t.id and f.direction = 'in')
		where t.spam = 0 and t.id < ? order by t.id desc limit ?`)
)

// RoutingVersions lists versions; see ticketing.RoutingReads.
func (db *DB) RoutingVersions(ctx context.Context, kind ticketing.RoutingKind, before int64, limit int) ([]ticketing.RoutingVersion, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	var out []ticketing.RoutingVersion
	err := db.query(ctx, statement{query: routingVersions, args: []any{string(kind), before, limit}, read: func(r rows) error {
		out = nil
		for r.Next() {
			var row routingRow
			if err := r.Scan(&row.Kind, &row.Version, &row.At, &row.Actor); err != nil {
				return err
			}
			out = append(out, row.version())
		}
		return r.Err()
	}})
	return out, err
}

// RoutingVersion gives one version; see ticketing.RoutingReads.
func (db *DB) RoutingVersion(ctx context.Context, kind ticketing.RoutingKind, version int64) (ticketing.RoutingVersion, error) {
	var found []routingRow
	if err := db.query(ctx, statement{query: routingVersion, args: []any{string(kind), version}, read: into(&found)}); err != nil {
		return ticketing.RoutingVersion{}, err
	}
	if len(found) == 0 {
		return ticketing.RoutingVersion{}, notFound("version of the routing")
	}
	return found[0].version(), nil
}

// PastTickets gives tickets to try rules on; see ticketing.RoutingReads.
func (db *DB) PastTickets(ctx context.Context, before ticketing.TicketID, limit int) ([]ticketing.PastTicket, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	var out []ticketing.PastTicket
	err := db.query(ctx, statement{query: pastTickets, args: []any{int64(before), limit}, read: func(r rows) error {
		out = nil
		for r.Next() {
			p, err := pastTicket(r)
			if err != nil {
				return err
			}
			out = append(out, p)
		}
		return r.Err()
	}})
	return out, err
}

func pastTicket(r rows) (ticketing.PastTicket, error) {
	var t ticketRow
	var m messageRow
	err := r.Scan(&t.ID, &t.Ref, &t.Subject, &t.DepartmentID, &t.CategoryID, &t.Channel, &t.Account, &t.Language, &t.Address, &t.Lat, &t.Lon,
		&m.AuthorAddress, &m.Auth, &m.Notes, &m.Actor, &m.Body, &m.FoldAt)
	if err != nil {
		return ticketing.PastTicket{}, fmt.Errorf("past ticket: %w", err)
	}
	text := string(m.Body)
	p := ticketing.PastTicket{
		ID: ticketing.TicketID(t.ID), Ref: ticketing.Reference(t.Ref), Department: ticketing.DepartmentID(t.DepartmentID),
		ByHand: m.Actor != ticketing.SystemActor("intake").ID(),
		Case: ticketing.RoutingCase{
			Channel: ticketing.Channel(t.Channel), Account: t.Account, Sender: m.AuthorAddress, Language: lang.Tag(t.Language), Subject: t.Subject,
			Text: text[:min(max(int(m.FoldAt), 0), len(text))], Location: ticketing.Location{Address: t.Address, Lat: t.Lat, Lon: t.Lon},
			Category: ticketing.CategoryID(t.CategoryID),
		},
	}
	if m.Auth == string(ticketing.AuthFail) || slices.Contains(m.Notes, "two_from") {
		p.Case.Sender = ""
	}
	return p, nil
}
