package ticketing

import (
	"context"
	"io"
)

// Blobs keeps bytes under the hex SHA-256 of their content. The blob is always
// written before the row that names it; a blob that no row names is swept after
// a day.
type Blobs interface {
	// Put stores what r gives and returns key and size. It is durable when Put
	// returns nil. text is a hint that the bytes compress well.
	Put(ctx context.Context, r io.Reader, text bool) (key string, size int64, err error)
	// Open gives the bytes back. NotFound when the blob is missing; reading
	// fails with Internal when the content no longer matches its key.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	// Size gives the number of bytes that Open would yield.
	Size(ctx context.Context, key string) (int64, error)
}
