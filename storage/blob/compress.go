package blob

import (
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// A compressed blob is a zstd stream behind a skippable frame (RFC 8878
// §3.1.2) that holds the size of the content as eight bytes, little endian.
const (
	skippableMagic = 0x184D2A50
	sizeFrame      = 16 // magic, length of the rest (8), size
	window         = 1 << 20
	worthwhile     = 256 // bytes below which compressing gains nothing
)

var errFrame = errors.New("not a compressed blob")

func sizeHeader(size int64) []byte {
	h := make([]byte, 0, sizeFrame)
	h = binary.LittleEndian.AppendUint32(h, skippableMagic)
	h = binary.LittleEndian.AppendUint32(h, 8)
	return binary.LittleEndian.AppendUint64(h, uint64(size)) //nolint:gosec // G115: a size is never negative
}

// looksCompressed reports whether stored bytes begin like a compressed blob.
func looksCompressed(head []byte) bool {
	return len(head) >= sizeFrame && binary.LittleEndian.Uint32(head) == skippableMagic && binary.LittleEndian.Uint32(head[4:]) == 8
}

func readSize(r io.Reader) (int64, error) {
	var h [sizeFrame]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return 0, errFrame
	}
	size := binary.LittleEndian.Uint64(h[8:])
	if binary.LittleEndian.Uint32(h[:]) != skippableMagic || size > 1<<40 {
		return 0, errFrame
	}
	return int64(size), nil
}

// Coders are costly to make and hold windows, so they are kept for reuse.
var (
	encoders = sync.Pool{New: func() any {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window),
			zstd.WithLowerEncoderMem(true), zstd.WithEncoderLevel(zstd.SpeedDefault))
		if err != nil {
			return err
		}
		return e
	}}
	decoders = sync.Pool{New: func() any {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(window))
		if err != nil {
			return err
		}
		return d
	}}
)

// wholeEncoder compresses content that is in memory, from any number of goroutines.
var wholeEncoder = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(4), zstd.WithWindowSize(window), zstd.WithLowerEncoderMem(true))
})

// compressWhole gives the stored form of content in memory.
func compressWhole(content []byte) ([]byte, error) {
	e, err := wholeEncoder()
	if err != nil {
		return nil, err
	}
	stored := make([]byte, 0, sizeFrame+len(content)/2+64)
	return e.EncodeAll(content, append(stored, sizeHeader(int64(len(content)))...)), nil
}

// compress copies r to w as a zstd stream.
func compress(w io.Writer, r io.Reader) error {
	got := encoders.Get()
	e, ok := got.(*zstd.Encoder)
	if !ok {
		return errors.New("zstd encoder unavailable")
	}
	defer encoders.Put(e)
	e.Reset(w)
	if _, err := io.Copy(e, r); err != nil {
		return errors.Join(err, e.Close())
	}
	return e.Close()
}

// decompressing reads the content of a compressed blob, at most limit bytes of it.
func decompressing(r io.ReadCloser, limit int64) (io.ReadCloser, error) {
	got := decoders.Get()
	d, ok := got.(*zstd.Decoder)
	if !ok {
		return nil, errors.New("zstd decoder unavailable")
	}
	if err := d.Reset(r); err != nil {
		return nil, err
	}
	return &decompressor{limited: limited{r: d, limit: limit}, d: d, under: r}, nil
}

type decompressor struct {
	limited
	d     *zstd.Decoder
	under io.Closer
}

func (d *decompressor) Close() error {
	if d.d == nil {
		return nil
	}
	err := d.d.Reset(nil)
	decoders.Put(d.d)
	d.d, d.r = nil, closedReader{}
	return errors.Join(err, d.under.Close())
}

type closedReader struct{}

func (closedReader) Read([]byte) (int, error) { return 0, errors.New("read after close") }
