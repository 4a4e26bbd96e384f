package main

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/mail"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/sistem48/system48/channels/email/postoffice"
	"github.com/sistem48/system48/storage/storagetest"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// A team is three real processes of the program on one PostgreSQL, with one post
// office beside them.
type team struct {
	*bureau
	bin  string
	webs []string
	runs []*exec.Cmd
}

func newTeam(t *testing.T) *team {
	t.Helper()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	b := prepareBureau(t, storagetest.Postgres(t), "admin:admin", "ana:agent", "milena:agent", "putar:officer:roads", "sefica:head:roads")
	m := &team{bureau: b, bin: bin}
	text, err := os.ReadFile(b.config())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		web := freePort(t)
		own := strings.ReplaceAll(strings.ReplaceAll(string(text), fmt.Sprintf("http: {listen: %q}", b.web), fmt.Sprintf("http: {listen: %q}", web)), b.ops, freePort(t))
		b.write(fmt.Sprintf("config-%d.yaml", i), own)
		m.webs, m.runs = append(m.webs, web), append(m.runs, nil)
	}
	return m
}

// run starts a process, or starts it again.
func (m *team) run(i int) {
	m.Helper()
	log, err := os.OpenFile(m.file(fmt.Sprintf("serve-%d.log", i)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		m.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(m.bin, "serve", "-c", m.file(fmt.Sprintf("config-%d.yaml", i))) //nolint:noctx // ended by the test
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		m.Fatal(err)
	}
	m.runs[i] = cmd
	m.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

// up waits until a process answers.
func (m *team) up(i int) {
	m.Helper()
	for began := time.Now(); time.Since(began) < 40*time.Second; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get("http://" + m.webs[i] + "/sign-in") //nolint:noctx // on loopback
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
	}
	log, _ := os.ReadFile(m.file(fmt.Sprintf("serve-%d.log", i)))
	m.Fatalf("process %d does not answer\n%s", i, tail(string(log)))
}

// past opens the installation by another clock, as its own process did then.
func (m *team) past(at time.Time, do func(s *system)) {
	m.Helper()
	cfg, _, err := LoadConfig(m.config(), os.Environ())
	if err != nil {
		m.Fatal(err)
	}
	s, err := openSystemAt(m.Context(), cfg, slog.New(slog.DiscardHandler), func() time.Time { return at })
	if err != nil {
		m.Fatal(err)
	}
	defer s.close()
	do(s)
}

// promised opens n tickets of the department of roads at an instant of the past.
func (m *team) promised(at time.Time, n int, subject string) (refs []ticketing.Reference) {
	m.Helper()
	m.past(at, func(s *system) {
		dir, err := s.freshDirectory(m.Context())
		if err != nil {
			m.Fatal(err)
		}
		c, _ := dir.CategoryByCode("pothole")
		desk := ticketing.Desk{Bureau: s.bureau}
		for i := range n {
			k, err := desk.Open(m.Context(), actorNamed(dir, "ana@grad.example"), ticketing.OpenInput{
				Channel: ticketing.ChannelPhone, Subject: subject, Text: subject, Category: c.ID, Name: "Mira", Phone: "+382670001" + fmt.Sprintf("%02d", i),
			})
			if err != nil {
				m.Fatal(err)
			}
			refs = append(refs, k.Ref)
		}
	})
	return refs
}

func actorNamed(dir *ticketing.Directory, address string) ticketing.Actor {
	for _, a := range dir.Agents {
		if a.Email == address {
			return ticketing.ActorOf(a)
		}
	}
	return ticketing.Actor{}
}

// counted gives how often each of the events stands in the tickets' histories, by
// ticket, kind, clock and step.
func (m *team) counted(s *system, refs []ticketing.Reference) map[string]int {
	m.Helper()
	out := map[string]int{}
	for _, ref := range refs {
		events, err := s.db.TicketEvents(m.Context(), ticketing.Scope{All: true}, ref)
		if err != nil {
			m.Fatal(err)
		}
		if _, ok := ticketing.VerifyChain(events, 0, ""); !ok {
			m.Errorf("%s: the chain of events is broken (I4)", ref)
		}
		for _, e := range events {
			switch e.Kind { //nolint:exhaustive // what comes of time alone
			case ticketing.EventWarned, ticketing.EventBreached, ticketing.EventEscalated:
				out[fmt.Sprint(ref, " ", e.Kind, " ", e.Data["clock"], " ", e.Data["step"], e.Data["after"], e.Data["tell"])]++
			}
		}
	}
	return out
}

// TestProcesses runs three processes of the program on one database, kills one
// without warning while promises fall due, and holds that nothing is told, broken,
// mailed or given to somebody twice: I7, I8, I9; and what is mailed on Friday, read at
// the far end of SMTP and IMAP, is the page.
func TestProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("three processes wait for promises to fall due")
	}
	t.Parallel()
	m := newTeam(t)
	issue := ticketing.IssueOf(time.Now(), time.UTC)
	m.past(issue.AddDate(0, 0, -3), func(s *system) {
		dir, err := s.freshDirectory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		registry, admin, cyrillic := ticketing.Registry{Bureau: s.bureau}, actorNamed(dir, "admin@grad.example"), lang.SrCyrl
		roads, _ := dir.DepartmentByCode("roads")
		roads.Names = map[lang.Tag]string{lang.SrLatn: "Čišćenje, žurne rupe i đubrište", lang.En: "Roads"}
		desk, _ := dir.DepartmentByCode("bureau")
		desk.Sharing = ticketing.SharingRotate
		for _, d := range []*ticketing.Department{&roads, &desk} {
			if err := registry.SaveDepartment(t.Context(), admin, d); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := registry.ChangeOwn(t.Context(), admin, ticketing.OwnChange{Language: &cyrillic}); err != nil {
			t.Fatal(err)
		}
		if err := s.mailReports()(t.Context()); err != nil { // the head's subscription begins
			t.Fatal(err)
		}
		subscriptions := ticketing.Subscriptions{Bureau: s.bureau}
		if err := subscriptions.Choose(t.Context(), admin, roads.ID, true); err != nil {
			t.Fatal(err)
		}
	})
	earlier := m.promised(issue.AddDate(0, 0, -3), 5, "Ranije")
	began := time.Now()
	due := m.promised(began.Add(-48*time.Hour+24*time.Second), 25, "Dospijeva")
	warned := m.promised(began.Add(-36*time.Hour+24*time.Second), 25, "Opomena")
	for i := range m.runs {
		m.run(i)
	}
	for i := range m.runs {
		m.up(i)
	}
	m.share(40)
	m.readReports()
	time.Sleep(time.Until(began.Add(24 * time.Second)))
	victim := int(began.UnixNano() % 3)
	_ = m.runs[victim].Process.Kill()
	_ = m.runs[victim].Wait()
	m.run(victim)
	m.settled(due, warned, began)
	m.up(victim)
	m.past(time.Now(), func(s *system) {
		m.once(s, earlier, due, warned)
	})
}

