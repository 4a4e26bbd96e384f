package blob

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/sistem48/system48/ticketing"
)

// S3Config says which bucket of which service. The bucket must exist.
type S3Config struct {
	Endpoint  string // host[:port] without scheme
	Insecure  bool   // plain HTTP
	Region    string
	Bucket    string
	Prefix    string // put before every object name, e.g. "s48/"
	AccessKey string
	SecretKey string
	MaxBytes  int64             // bound on one blob; 0 means DefaultMaxBytes
	Timeout   time.Duration     // of one request for a small object; 0 means 20 s
	TempDir   string            // where large content waits for upload; "" = the system's
	Transport http.RoundTripper // nil: the library's, with proxies of the environment
}

// Object names. A blob's bytes lie under blobs/, or trash/. Whether they are
// compressed is told by their first bytes, not by metadata, which copies and
// migrations between services lose.
const (
	s3Blobs    = "blobs/"
	s3Trash    = "trash/"
	s3Attempts = 3
	slowest    = 256 << 10 // bytes a second the service must reach, beyond the fixed timeout
)

// An S3 keeps blobs as objects of a bucket.
type S3 struct {
	c   *minio.Client
	cfg S3Config
}

var _ Store = (*S3)(nil)

// OpenS3 checks the settings; it does not connect. Invalid when they cannot work.
func OpenS3(cfg S3Config) (*S3, error) {
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = DefaultMaxBytes
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 20 * time.Second
	}
	if cfg.Bucket == "" {
		return nil, fmt.Errorf("s3 without a bucket: %w", ticketing.Invalid)
	}
	c, err := minio.New(cfg.Endpoint, &minio.Options{
		Creds:  credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""),
		Secure: !cfg.Insecure, Region: cfg.Region, Transport: cfg.Transport, MaxRetries: s3Attempts,
	})
	if err != nil {
		return nil, fmt.Errorf("s3: %w: %w", err, ticketing.Invalid)
	}
	return &S3{c: c, cfg: cfg}, nil
}

func (s *S3) name(key string) string  { return s.cfg.Prefix + s3Blobs + key[:2] + "/" + key }
func (s *S3) trash(key string) string { return s.cfg.Prefix + s3Trash + key }

// within bounds a request that moves the number of bytes.
func (s *S3) within(ctx context.Context, size int64) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.cfg.Timeout+time.Duration(size/slowest)*time.Second)
}

// Put uploads what r gives; it waits in memory up to 1 MiB, else in a
// temporary file, because its name is the digest of the whole. TooLarge beyond
// the bound; Busy when the service does not take it in time.
func (s *S3) Put(ctx context.Context, r io.Reader, text bool) (string, int64, error) {
	in := &limited{r: r, limit: s.cfg.MaxBytes}
	sum := sha256.New()
	w := &waiting{dir: s.cfg.TempDir}
	defer w.discard()
	content := io.TeeReader(in, sum)
	head, err := readUpTo(content, nil, worthwhile)
	// Content that looks like a compressed blob must not be taken for one, and
	// some services refuse objects without bytes.
	text = text && err == nil || looksCompressed(head) || len(head) == 0
	if err != nil && !errors.Is(err, io.EOF) {
		return "", 0, err
	}
	content = io.MultiReader(bytes.NewReader(head), content)
	if text {
		err = compress(w, content)
	} else {
		_, err = io.Copy(w, content)
	}
	if w.failed != nil {
		return "", 0, away("wait for upload", w.failed)
	}
	if err != nil {
		return "", 0, err
	}
	key := hex.EncodeToString(sum.Sum(nil))
	return key, in.read, s.upload(ctx, key, w, in.read, text)
}

func (s *S3) upload(ctx context.Context, key string, w *waiting, size int64, compressed bool) error {
	body, stored, err := w.reader()
	if err != nil {
		return away("wait for upload", err)
	}
	if compressed {
		h := sizeHeader(size)
		body, stored = io.MultiReader(bytes.NewReader(h), body), stored+int64(len(h))
	}
	ctx, cancel := s.within(ctx, stored)
	defer cancel()
	_, err = s.c.PutObject(ctx, s.cfg.Bucket, s.name(key), body, stored,
		minio.PutObjectOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return away("s3 put", err)
	}
	return nil
}

