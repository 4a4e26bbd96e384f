package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/email/emailtest"
	"github.com/sistem48/system48/channels/email/postoffice"
	"github.com/sistem48/system48/storage/storagetest"
)

// deliverCorpus puts n mails into the bureau's mailbox and gives their sums.
func (b *bureau) deliverCorpus(seed uint64, n int) map[string]bool {
	b.Helper()
	sums := map[string]bool{}
	for m := range emailtest.Corpus(seed, n) {
		if err := b.office.Append("s48@grad.example", "INBOX", m.Raw); err != nil {
			b.Fatal(err)
		}
		sums[sum(m.Raw)] = true
	}
	return sums
}

// ledger counts the items of the intake ledger by state, and those that are not
// known as duplicates by hash.
func (b *bureau) ledger(token string) (byHash, byState map[string]int) {
	b.Helper()
	byHash, byState = map[string]int{}, map[string]int{}
	for cursor := ""; ; {
		a := b.api(token, http.MethodGet, "/intake?limit=100&cursor="+url.QueryEscape(cursor), "")
		if a.status != http.StatusOK {
			b.Fatalf("intake: %d %s", a.status, a.body)
		}
		page := decode[struct {
			Items []struct {
				State     string
				RawSHA256 string `json:"raw_sha256"`
			}
			NextCursor string `json:"next_cursor"`
		}](b.T, a.body)
		for _, x := range page.Items {
			if byState[x.State]++; x.State != "duplicate" {
				byHash[x.RawSHA256]++
			}
		}
		if cursor = page.NextCursor; cursor == "" {
			return byHash, byState
		}
	}
}

// arrive waits until each of the mails has its disposition, and demands that it
// is in exactly once and no other is (I1, I2).
func (b *bureau) arrive(token string, sums map[string]bool, within time.Duration) {
	b.Helper()
	var byHash, byState map[string]int
	for began := time.Now(); time.Since(began) < within; time.Sleep(100 * time.Millisecond) {
		byHash, byState = b.ledger(token)
		if len(byHash) >= len(sums) && byState["received"] == 0 {
			break
		}
	}
	if byState["received"] > 0 || len(byHash) != len(sums) {
		b.Errorf("%d different mails in the ledger, %d delivered: %v\n%s", len(byHash), len(sums), byState, tail(b.log.String()))
	}
	if byState["duplicate"] > 0 && !b.again {
		b.Errorf("%d mails were read twice", byState["duplicate"])
	}
	for h := range sums {
		if byHash[h] != 1 {
			b.Errorf("mail %.8s is in the ledger %d times (I1, I2)", h, byHash[h])
		}
	}
}

// TestFaultCuts holds F02, F03, I1: connections to the mailbox cut at random
// bytes bring in no truncated mail, lose none and double none; one that goes
// silent is left.
func TestFaultCuts(t *testing.T) {
	t.Parallel()
	mails, cuts := 40, 4 // after a cut the program waits, each time longer: many take minutes
	if torture() {
		cuts = 200
	}
	b := prepareBureau(t, "", "admin:admin")
	token := b.token("admin")
	sums := b.deliverCorpus(7, mails)
	rnd := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // G404: a repeatable choice
	b.imap.limit.Store(1 + rnd.Int64N(60_000))
	b.start()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for b.imap.cuts.Load() < int64(cuts) {
			if b.imap.limit.Load() == 0 {
				b.imap.limit.Store(1 + rnd.Int64N(60_000))
			}
			time.Sleep(5 * time.Millisecond)
		}
		b.imap.limit.Store(0)
	}()
	limit := 40 * time.Second
	if torture() {
		limit = 20 * time.Minute
	}
	deadline := time.After(limit)
	more := uint64(100)
	for waiting := true; waiting; {
		select {
		case <-done:
			waiting = false
		case <-deadline:
			t.Logf("only %d cuts within %s", b.imap.cuts.Load(), limit)
			b.imap.limit.Store(0)
			waiting = false
		case <-time.After(200 * time.Millisecond): // so that there is something to cut
			// A few at a time: each connection must get so far that a mail is cut,
			// and one that brought something in is followed by the next at once.
			if byHash, _ := b.ledger(token); len(sums)-len(byHash) > 10 || len(sums) > 20*cuts {
				continue
			}
			more++
			for h := range b.deliverCorpus(more, 2) {
				sums[h] = true
			}
		}
	}
	b.arrive(token, sums, 3*time.Minute)
	t.Logf("%d mails, %d cuts", len(sums), b.imap.cuts.Load())
}

