// Package email brings citizens' mails in and sends the bureau's out.
//
// Coming in, a mail passes two stages that only share the intake ledger and the
// blob store. The Source reads accounts by IMAP, stores every byte and enters
// the mail in the ledger before the server is told anything. The Parser then
// turns the stored bytes into a ticketing.Inbound; it never meets the network
// and never fails on what somebody sent: what cannot be read becomes an Inbound
// that says so and carries the original as a file.
//
// Going out, Compose makes the exact bytes of a delivery once, and the Sender
// transmits those same bytes on every attempt.
//
// The package believes nothing a mail says about itself. A sender's name and
// address, a charset's label, a file's type and name, a Message-ID are hints;
// only the Authentication-Results of the city's own server count, and the
// X-S48 fields of other people's mails count for nothing.
package email
