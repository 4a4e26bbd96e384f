// Package calllog reads the call logs that telephone exchanges write to files:
// Asterisk and FreePBX, FreeSWITCH, 3CX, Cisco CUCM, and any file with columns
// whose order the operator names.
//
// A file is foreign bytes. Its lines are bounded, its charset is found out, and
// each line becomes exactly one of three things: a leg (one attempt of an
// exchange to connect two ends), a line that is none for a reason (a heading, a
// call between two desks), or a rejected line with its number and what is wrong
// with it. Lines counted = legs + ignored + rejected (I13). One line is one
// record: half a quotation mark spoils its own line and no other (A91).
//
// Times in such files are mostly wall times without a zone. The zone is the
// source's, and the hour that autumn has twice is told apart by what the line
// itself says (its length, the instant in its identifier) and by the order of
// the lines, in which calls have ended.
//
// Reading is a pure function of bytes and Memo. What is read goes on in two
// ways: a Follower keeps up with a file that grows, rotates or is cut, and with
// a folder that files are dropped into; Import reads one file once. Both save
// how far they came in the transaction of the rows, so that every row counts
// once although the process is killed or the file comes twice (F34, F35).
package calllog
