package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing"
)

// bodies gives a good body for each operation that takes one.
var bodies = map[string]string{
	"open-ticket": `{"text":"Rupa na putu"}`, "change-ticket": `{"subject":"Novi naslov"}`, "reply": `{"text":"Odgovor"}`, "note": `{"text":"Bilješka"}`,
	"refer-ticket": `{"department":"lighting","reason":"x"}`, "tell-body": `{"text":"x"}`,
	"consult": `{"department":"lighting","text":"x"}`, "answer-consultation": `{"text":"x"}`,
	"pause-ticket": `{"reason":"weather"}`, "close-ticket": `{"code":"withdrawn"}`, "resolve-ticket": `{"note":"12/26"}`,
	"put-policy": `{"version":0,"profile":"tivat"}`, "put-ladder": `{"version":0,"steps":[]}`, "choose-profile": `{"profile":"tivat"}`,
	"put-profile": `{"version":0,"start":"receipt","calendar":"24x7","target_seconds":7200}`, "put-calendar": `{"version":0,"weekly":[{"day":"monday","from":"07:00","to":"15:00"}]}`,
	"order-recompute": `{"reason":"x"}`, "validate-ticket": `{"valid":true}`, "put-routing": `{"version":0,"all":false,"rules":[]}`,
	"add-absence": `{"agent":"adam@grad.example","from":"2030-01-01T00:00:00Z","until":"2030-01-02T00:00:00Z"}`, "upload": "bytes",
}

// pathOf fills a route's path in.
func pathOf(r route, ref ticketing.Reference, id string) string {
	p := strings.NewReplacer("{ref}", string(ref), "{id}", id, "{version}", "1", "{part}", "streets", "{name}", "new-one").Replace(r.path)
	switch r.id {
	case "list-deliveries":
		p += "?state=pending"
	case "find-messages":
		p += "?message_id=x"
	case "report-sla", "report-department":
		p += "?from=2026-01-01&to=2026-01-31"
	case "report-cases":
		p += "?set=open"
	case "import-districts":
		p += "?version=0"
	case "upload":
		p += "?name=a.txt&for=note"
	}
	return p
}

// A39: the matrix of rights and operations, from the table of routes. Every
// operation answers a token with exactly its right, and refuses all others.
func TestEveryRightOnEveryRoute(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	for _, right := range ticketing.AllRights() {
		secret := d.token(t, d.Adam, right)
		for _, r := range d.api.routes {
			a := d.call(t, secret, r.method, pathOf(r, ref, "1"), bodies[r.id])
			refused := a.status == http.StatusForbidden
			if want := r.right != "" && r.right != right; refused != want {
				t.Errorf("%s with %s: %d %s", r.id, right, a.status, a.body)
			}
			if a.status >= 500 {
				t.Errorf("%s with %s: %d %s", r.id, right, a.status, a.body)
			}
		}
	}
}

// Nothing is served below the prefix that is not in the table, and so not in
// the matrix, and all of it is described.
func TestNoRouteOutsideTheTable(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	known := map[string]bool{"GET " + Prefix + descriptionPath: true}
	ids := map[string]bool{}
	for _, r := range d.api.routes {
		known[r.method+" "+Prefix+strings.NewReplacer("{", ":", "}", "").Replace(r.path)] = true
		if ids[r.id] {
			t.Errorf("two operations are called %s", r.id)
		}
		ids[r.id] = true
		item := d.api.huma.OpenAPI().Paths[r.path]
		if item == nil {
			t.Errorf("%s is not described", r.path)
		}
	}
	for _, r := range d.echo.Routes() {
		if strings.HasPrefix(r.Path, Prefix) && r.Method != "echo_route_not_found" && !known[r.Method+" "+r.Path] {
			t.Errorf("%s %s is not in the table", r.Method, r.Path)
		}
	}
}

// Writing operations are not open to a token that may only read, by any method.
func TestReadingTokenWritesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	before := d.View(t, ref)
	secret := d.token(t, d.Adam, ticketing.RightRead, ticketing.RightLedger, ticketing.RightReports, ticketing.RightAudit)
	for _, r := range d.api.routes {
		if r.method == http.MethodGet {
			continue
		}
		d.call(t, secret, r.method, pathOf(r, ref, "1"), bodies[r.id]).want(t, http.StatusForbidden)
	}
	after := d.View(t, ref)
	if after.Ticket.Version != before.Ticket.Version || len(after.Messages) != len(before.Messages) || len(after.Deliveries) != len(before.Deliveries) {
		t.Error("something was written")
	}
}

