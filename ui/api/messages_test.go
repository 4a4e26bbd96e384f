package api

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A reply goes at once unless send_after says otherwise.
func TestReplyGoesAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	d.Deliver(t, ticketing.DeliverySent)
	path := "/tickets/" + string(ref) + "/replies"
	d.call(t, ana, http.MethodPost, path, `{"text":"Sada"}`).want(t, http.StatusCreated)
	if n := len(d.Deliver(t, ticketing.DeliverySent)); n != 1 {
		t.Errorf("%d sent at once", n)
	}
	d.call(t, ana, http.MethodPost, path, `{"text":"Kasnije","send_after":"2026-01-05T09:00:00Z"}`).want(t, http.StatusCreated)
	if n := len(d.Deliver(t, ticketing.DeliverySent)); n != 0 {
		t.Errorf("%d sent too early", n)
	}
	d.Clock.Advance(time.Hour)
	if n := len(d.Deliver(t, ticketing.DeliverySent)); n != 1 {
		t.Errorf("%d sent when due", n)
	}
}

// A97: a reply written before the citizen wrote again is refused; a draft in
// the browser of the same agent stays.
func TestReplyToWhatWasReadOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	v := d.View(t, ref)
	draft := ticketing.Draft{Agent: d.Ana.ID, Ticket: v.Ticket.ID, Kind: ticketing.DraftReply, Text: "Poštovani,", SavedAt: d.Clock.Now()}
	if err := d.Store.SaveDraft(t.Context(), draft); err != nil {
		t.Fatal(err)
	}
	path := "/tickets/" + string(ref) + "/replies"
	body := `{"text":"Odgovor","last_seen":` + num(int64(v.Ticket.LastMessage)) + `}`
	first := d.call(t, ana, http.MethodPost, path, body).want(t, http.StatusCreated)
	a := d.call(t, ana, http.MethodPost, path, body).want(t, http.StatusConflict)
	if a.object(t)["reason"] != "reply.newer" {
		t.Errorf("%s", a.body)
	}
	if got, err := d.Store.Draft(t.Context(), d.Ana.ID, v.Ticket.ID, ticketing.DraftReply); err != nil || got.Text != draft.Text {
		t.Errorf("draft %q, %v", got.Text, err)
	}
	m := d.call(t, ana, http.MethodGet, strings.TrimPrefix(first.header.Get("Location"), Prefix), "").want(t, http.StatusOK)
	if m.object(t)["text"] != "Odgovor" || m.object(t)["ticket_ref"] != string(ref) {
		t.Errorf("%s", m.body)
	}
}

func TestNoteStaysInside(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	d.Deliver(t, ticketing.DeliverySent)
	d.call(t, ana, http.MethodPost, "/tickets/"+string(ref)+"/notes", `{"text":"Interno"}`).want(t, http.StatusCreated)
	if n := len(d.Deliver(t, ticketing.DeliverySent)); n != 0 {
		t.Errorf("%d mails of a note", n)
	}
	list := d.call(t, ana, http.MethodGet, "/tickets/"+string(ref)+"/messages", "").want(t, http.StatusOK).items(t)
	if len(list) != 2 || list[1]["direction"] != "note" || list[1]["text"] != "Interno" {
		t.Errorf("%v", list)
	}
}

func TestMessagesAreFoundBySource(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	e := d.Receive(t, d.Mail("marko@example.me", "Svjetiljka", "tekst"))
	for _, query := range []string{
		"message_id=" + e.Arrival.MessageID, "message_id=%3C" + e.Arrival.MessageID + "%3E", "raw_sha256=" + e.Arrival.RawSHA256,
		"raw_sha256=" + strings.ToUpper(e.Arrival.RawSHA256),
	} {
		list := d.call(t, ana, http.MethodGet, "/messages?"+query, "").want(t, http.StatusOK).items(t)
		if len(list) != 1 || list[0]["ticket_ref"] != string(e.TicketRef) || list[0]["raw_sha256"] != e.Arrival.RawSHA256 || list[0]["intake_id"] != float64(e.ID) {
			t.Errorf("%s: %v", query, list)
		}
	}
	for _, query := range []string{"message_id=%25", "raw_sha256=" + strings.Repeat("0", 64), "sid=SM123"} {
		if n := len(d.call(t, ana, http.MethodGet, "/messages?"+query, "").want(t, http.StatusOK).items(t)); n != 0 {
			t.Errorf("%s: %d", query, n)
		}
	}
	d.call(t, ana, http.MethodGet, "/messages?raw_sha256=abc", "").want(t, http.StatusUnprocessableEntity)
	d.call(t, ana, http.MethodGet, "/messages?sid=a&message_id=b", "").want(t, http.StatusUnprocessableEntity)
}

