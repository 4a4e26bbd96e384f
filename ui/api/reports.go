package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

func (a *API) registerReports() {
	get := func(id, path, summary, text string) route {
		return route{id: id, method: http.MethodGet, path: path, summary: summary, text: text, right: ticketing.RightReports}
	}
	const scope = "Heads see their own departments; a department of others is unknown to them."
	register(a, get("report-sla", "/reports/sla", "On-time rates of a period, by department or another group",
		"Formula D is the headline: of the promises whose due day lies in the period, the share kept by their due instant. "+scope), a.reportSLA)
	register(a, get("report-department", "/reports/department", "All figures of a department, of several or of the city",
		scope), a.reportDepartment)
	register(a, get("report-cases", "/reports/cases", "Exactly the tickets behind a figure",
		"Take the parameters from the address that stands with the figure. "+scope), a.reportCases)
}

// ReportInput is what every report can be narrowed by.
type ReportInput struct {
	From       string   `query:"from" required:"true" format:"date" doc:"first local day"`
	To         string   `query:"to" required:"true" format:"date" doc:"last local day"`
	Department []string `query:"department" doc:"codes, separated by commas; all in reach when absent"`
	Category   []string `query:"category" doc:"codes"`
	Channel    []string `query:"channel" enum:"email,sms,phone,portal,counter,letter,api"`
	District   []string `query:"district" doc:"codes; none for those without a known district"`
	Reported   string   `query:"reported" format:"date" doc:"as it was known at the end of that day"`
}

type slaInput struct {
	ReportInput
	Group string `query:"group" default:"department" enum:"department,category,channel,district,language,week,none"`
}

type figureJSON struct {
	Measure     string    `json:"measure"`
	Unit        string    `json:"unit" enum:"share,count,seconds,ratio"`
	Value       *float64  `json:"value" doc:"share from 0 to 1, seconds of calendar time, or a number; null when there is no case"`
	Numerator   int64     `json:"numerator"`
	Denominator int64     `json:"denominator" doc:"0 of measures that have none; of seconds, how many were measured"`
	Formula     string    `json:"formula" doc:"identifies how it is computed"`
	Approximate bool      `json:"approximate" doc:"read from a histogram: at most 2.5 % off"`
	Previous    *float64  `json:"previous" doc:"value in the period compared with"`
	AsOf        time.Time `json:"as_of"`
	Tickets     *string   `json:"tickets" doc:"address of the tickets of the numerator"`
	Of          *string   `json:"of" doc:"address of those of the denominator"`
}

type groupJSON struct {
	Key     string       `json:"key" doc:"code of the group, the Monday of a week, or empty where nothing is known"`
	Figures []figureJSON `json:"figures" nullable:"false"`
}

type slaJSON struct {
	From   string       `json:"from"`
	To     string       `json:"to"`
	Group  string       `json:"group"`
	AsOf   time.Time    `json:"as_of"`
	Total  []figureJSON `json:"total" nullable:"false" doc:"formulas A, B, C and D of answers, then of the work"`
	Beside []figureJSON `json:"beside" nullable:"false" doc:"what stands beside the headline"`
	Groups []groupJSON  `json:"groups" nullable:"false"`
}

