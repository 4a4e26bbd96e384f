package portal

import (
	"archive/zip"
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

func zipped(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	_, err := w.Create("word/document.xml")
	must(t)(nil, err)
	must(t)(nil, w.Close())
	return b.Bytes()
}

// sayWith posts a deed with files.
func (s *site) sayWith(t *testing.T, link, deed string, want int, files ...sentFile) answer {
	t.Helper()
	path, code, _ := strings.Cut(link, "?k=")
	parts := strings.Split(path, "/")
	step := strconv.Itoa(s.View(t, ticketing.Reference(parts[len(parts)-2])).Ticket.Referrals[0].Step)
	fields := map[string]string{"k": code, "step": step, "person": "Jovana Stanišić", "deed": deed, "text": "Zakrpljeno, vidi prilog."}
	return s.send(t, path, want, fields, files...)
}

// A body answers with pictures and documents: they lie in the ticket under its
// name as what they are, go to the citizen with the answer, and prove the work.
func TestBodyAttachesFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.report(t)
	link := s.refer(t, ref, lang.En, ticketing.PassText)
	has(t, s.get(t, link, http.StatusOK), `enctype="multipart/form-data"`, `type="file"`)
	plan := sentFile{"file", "../plan\u202e.pdf", "application/pdf", []byte("%PDF-1.7 plan")}
	s.sayWith(t, link, "ask", http.StatusSeeOther, plan)
	asked := s.View(t, ref).Messages[1]
	if len(asked.Files) != 1 || asked.Files[0].Name != "plan.pdf" || asked.Files[0].ContentType != "application/pdf" || asked.Direction != ticketing.Note {
		t.Fatalf("asked with %+v", asked)
	}
	page := s.get(t, link, http.StatusOK)
	path, code, _ := strings.Cut(link, "?k=")
	file := path + "/files/" + strconv.FormatInt(int64(asked.Files[0].ID), 10)
	has(t, page, file, "plan.pdf")
	a := s.do(t, http.MethodGet, file+"?k="+code, nil)
	if a.body != "%PDF-1.7 plan" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the body's own file: %s %v", a.body, a.Header)
	}
	s.get(t, file+"?k=0000000000000000", http.StatusGone) // A34, A35
	must(t)((&ticketing.Desk{Bureau: s.Core}).TellBody(t.Context(), ticketing.ActorOf(s.Ana), ticketing.Target{Ref: ref}, 1, "Da."))

	proof := photo(t)
	s.sayWith(t, link, "answer", http.StatusSeeOther, sentFile{"file", "poslije.jpg", "image/jpeg", proof}, sentFile{"file", "rješenje.docx", docx, zipped(t)})
	v := s.View(t, ref)
	last := v.Messages[len(v.Messages)-1]
	if len(last.Files) != 2 || last.Files[0].ContentType != "image/jpeg" || last.Files[0].Size != int64(len(proof)) || last.Files[1].ContentType != docx || last.Direction != ticketing.Out {
		t.Fatalf("answered with %+v", last.Files)
	}
	letters := s.Deliver(t, ticketing.DeliverySent)
	if d := letters[len(letters)-1]; d.Message != last.ID || len(d.Files) != 2 {
		for _, d := range letters {
			t.Logf("%s %d files", d.Purpose, len(d.Files))
		}
		t.Error("the citizen's letter lacks the files")
	}
	status := s.get(t, s.link(t, lang.SrLatn, ref), http.StatusOK)
	has(t, status, "poslije.jpg", "rješenje.docx")
	s.do(t, http.MethodGet, "/predmet/"+string(ref)+"/files/"+strconv.FormatInt(int64(last.Files[0].ID), 10)+"?k="+s.code(t, ref), nil)

	c := s.Other
	for _, k := range mustDirectory(t, s).Categories {
		if k.ID == c.ID {
			c = k
		}
	}
	c.Proof = ticketing.ProofPhoto
	must(t)(nil, (&ticketing.Registry{Bureau: s.Core}).SaveCategory(t.Context(), ticketing.ActorOf(s.Adam), &c))
	must(t)((&ticketing.Desk{Bureau: s.Core}).Resolve(t.Context(), ticketing.ActorOf(s.Ana), ticketing.Target{Ref: ref}, ""))
}

func mustDirectory(t *testing.T, s *site) *ticketing.Directory {
	t.Helper()
	d, err := s.Store.Directory(t.Context())
	must(t)(nil, err)
	return d
}

// A93, A07, A82: what a body sends is bounded, what is neither picture nor document
// by its own bytes is refused, and nothing of a refused form or a wrong link is kept.
func TestBodyFilesAreBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.report(t)
	link := s.refer(t, ref, lang.En)
	before := s.Blobs.Keys()
	good := sentFile{"file", "a.pdf", "application/pdf", []byte("%PDF-1.7")}
	for name, files := range map[string][]sentFile{
		"Send at most 5 files":   {good, good, good, good, good, good},
		"larger than 15 MB":      {{"file", "a.pdf", "application/pdf", append([]byte("%PDF-1.7"), make([]byte, maxBodyBytes)...)}},
		"neither a picture":      {good, {"file", "a.pdf", "application/pdf", []byte("MZ\x90\x00\x03\x00\x00\x00")}},
		"page.html is neither":   {{"file", "page.html", "image/png", []byte("<!doctype html><script>1</script>")}},
		"picture.svg is neither": {{"file", "picture.svg", "image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)}},
		"archive.zip is neither": {{"file", "archive.zip", "application/zip", zipped(t)}},
		"nothing is neither":     {{"file", "nothing", "application/pdf", nil}},
	} {
		s.Clock.Advance(messageWindow)
		has(t, s.sayWith(t, link, "answer", http.StatusUnprocessableEntity, files...).body, name, `id="file-error"`)
	}
	s.Clock.Advance(messageWindow)
	s.sayWith(t, strings.Split(link, "?k=")[0]+"?k=0000000000000000", "answer", http.StatusGone, good)
	if n := s.Blobs.Keys(); n != before {
		t.Errorf("%d blobs were kept", n-before)
	}
	if r := s.View(t, ref).Ticket.Referrals[0]; r.State != ticketing.ReferralSent {
		t.Errorf("the referral is %s", r.State)
	}
	s.Clock.Advance(messageWindow)
	for range messages {
		s.sayWith(t, link, "none", http.StatusUnprocessableEntity)
	}
	s.sayWith(t, link, "answer", http.StatusTooManyRequests, good)
}
