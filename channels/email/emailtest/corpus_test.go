package emailtest

import (
	"bytes"
	"testing"
)

// The corpus is as described: 8 kB in the mean, a photo in every tenth
// mail, many senders, several charsets, and never the same mail twice.
func TestCorpus(t *testing.T) {
	t.Parallel()
	const n = 8000
	size, plain, photos := 0, 0, 0
	senders, seen, charsets := map[string]bool{}, map[string]bool{}, map[string]int{}
	for m := range Corpus(1, n) {
		senders[m.From] = true
		if seen[m.MessageID] {
			t.Fatalf("Message-ID %q twice", m.MessageID)
		}
		seen[m.MessageID] = true
		for _, c := range []string{"utf-8", "windows-1250", "windows-1251", "iso-8859-2", "us-ascii", "iso-8859-1"} {
			if bytes.Contains(m.Raw, []byte("charset="+c)) {
				charsets[c]++
			}
		}
		if m.Photo {
			photos++
			if len(m.Raw) < 270_000 {
				t.Fatalf("photo mail of %d bytes", len(m.Raw))
			}
			continue
		}
		size += len(m.Raw)
		plain++
	}
	if mean := size / plain; mean < 7000 || mean > 9000 {
		t.Errorf("mean size %d bytes, want about 8 kB", mean)
	}
	if photos != n/10 || len(senders) < 5000 || len(charsets) < 6 {
		t.Errorf("%d photos, %d senders, charsets %v", photos, len(senders), charsets)
	}
}

func TestCorpusIsRepeatable(t *testing.T) {
	t.Parallel()
	var first [][]byte
	for m := range Corpus(7, 20) {
		first = append(first, m.Raw)
	}
	i := 0
	for m := range Corpus(7, 20) {
		if !bytes.Equal(m.Raw, first[i]) {
			t.Fatalf("mail %d differs", i)
		}
		i++
	}
	for m := range Corpus(8, 1) {
		if bytes.Equal(m.Raw, first[0]) {
			t.Error("another seed gives the same mail")
		}
	}
}