// A33, A35: what lies outside the scope is as unknown as what does not exist,
// for reading and for writing, and stays unchanged.
func TestForeignTicketIsUnknown(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	a := d.call(t, ana, http.MethodPost, "/tickets", `{"text":"Rupa","category":"pothole","channel":"counter","citizen":{"email":"marko@example.me"},
		"attachments":[{"name":"a.txt","content":"aGVq"}]}`).want(t, http.StatusCreated)
	ref := ticketing.Reference(a.object(t)["ref"].(string))
	d.call(t, ana, http.MethodPost, "/tickets/"+string(ref)+"/replies", `{"text":"Odgovor"}`).want(t, http.StatusCreated)
	before := d.View(t, ref)
	var message, delivery string
	for _, x := range before.Messages {
		message = num(int64(x.ID))
	}
	for _, x := range before.Deliveries {
		delivery = num(int64(x.ID))
	}
	file := num(int64(before.Messages[0].Files[0].ID))
	oskar := d.token(t, d.Oskar)
	foreign := ticketing.NewReference("S48", 26, 999)
	for _, r := range d.api.routes {
		id := message
		switch {
		case strings.HasPrefix(r.path, "/deliveries/"):
			id = delivery
		case strings.HasPrefix(r.path, "/attachments/"):
			id = file
		case !strings.Contains(r.path, "{"):
			continue
		}
		if !slices.Contains(ticketing.RightsOf(ticketing.RoleOfficer), r.right) {
			d.call(t, oskar, r.method, pathOf(r, ref, id), bodies[r.id]).want(t, http.StatusForbidden)
			continue
		}
		mine := d.call(t, oskar, r.method, pathOf(r, ref, id), bodies[r.id])
		none := d.call(t, oskar, r.method, pathOf(r, foreign, "999999"), bodies[r.id])
		if mine.status != http.StatusNotFound || sansID(t, mine) != sansID(t, none) {
			t.Errorf("%s: foreign %d %s, unknown %d %s", r.id, mine.status, mine.body, none.status, none.body)
		}
	}
	after := d.View(t, ref)
	if after.Ticket.Version != before.Ticket.Version || len(after.Messages) != len(before.Messages) {
		t.Error("a foreign ticket was changed")
	}
	if n := d.Blobs.Keys(); n != 1 {
		t.Errorf("%d blobs: a refused upload left its bytes", n)
	}
}

// A36: a foreign ticket cannot be named as the other of a duplicate.
func TestForeignTicketIsNoDuplicate(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	open := func(category string) string {
		a := d.call(t, ana, http.MethodPost, "/tickets", `{"text":"x","category":"`+category+`"}`).want(t, http.StatusCreated)
		return a.object(t)["ref"].(string)
	}
	own, foreign := open("street-light"), open("pothole")
	oskar := d.token(t, d.Oskar)
	var answers []string
	for _, other := range []string{foreign, string(ticketing.NewReference("S48", 26, 999))} {
		a := d.call(t, oskar, http.MethodPost, "/tickets/"+own+"/closure", `{"code":"duplicate","duplicate_of":"`+other+`"}`).want(t, http.StatusUnprocessableEntity)
		answers = append(answers, sansID(t, a))
	}
	if answers[0] != answers[1] {
		t.Errorf("foreign and unknown differ: %s", answers)
	}
}

// A37: neither lists, filters, search nor finding by source show what lies
// outside the scope.
func TestListsShowNothingForeign(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	e := d.Receive(t, d.Mail("marko@example.me", "Rupa na Bulevaru", "Velika rupa"))
	hash := d.View(t, e.TicketRef).Messages[0].RawSHA256
	oskar, ana := d.token(t, d.Oskar), d.token(t, d.Ana)
	for _, path := range []string{
		"/tickets", "/tickets?q=" + string(e.TicketRef), "/tickets?q=rupa", "/tickets?q=marko@example.me", "/tickets?department=bureau",
		"/tickets?state=received", "/messages?raw_sha256=" + hash, "/messages?message_id=" + e.Arrival.MessageID,
	} {
		if n := len(d.call(t, oskar, http.MethodGet, path, "").want(t, http.StatusOK).items(t)); n != 0 {
			t.Errorf("%s shows an officer of another department %d items", path, n)
		}
		if n := len(d.call(t, ana, http.MethodGet, path, "").want(t, http.StatusOK).items(t)); n != 1 {
			t.Errorf("%s shows the call centre %d items", path, n)
		}
	}
}

