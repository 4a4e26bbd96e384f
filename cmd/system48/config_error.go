package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// exitConfig is the exit code for a configuration that cannot be used
// (EX_CONFIG of sysexits.h).
const exitConfig = 78

// A Problem is one thing about the configuration that an operator should know:
// where it stands, what is wrong, and what to do about it.
type Problem struct {
	Key    string // channels.email[0].imap.host; "" for the file as a whole
	Line   int    // in the file; 0 when the value comes from elsewhere
	Env    string // the environment variable the value comes from
	What   string // what is wrong, after "is" or as a sentence
	Remedy string // what to do
}

// String gives the place, the key, the fault and the remedy on one line.
func (p Problem) String() string { return p.in("") }

func (p Problem) in(file string) string {
	var b strings.Builder
	switch {
	case p.Env != "":
		b.WriteString("environment " + p.Env + ": ")
	case p.Line > 0 && file != "":
		fmt.Fprintf(&b, "%s:%d: ", file, p.Line)
	case p.Line > 0:
		fmt.Fprintf(&b, "line %d: ", p.Line)
	case file != "":
		b.WriteString(file + ": ")
	}
	if p.Key != "" {
		b.WriteString(p.Key + " ")
	}
	b.WriteString(p.What)
	if p.Remedy != "" {
		b.WriteString("; " + p.Remedy)
	}
	return b.String()
}

// A ConfigError is a configuration that cannot be used, with every problem
// found in it.
type ConfigError struct {
	File     string // "" when there is none
	Problems []Problem
}

// Error gives one line for each problem.
func (e *ConfigError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.in(e.File)
	}
	return strings.Join(lines, "\n")
}

// ExitCode is the exit code the program ends with.
func (e *ConfigError) ExitCode() int { return exitConfig }

// newConfigError gives nil when there are no problems.
func newConfigError(file string, problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	slices.SortStableFunc(problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return &ConfigError{File: file, Problems: problems}
}

// nearest gives the candidate that was probably meant, "" when none is close.
func nearest(word string, candidates []string) string {
	best, at := "", 1+len(word)/3
	for _, c := range candidates {
		if d := distance(word, c); d <= at && (best == "" || d < at) {
			best, at = c, d
		}
	}
	return best
}

// distance is the number of letters to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			keep := diagonal
			if a[i] != b[j] {
				keep++
			}
			diagonal = row[j+1]
			row[j+1] = min(keep, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
