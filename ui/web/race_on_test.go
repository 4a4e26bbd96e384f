//go:build race

package web

// slower is by how much the race detector stretches bounds on time.
const slower = 10
