// Package dovecottest runs a private Dovecot on loopback for tests: real IMAP
// with TLS, password, XOAUTH2 and OAUTHBEARER sign-in, over Maildir folders
// that a test may fill and inspect as files.
//
// The binary is found in SYSTEM48_TEST_DOVECOT or on the usual paths. Where it
// is missing Start skips the test, unless SYSTEM48_TEST_REQUIRE names dovecot:
// then it fails. Tests only; the program never imports it.
package dovecottest
