package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sistem48/system48/storage"
	"github.com/sistem48/system48/storage/blob"
)

// A manifest is the first entry of a backup; it says what follows.
type manifest struct {
	Format   int       `json:"format"`
	At       time.Time `json:"at"`
	Version  string    `json:"version"`
	Database string    `json:"database_sha256"`
	Bytes    int64     `json:"database_bytes"`
	Blobs    int       `json:"blobs"`
}

const (
	backupFormat   = 1
	entryManifest  = "manifest.json"
	entryDatabase  = "system48.db"
	entryBlobs     = "blobs/"
	entryThread    = "keys/thread.key"
	entryTracking  = "keys/tracking.key"
	maxBackupEntry = blob.DefaultMaxBytes
)

func newBackupCommand(load configLoader) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "backup -c FILE --out BACKUP.tar.gz", Short: "Write database, files and keys into one archive while everything runs",
		Long: "For the embedded database. With PostgreSQL use pg_dump and copy the files: docs/operations.md.\n" +
			"The archive holds the secret keys: keep it as safe as the bureau itself.",
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&out, "out", "", "archive to write; it must not exist yet")
	_ = cmd.MarkFlagRequired("out")
	withSystem(cmd, load, func(s *system, cmd *cobra.Command) error {
		if s.db.Engine() != "sqlite" {
			return withCode(exitData, errors.New("backup is for the embedded database; with PostgreSQL use pg_dump (docs/operations.md)"))
		}
		m, err := s.backup(cmd.Context(), out, newProgress(cmd.ErrOrStderr(), "backup"))
		if err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: database of %d bytes, %d files\n", out, m.Bytes, m.Blobs)
		return err
	})
	return cmd
}

// backup writes the archive: the database first, by a snapshot, then every
// file. Files never change and are swept only after a day, so those the
// snapshot names are all still there.
func (s *system) backup(ctx context.Context, out string, bar *progress) (m manifest, err error) {
	snapshot := out + ".db"
	defer os.Remove(snapshot)
	if err := s.db.BackupTo(ctx, snapshot); err != nil {
		return m, err
	}
	m = manifest{Format: backupFormat, At: s.now().UTC(), Version: version}
	if m.Database, m.Bytes, err = hashFile(snapshot); err != nil {
		return m, err
	}
	count := func(string, int64, time.Time) error { m.Blobs++; return nil }
	if err := s.blobs.Walk(ctx, count); err != nil {
		return m, err
	}
	f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // G304: the operator's path
	if err != nil {
		return m, err
	}
	defer func() {
		if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
			_ = os.Remove(out)
		}
	}()
	z := gzip.NewWriter(f)
	w := tar.NewWriter(z)
	if err := s.writeBackup(ctx, w, m, snapshot, bar); err != nil {
		return m, err
	}
	return m, errors.Join(w.Close(), z.Close())
}

func (s *system) writeBackup(ctx context.Context, w *tar.Writer, m manifest, snapshot string, bar *progress) error {
	head, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := addEntry(w, entryManifest, int64(len(head)), strings.NewReader(string(head))); err != nil {
		return err
	}
	for name, file := range map[string]string{
		entryDatabase: snapshot, entryThread: s.cfg.Keys.ThreadKeyFile, entryTracking: s.cfg.Keys.TrackingKeyFile,
	} {
		if err := addFile(w, name, file); err != nil {
			return err
		}
	}
	done := 0
	err = s.blobs.Walk(ctx, func(key string, _ int64, _ time.Time) error {
		done++
		bar.show(done, max(m.Blobs, done))
		size, err := s.blobs.Size(ctx, key)
		if err != nil {
			return err
		}
		r, err := s.blobs.Open(ctx, key)
		if err != nil {
			return err
		}
		defer r.Close()
		return addEntry(w, entryBlobs+key, size, r)
	})
	bar.done()
	return err
}

func addFile(w *tar.Writer, name, file string) error {
	f, err := os.Open(file) //nolint:gosec // G304: the operator's path
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return addEntry(w, name, info.Size(), f)
}

func addEntry(w *tar.Writer, name string, size int64, r io.Reader) error {
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, Typeflag: tar.TypeReg}); err != nil {
		return err
	}
	_, err := io.CopyN(w, r, size)
	return err
}

func hashFile(file string) (string, int64, error) {
	f, err := os.Open(file) //nolint:gosec // G304: our own snapshot
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), n, err
}

func newRestoreCommand(load configLoader) *cobra.Command {
	var (
		file, from string
		holdOnly   bool
	)
	cmd := &cobra.Command{
		Use: "restore -c FILE --from BACKUP.tar.gz", Short: "Put a backup in the place of an empty installation",
		Long: "Refuses to overwrite. Afterwards every letter that had not left is held until somebody\nreleases it under /agent/outgoing: it may have left after the backup was made. After\npg_restore, restore --hold-only does this last step alone.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadWarning(load, file, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if holdOnly {
				return holdOutgoing(cmd, cfg)
			}
			if from == "" {
				return withCode(exitUsage, errors.New("--from names the archive that backup wrote"))
			}
			held, m, err := restore(cmd.Context(), cfg, from, newProgress(cmd.ErrOrStderr(), "restore"))
			if err != nil {
				return fmt.Errorf("restore: %w", err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "restored the backup of %s: %d files; %d letters are held\n", m.At.Format(time.RFC3339), m.Blobs, held)
			return err
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "", "configuration `FILE`")
	cmd.Flags().StringVar(&from, "from", "", "archive that backup wrote")
	cmd.Flags().BoolVar(&holdOnly, "hold-only", false, "only hold what waits in the outbox")
	return cmd
}

