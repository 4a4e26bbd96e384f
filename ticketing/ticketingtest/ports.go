package ticketingtest

import (
	"context"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

// Ports is everything a store is asked for: what Store gives, and storage too.
type Ports interface {
	ticketing.Store
	ticketing.Outbox
	ticketing.Duties
	ticketing.AbsenceDuties
	ticketing.RoutingReads
	ticketing.Leases
	ticketing.IntakeLedger
	ticketing.TicketReads
	ticketing.DraftStore
	ticketing.LedgerReads
	ticketing.CitizenReads
	ticketing.AuditReads
	ticketing.OutgoingReads
	ticketing.LetterReads
	ticketing.TokenStore
	ticketing.SessionStore
	ticketing.Gate
	report.Source
	report.Folder
	report.Histories
	ticketing.NoticeReads
	ticketing.CallReads
	ticketing.CallFileReads
	ticketing.CallFactReads
	// Listen gives the signals of transactions that commit from now on, until ctx
	// ends, which closes the channel. Signals are hints: equal ones that wait
	// together may arrive once, and one of Type "resync" stands for what was lost.
	Listen(ctx context.Context) <-chan ticketing.Signal
	// Announce hands a signal that belongs to no transaction to the listeners.
	Announce(s ticketing.Signal)
}

var _ Ports = (*Store)(nil)
