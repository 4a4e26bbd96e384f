package api

import (
	"net/http"
	"testing"

	"github.com/sistem48/system48/ticketing"
)

// TestViews: a program reads the views of whom it acts for, and their tickets
// within that person's sight (A33, A38); another's own view is not there.
func TestViews(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	views := ticketing.Views{Bureau: d.Core}
	for who, v := range map[*ticketing.Agent]*ticketing.SavedView{
		&d.Ana:  {Name: "Moje", Filter: ticketing.ViewFilter{List: ticketing.ListAll, Channel: ticketing.ChannelEmail}},
		&d.Adam: {Name: "Cijeli grad", Shared: true, Filter: ticketing.ViewFilter{List: ticketing.ListAll}},
	} {
		if err := views.Save(t.Context(), ticketing.ActorOf(*who), v); err != nil {
			t.Fatal(err)
		}
	}
	ana, olga := d.token(t, d.Ana), d.token(t, d.Olga)
	items := func(secret, path string) []any {
		t.Helper()
		return d.call(t, secret, http.MethodGet, path, "").want(t, http.StatusOK).object(t)["items"].([]any)
	}
	mine := items(ana, "/views")
	if len(mine) != 2 || mine[0].(map[string]any)["name"] != "Moje" || mine[0].(map[string]any)["channel"] != "email" {
		t.Fatalf("views of Ana: %v", mine)
	}
	path := func(v any) string { return "/views/" + num(int64(v.(map[string]any)["id"].(float64))) + "/tickets" }
	if got := items(ana, path(mine[0])); len(got) != 1 || got[0].(map[string]any)["ref"] != string(ref) {
		t.Errorf("tickets of the view: %v", got)
	}
	d.call(t, olga, http.MethodGet, path(mine[0]), "").want(t, http.StatusNotFound)
	if got := items(olga, path(mine[1])); len(got) != 0 {
		t.Errorf("an officer of Roads sees %v through a shared view", got)
	}
}