// reportOf makes the report that an input asks for.
func (a *API) reportOf(ctx context.Context, c *caller, in *ReportInput) (*report.Report, *scribe, error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, nil, err
	}
	req := report.Request{Now: a.Kit.Now(), Zone: s.dir.Rules.Zone()}
	for _, d := range []struct {
		field, text string
		day         *report.Day
	}{{"from", in.From, &req.Period.From}, {"to", in.To, &req.Period.To}, {"reported", in.Reported, &req.Reported}} {
		if d.text == "" {
			continue
		}
		if *d.day, err = report.ParseDay(d.text); err != nil {
			return nil, nil, &ticketing.Error{Kind: ticketing.Invalid, Field: d.field, Key: "report.day"}
		}
	}
	for _, code := range in.Department {
		d, ok := s.dir.DepartmentByCode(code)
		if !ok {
			return nil, nil, &ticketing.Error{Kind: ticketing.NotFound, Key: "department.unknown"}
		}
		req.Filter.Departments = append(req.Filter.Departments, d.ID)
	}
	for _, code := range in.Category {
		k, ok := s.dir.CategoryByCode(code)
		if !ok {
			return nil, nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "category", Key: "category.unknown"}
		}
		req.Filter.Categories = append(req.Filter.Categories, k.ID)
	}
	for _, ch := range in.Channel {
		req.Filter.Channels = append(req.Filter.Channels, ticketing.Channel(ch))
	}
	for _, code := range in.District {
		if _, ok := s.dir.DistrictByCode(code); !ok && code != "none" {
			return nil, nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "district", Key: "rule.district"}
		}
		if code == "none" {
			code = ""
		}
		req.Filter.Districts = append(req.Filter.Districts, code)
	}
	r, err := report.Department(ctx, a.Reads, c.actor, req)
	return r, s, err
}

func (a *API) reportSLA(ctx context.Context, c *caller, in *slaInput) (*slaOutput, error) {
	r, s, err := a.reportOf(ctx, c, &in.ReportInput)
	if err != nil {
		return nil, err
	}
	out := slaJSON{
		From: r.Request.Period.From.String(), To: r.Request.Period.To.String(), Group: in.Group, AsOf: r.AsOf,
		Total: append(figures(r.Answer), figures(r.Resolve)...), Beside: figures(r.Beside), Groups: s.groups(r, report.Dimension(in.Group)),
	}
	return &slaOutput{out}, nil
}

type slaOutput struct{ Body slaJSON }

// groups gives a report's rows by a dimension; none for "none".
func (s *scribe) groups(r *report.Report, by report.Dimension) []groupJSON {
	out := []groupJSON{}
	if by == report.ByWeek {
		for i, p := range r.Weeks[0].Points {
			g := groupJSON{Key: p.Period.From.String()}
			for _, series := range r.Weeks {
				g.Figures = append(g.Figures, figureOf(series.Points[i].Figure))
			}
			out = append(out, g)
		}
		return out
	}
	for _, t := range []report.Table{r.ByDepartment, r.ByCategory, r.ByChannel, r.ByDistrict, r.ByLanguage} {
		if t.By != by {
			continue
		}
		for _, row := range t.Rows {
			out = append(out, groupJSON{s.keyOf(by, row.Key), figures(row.Figures)})
		}
	}
	return out
}

// keyOf gives the code that stands for a row's key outside.
func (s *scribe) keyOf(by report.Dimension, key string) string {
	n, err := strconv.ParseInt(key, 10, 64)
	switch {
	case err != nil:
	case by == report.ByDepartment:
		if d, ok := s.dir.Department(ticketing.DepartmentID(n)); ok {
			return d.Code
		}
	case by == report.ByCategory:
		if k, ok := s.dir.Category(ticketing.CategoryID(n)); ok {
			return k.Code
		}
	}
	return key
}

func figures(list []report.Figure) []figureJSON {
	out := make([]figureJSON, 0, len(list))
	for _, f := range list {
		out = append(out, figureOf(f))
	}
	return out
}

func figureOf(f report.Figure) figureJSON {
	d := f.Measure.Definition()
	j := figureJSON{
		Measure: string(f.Measure), Unit: string(d.Unit), Numerator: f.Numerator, Denominator: f.Denominator, Formula: d.Formula,
		Approximate: f.Approx, AsOf: f.AsOf.UTC(), Tickets: casesAt(f.Behind), Of: casesAt(f.Of),
	}
	if f.Known() {
		v := f.Value()
		j.Value = &v
	}
	if f.Before != nil && f.Before.Known() {
		v := f.Before.Value()
		j.Previous = &v
	}
	return j
}

// casesAt is the address of a drill-down.
func casesAt(d report.Drill) *string {
	if d.Set == "" {
		return nil
	}
	at := Prefix + "/reports/cases?" + d.Values().Encode()
	return &at
}

