package calllog

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// headBytes is how much of a file's beginning tells it from others.
const headBytes = 256

// errNotRegular is the answer to links, folders, pipes and devices.
var errNotRegular = errors.New("is no regular file")

// open opens a regular file for reading. A symbolic link is never followed: who
// may write to a drop folder must not make the program read elsewhere (A92).
func open(path string) (*os.File, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0) //nolint:gosec // the folder is the operator's
	if err != nil {
		if errors.Is(err, syscall.ELOOP) {
			return nil, nil, fmt.Errorf("%s: %w", filepath.Base(path), errNotRegular)
		}
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: %w", filepath.Base(path), errNotRegular)
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// inode names a file on its disk, whatever it is called.
func inode(info fs.FileInfo) string {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf("%d:%d", s.Dev, s.Ino)
	}
	return info.Name()
}

// head gives the digest of the first n bytes, of all there are when fewer.
func head(r io.ReaderAt, n int) (digest string, length int, err error) {
	b := make([]byte, n)
	length, err = r.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", 0, err
	}
	sum := sha256.Sum256(b[:length])
	return hex.EncodeToString(sum[:]), length, nil
}

// sameHead reports whether the file begins as it did.
func sameHead(r io.ReaderAt, digest string, length int) bool {
	d, n, err := head(r, length)
	return err == nil && n == length && d == digest
}

// unfinished are the endings of names under which programs write files that are
// not complete yet.
var unfinished = []string{".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".writing", ".swp", "~"}

// finished reports whether the name may be that of a complete file.
func finished(name string) bool {
	if strings.HasPrefix(name, ".") {
		return false
	}
	for _, end := range unfinished {
		if strings.HasSuffix(strings.ToLower(name), end) {
			return false
		}
	}
	return true
}
