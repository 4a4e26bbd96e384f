// Package channels holds what every channel to and from the citizens shares:
// the contracts of a Source (contacts in) and a Sender (answers out), the
// Receiver that works the intake ledger, and the Courier that works the outbox.
//
// It refuses to know any protocol: those live in channels/email, channels/sms
// and channels/phone. Rows with a state are the queues; nothing of value is
// ever held only in memory, so a process may die anywhere.
package channels
