// Package phone connects the free line: it takes what telephone systems tell of
// calls and hands it to ticketing.Calls.
//
// CTI is the webhook that bridges of telephone systems (Asterisk, FreePBX, 3CX,
// FreeSWITCH and others) already speak. It takes events in any order, any number
// of times, and with gaps; an answer of 200 says that the event is stored. Files of
// calls are package calllog's.
package phone
