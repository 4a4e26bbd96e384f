package api

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/number"
)

// A ticketJSON is a ticket as programs read it (DESIGN §6).
type ticketJSON struct {
	ID          int64               `json:"id"`
	Ref         string              `json:"ref" doc:"S48-26-004812-6: what people write and say"`
	Subject     string              `json:"subject"`
	State       string              `json:"state" enum:"received,open,waiting,resolved,closed"`
	Waiting     *string             `json:"waiting_for" doc:"citizen, body, weather, material; null unless waiting"`
	ClosureCode *string             `json:"closure_code"`
	ClosureNote string              `json:"closure_note"`
	Priority    string              `json:"priority" enum:"low,normal,high,urgent"`
	Channel     string              `json:"channel"`
	Category    namedJSON           `json:"category"`
	Department  namedJSON           `json:"department" doc:"who has custody"`
	Assignee    *string             `json:"assignee" doc:"e-mail of the agent; null: nobody"`
	Citizen     orNull[citizenJSON] `json:"citizen"`
	Location    locationJSON        `json:"location"`
	District    *string             `json:"district" doc:"code; null when unknown"`
	Language    *string             `json:"language"`
	Episode     int                 `json:"episode" doc:"raised by every reopening"`
	ReceivedAt  time.Time           `json:"received_at" doc:"the promise counts from here"`
	ValidatedAt *time.Time          `json:"validated_at"`
	AnsweredAt  *time.Time          `json:"answered_at" doc:"an answer by a person reached the citizen"`
	ResolvedAt  *time.Time          `json:"resolved_at"`
	ClosedAt    *time.Time          `json:"closed_at"`
	CreatedAt   time.Time           `json:"created_at"`
	UpdatedAt   time.Time           `json:"updated_at"`
	DueAt       *time.Time          `json:"due_at" doc:"nearest due instant of the open clocks"`
	Clocks      []clockJSON         `json:"clocks" nullable:"false"`
	Tags        []string            `json:"tags" nullable:"false"`
	Version     int64               `json:"version" doc:"the ETag, without quotes"`
	Sentence    map[string]string   `json:"sentence,omitempty" doc:"with explain: the answer clock's deadline in one sentence, by language"`
}

// A namedJSON is a category or department within something else.
type namedJSON struct {
	Code string `json:"code"`
	Name string `json:"name" doc:"in the language of Accept-Language, English without"`
}

type citizenJSON struct {
	ID     int64    `json:"id"`
	Name   string   `json:"name"`
	Emails []string `json:"emails" nullable:"false"`
	Phones []string `json:"phones" nullable:"false" doc:"E.164; masked in lists, and without the scope citizens:reveal"`
}

type locationJSON struct {
	Address string   `json:"address"`
	Lat     *float64 `json:"lat" doc:"WGS 84; null when unknown"`
	Lon     *float64 `json:"lon"`
}

// A clockJSON is a promise and how it stands.
type clockJSON struct {
	Kind          string           `json:"kind" enum:"validation,answer,next_answer,resolve,leg,callback,statutory"`
	State         string           `json:"state" enum:"pending,running,paused,answering,met,missed,ended"`
	Episode       int              `json:"episode"`
	StartedAt     *time.Time       `json:"started_at"`
	TargetSeconds int64            `json:"target_seconds" doc:"of calendar time"`
	DueAt         *time.Time       `json:"due_at" doc:"null while pending, and while a pause without end lasts"`
	MetAt         *time.Time       `json:"met_at"`
	BreachedAt    *time.Time       `json:"breached_at"`
	EndedAt       *time.Time       `json:"ended_at"`
	EndCode       *string          `json:"end_code"`
	Profile       string           `json:"profile"`
	Explanation   *explanationJSON `json:"explanation,omitempty" doc:"with explain, of a clock that has started"`
}

// An explanationJSON is the trace that "system48 sla explain --json" prints.
type explanationJSON struct {
	Profile   string            `json:"profile"`
	Version   int               `json:"profile_version"`
	Calendar  string            `json:"calendar"`
	CalVer    int               `json:"calendar_version"`
	Policy    *string           `json:"policy" doc:"that chose the promise; null: the category did"`
	PolicyVer *int              `json:"policy_version"`
	Start     time.Time         `json:"start"`
	CountFrom time.Time         `json:"count_from"`
	Target    int64             `json:"target_seconds"`
	DueAt     *time.Time        `json:"due_at"`
	Intervals []intervalJSON    `json:"intervals" nullable:"false"`
	Sentence  map[string]string `json:"sentence"`
}

type intervalJSON struct {
	From    time.Time  `json:"from"`
	To      *time.Time `json:"to" doc:"null: a pause without end"`
	Seconds int64      `json:"seconds"`
	Counted bool       `json:"counted"`
	Why     string     `json:"why"`
}

// orNull is a value that may be null, which huma knows of scalars only.
type orNull[T any] struct{ value *T }

// MarshalJSON implements [json.Marshaler].
func (n orNull[T]) MarshalJSON() ([]byte, error) { return json.Marshal(n.value) }

// Schema implements [huma.SchemaProvider].
func (orNull[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{r.Schema(reflect.TypeFor[T](), true, ""), {Type: "null"}}}
}

