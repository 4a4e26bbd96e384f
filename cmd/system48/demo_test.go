package main

import (
	"bufio"
	"context"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/smtp"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A visitor is a browser without scripts.
type visitor struct {
	*testing.T
	base   string
	client *http.Client
}

func newVisitor(t *testing.T, base string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{T: t, base: base, client: &http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

// get gives a page, which must answer 200.
func (v *visitor) get(path string) string {
	v.Helper()
	resp, err := v.client.Get(v.base + path) //nolint:noctx // the client has a time limit
	return v.read(path, resp, err)
}

func (v *visitor) read(path string, resp *http.Response, err error) string {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil || resp.StatusCode != http.StatusOK {
		v.Fatalf("%s: %d %v\n%s", path, resp.StatusCode, err, body)
	}
	return string(body)
}

var (
	inputPattern = regexp.MustCompile(`<input [^>]*>`)
	namePattern  = regexp.MustCompile(` name="([^"]*)"`)
	valuePattern = regexp.MustCompile(` value="([^"]*)"`)
)

// post sends a form as the page at from shows it, with the fields given over
// what stands in its inputs.
func (v *visitor) post(from, path string, fields ...string) string {
	v.Helper()
	form := url.Values{}
	for _, input := range inputPattern.FindAllString(v.get(from), -1) {
		name, value := namePattern.FindStringSubmatch(input), valuePattern.FindStringSubmatch(input)
		if name != nil && value != nil && form.Get(name[1]) == "" && !strings.Contains(input, "checkbox") {
			form.Set(name[1], html.UnescapeString(value[1]))
		}
	}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	resp, err := v.client.PostForm(v.base+path, form) //nolint:noctx // the client has a time limit
	return v.read(path, resp, err)
}

// until waits for a page to hold a text and gives the page.
func (v *visitor) until(path, text string, within time.Duration) string {
	v.Helper()
	began := time.Now()
	for {
		page := v.get(path)
		if strings.Contains(page, text) {
			return page
		}
		if time.Since(began) > within {
			v.Fatalf("%s does not show %q within %s", path, text, within)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// startDemo runs the demo on free ports until the test ends.
func startDemo(t *testing.T, args ...string) demoInfo {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	done := make(chan int, 1)
	var log strings.Builder
	go func() {
		done <- run(ctx, append([]string{"demo", "--json", "--data", t.TempDir(), "--listen", "127.0.0.1:0"}, args...), strings.NewReader(""), in, &log)
		in.Close()
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case code := <-done:
			if code != exitOK {
				t.Errorf("the demo ended with %d\n%s", code, log.String())
			}
		case <-time.After(30 * time.Second):
			t.Error("the demo did not stop")
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the demo did not start: %v\n%s", err, log.String())
	}
	var info demoInfo
	if err := json.Unmarshal([]byte(line), &info); err != nil {
		t.Fatalf("%v in %q", err, line)
	}
	return info
}

// TestMailToAnswer is the main road: a citizen's mail becomes a ticket with a
// promise, has its receipt, an agent answers, the citizen reads the answer and
// writes back into the same ticket.
func TestMailToAnswer(t *testing.T) {
	info := startDemo(t, "--stories", "3")
	raw := strings.Join([]string{
		"From: Marko <marko@posta.example>", "To: s48@grad.example", "Subject: Rupa kod vrtica Zvjezdica", "Message-ID: <prva@posta.example>",
		"Content-Type: text/plain; charset=utf-8", "", "Poštovani, kod vrtića „Zvjezdica“ je velika rupa na trotoaru.", "",
	}, "\r\n")
	auth := smtp.PlainAuth("", "marko@posta.example", demoPassword, "127.0.0.1")
	if err := smtp.SendMail(info.SMTP, auth, "marko@posta.example", []string{"s48@grad.example"}, []byte(raw)); err != nil {
		t.Fatal(err)
	}
	agent := newVisitor(t, info.Web)
	agent.post("/sign-in", "/sign-in", "email", "ana@grad.example", "password", demoPassword)
	queue := agent.until("/agent/v/unassigned", "Rupa kod vrtica Zvjezdica", 20*time.Second)
	before, _, _ := strings.Cut(queue, "Rupa kod vrtica Zvjezdica")
	ref, _, _ := strings.Cut(before[strings.LastIndex(before, `data-ref="`)+len(`data-ref="`):], `"`)
	path := "/agent/t/" + ref
	page := agent.get(path)
	for _, want := range []string{"vrtića „Zvjezdica“", "marko@posta.example"} {
		if !strings.Contains(page, want) {
			t.Errorf("the ticket's page lacks %q", want)
		}
	}
	citizen := newVisitor(t, info.Web)
	mailbox := "/demo/mail?as=marko@posta.example"
	citizen.until(mailbox, "automatska potvrda prijema", 10*time.Second)

	agent.post(path, path+"/message", "answer", "answer", "text_reply", "Ekipa izlazi sutra do 10 h.")
	inbox := citizen.until(mailbox, "Ekipa izlazi sutra do 10 h.", 30*time.Second)
	agent.until(path, "sporučeno", 10*time.Second)

	answer := regexp.MustCompile(`&amp;answer=(s48\.[^"]+)"`).FindStringSubmatch(inbox)
	if answer == nil {
		t.Fatal("the answer cannot be answered")
	}
	citizen.post(mailbox+"&answer="+answer[1], mailbox, "text", "Hvala, cekamo ekipu.")
	agent.until(path, "Hvala, cekamo ekipu.", 10*time.Second)
	if queue := agent.get("/agent/v/all?sort=-received"); strings.Count(queue, "cekamo ekipu") > 0 {
		t.Error("the citizen's answer opened a ticket of its own")
	}
}

// TestDemoReferral: the demo has a story that is with an outside body; its letter
// is in the body's mailbox, and the link in it opens the page that takes it over.
func TestDemoReferral(t *testing.T) {
	info := startDemo(t, "--stories", "1")
	body := newVisitor(t, info.Web)
	inbox := body.until("/demo/mail?as=pisarnica@elektrodistribucija.example", "/izjasnjenje/", 20*time.Second)
	link := regexp.MustCompile(`/izjasnjenje/S48-[^?"<]+\?k=[^"<&\s]+`).FindString(html.UnescapeString(inbox))
	page := body.get(link)
	for _, want := range []string{"Kabl visi sa bandere", "Ulica Vaka Đurovića 14", "distributivnoj mreži"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the referral lacks %q", want)
		}
	}
	if strings.Contains(page, "jelena@") {
		t.Error("the page shows the citizen's address before the body accepted")
	}
	body.until("/demo/mail?as=jelena@posta.example", "Elektrodistribucija", 10*time.Second)
	agent := newVisitor(t, info.Web)
	agent.post("/sign-in", "/sign-in", "email", "ana@grad.example", "password", demoPassword)
	agent.until("/agent/v/all", "Kabl visi sa bandere", time.Second)
}
