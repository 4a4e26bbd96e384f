// Package portal is the citizens' area: the home page, and the status page that
// a reference and a tracking code, or the link of a receipt, open.
//
// It works without scripts: plain forms and redirects. There is no account and
// no session; whoever holds the code is the requester, and everything they may
// see or do is checked against it on each request. An unknown reference and a
// wrong code get the same answer (A47). Notes, names of staff and messages of
// third parties never appear here (A72).
package portal

//go:generate go tool templ generate -path .
