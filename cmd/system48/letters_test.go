package main

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// TestDoctorNamesLetters finds a letter of the city that this program cannot read,
// as one written for another version of it, and says which and where.
func TestDoctorNamesLetters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := completed()
	cfg.Database.URL, cfg.Blobs.URL = "sqlite:"+filepath.Join(dir, "s48.db"), "file:"+filepath.Join(dir, "files")
	cfg.Keys.ThreadKeyFile, cfg.Keys.TrackingKeyFile = filepath.Join(dir, "thread"), filepath.Join(dir, "tracking")
	s, err := openSystem(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	if f := s.examineLetters(t.Context()); !f.OK {
		t.Errorf("without letters of the city: %+v", f)
	}
	save := func(name, body string) {
		err := s.db.InTx(t.Context(), func(tx ticketing.Tx) error {
			return tx.SaveLetterText(t.Context(), &ticketing.LetterText{Language: lang.En, Name: name, Body: body, At: s.now()})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	save("receipt", "Subject: Got it, {ref}\n\nWe have it: {tracking_url}\n{from_the_future}")
	f := s.examineLetters(t.Context())
	if f.OK || !strings.Contains(f.Detail, "receipt") || !strings.Contains(f.Detail, "from_the_future") || strings.Contains(f.Detail, "\n") {
		t.Errorf("with a letter it cannot read: %+v", f)
	}
}
