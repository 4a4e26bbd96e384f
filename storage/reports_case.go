package storage

import (
	"cmp"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

func readCases(list *[]caseRow) func(rows) error {
	return func(r rows) error {
		*list = nil
		for r.Next() {
			var x caseRow
			if err := r.Scan(&x.day, &x.id, &x.part, &x.ticket, &x.department, &x.kind, &x.outcome, &x.code, &x.due, &x.settled, &x.ended, &x.at, &x.took,
				&x.ref, &x.subject, &x.state, &x.category, &x.channel, &x.received, &x.assignee); err != nil {
				return err
			}
			*list = append(*list, x)
		}
		return r.Err()
	}
}

func compareCases(a, b *caseRow) int {
	return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.id, b.id), cmp.Compare(a.part, b.part))
}

// toCase gives the line of a promise or of a ticket.
func (r *caseRow) toCase(clocks bool) report.Case {
	c := report.Case{
		Ticket: ticketing.TicketID(r.ticket), Ref: ticketing.Reference(r.ref), Subject: r.subject, State: ticketing.State(r.state), //nolint:gosec // G115: the column is checked
		Department: ticketing.DepartmentID(r.department), Category: ticketing.CategoryID(r.category), Channel: ticketing.Channel(r.channel),
		ReceivedAt: r.received.orNone(), Assignee: ticketing.AgentID(r.assignee), Kind: ticketing.ClockKind(r.kind), Outcome: report.Outcome(r.outcome), Code: ticketing.ClosingCode(r.code),
		Due: r.due.time(), Settled: r.settled.time(), Took: r.took, Ended: r.ended.time(), At: r.at.time(),
	}
	if clocks {
		c.Clock = ticketing.ClockID(r.id)
	}
	return c
}
