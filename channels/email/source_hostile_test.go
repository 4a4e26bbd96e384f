package email

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func fakeAccount(s *fakeIMAP) Account { return accountAt(s.addr, "bureau", "tajna") }

// hostile runs a Source against a misbehaving server and expects all mails.
func hostile(t *testing.T, s *fakeIMAP, mails [][]byte) *rig {
	t.Helper()
	r := newRig(t, fakeAccount(s)).start()
	r.awaitItems(len(mails), 8*time.Second)
	r.check(mails)
	return r
}

// go-imap skips mails whose UID comes after their bytes, without a word.
func TestUIDAfterLiteral(t *testing.T) {
	t.Parallel()
	mails := testMails(5, 700)
	s := startFakeIMAP(t, "IDLE MOVE", mails...)
	s.uidLast = true
	hostile(t, s, mails)
	eventually(t, 3*time.Second, "moved", func() bool { _, filed := s.count(); return filed == 5 })
}

// go-imap takes an unasked change of flags for the answer to a FETCH, and drops
// the bytes that follow.
func TestFlagsBeforeBody(t *testing.T) {
	t.Parallel()
	mails := testMails(5, 700)
	s := startFakeIMAP(t, "IDLE MOVE", mails...)
	s.hook = func(c *fakeConn, _, line string) bool {
		if strings.HasPrefix(line, "UID FETCH") && strings.Contains(line, "BODY") {
			c.say(`* 2 FETCH (UID 2 FLAGS (\Seen))`)
		}
		return false
	}
	hostile(t, s, mails)
}

// Without MOVE the library would copy, delete and expunge, and do the latter
// even when the copy failed. Nothing of the kind may be seen on the wire.
func TestNoMoveNoHarm(t *testing.T) {
	t.Parallel()
	mails := testMails(5, 700)
	s := startFakeIMAP(t, "IDLE UIDPLUS", mails...)
	s.hook = func(c *fakeConn, tag, line string) bool {
		if strings.HasPrefix(line, "UID COPY") {
			c.say("%s NO [TRYCREATE] no such mailbox", tag)
			return true
		}
		return false
	}
	hostile(t, s, mails)
	eventually(t, 3*time.Second, "keywords", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, m := range s.mails {
			if !m.keyword {
				return false
			}
		}
		return len(s.mails) == 5
	})
	for _, line := range s.commands() {
		for _, bad := range []string{"COPY", "EXPUNGE", "Deleted", "CLOSE", "DELETE"} {
			if strings.Contains(line, bad) && !strings.HasPrefix(line, "UID SEARCH") {
				t.Errorf("the server was told %q", line)
			}
		}
	}
}

// The server refuses a MOVE because another session is at it (F09); the mails
// are not fetched again and marked later.
func TestF09MoveRefused(t *testing.T) {
	t.Parallel()
	mails := testMails(5, 700)
	s := startFakeIMAP(t, "IDLE MOVE", mails...)
	var refused atomic.Int32
	s.hook = func(c *fakeConn, tag, line string) bool {
		if strings.HasPrefix(line, "UID MOVE") && refused.Add(1) == 1 {
			c.say("%s NO [EXPUNGEISSUED] Some of the requested messages no longer exist.", tag)
			return true
		}
		return false
	}
	r := hostile(t, s, mails)
	eventually(t, 9*time.Second, "moved", func() bool { _, filed := s.count(); return filed == 5 })
	if h := r.src.Health(); h.State != stateOK {
		t.Errorf("health %+v", h)
	}
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	if len(r.ledger.arrivals) != 5 {
		t.Errorf("%d mails were fetched, want 5", len(r.ledger.arrivals))
	}
}