// A custody that went elsewhere can be read and not written.
func TestHandedOverTicketIsReadOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana, oskar := d.token(t, d.Ana), d.token(t, d.Oskar)
	ref := d.call(t, ana, http.MethodPost, "/tickets", `{"text":"x","category":"street-light"}`).want(t, http.StatusCreated).object(t)["ref"].(string)
	d.call(t, oskar, http.MethodPatch, "/tickets/"+ref, `{"department":"roads","reason":"nije naše"}`).want(t, http.StatusOK)
	d.call(t, oskar, http.MethodGet, "/tickets/"+ref, "").want(t, http.StatusOK)
	for _, path := range []string{"/replies", "/notes"} {
		d.call(t, oskar, http.MethodPost, "/tickets/"+ref+path, `{"text":"x"}`).want(t, http.StatusForbidden)
	}
	d.call(t, oskar, http.MethodPost, "/tickets/"+ref+"/uploads?name=a&for=reply", "bytes").want(t, http.StatusForbidden)
}

// A41: a field that is not on the list is refused and named, wherever it stands.
func TestMassAssignmentIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	before := d.View(t, ref)
	secret := d.token(t, d.Adam)
	for _, r := range d.api.routes {
		body := bodies[r.id]
		if !strings.HasPrefix(body, "{") {
			continue
		}
		for _, field := range []string{
			"id", "ref", "state", "version", "closed_at", "resolved_at", "answered_at", "clocks", "created_at", "__proto__", "by", "from", "episode",
			"closure_code", "undo", "once", "tracking_epoch", "password_hash",
		} {
			if strings.Contains(body, `"`+field+`":`) {
				continue // it is on the list
			}
			a := d.call(t, secret, r.method, pathOf(r, ref, "1"), `{"`+field+`":1,`+body[1:])
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(string(a.body), `"field":"`+field+`"`) {
				t.Errorf("%s with %s: %d %s", r.id, field, a.status, a.body)
			}
		}
	}
	for path, body := range map[string]string{
		"/tickets":                           `{"text":"x","citizen":{"name":"M","into":3}}`,
		"/tickets/" + string(ref) + "/notes": `{"text":"x","attachments":[{"content":"aGVq","key":"abc"}]}`,
	} {
		a := d.call(t, secret, http.MethodPost, path, body).want(t, http.StatusUnprocessableEntity)
		if !strings.Contains(string(a.body), "citizen.into") && !strings.Contains(string(a.body), "attachments[0].key") {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	if after := d.View(t, ref); after.Ticket.Version != before.Ticket.Version {
		t.Error("the ticket was changed")
	}
}

// A40, A42: what a new ticket names must exist, and no name leaks through it.
func TestNamesOfANewTicketMustExist(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	for field, body := range map[string]string{
		"category":      `{"text":"x","category":"nema"}`,
		"department":    `{"text":"x","department":"nema"}`,
		"language":      `{"text":"x","language":"tlh"}`,
		"citizen.phone": `{"text":"x","citizen":{"phone":"12"}}`,
		"email":         `{"text":"x","citizen":{"email":"nije adresa"}}`,
		"received_at":   `{"text":"x","received_at":"2027-01-01T00:00:00Z"}`,
		"reason":        `{"text":"x","received_at":"2026-01-04T08:00:00Z"}`,
		"channel":       `{"text":"x","channel":"pigeon"}`,
	} {
		a := d.call(t, ana, http.MethodPost, "/tickets", body).want(t, http.StatusUnprocessableEntity)
		if !strings.Contains(string(a.body), `"field":"`+field+`"`) {
			t.Errorf("%s: %s", field, a.body)
		}
	}
	d.call(t, ana, http.MethodPost, "/tickets", `{"text":"x","citizen":{"id":4711}}`).want(t, http.StatusNotFound)
	if n := len(d.call(t, ana, http.MethodGet, "/tickets", "").items(t)); n != 0 {
		t.Errorf("%d tickets were opened", n)
	}
}
