package ticketingtest

import (
	"context"

	"github.com/sistem48/system48/ticketing"
)

func (x faultTx) SavedViews(ctx context.Context, owner ticketing.AgentID) (out []ticketing.SavedView, err error) {
	if err = x.step("SavedViews"); err != nil {
		return out, err
	}
	return x.Tx.SavedViews(ctx, owner)
}

func (x faultTx) SaveView(ctx context.Context, v *ticketing.SavedView) error {
	if err := x.step("SaveView"); err != nil {
		return err
	}
	return x.Tx.SaveView(ctx, v)
}

func (x faultTx) DropView(ctx context.Context, id ticketing.ViewID) error {
	if err := x.step("DropView"); err != nil {
		return err
	}
	return x.Tx.DropView(ctx, id)
}

func (x faultTx) SaveTemplate(ctx context.Context, t *ticketing.Template) error {
	if err := x.step("SaveTemplate"); err != nil {
		return err
	}
	return x.Tx.SaveTemplate(ctx, t)
}

// CountTickets implements [ticketing.TicketReads].
func (x *FaultStore) CountTickets(ctx context.Context, filters []ticketing.TicketFilter, most int) (out []int, err error) {
	if err = x.step("CountTickets"); err != nil {
		return out, err
	}
	return x.Ports.CountTickets(ctx, filters, most)
}