// TestFaultSilence holds F03: a mailbox that takes bytes and says nothing is
// left within 90 s, said, and read again.
func TestFaultSilence(t *testing.T) {
	if !torture() {
		t.Skip("takes more than a minute: with SYSTEM48_TEST_TORTURE")
	}
	t.Parallel()
	b := newBureau(t, "admin:admin")
	token := b.token("admin")
	b.arrive(token, b.deliverCorpus(1, 3), 20*time.Second)
	b.imap.deaf.Store(true)
	began := time.Now()
	sums := b.deliverCorpus(1, 3)
	for h := range b.deliverCorpus(2, 3) {
		sums[h] = true
	}
	time.Sleep(5 * time.Second)
	b.imap.deaf.Store(false) // what was swallowed stays swallowed: only a new connection helps
	_, states := b.ledger(token)
	for states["ticketed"] < 6 && time.Since(began) < 90*time.Second {
		time.Sleep(time.Second)
		_, states = b.ledger(token)
	}
	t.Logf("left after %s", time.Since(began).Round(time.Second))
	if states["ticketed"] < 6 {
		t.Errorf("after 90 s the silent connection is not left: %v (F03)", states)
	}
}

// TestFaultMailbox holds F16: a changed password and a mailbox that is away are
// said on /readyz, which stays ready, and pass by themselves.
func TestFaultMailbox(t *testing.T) {
	t.Parallel()
	b := prepareBureau(t, "", "admin:admin")
	token := b.token("admin")
	b.write("password", "pogresna")
	b.start()
	b.readySaying(http.StatusOK, `"name":"mailbox s48","ok":false`, 15*time.Second)
	said := b.readySaying(http.StatusOK, "auth", 15*time.Second)
	if strings.Contains(said, "pogresna") || strings.Contains(b.log.String(), "pogresna") {
		t.Error("the password is told")
	}
	sums := b.deliverCorpus(3, 5)
	b.write("password", bureauPassword)
	b.end()
	b.start() // F16 asks for at most one try a minute: a restart tries at once
	b.arrive(token, sums, 20*time.Second)
	b.imap.down()
	b.readySaying(http.StatusOK, `"name":"mailbox s48","ok":false`, 30*time.Second)
	for h := range b.deliverCorpus(4, 5) {
		sums[h] = true
	}
	b.imap.up(t)
	b.arrive(token, sums, 60*time.Second)
	b.readySaying(http.StatusOK, `"name":"mailbox s48","ok":true`, 15*time.Second)
}

