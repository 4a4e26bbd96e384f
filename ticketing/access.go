package ticketing

import (
	"strconv"
	"strings"
)

// An Actor is who does something. It is always an explicit argument: nothing
// reads it from a context.
type Actor struct {
	Agent       AgentID // 0 unless a member of staff
	Name        string
	Role        Role
	Departments []DepartmentID
	System      bool    // a machine: its replies meet no clock
	Citizen     bool    // the requester, through a link that proved it
	Body        BodyID  // an outside body, through a link that proved it
	Label       string  // what a system calls itself: "intake", "watch", "token:desk-bot"
	Rights      []Right // when not nil, further limits what the role allows (API tokens)
}

// SystemActor is the program itself under the name of one of its duties.
func SystemActor(duty string) Actor { return Actor{System: true, Label: duty} }

// ActorOf is the agent acting.
func ActorOf(a Agent) Actor {
	return Actor{Agent: a.ID, Name: a.Name, Role: a.Role, Departments: a.Departments}
}

// ID is how events name the actor: "agent:12", "system:watch", "citizen".
func (a Actor) ID() string {
	switch {
	case a.Citizen:
		return "citizen"
	case a.Body != 0:
		return bodyPrefix + strconv.FormatInt(int64(a.Body), 10)
	case a.System && a.Agent == 0:
		return "system:" + a.Label
	case a.Label != "":
		return "agent:" + strconv.FormatInt(int64(a.Agent), 10) + "/" + a.Label
	}
	return "agent:" + strconv.FormatInt(int64(a.Agent), 10)
}

// bodyPrefix begins the actor ID of an outside body.
const bodyPrefix = "body:"

// AgentOf reads the agent out of an actor's ID as events keep it.
func AgentOf(actorID string) (AgentID, bool) {
	rest, ok := strings.CutPrefix(actorID, "agent:")
	if !ok {
		return 0, false
	}
	rest, _, _ = strings.Cut(rest, "/")
	n, err := strconv.ParseInt(rest, 10, 64)
	return AgentID(n), err == nil
}

// A Right is one thing an actor may do.
type Right string

// The rights. The names are also the scopes of API tokens.
const (
	RightRead     Right = "tickets:read"
	RightWrite    Right = "tickets:write"    // note, categorise, prioritise, tag, assign, move, resolve, close, reopen
	RightReply    Right = "tickets:reply"    // send to the citizen
	RightValidate Right = "tickets:validate" // validate or reject a report
	RightOpen     Right = "tickets:open"     // open a ticket by hand
	RightSpam     Right = "tickets:spam"
	RightCitizens Right = "citizens:write"  // edit, join, separate citizens
	RightReveal   Right = "citizens:reveal" // see a whole telephone number
	RightRaw      Right = "mail:raw"        // download originals
	RightLedger   Right = "intake:read"     // the intake ledger
	RightRetry    Right = "intake:retry"    // retry or settle ledger items, retry deliveries
	RightReports  Right = "reports:read"
	RightAudit    Right = "audit:read"
	RightManage   Right = "manage"           // users, departments, categories, mailboxes, tokens
	RightOutgoing Right = "outgoing:release" // release deliveries held after a restore
	RightCalls    Right = "calls:read"       // the calls of the bureau, and the numbers to call back
)

// AllRights lists every right.
func AllRights() []Right {
	return []Right{
		RightRead, RightWrite, RightReply, RightValidate, RightOpen, RightSpam, RightCitizens, RightReveal,
		RightRaw, RightLedger, RightRetry, RightReports, RightAudit, RightManage, RightOutgoing, RightCalls,
	}
}

// rightsOf is the table of who may do what; Scope says on which tickets.
var rightsOf = map[Role][]Right{
	RoleAgent: {
		RightRead, RightWrite, RightReply, RightValidate, RightOpen, RightSpam, RightCitizens, RightReveal,
		RightRaw, RightLedger, RightRetry, RightReports, RightCalls,
	},
	RoleOfficer: {RightRead, RightWrite, RightReply, RightReveal},
	RoleHead:    {RightRead, RightWrite, RightReply, RightReveal, RightReports},
	RoleAdmin:   AllRights(),
	RoleAuditor: {RightLedger, RightReports, RightAudit},
}

// RightsOf gives what the role may do.
func RightsOf(r Role) []Right { return rightsOf[r] }

// May reports whether the actor has the right at all. Which tickets it holds
// for is Scope's matter.
func (a Actor) May(r Right) bool {
	if a.System && a.Agent == 0 {
		return true
	}
	if a.Citizen {
		return false
	}
	return has(rightsOf[a.Role], r) && (a.Rights == nil || has(a.Rights, r))
}

func has[T comparable](list []T, x T) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// A Scope says which tickets an actor may see; storage puts it into the query,
// and what lies outside is NotFound. A department outside whose custody a
// ticket went may still read it.
type Scope struct {
	All         bool
	Departments []DepartmentID
}

// Scope gives the actor's scope. The zero Scope sees nothing.
func (a Actor) Scope() Scope {
	switch {
	case a.System && a.Agent == 0:
		return Scope{All: true}
	case a.Citizen || !a.May(RightRead):
		return Scope{}
	case a.Role == RoleAgent || a.Role == RoleAdmin:
		return Scope{All: true}
	}
	return Scope{Departments: a.Departments}
}

// Sees reports whether the scope covers a ticket in the custody of the
// department now.
func (s Scope) Sees(d DepartmentID) bool { return s.All || has(s.Departments, d) }

// need is Forbidden unless the actor has the right.
func (a Actor) need(r Right) error {
	if a.May(r) {
		return nil
	}
	return &Error{Kind: Forbidden, Key: "access.forbidden", Args: map[string]any{"Right": string(r)}}
}
