package portal

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// photo is a JPEG that says where it was taken.
func photo(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 16, 16)), nil); err != nil {
		t.Fatal(err)
	}
	return []byte("\xff\xd8\xff\xe1\x00\x16Exif\x00\x00GPS 42.4 19.2." + b.String()[2:])
}

// upload posts a form with photos as a browser without scripts does.
func (s *site) upload(t *testing.T, path string, want int, fields map[string]string, files ...[]byte) answer {
	t.Helper()
	var list []sentFile
	for i, f := range files {
		list = append(list, sentFile{"photo", fmt.Sprintf("slika %d.jpg", i+1), "", f})
	}
	return s.send(t, path, want, fields, list...)
}

// A sentFile is a file in a form, with the type the browser claims.
type sentFile struct {
	field, name, kind string
	bytes             []byte
}

// send posts a form with files.
func (s *site) send(t *testing.T, path string, want int, fields map[string]string, files ...sentFile) answer {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		must(t)(nil, w.WriteField(name, value))
	}
	for _, f := range files {
		head := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"; filename="%s"`, f.field, f.name)}}
		if f.kind != "" {
			head.Set("Content-Type", f.kind)
		}
		part, err := w.CreatePart(head)
		must(t)(nil, err)
		_, err = part.Write(f.bytes)
		must(t)(nil, err)
	}
	must(t)(nil, w.Close())
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.base+path, &body)
	must(t)(nil, err)
	r.Header.Set("Content-Type", w.FormDataContentType())
	a := s.anybody.Send(t, r)
	if a.StatusCode != want {
		t.Fatalf("POST %s = %d, want %d: %.800s", path, a.StatusCode, want, a.Text)
	}
	return answer{a.Response, a.Text}
}

// TestPhotos lets a citizen add a message with photos, and photos alone: they lie
// in the ticket as what they are, without the place where they were taken, and the
// agents' screens are told.
func TestPhotos(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.report(t)
	path, code := "/predmet/"+string(ref), s.code(t, ref)
	has(t, s.get(t, s.link(t, lang.SrLatn, ref), http.StatusOK), `enctype="multipart/form-data"`, `accept="image/jpeg,image/png,image/webp"`)
	before := s.View(t, ref).Ticket.Version
	s.upload(t, path+"/message", http.StatusSeeOther, map[string]string{"k": code, "text": "Evo kako izgleda."}, photo(t), photo(t))
	s.upload(t, path+"/message", http.StatusSeeOther, map[string]string{"k": code, "text": " "}, photo(t))
	v := s.View(t, ref)
	if len(v.Messages) != 3 || len(v.Messages[1].Files) != 2 || len(v.Messages[2].Files) != 1 || v.Ticket.Version == before {
		t.Fatalf("messages: %+v", v.Messages)
	}
	f := v.Messages[1].Files[0]
	if f.ContentType != "image/jpeg" || f.Name != "slika 1.jpg" {
		t.Errorf("file = %+v", f)
	}
	r, err := s.Blobs.Open(t.Context(), f.Key)
	must(t)(nil, err)
	defer func() { _ = r.Close() }()
	kept, err := io.ReadAll(r)
	must(t)(nil, err)
	if bytes.Contains(kept, []byte("GPS")) || int64(len(kept)) != f.Size {
		t.Errorf("kept %d of %d bytes: %q", len(kept), f.Size, kept)
	}
	page := s.get(t, s.link(t, lang.SrLatn, ref), http.StatusOK)
	has(t, page, "Evo kako izgleda.", "/files/"+strconv.FormatInt(int64(f.ID), 10)+"?k="+code)

	desk := ticketing.Desk{Bureau: s.Core}
	must(t)(desk.Resolve(t.Context(), ticketing.ActorOf(s.Ana), ticketing.Target{Ref: ref}, "Zatvoreno."))
	s.upload(t, path+"/reopen", http.StatusSeeOther, map[string]string{"k": code, "why": ""}, photo(t))
	if v := s.View(t, ref); v.Ticket.State != ticketing.StateOpen || len(v.Messages[len(v.Messages)-1].Files) != 1 {
		t.Errorf("denied with a photo: %v", v.Ticket.State)
	}
}

// TestUploadFlood is A93: what is too large, too many, no photo or without the
// code leaves nothing behind, neither a blob nor a file on the disk; and the
// eleventh attempt is refused before it is read.
func TestUploadFlood(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	s := newSite(t, "")
	ref := s.report(t)
	path, code := "/predmet/"+string(ref)+"/message", s.code(t, ref)
	blobs := s.Blobs.Keys()
	with := map[string]string{"k": code, "text": "Slika."}
	big := append(photo(t), make([]byte, 11<<20)...)
	film := append(photo(t), bytes.Repeat([]byte("film"), 1<<20)...) // goes to the disk while it is read
	for name, tt := range map[string]struct {
		fields map[string]string
		files  [][]byte
		status int
		says   string
	}{
		"one too large":       {with, [][]byte{big}, 422, "slika 1.jpg"},
		"one that is none":    {with, [][]byte{photo(t), []byte("<svg onload=alert(1)>")}, 422, "slika 2.jpg"},
		"six":                 {with, [][]byte{photo(t), photo(t), photo(t), photo(t), photo(t), photo(t)}, 422, "5"},
		"neither word":        {map[string]string{"k": code}, nil, 422, "poruk"},
		"a wrong code":        {map[string]string{"k": "AAAAAAAAAAAA", "text": "x"}, [][]byte{film}, 404, ""},
		"more than the whole": {with, [][]byte{big, big, big}, 413, ""},
	} {
		a := s.upload(t, path, tt.status, tt.fields, tt.files...)
		if !strings.Contains(a.body, tt.says) {
			t.Errorf("%s: the page lacks %q", name, tt.says)
		}
		if tt.status == 422 && len(tt.files) > 0 && !strings.Contains(a.body, ">Slika.</textarea>") {
			t.Errorf("%s: what was typed is lost", name)
		}
	}
	if n := s.Blobs.Keys(); n != blobs {
		t.Errorf("%d blobs are left of what was refused", n-blobs)
	}
	s.upload(t, path, http.StatusSeeOther, with, film)
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("files are left on the disk: %v, %v", left, err)
	}
	if n := len(s.View(t, ref).Messages); n != 2 {
		t.Errorf("%d messages", n)
	}
	for range messages - 7 {
		s.upload(t, path, http.StatusSeeOther, with)
	}
	s.upload(t, path, http.StatusTooManyRequests, with, photo(t))
}

// TestEnoughPhotos is A93 over days: a ticket takes so many photos and no more.
func TestEnoughPhotos(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.report(t)
	path, with := "/predmet/"+string(ref)+"/message", map[string]string{"k": s.code(t, ref), "text": "Slike."}
	five := [][]byte{photo(t), photo(t), photo(t), photo(t), photo(t)}
	for range maxPhotosOfTicket / maxPhotos {
		s.upload(t, path, http.StatusSeeOther, with, five...)
	}
	a := s.upload(t, path, http.StatusUnprocessableEntity, with, photo(t))
	has(t, a.body, strconv.Itoa(maxPhotosOfTicket))
	s.upload(t, path, http.StatusSeeOther, with) // words are still welcome
}
