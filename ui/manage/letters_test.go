package manage

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing/lang"
)

const ownReceipt = "Subject: Got it, {ref}\n\nWe have it under {ref}: {tracking_url}"

// An admin changes a letter, looks at it first, and takes the change back; what
// was typed is never lost, and of two admins the second is told so.
func TestLetters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	const path = "/manage/letters/receipt/en"
	list := b.get(t, "/manage/letters", http.StatusOK)
	has(t, list, "Receipt", "Signature", path)
	if strings.Contains(list, "letters.name_") {
		t.Error("a letter has no name")
	}
	has(t, b.get(t, path, http.StatusOK), "The text that comes with the program is in use", "{tracking_url}", "S48-26-004812-6")
	stored := func() string {
		dir, err := s.Store.Directory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		x, _ := dir.LetterText(lang.En, "receipt")
		return x.Body
	}
	has(t, b.post(t, path, http.StatusOK, "do", "preview", "version", "0", "body", ownReceipt), "How it would read", "Got it, S48-26-004812-6")
	if stored() != "" {
		t.Fatal("looking at a text saved it")
	}
	has(t, b.post(t, path, http.StatusUnprocessableEntity, "do", "save", "version", "0", "body", ownReceipt+"\n{oops}"), "{oops} is unknown here", "Got it, {ref}")
	b.post(t, path, http.StatusUnprocessableEntity, "do", "save", "version", "0", "body", "")
	b.post(t, path, http.StatusSeeOther, "do", "save", "version", "0", "body", ownReceipt)
	if got := stored(); got != ownReceipt {
		t.Fatalf("saved %q", got)
	}
	page := b.get(t, path, http.StatusOK)
	has(t, page, "own text is in use", "Back to the text of the program", s.Adam.Name)
	b.post(t, path, http.StatusConflict, "do", "save", "version", "0", "body", "Subject: late\n\n{ref} {tracking_url}")
	b.post(t, path, http.StatusSeeOther, "do", "reset", "version", "1")
	if got := stored(); got != "" {
		t.Errorf("after the reset %q is in use", got)
	}
	// The version of before can be laid into the editor again.
	has(t, b.get(t, path+"?version=1", http.StatusOK), "Got it, {ref}", "How it would read")
	for _, odd := range []string{"/manage/letters/words/en", "/manage/letters/receipt/xx", "/manage/letters/..%2fbook/en"} {
		b.get(t, odd, http.StatusNotFound)
	}
	// A21: what stands in a text is text.
	page = b.post(t, path, http.StatusUnprocessableEntity, "do", "save", "version", "2", "body", ownReceipt+"\n<script>alert(1)</script>")
	if strings.Contains(page, "<script>alert(1)") {
		t.Error("markup of a letter is markup of the page (A21)")
	}
}
