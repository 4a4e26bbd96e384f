package report

import (
	"context"
	"slices"

	"github.com/sistem48/system48/ticketing"
)

// ScopeOf gives the departments the actor may report on: heads on their own,
// call centre, admin, auditor and the program itself on all. Forbidden without
// RightReports.
func ScopeOf(a ticketing.Actor) (ticketing.Scope, error) {
	if !a.May(ticketing.RightReports) {
		return ticketing.Scope{}, &ticketing.Error{Kind: ticketing.Forbidden, Key: "access.forbidden", Args: map[string]any{"Right": string(ticketing.RightReports)}}
	}
	program := a.System && a.Agent == 0 // a system token is still its owner's
	if !program && a.Role == ticketing.RoleHead {
		return ticketing.Scope{Departments: a.Departments}, nil
	}
	return ticketing.Scope{All: true}, nil
}

// within puts the actor's departments into the filter. A department outside is
// NotFound, as is having none at all.
func within(a ticketing.Actor, f Filter) (Filter, error) {
	s, err := ScopeOf(a)
	switch {
	case err != nil:
		return f, err
	case s.All:
		return f, nil
	case len(f.Departments) == 0:
		f.Departments = slices.Clone(s.Departments)
	}
	if len(f.Departments) == 0 || slices.ContainsFunc(f.Departments, func(d ticketing.DepartmentID) bool { return !s.Sees(d) }) {
		return f, &ticketing.Error{Kind: ticketing.NotFound, Key: "department.unknown"}
	}
	return f, nil
}

// Cases lists the tickets behind a figure, as far as the actor may report on
// them; without RightRead the subjects stay empty. Errors: Forbidden, NotFound
// for a department of others, Invalid for a drill that chooses nothing.
func Cases(ctx context.Context, src Behind, a ticketing.Actor, d Drill, cursor string, limit int) (ticketing.Page[Case], error) {
	var err error
	if d.Filter, err = within(a, d.Filter); err != nil {
		return ticketing.Page[Case]{}, err
	}
	if err := d.check(); err != nil {
		return ticketing.Page[Case]{}, err
	}
	page, err := src.Behind(ctx, d, cursor, limit)
	if err != nil || a.May(ticketing.RightRead) {
		return page, err
	}
	for i := range page.Items {
		page.Items[i].Subject = ""
	}
	return page, nil
}
