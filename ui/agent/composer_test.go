package agent

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// upload posts a file as the composer does.
func (b *browser) upload(path, field, name, kind string, body []byte, pairs ...string) answer {
	b.t.Helper()
	var buf bytes.Buffer
	form := multipart.NewWriter(&buf)
	for i := 0; i+1 < len(pairs); i += 2 {
		must(b.t, form.WriteField(pairs[i], pairs[i+1]))
	}
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="` + field + `"; filename="` + name + `"`}, "Content-Type": {kind},
	})
	must(b.t, err)
	_, err = part.Write(body)
	must(b.t, err)
	must(b.t, form.Close())
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, b.base+path, &buf)
	must(b.t, err)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.send(r)
}

// TestCollision lets a citizen write while an agent answers (A97): the answer
// is refused, the text kept, and the agent decides.
func TestCollision(t *testing.T) {
	t.Parallel()
	for name, htmx := range map[string]bool{"scripts": true, "plain": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "")
			ref := s.mailed(t, "marko@mail.example", "Rupa", "Rupa.")
			ana, path := s.as(t, s.Ana), ticketing.TicketPath(ref)
			page := ana.get(path, http.StatusOK)
			in := s.Mail("marko@mail.example", "Re: Rupa", "Još nešto.")
			in.References = []string{s.View(t, ref).Deliveries[0].MessageIDHeader}
			s.Clock.Advance(time.Minute)
			s.Receive(t, in)
			if n := len(s.View(t, ref).Messages); n != 2 {
				t.Fatalf("%d messages, want both mails", n)
			}
			form := []string{"answer", "answer", "text_reply", "Moj odgovor", "seen", seen(page), "to", "marko@mail.example", "once", "k1"}
			got := ana.do(http.MethodPost, path+"/message", values(form), htmx)
			got.is(t, http.StatusConflict)
			got.has(t, "Moj odgovor", "U međuvremenu je stigla nova poruka", `name="anyway" value="answer"`)
			if d, err := s.Store.Draft(t.Context(), s.Ana.ID, s.View(t, ref).Ticket.ID, ticketing.DraftReply); err != nil || d.Text != "Moj odgovor" {
				t.Errorf("draft = %q, %v", d.Text, err)
			}
			if n := len(s.View(t, ref).Messages); n != 2 {
				t.Fatalf("%d messages, want none sent", n)
			}
			again := ana.do(http.MethodPost, path+"/message", values(append(form, "anyway", "answer")), htmx)
			if again.StatusCode >= 400 {
				t.Fatalf("send anyway = %d\n%s", again.StatusCode, again.text())
			}
			if v := s.View(t, ref); len(v.Messages) != 3 || v.Messages[2].Text != "Moj odgovor" {
				t.Errorf("messages = %+v", v.Messages)
			}
		})
	}
}

// TestTwoAgents answer at once (A97): neither's text is lost.
func TestTwoAgents(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "marko@mail.example", "Rupa", "Rupa.")
	path := ticketing.TicketPath(ref)
	ana, boris := s.as(t, s.Ana), s.as(t, s.Boris)
	saw := seen(ana.get(path, http.StatusOK))
	boris.get(path, http.StatusOK)
	ana.press(path+"/message", http.StatusOK, "answer", "answer", "text_reply", "Od Ane", "seen", saw)
	boris.press(path+"/message", http.StatusConflict, "answer", "answer", "text_reply", "Od Borisa", "seen", saw).has(t, "Od Borisa")
	if d, err := s.Store.Draft(t.Context(), s.Boris.ID, s.View(t, ref).Ticket.ID, ticketing.DraftReply); err != nil || d.Text != "Od Borisa" {
		t.Errorf("Boris's draft = %q, %v", d.Text, err)
	}
}

// TestNoLeaks keeps what belongs to a note out of the reply (A98).
func TestNoLeaks(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "marko@mail.example", "Rupa", "Rupa.")
	ana, path := s.as(t, s.Ana), ticketing.TicketPath(ref)
	ana.do(http.MethodPut, path+"/drafts/note", values([]string{"text", "Interno!"}), false).is(t, http.StatusNoContent)
	chip := ana.upload(path+"/uploads/note", "file", "interno.txt", "text/plain", []byte("tajna"))
	chip.is(t, http.StatusOK)
	_, rest, _ := strings.Cut(chip.body, `name="upload" value="`)
	upload, _, _ := strings.Cut(rest, `"`)
	if len(upload) < 16 {
		t.Fatalf("no upload in %s", chip.body)
	}
	page := ana.get(path, http.StatusOK)
	reply, note, _ := strings.Cut(page.body, `id="panel-note"`)
	if strings.Contains(reply, "interno.txt") || strings.Contains(reply, "Interno!") || !strings.Contains(note, "interno.txt") || !strings.Contains(note, "Interno!") {
		t.Error("the note's draft is not in the note's panel alone")
	}
	ana.press(path+"/message", http.StatusOK, "answer", "answer", "text_reply", "Odgovor", "text_note", "Interno!", "upload", upload, "seen", seen(page))
	for _, m := range s.View(t, ref).Messages {
		if m.Direction == ticketing.Out && (len(m.Files) > 0 || strings.Contains(m.Text, "Interno")) {
			t.Errorf("the reply holds %v, %q", m.Files, m.Text)
		}
	}
	s.Clock.Advance(time.Minute)
	for _, d := range s.Deliver(t, ticketing.DeliverySent) {
		if len(d.Files) > 0 || strings.Contains(d.Text, "Interno") {
			t.Errorf("a letter holds %v, %q", d.Files, d.Text)
		}
	}
	ana.press(path+"/message", http.StatusOK, "answer", "note", "text_note", "Interno!", "upload", upload)
	v := s.View(t, ref)
	if last := v.Messages[len(v.Messages)-1]; last.Direction != ticketing.Note || len(last.Files) != 1 {
		t.Errorf("the note = %s with %v", last.Direction, last.Files)
	}
}

