package agent

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// A route is what the matrix expects of one: the right it needs and how to
// call it. {ref} and the like are filled in with things of a ticket in the
// custody of Lighting.
type route struct {
	right  ticketing.Right
	ticket bool // about a ticket, which the actor must see too
	path   string
	form   []string
}

const anyStaff ticketing.Right = ""

// routes names every route of the area. One that is not here fails the test.
var routes = map[string]route{
	"GET /agent":                           {right: anyStaff, path: "/agent"},
	"GET /agent/nav":                       {right: anyStaff, path: "/agent/nav"},
	"GET /agent/v/:view":                   {right: ticketing.RightRead, path: "/agent/v/all"},
	"GET /agent/tickets/rows":              {right: ticketing.RightRead, path: "/agent/tickets/rows?refs={ref}"},
	"GET /agent/tickets/new-count":         {right: ticketing.RightRead, path: "/agent/tickets/new-count?view=all"},
	"GET /agent/tickets/:id":               {right: ticketing.RightRead, ticket: true, path: "/agent/tickets/{id}"},
	"GET /agent/views":                     {right: ticketing.RightRead, path: "/agent/views"},
	"POST /agent/views":                    {right: ticketing.RightRead, path: "/agent/views", form: []string{"name", "x"}},
	"POST /agent/views/:id":                {right: ticketing.RightRead, path: "/agent/views/1", form: []string{"name", "x"}},
	"POST /agent/views/:id/move":           {right: ticketing.RightRead, path: "/agent/views/1/move"},
	"POST /agent/views/:id/delete":         {right: ticketing.RightRead, path: "/agent/views/1/delete"},
	"POST /agent/next":                     {right: ticketing.RightWrite, path: "/agent/next"},
	"POST /agent/tickets/bulk":             {right: ticketing.RightWrite, path: "/agent/tickets/bulk", form: []string{"do", "mine"}},
	"POST /agent/tickets/bulk/undo":        {right: ticketing.RightWrite, path: "/agent/tickets/bulk/undo", form: []string{"do", "assign"}},
	"GET /agent/notices":                   {right: ticketing.RightRead, path: "/agent/notices"},
	"GET /agent/notices/latest":            {right: ticketing.RightRead, path: "/agent/notices/latest"},
	"GET /agent/search":                    {right: ticketing.RightRead, path: "/agent/search?q=rasvjeta"},
	"GET /agent/search/options":            {right: ticketing.RightRead, path: "/agent/search/options?q=rasvjeta"},
	"GET /agent/new":                       {right: ticketing.RightOpen, path: "/agent/new"},
	"GET /agent/new/known":                 {right: ticketing.RightOpen, path: "/agent/new/known?phone=067123418"},
	"PUT /agent/new/draft":                 {right: ticketing.RightOpen, path: "/agent/new/draft", form: []string{"subject", "x"}},
	"POST /agent/new/draft/discard":        {right: ticketing.RightOpen, path: "/agent/new/draft/discard"},
	"POST /agent/new":                      {right: ticketing.RightOpen, path: "/agent/new"},
	"GET /agent/citizens":                  {right: ticketing.RightCitizens, path: "/agent/citizens?q=marko"},
	"GET /agent/citizens/:id":              {right: ticketing.RightCitizens, path: "/agent/citizens/{citizen}"},
	"POST /agent/citizens/:id":             {right: ticketing.RightCitizens, path: "/agent/citizens/{citizen}"},
	"GET /agent/intake":                    {right: ticketing.RightLedger, path: "/agent/intake"},
	"GET /agent/intake/:item":              {right: ticketing.RightLedger, path: "/agent/intake/1"},
	"GET /agent/intake/:item/raw":          {right: ticketing.RightRaw, path: "/agent/intake/1/raw"},
	"POST /agent/intake/:item/retry":       {right: ticketing.RightRetry, path: "/agent/intake/1/retry"},
	"GET /agent/outgoing":                  {right: ticketing.RightRetry, path: "/agent/outgoing"},
	"POST /agent/outgoing/held":            {right: ticketing.RightOutgoing, path: "/agent/outgoing/held", form: []string{"do", "send", "delivery", "99"}},
	"POST /agent/outgoing/:delivery/retry": {right: ticketing.RightRetry, path: "/agent/outgoing/{delivery}/retry"},

	"GET /agent/calls":                        {right: ticketing.RightCalls, path: "/agent/calls"},
	"GET /agent/calls/files":                  {right: ticketing.RightLedger, path: "/agent/calls/files"},
	"GET /agent/ringing":                      {right: ticketing.RightCalls, path: "/agent/ringing"},
	"GET /agent/recordings/:call":             {right: ticketing.RightRead, path: "/agent/recordings/1"},
	"POST /agent/recordings/:call/fetch":      {right: ticketing.RightCalls, path: "/agent/recordings/1/fetch"},
	"GET /agent/calls/files/:file":            {right: ticketing.RightLedger, path: "/agent/calls/files/1"},
	"POST /agent/calls/:call/reveal":          {right: ticketing.RightCalls, path: "/agent/calls/1/reveal"},
	"POST /agent/calls/:call/bind":            {right: ticketing.RightCalls, path: "/agent/calls/1/bind", form: []string{"ref", "{ref}"}},
	"POST /agent/calls/callbacks/:ref/reveal": {right: ticketing.RightCalls, path: "/agent/calls/callbacks/{ref}/reveal"},
	"POST /agent/calls/callbacks/:ref/tried":  {right: ticketing.RightCalls, path: "/agent/calls/callbacks/{ref}/tried"},

	"POST /agent/citizens/:id/remove":   {right: ticketing.RightCitizens, path: "/agent/citizens/{citizen}/remove", form: []string{"contact", "{phone}"}},
	"POST /agent/citizens/:id/reveal":   {right: ticketing.RightCitizens, path: "/agent/citizens/{citizen}/reveal", form: []string{"contact", "{phone}"}},
	"POST /agent/citizens/:id/join":     {right: ticketing.RightCitizens, path: "/agent/citizens/{citizen}/join"},
	"POST /agent/citizens/:id/separate": {right: ticketing.RightCitizens, path: "/agent/citizens/{citizen}/separate", form: []string{"joined", "{joined}"}},

	"GET /agent/t/:ref":               {right: ticketing.RightRead, ticket: true, path: "{t}"},
	"GET /agent/t/:ref/live":          {right: ticketing.RightRead, ticket: true, path: "{t}/live"},
	"GET /agent/t/:ref/why/:kind":     {right: ticketing.RightRead, ticket: true, path: "{t}/why/answer"},
	"GET /agent/t/:ref/templates":     {right: ticketing.RightRead, ticket: true, path: "{t}/templates"},
	"GET /agent/t/:ref/templates/:id": {right: ticketing.RightRead, ticket: true, path: "{t}/templates/1"},
	"GET /agent/files/:file":          {right: ticketing.RightRead, ticket: true, path: "/agent/files/{file}"},
	"GET /agent/inline/:file":         {right: ticketing.RightRead, ticket: true, path: "/agent/inline/{file}"},
	"GET /agent/mail/:message":        {right: ticketing.RightRead, ticket: true, path: "/agent/mail/{message}"},
	"GET /agent/mail/:message/raw":    {right: ticketing.RightRaw, ticket: true, path: "/agent/mail/{message}/raw"},

	"POST /agent/t/:ref/message":                          {right: ticketing.RightReply, ticket: true, path: "{t}/message", form: []string{"answer", "answer", "text_reply", "Odgovor."}},
	"POST /agent/t/:ref/uploads/:kind":                    {right: ticketing.RightRead, ticket: true, path: "{t}/uploads/reply"},
	"DELETE /agent/t/:ref/uploads/:upload":                {right: ticketing.RightRead, ticket: true, path: "{t}/uploads/{upload}"},
	"PUT /agent/t/:ref/drafts/:kind":                      {right: ticketing.RightRead, ticket: true, path: "{t}/drafts/reply", form: []string{"text", "x"}},
	"POST /agent/t/:ref/assign":                           {right: ticketing.RightWrite, ticket: true, path: "{t}/assign", form: []string{"assignee", "0"}},
	"POST /agent/t/:ref/move":                             {right: ticketing.RightWrite, ticket: true, path: "{t}/move", form: []string{"department", "{lighting}"}},
	"POST /agent/t/:ref/consult":                          {right: ticketing.RightWrite, ticket: true, path: "{t}/consult", form: []string{"department", "{cleaning}", "text", "x"}},
	"POST /agent/t/:ref/consultations/:n/answer":          {right: ticketing.RightWrite, ticket: true, path: "{t}/consultations/1/answer", form: []string{"text", "x"}},
	"POST /agent/t/:ref/consultations/:n/end":             {right: ticketing.RightWrite, ticket: true, path: "{t}/consultations/1/end"},
	"POST /agent/t/:ref/refer":                            {right: ticketing.RightWrite, ticket: true, path: "{t}/refer", form: []string{"body", "1", "wanted", "opinion", "reason", "x"}},
	"POST /agent/t/:ref/referrals/:n/withdraw":            {right: ticketing.RightWrite, ticket: true, path: "{t}/referrals/1/withdraw"},
	"POST /agent/t/:ref/referrals/:n/tell":                {right: ticketing.RightWrite, ticket: true, path: "{t}/referrals/1/tell", form: []string{"text", "x"}},
	"POST /agent/t/:ref/referrals/:n/number":              {right: ticketing.RightWrite, ticket: true, path: "{t}/referrals/1/number", form: []string{"number", "05-1/26"}},
	"POST /agent/t/:ref/change":                           {right: ticketing.RightWrite, ticket: true, path: "{t}/change"},
	"POST /agent/t/:ref/validate":                         {right: ticketing.RightValidate, ticket: true, path: "{t}/validate"},
	"POST /agent/t/:ref/reject":                           {right: ticketing.RightValidate, ticket: true, path: "{t}/reject"},
	"POST /agent/t/:ref/wait":                             {right: ticketing.RightWrite, ticket: true, path: "{t}/wait", form: []string{"reason", "body"}},
	"POST /agent/t/:ref/resume":                           {right: ticketing.RightWrite, ticket: true, path: "{t}/resume"},
	"POST /agent/t/:ref/resolve":                          {right: ticketing.RightWrite, ticket: true, path: "{t}/resolve"},
	"POST /agent/t/:ref/close":                            {right: ticketing.RightWrite, ticket: true, path: "{t}/close", form: []string{"code", "withdrawn", "note", "x"}},
	"POST /agent/t/:ref/reopen":                           {right: ticketing.RightWrite, ticket: true, path: "{t}/reopen"},
	"POST /agent/t/:ref/void-episode":                     {right: ticketing.RightWrite, ticket: true, path: "{t}/void-episode"},
	"POST /agent/t/:ref/spam":                             {right: ticketing.RightSpam, ticket: true, path: "{t}/spam"},
	"POST /agent/t/:ref/not-spam":                         {right: ticketing.RightSpam, ticket: true, path: "{t}/not-spam"},
	"POST /agent/t/:ref/requester":                        {right: ticketing.RightCitizens, ticket: true, path: "{t}/requester", form: []string{"address", "marko@mail.example"}},
	"POST /agent/t/:ref/revoke":                           {right: ticketing.RightWrite, ticket: true, path: "{t}/revoke"},
	"POST /agent/t/:ref/unread":                           {right: ticketing.RightRead, ticket: true, path: "{t}/unread"},
	"POST /agent/t/:ref/here":                             {right: ticketing.RightRead, ticket: true, path: "{t}/here"},
	"POST /agent/t/:ref/reveal":                           {right: ticketing.RightReveal, ticket: true, path: "{t}/reveal", form: []string{"contact", "{phone}"}},
	"POST /agent/t/:ref/deliveries/:delivery/retry":       {right: ticketing.RightReply, ticket: true, path: "{t}/deliveries/{delivery}/retry"},
	"POST /agent/t/:ref/messages/:message/take-back":      {right: ticketing.RightReply, ticket: true, path: "{t}/messages/{reply}/take-back"},
	"POST /agent/t/:ref/messages/:message/confirm-sender": {right: ticketing.RightWrite, ticket: true, path: "{t}/messages/{message}/confirm-sender"},
}

