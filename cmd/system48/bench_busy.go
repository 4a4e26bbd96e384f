package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/sistem48/system48/channels/email/emailtest"
)

// What a busy hour is: the mails a second in the peak hour of the largest
// service of a city that is known, for so long; and the largest mail that is
// read whole.
const (
	benchPeakMails = 13
	benchPeakFor   = 20 * time.Second
	benchLargest   = 34 << 20 // bytes, below channels.email.imap.max_message_mb
)

// busy measures the queue and a ticket of an agent who works while mails come
// in as in the peak hour.
func (b *bench) busy(ctx context.Context, p *benchServe, mail *benchMail, engine string) error {
	running, stop := context.WithTimeout(ctx, benchPeakFor)
	defer stop()
	failed := make(chan error, 1)
	go func() {
		tick := time.NewTicker(time.Second / benchPeakMails)
		defer tick.Stop()
		for m := range emailtest.Corpus(49, int(benchPeakFor.Seconds()+1)*benchPeakMails) {
			select {
			case <-running.Done():
				failed <- nil
				return
			case <-tick.C:
			}
			if err := mail.deliver(m.Raw); err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	var queue, ticket timings
	for running.Err() == nil {
		body, took, err := p.get(ctx, "/agent/v/all")
		if err != nil {
			return err
		}
		queue = append(queue, took)
		if _, after, found := strings.Cut(body, `href="/agent/t/`); found {
			ref, _, _ := strings.Cut(after, `"`)
			if _, took, err = p.get(ctx, "/agent/t/"+ref); err != nil {
				return err
			}
			ticket = append(ticket, took)
		}
		time.Sleep(20 * time.Millisecond) // an agent reads, too
	}
	for _, m := range []struct {
		name string
		all  timings
	}{{"queue", queue}, {"ticket page", ticket}} {
		b.add(benchRow{measure: fmt.Sprintf("%s while %d mails a second come in", m.name, benchPeakMails), engine: engine, p50: m.all.at(.5), p99: m.all.at(.99), goal: "≤ 5 / 20 ms"})
	}
	return <-failed
}

// largest measures the greatest memory while the largest mail is taken in.
func (b *bench) largest(ctx context.Context, p *benchServe, mail *benchMail, signals <-chan struct{}, engine string) error {
	const subject = "Najveci prilog"
	var raw bytes.Buffer
	fmt.Fprintf(&raw, "From: <gradjanin@posta.example>\r\nTo: <sistem48@demo.example>\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <najveci@posta.example>\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain\r\n\r\nU prilogu je projekat.\r\n"+
		"--B\r\nContent-Type: application/pdf; name=projekat.pdf\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n", subject, time.Now().Format(time.RFC1123Z))
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0x25, 0x50, 0x44, 0x46}, 14)) + "\r\n"
	for raw.Len() < benchLargest {
		raw.WriteString(line)
	}
	raw.WriteString("--B--\r\n")
	if err := mail.deliver(raw.Bytes()); err != nil {
		return err
	}
	var most int64
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		most = max(most, p.memory())
		select {
		case <-signals:
		case <-time.After(5 * time.Millisecond):
			continue
		}
		body, _, err := p.get(ctx, "/agent/v/all?sort=-received")
		if err != nil {
			return err
		}
		if strings.Contains(body, subject) {
			b.add(benchRow{measure: fmt.Sprintf("memory with a mail of %d MB in flight", raw.Len()/1e6), engine: engine, value: megabytes(max(most, p.memory())), goal: "≤ 256 MB"})
			return nil
		}
	}
	return fmt.Errorf("the largest mail is not a ticket within a minute")
}
