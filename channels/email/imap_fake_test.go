package email

import (
	"bufio"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A fakeMail is a mail on a fakeIMAP.
type fakeMail struct {
	uid     uint32
	raw     []byte
	size    int64 // what the server claims; 0 = the truth
	keyword bool
}

// A fakeIMAP is a small server that misbehaves on request.
type fakeIMAP struct {
	addr string
	caps string
	// uidLast sends UID after the bytes.
	uidLast bool
	// hook may answer a command in the server's place.
	hook func(c *fakeConn, tag, line string) (handled bool)

	mu       sync.Mutex
	validity uint32
	mails    []fakeMail
	filed    []fakeMail // moved to another folder
	log      []string   // commands, as received
	conns    int
}

type fakeConn struct {
	net.Conn
	s *fakeIMAP
	r *bufio.Reader
	n int // which connection this is, from 1
}

func startFakeIMAP(t *testing.T, caps string, mails ...[]byte) *fakeIMAP {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &fakeIMAP{addr: ln.Addr().String(), caps: caps, validity: 48}
	for i, raw := range mails {
		s.mails = append(s.mails, fakeMail{uid: uint32(i + 1), raw: raw})
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	t.Cleanup(func() {
		_ = ln.Close()
		mu.Lock()
		for c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[conn] = true
			mu.Unlock()
			wg.Go(func() {
				defer conn.Close()
				s.mu.Lock()
				s.conns++
				c := &fakeConn{Conn: conn, s: s, r: bufio.NewReader(conn), n: s.conns}
				s.mu.Unlock()
				c.serve()
			})
		}
	})
	return s
}

func (s *fakeIMAP) commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

func (s *fakeIMAP) count() (inbox, filed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.mails), len(s.filed)
}

func (c *fakeConn) say(format string, args ...any) { fmt.Fprintf(c, format+"\r\n", args...) }

func (c *fakeConn) serve() {
	c.say("* OK [CAPABILITY IMAP4rev1 %s] fake", c.s.caps)
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		tag, rest, _ := strings.Cut(line, " ")
		c.s.mu.Lock()
		c.s.log = append(c.s.log, rest)
		c.s.mu.Unlock()
		if c.s.hook != nil && c.s.hook(c, tag, rest) {
			continue
		}
		if !c.answer(tag, rest) {
			return
		}
	}
}

func (c *fakeConn) answer(tag, line string) (more bool) {
	cmd, args, _ := strings.Cut(line, " ")
	if cmd == "UID" {
		sub, rest, _ := strings.Cut(args, " ")
		cmd, args = "UID "+sub, rest
	}
	switch cmd {
	case "CAPABILITY":
		c.say("* CAPABILITY IMAP4rev1 %s", c.s.caps)
	case "SELECT", "EXAMINE":
		c.s.mu.Lock()
		c.say("* %d EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] ok", len(c.s.mails), c.s.validity)
		c.s.mu.Unlock()
	case "UID SEARCH":
		c.search(args)
	case "UID FETCH", "FETCH":
		c.fetch(cmd == "UID FETCH", args)
	case "UID MOVE":
		c.move(args)
	case "UID STORE":
		c.store(args)
	case "IDLE":
		c.say("+ idling")
		if _, err := c.r.ReadString('\n'); err != nil {
			return false
		}
	case "LOGOUT":
		c.say("* BYE bye")
		c.say("%s OK bye", tag)
		return false
	}
	c.say("%s OK done", tag)
	return true
}

func (c *fakeConn) search(args string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	var b strings.Builder
	for _, m := range c.s.mails {
		if strings.Contains(args, "UNKEYWORD") && m.keyword {
			continue
		}
		fmt.Fprintf(&b, " %d", m.uid)
	}
	c.say("* SEARCH%s", b.String())
}

func (c *fakeConn) fetch(byUID bool, args string) {
	set, items, _ := strings.Cut(args, " ")
	c.s.mu.Lock()
	mails := slices.Clone(c.s.mails)
	c.s.mu.Unlock()
	for i, m := range mails {
		n := uint32(i + 1)
		if byUID {
			n = m.uid
		}
		if inSet(set, n) {
			c.sendMail(i+1, m, strings.Contains(items, "BODY"))
		}
	}
}

func (c *fakeConn) sendMail(seq int, m fakeMail, body bool) {
	size := m.size
	if size == 0 {
		size = int64(len(m.raw))
	}
	switch {
	case !body:
		c.say(`* %d FETCH (UID %d INTERNALDATE "02-Mar-2026 10:00:00 +0100" RFC822.SIZE %d)`, seq, m.uid, size)
	case c.s.uidLast:
		fmt.Fprintf(c, "* %d FETCH (BODY[] {%d}\r\n%s UID %d)\r\n", seq, len(m.raw), m.raw, m.uid)
	default:
		fmt.Fprintf(c, "* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n", seq, m.uid, len(m.raw), m.raw)
	}
}

func (c *fakeConn) move(args string) {
	set, _, _ := strings.Cut(args, " ")
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	for i := len(c.s.mails) - 1; i >= 0; i-- {
		if inSet(set, c.s.mails[i].uid) {
			c.s.filed = append(c.s.filed, c.s.mails[i])
			c.s.mails = slices.Delete(c.s.mails, i, i+1)
			c.say("* %d EXPUNGE", i+1)
		}
	}
}

func (c *fakeConn) store(args string) {
	set, _, _ := strings.Cut(args, " ")
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	for i, m := range c.s.mails {
		if inSet(set, m.uid) && strings.Contains(args, "$S48") {
			c.s.mails[i].keyword = true
		}
	}
}

func inSet(set string, n uint32) bool {
	for part := range strings.SplitSeq(set, ",") {
		a, b, isRange := strings.Cut(part, ":")
		first, _ := strconv.ParseUint(a, 10, 32)
		last, err := strconv.ParseUint(b, 10, 32)
		switch {
		case !isRange:
			last = first
		case err != nil:
			last = 1<<32 - 1
		}
		if uint64(n) >= first && uint64(n) <= last {
			return true
		}
	}
	return false
}
