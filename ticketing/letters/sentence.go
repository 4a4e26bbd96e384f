package letters

import (
	"strconv"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
	"github.com/sistem48/system48/ticketing/lang"
)

// Sentence explains a deadline in words, as staff reads it: when the contact
// came, from when the promise counts and why, what does not count, how long
// the clock stood still and for whom, and when the promise falls due. An
// unknown tag is answered in Montenegrin, Latin script.
func Sentence(tag lang.Tag, x ticketing.Explanation) string {
	return shippedSentence(tag, x, false)
}

// SentenceToCitizen is Sentence as said to the citizen: "your report", "your
// answer"; it ends with the rule and the calendar that gave the deadline, and
// their versions, so that everybody can have it counted again.
func SentenceToCitizen(tag lang.Tag, x ticketing.Explanation) string {
	return shippedSentence(tag, x, true)
}

func shippedSentence(tag lang.Tag, x ticketing.Explanation, citizen bool) string {
	b, err := shipped()
	if err != nil { // the tests load the shipped texts; a program that cannot is broken
		return ""
	}
	return b.sentence(tag, x, citizen)
}

// Sentence is the function Sentence in the city's own words.
func (b *Book) Sentence(tag lang.Tag, x ticketing.Explanation) string {
	return b.sentence(tag, x, false)
}

// SentenceToCitizen is the function SentenceToCitizen in the city's own words.
func (b *Book) SentenceToCitizen(tag lang.Tag, x ticketing.Explanation) string {
	return b.sentence(tag, x, true)
}

func (b *Book) sentence(tag lang.Tag, x ticketing.Explanation, citizen bool) string {
	t, _ := b.in(tag)
	n := newNarrator(t.words, x, citizen)
	if citizen {
		return n.join(n.why(), n.due(), n.basis())
	}
	return n.join(n.why(), n.due())
}

// A narrator tells one explanation in one language.
type narrator struct {
	w       *words
	x       ticketing.Explanation
	zone    *time.Location
	citizen bool
	facts   facts
}

func newNarrator(w *words, x ticketing.Explanation, citizen bool) *narrator {
	n := &narrator{w: w, x: x, citizen: citizen, zone: x.StartedAt.Location()}
	if len(x.Intervals) > 0 {
		n.zone = x.Intervals[0].From.Location()
	} else if !x.Due.IsZero() {
		n.zone = x.Due.Location()
	}
	n.facts = gather(x, n.zone)
	return n
}

// join sets sentences side by side, each with a capital.
func (n *narrator) join(sentences ...string) string {
	var out []byte
	for _, s := range sentences {
		if s == "" {
			continue
		}
		if len(out) > 0 {
			out = append(out, ' ')
		}
		out = append(out, capital(s)...)
	}
	return string(out)
}

func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}

// why is everything but the deadline.
func (n *narrator) why() string {
	return n.join(n.start(), n.counts(), n.skips(), n.paused())
}

// you chooses the phrase for the citizen, if it is told to them.
func (n *narrator) you(key string) string {
	if n.citizen {
		key += "_you"
	}
	return n.w.say(key, values{})
}

func (n *narrator) arrived() string {
	switch {
	case n.x.Start == ticketing.FromValidation && n.x.Kind != ticketing.ClockValidation && n.x.Kind != ticketing.ClockLeg:
		return n.you("validated")
	case n.x.Kind == ticketing.ClockNextAnswer:
		return n.you("message")
	case n.x.Kind == ticketing.ClockLeg:
		return n.w.say("custody", values{})
	default:
		return n.you("arrived")
	}
}

// target is the promise in words and the number its verb agrees with.
func (n *narrator) target() (string, int64) {
	const day = 24 * time.Hour
	d := n.x.Target
	key, count := "hours", int64(d/time.Hour)
	switch {
	case d%time.Hour != 0:
		return n.w.span(d), 2
	case n.x.Kind == ticketing.ClockResolve && d%day == 0 && n.x.Calendar == "24x7":
		key, count = "days", int64(d/day)
	case n.x.Kind == ticketing.ClockResolve && d%day == 0:
		key, count = "work_days", int64(d/day)
	}
	s := n.w.say(key, values{"n": number(count)})
	switch n.x.Kind {
	case ticketing.ClockResolve:
		s = n.w.say("for_resolve", values{"span": text(s)})
	case ticketing.ClockValidation:
		s = n.w.say("for_validation", values{"span": text(s)})
	case ticketing.ClockAnswer, ticketing.ClockNextAnswer, ticketing.ClockLeg, ticketing.ClockCallback:
	}
	return s, count
}