// share opens n tickets at once through all three processes: the bureau's turn
// gives each of its two agents half.
func (m *team) share(n int) {
	m.Helper()
	token := m.token("admin")
	var wait sync.WaitGroup
	var mu sync.Mutex
	got := map[string]int{}
	for i := range n {
		wait.Go(func() {
			body := fmt.Sprintf(`{"subject":"Po redu %d","text":"po redu","category":"other","citizen":{"name":"G","email":"g%d@posta.example"},"receipt":false}`, i, i)
			a := ask(m.T, nil, http.MethodPost, "http://"+m.webs[i%3]+"/api/v1/tickets", body, "Content-Type: application/json", "Authorization: Bearer "+token)
			var k struct {
				Assignee json.RawMessage
			}
			if err := json.Unmarshal([]byte(a.body), &k); err != nil || a.status != http.StatusCreated {
				m.Errorf("open: %d %v %.300s", a.status, err, a.body)
			}
			mu.Lock()
			got[string(k.Assignee)]++
			mu.Unlock()
		})
	}
	wait.Wait()
	if len(got) != 2 {
		m.Errorf("%d tickets were shared out as %v", n, got)
	}
	for who, count := range got {
		if count != n/2 {
			m.Errorf("%s got %d of %d in turn", who, count, n)
		}
	}
}

