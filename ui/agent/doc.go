// Package agent is the area in which agents work: queues, tickets with their
// composer, tickets opened by hand, citizens and the intake ledger.
//
// Handlers read through narrow interfaces and change through the use cases of
// package ticketing; they decide nothing about who may do what. Every action
// works without scripts (post, redirect, get); with htmx the same components
// are sent as parts of the page.
package agent

//go:generate go tool templ generate -path .