// TestUndo takes a message back: text and file are in the draft again.
func TestUndo(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "marko@mail.example", "Rupa", "Rupa.")
	ana, path := s.as(t, s.Ana), ticketing.TicketPath(ref)
	ana.upload(path+"/message", "file_reply", "a.png", "image/png", picture(t), "answer", "answer", "text_reply", "Prebrzo").is(t, http.StatusSeeOther)
	v := s.View(t, ref)
	m := v.Messages[len(v.Messages)-1]
	if m.Text != "Prebrzo" || len(m.Files) != 1 || m.Files[0].ContentType != "image/png" {
		t.Fatalf("sent %q with %v", m.Text, m.Files)
	}
	ana.get(path, http.StatusOK).has(t, path+"/messages/"+id(m.ID)+"/take-back")
	got := ana.press(path+"/messages/"+id(m.ID)+"/take-back", http.StatusOK)
	got.has(t, "Prebrzo</textarea>", "a.png", `id="undo-`+id(m.ID)+`" hx-swap-oob="delete"`)
	s.Clock.Advance(time.Minute)
	for _, d := range s.Deliver(t, ticketing.DeliverySent) {
		if d.Message == m.ID {
			t.Error("a message that was taken back has left")
		}
	}
	ana.press(path+"/messages/"+id(m.ID)+"/take-back", http.StatusConflict)
}

// TestSendTwice presses the button twice: one message.
func TestSendTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "marko@mail.example", "Rupa", "Rupa.")
	ana, path := s.as(t, s.Ana), ticketing.TicketPath(ref)
	for range 2 {
		ana.press(path+"/message", http.StatusOK, "answer", "resolve", "text_reply", "Gotovo", "once", "abc")
	}
	v := s.View(t, ref)
	if len(v.Messages) != 2 || v.Ticket.State != ticketing.StateResolved {
		t.Errorf("%d messages, state %s", len(v.Messages), v.Ticket.State)
	}
}

