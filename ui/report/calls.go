package report

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

const pathCalls = components.PageLine

// callPeriods are the stretches of days the report of the line offers.
var callPeriods = []struct {
	name string
	days int
}{{"today", 1}, {"week", 7}, {"month", 30}, {"quarter", 91}}

// A linePage is the report of the free line.
type linePage struct {
	shell   components.StaffPage
	period  string
	periods []chip
	title   string // the period in words
	figures []lineFigure
	hours   []lineHour
	busy    components.Drawing
	none    bool
	kind    report.CallKind // of the list below; "" = none
	calls   []lineCall
	owed    []linePromise
	more    int
	links   bool // the reader may open tickets
}

// A lineFigure is a figure with its definition and the list behind it.
type lineFigure struct {
	name, value, of, formula string
	href                     string
	current                  bool
	bad                      bool
}

type lineHour struct {
	label, offered, answered, abandoned string
}

type lineCall struct {
	at    time.Time
	wait  string
	talk  string
	chip  components.ChipView
	agent string
	ref   ticketing.Reference
}

type linePromise struct {
	first, due, ended time.Time
	ref               ticketing.Reference
	chip              components.ChipView
}

// mostListed bounds the list behind a figure on the page.
const mostListed = 300

// line shows the figures of the line: every reader of reports sees all of it, as
// it belongs to no department, and no number stands in it.
func (a *Area) line(c echo.Context) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	dir, err := a.Bureau.Store.Directory(ctx)
	if err != nil {
		return err
	}
	p := &linePage{links: by.Scope().All, kind: report.CallKind(c.QueryParam("list"))}
	if !slices.Contains(report.CallKinds(), p.kind) {
		p.kind = ""
	}
	from, to := p.span(c)
	calls, err := a.Line.CallFacts(ctx, from, to)
	if err != nil {
		return err
	}
	promises, err := a.Line.CallbackFacts(ctx, from, to)
	if err != nil {
		return err
	}
	now := a.Bureau.Now()
	f := report.FoldCalls(calls, promises, now, web.PrinterOf(ctx).Now().Location())
	p.fill(c, &f)
	p.list(c, dir, calls, promises, now)
	if p.shell, err = a.shell(c, web.T(ctx, "line.title")); err != nil {
		return err
	}
	p.shell.Current = pathCalls
	return web.Render(c, http.StatusOK, lineComponent(p))
}

// span is the period: whole local days up to and with today.
func (p *linePage) span(c echo.Context) (from, to time.Time) {
	ctx := c.Request().Context()
	pr := web.PrinterOf(ctx)
	p.period = "week"
	days := 7
	for _, x := range callPeriods {
		if x.name == c.QueryParam("period") {
			p.period, days = x.name, x.days
		}
	}
	for _, x := range callPeriods {
		p.periods = append(p.periods, chip{text: web.T(ctx, "line.period_"+x.name), href: pathCalls + "?period=" + x.name, current: x.name == p.period})
	}
	y, m, d := pr.Now().Date()
	zone := pr.Now().Location()
	from, to = time.Date(y, m, d-days+1, 0, 0, 0, 0, zone), time.Date(y, m, d+1, 0, 0, 0, 0, zone)
	p.title = pr.Date(from) + " – " + pr.Date(to.Add(-time.Second))
	if days == 1 {
		p.title = pr.Date(from)
	}
	return from, to
}

func (p *linePage) href(k report.CallKind) string {
	return pathCalls + "?" + url.Values{"period": {p.period}, "list": {string(k)}}.Encode() + "#list"
}

