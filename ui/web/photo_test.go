package web

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"testing/iotest"
)

// secret stands where cameras say where they were.
const secret = "GPS 42.4411 19.2636"

func drawn() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range 40 * 30 {
		m.Set(i%40, i/40, color.RGBA{uint8(i * 7), uint8(i * 13), uint8(i), 255}) //nolint:gosec // any colour will do
	}
	return m
}

func app(marker byte, body string) string {
	return string([]byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}) + body //nolint:gosec // short
}

// photographed is a JPEG as a telephone writes it: Exif with a place and a turn,
// a comment, XMP, and a film behind the picture.
func photographed(t testing.TB, turn uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, drawn(), nil); err != nil {
		t.Fatal(err)
	}
	exif := []byte("Exif\x00\x00II\x2a\x00\x08\x00\x00\x00\x02\x00\x0f\x01\x02\x00\x04\x00\x00\x00ABC\x00\x12\x01\x03\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + secret)
	binary.LittleEndian.PutUint16(exif[36:], turn)
	return []byte("\xff\xd8" + app(0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x01\x01"+secret) + app(0xe1, string(exif)) + app(0xe1, "http://ns.adobe.com/xap/1.0/\x00"+secret) +
		app(0xe2, "ICC_PROFILE\x00\x01\x01colours") + app(0xe2, "MPF\x00"+secret) + app(0xfe, secret) + b.String()[2:] + "\x00\x00\x00\x18ftypmp42" + secret)
}

func chunk(name, body string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body))) //nolint:gosec // short
	b = append(b, name+body...)
	return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:])))
}

func drawnPNG(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, drawn()); err != nil {
		t.Fatal(err)
	}
	s := b.String()
	return []byte(s[:33] + chunk("tEXt", "Comment\x00"+secret) + chunk("eXIf", secret) + chunk("tIME", secret) + s[33:] + secret)
}

func riff(name, body string) string {
	if len(body)%2 == 1 {
		return name + string(binary.LittleEndian.AppendUint32(nil, uint32(len(body)))) + body + "\x00" //nolint:gosec // short
	}
	return name + string(binary.LittleEndian.AppendUint32(nil, uint32(len(body)))) + body //nolint:gosec // short
}

func webp(chunks ...string) []byte {
	return []byte(riff("RIFF", "WEBP"+strings.Join(chunks, "")) + secret)
}

// vp8 and vp8l are the heads of pictures of a size, lossy and lossless.
func vp8(width, height uint16) string {
	b := binary.LittleEndian.AppendUint16([]byte("\x10\x00\x00\x9d\x01\x2a"), width|1<<14) // to be shown larger
	return riff("VP8 ", string(binary.LittleEndian.AppendUint16(b, height))+"odd")
}

func vp8l(width, height uint32) string {
	return riff("VP8L", string(binary.LittleEndian.AppendUint32([]byte("\x2f"), (width-1)|(height-1)<<14|1<<28)))
}

// film is a frame of a size with pictures in it.
func film(width, height uint32, pictures ...string) string {
	b := binary.LittleEndian.AppendUint32(make([]byte, 6), (width-1)|(height-1)<<24)
	b = append(b, byte((height-1)>>8), byte((height-1)>>16), 100, 0, 0, 0) //nolint:gosec // the bytes of a number
	return riff("ANMF", string(b)+strings.Join(pictures, ""))
}

// TestCleanPhotoMeasuresWebP is A93: each place of a WebP that claims a size is
// measured, with and without a canvas before it.
func TestCleanPhotoMeasuresWebP(t *testing.T) {
	t.Parallel()
	canvas := riff("VP8X", "\x02\x00\x00\x00\x27\x00\x00\x1d\x00\x00")
	for name, x := range map[string]struct {
		in []byte
		ok bool
	}{
		"lossy": {webp(vp8(4000, 3000)), true}, "large lossy": {webp(vp8(16383, 16383)), false}, "lossy of nothing": {webp(vp8(0, 3000)), false},
		"lossless": {webp(vp8l(4000, 3000)), true}, "large lossless": {webp(vp8l(16384, 16384)), false}, "at the bound": {webp(vp8l(12000, 10000)), true},
		"beyond it": {webp(vp8l(12001, 10000)), false}, "behind a small canvas": {webp(canvas, vp8l(16384, 16384)), false},
		"film": {webp(canvas, film(40, 30, vp8(40, 30)), film(40, 30, riff("ALPH", "a"), vp8l(40, 30))), true}, "large frame": {webp(canvas, film(70_000, 70_000, vp8(40, 30))), false},
		"large picture in a frame": {webp(canvas, film(40, 30, riff("ALPH", "a"), vp8(16383, 16383))), false}, "frame cut off": {webp(canvas, film(40, 30, vp8(40, 30)[:12])), false},
		"frames in frames": {webp(canvas, film(40, 30, film(40, 30, vp8(40, 30)))), false}, "short lossy": {webp(riff("VP8 ", "short")), false},
		"short lossless": {webp(riff("VP8L", "shor")), false}, "short frame": {webp(riff("ANMF", "short")), false}, "short canvas": {webp(riff("VP8X", "short"), vp8(40, 30)), false},
	} {
		if _, err := CleanPhoto(&bytes.Buffer{}, bytes.NewReader(x.in)); (err == nil) != x.ok {
			t.Errorf("%s: %v, want taken: %t", name, err, x.ok)
		}
	}
}