type departmentReportJSON struct {
	From        string       `json:"from"`
	To          string       `json:"to"`
	BeforeFrom  string       `json:"before_from" doc:"first day of the period compared with"`
	BeforeTo    string       `json:"before_to"`
	AsOf        time.Time    `json:"as_of"`
	Figures     []figureJSON `json:"figures" nullable:"false"`
	Answer      []figureJSON `json:"answer" nullable:"false" doc:"formulas A, B, C and D"`
	Resolve     []figureJSON `json:"resolve" nullable:"false"`
	Beside      []figureJSON `json:"beside" nullable:"false"`
	EndedByCode []groupJSON  `json:"ended_by_code" nullable:"false"`
	Categories  []groupJSON  `json:"categories" nullable:"false"`
	Channels    []groupJSON  `json:"channels" nullable:"false"`
	Languages   []groupJSON  `json:"languages" nullable:"false"`
	Departments []groupJSON  `json:"departments" nullable:"false"`
	Weeks       []groupJSON  `json:"weeks" nullable:"false"`
	Heat        []heatJSON   `json:"heat" nullable:"false" doc:"receipts by weekday and local hour, where there are any"`
	Aging       []ageJSON    `json:"aging" nullable:"false"`
	Legs        legsJSON     `json:"legs" doc:"wall seconds of the tickets closed in the period"`
	Signs       []signJSON   `json:"signs" nullable:"false"`
}

type heatJSON struct {
	Weekday  int64   `json:"weekday" doc:"0 is Monday"`
	Hour     int64   `json:"hour"`
	Received int64   `json:"received"`
	Tickets  *string `json:"tickets"`
}

type ageJSON struct {
	FromDays int64   `json:"from_days"`
	ToDays   *int64  `json:"to_days"`
	Open     int64   `json:"open"`
	Tickets  *string `json:"tickets"`
}

type legsJSON struct {
	Us      int64   `json:"us"`
	Citizen int64   `json:"citizen"`
	Others  int64   `json:"others"`
	Tickets *string `json:"tickets"`
}

type signJSON struct {
	Kind    string     `json:"kind"`
	Found   bool       `json:"found"`
	Count   int64      `json:"count"`
	Base    int64      `json:"base" doc:"cases are looked for among so many"`
	Usual   float64    `json:"usual" doc:"cases to be expected"`
	At      *time.Time `json:"at" doc:"beginning of a burst"`
	Tickets *string    `json:"tickets"`
}

type departmentReportOutput struct{ Body departmentReportJSON }

func (a *API) reportDepartment(ctx context.Context, c *caller, in *ReportInput) (*departmentReportOutput, error) {
	r, s, err := a.reportOf(ctx, c, in)
	if err != nil {
		return nil, err
	}
	q := r.Request
	out := departmentReportJSON{
		From: q.Period.From.String(), To: q.Period.To.String(), BeforeFrom: q.Compare.From.String(), BeforeTo: q.Compare.To.String(), AsOf: r.AsOf,
		Figures: figures(r.Figures), Answer: figures(r.Answer), Resolve: figures(r.Resolve), Beside: figures(r.Beside),
		EndedByCode: []groupJSON{}, Categories: s.groups(r, report.ByCategory), Channels: s.groups(r, report.ByChannel),
		Languages: s.groups(r, report.ByLanguage), Departments: s.groups(r, report.ByDepartment),
		Weeks: s.groups(r, report.ByWeek), Heat: []heatJSON{}, Aging: []ageJSON{}, Signs: []signJSON{},
		Legs: legsJSON{r.Legs.Us, r.Legs.Citizen, r.Legs.Others, casesAt(r.Legs.Of)},
	}
	for day, hours := range r.Heat.Cells {
		for hour, n := range hours {
			if n > 0 {
				out.Heat = append(out.Heat, heatJSON{int64(day), int64(hour), n, casesAt(r.Heat.Cell(day, hour))})
			}
		}
	}
	for _, row := range r.EndedByCode.Rows {
		out.EndedByCode = append(out.EndedByCode, groupJSON{row.Key, figures(row.Figures)})
	}
	for _, b := range r.Aging {
		j := ageJSON{FromDays: int64(b.From), Open: b.Figure.Numerator, Tickets: casesAt(b.Figure.Behind)}
		if b.To > 0 {
			to := int64(b.To)
			j.ToDays = &to
		}
		out.Aging = append(out.Aging, j)
	}
	for _, x := range r.Signs {
		j := signJSON{Kind: string(x.Kind), Found: x.Found, Count: x.Count, Base: x.Base, Usual: x.Usual}
		if !x.At.IsZero() {
			at := x.At.UTC()
			j.At = &at
		}
		if x.Count > 0 {
			j.Tickets = casesAt(x.Behind)
		}
		out.Signs = append(out.Signs, j)
	}
	return &departmentReportOutput{out}, nil
}

