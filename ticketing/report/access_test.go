package report_test

import (
	"slices"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

// A33, A37: a head reports on their own departments, also through a token that
// acts as the system; the program itself and the bureau on all.
func TestScopeOf(t *testing.T) {
	t.Parallel()
	head := ticketing.ActorOf(ticketing.Agent{ID: 7, Role: ticketing.RoleHead, Departments: []ticketing.DepartmentID{3, 4}})
	token := head
	token.System, token.Label, token.Rights = true, "token:tabla", []ticketing.Right{ticketing.RightReports, ticketing.RightRead}
	for name, tt := range map[string]struct {
		actor ticketing.Actor
		all   bool
	}{
		"a head":                    {head, false},
		"a system token of a head":  {token, false},
		"the call centre":           {ticketing.ActorOf(ticketing.Agent{ID: 8, Role: ticketing.RoleAgent}), true},
		"the program's own reports": {ticketing.Actor{System: true}, true},
	} {
		got, err := report.ScopeOf(tt.actor)
		if err != nil || got.All != tt.all || (!tt.all && !slices.Equal(got.Departments, head.Departments)) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