// TestFaultPostAway holds F22: letters wait while the post office is away and
// leave once when it is back, with one Message-ID.
func TestFaultPostAway(t *testing.T) {
	t.Parallel()
	b := newBureau(t, "admin:admin")
	token := b.token("admin")
	b.smtp.down()
	k := b.open(token, "Posta ne radi", "x", "other", "jelena@posta.example")
	if a := b.api(token, http.MethodPost, "/tickets/"+k.Ref+"/replies", `{"text":"Odgovor koji ceka"}`); a.status != http.StatusCreated {
		t.Fatalf("reply: %d %s", a.status, a.body)
	}
	state := func() string {
		for _, m := range b.messages(token, k.Ref) {
			if m.Direction == "out" && len(m.Deliveries) == 1 {
				return m.Deliveries[0].State
			}
		}
		return "none"
	}
	for began := time.Now(); state() != "retry"; time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatalf("the delivery is %s while the post office is away (F22)", state())
		}
	}
	b.smtp.up(t)
	id := ""
	for _, m := range b.messages(token, k.Ref) {
		if m.Direction == "out" {
			id = itoa(m.Deliveries[0].ID)
		}
	}
	if a := b.api(token, http.MethodPost, "/deliveries/"+id+"/retry", ""); a.status >= 300 {
		t.Fatalf("retry: %d %s", a.status, a.body)
	}
	b.inbox("jelena@posta.example", 1, 15*time.Second)
	b.office.Inject(postoffice.Fault{At: postoffice.StageAnswer, Times: 1, Drop: true}) // F24: taken, but not said so
	b.api(token, http.MethodPost, "/tickets/"+k.Ref+"/replies", `{"text":"Odgovor dva"}`)
	b.inbox("jelena@posta.example", 2, 15*time.Second)
	time.Sleep(time.Second)
	ids := map[string]int{}
	for _, l := range b.lettersOf("jelena@posta.example") {
		ids[ourID.FindStringSubmatch(l)[1]]++
	}
	if len(ids) != 2 {
		t.Errorf("letters by Message-ID: %v (F22, F24)", ids)
	}
}

// TestFaultDatabaseAway holds F11, F54, F55: with the database cut off the
// program stays up, says so, takes no mail from the mailbox, and goes on by itself.
func TestFaultDatabaseAway(t *testing.T) {
	t.Parallel()
	dsn := storagetest.Postgres(t)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, u.Host)
	u.Host = w.addr
	b := prepareBureau(t, u.String(), "admin:admin")
	token := b.token("admin")
	b.start()
	sums := b.deliverCorpus(11, 10)
	b.arrive(token, sums, 30*time.Second)
	v := b.visitor("admin")
	w.down()
	b.ready(http.StatusServiceUnavailable, 20*time.Second)
	for h := range b.deliverCorpus(12, 10) {
		sums[h] = true
	}
	page := func(within time.Duration) (int, string, string) {
		client := &http.Client{Jar: v.client.Jar, Timeout: within}
		resp, err := client.Get(v.base + "/agent/v/all") //nolint:noctx // the client has a time limit
		if err != nil {
			return 0, "", err.Error()
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		return resp.StatusCode, resp.Header.Get("Retry-After"), string(body)
	}
	if torture() { // a page waits for a failover first
		status, after, body := page(90 * time.Second)
		if status != http.StatusServiceUnavailable || after == "" || strings.Contains(body, "127.0.0.1:") || strings.Contains(body, "dial") || strings.Contains(body, "SQLSTATE") {
			t.Errorf("a page without the database: %d, Retry-After %q, %.300s (F11, F55)", status, after, body)
		}
	}
	waiting := make(chan string, 1)
	go func() {
		status, _, body := page(40 * time.Second)
		waiting <- fmt.Sprintf("%d %.200s", status, body)
	}()
	time.Sleep(2 * time.Second)
	w.up(t)
	if said := <-waiting; !strings.HasPrefix(said, "200 ") {
		t.Errorf("a page asked for during a failover of two seconds: %s (F54)", said)
	}
	began := time.Now()
	b.ready(http.StatusOK, 30*time.Second)
	b.arrive(token, sums, 45*time.Second)
	t.Logf("back after %s", time.Since(began).Round(time.Millisecond))
	w.cut() // F54: a failover cuts every connection at once
	if a := ask(t, v.client, http.MethodGet, v.base+"/agent/v/all", ""); a.status != http.StatusOK {
		t.Errorf("the first page after all connections were cut: %d (F54)", a.status)
	}
}