// ownOnly are things that belong to one person: for others they are not there
// even when the right and the ticket are theirs.
var ownOnly = map[string]bool{
	"GET /agent/recordings/:call": true, "POST /agent/recordings/:call/fetch": true, "GET /agent/calls/files/:file": true, "POST /agent/calls/:call/bind": true, "POST /agent/calls/callbacks/:ref/tried": true, // no file was read, and nobody missed a call
	"DELETE /agent/t/:ref/uploads/:upload": true, "POST /agent/t/:ref/messages/:message/take-back": true,
	"GET /agent/t/:ref/templates/:id": true,                                                                           // there are none
	"POST /agent/views/:id":           true, "POST /agent/views/:id/move": true, "POST /agent/views/:id/delete": true, // nobody keeps any
	"POST /agent/t/:ref/messages/:message/confirm-sender": true, // nothing of this ticket is held
}

// ask refers the ticket to an outside body, which asks something back.
func (s *site) ask(t *testing.T, ref ticketing.Reference) {
	t.Helper()
	b := ticketing.Body{Code: "traffic", Names: map[lang.Tag]string{lang.SrLatn: "Uprava za saobraćaj"}, Email: "pisarnica@saobracaj.example"}
	dir, err := s.Store.Directory(t.Context())
	must(t, err)
	if len(dir.Bodies) > 0 {
		b = dir.Bodies[0]
	} else {
		must(t, (&ticketing.Registry{Bureau: s.Core}).SaveBody(t.Context(), ticketing.ActorOf(s.Adam), &b))
	}
	k, err := (&ticketing.Desk{Bureau: s.Core}).Refer(t.Context(), ticketing.ActorOf(s.Ana), ticketing.Target{Ref: ref}, ticketing.ReferInput{Body: b.ID, Reason: "regionalni put"})
	must(t, err)
	link := ticketing.ReferralLink{Ref: string(ref), N: "1", Code: s.Core.Keys.ReferralCode(ref, 1, k.Referrals[0].Epoch)}
	must(t, second((&ticketing.Desk{Bureau: s.Core}).Consult(t.Context(), ticketing.ActorOf(s.Ana), ticketing.Target{Ref: ref}, s.Water.ID, "Čiji je stub?")))
	must(t, (&ticketing.Custodian{Bureau: s.Core}).Ask(t.Context(), link, ticketing.Statement{Person: "Jovana", Text: "Koja traka?"}))
}

