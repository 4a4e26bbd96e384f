package ticketingtest

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func (x faultTx) SaveRouting(ctx context.Context, v *ticketing.RoutingVersion) error {
	if err := x.step("SaveRouting"); err != nil {
		return err
	}
	return x.Tx.SaveRouting(ctx, v)
}

func (x faultTx) Turn(ctx context.Context, d ticketing.DepartmentID) (out ticketing.AgentID, err error) {
	if err = x.step("Turn"); err != nil {
		return out, err
	}
	return x.Tx.Turn(ctx, d)
}

func (x faultTx) SetTurn(ctx context.Context, d ticketing.DepartmentID, a ticketing.AgentID) error {
	if err := x.step("SetTurn"); err != nil {
		return err
	}
	return x.Tx.SetTurn(ctx, d, a)
}

func (x faultTx) Workload(ctx context.Context, agents []ticketing.AgentID) (out map[ticketing.AgentID]int, err error) {
	if err = x.step("Workload"); err != nil {
		return out, err
	}
	return x.Tx.Workload(ctx, agents)
}

func (x faultTx) Absence(ctx context.Context, id ticketing.AbsenceID) (out *ticketing.Absence, err error) {
	if err = x.step("Absence"); err != nil {
		return out, err
	}
	return x.Tx.Absence(ctx, id)
}

func (x faultTx) SaveAbsence(ctx context.Context, a *ticketing.Absence) error {
	if err := x.step("SaveAbsence"); err != nil {
		return err
	}
	return x.Tx.SaveAbsence(ctx, a)
}

// AbsencesToBegin implements [ticketing.AbsenceDuties].
func (x *FaultStore) AbsencesToBegin(ctx context.Context, now time.Time, n int) (out []ticketing.Absence, err error) {
	if err = x.step("AbsencesToBegin"); err != nil {
		return out, err
	}
	return x.Ports.AbsencesToBegin(ctx, now, n)
}

// AssignedTo implements [ticketing.AbsenceDuties].
func (x *FaultStore) AssignedTo(ctx context.Context, a ticketing.AgentID, n int) (out []ticketing.TicketID, err error) {
	if err = x.step("AssignedTo"); err != nil {
		return out, err
	}
	return x.Ports.AssignedTo(ctx, a, n)
}

// RoutingVersions implements [ticketing.RoutingReads].
func (x *FaultStore) RoutingVersions(ctx context.Context, kind ticketing.RoutingKind, before int64, n int) (out []ticketing.RoutingVersion, err error) {
	if err = x.step("RoutingVersions"); err != nil {
		return out, err
	}
	return x.Ports.RoutingVersions(ctx, kind, before, n)
}

// RoutingVersion implements [ticketing.RoutingReads].
func (x *FaultStore) RoutingVersion(ctx context.Context, kind ticketing.RoutingKind, version int64) (out ticketing.RoutingVersion, err error) {
	if err = x.step("RoutingVersion"); err != nil {
		return out, err
	}
	return x.Ports.RoutingVersion(ctx, kind, version)
}

// PastTickets implements [ticketing.RoutingReads].
func (x *FaultStore) PastTickets(ctx context.Context, before ticketing.TicketID, n int) (out []ticketing.PastTicket, err error) {
	if err = x.step("PastTickets"); err != nil {
		return out, err
	}
	return x.Ports.PastTickets(ctx, before, n)
}
