// Package report holds the measures that a department head can trust: their
// definitions, and how facts fold into figures. It knows no SQL and no page.
//
// # From clocks to figures
//
// A [ClockFact] is one promise that fell or falls due, a [TicketFact] one
// episode of one ticket. [FactsOf] derives both from a ticket and its history,
// so they can be made again at any time. Facts fold by department and local day
// into a [ClockDay] and a [TicketDay], which a year's report is read from. What
// is narrowed by a filter, or asked as it was reported on an earlier date, is
// folded from the facts themselves by the same functions.
//
// [Department] and [Overview] put a whole report together. Every [Figure]
// carries its numerator, its denominator, the instant as of which it holds and
// two drill-downs: [Drill] chooses exactly the tickets behind it, and
// Source.Behind lists them.
//
// # Days
//
// A [Day] is a day of the city's own calendar, computed in Go. A period is given
// by its first and last day, both included.
//
// # The on-time rate
//
// Four formulas stand side by side, for answers and for the work itself:
//
//   - A, only what is done: kept in time ÷ done in the period.
//   - B: kept in time ÷ (settled in the period + open and overdue now).
//   - C: kept in time ÷ (settled in the period + everything open now).
//   - D, the headline: of the promises whose due day lies in the period, the
//     share kept by their due instant. A promise enters exactly one period, and
//     not closing improves nothing.
//
// In D a promise that ended with a closing code counts as broken if nothing had
// been answered by its due instant. Left out are those that ended before their due
// instant because the ticket repeats another on which work goes on, was withdrawn
// or was abuse, and spam; leaving a broken promise that way does not mend it. A
// wait moves the due instant as far as its cap allows; what was done after the
// instant it would have had without waiting is counted beside the rate.
//
// Everything here is read for an actor: heads report on their own departments,
// call centre, admin and auditor on all, others on none ([ScopeOf]).
package report
