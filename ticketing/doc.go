// Package ticketing is the core of System 48: citizens, tickets, messages,
// departments, promises and their clocks, deliveries, events and access.
//
// It decides and remembers nothing by itself: a use case (Intake, Desk, Watch,
// Dispatch) loads an aggregate through a Tx, lets its pure methods decide, and
// saves it, all inside Store.InTx. It refuses to know the network, SQL, files,
// the wall clock ("now" is given to it) and the words of any language (letters
// and catalogues are elsewhere).
//
// Its invariants; tests cite the numbers, and only these exist:
//
//	I1  a contact is stored before its source is told so
//	I2  one source item enters once
//	I3  a state moves only along the table of moves
//	I4  each change appends exactly one Event in the same transaction; events are
//	    never changed, are chained per ticket, and the heads are sealed each minute
//	    into one chain whose head is mailed daily; an event holds only a salted
//	    digest of personal payload, which is kept apart and erasable
//	I5  an open ticket has exactly one custodian
//	I6  due instants are pure functions of events, policy version and calendar
//	    version; stored values are a cache
//	I7  nothing is sent without a Delivery row that committed with its cause
//	I8  each attempt of a delivery settles once, with the same Message-ID on every attempt
//	I9  a breach is recorded once, at the due instant
//	I10 no citizen text, name, number or address in logs or metrics
//	I11 in-memory Store, SQLite and PostgreSQL pass the same suite
//	I12 references are unique and never reused
//	I13 seen = stored + quarantined + ignored(reason): nothing is skipped silently
//	I14 the requester never changes by itself
package ticketing
