package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// A progress shows how far a long command is: a line that renews itself on a
// terminal, a plain line now and then elsewhere.
type progress struct {
	w        io.Writer
	what     string
	terminal bool
	began    time.Time
	last     time.Time
	of       int
}

func newProgress(w io.Writer, what string) *progress {
	f, ok := w.(*os.File)
	return &progress{w: w, what: what, terminal: ok && term.IsTerminal(int(f.Fd())), began: time.Now()}
}

// show tells that done of the whole are finished.
func (p *progress) show(done, of int) {
	p.of = of
	every := 10 * time.Second
	if p.terminal {
		every = 100 * time.Millisecond
	}
	if time.Since(p.last) < every && done != of {
		return
	}
	p.last = time.Now()
	if p.terminal {
		fmt.Fprintf(p.w, "\r%s: %d of %d (%d %%) ", p.what, done, of, 100*done/max(of, 1))
		return
	}
	if done != of {
		fmt.Fprintf(p.w, "%s: %d of %d\n", p.what, done, of)
	}
}

// done ends the line.
func (p *progress) done() {
	if p.terminal {
		fmt.Fprint(p.w, "\r\033[K")
	}
	fmt.Fprintf(p.w, "%s: done in %s\n", p.what, time.Since(p.began).Round(100*time.Millisecond))
}