// waiting holds content until its digest is known.
type waiting struct {
	dir    string
	mem    bytes.Buffer
	file   *os.File
	size   int64
	failed error
}

func (w *waiting) Write(p []byte) (int, error) {
	w.size += int64(len(p))
	if w.file == nil && w.mem.Len()+len(p) > verifyFirst {
		if w.file, w.failed = os.CreateTemp(w.dir, "s48-upload-"); w.failed != nil {
			return 0, w.failed
		}
		if _, w.failed = w.mem.WriteTo(w.file); w.failed != nil {
			return 0, w.failed
		}
	}
	if w.file == nil {
		return w.mem.Write(p)
	}
	n, err := w.file.Write(p)
	w.failed = err
	return n, err
}

func (w *waiting) reader() (io.Reader, int64, error) {
	if w.file == nil {
		return bytes.NewReader(w.mem.Bytes()), w.size, nil
	}
	_, err := w.file.Seek(0, io.SeekStart)
	return w.file, w.size, err
}

func (w *waiting) discard() {
	if w.file != nil {
		_ = w.file.Close()
		_ = os.Remove(w.file.Name())
	}
}

// missing reports whether the service says that there is no such object.
func missing(err error) bool {
	var r minio.ErrorResponse
	return errors.As(err, &r) && (r.Code == minio.NoSuchKey || r.StatusCode == http.StatusNotFound)
}

// stat finds the object, bringing it back from the trash if it lies there.
func (s *S3) stat(ctx context.Context, key string) (minio.ObjectInfo, error) {
	if !validKey(key) {
		return minio.ObjectInfo{}, notFound(key)
	}
	ctx, cancel := s.within(ctx, 0)
	defer cancel()
	info, err := s.c.StatObject(ctx, s.cfg.Bucket, s.name(key), minio.StatObjectOptions{})
	if missing(err) {
		if err = s.move(ctx, s.trash(key), s.name(key)); missing(err) {
			return info, notFound(key)
		}
		if err == nil {
			info, err = s.c.StatObject(ctx, s.cfg.Bucket, s.name(key), minio.StatObjectOptions{})
		}
	}
	if err != nil {
		return info, away("s3 stat", err)
	}
	return info, nil
}

func (s *S3) move(ctx context.Context, from, to string) error {
	_, err := s.c.CopyObject(ctx, minio.CopyDestOptions{Bucket: s.cfg.Bucket, Object: to},
		minio.CopySrcOptions{Bucket: s.cfg.Bucket, Object: from})
	if err != nil {
		return err
	}
	return s.c.RemoveObject(ctx, s.cfg.Bucket, from, minio.RemoveObjectOptions{})
}

// Open gives the bytes back, with the same errors as a Folder; Busy when the
// service is away.
func (s *S3) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	info, err := s.stat(ctx, key)
	if err != nil {
		return nil, err
	}
	ctx, cancel := s.within(ctx, info.Size)
	obj, err := s.c.GetObject(ctx, s.cfg.Bucket, s.name(key), minio.GetObjectOptions{})
	if err != nil {
		cancel()
		return nil, away("s3 get", err)
	}
	d := &download{obj: obj, r: bufio.NewReaderSize(obj, 32<<10), cancel: cancel}
	size, compressed, err := d.peek(info.Size)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	var content io.ReadCloser = d
	if compressed {
		if content, err = decompressing(d, s.cfg.MaxBytes); err != nil {
			return nil, errors.Join(damaged(key), err, d.Close())
		}
	}
	return verify(key, size, content)
}

// A download tells a service that fails from content that is damaged.
type download struct {
	obj    *minio.Object
	r      *bufio.Reader
	cancel context.CancelFunc
}

func (d *download) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = away("s3 get", err)
	}
	return n, err
}

// peek gives the size of the content and whether it is compressed.
func (d *download) peek(stored int64) (size int64, compressed bool, err error) {
	head, err := d.r.Peek(sizeFrame)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, false, away("s3 get", err)
	}
	if !looksCompressed(head) {
		return stored, false, nil
	}
	size, err = readSize(bytes.NewReader(head))
	return size, true, err
}

