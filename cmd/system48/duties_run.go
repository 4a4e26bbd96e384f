package main

import (
	"context"

	"github.com/sistem48/system48/storage/jobs"
)

// runDuties works the periodic duties until ctx ends. What fell due while
// nothing ran is recorded before anything else (F41).
func (s *system) runDuties(ctx context.Context) error {
	var list []jobs.Duty
	for _, d := range s.duties() {
		if d.name == "watch" {
			if err := d.run(ctx); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "duty failed", "job", d.name, "err", err)
			}
		}
		list = append(list, jobs.Duty{Name: d.name, Every: d.every, Hour: d.hour, Run: d.run})
	}
	return s.db.RunDuties(ctx, jobs.Config{Zone: s.zone, Log: s.log.With("part", "jobs"), ID: s.holder()}, list)
}
