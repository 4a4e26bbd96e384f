package ticketingtest

import "github.com/sistem48/system48/ticketing"

// Ports is everything a store is asked for: what Store gives, and storage too.
type Ports interface {
	ticketing.Store
	ticketing.Outbox
	ticketing.Duties
	ticketing.Leases
	ticketing.IntakeLedger
	ticketing.TicketReads
	ticketing.DraftStore
	ticketing.LedgerReads
	ticketing.CitizenReads
	ticketing.AuditReads
	ticketing.OutgoingReads
	ticketing.TokenStore
	ticketing.SessionStore
	ticketing.Gate
}

var _ Ports = (*Store)(nil)