// lit is a ticket of Lighting with everything that addresses may name.
func (s *site) lit(t *testing.T) *strings.Replacer {
	t.Helper()
	in := s.Mail("marko@mail.example", "Rasvjeta", "Ne radi.")
	in.Files = []ticketing.Attachment{s.keep(t, "slika.png", "image/png", picture(t))}
	in.HTMLKey = s.keep(t, "", "", []byte("<p>Ne radi.</p>")).Key
	ref := s.Receive(t, in).TicketRef
	desk := ticketing.Desk{Bureau: s.Core}
	ana := ticketing.ActorOf(s.Ana)
	must(t, second(desk.Move(t.Context(), ana, ticketing.Target{Ref: ref}, s.Lighting.ID, "")))
	s.ask(t, ref)
	people := ticketing.People{Bureau: s.Core}
	v := s.View(t, ref)
	if _, err := people.Change(t.Context(), ana, v.Citizen.ID, ticketing.CitizenChange{AddPhone: "+38267123418"}); err != nil && ticketing.KindOf(err) != ticketing.Conflict {
		t.Fatal(err)
	}
	_, reply, err := desk.Reply(t.Context(), ana, ticketing.Target{Ref: ref}, ticketing.ReplyInput{Text: "Stižemo."})
	must(t, err)
	u := ticketing.Upload{ID: randomKey(), Agent: s.Ana.ID, Ticket: v.Ticket.ID, Kind: ticketing.DraftReply, File: s.keep(t, "a.txt", "text/plain", []byte("a"))}
	must(t, s.Store.AddUpload(t.Context(), u))
	v = s.View(t, ref)
	phone := ticketing.ContactID(0)
	for _, k := range v.Citizen.Contacts {
		if k.Kind == ticketing.ContactPhone {
			phone = k.ID
		}
	}
	return strings.NewReplacer("{t}", ticketing.TicketPath(ref), "{ref}", string(ref), "{id}", id(v.Ticket.ID), "{message}", id(v.Messages[0].ID),
		"{file}", id(v.Messages[0].Files[0].ID), "{reply}", id(reply), "{citizen}", id(v.Citizen.ID), "{phone}", id(phone),
		"{delivery}", id(v.Deliveries[len(v.Deliveries)-1].ID), "{upload}", u.ID, "{lighting}", id(s.Lighting.ID), "{cleaning}", id(s.Cleaning.ID), "{joined}", "99")
}

