// Package migrations brings a database to the schema this program was built
// for. The schema is numbered SQL, one folder a dialect, embedded; the two
// dialects have the same numbers and describe the same tables, which a test
// proves. The tables of the job queue (River) follow in the same run.
//
// Any number of processes may start at once: on PostgreSQL one migrates while
// the others wait for its session lock, which ends with its connection, so a
// killed process blocks nobody. Each file is one transaction, so a run that
// was killed is simply run again. A database newer than the program is refused
// with *NewerError and not touched.
//
// Released files are never changed; a change is a new file.
package migrations