// TestRefusedForms keep what was typed and say what is wrong, within the
// dialog and without scripts.
func TestRefusedForms(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "marko@mail.example", "Rupa", "Rupa.")
	ana, path := s.as(t, s.Ana), ticketing.TicketPath(ref)
	for name, tc := range map[string]struct {
		act  string
		form []string
		want int
		has  []string
	}{
		"no body named":   {"close", []string{"code", "not_competent", "note", ""}, http.StatusUnprocessableEntity, []string{"Navedite ko je nadležan", `value="not_competent" selected`}},
		"no such ticket":  {"close", []string{"code", "duplicate", "duplicate", "S48-26-000009-9", "note", "ostaje"}, http.StatusUnprocessableEntity, []string{"ostaje"}},
		"bad reference":   {"close", []string{"code", "duplicate", "duplicate", "xyz"}, http.StatusUnprocessableEntity, []string{"Broj predmeta nije ispravan", `value="xyz"`}},
		"no question":     {"wait", []string{"reason", "citizen"}, http.StatusConflict, []string{"Građanina čekamo tek"}},
		"empty subject":   {"change", []string{"subject", "", "category", "1", "priority", "high", "tags", "jedan, dva"}, http.StatusUnprocessableEntity, []string{"jedan, dva"}},
		"nobody's":        {"assign", []string{"assignee", id(s.Oskar.ID)}, http.StatusUnprocessableEntity, []string{"Ta osoba ne vidi"}},
		"stale":           {"move", []string{"department", id(s.Roads.ID), "reason", "moj razlog", "version", "99"}, http.StatusConflict, []string{"promijenjen otkako", "moj razlog"}},
		"too long a text": {"move", []string{"department", id(s.Roads.ID), "reason", strings.Repeat("a", maxReason+1)}, http.StatusUnprocessableEntity, []string{"Najviše"}},
	} {
		t.Run(name, func(t *testing.T) {
			part := ana.press(path+"/"+tc.act, tc.want, tc.form...)
			if got := part.Header.Get("HX-Retarget"); got != "#form-"+tc.act {
				t.Errorf("HX-Retarget = %q", got)
			}
			part.has(t, tc.has...)
			if strings.Contains(part.body, "<html") || strings.Count(part.body, "<form") != 1 {
				t.Error("the answer is not the form alone")
			}
			page := ana.post(path+"/"+tc.act, tc.want, tc.form...)
			page.has(t, append(tc.has, "<html", " open")...)
		})
	}
	if v := s.View(t, ref); v.Ticket.State != ticketing.StateReceived && v.Ticket.State != ticketing.StateOpen || v.Ticket.Department != s.Bureau.ID {
		t.Errorf("a refused form changed the ticket: %s", v.Ticket.State)
	}
}

// TestReveal shows a number only to who asks, and records it.
func TestReveal(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ana := s.as(t, s.Ana)
	ana.post("/agent/new", http.StatusSeeOther, "channel", "phone", "priority", "normal", "category", "0", "subject", "Poziv", "name", "Jelena", "phone", "067 123 418", "language", "sr-Latn-ME")
	ref := s.one(t)
	path := ticketing.TicketPath(ref)
	page := ana.get(path, http.StatusOK)
	page.hasNot(t, "067 123 418", "067123418", "38267123418")
	contact := id(s.View(t, ref).Citizen.Contacts[0].ID)
	ana.press(path+"/reveal", http.StatusOK, "contact", contact).has(t, "067 123 418")
	ana.post(path+"/reveal", http.StatusOK, "contact", contact).has(t, "067 123 418", "<html")
	events, err := s.Store.TicketEvents(t.Context(), ticketing.Scope{All: true}, ref)
	must(t, err)
	n := 0
	for _, e := range events {
		if e.Kind == ticketing.EventRevealed {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d revealings recorded, want 2", n)
	}
}

// one gives the only ticket there is.
func (s *site) one(t *testing.T) ticketing.Reference {
	t.Helper()
	page, err := s.Store.Tickets(t.Context(), ticketing.TicketFilter{Scope: ticketing.Scope{All: true}, All: true}, 0)
	must(t, err)
	if len(page.Items) != 1 {
		t.Fatalf("%d tickets, want 1", len(page.Items))
	}
	return page.Items[0].Ref
}

// TestByHand opens a ticket from a letter that came last week: with a reason,
// and the promise counts from then.
func TestByHand(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ana := s.as(t, s.Ana)
	at := s.Clock.Now().In(time.UTC).AddDate(0, 0, -1).Truncate(time.Minute)
	form := []string{
		"channel", "letter", "priority", "high", "category", id(s.Streetlight.ID), "subject", "Pismo o rasvjeti", "text", "Ne radi.",
		"name", "Petar Perović", "email", "petar@mail.example", "language", "sr-Latn-ME", "receipt", "1",
		"received_at", at.In(time.FixedZone("", 3600)).Format(timeField), "once", "xyz",
	}
	ana.post("/agent/new", http.StatusUnprocessableEntity, form...).has(t, "Napišite zašto je prijem u prošlosti", "Petar Perović", `id="reason-error"`)
	for range 2 { // pressed twice
		ana.post("/agent/new", http.StatusSeeOther, append(form, "reason", "Pošta kasnila", "do", "next")...)
	}
	ref := s.one(t)
	v := s.View(t, ref)
	if !v.Ticket.ReceivedAt.Equal(at) || v.Ticket.Department != s.Lighting.ID || v.Ticket.Channel != ticketing.ChannelLetter || v.Ticket.Priority != ticketing.PriorityHigh {
		t.Errorf("ticket = %+v", v.Ticket)
	}
	ana.get("/agent/new?done="+string(ref), http.StatusOK).has(t, "Broj Vašeg predmeta je", dictated(ref))
	ana.post("/agent/new", http.StatusUnprocessableEntity, "channel", "email", "priority", "x", "category", "a", "phone", "12", "received_at", "juče").has(t, "Upišite datum", "nije ispravan broj")
}
