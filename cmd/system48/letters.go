package main

import (
	"context"
	"strings"
)

// useLetters puts the city's own texts in force. One that this program cannot
// read is named in the log, and the shipped one stands in for it.
func (s *system) useLetters(ctx context.Context) error {
	dir, err := s.db.Directory(ctx)
	if err != nil {
		return err
	}
	if err := s.book.Use(dir.Letters); err != nil {
		s.log.WarnContext(ctx, "a letter of the city cannot be read, the shipped one is used", "err", err)
	}
	return nil
}

// examineLetters names the city's letters that this program cannot read: they were
// written for another version of it.
func (s *system) examineLetters(ctx context.Context) finding {
	f := finding{Name: "letters of the city", OK: true, Remedy: "correct them under Settings, Letters; the shipped text stands in until then"}
	dir, err := s.db.Directory(ctx)
	if err == nil {
		err = s.book.Use(dir.Letters)
	}
	if err != nil {
		f.OK, f.Detail = false, strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return f
}
