package ticketing

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReferenceCheckDigit(t *testing.T) {
	t.Parallel()
	ref := NewReference("S48", 2026, 4812)
	year, n := ref.Number()
	if year != 26 || n != 4812 || ref.Short() != "4812" {
		t.Fatalf("%s reads back as %d, %d", ref, year, n)
	}
	digits := "26004812"
	good := ref[len(ref)-1]
	for i := range digits {
		for d := byte('0'); d <= '9'; d++ {
			if d == digits[i] {
				continue
			}
			if checkDigit(digits[:i]+string(d)+digits[i+1:]) == good {
				t.Errorf("a wrong digit at %d goes unnoticed", i)
			}
		}
		if i > 0 && digits[i] != digits[i-1] {
			b := []byte(digits)
			b[i], b[i-1] = b[i-1], b[i]
			if checkDigit(string(b)) == good {
				t.Errorf("swapped digits at %d go unnoticed", i)
			}
		}
	}
}

func TestFindReferences(t *testing.T) {
	t.Parallel()
	ref := NewReference("S48", 2026, 4812)
	other := NewReference("S48", 2026, 1234567)
	wrong := string(ref[:len(ref)-1]) + string('0'+(ref[len(ref)-1]-'0'+1)%10)
	spoken := strings.ReplaceAll(strings.ToLower(string(ref)), "-", " ")
	dashed := strings.ReplaceAll(string(ref), "-", "–")
	twice := string(ref) + " i " + string(other) + ", " + string(ref)
	for text, want := range map[string][]Reference{
		"Re: [" + string(ref) + "] rupa": {ref},
		"re: " + spoken:                  {ref},
		"Predmet " + dashed:              {ref},
		twice:                            {ref, other},
		wrong:                            nil,
		"X48-26-004812-6":                nil,
		string(ref) + "1":                nil,
		"":                               nil,
		strings.Repeat("S48-", 1000):     nil,
	} {
		if diff := cmp.Diff(want, FindReferences("S48", text)); diff != "" {
			t.Errorf("FindReferences(%.40q): %s", text, diff)
		}
	}
	if got, err := ParseReference("S48", "26-004812-"+string(ref[len(ref)-1])); err != nil || got != ref {
		t.Errorf("without prefix: %v, %v", got, err)
	}
}

func FuzzFindReferences(f *testing.F) {
	f.Add("Re: [S48-26-004812-6] x")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range FindReferences("S48", s) {
			if again := FindReferences("S48", string(r)); len(again) != 1 || again[0] != r {
				t.Errorf("%q found in %q does not parse again", r, s)
			}
		}
	})
}

func testKeys() Keyring {
	return Keyring{Tracking: [][]byte{[]byte("tracking")}, Thread: [][]byte{[]byte("thread")}, Link: [][]byte{[]byte("link")}}
}

func TestTrackingCode(t *testing.T) {
	t.Parallel()
	k := testKeys()
	ref := NewReference("S48", 2026, 4812)
	code := k.TrackingCode(ref, 0)
	if len(code) != 12 {
		t.Fatalf("code %q has %d characters", code, len(code))
	}
	typed := strings.ToLower(code[:4] + "-" + code[4:8] + " " + code[8:])
	if !k.CheckTrackingCode(ref, 0, typed) {
		t.Error("the code as people type it is refused")
	}
	if k.CheckTrackingCode(ref, 1, code) {
		t.Error("raising the epoch did not revoke the code")
	}
	if k.CheckTrackingCode(NewReference("S48", 2026, 4813), 0, code) || k.CheckTrackingCode(ref, 0, "") {
		t.Error("a foreign or empty code is accepted (A47)")
	}
	rotated := Keyring{Tracking: [][]byte{[]byte("new"), []byte("tracking")}}
	if !rotated.CheckTrackingCode(ref, 0, code) || rotated.TrackingCode(ref, 0) == code {
		t.Error("a changed key breaks the codes given out before, or makes the same")
	}
}

// TestThreadMarks holds A68 and A70: no mark without its MAC.
func TestThreadMarks(t *testing.T) {
	t.Parallel()
	k := testKeys()
	tag, id := k.TicketTag(812), k.MessageIDHeader(99, "grad.example")
	if got, ok := k.VerifyTicketTag(strings.ToUpper(tag)); !ok || got != 812 {
		t.Errorf("own tag: %d, %v", got, ok)
	}
	if got, ok := k.VerifyMessageID("<" + id + ">"); !ok || got != 99 {
		t.Errorf("own Message-ID: %d, %v", got, ok)
	}
	_, sum, _ := strings.Cut(tag, ".")
	for _, forged := range []string{
		"", "t812", "t812.", "t813." + sum, "t812." + sum[:15], "t812." + sum + "a", "t0812." + sum, "t-812." + sum,
		"t812." + strings.Repeat("a", 16), "t99999999999999999999." + sum,
	} {
		if _, ok := k.VerifyTicketTag(forged); ok {
			t.Errorf("forged tag %q verifies", forged)
		}
	}
	for _, forged := range []string{"", "s48.99@x", "s48.100." + id[7:], strings.Replace(id, "s48.", "s49.", 1), "99@grad.example"} {
		if _, ok := k.VerifyMessageID(forged); ok {
			t.Errorf("forged Message-ID %q verifies", forged)
		}
	}
}
