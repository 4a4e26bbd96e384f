package ticketing

// Identifiers are distinct types so that a ticket's number is never passed for
// a message's. All are positive; zero means "none". Later rows have larger
// identifiers up to the size of the blocks in which the store hands them out.
//
//nolint:revive // one comment for all: the names say the rest
type (
	TicketID     int64
	MessageID    int64
	AttachmentID int64
	CitizenID    int64
	ContactID    int64
	DepartmentID int64
	BodyID       int64
	CategoryID   int64
	AgentID      int64
	DeliveryID   int64
	ClockID      int64
	EventID      int64
	LedgerID     int64
	CallID       int64
)