// TestCleanPhoto takes away what a photo says about its maker and leaves every
// point of the picture as it was.
func TestCleanPhoto(t *testing.T) {
	t.Parallel()
	for name, in := range map[string][]byte{
		"image/jpeg": photographed(t, 6), "image/png": drawnPNG(t),
		"image/webp": webp(riff("VP8X", "\x0c\x00\x00\x00\x27\x00\x00\x1d\x00\x00"), vp8(40, 30), riff("EXIF", secret), riff("XMP ", secret)),
	} {
		var out bytes.Buffer
		kind, err := CleanPhoto(&out, iotest.OneByteReader(bytes.NewReader(in)))
		if err != nil || kind != name {
			t.Fatalf("%s: %q, %v", name, kind, err)
		}
		if bytes.Contains(out.Bytes(), []byte("GPS")) || bytes.Contains(out.Bytes(), []byte("ftyp")) {
			t.Errorf("%s still says where it was taken: %q", name, out.String())
		}
		var again bytes.Buffer
		if _, err := CleanPhoto(&again, bytes.NewReader(out.Bytes())); err != nil || !bytes.Equal(again.Bytes(), out.Bytes()) {
			t.Errorf("%s is not stable (%v)", name, err)
		}
		if name == "image/webp" {
			if got, want := out.String(), string(webp(riff("VP8X", "\x00\x00\x00\x00\x27\x00\x00\x1d\x00\x00"), vp8(40, 30))); got+secret != want {
				t.Errorf("webp = %q, want %q", got, want)
			}
			continue
		}
		was, _, err := image.Decode(bytes.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		is, _, err := image.Decode(&out)
		if err != nil {
			t.Fatalf("%s cannot be opened any more: %v", name, err)
		}
		for i := range 40 * 30 {
			if was.At(i%40, i/40) != is.At(i%40, i/40) {
				t.Fatalf("%s: point %d is another", name, i)
			}
		}
	}
}

// TestCleanPhotoKeepsUp keeps which side is up and the profile of the colours.
func TestCleanPhotoKeepsUp(t *testing.T) {
	t.Parallel()
	for turn := range uint16(10) {
		var out bytes.Buffer
		if _, err := CleanPhoto(&out, bytes.NewReader(photographed(t, turn))); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "colours") {
			t.Error("the profile is gone")
		}
		i := strings.Index(out.String(), "Exif\x00\x00")
		if turned := turn >= 2 && turn <= 8; turned != (i > 0) || (turned && orientation(out.Bytes()[i:]) != turn) {
			t.Errorf("turn %d: %q", turn, out.String())
		}
	}
}

// TestNoPhoto is A80 and A93: what is no whole picture is refused, and so is one
// that would unfold to more than anybody's memory.
func TestNoPhoto(t *testing.T) {
	t.Parallel()
	whole := photographed(t, 1)
	end := bytes.LastIndex(whole, []byte("\xff\xd9"))
	huge := drawnPNG(t)
	binary.BigEndian.PutUint32(huge[16:], 60_000)
	binary.BigEndian.PutUint32(huge[20:], 60_000)
	for name, in := range map[string][]byte{
		"nothing": nil, "text": []byte("<svg onload=alert(1)>"), "pdf": []byte("%PDF-1.4"), "html behind a start": []byte("\xff\xd8\xff<script>"),
		"cut": whole[:end], "cut in a segment": whole[:40], "no picture in it": []byte("\xff\xd8\xff\xd9"), "endless chunk": []byte(pngStart + "\xff\xff\xff\xffIHDR"),
		"a hundred gigabytes": huge, "png without its head": []byte(pngStart + chunk("IDAT", "x")), "cut png": drawnPNG(t)[:50],
		"heic": []byte("\x00\x00\x00\x18ftypheic"), "webp without a picture": webp(riff("EXIF", secret)), "webp that lies": []byte("RIFF\xff\xff\x00\x00WEBPVP8 "),
	} {
		if kind, err := CleanPhoto(&bytes.Buffer{}, bytes.NewReader(in)); !errors.Is(err, ErrNoPhoto) {
			t.Errorf("%s: %q, %v", name, kind, err)
		}
	}
}

func FuzzCleanPhoto(f *testing.F) {
	f.Add(photographed(f, 3))
	f.Add(drawnPNG(f))
	f.Add(webp(vp8l(40, 30), riff("EXIF", secret)))
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		if _, err := CleanPhoto(&out, bytes.NewReader(in)); err != nil {
			return
		}
		var again bytes.Buffer
		if _, err := CleanPhoto(&again, bytes.NewReader(out.Bytes())); err != nil || !bytes.Equal(again.Bytes(), out.Bytes()) {
			t.Errorf("%q becomes %q, then %q (%v)", in, out.String(), again.String(), err)
		}
	})
}
