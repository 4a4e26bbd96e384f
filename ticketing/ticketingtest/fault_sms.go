package ticketingtest

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func (x faultTx) RaiseReport(ctx context.Context, r ticketing.ProviderReport) (out ticketing.ProviderReport, err error) {
	if err = x.step("RaiseReport"); err != nil {
		return out, err
	}
	return x.Tx.RaiseReport(ctx, r)
}

func (x faultTx) DeliveryOfProvider(ctx context.Context, id string) (d ticketing.DeliveryID, t ticketing.TicketID, err error) {
	if err = x.step("DeliveryOfProvider"); err != nil {
		return d, t, err
	}
	return x.Tx.DeliveryOfProvider(ctx, id)
}

func (x faultTx) AutomaticTexts(ctx context.Context, number string, t ticketing.TicketID, since time.Time) (n int, err error) {
	if err = x.step("AutomaticTexts"); err != nil {
		return n, err
	}
	return x.Tx.AutomaticTexts(ctx, number, t, since)
}

func (x faultTx) Choice(ctx context.Context, number string) (out *ticketing.Choice, err error) {
	if err = x.step("Choice"); err != nil {
		return out, err
	}
	return x.Tx.Choice(ctx, number)
}

func (x faultTx) SaveChoice(ctx context.Context, c *ticketing.Choice) error {
	if err := x.step("SaveChoice"); err != nil {
		return err
	}
	return x.Tx.SaveChoice(ctx, c)
}

func (x faultTx) RecentTickets(ctx context.Context, c ticketing.CitizenID, n int) (out []ticketing.TicketID, err error) {
	if err = x.step("RecentTickets"); err != nil {
		return out, err
	}
	return x.Tx.RecentTickets(ctx, c, n)
}

func (x faultTx) Postpone(ctx context.Context, id ticketing.LedgerID, until time.Time) error {
	if err := x.step("Postpone"); err != nil {
		return err
	}
	return x.Tx.Postpone(ctx, id, until)
}
