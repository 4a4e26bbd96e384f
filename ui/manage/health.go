package manage

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// This file says, line by line of the mail page, which colour a number has.

func boxLine(h ticketing.MailboxHealth) string {
	switch healthKind(h.State) {
	case "ok":
		return "good"
	case "warn":
		return "poor"
	}
	return "broken"
}

// sweptLine warns when a mailbox was not read to its end for a quarter of an hour.
func sweptLine(ctx context.Context, h ticketing.MailboxHealth) string {
	if web.PrinterOf(ctx).Now().Sub(h.LastSuccess) > 15*time.Minute {
		return "poor"
	}
	return "good"
}

// tryClass makes the new attempt the first thing to press when the mailbox is broken.
func tryClass(h ticketing.MailboxHealth) string {
	if healthKind(h.State) == "bad" {
		return "button button--primary"
	}
	return "button"
}

func waitingLine(h ticketing.MailboxHealth) string {
	if h.Waiting > 0 && healthKind(h.State) == "bad" {
		return "poor"
	}
	return "good"
}

func failedLine(v outView) string {
	if v.Failed > 0 {
		return "poor"
	}
	return "good"
}

func balanceLine(v mailView) string {
	if !v.balanced() {
		return "broken"
	}
	return "good"
}

func quarantineLine(v mailView) string {
	if v.Ledger.Quarantined > 0 {
		return "poor"
	}
	return "good"
}

func connectionNote(ctx context.Context, h ticketing.MailboxHealth) string {
	p := web.PrinterOf(ctx)
	if h.Idle {
		return web.T(ctx, "mail.idle", "Ago", p.Ago(h.UpdatedAt))
	}
	return web.T(ctx, "mail.polled", "Ago", p.Ago(h.UpdatedAt))
}

func oldestNote(ctx context.Context, v outView) string {
	if v.Waiting == 0 {
		return web.T(ctx, "mail.out_none")
	}
	return web.T(ctx, "mail.out_oldest", "Span", web.PrinterOf(ctx).Span(v.OldestFor))
}

func since(ctx context.Context, t time.Time) string {
	p := web.PrinterOf(ctx)
	return p.Span(p.Now().Sub(t))
}

func orName(address, account string) string {
	if address == "" {
		return account
	}
	return address
}