// TestMatrix calls every route as everybody (A33–A39): who has not the right
// is refused, and a ticket outside one's sight is as unknown as one that never was.
func TestMatrix(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	for _, r := range s.echo.Routes() {
		if strings.HasPrefix(r.Path, "/agent") && r.Path != "/agent/events" && r.Method != "echo_route_not_found" {
			if _, known := routes[r.Method+" "+r.Path]; !known {
				t.Errorf("%s %s is not in the matrix", r.Method, r.Path)
			}
		}
	}
	for name, r := range routes {
		for _, who := range []ticketing.Agent{s.Ana, s.Oskar, s.Olga, s.Hana, s.Adam, s.Aida} {
			fill := s.lit(t)
			form := make([]string, 0, len(r.form))
			for _, x := range r.form {
				form = append(form, fill.Replace(x))
			}
			method, _, _ := strings.Cut(name, " ")
			values := values(form)
			if method == http.MethodGet {
				values = nil
			}
			got := s.as(t, who).do(method, fill.Replace(r.path), values, false)
			s.judge(t, name, r, who, got)
		}
	}
	if s.log.Len() > 0 {
		t.Error(s.log)
	}
}

func (s *site) judge(t *testing.T, name string, r route, who ticketing.Agent, got answer) {
	t.Helper()
	actor := ticketing.ActorOf(who)
	seen := actor.Scope().Sees(s.Lighting.ID)
	switch {
	case r.right != anyStaff && !actor.May(r.right):
		if got.StatusCode != http.StatusForbidden && (!r.ticket || seen || got.StatusCode != http.StatusNotFound) {
			t.Errorf("%s as %s = %d, want 403\n%.300s", name, who.Name, got.StatusCode, got.text())
		}
	case r.ticket && !seen:
		if got.StatusCode != http.StatusNotFound {
			t.Errorf("%s as %s = %d, want 404\n%.300s", name, who.Name, got.StatusCode, got.text())
		}
	case ownOnly[name]:
		if got.StatusCode == http.StatusForbidden || got.StatusCode >= 500 {
			t.Errorf("%s as %s = %d\n%.300s", name, who.Name, got.StatusCode, got.text())
		}
	default:
		switch got.StatusCode {
		case http.StatusUnauthorized, http.StatusForbidden:
			t.Errorf("%s as %s = %d, though the right is there\n%.300s", name, who.Name, got.StatusCode, got.text())
		case http.StatusNotFound:
			if !strings.Contains(name, "separate") && !strings.Contains(name, "reveal") {
				t.Errorf("%s as %s = 404\n%.300s", name, who.Name, got.text())
			}
		}
		if got.StatusCode >= 500 {
			t.Errorf("%s as %s = %d\n%.300s", name, who.Name, got.StatusCode, got.text())
		}
	}
}