// The original is handed out to the byte, and who took it is recorded.
func TestOriginalIsRecorded(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	m := d.View(t, ref).Messages[0]
	count := func() (n int) {
		for _, e := range d.View(t, ref).Events {
			if e.Kind == ticketing.EventRawRead && e.Actor == "agent:1" {
				n++
			}
		}
		return n
	}
	a := d.call(t, ana, http.MethodGet, "/messages/"+num(int64(m.ID))+"/raw", "").want(t, http.StatusOK)
	if ticketing.HashSecret(string(a.body)) != m.RawSHA256 || count() != 1 {
		t.Errorf("%d bytes, %d recorded", len(a.body), count())
	}
	h := a.header
	if !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%v", h)
	}
	d.call(t, d.token(t, d.Ana, ticketing.RightRead), http.MethodGet, "/messages/"+num(int64(m.ID))+"/raw", "").want(t, http.StatusForbidden)
	d.Blobs.Remove(m.RawKey)
	d.call(t, ana, http.MethodGet, "/messages/"+num(int64(m.ID))+"/raw", "").want(t, http.StatusNotFound)
	if count() != 1 {
		t.Error("what could not be read was recorded")
	}
}

// Files come with a message or before it, and are what their bytes are (A07–A10).
func TestFilesOfMessages(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	path := "/tickets/" + string(ref)
	html := base64.StdEncoding.EncodeToString([]byte("<html><script>alert(1)</script>"))
	up := d.call(t, ana, http.MethodPost, path+"/uploads?name=slika.png&for=reply", "\x89PNG\r\n\x1a\nrest", "Content-Type", "text/html").want(t, http.StatusCreated).object(t)
	if up["content_type"] != "image/png" || up["size"] != 12.0 {
		t.Errorf("%v", up)
	}
	m := d.call(t, ana, http.MethodPost, path+"/replies", `{"text":"Evo","attachments":[{"name":"../../x\u202e.html","content_type":"text/html","content":"`+html+`"},{"upload":"`+up["id"].(string)+`"}]}`).
		want(t, http.StatusCreated).object(t)
	files := m["attachments"].([]any)
	if len(files) != 2 {
		t.Fatalf("%v", files)
	}
	for i, want := range []struct{ name, kind, body string }{{"x.html", "application/octet-stream", "<html><script>alert(1)</script>"}, {"slika.png", "image/png", "\x89PNG\r\n\x1a\nrest"}} {
		f := files[i].(map[string]any)
		if f["name"] != want.name || f["content_type"] != want.kind || f["sha256"] != ticketing.HashSecret(want.body) {
			t.Errorf("%v", f)
		}
		a := d.call(t, ana, http.MethodGet, f["url"].(string), "").want(t, http.StatusOK)
		if string(a.body) != want.body || a.header.Get("Content-Type") != want.kind || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%q %v", a.body, a.header)
		}
	}
	sent := d.View(t, ref).Deliveries
	if n := len(sent[len(sent)-1].Files); n != 2 {
		t.Errorf("the mail carries %d files", n)
	}
	d.call(t, ana, http.MethodPost, path+"/replies", `{"text":"Opet","attachments":[{"upload":"`+up["id"].(string)+`"}]}`).want(t, http.StatusNotFound)
}

// A11: one bad file refuses the request, and none is stored. A98: what was
// uploaded for a note does not leave with a reply, nor another's upload.
func TestBadFilesRefuseTheRequest(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana, boris := d.token(t, d.Ana), d.token(t, d.Boris)
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	path := "/tickets/" + string(ref)
	before := d.Blobs.Keys()
	for name, list := range map[string]string{
		"no base64":         `{"name":"a","content":"aGVq"},{"name":"b","content":"*"}`,
		"empty":             `{"name":"a","content":"aGVq"},{"name":"b","content":""}`,
		"nothing":           `{"name":"a","content":"aGVq"},{"name":"b"}`,
		"both":              `{"name":"a","content":"aGVq","upload":"x"}`,
		"too many":          strings.Repeat(`{"content":"aGVq"},`, 20) + `{"content":"aGVq"}`,
		"a number for text": `{"content":7}`,
	} {
		d.call(t, ana, http.MethodPost, path+"/replies", `{"text":"x","attachments":[`+list+`]}`).want(t, http.StatusUnprocessableEntity)
		if n := d.Blobs.Keys(); n != before {
			t.Errorf("%s: %d blobs more", name, n-before)
		}
	}
	for name, up := range map[string]*answer{
		"of a note":    d.call(t, ana, http.MethodPost, path+"/uploads?name=a&for=note", "bytes"),
		"of another's": d.call(t, boris, http.MethodPost, path+"/uploads?name=a", "bytes"),
	} {
		id := up.want(t, http.StatusCreated).object(t)["id"].(string)
		a := d.call(t, ana, http.MethodPost, path+"/replies", `{"text":"x","attachments":[{"upload":"`+id+`"}]}`)
		if a.status != http.StatusNotFound {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	d.call(t, ana, http.MethodPost, path+"/uploads?name=a", "").want(t, http.StatusUnprocessableEntity)
	d.call(t, ana, http.MethodPost, path+"/uploads", "x").want(t, http.StatusUnprocessableEntity)
	for range maxUploads {
		d.call(t, ana, http.MethodPost, path+"/uploads?name=a", "x").want(t, http.StatusCreated)
	}
	d.call(t, ana, http.MethodPost, path+"/uploads?name=a", "x").want(t, http.StatusRequestEntityTooLarge)
}

// A93: an upload beyond the bound is refused, also when its length was not
// announced, and leaves nothing.
func TestUploadsAreBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	before := d.Blobs.Keys()
	for _, announced := range []int64{-1, 31 << 20} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, Prefix+"/tickets/"+string(ref)+"/uploads?name=a", io.LimitReader(zeros{}, 31<<20))
		r.ContentLength = announced
		r.Header.Set("Authorization", "Bearer "+ana)
		w := httptest.NewRecorder()
		d.echo.ServeHTTP(w, r)
		if w.Code != http.StatusRequestEntityTooLarge || w.Header().Get("Content-Type") != problemType {
			t.Errorf("announced %d: %d %s", announced, w.Code, w.Body)
		}
	}
	if n := d.Blobs.Keys(); n != before {
		t.Errorf("%d blobs were left", n-before)
	}
}

