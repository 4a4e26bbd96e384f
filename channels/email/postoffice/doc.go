// Package postoffice is the mail server of the demo: IMAP and SMTP on loopback,
// with everything in memory, so that the whole way of a mail can be walked on a
// machine without any. Any mail program can use it.
//
// It delivers to its own accounts and to nobody else, so it cannot be made to
// relay. It listens on loopback addresses only and speaks without encryption.
// It does what a city's mail server does with the mail it takes: it adds the
// Authentication-Results that the bureau relies on, removes forged ones,
// delivers name+anything to name, and returns what it cannot deliver.
//
// Tests can make it refuse, stall or hang up at any step (Inject).
package postoffice
