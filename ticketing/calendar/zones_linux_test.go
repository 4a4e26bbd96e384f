package calendar

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// bare is set in the process that has nothing but this program.
const bare = "SYSTEM48_TEST_BARE"

// TestF48BareMachine: in a root that holds this program and nothing else, no zone
// files and no libraries, the zones are known and the promise over a change of
// the clock is right.
func TestF48BareMachine(t *testing.T) {
	if os.Getenv(bare) != "" {
		if _, err := os.Stat("/usr/share/zoneinfo"); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("zone files are here: %v", err)
		}
		zone, err := time.LoadLocation("Europe/Podgorica")
		if err != nil {
			t.Fatal(err)
		}
		start := time.Date(2027, 3, 27, 10, 0, 0, 0, zone)
		due, err := AlwaysOpen(zone).Add(start, 48*time.Hour)
		if got := due.Format(time.RFC3339); err != nil || got != "2027-03-29T11:00:00+02:00" {
			t.Errorf("Add() = %s, %v", got, err)
		}
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("another root needs root")
	}
	root := t.TempDir()
	if err := copyFile(filepath.Join(root, "test"), os.Args[0]); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/test", "-test.run=^TestF48BareMachine$", "-test.v")
	cmd.Env, cmd.Dir = []string{bare + "=1"}, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, os.ErrPermission):
		t.Skipf("the test program needs libraries, or no other root is allowed here: %v", err)
	case err != nil || !strings.Contains(string(out), "--- PASS: TestF48BareMachine"):
		t.Errorf("in a bare root: %v\n%s", err, out)
	}
}

func copyFile(to, from string) error {
	in, err := os.Open(from) //nolint:gosec // G304: the test program itself
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o700) //nolint:gosec // G302: it is run
	if err != nil {
		return err
	}
	defer out.Close()
	_, err = io.Copy(out, in)
	return err
}
