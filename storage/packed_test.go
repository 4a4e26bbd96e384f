package storage

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPackedRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if rapid.Bool().Draw(t, "long") {
			text = strings.Repeat(text, rapid.IntRange(1, 50).Draw(t, "times"))
		}
		text = clean(text)
		b, err := packed(text).bytes()
		if err != nil {
			t.Fatal(err)
		}
		got, err := unpack(b)
		if err != nil || string(got) != text {
			t.Fatalf("unpack(pack(%q)) = %q, %v", text, got, err)
		}
	})
}

// What is packed today must be readable for ever: these bytes were written
// with the first dictionary.
func TestPackedIsReadForEver(t *testing.T) {
	t.Parallel()
	const text = "Poštovani, na uglu Njegoševe i Slobode već nekoliko dana ne radi javna rasvjeta. Molim vas da pošaljete ekipu. S poštovanjem, Marija"
	b, err := packed(text).bytes()
	if err != nil {
		t.Fatal(err)
	}
	if b[0] != packed1 || len(b) > len(text)/2 {
		t.Errorf("%d bytes are packed into %d, form %d; want less than half by the dictionary", len(text), len(b), b[0])
	}
	got, err := unpack([]byte(packedSample))
	if err != nil || string(got) != text {
		t.Errorf("unpack(sample) = %q, %v", got, err)
	}
}

func TestUnpackRefuses(t *testing.T) {
	t.Parallel()
	bomb, err := packed(strings.Repeat("a", packedMost+1)).bytes()
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"a form of the future": {9, 1, 2, 3}, "no deflate": {packed1, 0xff, 0xff}, "nothing behind the form": {packed1}, "a bomb": bomb,
	} {
		if got, err := unpack(b); !errors.Is(err, errPacked) {
			t.Errorf("%s: unpack() = %d bytes, %v", name, len(got), err)
		}
	}
}

// Whatever bytes a damaged disk gives, unpacking ends.
func FuzzUnpack(f *testing.F) {
	b, err := packed(strings.Repeat("Poštovani, ", 20)).bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{packedPlain, 'x'})
	f.Add([]byte{packed1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := unpack(b)
		if err == nil && len(got) > packedMost {
			t.Errorf("%d bytes", len(got))
		}
	})
}

func BenchmarkPack(b *testing.B) {
	text := packed(strings.Repeat("Poštovani, kvar je prijavljen ekipi i biće otklonjen sjutra. ", 8))
	for b.Loop() {
		if _, err := text.bytes(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnpack(b *testing.B) {
	p, err := packed(strings.Repeat("Poštovani, kvar je prijavljen ekipi i biće otklonjen sjutra. ", 8)).bytes()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := unpack(p); err != nil {
			b.Fatal(err)
		}
	}
}

// packedSample is what the first dictionary made of the text above.
const packedSample = "\x01Bn\xbc\xc0jo\xbf\xac\xd4\xf4\xfc\xa3\vS\xcb@\xfd\x97\xe0\x9c\xfc\xa4\xfc\x94T,\x950\xac\xfaB\xab\xd5\xf4\x14|\x91Z\x1b\x18m\n=\x8c\x8c\xe4\v.\xbe\x00\x01\x00\x00\xff\xff"