// fill writes the figures, each with its definition.
func (p *linePage) fill(c echo.Context, f *report.CallFigures) {
	ctx := c.Request().Context()
	pr := web.PrinterOf(ctx)
	n := func(i int) string { return pr.Number(int64(i)) }
	p.none = f.Offered == 0 && f.Due == 0
	add := func(key string, kind report.CallKind, value, of string, bad bool) {
		p.figures = append(p.figures, lineFigure{
			name: web.T(ctx, "line."+key), value: value, of: of, formula: web.T(ctx, "line."+key+"_formula"), href: p.href(kind), current: p.kind == kind, bad: bad,
		})
	}
	share := func(x float64, ok bool) string {
		if !ok {
			return "–"
		}
		return pr.Percent(x, 1)
	}
	speed := "–"
	if f.Answered > 0 {
		speed = pr.Number(int64(f.Speed/time.Second)) + " s"
	}
	abandoned, some := f.AbandonedShare()
	add("speed", report.CallsAnswered, speed, web.T(ctx, "line.speed_of", "N", n(f.Answered), "Slow", pr.Number(int64(f.Slow/time.Second))), f.Speed > report.TargetAnswerSpeed)
	add("abandoned", report.CallsAbandoned, share(abandoned, some), web.T(ctx, "line.of", "Part", n(f.Abandoned), "Of", n(f.Offered)), some && abandoned > report.TargetAbandoned)
	kept, due := f.KeptShare()
	add("kept", report.CallbacksDue, share(kept, due), web.T(ctx, "line.of", "Part", n(f.Kept), "Of", n(f.Due)), due && kept < Target)
	add("no_record", report.CallsNoRecord, n(f.NoRecord), web.T(ctx, "line.no_record_of", "N", n(f.Answered)), f.NoRecord > 0)
	add("offered", report.CallsOffered, n(f.Offered), web.T(ctx, "line.offered_of", "Answered", n(f.Answered), "Voicemail", n(f.Voicemail), "Out", n(f.Outgoing)), false)
	bars := []components.CountBar{}
	for h, x := range f.Hours {
		if x.Offered == 0 {
			continue
		}
		label := pad(h) + "–" + pad((h+1)%24)
		p.hours = append(p.hours, lineHour{label: label, offered: n(x.Offered), answered: n(x.Answered), abandoned: n(x.Abandoned)})
		bars = append(bars, components.CountBar{Label: label, Title: label + ": " + n(x.Offered), Class: "b1", Count: int64(x.Offered), Text: n(x.Offered)})
	}
	p.busy = components.CountBars(web.T(ctx, "line.hours"), bars)
}

func pad(h int) string {
	if h < 10 {
		return "0" + strconv.Itoa(h)
	}
	return strconv.Itoa(h)
}

// list fills the calls, or promises, behind the chosen figure, the latest first.
func (p *linePage) list(c echo.Context, dir *ticketing.Directory, calls []ticketing.CallFact, promises []ticketing.CallbackFact, now time.Time) {
	ctx := c.Request().Context()
	for i := len(calls) - 1; i >= 0 && p.kind != ""; i-- {
		x := &calls[i]
		if !p.kind.Holds(x, now) {
			continue
		}
		if len(p.calls) == mostListed {
			p.more++
			continue
		}
		row := lineCall{at: x.Started, wait: seconds(x.Wait), talk: seconds(x.Talk), ref: x.Ref, agent: x.Extension, chip: lineChip(c, x.Result)}
		if who, ok := dir.Agent(x.Agent); ok {
			row.agent = who.Name
		}
		p.calls = append(p.calls, row)
	}
	for i := len(promises) - 1; i >= 0; i-- {
		x := &promises[i]
		if (p.kind != report.CallbacksDue && p.kind != report.CallbacksLate) || !p.kind.HoldsCallback(x, now) {
			continue
		}
		row := linePromise{first: x.FirstAt, due: x.Due, ended: x.EndedAt, ref: x.Ref, chip: components.ChipView{Kind: "bad", Icon: "flame", Text: web.T(ctx, "line.late")}}
		if report.Kept(x) {
			row.chip = components.ChipView{Kind: "ok", Icon: "check", Text: web.T(ctx, "line.in_time")}
		}
		p.owed = append(p.owed, row)
	}
}

func lineChip(c echo.Context, r ticketing.CallResult) components.ChipView {
	v := components.ChipView{Text: web.T(c.Request().Context(), "calls.result_"+string(r))}
	switch r {
	case ticketing.CallAnswered:
		v.Kind, v.Icon = "ok", "check"
	case ticketing.CallVoicemail:
		v.Kind, v.Icon = "warn", "microphone"
	case ticketing.CallMissed:
		v.Kind, v.Icon = "bad", "phone-x"
	case ticketing.CallBusy, ticketing.CallFailed:
		v.Icon = "phone-off"
	}
	return v
}

// seconds writes a length as minutes and seconds; "–" for none.
func seconds(d time.Duration) string {
	if d <= 0 {
		return "–"
	}
	s := int(d / time.Second)
	return strconv.Itoa(s/60) + ":" + pad(s%60)
}
