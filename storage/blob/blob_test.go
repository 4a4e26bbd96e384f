package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/sistem48/system48/storage/blob"
	"github.com/sistem48/system48/ticketing"
)

const testMax = 8 << 20

// A place is a store with a way to reach under it.
type place struct {
	blob.Store
	// age makes everything in the store look a day older.
	age func(t *testing.T)
	// damage changes the stored bytes of the key.
	damage func(t *testing.T, key string)
	// lose removes the stored bytes behind the store's back.
	lose func(t *testing.T, key string)
}

func eachStore(t *testing.T, test func(t *testing.T, p place)) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) place{"folder": folderPlace, "s3": s3Place} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func folderPlace(t *testing.T) place {
	dir := filepath.Join(t.TempDir(), "files")
	f, err := blob.OpenFolder(dir, testMax)
	if err != nil {
		t.Fatal(err)
	}
	eachFile := func(t *testing.T, do func(path string) error) {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			return do(path)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return place{
		Store: f,
		age: func(t *testing.T) {
			eachFile(t, func(path string) error {
				info, err := os.Stat(path)
				if err != nil {
					return err
				}
				old := info.ModTime().Add(-25 * time.Hour)
				return os.Chtimes(path, old, old)
			})
		},
		damage: func(t *testing.T, key string) {
			eachFile(t, func(path string) error {
				if !strings.Contains(path, key) {
					return nil
				}
				b, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				b[len(b)/2] ^= 0x40
				return os.WriteFile(path, b, 0o600)
			})
		},
		lose: func(t *testing.T, key string) {
			eachFile(t, func(path string) error {
				if strings.Contains(path, key) {
					return os.Remove(path)
				}
				return nil
			})
		},
	}
}

// clock is a time source for the fake service.
type clock struct{ behind atomic.Int64 }

func (c *clock) Now() time.Time                  { return time.Now().Add(-time.Duration(c.behind.Load())) }
func (c *clock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }
func (c *clock) back(d time.Duration)            { c.behind.Store(int64(d)) }
func s3Config(t *testing.T, srv *httptest.Server) blob.S3Config {
	return blob.S3Config{
		Endpoint: strings.TrimPrefix(srv.URL, "http://"), Insecure: true, Region: "us-east-1", Bucket: "files",
		Prefix: "s48/", AccessKey: "key", SecretKey: "secret", MaxBytes: testMax, Timeout: 2 * time.Second, TempDir: t.TempDir(),
	}
}

func s3Place(t *testing.T) place {
	c := &clock{}
	backend := s3mem.New(s3mem.WithTimeSource(c))
	srv := httptest.NewServer(gofakes3.New(backend, gofakes3.WithTimeSource(c), gofakes3.WithTimeSkewLimit(0)).Server())
	t.Cleanup(srv.Close)
	if err := backend.CreateBucket("files"); err != nil {
		t.Fatal(err)
	}
	s, err := blob.OpenS3(s3Config(t, srv))
	if err != nil {
		t.Fatal(err)
	}
	list := func(t *testing.T, prefix string, do func(name string)) {
		l, err := backend.ListBucket("files", &gofakes3.Prefix{HasPrefix: true, Prefix: prefix}, gofakes3.ListBucketPage{})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range l.Contents {
			do(o.Key)
		}
	}
	rewrite := func(t *testing.T, name string, change func([]byte) []byte) {
		o, err := backend.GetObject("files", name, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(o.Contents)
		if err != nil {
			t.Fatal(err)
		}
		b = change(b)
		if _, err := backend.PutObject("files", name, o.Metadata, bytes.NewReader(b), int64(len(b)), nil); err != nil {
			t.Fatal(err)
		}
	}
	return place{
		Store: s,
		age: func(t *testing.T) {
			c.back(25 * time.Hour)
			list(t, "s48/", func(name string) { rewrite(t, name, func(b []byte) []byte { return b }) })
			c.back(0)
		},
		damage: func(t *testing.T, key string) {
			rewrite(t, "s48/blobs/"+key[:2]+"/"+key, func(b []byte) []byte {
				b[len(b)/2] ^= 0x40
				return b
			})
		},
		lose: func(t *testing.T, key string) {
			if _, err := backend.DeleteObject("files", "s48/blobs/"+key[:2]+"/"+key); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func put(t *testing.T, s blob.Store, content []byte, text bool) string {
	t.Helper()
	key, size, err := s.Put(t.Context(), bytes.NewReader(content), text)
	if err != nil {
		t.Fatalf("Put() = %v", err)
	}
	if key != digest(content) || size != int64(len(content)) {
		t.Fatalf("Put() = %s, %d; want %s, %d", key, size, digest(content), len(content))
	}
	return key
}

func read(t *testing.T, s blob.Store, key string) ([]byte, error) {
	t.Helper()
	r, err := s.Open(t.Context(), key)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	return b, errors.Join(err, r.Close())
}

func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{48})
	_, _ = r.Read(b)
	return b
}

func words(n int) []byte {
	return bytes.Repeat([]byte("Na uglu Njegoševe i Hercegovačke ne radi javna rasvjeta. "), n/58+1)[:n]
}

func TestRoundTrip(t *testing.T) {
	eachStore(t, func(t *testing.T, p place) {
		tests := []struct {
			name    string
			content []byte
			text    bool
		}{
			{"empty", nil, false},
			{"empty text", []byte{}, true},
			{"one byte", []byte("x"), true},
			{"short text", words(300), true},
			{"text", words(40_000), true},
			{"text beyond memory", words(3 << 20), true},
			{"picture", noise(200_000), false},
			{"noise taken for text", noise(100_000), true},
			{"picture beyond memory", noise(3 << 20), false},
			{"looks compressed", append([]byte{0x28, 0xb5, 0x2f, 0xfd}, noise(500)...), false},
			{"looks like a stored blob", append([]byte{0x50, 0x2a, 0x4d, 0x18, 8, 0, 0, 0}, noise(500)...), false},
			{"looks like a short stored blob", append([]byte{0x50, 0x2a, 0x4d, 0x18, 8, 0, 0, 0}, noise(8)...), false},
			{"exactly the bound", noise(testMax), false},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				key := put(t, p, tt.content, tt.text)
				again := put(t, p, tt.content, !tt.text)
				got, err := read(t, p, again)
				if err != nil || !bytes.Equal(got, tt.content) {
					t.Errorf("read back %d bytes, %v; want %d", len(got), err, len(tt.content))
				}
				if size, err := p.Size(t.Context(), key); err != nil || size != int64(len(tt.content)) {
					t.Errorf("Size() = %d, %v", size, err)
				}
			})
		}
	})
}

func TestTextIsCompressed(t *testing.T) {
	eachStore(t, func(t *testing.T, p place) {
		put(t, p, words(100_000), true)
		err := p.Walk(t.Context(), func(_ string, stored int64, _ time.Time) error {
			if stored > 10_000 {
				t.Errorf("100,000 bytes of repeated text are stored as %d", stored)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestRefusals(t *testing.T) {
	eachStore(t, func(t *testing.T, p place) {
		for _, text := range []bool{false, true} {
			_, _, err := p.Put(t.Context(), bytes.NewReader(noise(testMax+1)), text)
			if !errors.Is(err, ticketing.TooLarge) {
				t.Errorf("Put() beyond the bound = %v, want TooLarge", err)
			}
			broken := io.MultiReader(bytes.NewReader(noise(400_000)), iotest.ErrReader(errors.New("connection cut")))
			if _, _, err = p.Put(t.Context(), broken, text); err == nil || errors.Is(err, ticketing.Busy) {
				t.Errorf("Put() of a source that breaks = %v, want the source's error", err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := p.Put(ctx, bytes.NewReader(noise(300_000)), false); err == nil {
			t.Error("Put() succeeded with a cancelled context")
		}
		n := 0
		if err := p.Walk(t.Context(), func(string, int64, time.Time) error { n++; return nil }); err != nil || n != 0 {
			t.Errorf("%d blobs after refused Puts, %v", n, err)
		}
		unknown := digest([]byte("unknown"))
		for _, key := range []string{unknown, "", "../../etc/passwd", strings.Repeat("A", 64), unknown + "0", unknown[:63] + "/"} {
			if _, err := p.Open(t.Context(), key); !errors.Is(err, ticketing.NotFound) {
				t.Errorf("Open(%q) = %v, want NotFound", key, err)
			}
			if _, err := p.Size(t.Context(), key); !errors.Is(err, ticketing.NotFound) {
				t.Errorf("Size(%q) = %v, want NotFound", key, err)
			}
		}
		if err := p.Delete(t.Context(), unknown); err != nil {
			t.Errorf("Delete() of a missing blob = %v", err)
		}
		if err := p.Check(t.Context()); err != nil {
			t.Errorf("Check() = %v", err)
		}
	})
}

// F52: content that does not match its key is never given out as if it did.
func TestF52DamageIsNoticed(t *testing.T) {
	eachStore(t, func(t *testing.T, p place) {
		tests := []struct {
			name    string
			content []byte
			text    bool
		}{
			{"small", noise(5_000), false},
			{"small text", words(5_000), true},
			{"large", noise(2 << 20), false},
			{"large text", append(words(1<<20), noise(1<<20)...), true},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				key := put(t, p, tt.content, tt.text)
				p.damage(t, key)
				_, err := read(t, p, key)
				if !errors.Is(err, blob.ErrDamaged) || ticketing.KindOf(err) != ticketing.Internal {
					t.Errorf("reading damaged content = %v, want ErrDamaged of kind Internal", err)
				}
			})
		}
	})
}

// F51: a lost file is NotFound, so that the page can say so.
func TestF51LostContent(t *testing.T) {
	eachStore(t, func(t *testing.T, p place) {
		key := put(t, p, noise(1000), false)
		p.lose(t, key)
		if _, err := p.Open(t.Context(), key); !errors.Is(err, ticketing.NotFound) {
			t.Errorf("Open() = %v, want NotFound", err)
		}
	})
}

// knows makes a Known out of the rows' keys.
func knows(keys ...string) blob.Known {
	return func(_ context.Context, asked []string) (map[string]bool, error) {
		m := map[string]bool{}
		for _, a := range asked {
			for _, k := range keys {
				m[a] = m[a] || a == k
			}
		}
		return m, nil
	}
}

func sweep(t *testing.T, p place, known blob.Known) blob.Swept {
	t.Helper()
	s, err := p.Sweep(t.Context(), known, time.Now())
	if err != nil {
		t.Fatalf("Sweep() = %v", err)
	}
	return s
}

// F50: a blob whose transaction failed goes after a day and never before; one
// that a row names never goes, whatever happens in between.
func TestF50OrphansGoAfterADay(t *testing.T) {
	eachStore(t, func(t *testing.T, p place) {
		kept := put(t, p, words(2_000), true)
		orphan := put(t, p, noise(2_000), false)
		late := put(t, p, noise(3_000), false)

		if s := sweep(t, p, knows(kept)); s.Blobs != 3 || s.Trashed != 0 {
			t.Errorf("young orphans: %+v, want nothing done", s)
		}
		p.age(t)
		if s := sweep(t, p, knows(kept)); s.Blobs != 1 || s.Trashed != 2 || s.Bytes == 0 {
			t.Errorf("old orphans: %+v, want two in the trash", s)
		}
		// A row committed late still finds its content.
		if b, err := read(t, p, late); err != nil || len(b) != 3_000 {
			t.Errorf("content in the trash = %d bytes, %v", len(b), err)
		}
		if s := sweep(t, p, knows(kept, late)); s.Trashed != 0 || s.Deleted != 0 {
			t.Errorf("fresh trash: %+v, want nothing done", s)
		}
		p.age(t)
		if s := sweep(t, p, knows(kept, late)); s.Deleted != 1 || s.Blobs != 2 {
			t.Errorf("old trash: %+v, want one deleted", s)
		}
		for key, want := range map[string]bool{kept: true, late: true, orphan: false} {
			_, err := read(t, p, key)
			if (err == nil) != want {
				t.Errorf("after the sweeps %s: %v, want readable %t", key[:8], err, want)
			}
		}
	})
}

func TestSweepRestoresWhatARowNames(t *testing.T) {
	eachStore(t, func(t *testing.T, p place) {
		key := put(t, p, noise(2_000), false)
		p.age(t)
		sweep(t, p, knows())
		p.age(t)
		if s := sweep(t, p, knows(key)); s.Restored != 1 || s.Deleted != 0 || s.Blobs != 1 {
			t.Errorf("Sweep() = %+v, want it restored", s)
		}
		if _, err := read(t, p, key); err != nil {
			t.Error(err)
		}
	})
}

func TestSweepStopsWhenRowsAreAway(t *testing.T) {
	eachStore(t, func(t *testing.T, p place) {
		key := put(t, p, noise(2_000), false)
		p.age(t)
		away := errors.New("database away")
		_, err := p.Sweep(t.Context(), func(context.Context, []string) (map[string]bool, error) { return nil, away }, time.Now())
		if !errors.Is(err, away) {
			t.Errorf("Sweep() = %v", err)
		}
		if _, err := read(t, p, key); err != nil {
			t.Errorf("after a failed sweep: %v", err)
		}
	})
}

func TestSameContentAtOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, p place) {
		content := words(50_000)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() { put(t, p, content, i%2 == 0) })
		}
		wg.Wait()
		if b, err := read(t, p, digest(content)); err != nil || !bytes.Equal(b, content) {
			t.Errorf("read back %d bytes, %v", len(b), err)
		}
	})
}

// F53: a service that is slow or refuses makes Put fail as Busy in bounded
// time, so that the mail stays at its source.
func TestF53ServiceFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		handler http.HandlerFunc
	}{
		{"503", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }},
		{"500 with a page", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<html>oops", http.StatusInternalServerError)
		}},
		{"403", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }},
		{"never answers", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); <-r.Context().Done() }},
		{"cuts the line", func(w http.ResponseWriter, _ *http.Request) {
			if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_ = c.Close()
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(tt.handler)
			t.Cleanup(srv.CloseClientConnections)
			s, err := blob.OpenS3(s3Config(t, srv))
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if _, _, err := s.Put(t.Context(), bytes.NewReader(words(2_000)), true); !errors.Is(err, ticketing.Busy) {
				t.Errorf("Put() = %v, want Busy", err)
			}
			if _, err := s.Open(t.Context(), digest(nil)); !errors.Is(err, ticketing.Busy) {
				t.Errorf("Open() = %v, want Busy", err)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("two requests took %v", took)
			}
		})
	}
}

