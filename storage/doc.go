// Package storage keeps everything System 48 remembers, in PostgreSQL or in an
// embedded SQLite file: rows, their mapping to the types of package ticketing,
// queries, transactions and leases. It implements ticketing.Store and the
// reading interfaces beside it, and decides nothing: rules live in ticketing.
//
// How it works, whatever the engine:
//
//   - A row struct, described to GORM, is the only place that names a table's
//     columns. Texts of statements are made from it once and kept.
//   - A transaction is a unit of work. Writes are gathered and go to the
//     database together, in front of the next read or of the commit: on
//     PostgreSQL one round trip, on SQLite one after another through compiled
//     statements. Identifiers are handed out from blocks.
//   - On SQLite one goroutine writes; transactions that wait for it share a
//     commit, each in a savepoint, so that the disk is asked once for all.
//   - A transaction whose connection was lost, or that met another one, is run
//     again, for up to 30 seconds. Every function given to InTx may therefore run
//     more than once, and every write from outside carries a key that makes the
//     second run a no-op.
//   - Signals leave after the commit, gathered, and reach every process.
//   - Times are microseconds in UTC; times of the database server are never used.
//   - Access is part of the query: what a Scope does not cover is NotFound.
//
// Errors carry a ticketing.Kind; nothing of GORM, pgx or SQLite leaves the
// package untranslated, and no error text holds a citizen's data.
package storage
