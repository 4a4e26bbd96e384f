// Package sms is the way of text messages: Twilio's webhooks in, its interface
// for programs out.
//
// What comes in is in the intake ledger before Twilio is told so, each message
// once by Twilio's own identifier; Receiver and Intake do the rest, as with
// mail. What goes out is claimed from the outbox by a Courier. Twilio has no
// idempotency key: an attempt whose answer was lost is looked for among the
// messages Twilio lists before it is sent again. What Twilio tells of a message
// later only rises. A webhook that came while we were away does not come again:
// every 15 minutes Twilio's list is compared with the ledger and the outbox.
//
// It refuses to know what a text means, and to open any address that a text
// names but Twilio's own media.
package sms
