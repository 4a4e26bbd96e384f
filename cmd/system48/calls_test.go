package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/storage"
	"github.com/sistem48/system48/storage/storagetest"
	"github.com/sistem48/system48/ticketing"
)

// A callSample is a log of an exchange with rows that cannot be true.
type callSample struct {
	text  string
	calls map[string]bool // keys of the calls with a good row
	good  int
	bad   []int64 // lines
}

// newCallSample makes a Master.csv of Asterisk: calls that ring at up to three
// telephones, a row each.
func newCallSample(rows, bad int) callSample {
	r := rand.New(rand.NewPCG(48, 4)) //nolint:gosec // G404: the same each time
	s := callSample{calls: map[string]bool{}}
	wrong := map[int]bool{}
	for len(wrong) < bad {
		wrong[r.IntN(rows)] = true
	}
	at := time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC)
	var b strings.Builder
	for line, call := 0, 0; line < rows; call++ {
		at = at.Add(time.Duration(6+r.IntN(15)) * time.Second)
		unique := fmt.Sprintf("%d.%d", at.Unix(), call)
		for leg := range 1 + r.IntN(3) {
			if line == rows {
				break
			}
			start := at.Format(time.DateTime)
			if wrong[line] {
				start = []string{"2031-01-01 00:00:00", "1970-01-01 00:00:00", "yesterday"}[line%3]
				s.bad = append(s.bad, int64(line+1))
			} else {
				s.calls[unique] = true
				s.good++
			}
			fmt.Fprintf(&b, `"","06712%04d","600","from-pstn","","PJSIP/trunk-%d","PJSIP/%d-%d","Queue","bureau","%s","","%s",20,0,"NO ANSWER","DOCUMENTATION","%s",""`+"\n",
				call%10000, call, 101+leg, call, start, at.Add(20*time.Second).Format(time.DateTime), unique)
			line++
		}
	}
	s.text = b.String()
	return s
}

// A file of calls with bad rows, its reader killed five times, then dropped in
// again: each row is in once, and the bad ones are listed with their lines (F34,
// F35, A91). SYSTEM48_TEST_TORTURE reads 100,000 rows, and holds how fast.
func TestTortureCallImport(t *testing.T) {
	if testing.Short() {
		t.Skip("programs that are killed are not for -short")
	}
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			rows, bad, kills := 8000, 40, 5
			if torture() {
				rows, bad = 100_000, 500
			}
			in := newCallImport(t, engine, newCallSample(rows, bad))
			in.killed(kills)
			began := time.Now()
			first := in.run()
			t.Logf("%s: the last part of %d rows took %s", engine, rows, time.Since(began).Round(time.Millisecond))
			in.holds(first)
			if err := os.WriteFile(in.file+".again", []byte(in.sample.text), 0o600); err != nil {
				t.Fatal(err)
			}
			in.file += ".again"
			again := in.run()
			in.holds(again)
			if again.Entered != 0 {
				t.Errorf("%d rows were entered a second time", again.Entered)
			}
			if torture() {
				in.fast(engine)
			}
		})
	}
}

// A callImportRun is the program told to import one file.
type callImportRun struct {
	*testing.T
	bin, config, file, url string
	sample                 callSample
}

func newCallImport(t *testing.T, engine string, sample callSample) *callImportRun {
	t.Helper()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	in := &callImportRun{T: t, bin: bin, config: filepath.Join(dir, "config.yaml"), file: filepath.Join(dir, "Master.csv"), sample: sample}
	in.url = "sqlite:" + filepath.Join(dir, "s48.db")
	if engine == "postgres" {
		in.url = storagetest.Postgres(t)
	}
	in.configure(in.url)
	if err := os.WriteFile(in.file, []byte(sample.text), 0o600); err != nil {
		t.Fatal(err)
	}
	in.calls("files") // makes the tables
	return in
}

func (in *callImportRun) configure(url string) {
	in.Helper()
	dir := filepath.Dir(in.config)
	text := fmt.Sprintf("database: {url: %q}\nblobs: {url: %q}\nkeys: {thread_key_file: %q, tracking_key_file: %q}\n",
		url, "file:"+filepath.Join(dir, "blobs"), filepath.Join(dir, "thread.key"), filepath.Join(dir, "tracking.key"))
	if err := os.WriteFile(in.config, []byte(text), 0o600); err != nil {
		in.Fatal(err)
	}
}

func (in *callImportRun) command(args ...string) *exec.Cmd {
	return exec.Command(in.bin, append([]string{"calls"}, append(args, "-c", in.config)...)...) //nolint:gosec,noctx // of the test itself
}

