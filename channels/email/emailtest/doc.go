// Package emailtest makes mails for tests and benchmarks: the ordinary post of
// a city (Corpus) and everything that broken programs and attackers send
// (Hostile). All of it is made here, from nothing but a seed; no mail of a
// person went into it. The package knows nothing of the parser it is used on.
package emailtest
