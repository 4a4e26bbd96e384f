package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A benchServe is the program under measure, in a process of its own.
type benchServe struct {
	*benchBrowser // of who reads alone
	cmd           *exec.Cmd
	ready         time.Duration
}

// A benchBrowser is one signed-in agent.
type benchBrowser struct {
	base   string // of the pages
	client *http.Client
	csrf   string
}

// startServe starts the program on the configuration and waits until it is ready.
func (b *bench) startServe(ctx context.Context, config, web, ops string) (*benchServe, error) {
	bin, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &benchServe{benchBrowser: &benchBrowser{base: "http://" + web}}
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), bin, "serve", "-c", config) //nolint:gosec // G204: this program
	p.cmd.Stderr = b.errs
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	for time.Since(began) < 30*time.Second {
		resp, err := http.Get("http://" + ops + "/readyz") //nolint:noctx,gosec // G107: our own listener
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				p.ready = time.Since(began)
				return p, p.signIn(ctx)
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	p.stop()
	return nil, errors.New("serve is not ready after 30 s")
}

func (p *benchServe) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

// memory is the resident memory of the program, in bytes.
func (p *benchServe) memory() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	var kb int64
	_, _ = fmt.Sscan(after, &kb)
	return kb << 10
}

var csrfField = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

// signIn signs the measuring agent in.
func (p *benchBrowser) signIn(ctx context.Context) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	p.client = &http.Client{
		Jar: jar, Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	body, _, err := p.get(ctx, "/sign-in")
	if err != nil {
		return err
	}
	m := csrfField.FindStringSubmatch(body)
	if m == nil {
		return errors.New("the sign-in page has no token")
	}
	p.csrf = m[1]
	if _, err := p.post(ctx, "/sign-in", url.Values{"email": {benchAgentMail}, "password": {benchAgentPass}}); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	body, _, err = p.get(ctx, "/agent/v/all")
	if m = csrfField.FindStringSubmatch(body); m != nil {
		p.csrf = m[1] // signing in may renew it
	}
	return err
}

// another signs the agent in once more, with a session of its own.
func (p *benchBrowser) another(ctx context.Context) (*benchBrowser, error) {
	o := &benchBrowser{base: p.base}
	return o, o.signIn(ctx)
}

// get gives a page and how long it took to its last byte.
func (p *benchBrowser) get(ctx context.Context, path string) (string, time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, nil)
	if err != nil {
		return "", 0, err
	}
	return p.do(req)
}

func (p *benchBrowser) post(ctx context.Context, path string, form url.Values) (time.Duration, error) {
	form.Set("_csrf", p.csrf)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if path != "/sign-in" {
		req.Header.Set("HX-Request", "true") // as a browser with scripts asks: the changed parts come back
	}
	_, took, err := p.do(req)
	return took, err
}

func (p *benchBrowser) do(req *http.Request) (string, time.Duration, error) {
	began := time.Now()
	resp, err := p.client.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	took := time.Since(began)
	if err == nil && resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusSeeOther {
		err = fmt.Errorf("%s %s: %s: %.300s", req.Method, req.URL.Path, resp.Status, body)
	}
	return string(body), took, err
}

// load lets so many clients act until count acts are done, and gives how long
// each and all took.
func load(clients, count int, act func(client, i int) (time.Duration, error)) (timings, time.Duration, error) {
	var mu sync.Mutex
	var all timings
	var failed error
	next := make(chan int, count)
	for i := range count {
		next <- i
	}
	close(next)
	var wg sync.WaitGroup
	began := time.Now()
	for c := range clients {
		wg.Go(func() {
			for i := range next {
				took, err := act(c, i)
				mu.Lock()
				if err != nil {
					failed = err
					mu.Unlock()
					return
				}
				all = append(all, took)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return all, time.Since(began), failed
}
