// Package ticketingtest gives tests of every room what they need of the core:
// an in-memory store that is true to the ports of package ticketing, blobs in
// memory, a clock moved by hand, a small city with departments, promises and
// staff, builders of tickets and contacts, and a decorator that makes the N-th
// call fail. Only tests import it.
//
// Store is a real implementation, not a script of expected calls: it passes
// the same suite as SQLite and PostgreSQL (storage/storagetest, I11).
// Transactions are serial and roll back; what is not committed nobody sees;
// values go in and out as copies, with instants in UTC cut to microseconds, as
// a database gives them back.
package ticketingtest
