package email

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func digestOf(t *testing.T, raw string) DigestResult {
	t.Helper()
	d := NewDigest()
	if n, err := d.Write([]byte(raw)); n != len(raw) || err != nil {
		t.Fatalf("Write = %d, %v", n, err)
	}
	return d.Sum()
}

const digestMail = "Received: from a by b; Mon, 2 Feb 2026 10:00:00 +0100\r\n" +
	"Message-ID: <1@ex.me>\r\nFrom: =?windows-1250?Q?Milo=9A?= <milos@ex.me>\r\n" +
	"Date: Mon, 2 Feb 2026 10:00:00 +0100\r\nSubject: =?utf-8?B?xIZ1cHJpamE=?=\r\n\r\nNema vode.\r\n"

func TestDigestFirstLook(t *testing.T) {
	t.Parallel()
	got := digestOf(t, digestMail)
	sum := sha256.Sum256([]byte(digestMail))
	want := DigestResult{
		RawSHA256: hex.EncodeToString(sum[:]), ContentKey: got.ContentKey, Size: int64(len(digestMail)),
		From: "Miloš <milos@ex.me>", Subject: "Ćuprija", MessageID: "1@ex.me",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Sum (-want +got):\n%s", diff)
	}
}

// However the bytes arrive, the digest is one.
func TestDigestPieces(t *testing.T) {
	t.Parallel()
	want := digestOf(t, digestMail)
	for size := 1; size < 40; size++ {
		d := NewDigest()
		for rest := digestMail; rest != ""; {
			n := min(size, len(rest))
			if _, err := d.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if diff := cmp.Diff(want, d.Sum()); diff != "" {
			t.Fatalf("pieces of %d bytes (-want +got):\n%s", size, diff)
		}
	}
}

// F07: the same Message-ID does not make two mails one; another way of delivery
// does not make one mail two.
func TestF07ContentKey(t *testing.T) {
	t.Parallel()
	base := digestOf(t, digestMail).ContentKey
	tests := []struct {
		name string
		raw  string
		same bool
	}{
		{"another Received line", "Received: from x by y\r\n" + digestMail, true},
		{"another recipient field", "Delivered-To: b@pg.me\r\n" + digestMail, true},
		{"another body", strings.Replace(digestMail, "vode", "struje", 1), false},
		{"one more byte in the body", digestMail + "\n", false},
		{"another subject", strings.Replace(digestMail, "xIZ1", "xIZ2", 1), false},
		{"another date", strings.Replace(digestMail, "Date: Mon, 2", "Date: Mon, 3", 1), false},
		{"another sender", strings.Replace(digestMail, "milos@", "milan@", 1), false},
		{"a second From", strings.Replace(digestMail, "Date:", "From: x@y.me\r\nDate:", 1), false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := digestOf(t, tc.raw).ContentKey; (got == base) != tc.same {
				t.Errorf("same key = %v, want %v", got == base, tc.same)
			}
		})
	}
}

// F08: without Message-ID and Date only equal bytes are the same mail, and a
// header without an end hides no difference.
func TestF08ContentKeyWithoutIdentity(t *testing.T) {
	t.Parallel()
	pairs := [][2]string{
		{"Received: a\r\nFrom: a@b.me\r\n\r\nNema vode", "Received: b\r\nFrom: a@b.me\r\n\r\nNema vode"},
		{"Message-ID: <1@a>\r\nDate: x\r\nNema vode", "Message-ID: <1@a>\r\nDate: x\r\nNema struje"},
		{"", "\n"},
		{"From: a\r\n", "From: a\r\n\r\n"},
		{"\r\n\r\nNema vode", "\r\n\r\nNema struje"},
	}
	for _, p := range pairs {
		if digestOf(t, p[0]).ContentKey == digestOf(t, p[1]).ContentKey {
			t.Errorf("one content key for %q and %q", p[0], p[1])
		}
	}
}

// A84: a header without end costs memory only up to its bound.
func TestA84DigestEndlessHeader(t *testing.T) {
	t.Parallel()
	d := NewDigest()
	line := []byte("Subject: " + strings.Repeat("x", 990) + "\r\n")
	for range 20_000 {
		if _, err := d.Write(line); err != nil {
			t.Fatal(err)
		}
		if len(d.head) > maxHeadBytes+len(line) {
			t.Fatalf("holds %d bytes", len(d.head))
		}
	}
	if got := d.Sum(); len(got.Subject) != maxFirstLook || got.Size != int64(20_000*len(line)) {
		t.Errorf("Subject of %d characters, Size %d", len(got.Subject), got.Size)
	}
}
