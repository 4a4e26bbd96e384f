package ticketingtest

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

// ClockDays implements [report.Sums].
func (x *FaultStore) ClockDays(ctx context.Context, q report.SumQuery) (out []report.ClockDay, err error) {
	if err = x.step("ClockDays"); err != nil {
		return out, err
	}
	return x.Ports.ClockDays(ctx, q)
}

// TicketDays implements [report.Sums].
func (x *FaultStore) TicketDays(ctx context.Context, q report.SumQuery) (out []report.TicketDay, err error) {
	if err = x.step("TicketDays"); err != nil {
		return out, err
	}
	return x.Ports.TicketDays(ctx, q)
}

// Standings implements [report.Sums].
func (x *FaultStore) Standings(ctx context.Context) (out []report.Standing, at time.Time, err error) {
	if err = x.step("Standings"); err != nil {
		return out, at, err
	}
	return x.Ports.Standings(ctx)
}

// ClockFacts implements [report.FactReads].
func (x *FaultStore) ClockFacts(ctx context.Context, q report.FactQuery, each func(*report.ClockFact) error) error {
	if err := x.step("ClockFacts"); err != nil {
		return err
	}
	return x.Ports.ClockFacts(ctx, q, each)
}

// TicketFacts implements [report.FactReads].
func (x *FaultStore) TicketFacts(ctx context.Context, q report.FactQuery, each func(*report.TicketFact) error) error {
	if err := x.step("TicketFacts"); err != nil {
		return err
	}
	return x.Ports.TicketFacts(ctx, q, each)
}

// Suspects implements [report.FactReads].
func (x *FaultStore) Suspects(ctx context.Context, departments []ticketing.DepartmentID, p report.Period) (out []report.Suspect, err error) {
	if err = x.step("Suspects"); err != nil {
		return out, err
	}
	return x.Ports.Suspects(ctx, departments, p)
}

// Counts implements [report.Behind].
func (x *FaultStore) Counts(ctx context.Context, drills []report.Drill) (out []int64, err error) {
	if err = x.step("Counts"); err != nil {
		return out, err
	}
	return x.Ports.Counts(ctx, drills)
}

// Behind implements [report.Behind].
func (x *FaultStore) Behind(ctx context.Context, d report.Drill, cursor string, limit int) (out ticketing.Page[report.Case], err error) {
	if err = x.step("Behind"); err != nil {
		return out, err
	}
	return x.Ports.Behind(ctx, d, cursor, limit)
}

// FoldFacts implements [report.Folder].
func (x *FaultStore) FoldFacts(ctx context.Context) (n int, err error) {
	if err = x.step("FoldFacts"); err != nil {
		return n, err
	}
	return x.Ports.FoldFacts(ctx)
}

// CheckFacts implements [report.Folder].
func (x *FaultStore) CheckFacts(ctx context.Context, p report.Period) (wrong int, err error) {
	if err = x.step("CheckFacts"); err != nil {
		return wrong, err
	}
	return x.Ports.CheckFacts(ctx, p)
}

// RebuildFacts implements [report.Folder].
func (x *FaultStore) RebuildFacts(ctx context.Context) error {
	if err := x.step("RebuildFacts"); err != nil {
		return err
	}
	return x.Ports.RebuildFacts(ctx)
}

// Histories implements [report.Histories].
func (x *FaultStore) Histories(ctx context.Context, from, to time.Time, kinds []ticketing.EventKind, each func(*report.History) error) error {
	if err := x.step("Histories"); err != nil {
		return err
	}
	return x.Ports.Histories(ctx, from, to, kinds, each)
}

// NoticesOf implements [ticketing.NoticeReads].
func (x *FaultStore) NoticesOf(ctx context.Context, a ticketing.AgentID, n int) ([]ticketing.Notice, error) {
	if err := x.step("NoticesOf"); err != nil {
		return nil, err
	}
	return x.Ports.NoticesOf(ctx, a, n)
}
