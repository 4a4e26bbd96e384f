// Package manage is the area in which staff sign in, look after their own
// account, and in which administrators keep the directory: users, departments,
// categories, mailboxes, tokens.
//
// It holds handlers and templates. What is allowed and what a change means is
// decided by ticketing.Registry; this package reads forms, calls one use case
// and shows the result. Links in letters never change anything by being
// followed: every change is a POST.
package manage

//go:generate go tool templ generate -path .
