// Package demo is the pages on which somebody trying System 48 is the citizen:
// one writes mails and reads the answers, through the same SMTP and IMAP servers
// as any mail program, the other is a telephone for texts and calls, whose
// signed requests come in as a provider's or an exchange's do. Only the demo
// mounts them.
package demo

//go:generate go tool templ generate -path .
