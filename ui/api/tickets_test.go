package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
)

// open opens a ticket and gives its reference.
func (d *desk) open(t *testing.T, token, body string) string {
	t.Helper()
	return d.call(t, token, http.MethodPost, "/tickets", body).want(t, http.StatusCreated).object(t)["ref"].(string)
}

func TestTicketSaysWhatTheContractNames(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	a := d.call(t, ana, http.MethodPost, "/tickets", `{"subject":"Rupa","text":"Velika rupa","channel":"counter","category":"pothole","priority":"high",
		"location":{"address":"Bulevar 1","lat":42.44,"lon":19.26},"citizen":{"name":"Jovo Jović","email":"Jovo@Example.me","phone":"067 123 456"},
		"received_at":"2026-01-05T06:00:00Z","reason":"šalter, gužva"}`).want(t, http.StatusCreated)
	got := a.object(t)
	ref := got["ref"].(string)
	if a.header.Get("Location") != Prefix+"/tickets/"+ref {
		t.Errorf("Location: %s", a.header.Get("Location"))
	}
	want := map[string]any{
		"ref": ref, "subject": "Rupa", "state": "received", "closure_code": nil, "priority": "high", "channel": "counter",
		"category": map[string]any{"code": "pothole", "name": "Pothole"}, "department": map[string]any{"code": "roads", "name": "Roads"}, "assignee": nil,
		"citizen":  map[string]any{"id": 1.0, "name": "Jovo Jović", "emails": []any{"jovo@example.me"}, "phones": []any{"+38267123456"}},
		"location": map[string]any{"address": "Bulevar 1", "lat": 42.44, "lon": 19.26}, "language": "sr-Latn-ME",
		"received_at": "2026-01-05T06:00:00Z", "created_at": "2026-01-05T08:00:00Z", "validated_at": nil, "answered_at": nil,
		"resolved_at": nil, "closed_at": nil, "updated_at": "2026-01-05T08:00:00Z", "tags": []any{}, "version": 1.0, "id": 1.0,
	}
	for k := range got {
		if _, named := want[k]; !named {
			delete(got, k)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	clock := d.call(t, ana, http.MethodGet, "/tickets/"+ref+"/clocks", "").items(t)[0]
	for k, v := range map[string]any{
		"kind": "answer", "state": "running", "started_at": "2026-01-05T06:00:00Z", "target_seconds": 172800.0, "due_at": "2026-01-07T06:00:00Z",
		"met_at": nil, "breached_at": nil,
	} {
		if clock[k] != v {
			t.Errorf("clock: %s is %v, want %v", k, clock[k], v)
		}
	}
}

// The trace adds up: its counted intervals are the target, and end when the
// clock is due (I6).
func TestExplanationAddsUp(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	ref := d.open(t, ana, `{"text":"Svjetiljka ne radi","category":"street-light"}`)
	plain := d.call(t, ana, http.MethodGet, "/tickets/"+ref, "").object(t)
	if plain["sentence"] != nil {
		t.Error("explained without being asked")
	}
	got := d.call(t, ana, http.MethodGet, "/tickets/"+ref+"?explain=1", "").want(t, http.StatusOK).object(t)
	for _, tag := range []string{"sr-Latn-ME", "sr-Cyrl-ME", "sq", "en"} {
		if s, _ := got["sentence"].(map[string]any)[tag].(string); s == "" {
			t.Errorf("no sentence in %s", tag)
		}
	}
	for _, c := range got["clocks"].([]any) {
		clock := c.(map[string]any)
		x := clock["explanation"].(map[string]any)
		var counted float64
		var last string
		for _, i := range x["intervals"].([]any) {
			interval := i.(map[string]any)
			last = interval["to"].(string)
			if interval["counted"].(bool) {
				counted += interval["seconds"].(float64)
			}
		}
		if counted != clock["target_seconds"] || last != clock["due_at"] || x["due_at"] != clock["due_at"] {
			t.Errorf("%s: counted %v of %v until %v, due %v", clock["kind"], counted, clock["target_seconds"], last, clock["due_at"])
		}
	}
}

// Every order lists every ticket once, both ways, whatever the size of pages.
func TestPagesAreComplete(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	want := map[string]int{}
	for i := range 23 {
		body := fmt.Sprintf(`{"text":"Prijava %d","priority":%q}`, i, []string{"low", "normal", "high"}[i%3])
		want[d.open(t, ana, body)] = 1
		if i%4 == 0 {
			d.Clock.Advance(time.Minute)
		}
	}
	for _, sort := range []string{"due", "-due", "received", "-received", "activity", "-activity", "priority", "-priority", ""} {
		for _, limit := range []string{"1", "4", "23", "200"} {
			got, path := map[string]int{}, "/tickets?limit="+limit
			if sort != "" {
				path += "&sort=" + sort
			}
			for next, pages := "", 0; pages < 30; pages++ {
				a := d.call(t, ana, http.MethodGet, path+next, "").want(t, http.StatusOK)
				for _, x := range a.items(t) {
					got[x["ref"].(string)]++
				}
				cursor, more := a.object(t)["next_cursor"].(string)
				if !more {
					break
				}
				next = "&cursor=" + url.QueryEscape(cursor)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("sort %q limit %s: %s", sort, limit, diff)
			}
		}
	}
	a := d.call(t, ana, http.MethodGet, "/tickets?limit=2&sort=due", "")
	cursor := url.QueryEscape(a.object(t)["next_cursor"].(string))
	d.call(t, ana, http.MethodGet, "/tickets?limit=2&sort=-due&cursor="+cursor, "").want(t, http.StatusUnprocessableEntity)
	d.call(t, ana, http.MethodGet, "/intake?cursor="+cursor, "").want(t, http.StatusUnprocessableEntity)
}

func TestPagesOfTheLedgerAreComplete(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	for i := range 11 {
		d.mail(t, fmt.Sprintf("citizen%d@example.me", i), "x")
	}
	seen, next := map[any]int{}, ""
	for range 20 {
		a := d.call(t, ana, http.MethodGet, "/intake?limit=3&state=ticketed&channel=email&source=main"+next, "").want(t, http.StatusOK)
		for _, e := range a.items(t) {
			seen[e["id"]]++
			if e["ticket_ref"] == nil || e["raw_sha256"] == "" || e["state"] != "ticketed" {
				t.Errorf("%v", e)
			}
		}
		cursor, more := a.object(t)["next_cursor"].(string)
		if !more {
			break
		}
		next = "&cursor=" + url.QueryEscape(cursor)
	}
	if len(seen) != 11 {
		t.Errorf("%d of 11", len(seen))
	}
	if n := len(d.call(t, ana, http.MethodGet, "/intake?state=quarantined", "").items(t)); n != 0 {
		t.Errorf("%d quarantined", n)
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	light := d.open(t, ana, `{"text":"Svjetiljka","category":"street-light","channel":"phone"}`)
	road := d.open(t, ana, `{"text":"Rupa","category":"pothole","channel":"counter","priority":"urgent"}`)
	done := d.open(t, ana, `{"text":"Otpad","category":"waste"}`)
	junk := d.open(t, ana, `{"text":"Kupite odmah"}`)
	d.call(t, ana, http.MethodPatch, "/tickets/"+light, `{"assignee":"ana@grad.example","tags":["hitno"]}`).want(t, http.StatusOK)
	d.call(t, ana, http.MethodPost, "/tickets/"+done+"/closure", `{"code":"withdrawn"}`).want(t, http.StatusOK)
	d.call(t, ana, http.MethodPost, "/tickets/"+junk+"/spam", "").want(t, http.StatusOK)
	d.Clock.Advance(49 * time.Hour)
	for query, want := range map[string][]string{
		"":                                     {light, road, done},
		"state=received":                       {road},
		"state=open,received":                  {light, road},
		"state=closed":                         {done},
		"department=lighting":                  {light},
		"category=pothole":                     {road},
		"channel=phone":                        {light},
		"priority=urgent":                      {road},
		"tag=hitno":                            {light},
		"assignee=me":                          {light},
		"assignee=ana@grad.example":            {light},
		"assignee=1":                           {light},
		"assignee=none":                        {road, done},
		"assignee=2":                           {},
		"overdue=true":                         {light, road},
		"spam=true":                            {junk},
		"q=" + light:                           {light},
		"q=rupa":                               {road},
		"department=lighting&category=pothole": {},
	} {
		got := map[string]bool{}
		for _, x := range d.call(t, ana, http.MethodGet, "/tickets?"+query, "").want(t, http.StatusOK).items(t) {
			got[x["ref"].(string)] = true
		}
		wanted := map[string]bool{}
		for _, ref := range want {
			wanted[ref] = true
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("%q: %s", query, diff)
		}
	}
}

// A66, A67: what a filter says is a value and nothing else.
func TestFiltersAreOnlyValues(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	d.open(t, ana, `{"text":"Rupa 100% velika"}`)
	for _, query := range []string{
		"sort=id;drop table tickets", "sort=-due desc", "sort=version", "state=open' or 1=1--", "state=9", "department=x' or '1'='1", "category=*",
		"channel=email' or 1=1", "assignee=1 or 1=1", "assignee=999", "limit=0", "limit=201", "limit=-1", "limit=1e3", "cursor=xxx", "overdue=maybe",
		"priority=0", "department=nema", "q[]=a", "where=1",
	} {
		name, value, _ := strings.Cut(query, "=")
		a := d.call(t, ana, http.MethodGet, "/tickets?"+url.QueryEscape(name)+"="+url.QueryEscape(value), "")
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(string(a.body), `"field":"`+name) {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
	for _, q := range []string{"%", "_", "%%%", "R%a", "' or '1'='1", `\`, "*"} {
		if n := len(d.call(t, ana, http.MethodGet, "/tickets?q="+url.QueryEscape(q), "").want(t, http.StatusOK).items(t)); n != 0 {
			t.Errorf("q=%s finds %d", q, n)
		}
	}
}

// A97: who read an older version is told so, and nothing is written.
func TestStaleChangesAreRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	ref := d.open(t, ana, `{"text":"Rupa"}`)
	path := "/tickets/" + ref
	old := d.call(t, ana, http.MethodGet, path, "").header.Get("ETag")
	if old != `"1"` {
		t.Fatalf("ETag %s", old)
	}
	now := d.call(t, ana, http.MethodPatch, path, `{"subject":"Prvi"}`, "If-Match", old).want(t, http.StatusOK).header.Get("ETag")
	for _, tag := range []string{old, `"0"`, `W/` + now, "x", `""`, `"99", "98"`} {
		a := d.call(t, ana, http.MethodPatch, path, `{"subject":"Drugi"}`, "If-Match", tag).want(t, http.StatusPreconditionFailed)
		if a.object(t)["code"] != "stale" {
			t.Errorf("%s", a.body)
		}
	}
	for _, act := range [][2]string{{"/replies", `{"text":"x"}`}, {"/notes", `{"text":"x"}`}, {"/closure", `{"code":"withdrawn"}`}, {"/validation", ""}, {"/resolution", ""}} {
		d.call(t, ana, http.MethodPost, path+act[0], act[1], "If-Match", old).want(t, http.StatusPreconditionFailed)
	}
	v := d.View(t, ticketing.Reference(ref))
	if v.Ticket.Subject != "Prvi" || len(v.Messages) != 1 {
		t.Errorf("subject %q, %d messages", v.Ticket.Subject, len(v.Messages))
	}
	for i, form := range []string{"*", "%s", `"1", %s`} {
		tag := strings.ReplaceAll(form, "%s", now)
		a := d.call(t, ana, http.MethodPatch, path, fmt.Sprintf(`{"subject":"Naslov %d"}`, i), "If-Match", tag).want(t, http.StatusOK)
		now = a.header.Get("ETag")
	}
}

func TestUnchangedTicketIsNotSentAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	ref := d.open(t, ana, `{"text":"Rupa"}`)
	tag := d.call(t, ana, http.MethodGet, "/tickets/"+ref, "").header.Get("ETag")
	a := d.call(t, ana, http.MethodGet, "/tickets/"+ref, "", "If-None-Match", `"7", W/`+tag).want(t, http.StatusNotModified)
	if len(a.body) != 0 || a.header.Get("ETag") != tag {
		t.Errorf("%q %v", a.body, a.header)
	}
	d.call(t, ana, http.MethodGet, "/tickets/"+ref, "", "If-None-Match", `"7"`).want(t, http.StatusOK)
}

// A patch is made whole or not at all.
func TestPatchIsWhole(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	ref := d.open(t, ana, `{"text":"Rupa"}`)
	for name, body := range map[string]string{
		"an agent who may not see it there": `{"subject":"Novi","department":"roads","assignee":"oskar@grad.example"}`,
		"a disabled agent":                  `{"subject":"Novi","assignee":"filip@grad.example"}`,
		"an unknown agent":                  `{"subject":"Novi","assignee":"niko@grad.example"}`,
		"an unknown department":             `{"subject":"Novi","department":"nema"}`,
		"an agent of the wrong type":        `{"subject":"Novi","assignee":{"id":1}}`,
		"a place that is none":              `{"subject":"Novi","location":{"lat":91,"lon":0}}`,
	} {
		d.call(t, ana, http.MethodPatch, "/tickets/"+ref, body).want(t, http.StatusUnprocessableEntity)
		if v := d.View(t, ticketing.Reference(ref)); v.Ticket.Version != 1 || v.Ticket.Subject != "Rupa" {
			t.Errorf("%s: subject %q, version %d", name, v.Ticket.Subject, v.Ticket.Version)
		}
	}
	got := d.call(t, ana, http.MethodPatch, "/tickets/"+ref,
		`{"subject":"Novi","department":"lighting","reason":"njihovo","assignee":"oskar@grad.example","category":"street-light","tags":["a","b"],"priority":"urgent","location":{"address":"Trg"}}`).
		want(t, http.StatusOK).object(t)
	if got["subject"] != "Novi" || got["assignee"] != "oskar@grad.example" || got["priority"] != "urgent" || len(got["tags"].([]any)) != 2 ||
		got["department"].(map[string]any)["code"] != "lighting" || got["location"].(map[string]any)["address"] != "Trg" {
		t.Errorf("%v", got)
	}
	if got := d.call(t, ana, http.MethodPatch, "/tickets/"+ref, `{"assignee":3}`).want(t, http.StatusOK).object(t); got["assignee"] != "oskar@grad.example" {
		t.Errorf("by id: %v", got["assignee"])
	}
	if got := d.call(t, ana, http.MethodPatch, "/tickets/"+ref, `{"assignee":null}`).want(t, http.StatusOK).object(t); got["assignee"] != nil {
		t.Errorf("null leaves %v", got["assignee"])
	}
}

// The life of a ticket, by its acts alone.
func TestLifeOfATicket(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	ref := string(d.mail(t, "marko@example.me", "Otpad"))
	path := "/tickets/" + ref
	state := func(method, p, body string) string {
		t.Helper()
		return d.call(t, ana, method, path+p, body).want(t, http.StatusOK).object(t)["state"].(string)
	}
	d.call(t, ana, http.MethodPost, path+"/pauses", `{"reason":"citizen"}`).want(t, http.StatusConflict)
	d.call(t, ana, http.MethodPost, path+"/replies", `{"text":"Koja ulica?","kind":"question"}`).want(t, http.StatusCreated)
	if got := state(http.MethodPost, "/pauses", `{"reason":"citizen"}`); got != "waiting" {
		t.Errorf("paused: %s", got)
	}
	if got := state(http.MethodDelete, "/pauses/current", ""); got != "open" {
		t.Errorf("resumed: %s", got)
	}
	a := d.call(t, ana, http.MethodPost, path+"/replies", `{"text":"Odvezeno je.","cc":["komsija@example.me"]}`).want(t, http.StatusCreated)
	if m := a.object(t); m["ticket_ref"] != ref || m["kind"] != "answer" || m["direction"] != "out" || len(m["deliveries"].([]any)) != 2 {
		t.Errorf("%s", a.body)
	}
	d.Deliver(t, ticketing.DeliverySent)
	if got := d.call(t, ana, http.MethodGet, path, "").object(t); got["answered_at"] == nil {
		t.Error("not answered")
	}
	if got := state(http.MethodPost, "/resolution", ""); got != "resolved" {
		t.Errorf("resolved: %s", got)
	}
	if got := state(http.MethodPost, "/closure", `{"code":"resolved"}`); got != "closed" {
		t.Errorf("closed: %s", got)
	}
	d.call(t, ana, http.MethodPost, path+"/closure", `{"code":"resolved"}`).want(t, http.StatusConflict)
	if got := state(http.MethodPost, "/reopening", "{}"); got != "open" {
		t.Errorf("reopened: %s", got)
	}
	if got := state(http.MethodPost, "/spam", ""); got != "closed" {
		t.Errorf("spam: %s", got)
	}
	if got := state(http.MethodDelete, "/spam", ""); got != "received" {
		t.Errorf("not spam: %s", got)
	}
	kinds := map[string]int{}
	for _, e := range d.call(t, ana, http.MethodGet, path+"/events", "").items(t) {
		kinds[e["kind"].(string)]++
	}
	for _, kind := range []ticketing.EventKind{
		ticketing.EventOpened, ticketing.EventReplied, ticketing.EventWaiting, ticketing.EventResumed, ticketing.EventResolved, ticketing.EventClosed,
		ticketing.EventReopened, ticketing.EventSpam, ticketing.EventNotSpam, ticketing.EventRead,
	} {
		if kinds[string(kind)] == 0 {
			t.Errorf("no event %s", kind)
		}
	}
}

func TestReportsAreValidatedOrRejected(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	good, bad := d.open(t, ana, `{"text":"a"}`), d.open(t, ana, `{"text":"b"}`)
	if got := d.call(t, ana, http.MethodPost, "/tickets/"+good+"/validation", "").want(t, http.StatusOK).object(t); got["validated_at"] == nil {
		t.Errorf("%v", got)
	}
	if a := d.call(t, ana, http.MethodPost, "/tickets/"+bad+"/validation", `{"valid":false}`); a.status == http.StatusOK && a.object(t)["closure_code"] != "insufficient_data" {
		t.Errorf("%s", a.body)
	}
}

// Telephone numbers are whole for who may reveal them, and that is recorded.
func TestTelephoneNumbersAreMasked(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	ref := d.open(t, ana, `{"text":"a","citizen":{"phone":"067123456"}}`)
	revealed := func() (n int) {
		for _, e := range d.View(t, ticketing.Reference(ref)).Events {
			if e.Kind == ticketing.EventRevealed {
				n++
			}
		}
		return n
	}
	reader := d.token(t, d.Ana, ticketing.RightRead)
	for _, a := range []*answer{
		d.call(t, reader, http.MethodGet, "/tickets/"+ref, ""), d.call(t, reader, http.MethodGet, "/tickets", ""), d.call(t, ana, http.MethodGet, "/tickets", ""),
	} {
		if strings.Contains(string(a.want(t, http.StatusOK).body), "67123456") {
			t.Errorf("%s", a.body)
		}
	}
	if n := revealed(); n != 0 {
		t.Errorf("%d recorded, none revealed", n)
	}
	a := d.call(t, ana, http.MethodGet, "/tickets/"+ref, "").want(t, http.StatusOK)
	if !strings.Contains(string(a.body), "+38267123456") || revealed() != 1 {
		t.Errorf("%d recorded: %s", revealed(), a.body)
	}
}