// F13: a full or unwritable disk is Busy, and nothing half-written is left.
func TestF13FolderUnwritable(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "files")
	f, err := blob.OpenFolder(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.Put(t.Context(), bytes.NewReader(noise(1000)), false); !errors.Is(err, ticketing.Busy) {
		t.Errorf("Put() without a place to write = %v, want Busy", err)
	}
	if err := f.Check(t.Context()); !errors.Is(err, ticketing.Busy) {
		t.Errorf("Check() = %v, want Busy", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := f.Check(t.Context()); err != nil {
		t.Errorf("Check() when the place is back = %v", err)
	}
}

func TestFolderIsPrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "files")
	f, err := blob.OpenFolder(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	put(t, f, noise(1000), false)
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A source that gives a byte at a time, and one that ends with its last bytes.
func TestOddReaders(t *testing.T) {
	eachStore(t, func(t *testing.T, p place) {
		content := words(30_000)
		for _, r := range []io.Reader{iotest.OneByteReader(bytes.NewReader(content)), iotest.DataErrReader(bytes.NewReader(content))} {
			key, size, err := p.Put(t.Context(), r, true)
			if err != nil || key != digest(content) || size != int64(len(content)) {
				t.Errorf("Put() = %s, %d, %v", key, size, err)
			}
		}
	})
}

// Whatever lies in a file of the folder: reading ends, with the content of the
// key or an error.
func FuzzDamagedFile(f *testing.F) {
	content := words(2_000)
	key := digest(content)
	dir := f.TempDir()
	store, err := blob.OpenFolder(dir, testMax)
	if err != nil {
		f.Fatal(err)
	}
	if _, _, err := store.Put(f.Context(), bytes.NewReader(content), true); err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(dir, key[:2], key+".zst")
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:20])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, stored []byte) {
		if err := os.WriteFile(path, stored, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := read(t, store, key)
		if err == nil && !bytes.Equal(got, content) {
			t.Errorf("wrong content given out as %s", key)
		}
		if _, err := store.Size(t.Context(), key); err != nil && !errors.Is(err, blob.ErrDamaged) {
			t.Errorf("Size() = %v", err)
		}
	})
}

