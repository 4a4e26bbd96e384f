// Package jobs runs the periodic work of an installation on River: one elected
// process enters each piece when its time has come, any process works it, and
// what a dying process had in hand is taken up by another.
//
// Rows with a state are the queues of System 48 (intake ledger, deliveries,
// clocks); a job only wakes what works them. That a job runs twice, late or not
// at all loses nothing, so every duty must be harmless to repeat.
package jobs
