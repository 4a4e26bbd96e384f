package sms

import (
	"time"

	"github.com/sistem48/system48/ticketing"
)

// faults is what the provider's numbers of errors mean for a message
// (https://www.twilio.com/docs/api/errors). What is not listed is not tried
// again: a message that may never arrive must not cost twice.
var faults = map[int]ticketing.Fault{
	// For good, and the number's fault.
	21211: {Final: true, Recipient: true}, // no valid number
	21214: {Final: true, Recipient: true}, // cannot be reached
	21610: {Final: true, Recipient: true, OptedOut: true},
	21612: {Final: true, Recipient: true}, // no way from our number to that one
	21614: {Final: true, Recipient: true}, // not a mobile number
	30004: {Final: true, Recipient: true}, // blocked
	30005: {Final: true, Recipient: true}, // unknown
	30006: {Final: true, Recipient: true}, // a landline
	// For good, and ours to mend.
	21408: {Final: true}, // the account may not write to the country
	30007: {Final: true}, // filtered by the carrier
	// Later.
	20429: {Tries: 5, Wait: time.Minute},
	21611: {Tries: 5, Wait: 10 * time.Minute}, // our number's queue is full
	30001: {Tries: 5, Wait: 10 * time.Minute}, // the same
	30002: {Tries: 5, Wait: time.Hour},        // the account is suspended: an operator is told, the message waits
	30003: {Tries: 2, Wait: 3 * time.Hour},    // the telephone is off: two tries within six hours
	30008: {Tries: 1, Wait: 10 * time.Minute}, // for no reason that anybody knows
	30017: {Tries: 3, Wait: 15 * time.Minute}, // the carrier is congested
	30022: {Tries: 3, Wait: 15 * time.Minute},
}

// faultOf gives what a number of an error means.
func faultOf(code int) ticketing.Fault {
	f, known := faults[code]
	if !known {
		f.Final = true
	}
	f.Code = code
	return f
}

// stateOf reads the provider's word for how far a message came; ok is false for
// one that says nothing of an outgoing message.
func stateOf(word string) (s ticketing.ProviderState, ok bool) {
	switch word {
	case "accepted", "queued", "scheduled", "sending":
		return ticketing.ProviderAccepted, true
	case "sent":
		return ticketing.ProviderSent, true
	case "delivered", "partially_delivered":
		return ticketing.ProviderDelivered, true
	case "read":
		return ticketing.ProviderRead, true
	case "undelivered", "failed", "canceled":
		return ticketing.ProviderFailed, true
	}
	return "", false
}