// settled waits until everything that fell due is recorded.
func (m *team) settled(due, warned []ticketing.Reference, began time.Time) {
	m.Helper()
	m.past(time.Now(), func(s *system) {
		for {
			time.Sleep(time.Second)
			count := m.counted(s, append(append([]ticketing.Reference{}, due...), warned...))
			breached, warnings := 0, 0
			for what := range count {
				if strings.Contains(what, string(ticketing.EventBreached)) {
					breached++
				}
				if strings.Contains(what, string(ticketing.EventWarned)) {
					warnings++
				}
			}
			if breached >= len(due) && warnings >= len(warned) {
				m.Logf("all recorded %s after they were opened", time.Since(began).Round(time.Second))
				return
			}
			if time.Since(began) > 3*time.Minute {
				m.Fatalf("only %d of %d broken promises and %d of %d warnings are recorded", breached, len(due), warnings, len(warned))
			}
		}
	})
}

// once holds that every warning, breach and step of a ladder stands once in its
// ticket, each breach at its due instant, and that no letter arrived twice.
func (m *team) once(s *system, lists ...[]ticketing.Reference) {
	m.Helper()
	steps := 0
	for _, refs := range lists {
		for what, n := range m.counted(s, refs) {
			if n != 1 {
				m.Errorf("%s: %d times (I9)", what, n)
			}
			if strings.Contains(what, string(ticketing.EventEscalated)) {
				steps++
			}
		}
	}
	if steps < len(lists[1]) {
		m.Errorf("only %d steps of ladders were taken", steps)
	}
	for _, ref := range lists[1] {
		v, err := s.db.TicketView(m.Context(), ticketing.Scope{All: true}, ref)
		if err != nil {
			m.Fatal(err)
		}
		for _, c := range v.Ticket.Clocks {
			if c.Kind == ticketing.ClockAnswer && !c.BreachedAt.Equal(c.Due) {
				m.Errorf("%s: due %v, broken %v (I9)", ref, c.Due, c.BreachedAt)
			}
		}
	}
	for _, who := range []string{"sefica@grad.example", "admin@grad.example", "putevi@grad.example"} {
		seen := map[string]int{}
		list, err := m.office.Messages(m.Context(), who, "INBOX", 1000)
		if err != nil {
			m.Fatal(err)
		}
		for _, x := range list {
			msg, err := mail.ReadMessage(bytes.NewReader(x.Raw))
			if err != nil {
				m.Fatal(err)
			}
			if seen[msg.Header.Get("Message-Id")]++; seen[msg.Header.Get("Message-Id")] > 1 {
				m.Errorf("%s got %q twice (I8)", who, decodeWords(msg.Header.Get("Subject")))
			}
		}
		m.Logf("%s got %d letters", who, len(list))
	}
}

// readReports reads the two mailed reports out of their mailboxes: one each, the
// PDF opens, has the letters of both scripts and the figures of the page.
func (m *team) readReports() {
	m.Helper()
	for who, letters := range map[string]string{"sefica": "Čišćenje, žurne rupe i đubrište", "admin": "Чишћење, журне рупе и ђубриште"} {
		text, pdf := m.report(who + "@grad.example")
		words := pdfWords(pdf)
		if !strings.Contains(words, letters) {
			m.Errorf("%s: %q is not in the PDF: %.600s", who, letters, words)
		}
		if bin, err := exec.LookPath("pdftotext"); err == nil {
			cmd := exec.CommandContext(m.Context(), bin, "-q", "-enc", "UTF-8", "-", "-")
			cmd.Stdin = bytes.NewReader(pdf)
			out, err := cmd.Output()
			if err != nil || !strings.Contains(strings.Join(strings.Fields(string(out)), " "), letters) {
				m.Errorf("%s: pdftotext reads %.300s, %v", who, out, err)
			}
		}
		address := regexp.MustCompile(`http://\S+/reports/departments/roads\S*`).FindString(text)
		_, path, _ := strings.Cut(strings.TrimPrefix(address, "http://"), "/")
		v := newVisitor(m.T, "http://"+m.webs[0])
		v.client.CheckRedirect = nil
		v.post("/sign-in", "/sign-in", "email", who+"@grad.example", "password", bureauPassword)
		page := html.UnescapeString(v.get("/" + strings.TrimRight(path, ")>.")))
		figures := regexp.MustCompile(`(?m)^- [^:]+: ([^ (,]+(?:,\d+)?(?:\x{a0}%)?)`).FindAllStringSubmatch(text, -1)
		if len(figures) < 6 || figures[0][1] != "0,0\u00a0%" || figures[len(figures)-1][1] != "55" {
			m.Errorf("%s: the letter gives %q", who, figures)
		}
		for _, f := range figures {
			if !strings.Contains(page, f[1]) || !strings.Contains(words, f[1]) {
				m.Errorf("%s: the letter says %q; on the page: %t, in the PDF: %t", who, f[1], strings.Contains(page, f[1]), strings.Contains(words, f[1]))
			}
		}
	}
}

