package email

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGoldenMails reads the mails of testdata/mail, named by their trouble, and
// compares what was understood with the golden file beside each.
func TestGoldenMails(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/mail/*.eml")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d mails, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".eml"), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in, blobs := parse(t, string(raw))
			checkInbound(t, in, blobs)
			got := render(in, blobs)
			golden := strings.TrimSuffix(file, ".eml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// render writes an Inbound for people to check.
func render(in ticketing.Inbound, blobs *memBlobs) string {
	var b strings.Builder
	line := func(name string, v any) {
		if s := fmt.Sprint(v); s != "" && s != "[]" && s != "false" {
			fmt.Fprintf(&b, "%s: %s\n", name, s)
		}
	}
	party := func(p ticketing.Party) string { return fmt.Sprintf("%q <%s>", p.Name, p.Address) }
	line("from", party(in.From))
	line("reply-to", in.ReplyTo)
	for _, p := range in.To {
		line("to", party(p))
	}
	for _, p := range in.Cc {
		line("cc", party(p))
	}
	line("subject", in.Subject)
	if !in.SentAt.IsZero() {
		line("sent", in.SentAt.Format("2006-01-02 15:04:05"))
	}
	line("message-id", in.MessageID)
	line("references", in.References)
	line("tokens", in.Tokens)
	line("machine", in.Machine)
	line("auth", in.Auth)
	line("spam", in.Spam)
	line("partial", in.Partial)
	line("unreadable", in.Unreadable)
	line("notes", in.Notes)
	line("language", fmt.Sprintf("%s %v", in.Language, in.LanguageSure))
	for _, r := range in.Reports {
		line("report", fmt.Sprintf("%s failed=%v status=%s id=%s envelope=%s %q", r.Recipient, r.Failed, r.Status, r.MessageID, r.EnvelopeID, r.Text))
	}
	for _, f := range in.Files {
		line("file", fmt.Sprintf("%q %s %d bytes cid=%s inline=%v", f.Name, f.ContentType, f.Size, f.ContentID, f.Inline))
	}
	fmt.Fprintf(&b, "--- text\n%s\n", in.Text[:in.FoldAt])
	if in.FoldAt < len(in.Text) {
		fmt.Fprintf(&b, "--- folded\n%s\n", in.Text[in.FoldAt:])
	}
	if in.HTMLKey != "" {
		fmt.Fprintf(&b, "--- html\n%s\n", strings.ReplaceAll(blobs.text(in.HTMLKey), "\r\n", "\n"))
	}
	return b.String()
}
