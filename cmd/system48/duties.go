package main

import (
	"context"
	"errors"
	"time"

	"github.com/sistem48/system48/storage/blob"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

// A duty is periodic work. River elects one process to start it; that it runs
// twice does no harm.
type duty struct {
	name  string
	every time.Duration
	// hour, when not negative, is the local hour at which a daily duty runs.
	hour int
	run  func(ctx context.Context) error
}

// duties lists the periodic work of an installation.
func (s *system) duties() []duty {
	watch := &ticketing.Watch{Bureau: s.bureau, Duties: s.db}
	escalation := &ticketing.Escalation{Bureau: s.bureau}
	reapply := &ticketing.Reapply{Bureau: s.bureau, Duties: s.db, Audit: s.db}
	upkeep := &ticketing.Upkeep{Bureau: s.bureau, Duties: s.db, Auditor: s.auditor}
	away := &ticketing.Substitution{Bureau: s.bureau, Duties: s.db}
	return []duty{
		{name: "watch", every: 15 * time.Second, hour: -1, run: func(ctx context.Context) error {
			return errors.Join(drain(watch.Run)(ctx), drain(escalation.Run)(ctx))
		}},
		{name: "calls", every: 10 * time.Second, hour: -1, run: s.phoneDuties()},
		{name: "voice", every: 15 * time.Minute, hour: -1, run: s.compareVoice},
		{name: "absences", every: time.Minute, hour: -1, run: drain(away.Run)},
		{name: "rules", every: 15 * time.Second, hour: -1, run: reapply.Run},
		{name: "facts", every: 20 * time.Second, hour: -1, run: func(ctx context.Context) error {
			_, err := s.db.FoldFacts(ctx)
			return err
		}},
		{name: "facts-check", hour: 2, run: s.checkFacts},
		{name: "settle", every: time.Hour, hour: -1, run: drain(upkeep.SettleResolved)},
		{name: "seal", every: time.Minute, hour: -1, run: func(ctx context.Context) error {
			_, err := upkeep.Seal(ctx)
			return err
		}},
		{name: "sweep", every: time.Hour, hour: -1, run: func(ctx context.Context) error {
			now := s.now().UTC()
			_, err := s.db.Sweep(ctx, now, now.Add(-s.cfg.Retention.Outbox))
			return err
		}},
		{name: "reports", every: 10 * time.Minute, hour: -1, run: s.mailReports()},
		{name: "receipts", hour: 8, run: drain(upkeep.SendOwedReceipts)},
		{name: "seal-mail", hour: 6, run: upkeep.MailSeal},
		{name: "orphans", hour: 3, run: s.sweepBlobs},
	}
}

// drain runs a duty until it finds nothing more to do.
func drain(f func(ctx context.Context) (int, error)) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		for {
			did, err := f(ctx)
			if err != nil || did == 0 {
				return err
			}
		}
	}
}

// factsChecked is how many days back the nightly check adds facts up anew.
const factsChecked = 400

// checkFacts adds the days of the past year up anew and mends what differs.
func (s *system) checkFacts(ctx context.Context) error {
	today := report.DayOf(s.now(), s.zone)
	wrong, err := s.db.CheckFacts(ctx, report.Period{From: today - factsChecked, To: today})
	if wrong > 0 {
		s.log.WarnContext(ctx, "folded days were wrong and are mended", "days", wrong)
	}
	return err
}

// auditor is the address of the first active auditor, "" when there is none.
func (s *system) auditor() string {
	dir, err := s.db.Directory(context.Background())
	if err != nil {
		return ""
	}
	for _, a := range dir.Agents {
		if a.Role == ticketing.RoleAuditor && !a.Disabled {
			return a.Email
		}
	}
	return ""
}

// sweepBlobs removes what no row names.
func (s *system) sweepBlobs(ctx context.Context) error {
	swept, err := s.blobs.Sweep(ctx, blob.Known(s.db.KnownBlobs), s.now())
	if err == nil && swept.Trashed+swept.Deleted+swept.Restored > 0 {
		s.log.InfoContext(ctx, "orphaned files swept", "trashed", swept.Trashed, "deleted", swept.Deleted, "restored", swept.Restored)
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