// TestNobody is sent to sign in, and learns nothing else.
func TestNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	fill := s.lit(t)
	b := &browser{t, http.DefaultClient, s.base}
	for name, r := range routes {
		method, _, _ := strings.Cut(name, " ")
		got := b.do(method, fill.Replace(r.path), values([]string{"x", "y"}), true)
		if got.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s = %d, want 401", name, got.StatusCode)
		}
	}
}

// TestSerial finds a ticket by its number as the lists show it, without the
// zeros, and keeps what one may not see or do out of the page.
func TestSerial(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "ana@mail.example", "Rupa", "Velika rupa")
	must(t, second((&ticketing.Desk{Bureau: s.Core}).Move(t.Context(), ticketing.ActorOf(s.Ana), ticketing.Target{Ref: ref}, s.Lighting.ID, "")))
	olga, oskar := s.as(t, s.Olga), s.as(t, s.Oskar)
	for _, address := range []string{"/agent/search?q=" + ref.Short(), "/agent/search?q=0" + ref.Short(), "/agent/search/options?q=0" + ref.Short()} {
		oskar.get(address, http.StatusOK).has(t, string(ref))
		if got := olga.do(http.MethodGet, address, nil, false); got.StatusCode >= 400 {
			t.Errorf("%s = %d", address, got.StatusCode)
		} else {
			got.hasNot(t, string(ref))
		}
	}
	s.as(t, s.Ana).get("/agent/v/all", http.StatusOK).has(t, `href="/agent/new"`)
	oskar.get("/agent/v/all", http.StatusOK).hasNot(t, `href="/agent/new"`)
}

// TestSearchLeaks looks for a ticket of others by everything it holds (A37).
func TestSearchLeaks(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "tajna@mail.example", "Posebna rasvjeta", "Neponovljivo")
	must(t, second((&ticketing.Desk{Bureau: s.Core}).Move(t.Context(), ticketing.ActorOf(s.Ana), ticketing.Target{Ref: ref}, s.Lighting.ID, "")))
	olga := s.as(t, s.Olga)
	for _, q := range []string{string(ref), "tajna@mail.example", "Posebna", "Neponovljivo", "%", "_", "Posebna*"} {
		for _, page := range []string{"/agent/search?q=", "/agent/search/options?q="} {
			got := olga.do(http.MethodGet, page+strings.ReplaceAll(q, "%", "%25"), nil, false)
			if got.StatusCode >= 400 || got.StatusCode == http.StatusSeeOther {
				t.Errorf("%s%s = %d", page, q, got.StatusCode)
			}
			got.hasNot(t, "/agent/t/"+string(ref), "Posebna rasvjeta", "tajna@mail.example</")
		}
	}
	list := olga.get("/agent/v/all?department=lighting", http.StatusOK)
	list.hasNot(t, "Posebna rasvjeta")
	s.as(t, s.Oskar).get("/agent/search?q=Neponovljivo", http.StatusOK).has(t, "Posebna rasvjeta")
}