// F09: mails vanish between their listing and their fetching; the server
// answers NO. The others come in, once.
func TestF09Vanishing(t *testing.T) {
	t.Parallel()
	mails := testMails(40, 700)
	s := startFakeIMAP(t, "IDLE MOVE", mails...)
	var once atomic.Bool
	s.hook = func(c *fakeConn, tag, line string) bool {
		if !strings.HasPrefix(line, "UID FETCH") || !strings.Contains(line, "BODY") || once.Swap(true) {
			return false
		}
		s.mu.Lock()
		s.mails = append(s.mails[:10:10], s.mails[20:]...)
		s.mu.Unlock()
		c.fetch(true, strings.TrimPrefix(line, "UID FETCH "))
		c.say("%s NO [EXPUNGEISSUED] Some messages could not be FETCHed", tag)
		return true
	}
	r := newRig(t, fakeAccount(s)).start()
	r.awaitItems(30, 5*time.Second)
	r.check(append(append([][]byte{}, mails[:10]...), mails[20:]...))
}

// F09: another client marks everything as read and expunges while we look.
func TestF09ExpungedBeforeFetch(t *testing.T) {
	t.Parallel()
	mails := testMails(10, 700)
	s := startFakeIMAP(t, "IDLE MOVE", mails...)
	var once atomic.Bool
	s.hook = func(c *fakeConn, _, line string) bool {
		if strings.HasPrefix(line, "UID FETCH") && !strings.Contains(line, "BODY") && !once.Swap(true) {
			c.say("* 3 EXPUNGE")
			s.mu.Lock()
			s.mails = append(s.mails[:2:2], s.mails[3:]...)
			s.mu.Unlock()
		}
		return false
	}
	r := newRig(t, fakeAccount(s)).start()
	r.awaitItems(9, 5*time.Second)
	r.check(append(append([][]byte{}, mails[:2]...), mails[3:]...))
}

// One mail whose answer nobody understands, or that makes the server hang up,
// does not keep the others out, and the state says that something is left.
func TestF14PoisonOnTheServer(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(c *fakeConn){
		"unknown attribute": func(c *fakeConn) { c.say("* 3 FETCH (UID 3 X-ODD 7 BODY[] {3}\r\nabc)") },
		"hang-up":           func(c *fakeConn) { _ = c.Close() },
		"bye":               func(c *fakeConn) { c.say("* BYE internal error"); _ = c.Close() },
		"NIL body":          nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mails := testMails(12, 700)
			s := startFakeIMAP(t, "IDLE MOVE", mails...)
			s.hook = func(c *fakeConn, tag, line string) bool {
				isUID := strings.HasPrefix(line, "UID FETCH")
				if !isUID && !strings.HasPrefix(line, "FETCH") || !strings.Contains(line, "BODY") {
					return false
				}
				set := strings.Fields(strings.TrimPrefix(line, "UID "))[1]
				if isUID && inSet(set, 3) || !isUID {
					if answer != nil {
						answer(c)
					} else {
						c.say("* 3 FETCH (UID 3 BODY[] NIL)")
					}
				}
				if answer == nil {
					for i, m := range s.mails {
						if m.uid != 3 && isUID && inSet(set, m.uid) {
							c.sendMail(i+1, m, true)
						}
					}
					c.say("%s OK done", tag)
					return true
				}
				return false
			}
			r := newRig(t, fakeAccount(s)).start()
			r.awaitItems(11, 8*time.Second)
			r.check(append(append([][]byte{}, mails[:2]...), mails[3:]...))
			eventually(t, 8*time.Second, "trouble is told", func() bool {
				h := r.src.Health()
				return h.State == stateOK && h.Detail != ""
			})
		})
	}
}

// A server that only estimates sizes loses nothing; one that cuts a mail short
// and then sends it whole is believed the second time.
func TestOddSizes(t *testing.T) {
	t.Parallel()
	mails := testMails(6, 700)
	s := startFakeIMAP(t, "IDLE MOVE", mails...)
	for i := range s.mails {
		s.mails[i].size = int64(len(s.mails[i].raw)) + 17
	}
	var cut atomic.Bool
	s.hook = func(c *fakeConn, tag, line string) bool {
		if !strings.HasPrefix(line, "UID FETCH") || !strings.Contains(line, "BODY") || cut.Swap(true) {
			return false
		}
		for i, m := range s.mails {
			if i == 4 {
				m.raw = m.raw[:300] // a well-formed literal of half a mail
			}
			c.sendMail(i+1, m, true)
		}
		c.say("%s OK done", tag)
		return true
	}
	r := newRig(t, fakeAccount(s))
	a := fakeAccount(s)
	a.IMAP.Poll = 200 * time.Millisecond
	r.renew(a, "one")
	r.start()
	r.awaitItems(6, 5*time.Second)
	r.check(mails)
}