func (in *callImportRun) calls(args ...string) []byte {
	in.Helper()
	out, err := in.command(args...).Output()
	if err != nil {
		in.Fatalf("calls %v: %v", args, err)
	}
	return out
}

func (in *callImportRun) importing() *exec.Cmd {
	return in.command("import", in.file, "--source", "pbx", "--preset", "asterisk", "--timezone", "UTC", "--json")
}

// killed lets the import run n times until some more rows are in, and kills it.
func (in *callImportRun) killed(n int) {
	in.Helper()
	for k := range n {
		cmd := in.importing()
		if err := cmd.Start(); err != nil {
			in.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case <-ended:
			in.Logf("ended by itself before kill %d", k+1)
		case <-time.After(time.Duration(60+rand.IntN(60+in.sample.good/40)) * time.Millisecond): //nolint:gosec // G404: when to kill
			_ = cmd.Process.Kill()
			<-ended
		}
	}
}

func (in *callImportRun) run() callFileJSON {
	in.Helper()
	out, err := in.importing().Output()
	if err != nil {
		in.Fatalf("import: %v", err)
	}
	var f callFileJSON
	if err := json.Unmarshal(out, &f); err != nil {
		in.Fatalf("import said %q: %v", out, err)
	}
	return f
}

// holds compares a file, its rejected rows and all calls with the sample. An
// import that ended before it could be killed was the one that entered rows.
func (in *callImportRun) holds(f callFileJSON) {
	in.Helper()
	good, bad := int64(in.sample.good), int64(len(in.sample.bad))
	if f.State != ticketing.CallFileDone || f.Lines != good+bad || f.Entered+f.Known != good || f.Ignored != 0 || f.Rejected != bad {
		in.Errorf("file = %+v, want %d rows and %d rejected", f, good, bad)
	}
	entered := int64(0)
	for _, text := range strings.Split(strings.TrimSpace(string(in.calls("files", "--json"))), "\n") {
		var x callFileJSON
		if err := json.Unmarshal([]byte(text), &x); err != nil {
			in.Fatal(err)
		}
		entered += x.Entered
	}
	if entered != good {
		in.Errorf("%d rows were entered in all, want each of %d once", entered, good)
	}
	var lines []int64
	for _, text := range strings.Split(strings.TrimSpace(string(in.calls("rejects", fmt.Sprint(f.ID), "--json"))), "\n") {
		var r struct {
			Line   int64  `json:"line"`
			Reason string `json:"reason"`
		}
		if err := json.Unmarshal([]byte(text), &r); err != nil || r.Reason == "" {
			in.Fatalf("rejected %q: %v", text, err)
		}
		lines = append(lines, r.Line)
	}
	if !slices.Equal(lines, in.sample.bad) {
		in.Errorf("%d lines are rejected, want %d: not the same ones", len(lines), len(in.sample.bad))
	}
	in.holdsCalls()
}

// holdsCalls counts the calls and their legs.
func (in *callImportRun) holdsCalls() {
	in.Helper()
	db, err := storage.Open(context.Background(), storage.Config{URL: in.url}, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		in.Fatal(err)
	}
	defer db.Close()
	legs, seen := 0, map[string]bool{}
	for cursor := ""; ; {
		page, err := db.CallPage(context.Background(), ticketing.CallFilter{Limit: 200, Cursor: cursor})
		if err != nil {
			in.Fatal(err)
		}
		for i := range page.Items {
			c := &page.Items[i]
			if seen[c.Key] || !in.sample.calls[c.Key] {
				in.Fatalf("call %s is in twice, or is none", c.Key)
			}
			seen[c.Key] = true
			legs += len(c.Rings)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(seen) != len(in.sample.calls) || legs != in.sample.good {
		in.Errorf("%d calls of %d rows, want %d of %d", len(seen), legs, len(in.sample.calls), in.sample.good)
	}
}

// leastRows is how many rows a second an import enters at least.
const leastRows = 5000

// fast imports the file into an empty database, undisturbed.
func (in *callImportRun) fast(engine string) {
	in.Helper()
	fresh := newCallImport(in.T, engine, in.sample)
	began := time.Now()
	fresh.run()
	rate := float64(in.sample.good) / time.Since(began).Seconds()
	in.Logf("%s: %.0f rows a second", engine, rate)
	if rate < leastRows {
		in.Errorf("%s: %.0f rows a second, want %d", engine, rate, leastRows)
	}
}
