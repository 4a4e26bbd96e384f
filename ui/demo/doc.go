// Package demo is the page on which somebody trying System 48 writes as a
// citizen and reads the answers. It goes through the same SMTP and IMAP servers
// as any mail program; only the demo mounts it.
package demo
