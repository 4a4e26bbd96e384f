package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"
)

// demoPhone connects the demo's telephone system: a token of its own, and a
// folder with one recording.
func demoPhone(dir string, cfg *Config) error {
	token, recordings := filepath.Join(dir, "keys", "cti.token"), filepath.Join(dir, "recordings")
	if _, err := os.Stat(token); errors.Is(err, fs.ErrNotExist) {
		if err := replaceFile(token, []byte(rand.Text()+"\n")); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(recordings, 0o700); err != nil {
		return err
	}
	if err := replaceFile(filepath.Join(recordings, "govorna-poruka.wav"), tone(2*time.Second)); err != nil {
		return err
	}
	p := PhoneSource{Name: "pbx", Kind: phoneCTI, TokenFile: token, Recordings: recordings}
	p.setDefaults()
	p.Settle = 10 * time.Second // nobody waits a minute to see what becomes of a call
	cfg.Channels.Phone = append(cfg.Channels.Phone, p)
	return nil
}

// tone is a sound file: a note that fades, 8 kHz, 16 bits, one channel.
func tone(d time.Duration) []byte {
	const rate = 8000
	n := int(d.Seconds() * rate)
	var b bytes.Buffer
	le := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) } // never fails on a buffer
	b.WriteString("RIFF")
	le(uint32(36 + 2*n)) //nolint:gosec // G115: seconds of sound
	b.WriteString("WAVEfmt ")
	le(uint32(16))
	le(uint16(1))
	le(uint16(1))
	le(uint32(rate))
	le(uint32(rate * 2))
	le(uint16(2))
	le(uint16(16))
	b.WriteString("data")
	le(uint32(2 * n)) //nolint:gosec // G115: seconds of sound
	for i := range n {
		t := float64(i) / rate
		le(int16(9000 * math.Exp(-t) * math.Sin(2*math.Pi*440*t)))
	}
	return b.Bytes()
}

// Call implements demo.Phones: the first event is told at once, the others as the
// call goes on.
func (p *demoPhones) Call(ctx context.Context, number, how string) error {
	token, err := readSecret(p.token)
	if err != nil {
		return err
	}
	c := simulatedCall{
		web: p.web, token: token, from: number, to: "19848", ring: 8 * time.Second, talk: 12 * time.Second, key: fmt.Sprintf("demo-%d", time.Now().UnixNano()),
	}
	if how == "voicemail" {
		c.recording = "govorna-poruka.wav"
	}
	if _, err := c.tell(ctx, []string{"event", "newCall"}); err != nil {
		return err
	}
	go func() { _ = c.play(context.WithoutCancel(ctx), how, io.Discard) }() // tells of the beginning once more, which changes nothing
	return nil
}