// TestFaultDiskFull holds F13: with the disk full no mail is taken, the process
// lives, says so, and goes on when there is room.
func TestFaultDiskFull(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("a small file system needs root")
	}
	b := prepareBureau(t, "", "admin:admin")
	small := b.file("small")
	if err := os.MkdirAll(small, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=24m"); err != nil {
		t.Skipf("no small file system here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(small, syscall.MNT_DETACH) })
	b.database = "sqlite:" + filepath.Join(small, "s48.db")
	b.configure()
	b.write("config.yaml", strings.Replace(mustRead(t, b.config()), "file:"+b.file("blobs"), "file:"+filepath.Join(small, "blobs"), 1))
	b.command(bureauPassword+"\n", "user", "create", "--email", "admin@grad.example", "--role", "admin", "--password-stdin")
	token := b.token("admin")
	b.start()
	sums := b.deliverCorpus(21, 5)
	b.arrive(token, sums, 20*time.Second)
	fill, err := os.Create(filepath.Join(small, "fill"))
	if err != nil {
		t.Fatal(err)
	}
	defer fill.Close()
	chunk := make([]byte, 64<<10)
	for {
		if _, err := fill.Write(chunk); err != nil {
			break
		}
	}
	for chunk = chunk[:512]; ; {
		if _, err := fill.Write(chunk); err != nil {
			break
		}
	}
	for h := range b.deliverCorpus(22, 20) {
		sums[h] = true
	}
	b.ready(http.StatusServiceUnavailable, 20*time.Second)
	if a := ask(t, nil, http.MethodGet, "http://"+b.ops+"/healthz", ""); a.status != http.StatusOK {
		t.Errorf("healthz with the disk full: %d (F13)", a.status)
	}
	time.Sleep(time.Second)
	fill.Close()
	if err := os.Remove(filepath.Join(small, "fill")); err != nil {
		t.Fatal(err)
	}
	b.ready(http.StatusOK, 30*time.Second)
	b.arrive(token, sums, 60*time.Second)
}

func mustRead(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path) //nolint:gosec // G304: a file of the test
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// blobOf finds the file of a blob by its key.
func (b *bureau) blobOf(key string) string {
	b.Helper()
	found := ""
	_ = filepath.WalkDir(b.file("blobs"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(strings.ReplaceAll(path, "/", ""), key) {
			found = path
		}
		return nil
	})
	if found == "" {
		b.Fatalf("no file of blob %s", key)
	}
	return found
}

// TestFaultFiles holds F51 and F52: a missing or damaged file is said, never
// handed out as if it were whole, and the ticket stays readable.
func TestFaultFiles(t *testing.T) {
	t.Parallel()
	b := newBureau(t, "admin:admin")
	token := b.token("admin")
	photo := emailtest.Photo(5, 300_000)
	for i, name := range []string{"Nestala", "Ostecena"} {
		b.mail("marko@posta.example", letter("marko@posta.example", name, fmt.Sprintf("f%d@posta.example", i), "tekst")...)
		k := b.ticket(token, name, 15*time.Second)
		body, _ := json.Marshal(map[string]any{"text": "sa slikom", "attachments": []map[string]any{{"name": name + ".jpg", "content": append(photo, byte(i))}}})
		if a := b.api(token, http.MethodPost, "/tickets/"+k.Ref+"/notes", string(body)); a.status != http.StatusCreated {
			t.Fatalf("note: %d %s", a.status, a.body)
		}
	}
	v := b.visitor("admin")
	for _, name := range []string{"Nestala", "Ostecena"} {
		k := b.ticket(token, name, time.Second)
		all := b.messages(token, k.Ref)
		note := all[len(all)-1]
		key := regexp.MustCompile(`"sha256":"([0-9a-f]{64})"`).FindStringSubmatch(b.api(token, http.MethodGet, "/messages/"+itoa(note.ID), "").body)
		if key == nil {
			t.Fatal("the note's file has no sum")
		}
		path := b.blobOf(key[1])
		if name == "Nestala" {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		} else {
			data := []byte(mustRead(t, path))
			data[len(data)/2] ^= 0xff
			_ = os.Chmod(path, 0o600) //nolint:gosec // G302: a file of the test
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if a := ask(t, v.client, http.MethodGet, v.base+"/agent/t/"+k.Ref, ""); a.status != http.StatusOK {
			t.Errorf("%s: the ticket's page: %d (F51)", name, a.status)
		}
		for _, at := range []string{"/agent/files/", "/agent/inline/", "/api/v1/attachments/"} {
			status, body, err := b.fetch(v, token, at+itoa(note.Attachments[0].ID))
			if status == http.StatusOK && err == nil {
				t.Errorf("%s: %s hands out %d bytes as if all were well (F51, F52)", name, at, len(body))
			}
		}
	}
	b.ready(http.StatusOK, time.Second)
	var out, errs strings.Builder
	run(context.Background(), []string{"doctor", "-c", b.config()}, strings.NewReader(""), &out, &errs)
	if !strings.Contains(out.String(), "files") {
		t.Errorf("doctor says nothing of files:\n%s", out.String())
	}
}

// fetch reads a file to its end; err tells that it broke off.
func (b *bureau) fetch(v *visitor, token, path string) (int, []byte, error) {
	b.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, v.base+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := v.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

// TestFaultBackup holds F57 and F58: a backup taken under load is whole, what is
// restored from it sends nothing by itself, and mails put back into the mailbox fill the gap once.
func TestFaultBackup(t *testing.T) {
	t.Parallel()
	b := newBureau(t, "admin:admin")
	token := b.token("admin")
	b.smtp.down() // letters pile up: receipts and a reply
	k := b.open(token, "Prije kopije", "x", "other", "jelena@posta.example")
	b.api(token, http.MethodPost, "/tickets/"+k.Ref+"/replies", `{"text":"Odgovor prije kopije"}`)
	sums := b.deliverCorpus(31, 60)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var notes atomic.Int64
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if a := b.api(token, http.MethodPost, "/tickets/"+k.Ref+"/notes", `{"text":"pod opterecenjem"}`); a.status == http.StatusCreated {
				notes.Add(1)
			}
		}
	})
	time.Sleep(300 * time.Millisecond)
	archive := b.file("kopija.tar.gz")
	b.command("", "backup", "--out", archive)
	close(stop)
	wg.Wait()
	b.arrive(token, sums, 30*time.Second)
	b.end()
	t.Logf("%d notes were written meanwhile", notes.Load())

	r := *b // the same mailbox, another machine
	r.dir, r.log = t.TempDir(), &safeLog{}
	r.database = "sqlite:" + filepath.Join(r.dir, "data", "s48.db")
	r.web, r.ops = freePort(t), freePort(t)
	r.configure()
	broken := r.file("broken.tar.gz")
	data := mustRead(t, archive)
	if err := os.WriteFile(broken, []byte(data[:len(data)*2/3]), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	if code := run(context.Background(), []string{"restore", "-c", r.config(), "--from", broken}, strings.NewReader(""), &out, &errs); code == exitOK {
		t.Error("half an archive was restored")
	}
	if said := r.command("", "restore", "--from", archive); !strings.Contains(said, "held") {
		t.Errorf("restore: %s", said)
	}
	b.smtp.up(t)
	// What arrived after the copy lies in Processed; put back, it is read again.
	processed, err := b.office.Messages(context.Background(), "s48@grad.example", "Processed", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range processed {
		if err := b.office.Append("s48@grad.example", "INBOX", m.Raw); err != nil {
			t.Fatal(err)
		}
	}
	r.again = true
	r.start()
	r.arrive(token, sums, 45*time.Second)
	time.Sleep(2 * time.Second)
	if got := r.lettersOf("jelena@posta.example"); len(got) != 0 {
		t.Errorf("%d letters left by themselves after the restore (F58)", len(got))
	}
	if a := r.api(token, http.MethodGet, "/deliveries?state=held&limit=100", ""); a.status != http.StatusOK || !strings.Contains(a.body, "jelena@posta.example") {
		t.Errorf("the reply of before is not held: %d %.300s (F58)", a.status, a.body)
	}
	if said := r.command("", "audit", "verify"); said == "" {
		t.Error("audit verify says nothing")
	}
}

// TestFaultStarters holds F59: many processes started at once on an empty
// database all come up, on one schema.
func TestFaultStarters(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, database string) {
		t.Parallel()
		if database == "sqlite" {
			database = ""
		}
		b := prepareBureau(t, database)
		var wg sync.WaitGroup
		codes, said := make([]int, 6), make([]safeLog, 6)
		for i := range codes {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
				defer cancel()
				codes[i] = run(ctx, []string{"user", "create", "--email", fmt.Sprintf("u%d@grad.example", i), "--role", "admin", "-c", b.config()}, strings.NewReader(""), io.Discard, &said[i])
			})
		}
		wg.Wait()
		for i, code := range codes {
			if code != exitOK {
				t.Errorf("starter %d ended with %d: %s (F59)", i, code, said[i].String())
			}
		}
		list := b.command("", "user", "list")
		for i := range codes {
			if !strings.Contains(list, fmt.Sprintf("u%d@grad.example", i)) {
				t.Errorf("what starter %d did is lost (F59)", i)
			}
		}
		b.start()
	})
}