// report waits for the mailed report and gives its text and its PDF.
func (m *team) report(address string) (text string, pdf []byte) {
	m.Helper()
	var found []postoffice.Message
	for began := time.Now(); time.Since(began) < 20*time.Second && len(found) == 0; time.Sleep(100 * time.Millisecond) {
		list, err := m.office.Messages(context.Background(), address, "INBOX", 1000)
		if err != nil {
			m.Fatal(err)
		}
		for _, x := range list {
			if bytes.Contains(x.Raw, []byte("application/pdf")) {
				found = append(found, x)
			}
		}
	}
	if len(found) != 1 {
		m.Fatalf("%d reports for %s, want 1 (I7)", len(found), address)
	}
	text, pdf = opened(m.T, found[0].Raw)
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.HasSuffix(bytes.TrimSpace(pdf), []byte("%%EOF")) {
		m.Fatalf("the report of %s is no PDF: %.60q", address, pdf)
	}
	return text, pdf
}

// opened takes a mail apart: its text and the file with it.
func opened(t *testing.T, raw []byte) (text string, file []byte) {
	t.Helper()
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var walk func(kind string, encoding string, body io.Reader)
	walk = func(kind, encoding string, body io.Reader) {
		media, params, err := mime.ParseMediaType(kind)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(media, "multipart/") {
			parts := multipart.NewReader(body, params["boundary"])
			for {
				p, err := parts.NextRawPart()
				if err != nil {
					return
				}
				walk(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p)
			}
		}
		if strings.EqualFold(encoding, "base64") {
			body = base64.NewDecoder(base64.StdEncoding, body)
		}
		data, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		if media == "application/pdf" {
			file = data
		}
	}
	walk(msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), msg.Body)
	return decodeMail(raw), file
}

var (
	pdfStream = regexp.MustCompile(`(?s)stream\n(.*?)\nendstream`)
	pdfShown  = regexp.MustCompile(`(?s)\(((?:\\.|[^\\)])*)\) ?Tj`)
)

// pdfWords gives what is shown on the pages of a PDF that holds texts as UTF-16.
func pdfWords(pdf []byte) string {
	var out strings.Builder
	for _, s := range pdfStream.FindAllSubmatch(pdf, -1) {
		z, err := zlib.NewReader(bytes.NewReader(s[1]))
		if err != nil {
			continue
		}
		page, _ := io.ReadAll(z)
		for _, shown := range pdfShown.FindAllSubmatch(page, -1) {
			var units []uint16
			plain := regexp.MustCompile(`(?s)\\(.)`).ReplaceAllFunc(shown[1], func(e []byte) []byte {
				if e[1] == 'r' {
					return []byte{'\r'}
				}
				return e[1:]
			})
			for i := 0; i+1 < len(plain); i += 2 {
				units = append(units, uint16(plain[i])<<8|uint16(plain[i+1]))
			}
			out.WriteString(string(utf16.Decode(units)) + "\n")
		}
	}
	return out.String()
}
