package dovecottest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Deliver puts a mail into the user's folder as a local delivery agent would.
// Lines must end in CRLF: Dovecot then serves the bytes unchanged.
func (s *Server) Deliver(user, folder string, raw []byte) error {
	return s.DeliverAt(user, folder, raw, time.Now())
}

// DeliverAt is Deliver with the server's time of receipt (INTERNALDATE).
func (s *Server) DeliverAt(user, folder string, raw []byte, at time.Time) error {
	s.mu.Lock()
	s.serial++
	n := s.serial
	s.mu.Unlock()
	dir := s.Maildir(user, folder)
	// S= spares Dovecot from reading the file for its size.
	name := fmt.Sprintf("%d.M%06dP1.test,S=%d", at.Unix(), n, len(raw))
	tmp := filepath.Join(dir, "tmp", name)
	if err := os.WriteFile(tmp, raw, 0o644); err != nil { //nolint:gosec // read by the mail user
		return err
	}
	if err := own(tmp); err != nil {
		return err
	}
	if err := os.Chtimes(tmp, at, at); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(dir, "new", name))
}

// Mails gives the paths of the mails in the user's folder.
func (s *Server) Mails(user, folder string) ([]string, error) {
	var paths []string
	for _, sub := range []string{"new", "cur"} {
		dir := filepath.Join(s.Maildir(user, folder), sub)
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, nil
}

// Maildir is the folder's place on disk.
func (s *Server) Maildir(user, folder string) string {
	if folder == "INBOX" {
		return s.path(filepath.Join("mail", user))
	}
	return s.path(filepath.Join("mail", user, "."+strings.ReplaceAll(folder, "/", ".")))
}

// RenewUIDs makes the server forget the UIDs of a folder, as after a repair:
// the next session sees another UIDVALIDITY. Stop the server around it.
func (s *Server) RenewUIDs(user, folder string) error {
	dir := s.Maildir(user, folder)
	// The new validity is the second in which it is made.
	time.Sleep(1100 * time.Millisecond)
	names, err := filepath.Glob(filepath.Join(dir, "dovecot*"))
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) makeMaildir(user, folder string) error {
	dir := s.Maildir(user, folder)
	for _, d := range []string{dir, filepath.Join(dir, "tmp"), filepath.Join(dir, "new"), filepath.Join(dir, "cur")} {
		if err := s.makeDir(d); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // the mail user must pass
		return err
	}
	return own(dir)
}

// own gives a file to the mail user where the test is root.
func own(path string) error {
	if os.Getuid() != 0 {
		return nil
	}
	return os.Chown(path, mailUID, mailUID)
}