// TestFaultSigterm holds F19: SIGTERM under load ends the process within 20 s
// with 0, and nothing of what was answered with success is lost.
func TestFaultSigterm(t *testing.T) {
	t.Parallel()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	b := prepareBureau(t, "", "admin:admin", "ana:agent")
	token := b.token("admin")
	sums := b.deliverCorpus(41, 150)
	log, err := os.Create(b.file("serve.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(bin, "serve", "-c", b.config()) //nolint:noctx,gosec // killed by the test
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	b.ready(http.StatusOK, 20*time.Second)
	k := b.open(token, "Gasenje", "x", "other", "")
	stream := b.listen(b.visitor("ana"))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var kept atomic.Int64
	for range 4 {
		wg.Go(func() {
			client := &http.Client{Timeout: 30 * time.Second}
			for {
				select {
				case <-stop:
					return
				default:
				}
				req, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+b.web+"/api/v1/tickets/"+k.Ref+"/notes", strings.NewReader(`{"text":"pred gasenje"}`))
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("Authorization", "Bearer "+token)
				resp, err := client.Do(req)
				if err != nil {
					return // it stopped
				}
				if resp.StatusCode == http.StatusCreated {
					kept.Add(1)
				}
				resp.Body.Close()
			}
		})
	}
	time.Sleep(700 * time.Millisecond)
	began := time.Now()
	_ = cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if took := time.Since(began); err != nil || took > 20*time.Second {
			t.Errorf("ended with %v after %s (F19)\n%s", err, took, tail(mustRead(t, b.file("serve.log"))))
		} else {
			t.Logf("ended after %s with %d notes kept", took.Round(time.Millisecond), kept.Load())
		}
	case <-time.After(25 * time.Second):
		t.Fatalf("not ended after 25 s (F19)\n%s", tail(mustRead(t, b.file("serve.log"))))
	}
	close(stop)
	wg.Wait()
	if !strings.Contains(stream.String(), "(closed)") {
		time.Sleep(200 * time.Millisecond)
	}
	b.start()
	b.arrive(token, sums, 30*time.Second)
	notes := 0
	for _, m := range b.messages(token, k.Ref) {
		if m.Direction == "note" {
			notes++
		}
	}
	if int64(notes) < kept.Load() {
		t.Errorf("%d notes were confirmed, %d are there (F19)", kept.Load(), notes)
	}
}

