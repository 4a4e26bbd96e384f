package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/labstack/echo/v4"
)

// A93: whoever sends files without showing that they may fills the disk's folder
// for such for a moment, and not the memory.
func TestUploadOfAStrangerIsNotHeldInMemory(t *testing.T) {
	t.Parallel()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("files", "veliko.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(make([]byte, 4<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/predmet/S48-26-000001-1/message", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	c := echo.New().NewContext(r, httptest.NewRecorder())
	passed := false
	err = newOffice(t, nil).kit.csrf()(func(echo.Context) error { passed = true; return nil })(c)
	if err == nil || passed {
		t.Fatalf("a form without a token passed: %v", err)
	}
	form := c.Request().MultipartForm
	if form == nil || len(form.File["files"]) != 1 {
		t.Fatal("the form was not parsed within the bound")
	}
	defer func() { _ = form.RemoveAll() }()
	file, err := form.File["files"][0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, onDisk := file.(*os.File); !onDisk {
		t.Errorf("4 MB of a stranger are held in memory: %T", file)
	}
}
