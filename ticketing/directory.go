package ticketing

import (
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

// A Department is a body that can have custody of tickets: a secretariat, a
// service, a public company. The bureau itself is one.
type Department struct {
	ID       DepartmentID
	Code     string // short, stable, [a-z0-9-]: what the API and files use
	Names    map[lang.Tag]string
	Email    string  // where hand-overs are announced; "" = nowhere
	Digest   bool    // announce hand-overs in one mail a day instead of at once
	Intake   bool    // the bureau: new tickets without a category start here
	LegHours int     // working hours in which it does its part of a ticket; 0 = no such target
	Sharing  Sharing // how its tickets are shared out among its people
	Disabled bool
	Version  int64
}

// A Category is a kind of request the city accepts: the unit of promise,
// routing and proof.
type Category struct {
	ID          CategoryID
	Code        string
	Names       map[lang.Tag]string
	Department  DepartmentID
	OnCall      bool       // has a crew on duty: promise from receipt, elapsed, around the clock
	Profile     string     // promise profile; "" = the city's default
	ResolveDays int        // working days to do the work; 0 = no resolve clock
	Proof       Proof      // what closing as resolved demands
	Passes      []Passable // what a referral may show to an outside body
	Default     bool       // given to contacts nobody has categorised
	Disabled    bool
	Version     int64
}

// Proof is what a category demands before a ticket may be closed as resolved.
type Proof string

// The demands.
const (
	ProofNone     Proof = ""
	ProofAnswer   Proof = "answer"   // an answer that reached the citizen
	ProofPhoto    Proof = "photo"    // a picture on a message of the bureau
	ProofDecision Proof = "decision" // the number of a decision
)

// NameIn gives a name in the language, in the source language, or any.
func NameIn(names map[lang.Tag]string, tag lang.Tag) string {
	if n := names[tag]; n != "" {
		return n
	}
	if n := names[lang.SrLatn]; n != "" {
		if tag == lang.SrCyrl {
			return lang.ToCyrillic(n)
		}
		return n
	}
	for _, t := range lang.Tags() {
		if n := names[t]; n != "" {
			return n
		}
	}
	return ""
}

// A Role is what an agent may do; see May for the table.
type Role string

// The roles.
const (
	RoleAgent   Role = "agent"   // call centre: every ticket
	RoleOfficer Role = "officer" // the tickets of the own departments
	RoleHead    Role = "head"    // head of departments: their tickets and reports
	RoleAdmin   Role = "admin"   // everything, and the settings
	RoleAuditor Role = "auditor" // events, ledger and reports; no contents
)

// Roles lists the roles in the order menus show them.
func Roles() []Role { return []Role{RoleAgent, RoleOfficer, RoleHead, RoleAdmin, RoleAuditor} }

// An Agent is a member of staff with an account.
type Agent struct {
	ID           AgentID
	Email        string // sign-in name, lower case, unique
	Name         string
	Role         Role
	Departments  []DepartmentID // of officers and heads
	PasswordHash string         // argon2id in PHC form; "" until an invitation is accepted
	Language     lang.Tag
	Theme        string // "", "light", "dark"
	SingleKeys   bool   // one-letter shortcuts on
	Extension    string // of the telephone, as the exchange names it
	Disabled     bool
	CreatedAt    time.Time
	LastSeenAt   time.Time
	Version      int64
}

// Initials gives up to two letters for the avatar.
func (a *Agent) Initials() string { return Initials(a.Name) }

// A Directory is a consistent snapshot of what changes rarely: departments,
// categories, agents (without password hashes), profiles and calendars, routing,
// absences, saved views and ready-made answers. It is immutable; the store renews it when something changed.
type Directory struct {
	Departments []Department
	Bodies      []Body
	Categories  []Category
	Agents      []Agent
	Letters     []LetterText // the newest version of each text the city ever changed
	Rules       *Rulebook
	Routes      *Routes   // rules and districts of routing; nil when there are none
	Absences    []Absence // that last or are to come
	Views       []SavedView
	Templates   []Template // ready-made answers
	Stamp       int64      // raised by every change
}

// Department gives the department, ok false when unknown.
func (d *Directory) Department(id DepartmentID) (Department, bool) {
	return find(d.Departments, func(x *Department) bool { return x.ID == id })
}

// DepartmentByCode gives the department of the code.
func (d *Directory) DepartmentByCode(code string) (Department, bool) {
	return find(d.Departments, func(x *Department) bool { return x.Code == code })
}

// Body gives the outside body, ok false when unknown.
func (d *Directory) Body(id BodyID) (Body, bool) {
	return find(d.Bodies, func(x *Body) bool { return x.ID == id })
}

// BodyByCode gives the outside body, ok false when unknown.
func (d *Directory) BodyByCode(code string) (Body, bool) {
	return find(d.Bodies, func(x *Body) bool { return x.Code == code })
}

// Category gives the category, ok false when unknown.
func (d *Directory) Category(id CategoryID) (Category, bool) {
	return find(d.Categories, func(x *Category) bool { return x.ID == id })
}

// CategoryByCode gives the category of the code.
func (d *Directory) CategoryByCode(code string) (Category, bool) {
	return find(d.Categories, func(x *Category) bool { return x.Code == code })
}

// DefaultCategory is given to contacts that nobody has categorised.
func (d *Directory) DefaultCategory() (Category, bool) {
	if c, ok := find(d.Categories, func(x *Category) bool { return x.Default && !x.Disabled }); ok {
		return c, true
	}
	return find(d.Categories, func(x *Category) bool { return !x.Disabled })
}

// Bureau is the department in which new tickets without another start.
func (d *Directory) Bureau() (Department, bool) {
	if b, ok := find(d.Departments, func(x *Department) bool { return x.Intake && !x.Disabled }); ok {
		return b, true
	}
	return find(d.Departments, func(x *Department) bool { return !x.Disabled })
}

// Agent gives the agent, ok false when unknown.
func (d *Directory) Agent(id AgentID) (Agent, bool) {
	return find(d.Agents, func(x *Agent) bool { return x.ID == id })
}

func find[T any](list []T, match func(*T) bool) (T, bool) {
	for i := range list {
		if match(&list[i]) {
			return list[i], true
		}
	}
	var zero T
	return zero, false
}

// In reports whether the agent belongs to the department.
func (a *Agent) In(id DepartmentID) bool { return slices.Contains(a.Departments, id) }

// Initials gives up to two upper-case letters that stand for a name.
func Initials(name string) string {
	var out []rune
	start := true
	for _, r := range name {
		switch {
		case r == ' ' || r == '-' || r == '.':
			start = true
		case start && len(out) < 2:
			out = append(out, r)
			start = false
		default:
			start = false
		}
	}
	return upper(string(out))
}
