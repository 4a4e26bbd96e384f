// Package exchange is the telephone exchange of the demo and of tests: it takes
// text messages as Twilio's interface for programs does, tells of them late,
// twice and out of order, and sends the citizens' texts to the bureau's hook with
// a real signature.
//
// It is a stand-in of the outside world: only the demo and tests start one.
package exchange
