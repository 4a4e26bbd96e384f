package phone

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/sistem48/system48/ticketing"
)

// maxRecording bounds a recording, in bytes: two hours of uncompressed speech.
const maxRecording = 128 << 20

// A Recorder gives the recordings of a source of calls.
type Recorder interface {
	// Fetch opens the recording that the source named. Its error tells, without
	// personal data, why it cannot be had.
	Fetch(ctx context.Context, recording string) (io.ReadCloser, error)
}

// A Folder is a Recorder that keeps its recordings as files below it: nothing
// outside of it is opened, whatever a source names (A92).
type Folder string

// Fetch opens the file. What is named is a path within the folder; of an absolute
// one that begins with the folder, the rest.
func (f Folder) Fetch(_ context.Context, recording string) (io.ReadCloser, error) {
	root, err := os.OpenRoot(string(f))
	if err != nil {
		return nil, errors.New("the folder of recordings cannot be opened")
	}
	defer root.Close()
	name := filepath.ToSlash(recording)
	name = strings.TrimPrefix(strings.TrimPrefix(name, strings.TrimSuffix(filepath.ToSlash(string(f)), "/")), "/")
	file, err := root.Open(path.Clean(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("there is no such file in the folder of recordings")
	case err != nil:
		return nil, errors.New("the recording lies outside the folder, or cannot be opened")
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(errors.New("the recording is no file"), file.Close())
	}
	return file, nil
}

// A Fetcher brings the recordings of calls into the blob store.
type Fetcher struct {
	Calls     *ticketing.Calls
	Blobs     ticketing.Blobs
	Recorders map[string]Recorder // by source
	Log       *slog.Logger
}

// Run fetches the recordings that are due and returns how many it tried.
func (f *Fetcher) Run(ctx context.Context) (int, error) {
	list, err := f.Calls.ToFetch(ctx)
	if err != nil {
		return 0, err
	}
	for i := range list {
		c := &list[i]
		file, err := f.fetch(ctx, c)
		if err != nil {
			f.Log.WarnContext(ctx, "recording cannot be fetched", "part", "phone", "call", int64(c.ID), "try", c.FetchTries+1, "err", err)
			err = f.Calls.FetchFailed(ctx, c.ID, err.Error())
		} else {
			err = f.Calls.Fetched(ctx, c.ID, file)
		}
		if err != nil {
			return i, err
		}
	}
	return len(list), nil
}

func (f *Fetcher) fetch(ctx context.Context, c *ticketing.Call) (ticketing.Attachment, error) {
	recorder := f.Recorders[c.Source]
	if recorder == nil {
		return ticketing.Attachment{}, errors.New("no recordings are configured for this source")
	}
	r, err := recorder.Fetch(ctx, c.Recording)
	if err != nil {
		return ticketing.Attachment{}, err
	}
	defer r.Close()
	head := make([]byte, 64)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return ticketing.Attachment{}, errors.New("the recording is empty or cannot be read")
	}
	kind, ext := audio(head[:n])
	if kind == "" {
		return ticketing.Attachment{}, errors.New("the recording is no sound")
	}
	limited := io.LimitReader(io.MultiReader(bytes.NewReader(head[:n]), r), maxRecording+1)
	key, size, err := f.Blobs.Put(ctx, limited, false)
	if err != nil {
		return ticketing.Attachment{}, fmt.Errorf("store the recording: %w", err)
	}
	if size > maxRecording {
		return ticketing.Attachment{}, errors.New("the recording is too large")
	}
	return ticketing.Attachment{Key: key, Name: "poziv-" + c.Started.UTC().Format("20060102-150405") + ext, ContentType: kind, Size: size}, nil
}

// audio tells by its first bytes what sound it is; "" when it is none.
func audio(head []byte) (kind, ext string) {
	switch {
	case bytes.HasPrefix(head, []byte("RIFF")) && len(head) >= 12 && string(head[8:12]) == "WAVE":
		return "audio/wav", ".wav"
	case bytes.HasPrefix(head, []byte("ID3")), len(head) > 1 && head[0] == 0xFF && head[1]&0xE0 == 0xE0:
		return "audio/mpeg", ".mp3"
	case bytes.HasPrefix(head, []byte("OggS")):
		return "audio/ogg", ".ogg"
	case bytes.HasPrefix(head, []byte("fLaC")):
		return "audio/flac", ".flac"
	case len(head) >= 12 && string(head[4:8]) == "ftyp":
		return "audio/mp4", ".m4a"
	}
	return "", ""
}