func BenchmarkFolderPut(b *testing.B) {
	f, err := blob.OpenFolder(b.TempDir(), 0)
	if err != nil {
		b.Fatal(err)
	}
	var n atomic.Int64
	base := append(words(4_000), noise(4_000)...)
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			content := append([]byte{byte(i), byte(i >> 8), byte(i >> 16)}, base...)
			if _, _, err := f.Put(context.Background(), bytes.NewReader(content), true); err != nil {
				b.Error(err)
			}
		}
	})
}

// F50: what a killed process was writing is removed once it is old, wherever it
// lies; what is being written now stays.
func TestSweepRemovesUnfinished(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "files")
	f, err := blob.OpenFolder(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	key := put(t, f, noise(1000), false)
	old := time.Now().Add(-2 * blob.OrphanAge)
	for _, sub := range []string{"tmp", key[:2]} {
		for _, name := range []string{"put-old", "put-now"} {
			if err := os.WriteFile(filepath.Join(dir, sub, name), []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chtimes(filepath.Join(dir, sub, "put-old"), old, old); err != nil {
			t.Fatal(err)
		}
	}
	all := func(_ context.Context, keys []string) (map[string]bool, error) {
		return map[string]bool{key: true}, nil
	}
	if _, err := f.Sweep(t.Context(), all, time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, sub := range []string{"tmp", key[:2]} {
		if _, err := os.Stat(filepath.Join(dir, sub, "put-old")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: an old unfinished file: %v", sub, err)
		}
		if _, err := os.Stat(filepath.Join(dir, sub, "put-now")); err != nil {
			t.Errorf("%s: a file being written: %v", sub, err)
		}
	}
}