// zeros is a body without end.
type zeros struct{}

// Read implements [io.Reader].
func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestDeliveryIsTriedAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	d.Deliver(t, ticketing.DeliverySent)
	m := d.call(t, ana, http.MethodPost, "/tickets/"+string(ref)+"/replies", `{"text":"Odgovor"}`).want(t, http.StatusCreated).object(t)
	id := num(int64(m["deliveries"].([]any)[0].(map[string]any)["id"].(float64)))
	d.call(t, ana, http.MethodPost, "/deliveries/"+id+"/retry", "").want(t, http.StatusConflict)
	d.Deliver(t, ticketing.DeliveryFailed)
	failed := d.call(t, ana, http.MethodGet, "/deliveries?state=failed", "").want(t, http.StatusOK).items(t)
	if len(failed) != 1 || num(int64(failed[0]["id"].(float64))) != id || failed[0]["message"] != m["id"] {
		t.Errorf("%v", failed)
	}
	d.call(t, ana, http.MethodPost, "/deliveries/"+id+"/retry", "").want(t, http.StatusOK)
	sent := d.Deliver(t, ticketing.DeliverySent)
	if len(sent) != 1 || sent[0].MessageIDHeader != m["message_id"] {
		t.Errorf("%v", sent)
	}
	if d.View(t, ref).Ticket.AnsweredAt.IsZero() {
		t.Error("not answered")
	}
	d.call(t, ana, http.MethodPost, "/deliveries/999/retry", "").want(t, http.StatusNotFound)
}

func TestIntakeItemIsWorkedAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	id := num(d.ignored(t))
	if got := d.call(t, ana, http.MethodGet, "/intake/"+id, "").want(t, http.StatusOK).object(t); got["state"] != "ignored" || got["reason"] != "by_agent" {
		t.Errorf("%v", got)
	}
	blind := d.token(t, d.Ana, ticketing.RightRetry)
	got := d.call(t, blind, http.MethodPost, "/intake/"+id+"/retry", "").want(t, http.StatusOK).object(t)
	if got["state"] != "received" || got["subject"] != "" || got["from"] != "" {
		t.Errorf("%v", got)
	}
	ref := d.mail(t, "marko@example.me", "Svjetiljka")
	item := d.call(t, ana, http.MethodGet, "/intake?state=ticketed", "").items(t)[0]
	if item["ticket_ref"] != string(ref) {
		t.Errorf("%v", item)
	}
	d.call(t, ana, http.MethodPost, "/intake/"+num(int64(item["id"].(float64)))+"/retry", "").want(t, http.StatusConflict)
	d.call(t, ana, http.MethodGet, "/intake/999", "").want(t, http.StatusNotFound)
	d.call(t, ana, http.MethodPost, "/intake/999/retry", "").want(t, http.StatusNotFound)
}

// The database away is Busy with the time to wait, and told in the log once.
func TestStoreAwayIsBusy(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	ana := d.token(t, d.Ana)
	for n := 1; n <= 3; n++ {
		d.faults.FailAt(n, errors.Join(errors.New("connection refused"), ticketing.Busy))
		a := d.call(t, ana, http.MethodGet, "/tickets", "")
		if failed := d.faults.Failed(); failed == "TouchToken" {
			a.want(t, http.StatusOK)
			continue
		}
		a.want(t, http.StatusServiceUnavailable)
		if a.object(t)["code"] != "busy" || a.header.Get("Retry-After") == "" || strings.Contains(string(a.body), "refused") {
			t.Errorf("%v %s", a.header, a.body)
		}
		if id := a.object(t)["request_id"].(string); strings.Count(d.log.String(), `"msg":"api request failed","request":"`+id) != 1 {
			t.Error("not logged once")
		}
	}
}
