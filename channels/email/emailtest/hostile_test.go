package emailtest

import (
	"crypto/sha256"
	"testing"
)

// The hostile mails are many, different and of bounded size.
func TestHostile(t *testing.T) {
	t.Parallel()
	list := Hostile()
	seen := map[[32]byte]string{}
	total := 0
	for _, c := range list {
		sum := sha256.Sum256(c.Raw)
		if other, ok := seen[sum]; ok {
			t.Errorf("%q and %q are the same mail", c.Name, other)
		}
		seen[sum] = c.Name
		total += len(c.Raw)
		if len(c.Raw) > 6<<20 {
			t.Errorf("%q has %d bytes", c.Name, len(c.Raw))
		}
	}
	if len(list) < 300 {
		t.Errorf("%d hostile mails, want at least 300", len(list))
	}
	t.Logf("%d mails, %d bytes", len(list), total)
}