// F02: the connection is cut at every part of a literal: no cut mail is
// accepted, all come in whole in the end.
func TestF02TruncatedLiteral(t *testing.T) {
	t.Parallel()
	mails := testMails(8, 2000)
	s := startFakeIMAP(t, "IDLE MOVE", mails...)
	var cuts atomic.Int32
	s.hook = func(c *fakeConn, _, line string) bool {
		if !strings.HasPrefix(line, "UID FETCH") || !strings.Contains(line, "BODY") {
			return false
		}
		n := cuts.Add(1)
		if n > 40 || n%4 == 0 {
			return false
		}
		raw := s.mails[0].raw
		text := fmt.Sprintf("* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)\r\n", len(raw), raw)
		fmt.Fprint(c, text[:int(n)*len(text)/41])
		_ = c.Close()
		return true
	}
	hostile(t, s, mails)
}

// A hostile server cannot make the program allocate without end or loop.
func TestHostileNumbers(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"whole range":  "* ESEARCH (TAG \"%s\") UID ALL 1:4294967295",
		"open range":   "* ESEARCH (TAG \"%s\") UID ALL 1:*",
		"huge literal": "",
		"endless line": "* OK %s " + strings.Repeat("x", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mails := testMails(2, 300)
			s := startFakeIMAP(t, "IDLE MOVE", mails...)
			var bad atomic.Int32
			s.hook = func(c *fakeConn, tag, line string) bool {
				if bad.Load() >= 3 {
					return false
				}
				switch {
				case answer == "" && strings.HasPrefix(line, "UID FETCH") && strings.Contains(line, "BODY"):
					bad.Add(1)
					c.say("* 1 FETCH (UID 1 BODY[] {99999999999}")
					return true
				case answer != "" && strings.HasPrefix(line, "UID SEARCH"):
					bad.Add(1)
					for range map[bool]int{true: 100, false: 1}[name == "endless line"] {
						c.say(answer, tag)
					}
				}
				return false
			}
			r := newRig(t, fakeAccount(s)).start()
			r.awaitItems(2, 8*time.Second)
			r.check(mails)
			if bad.Load() < 1 {
				t.Error("nothing bad was sent")
			}
		})
	}
}

// The server lost a mark, and gave another UID to a new mail after it was
// restored from a backup: the first is marked again, the second comes in.
func TestReincarnation(t *testing.T) {
	t.Parallel()
	mails := testMails(4, 500)
	s := startFakeIMAP(t, "IDLE", mails...)
	r := hostile(t, s, mails)
	marked := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		n := 0
		for _, m := range s.mails {
			if m.keyword {
				n++
			}
		}
		return n
	}
	eventually(t, 3*time.Second, "marks", func() bool { return marked() == 4 })
	other := testMail(50, 500)
	s.mu.Lock()
	s.mails[1].keyword = false
	s.mails[3] = fakeMail{uid: 4, raw: other}
	s.mu.Unlock()
	r.stop()
	r.renew(fakeAccount(s), "one")
	r.start()
	r.awaitItems(5, 5*time.Second)
	r.check(append(mails, other))
	eventually(t, 3*time.Second, "marks again", func() bool { return marked() == 4 })
	_, states := r.ledger.entered()
	if states[ticketing.LedgerReceived] != 5 {
		t.Errorf("states = %v", states)
	}
}

// A mark that no server would take in one command is sent in several.
func TestMarkCommandsAreBounded(t *testing.T) {
	t.Parallel()
	uids := make([]uint32, 1000)
	for i := range uids {
		uids[i] = 4_000_000_000 + uint32(i)*7
	}
	total := 0
	for rest := uids; len(rest) > 0; {
		var now []uint32
		now, rest = cutMarks(rest, markChunk)
		if n := len(uidSet(now).String()); n > setLength {
			t.Fatalf("a set of %d bytes", n)
		}
		total += len(now)
	}
	if total != len(uids) {
		t.Errorf("%d of %d UIDs", total, len(uids))
	}
}