// holdOutgoing holds what a database restored by other means would send again.
func holdOutgoing(cmd *cobra.Command, cfg Config) (err error) {
	s, err := openSystem(cmd.Context(), cfg, newLogger(cmd.ErrOrStderr(), LogConfig{Level: "warn", Format: "text"}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	held, err := s.db.HoldOutgoing(cmd.Context())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d letters are held\n", held)
	return err
}

func restore(ctx context.Context, cfg Config, from string, bar *progress) (held int, m manifest, err error) {
	target, ok := strings.CutPrefix(cfg.Database.URL, "sqlite:")
	if !ok {
		return 0, m, withCode(exitData, errors.New("restore is for the embedded database (docs/operations.md tells the way for PostgreSQL)"))
	}
	for _, p := range []string{target, cfg.Keys.ThreadKeyFile, cfg.Keys.TrackingKeyFile} {
		if _, err := os.Stat(p); err == nil {
			return 0, m, withCode(exitData, fmt.Errorf("%s exists already; restore into an empty place", p))
		}
	}
	blobs, err := openBlobs(cfg.Blobs)
	if err != nil {
		return 0, m, err
	}
	part := target + ".restoring"
	defer os.Remove(part)
	defer func() {
		if err != nil { // the place was empty and is to be empty for the next try
			_ = os.Remove(cfg.Keys.ThreadKeyFile)
			_ = os.Remove(cfg.Keys.TrackingKeyFile)
		}
	}()
	if m, err = readBackup(ctx, cfg, from, part, blobs, bar); err != nil {
		return 0, m, err
	}
	// Hold before the database takes its place: a crash in between leaves no
	// installation that would send old letters again.
	log := newLogger(io.Discard, LogConfig{})
	db, err := storage.Open(ctx, storage.Config{URL: "sqlite:" + part}, time.Now, log)
	if err != nil {
		return 0, m, err
	}
	held, err = db.HoldOutgoing(ctx)
	if err = errors.Join(err, db.Close()); err != nil {
		return 0, m, err
	}
	return held, m, os.Rename(part, target)
}

// readBackup unpacks the archive; every name and size in it is checked.
func readBackup(ctx context.Context, cfg Config, from, part string, blobs blob.Store, bar *progress) (m manifest, err error) {
	f, err := os.Open(from) //nolint:gosec // G304: the operator's path
	if err != nil {
		return m, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return m, withCode(exitData, fmt.Errorf("%s is not a backup: %w", from, err))
	}
	r := tar.NewReader(z)
	done := 0
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return m, withCode(exitData, fmt.Errorf("the archive is damaged: %w", err))
		}
		if err := readEntry(ctx, cfg, r, h, part, blobs, &m); err != nil {
			return m, withCode(exitData, fmt.Errorf("%s: %w", path.Base(h.Name), err))
		}
		if strings.HasPrefix(h.Name, entryBlobs) {
			done++
			bar.show(done, max(m.Blobs, done))
		}
	}
	bar.done()
	sum, _, err := hashFile(part)
	if err != nil || sum != m.Database {
		return m, withCode(exitData, errors.Join(err, errors.New("the database of the archive is damaged or missing")))
	}
	return m, nil
}

func readEntry(ctx context.Context, cfg Config, r io.Reader, h *tar.Header, part string, blobs blob.Store, m *manifest) error {
	key, isBlob := strings.CutPrefix(h.Name, entryBlobs)
	switch {
	case h.Name == entryManifest:
		if err := json.NewDecoder(io.LimitReader(r, 1<<20)).Decode(m); err != nil {
			return err
		}
		if m.Format != backupFormat {
			return fmt.Errorf("format %d was written by another version", m.Format)
		}
		return nil
	case h.Name == entryDatabase:
		return writeNew(part, r, h.Size)
	case h.Name == entryThread:
		return writeNew(cfg.Keys.ThreadKeyFile, io.LimitReader(r, 1<<16), min(h.Size, 1<<16))
	case h.Name == entryTracking:
		return writeNew(cfg.Keys.TrackingKeyFile, io.LimitReader(r, 1<<16), min(h.Size, 1<<16))
	case isBlob && h.Size <= maxBackupEntry:
		got, _, err := blobs.Put(ctx, r, true)
		if err == nil && got != key {
			return errors.New("content does not match its key")
		}
		return err
	}
	return errors.New("has no business in a backup")
}

func writeNew(file string, r io.Reader, size int64) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // G304: the operator's path
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, r, size)
	return errors.Join(err, f.Sync(), f.Close())
}