type casesInput struct {
	Set        string   `query:"set" required:"true" maxLength:"40"`
	Clock      string   `query:"clock" maxLength:"40"`
	From       string   `query:"from" maxLength:"10"`
	To         string   `query:"to" maxLength:"10"`
	Code       string   `query:"code" maxLength:"40"`
	Sign       string   `query:"sign" maxLength:"40"`
	Cell       string   `query:"cell" maxLength:"10" doc:"weekday from 0, Monday, and hour: 4-15"`
	Age        string   `query:"age" maxLength:"12"`
	AsOf       string   `query:"asof" maxLength:"40"`
	Since      string   `query:"since" maxLength:"40"`
	Until      string   `query:"until" maxLength:"40"`
	Reported   string   `query:"reported" maxLength:"10"`
	Department []string `query:"department,explode"`
	Category   []string `query:"category,explode"`
	Channel    []string `query:"channel,explode"`
	Language   []string `query:"language,explode"`
	Limit      int      `query:"limit" default:"50" minimum:"1" maximum:"200"`
	Cursor     string   `query:"cursor" maxLength:"2000"`
}

type caseJSON struct {
	Ref        string     `json:"ref"`
	Subject    *string    `json:"subject" doc:"null for those who may not read tickets"`
	State      string     `json:"state"`
	Department namedJSON  `json:"department" doc:"charged with the promise, or custodian"`
	Category   namedJSON  `json:"category"`
	Channel    string     `json:"channel"`
	ReceivedAt time.Time  `json:"received_at"`
	Clock      *string    `json:"clock" doc:"kind of the promise, of sets of promises"`
	Outcome    *string    `json:"outcome"`
	Code       *string    `json:"code"`
	DueAt      *time.Time `json:"due_at"`
	SettledAt  *time.Time `json:"settled_at"`
	EndedAt    *time.Time `json:"ended_at"`
	Seconds    int64      `json:"seconds" doc:"calendar time to the deed; 0 without one"`
}

func (a *API) reportCases(ctx context.Context, c *caller, in *casesInput) (*pageOutput[caseJSON], error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	v := url.Values{"department": in.Department, "category": in.Category, "channel": in.Channel, "language": in.Language}
	for key, value := range map[string]string{
		"set": in.Set, "clock": in.Clock, "from": in.From, "to": in.To, "code": in.Code, "sign": in.Sign, "cell": in.Cell, "age": in.Age,
		"asof": in.AsOf, "since": in.Since, "until": in.Until, "reported": in.Reported,
	} {
		v.Set(key, value)
	}
	d, err := report.ParseDrill(v)
	if err != nil {
		return nil, err
	}
	found, err := report.Cases(ctx, a.Reads, c.actor, d, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	var items []caseJSON
	for i := range found.Items {
		x := &found.Items[i]
		j := caseJSON{
			Ref: string(x.Ref), Subject: orNil(x.Subject), State: x.State.String(), Department: s.department(x.Department), Category: s.category(x.Category),
			Channel: string(x.Channel), ReceivedAt: x.ReceivedAt.UTC(), Clock: orNil(x.Kind), Outcome: orNil(x.Outcome), Code: orNil(x.Code), Seconds: x.Took,
			DueAt: instant(x.Due), SettledAt: instant(x.Settled), EndedAt: instant(x.Ended),
		}
		items = append(items, j)
	}
	return page(items, found.Next), nil
}
