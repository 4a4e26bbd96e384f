package email

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"
)

// zeros is n bytes of nothing.
type zeros struct{ n int }

func (z *zeros) Read(p []byte) (int, error) {
	if z.n == 0 {
		return 0, io.EOF
	}
	n := min(len(p), z.n)
	clear(p[:n])
	z.n -= n
	return n, nil
}

// bomb is an archive of some hundred kilobytes that unpacks to a gigabyte, in
// ten files and one archive more.
func bomb(t *testing.T) []byte {
	t.Helper()
	pack := func(names []string, content func() io.Reader) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, name := range names {
			w, err := z.Create(name)
			if err == nil {
				_, err = io.Copy(w, content())
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	const inside = 100 << 20
	inner := pack([]string{"nule.txt"}, func() io.Reader { return &zeros{inside} })
	return pack([]string{"0.zip", "1.zip", "2.zip", "3.zip", "4.zip", "5.zip", "6.zip", "7.zip", "8.zip", "../../9.zip"}, func() io.Reader { return bytes.NewReader(inner) })
}

// hugePicture is a PNG of some bytes that claims 60,000 by 60,000 pixels: 14 GB
// for whoever decodes it.
func hugePicture() []byte {
	head := binary.BigEndian.AppendUint32(nil, 60_000)
	head = binary.BigEndian.AppendUint32(head, 60_000)
	head = append([]byte("IHDR"), append(head, 8, 6, 0, 0, 0)...)
	b := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	b = append(b, head...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(head))
	return append(b, "\x00\x00\x00\x00IEND\xaeB`\x82"...)
}

// TestA82ArchivesStayPacked: archives, packed texts and pictures that would fill
// the machine when opened are kept byte for byte and never opened; so is what
// says of itself that it is packed text.
func TestA82ArchivesStayPacked(t *testing.T) { //nolint:paralleltest // measures the heap
	archive, picture := bomb(t), hugePicture()
	var packed bytes.Buffer
	g := gzip.NewWriter(&packed)
	if _, err := io.Copy(g, &zeros{50 << 20}); err != nil {
		t.Fatal(err)
	}
	g.Close()
	part := func(kind, name string, data []byte, more ...string) string {
		return "--B\r\nContent-Type: " + kind + "\r\nContent-Disposition: attachment; filename=\"" + name + "\"\r\nContent-Transfer-Encoding: base64\r\n" +
			strings.Join(append(more, ""), "\r\n") + "\r\n" + base64.StdEncoding.EncodeToString(data) + "\r\n"
	}
	raw := "From: a@b.me\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain\r\n\r\nEvo dokaza.\r\n" +
		part("application/zip", "dokazi.zip", archive) + part("application/gzip", "dokazi.txt.gz", packed.Bytes()) +
		part("text/plain; charset=utf-8", "spisak.txt", packed.Bytes(), "Content-Encoding: gzip\r\n") + part("image/png", "slika.png", picture) + "--B--\r\n"
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	in, blobs := parse(t, raw)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > uint64(40*len(raw)+8<<20) {
		t.Errorf("a mail of %d kB allocated %d MB: something was unpacked", len(raw)>>10, took>>20)
	}
	want := map[string][]byte{"dokazi.zip": archive, "dokazi.txt.gz": packed.Bytes(), "spisak.txt": packed.Bytes(), "slika.png": picture}
	if len(in.Files) != len(want) || in.Text != "Evo dokaza." {
		t.Errorf("Text %q, files %+v", in.Text, in.Files)
	}
	for _, f := range in.Files {
		if blobs.text(f.Key) != string(want[f.Name]) {
			t.Errorf("%s is not what was sent: %d bytes", f.Name, len(blobs.text(f.Key)))
		}
	}
	if len(in.Files) > 0 && in.Files[0].ContentType != "application/zip" {
		t.Errorf("the archive is %s", in.Files[0].ContentType)
	}
}
