package ticketing

import (
	"cmp"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

// ViewID numbers a saved view.
type ViewID int64

// A ListName names one of the lists agents switch between.
type ListName string

// The lists.
const (
	ListMine       ListName = "mine"
	ListUnassigned ListName = "unassigned"
	ListToday      ListName = "today" // due today and not late yet
	ListOverdue    ListName = "overdue"
	ListWaiting    ListName = "waiting"
	ListAsked      ListName = "asked" // open questions to the reader's departments
	ListAll        ListName = "all"   // in work
	ListSpam       ListName = "spam"
	ListClosed     ListName = "closed"
)

// Lists gives the lists in the order of the navigation.
func Lists() []ListName {
	return []ListName{ListMine, ListUnassigned, ListToday, ListOverdue, ListWaiting, ListAsked, ListAll, ListSpam, ListClosed}
}

// A ViewFilter is what a list shows and in what order, as people choose it:
// "mine" and "today" are those of whoever reads. Zero fields do not narrow; the
// zero Sort is the order of the list itself.
type ViewFilter struct {
	List       ListName
	Department DepartmentID
	Category   CategoryID
	District   DistrictID
	Channel    Channel
	Priority   string // name of a priority
	Assignee   AgentID
	Tag        string
	Sort       Sort
	Desc       bool
}

// Tickets gives the query of the filter for a reader. now lies in the zone of
// the reader's day.
func (f ViewFilter) Tickets(by Actor, d *Directory, now time.Time) TicketFilter {
	q := TicketFilter{
		Scope: by.Scope(), Department: f.Department, Category: f.Category, District: f.District, Channel: f.Channel, Assignee: f.Assignee,
		Tag: f.Tag, Sort: SortDue,
	}
	if p, ok := ParsePriority(f.Priority); ok {
		q.Priority = &p
	}
	year, month, day := now.Date()
	switch f.List {
	case ListMine:
		q.Assignee = cmp.Or(q.Assignee, by.Agent)
	case ListUnassigned:
		q.Unassigned = true
	case ListToday:
		q.DueFrom, q.DueBefore = now, time.Date(year, month, day+1, 0, 0, 0, 0, now.Location())
	case ListOverdue:
		q.Overdue = now
	case ListWaiting:
		q.States = []State{StateWaiting}
	case ListAsked:
		q.Asked, q.Questions = true, d.AskedOf(by)
	case ListSpam:
		q.Spam, q.Sort, q.Desc = true, SortReceived, true
	case ListClosed:
		q.States, q.Sort, q.Desc = []State{StateResolved, StateClosed}, SortReceived, true
	case ListAll:
	}
	if f.Sort != "" {
		q.Sort, q.Desc = f.Sort, f.Desc
	}
	return q
}

// AskedOf gives the departments whose questions the actor answers: the own ones;
// those of the bureau for an agent, who belongs to none; all for an admin.
func (d *Directory) AskedOf(by Actor) []DepartmentID {
	var out []DepartmentID
	scope, bureau := by.Scope(), DepartmentID(0)
	if b, ok := d.Bureau(); ok && len(by.Departments) == 0 && by.Role == RoleAgent {
		bureau = b.ID
	}
	for i := range d.Departments {
		id := d.Departments[i].ID
		mine := slices.Contains(by.Departments, id)
		if len(by.Departments) == 0 {
			mine = bureau == 0 || bureau == id
		}
		if mine && scope.Sees(id) {
			out = append(out, id)
		}
	}
	return out
}

// A SavedView is a filter somebody keeps under a name: for themselves, or
// shared with others. Whoever opens it sees tickets of their own scope only.
type SavedView struct {
	ID          ViewID
	Owner       AgentID
	Shared      bool
	Departments []DepartmentID // whose members a shared one is for; none: everybody
	Name        string
	Place       int // order among the owner's own, or among the shared ones
	Filter      ViewFilter
	Version     int64
}

// Bounds of saved views.
const (
	MaxViews      = 20 // a member of staff keeps for themselves, and shares
	MaxViewName   = 60 // characters
	maxViewedTag  = 60
	MostViewCount = 99 // up to which the tickets of a view are counted
)

// MayShare reports whether the actor shares views: heads with the members of
// their departments, admins with everybody.
func (a Actor) MayShare() bool {
	return a.Agent != 0 && (a.May(RightManage) || a.Role == RoleHead && a.May(RightWrite))
}

// shows reports whether the view is the actor's to open.
func (v *SavedView) shows(by Actor) bool {
	switch {
	case by.Agent == 0:
		return false
	case v.Owner == by.Agent:
		return true
	case !v.Shared:
		return false
	}
	return len(v.Departments) == 0 || by.May(RightManage) ||
		slices.ContainsFunc(v.Departments, func(d DepartmentID) bool { return slices.Contains(by.Departments, d) })
}

// MayChange reports whether the actor renames, moves or deletes the view: their
// own, and shared ones with RightManage.
func (v *SavedView) MayChange(by Actor) bool {
	return v.shows(by) && (v.Owner == by.Agent || v.Shared && by.May(RightManage))
}

// ViewsOf gives the views the actor may open: those they keep for themselves,
// then the shared ones, each in their order.
func (d *Directory) ViewsOf(by Actor) []SavedView {
	var out []SavedView
	for i := range d.Views {
		if d.Views[i].shows(by) {
			out = append(out, d.Views[i])
		}
	}
	slices.SortStableFunc(out, inOrder)
	return out
}

// View gives a view that the actor may open.
func (d *Directory) View(by Actor, id ViewID) (SavedView, bool) {
	return find(d.Views, func(v *SavedView) bool { return v.ID == id && v.shows(by) })
}

// inOrder puts own views before shared ones, each in their places.
func inOrder(a, b SavedView) int {
	if a.Shared != b.Shared {
		if a.Shared {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.ID, b.ID))
}

// check puts name and filter in order, or says what is wrong with them. What the
// filter names must exist.
func (v *SavedView) check(d *Directory) error {
	if v.Name = cleanLine(v.Name, MaxViewName); v.Name == "" {
		return invalid("name", "name.empty")
	}
	f := &v.Filter
	if !slices.Contains(Lists(), f.List) {
		return invalid("list", "queue.unknown_view")
	}
	if _, ok := d.Department(f.Department); f.Department != 0 && !ok {
		return invalid("department", "department.unknown")
	}
	if _, ok := d.Category(f.Category); f.Category != 0 && !ok {
		return invalid("category", "category.unknown")
	}
	if _, ok := d.District(f.District); f.District != 0 && !ok {
		return invalid("district", "rule.district")
	}
	if _, ok := d.Agent(f.Assignee); f.Assignee != 0 && !ok {
		return invalid("assignee", "agent.unknown")
	}
	if f.Channel != "" && !f.Channel.Known() {
		return invalid("channel", "channel.unknown")
	}
	if _, ok := ParsePriority(f.Priority); f.Priority != "" && !ok {
		return invalid("priority", "priority.unknown")
	}
	f.Tag = cleanLine(f.Tag, maxViewedTag)
	switch f.Sort {
	case "", SortDue, SortReceived, SortActivity, SortPriority:
	default:
		return invalid("sort", "sort.unknown")
	}
	if f.Sort == "" {
		f.Desc = false
	}
	return nil
}

// sameName reports whether two names read the same, in any script.
func sameName(a, b string) bool { return lang.Fold(a) == lang.Fold(b) }