// start says when it came and from when the promise counts.
func (n *narrator) start() string {
	span, count := n.target()
	at, f := n.x.StartedAt.In(n.zone), n.facts
	key, from := "start_plain", at
	switch {
	case n.x.OnCall:
		key = "start_oncall"
	case n.x.CountFrom.After(n.x.StartedAt):
		key, from = "start_cutoff", n.x.CountFrom.In(n.zone)
		if wd := at.Weekday(); wd >= time.Monday && wd <= time.Thursday {
			key = "start_holiday"
		}
	case !f.opens.IsZero() && f.office:
		key, from = "start_closed_hours", f.opens
	case !f.opens.IsZero():
		key, from = "start_closed_days", f.opens
	case n.x.Calendar == "24x7":
		key = "start_elapsed"
	}
	fromKey := "from"
	if key == "start_holiday" || daysBetween(at, from) > daysToMonday(at) {
		fromKey = "from_next"
	}
	return n.w.say(key, values{
		"arrived": text(n.arrived()), "at": text(n.w.when("at_short", at)), "part": text(n.w.part(at)),
		"span": text(span), "n": number(count), "from": text(n.w.when(fromKey, from)),
	})
}

// daysBetween counts midnights between two instants of one zone.
func daysBetween(a, b time.Time) int {
	noon := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	}
	return int(noon(b).Sub(noon(a)) / (24 * time.Hour))
}

// daysToMonday is how far the name of a weekday alone is clear: to the next
// Monday, at least to the next day.
func daysToMonday(t time.Time) int {
	return (int(time.Monday)-int(t.Weekday())+6)%7 + 1
}

// counts says that only office hours count, if so.
func (n *narrator) counts() string {
	f := n.facts
	switch {
	case !f.office:
		return ""
	case f.open != "" && f.close != "":
		return n.w.say("counts_window", values{"open": text(f.open), "close": text(f.close)})
	default:
		return n.w.say("counts_hours", values{})
	}
}

// skips names weekends and holidays on the way.
func (n *narrator) skips() string {
	f := n.facts
	var names []string
	count := int64(0)
	switch {
	case f.weekends == 1:
		names, count = append(names, n.w.say("weekend", values{})), 1
	case f.weekends > 1:
		names, count = append(names, n.w.say("weekends", values{})), 2
	}
	const most = 4 // a resolve clock across May has three
	for _, h := range f.holidays[:min(len(f.holidays), most)] {
		var dates []string
		for _, d := range h.days {
			dates = append(dates, n.w.when("date", d))
		}
		names = append(names, n.w.say("holiday", values{"name": text(holidayIn(n.w.tag, h.name)), "dates": text(n.w.list(dates))}))
		count++
	}
	if len(names) == 0 {
		return ""
	}
	return n.w.say("skips", values{"list": text(n.w.list(names)), "n": number(min(count, 2))})
}

// paused says how long the clock stood still, and for whom.
func (n *narrator) paused() string {
	if len(n.facts.reasons) == 0 {
		return ""
	}
	var whom []string
	for _, r := range n.facts.reasons {
		whom = append(whom, n.waitedFor(ticketing.WaitReason(r)))
	}
	key := "paused"
	if n.facts.waiting {
		key = "paused_now"
	}
	return n.w.say(key, values{"paused": text(n.w.span(n.x.Paused)), "for": text(n.w.list(whom))})
}

func (n *narrator) waitedFor(r ticketing.WaitReason) string {
	switch r {
	case ticketing.WaitCitizen:
		return n.you("for_citizen")
	case ticketing.WaitBody:
		return n.w.say("for_body", values{})
	case ticketing.WaitWeather:
		return n.w.say("for_weather", values{})
	case ticketing.WaitMaterial:
		return n.w.say("for_material", values{})
	default:
		return n.w.say("for_other", values{})
	}
}

// due says when the promise falls due.
func (n *narrator) due() string {
	if n.x.Due.IsZero() {
		return n.w.say("due_open", values{})
	}
	key := "due"
	if n.facts.waiting {
		key = "due_if"
	}
	return n.w.say(key, values{"due": text(n.w.deadline("due_short", n.x.Due.In(n.zone), n.x.StartedAt))})
}

// basis names the versions of the rules: of the policy, or of the promise of the
// category where no policy decided.
func (n *narrator) basis() string {
	key, rule, version := "basis_policy", n.x.Policy, n.x.PolicyVersion
	if rule == "" {
		key, rule, version = "basis_profile", n.x.Profile, n.x.ProfileVersion
	}
	if rule == "" {
		return "" // of clocks from before there were versions
	}
	return n.w.say(key, values{
		"rule": text(rule), "version": text(strconv.Itoa(version)), "calendar": text(n.x.Calendar), "calendar_version": text(strconv.Itoa(n.x.CalendarVersion)),
	})
}