func (d *download) Close() error {
	defer d.cancel()
	return d.obj.Close()
}

// Size gives the number of bytes that Open would yield. NotFound when there are none.
func (s *S3) Size(ctx context.Context, key string) (int64, error) {
	info, err := s.stat(ctx, key)
	if err != nil {
		return 0, err
	}
	ctx, cancel := s.within(ctx, 0)
	obj, err := s.c.GetObject(ctx, s.cfg.Bucket, s.name(key), minio.GetObjectOptions{})
	if err != nil {
		cancel()
		return 0, away("s3 get", err)
	}
	d := &download{obj: obj, r: bufio.NewReaderSize(obj, sizeFrame), cancel: cancel}
	size, _, err := d.peek(info.Size)
	return size, errors.Join(err, d.Close())
}

// Delete removes the content at once, also from the trash.
func (s *S3) Delete(ctx context.Context, key string) error {
	if !validKey(key) {
		return notFound(key)
	}
	ctx, cancel := s.within(ctx, 0)
	defer cancel()
	for _, name := range []string{s.name(key), s.trash(key)} {
		if err := s.c.RemoveObject(ctx, s.cfg.Bucket, name, minio.RemoveObjectOptions{}); err != nil && !missing(err) {
			return away("s3 delete", err)
		}
	}
	return nil
}

// Check writes, reads and deletes a probe.
func (s *S3) Check(ctx context.Context) error {
	probe := []byte("System 48 checks this bucket.")
	key, _, err := s.Put(ctx, bytes.NewReader(probe), false)
	if err != nil {
		return err
	}
	r, err := s.Open(ctx, key)
	if err != nil {
		return err
	}
	return errors.Join(r.Close(), s.Delete(ctx, key))
}

// Walk calls f for every blob in order of key.
func (s *S3) Walk(ctx context.Context, f func(key string, stored int64, modified time.Time) error) error {
	return s.walk(ctx, s3Blobs, f)
}

func (s *S3) walk(ctx context.Context, part string, f func(string, int64, time.Time) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing when f fails
	list := s.c.ListObjects(ctx, s.cfg.Bucket, minio.ListObjectsOptions{Prefix: s.cfg.Prefix + part, Recursive: true})
	for info := range list {
		if info.Err != nil {
			return away("s3 list", info.Err)
		}
		key := info.Key[strings.LastIndexByte(info.Key, '/')+1:]
		if !validKey(key) {
			continue
		}
		if err := f(key, info.Size, info.LastModified); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Sweep does what Folder.Sweep does. Times are those of the service.
func (s *S3) Sweep(ctx context.Context, known Known, now time.Time) (Swept, error) {
	var sw Swept
	limit := now.Add(-OrphanAge)
	err := inBatches(ctx, known, func(each func(string, int64, time.Time) error) error {
		return s.walk(ctx, s3Trash, each)
	}, func(key string, _ int64, trashed time.Time, named bool) error {
		switch {
		case named:
			sw.Restored++
			return wrapAway("s3 restore", s.move(ctx, s.trash(key), s.name(key)))
		case trashed.Before(limit):
			sw.Deleted++
			return wrapAway("s3 delete", s.c.RemoveObject(ctx, s.cfg.Bucket, s.trash(key), minio.RemoveObjectOptions{}))
		}
		return nil
	})
	if err != nil {
		return sw, err
	}
	err = inBatches(ctx, known, func(each func(string, int64, time.Time) error) error {
		return s.Walk(ctx, each)
	}, func(key string, size int64, modified time.Time, named bool) error {
		if named || !modified.Before(limit) {
			sw.Blobs++
			sw.Bytes += size
			return nil
		}
		sw.Trashed++
		return wrapAway("s3 trash", s.move(ctx, s.name(key), s.trash(key)))
	})
	return sw, err
}

func wrapAway(doing string, err error) error {
	if err == nil || missing(err) {
		return nil
	}
	return away(doing, err)
}
