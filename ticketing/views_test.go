package ticketing_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// viewNames gives what the actor finds, in order.
func (r *rig) viewNames(by ticketing.Actor) []string {
	r.Helper()
	d, err := r.Store.Directory(r.Context())
	r.must(err)
	var out []string
	for _, v := range d.ViewsOf(by) {
		out = append(out, v.Name)
	}
	return out
}

// TestSavedViews: one's own are one's own, shared ones are for whom they are
// shared with, only their keepers change them (A33), and there are never more
// than the bound.
func TestSavedViews(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	views := ticketing.Views{Bureau: r.Core}
	ana, olga, hana, adam := r.ana(), ticketing.ActorOf(r.Olga), ticketing.ActorOf(r.Hana), ticketing.ActorOf(r.Adam)
	keep := func(by ticketing.Actor, name string, shared bool) (ticketing.SavedView, error) {
		v := ticketing.SavedView{Name: name, Shared: shared, Filter: ticketing.ViewFilter{List: ticketing.ListAll, Channel: ticketing.ChannelEmail}}
		err := views.Save(t.Context(), by, &v)
		return v, err
	}
	mine, err := keep(ana, "  Rupe  ", false)
	r.must(err)
	if mine.Name != "Rupe" || mine.Owner != r.Ana.ID || mine.ID == 0 {
		t.Fatalf("kept %+v", mine)
	}
	_, err = keep(ana, "РУПЕ", false)
	r.wantKey(err, ticketing.Conflict, "view.taken")
	_, err = keep(ana, " ", false)
	r.wantKey(err, ticketing.Invalid, "name.empty")
	_, err = keep(ana, "Za sve", true)
	r.wantKind(err, ticketing.Forbidden)
	ofRoads, err := keep(hana, "Putevi hitno", true)
	r.must(err)
	_, err = keep(adam, "Cijeli grad", true)
	r.must(err)
	for _, tt := range []struct {
		by   ticketing.Actor
		want string
	}{
		{ana, "[Rupe Cijeli grad]"},
		{olga, "[Putevi hitno Cijeli grad]"},
		{hana, "[Putevi hitno Cijeli grad]"},
		{adam, "[Putevi hitno Cijeli grad]"},
		{ticketing.SystemActor("x"), "[]"},
	} {
		if got := fmt.Sprint(r.viewNames(tt.by)); got != tt.want {
			t.Errorf("%s finds %s, want %s", tt.by.Name, got, tt.want)
		}
	}
	for name, err := range map[string]error{
		"another's own": views.Delete(t.Context(), olga, mine.ID), "an admin's look at it": views.Delete(t.Context(), adam, mine.ID),
	} {
		if ticketing.KindOf(err) != ticketing.NotFound {
			t.Errorf("%s: %v, want NotFound", name, err)
		}
	}
	r.wantKind(views.Delete(t.Context(), olga, ofRoads.ID), ticketing.Forbidden)
	ofRoads.Name = "Putevi, hitni"
	r.must(views.Save(t.Context(), adam, &ofRoads))
	if ofRoads.Owner != r.Hana.ID || len(ofRoads.Departments) != len(r.Hana.Departments) {
		t.Errorf("after an admin renamed it: %+v", ofRoads)
	}
	stale := ofRoads
	stale.Version--
	r.wantKind(views.Save(t.Context(), hana, &stale), ticketing.Stale)
	for i := range ticketing.MaxViews - 1 {
		_, err := keep(ana, fmt.Sprint("pogled ", i), false)
		r.must(err)
	}
	_, err = keep(ana, "jedan previše", false)
	r.wantKey(err, ticketing.Conflict, "view.too_many")
	events, err := r.Store.Events(t.Context(), ticketing.EventAdmin, "", time.Time{}, time.Time{}, "", 50)
	r.must(err)
	n := 0
	for _, e := range events.Items {
		if _, ok := e.Data["view"]; ok {
			n++
		}
	}
	if n != 3 { // two shared, one renamed; what Ana keeps for herself leaves none
		t.Errorf("%d events of views, want 3", n)
	}
}

// TestSavedViewsMove: a view goes up and down among those of its kind.
func TestSavedViewsMove(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	views := ticketing.Views{Bureau: r.Core}
	ids := map[string]ticketing.ViewID{}
	for _, name := range []string{"a", "b", "c"} {
		v := ticketing.SavedView{Name: name, Filter: ticketing.ViewFilter{List: ticketing.ListMine}}
		r.must(views.Save(t.Context(), r.ana(), &v))
		ids[name] = v.ID
	}
	for _, step := range []struct {
		name string
		up   bool
		want string
	}{{"a", true, "[a b c]"}, {"a", false, "[b a c]"}, {"c", true, "[b c a]"}, {"c", true, "[c b a]"}, {"a", false, "[c b a]"}} {
		r.must(views.Move(t.Context(), r.ana(), ids[step.name], step.up))
		if got := fmt.Sprint(r.viewNames(r.ana())); got != step.want {
			t.Errorf("%s up %t: %s, want %s", step.name, step.up, got, step.want)
		}
	}
	r.must(views.Delete(t.Context(), r.ana(), ids["b"]))
	if got := fmt.Sprint(r.viewNames(r.ana())); got != "[c a]" {
		t.Errorf("after deleting: %s", got)
	}
}

// TestViewFilter: a view shared by one shows the tickets of another's own scope
// and queue: "mine" and "asked" are the reader's.
func TestViewFilter(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	d, err := r.Store.Directory(t.Context())
	r.must(err)
	now := r.Clock.Now().In(time.UTC)
	olga, oskar := ticketing.ActorOf(r.Olga), ticketing.ActorOf(r.Oskar)
	for _, by := range []ticketing.Actor{r.ana(), olga} {
		f := ticketing.ViewFilter{List: ticketing.ListMine, Priority: "urgent", Sort: ticketing.SortReceived, Desc: true}.Tickets(by, d, now)
		if f.Assignee != by.Agent || f.Scope.All != by.Scope().All || f.Priority == nil || f.Sort != ticketing.SortReceived || !f.Desc {
			t.Errorf("mine of %s: %+v", by.Name, f)
		}
	}
	today := ticketing.ViewFilter{List: ticketing.ListToday}.Tickets(olga, d, now)
	if !today.DueFrom.Equal(now) || today.DueBefore.Sub(now) > 24*time.Hour || today.DueBefore.Hour() != 0 {
		t.Errorf("today is from %v to %v", today.DueFrom, today.DueBefore)
	}
	for _, tt := range []struct {
		by   ticketing.Actor
		want []ticketing.DepartmentID
	}{
		{oskar, oskar.Departments}, {r.ana(), []ticketing.DepartmentID{r.Bureau.ID}}, {ticketing.ActorOf(r.Adam), nil},
	} {
		f := ticketing.ViewFilter{List: ticketing.ListAsked}.Tickets(tt.by, d, now)
		if tt.want == nil {
			for _, x := range d.Departments {
				tt.want = append(tt.want, x.ID)
			}
		}
		if !f.Asked || fmt.Sprint(f.Questions) != fmt.Sprint(tt.want) {
			t.Errorf("asked of %s: %v, want %v", tt.by.Name, f.Questions, tt.want)
		}
	}
}
