package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/storage/sqlite"
)

const crashFile = "SYSTEM48_CRASH_FILE"

// TestMain lets the test program run itself as the process that is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv(crashFile); path != "" {
		writeUntilKilled(path)
	}
	os.Exit(m.Run())
}

// writeUntilKilled commits rows and tells each one only after its commit.
func writeUntilKilled(path string) {
	h, err := sqlite.Open(context.Background(), path)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	for {
		var id int64
		err := h.Writer.QueryRowContext(context.Background(), "insert into rows(text) values (?) returning id", strings.Repeat("x", 500)).Scan(&id)
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println(id)
	}
}

// F56: after kill -9 at any moment the file is sound and holds every row that
// was acknowledged.
func TestF56KillLosesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "crash.db")
	h, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Writer.ExecContext(t.Context(), "create table rows (id integer primary key autoincrement, text text)"); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	kills := 3
	if testing.Short() {
		kills = 1
	}
	for k := range kills {
		acked := runAndKill(t, path, 20+37*k)
		h, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		var verdict string
		if err := h.Reader.QueryRowContext(t.Context(), "pragma integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
			t.Fatalf("integrity_check after kill %d = %q, %v", k, verdict, err)
		}
		var last int64
		if err := h.Reader.QueryRowContext(t.Context(), "select coalesce(max(id), 0) from rows").Scan(&last); err != nil {
			t.Fatal(err)
		}
		if last < acked {
			t.Errorf("kill %d: last row is %d, but %d was acknowledged", k, last, acked)
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// runAndKill gives the last acknowledged row of a writer killed after n rows.
func runAndKill(t *testing.T, path string, n int) int64 {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), crashFile+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stuck := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer stuck.Stop()
	var last int64
	lines := bufio.NewScanner(out)
	for i := 0; lines.Scan(); i++ {
		id, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			t.Fatalf("the writer said %q", lines.Text())
		}
		last = id
		if i == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the writer ended by itself")
	}
	if last == 0 {
		t.Fatal("the writer acknowledged nothing")
	}
	return last
}