// instant gives a time as it is sent; nil for the zero time.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func orNil[S ~string](s S) *string {
	if s == "" {
		return nil
	}
	text := string(s)
	return &text
}

// A scribe writes tickets down for one caller.
type scribe struct {
	*API
	dir   *ticketing.Directory
	tag   lang.Tag
	whole bool // telephone numbers whole
}

func (s *scribe) category(id ticketing.CategoryID) namedJSON {
	k, _ := s.dir.Category(id)
	return namedJSON{k.Code, ticketing.NameIn(k.Names, s.tag)}
}

func (s *scribe) department(id ticketing.DepartmentID) namedJSON {
	d, _ := s.dir.Department(id)
	return namedJSON{d.Code, ticketing.NameIn(d.Names, s.tag)}
}

func (s *scribe) assignee(id ticketing.AgentID) *string {
	g, _ := s.dir.Agent(id)
	return orNil(g.Email)
}

func (s *scribe) citizen(c *ticketing.Citizen) orNull[citizenJSON] {
	if c == nil {
		return orNull[citizenJSON]{}
	}
	out := citizenJSON{ID: int64(c.ID), Name: c.Name, Emails: []string{}, Phones: []string{}}
	out.Emails = append(out.Emails, c.Addresses(ticketing.ContactEmail)...)
	for _, p := range c.Addresses(ticketing.ContactPhone) {
		if !s.whole {
			p = number.Mask(p, s.Region)
		}
		out.Phones = append(out.Phones, p)
	}
	return orNull[citizenJSON]{&out}
}

func location(l ticketing.Location) locationJSON {
	out := locationJSON{Address: l.Address}
	if l.Lat != 0 || l.Lon != 0 {
		out.Lat, out.Lon = &l.Lat, &l.Lon
	}
	return out
}

// ticket writes a ticket down; explain adds the traces of its clocks.
func (s *scribe) ticket(v *ticketing.TicketView, explain bool) ticketJSON {
	t := &v.Ticket
	out := ticketJSON{
		ID: int64(t.ID), Ref: string(t.Ref), Subject: t.Subject, State: t.State.String(), Waiting: orNil(t.Waiting),
		ClosureCode: orNil(t.Code), ClosureNote: t.ClosingNote, Priority: t.Priority.String(), Channel: string(t.Channel),
		Category: s.category(t.Category), Department: s.department(t.Department), Assignee: s.assignee(t.Assignee),
		Citizen: s.citizen(v.Citizen), Location: location(t.Location), District: orNil(s.district(t.District)), Language: orNil(t.Language), Episode: t.Episode,
		ReceivedAt: t.ReceivedAt.UTC(), ValidatedAt: instant(t.ValidatedAt), AnsweredAt: instant(t.AnsweredAt),
		ResolvedAt: instant(t.ResolvedAt), ClosedAt: instant(t.ClosedAt), CreatedAt: t.CreatedAt.UTC(), UpdatedAt: t.UpdatedAt.UTC(),
		DueAt: instant(t.DueAt), Clocks: s.clocks(t, explain), Tags: append([]string{}, t.Tags...), Version: t.Version,
	}
	for i := range out.Clocks {
		if c := &out.Clocks[i]; explain && c.Kind == string(ticketing.ClockAnswer) && c.Episode == t.Episode && c.Explanation != nil {
			out.Sentence = c.Explanation.Sentence
		}
	}
	return out
}

func (s *scribe) clocks(t *ticketing.Ticket, explain bool) []clockJSON {
	out := make([]clockJSON, 0, len(t.Clocks))
	for _, c := range t.Clocks {
		j := clockJSON{
			Kind: string(c.Kind), State: string(c.State), Episode: c.Episode, StartedAt: instant(c.StartedAt),
			TargetSeconds: int64(c.Target / time.Second), DueAt: instant(c.Due), MetAt: instant(c.MetAt),
			BreachedAt: instant(c.BreachedAt), EndedAt: instant(c.EndedAt), EndCode: orNil(c.EndCode), Profile: c.Profile,
		}
		if explain {
			if x, err := s.dir.Rules.Explain(c, t.Pauses, s.now()); err == nil { // a pending clock has nothing to explain
				j.Explanation = s.explanation(x)
			}
		}
		out = append(out, j)
	}
	return out
}

func (s *scribe) explanation(x ticketing.Explanation) *explanationJSON {
	j := s.trace(x)
	for _, tag := range lang.Tags() {
		j.Sentence[string(tag)] = s.Sentence(tag, x)
	}
	return j
}

// trace is explanation without sentences: of what an outside body is to do.
func (s *scribe) trace(x ticketing.Explanation) *explanationJSON {
	j := &explanationJSON{
		Profile: x.Profile, Version: x.ProfileVersion, Calendar: x.Calendar, CalVer: x.CalendarVersion, Policy: orNil(x.Policy), Start: x.StartedAt.UTC(), CountFrom: x.CountFrom.UTC(),
		Target: int64(x.Target / time.Second), DueAt: instant(x.Due), Intervals: []intervalJSON{}, Sentence: map[string]string{},
	}
	if x.Policy != "" {
		j.PolicyVer = &x.PolicyVersion
	}
	for _, i := range x.Intervals {
		j.Intervals = append(j.Intervals, intervalJSON{i.From.UTC(), instant(i.To), i.Seconds(), i.Counted, i.Reason()})
	}
	return j
}