// facts are what the intervals of an explanation show.
type facts struct {
	opens       time.Time // first counted instant, if it came while closed
	office      bool      // days have closed hours
	open, close string    // their times, when they are always the same
	weekends    int
	holidays    []skippedHoliday
	reasons     []string // of pauses, in order of time, each once
	waiting     bool     // a pause lasts
}

type skippedHoliday struct {
	name string
	days []time.Time
}

// gather reads the facts off the intervals.
func gather(x ticketing.Explanation, zone *time.Location) facts {
	var f facts
	var paused time.Duration
	seen := map[string]bool{}
	started := false // something has counted
	for k, i := range x.Intervals {
		switch i.Why {
		case calendar.WhyBeforeStart:
		case calendar.WhyOpen:
			if !started && i.From.After(x.CountFrom) && len(f.reasons) == 0 {
				f.opens = i.From.In(zone)
			}
			started = true
		case calendar.WhyClosed:
			f.closed(i, zone, cut(x.Intervals, k-1), cut(x.Intervals, k+1))
		case calendar.WhyHoliday:
			f.holiday(i, zone)
		case calendar.WhyPaused:
			if !i.From.Before(x.Due) && !x.Due.IsZero() {
				continue
			}
			if !seen[i.Name] {
				f.reasons = append(f.reasons, i.Name)
				seen[i.Name] = true
			}
			f.waiting = f.waiting || i.To.IsZero()
			if !i.To.IsZero() {
				paused += i.To.Sub(i.From)
			}
		}
	}
	// A wait that is bounded reaches beyond the time it has lasted so far.
	f.waiting = f.waiting || paused > x.Paused
	if f.open == "-" || f.close == "-" {
		f.open, f.close = "", ""
	}
	if f.office || (!f.opens.IsZero() && f.weekends == 1 && len(f.holidays) == 0) {
		f.weekends = 0 // said already
	}
	return f
}

// cut reports whether what lies beside an interval ends it at a time that says
// nothing of the calendar: a pause, or the end of the trace.
func cut(all []calendar.Interval, k int) bool {
	return k < 0 || k >= len(all) || all[k].Why == calendar.WhyPaused || all[k].Why == calendar.WhyBeforeStart
}

// closed notes hours and weekends within a closed stretch.
func (f *facts) closed(i calendar.Interval, zone *time.Location, cutBefore, cutAfter bool) {
	from, to := i.From.In(zone), i.To.In(zone)
	note := func(at *string, t time.Time, cut bool) {
		if s := t.Format("15:04"); s != "00:00" && !cut {
			f.office = true
			if *at != "" && *at != s {
				s = "-"
			}
			*at = s
		}
	}
	note(&f.close, from, cutBefore)
	note(&f.open, to, cutAfter)
	y, m, d := from.Date()
	for t := time.Date(y, m, d, 12, 0, 0, 0, zone); t.Before(to); t = t.AddDate(0, 0, 1) {
		if t.Weekday() == time.Sunday && t.After(from) {
			f.weekends++
		}
	}
}

// holiday notes the days of a holiday.
func (f *facts) holiday(i calendar.Interval, zone *time.Location) {
	from, to := i.From.In(zone), i.To.In(zone)
	var days []time.Time
	y, m, d := from.Date()
	for t := time.Date(y, m, d, 12, 0, 0, 0, zone); t.Add(-12 * time.Hour).Before(to); t = t.AddDate(0, 0, 1) {
		days = append(days, t)
	}
	for k := range f.holidays {
		if f.holidays[k].name == i.Name {
			f.holidays[k].days = append(f.holidays[k].days, days...)
			return
		}
	}
	f.holidays = append(f.holidays, skippedHoliday{name: i.Name, days: days})
}

// holidayKeys maps the Montenegrin names of shipped holidays to their keys.
var holidayKeys = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	all, err := calendar.Montenegro(calendar.FirstYear, calendar.LastYear, calendar.State, calendar.Orthodox, calendar.Catholic, calendar.Muslim)
	if err != nil {
		return out
	}
	for _, h := range all {
		if own, ok := calendar.HolidayName(h.Key, "sr"); ok {
			out[own] = h.Key
		}
	}
	return out
})

// holidayIn gives the name in the language; a holiday of the city's own keeps
// the name it was given.
func holidayIn(tag lang.Tag, name string) string {
	switch key := holidayKeys()[name]; {
	case tag == lang.SrCyrl:
		return lang.ToCyrillic(name)
	case key != "" && tag != lang.SrLatn:
		if own, ok := calendar.HolidayName(key, string(tag)); ok {
			return own
		}
	}
	return name
}
