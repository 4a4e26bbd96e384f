// Package sqlite is the embedded database of System 48: a small GORM dialector
// over modernc.org/sqlite (no C compiler needed), and the opening of the two
// handles through which the program uses one database file.
//
// The writer handle owns exactly one connection whose transactions begin
// immediately, so that writers queue in order instead of failing with
// SQLITE_BUSY; the reader handle owns several that cannot write. Times are
// stored as integers, microseconds since 1970 in UTC, so that comparing them
// in SQL gives the same order as comparing them in Go. A commit is on the disk
// when it returns (synchronous FULL): an acknowledged contact survives a power
// cut.
//
// The package refuses to know any table. The schema belongs to
// storage/migrations; AutoMigrate is never used.
package sqlite