// TestFaultPrivacy holds I10: nothing of a citizen is in the log of a whole
// conversation, at the most talkative level.
func TestFaultPrivacy(t *testing.T) {
	t.Parallel()
	b := newBureau(t, "admin:admin", "ana:agent")
	token := b.token("admin")
	name, address, subject, text, phone, file := "Perunika Markovska", "perunika.trag@posta.example", "TRAGSUBJEKT48", "TRAGTEKST48", "+38267123987", "TRAGFAJL48.txt"
	b.mail("marko@posta.example", "From: "+name+" <"+address+">", "To: s48@grad.example", "Subject: "+subject, "Message-ID: <trag48@posta.example>", "MIME-Version: 1.0",
		"Content-Type: multipart/mixed; boundary=B", "", "--B", "Content-Type: text/plain; charset=utf-8", "", text+" zovite "+phone, "--B", "Content-Type: text/plain; name="+file, "Content-Disposition: attachment; filename="+file, "", "x", "--B--")
	k := b.ticket(token, subject, 15*time.Second)
	hostile := emailtest.Hostile()
	for i := 0; i < len(hostile); i += 11 {
		raw := append([]byte("X-Trag: TRAGHEADER48\r\nFrom: "+name+" <"+address+">\r\nSubject: "+subject+"\r\n"), hostile[i].Raw...)
		if err := b.office.Append("s48@grad.example", "INBOX", raw); err != nil {
			t.Fatal(err)
		}
	}
	b.office.Inject(postoffice.Fault{At: postoffice.StageRcpt, Times: 2, Code: 550, Text: "no such user " + address}, postoffice.Fault{At: postoffice.StageData, Times: 2, Code: 451, Text: "busy with " + address})
	b.api(token, http.MethodPost, "/tickets/"+k.Ref+"/replies", `{"text":"`+text+`","to":["`+address+`"]}`)
	b.api(token, http.MethodPost, "/tickets/"+k.Ref+"/replies", `{"text":"`+text+`","to":["jelena@posta.example"]}`)
	v := b.visitor("ana")
	for _, path := range []string{"/agent/search?q=" + url.QueryEscape(address), "/agent/search?q=" + subject, "/agent/v/all?q=" + url.QueryEscape(name), "/agent/new/known?phone=" + url.QueryEscape(phone), "/agent/t/" + k.Ref, "/agent/citizens?q=" + url.QueryEscape(phone)} {
		ask(t, v.client, http.MethodGet, v.base+path, "")
	}
	for _, body := range []string{`{"subject":"` + subject + `","text":"` + text + `","citizen":{"name":"` + name + `","phone":"TRAGTEL48"}}`, `{"subject":"` + subject + `","citizen":{"email":"` + address + `@@"}}`, `{"TRAGKLJUC48":1}`} {
		b.api(token, http.MethodPost, "/tickets", body)
	}
	b.from("127.0.6.1").tryPassword(address, "TRAGLOZINKA48")
	ask(t, nil, http.MethodGet, v.base+"/predmet/"+k.Ref+"?k=TRAGKOD48", "")
	b.imap.cut()
	b.smtp.cut()
	time.Sleep(4 * time.Second)
	b.end()
	log := b.log.String()
	if len(log) < 200 {
		t.Fatalf("the log is too short to prove anything: %q", log)
	}
	for _, mark := range []string{"Perunika", "perunika", "TRAG", "Markovska", "67123987", "jelena@", "trag48"} {
		if at := strings.Index(log, mark); at >= 0 {
			from := strings.LastIndexByte(log[:at], '\n') + 1
			line, _, _ := strings.Cut(log[from:], "\n")
			t.Errorf("%q is in the log (I10): %s", mark, line)
		}
	}
	if strings.Contains(log, token) || strings.Contains(log, bureauPassword) {
		t.Error("a secret is in the log")
	}
}
