package main

import (
	"context"
	"errors"
	"sync"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/locale"
	"github.com/sistem48/system48/ui/report"
)

// mailReports gives the duty that mails the reports of the week to heads and
// subscribers: it looks every few minutes, so that a Friday morning on which
// nothing ran is made up for.
func (s *system) mailReports() func(ctx context.Context) error {
	texts := sync.OnceValues(locale.Load)
	return func(ctx context.Context) error {
		words, err := texts()
		if err != nil {
			return err
		}
		// What happened while nothing ran is in the figures too. Where another process
		// adds it up just now, the next look mails the reports.
		if _, err := s.db.FoldFacts(ctx); errors.Is(err, ticketing.Busy) {
			return nil
		} else if err != nil {
			return err
		}
		press := &report.Press{Store: s.db, Reads: s.db, Texts: words, Now: s.now, PublicURL: s.cfg.PublicURL}
		mail := &ticketing.Subscriptions{Bureau: s.bureau, Blobs: s.blobs, Press: press.Print}
		sent, err := mail.Send(ctx)
		if sent > 0 {
			s.log.InfoContext(ctx, "reports mailed", "n", sent)
		}
		return err
	}
}
