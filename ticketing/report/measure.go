package report

import "github.com/sistem48/system48/ticketing"

// A Measure names what is counted. The names are those of the API and of the
// message keys: "report.<measure>" is its name, "report.<measure>.formula" its
// formula in a sentence, "report.<measure>.of" what its denominator counts.
type Measure string

// The measures.
const (
	AnswerOnTime   Measure = "answer_on_time"   // formula D, the headline
	AnswerOnTimeA  Measure = "answer_on_time_a" // formulas A, B, C of the same promise
	AnswerOnTimeB  Measure = "answer_on_time_b"
	AnswerOnTimeC  Measure = "answer_on_time_c"
	ResolveOnTime  Measure = "resolve_on_time" // formula D of the work
	ResolveOnTimeA Measure = "resolve_on_time_a"
	ResolveOnTimeB Measure = "resolve_on_time_b"
	ResolveOnTimeC Measure = "resolve_on_time_c"
	NextOnTime     Measure = "next_answer_on_time" // later messages of the citizen
	ValidateOn     Measure = "validation_on_time"
	LegOn          Measure = "leg_on_time"
	CallbackOn     Measure = "callback_on_time"

	AnswerMedian  Measure = "answer_median" // calendar time, as the promise counts it
	AnswerP90     Measure = "answer_p90"
	ResolveMedian Measure = "resolve_median"
	ResolveP90    Measure = "resolve_p90"

	Received     Measure = "received"
	Closed       Measure = "closed"
	Clearance    Measure = "clearance"     // closed ÷ received
	Reopened     Measure = "reopened"      // within 30 days, of the closures of the period
	FalseClosed  Measure = "false_closed"  // denied by the citizen, of those closed as solved
	FirstRouting Measure = "first_routing" // closed by the department first routed to
	Handovers    Measure = "handovers"     // legs a closed ticket had

	Open        Measure = "open"    // in work now
	Overdue     Measure = "overdue" // of those, past a due instant
	DueToday    Measure = "due_today"
	Unvalidated Measure = "unvalidated"

	PausedPast Measure = "paused_past"      // kept or open, but past the due instant without its waits
	Ended      Measure = "ended_unanswered" // closed by a code without an answer
	Excluded   Measure = "excluded"         // due in the period but left out of D
	ToCome     Measure = "to_come"          // due in the period, not yet due and not yet done
)

// A Unit says how a value reads.
type Unit string

// The units.
const (
	UnitShare   Unit = "share"   // 0 to 1
	UnitCount   Unit = "count"   // tickets or promises
	UnitSeconds Unit = "seconds" // calendar time of the promise
	UnitRatio   Unit = "ratio"   // may exceed 1
)

// A Definition says what a measure is.
type Definition struct {
	Measure Measure
	Unit    Unit
	// Name, Formula and Of are message keys: the measure, its formula in a sentence,
	// and what its denominator counts ("" when it has none).
	Name, Formula, Of string
	// Better is 1 when more is better, -1 when less is, 0 when neither.
	Better int
	// Clock is the promise measured; "" for measures of tickets.
	Clock ticketing.ClockKind
}

// definitions in the order a report lists them.
var definitions = []Definition{
	{Measure: AnswerOnTime, Unit: UnitShare, Better: 1, Clock: ticketing.ClockAnswer},
	{Measure: AnswerOnTimeA, Unit: UnitShare, Better: 1, Clock: ticketing.ClockAnswer},
	{Measure: AnswerOnTimeB, Unit: UnitShare, Better: 1, Clock: ticketing.ClockAnswer},
	{Measure: AnswerOnTimeC, Unit: UnitShare, Better: 1, Clock: ticketing.ClockAnswer},
	{Measure: ResolveOnTime, Unit: UnitShare, Better: 1, Clock: ticketing.ClockResolve},
	{Measure: ResolveOnTimeA, Unit: UnitShare, Better: 1, Clock: ticketing.ClockResolve},
	{Measure: ResolveOnTimeB, Unit: UnitShare, Better: 1, Clock: ticketing.ClockResolve},
	{Measure: ResolveOnTimeC, Unit: UnitShare, Better: 1, Clock: ticketing.ClockResolve},
	{Measure: NextOnTime, Unit: UnitShare, Better: 1, Clock: ticketing.ClockNextAnswer},
	{Measure: ValidateOn, Unit: UnitShare, Better: 1, Clock: ticketing.ClockValidation},
	{Measure: LegOn, Unit: UnitShare, Better: 1, Clock: "leg"},
	{Measure: CallbackOn, Unit: UnitShare, Better: 1, Clock: "callback"},
	{Measure: AnswerMedian, Unit: UnitSeconds, Better: -1, Clock: ticketing.ClockAnswer},
	{Measure: AnswerP90, Unit: UnitSeconds, Better: -1, Clock: ticketing.ClockAnswer},
	{Measure: ResolveMedian, Unit: UnitSeconds, Better: -1, Clock: ticketing.ClockResolve},
	{Measure: ResolveP90, Unit: UnitSeconds, Better: -1, Clock: ticketing.ClockResolve},
	{Measure: Received, Unit: UnitCount},
	{Measure: Closed, Unit: UnitCount},
	{Measure: Clearance, Unit: UnitRatio, Better: 1},
	{Measure: Reopened, Unit: UnitShare, Better: -1},
	{Measure: FalseClosed, Unit: UnitShare, Better: -1},
	{Measure: FirstRouting, Unit: UnitShare, Better: 1},
	{Measure: Handovers, Unit: UnitRatio, Better: -1},
	{Measure: Open, Unit: UnitCount, Better: -1},
	{Measure: Overdue, Unit: UnitShare, Better: -1},
	{Measure: DueToday, Unit: UnitCount},
	{Measure: Unvalidated, Unit: UnitCount, Better: -1},
	{Measure: PausedPast, Unit: UnitShare, Better: -1},
	{Measure: Ended, Unit: UnitCount, Better: -1},
	{Measure: Excluded, Unit: UnitCount},
	{Measure: ToCome, Unit: UnitCount},
}

// plain are the measures without a denominator.
var plain = map[Measure]bool{Received: true, Closed: true, Open: true, DueToday: true, Unvalidated: true, Ended: true, Excluded: true, ToCome: true}

func (d Definition) named() Definition {
	d.Name = "report." + string(d.Measure)
	d.Formula = d.Name + ".formula"
	if !plain[d.Measure] {
		d.Of = d.Name + ".of"
	}
	return d
}

// Definitions lists all measures in the order a report shows them.
func Definitions() []Definition {
	out := make([]Definition, len(definitions))
	for i, d := range definitions {
		out[i] = d.named()
	}
	return out
}

// Definition gives what the measure means; the zero Definition when unknown.
func (m Measure) Definition() Definition {
	for _, d := range definitions {
		if d.Measure == m {
			return d.named()
		}
	}
	return Definition{}
}
