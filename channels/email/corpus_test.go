package email

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/sistem48/system48/channels/email/emailtest"
	"github.com/sistem48/system48/ticketing"
)

// Ordinary post is read rightly, whatever its charset, form and encoding.
func TestCorpus(t *testing.T) {
	t.Parallel()
	blobs := newMemBlobs()
	p := newTestParser(blobs)
	n := 1500
	if testing.Short() {
		n = 300
	}
	for m := range emailtest.Corpus(1, n) {
		in := parseMail(t, blobs, p, string(m.Raw))
		checkInbound(t, in, blobs)
		if in.From.Address != m.From || in.From.Name != m.Name || in.Subject != m.Subject || in.MessageID != m.MessageID {
			t.Errorf("%s: got %q <%s>, subject %q, id %q, want %q <%s>, %q", m.MessageID, in.From.Name, in.From.Address, in.Subject, in.MessageID, m.Name, m.From, m.Subject)
		}
		if !strings.Contains(strings.Join(strings.Fields(in.Text), " "), m.Words) || strings.Contains(in.Text, "\ufffd") {
			t.Errorf("%s: text lacks %q:\n%s", m.MessageID, m.Words, in.Text)
		}
		if quoted := strings.Contains(in.Text, "\n> "); quoted != (in.FoldAt < len(in.Text)) {
			t.Errorf("%s: history %v, folded at %d of %d", m.MessageID, quoted, in.FoldAt, len(in.Text))
		}
		if in.Partial || in.Unreadable || in.Machine != "" || in.Auth != ticketing.AuthPass || in.Spam {
			t.Errorf("%s: partial %v, machine %q, auth %q, notes %v", m.MessageID, in.Partial, in.Machine, in.Auth, in.Notes)
		}
		if (len(in.Files) == 1) != m.Photo {
			t.Errorf("%s: %d files", m.MessageID, len(in.Files))
		}
		if m.Photo && (in.Files[0].ContentType != "image/jpeg" || in.Files[0].Size != 200<<10) {
			t.Errorf("%s: file %+v", m.MessageID, in.Files[0])
		}
		clear(blobs.m)
	}
}

// BenchmarkParse parses mails of 8 kB without photos, BenchmarkParseCorpus the
// corpus as it is.
func BenchmarkParse(b *testing.B)       { benchmarkParse(b, false) }
func BenchmarkParseCorpus(b *testing.B) { benchmarkParse(b, true) }

func benchmarkParse(b *testing.B, photos bool) {
	blobs := newMemBlobs()
	p := newTestParser(blobs)
	var entries []ticketing.LedgerEntry
	size := 0
	for m := range emailtest.Corpus(3, 400) {
		if m.Photo && !photos {
			continue
		}
		key, n, err := blobs.Put(context.Background(), bytes.NewReader(m.Raw), true)
		if err != nil {
			b.Fatal(err)
		}
		size += len(m.Raw)
		entries = append(entries, ticketing.LedgerEntry{ID: 7, Arrival: ticketing.Arrival{RawKey: key, RawSize: n, Box: ticketing.Mailbox{Account: testAccount}}})
	}
	b.SetBytes(int64(size / len(entries)))
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if _, err := p.Parse(context.Background(), entries[i%len(entries)]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}
