// Package storagetest holds one suite that every store must pass: the
// in-memory one, SQLite and PostgreSQL (I11). It also gives tests a fresh
// PostgreSQL database.
//
// A store's own test calls it like this:
//
//	func TestConformance(t *testing.T) {
//		storagetest.Run(t, func(t *testing.T) storagetest.Subject {
//			clock := ticketingtest.NewClock()
//			db := …open an empty store whose now is clock.Now and whose zone is ticketingtest.Zone()…
//			t.Cleanup(…close it…)
//			return storagetest.Subject{Ports: db, Clock: clock}
//		})
//	}
//
// The suite asks for what the comments of the ports in package ticketing
// promise, and for no more: a method may report a refusal when it is called or
// when the transaction ends, identifiers may have gaps, counts may be some
// seconds old. Where a comment leaves room, the reading taken is written at the
// test.
package storagetest
