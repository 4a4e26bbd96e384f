package storagetest

import (
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// Versions of a letter's text: each stays, the newest is in the directory, and
// of two who change the same one the second is told so.
func testLetters(t *testing.T, r *room) {
	text := func(tag lang.Tag, name, body string, after int64) ticketing.LetterText {
		return ticketing.LetterText{Language: tag, Name: name, Version: after, Body: body, Agent: r.Adam.ID, At: r.now()}
	}
	save := func(l ticketing.LetterText) ticketing.LetterText {
		var saved ticketing.LetterText
		r.in(t, func(tx ticketing.Tx) error {
			saved = l // the function may run again
			return tx.SaveLetterText(ctx(), &saved)
		})
		return saved
	}
	first := text(lang.En, "receipt", "Subject: Got it\n\n{ref} ćuprija ћуприја {tracking_url}", 0)
	one := save(first)
	if one.Version != 1 {
		t.Fatalf("first version = %d", one.Version)
	}
	other := save(text(lang.Sq, "receipt", "Subject: …\n\n{ref} {tracking_url}", 0))
	two := save(text(lang.En, "receipt", "", 1))
	shown := r.directoryWith(t, "version 2", func(d *ticketing.Directory) bool {
		x, _ := d.LetterText(lang.En, "receipt")
		return x.Version == 2
	})
	same(t, "newest texts", shown.Letters, []ticketing.LetterText{two, other})
	if _, ok := shown.LetterText(lang.En, "closing"); ok {
		t.Error("a text that was never changed is in the directory")
	}
	for _, after := range []int64{0, 1, 3} {
		r.refused(t, ticketing.Stale, func(tx ticketing.Tx) error {
			x := text(lang.En, "receipt", "late", after)
			return tx.SaveLetterText(ctx(), &x)
		})
	}
	history, err := r.LetterHistory(ctx(), lang.En, "receipt", 10)
	must(t, err)
	same(t, "history", history, []ticketing.LetterText{two, one})
	history, err = r.LetterHistory(ctx(), lang.En, "receipt", 1)
	must(t, err)
	same(t, "bounded history", history, []ticketing.LetterText{two})
	history, err = r.LetterHistory(ctx(), lang.En, "closing", 10)
	must(t, err)
	if len(history) != 0 {
		t.Errorf("history of an unchanged letter: %v", history)
	}
}
