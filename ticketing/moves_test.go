package ticketing_test

import (
	"flag"
	"os"
	"testing"

	"github.com/sistem48/system48/ticketing"
)

var update = flag.Bool("update", false, "write the documents that are generated")

// TestStatesDocument keeps docs/states.md true to the table of moves; with
// -update it writes it.
func TestStatesDocument(t *testing.T) {
	t.Parallel()
	const file = "../docs/states.md"
	want := ticketing.StatesDocument()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil { //nolint:gosec // G306: a document
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("docs/states.md is not what the table of moves says; run make generate (%v)", err)
	}
}
