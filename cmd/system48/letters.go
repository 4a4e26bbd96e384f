package main

import "context"

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
