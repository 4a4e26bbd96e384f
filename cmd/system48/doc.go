// Command system48 is the program: its commands, its configuration, and the
// wiring that makes one system of the packages beside it. It is the only package
// that knows them all, and nothing may import it.
//
// What it decides itself is small on purpose: which adapters are opened for which
// configuration, in what order everything starts and stops, and what exit code a
// failure ends with (0 done, 64 usage, 65 bad data, 69 unavailable, 75 try again
// later, 78 configuration). Rules about citizens, tickets and promises live in
// package ticketing and below.
package main
