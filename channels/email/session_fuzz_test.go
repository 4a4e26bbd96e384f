package email

import (
	"context"
	"errors"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sistem48/system48/ticketing"
)

// endless is what go-imap never comes back from.
var endless = regexp.MustCompile(`(?i)CAPABILITY[^\r\n]*\(`)

// TestStuckLibrary: a call that does not return when its connection is closed is
// left behind, and the account is left alone for long.
func TestStuckLibrary(t *testing.T) {
	t.Parallel()
	near, _ := net.Pipe()
	s := &imapSession{conn: guard(near, time.Second), stall: time.Second, stuck: 500 * time.Millisecond}
	begin := time.Now()
	err := s.do(t.Context(), 100*time.Millisecond, func() error { select {} })
	if took := time.Since(begin); !errors.Is(err, errStuck) || took > 3*time.Second {
		t.Errorf("%v after %v", err, took)
	}
	var b backoff
	if pause := b.after(err, usualPace); pause < time.Hour {
		t.Errorf("tried again after %v", pause)
	}
	if state, detail := fault(err); state != stateError || detail == "" {
		t.Errorf("state %s %q", state, detail)
	}
	if err := s.do(t.Context(), time.Second, func() error { panic("broken") }); err == nil || !strings.Contains(err.Error(), errTooSlow.Error()) {
		t.Errorf("panic: %v", err)
	}
}

// FuzzIMAPServer lets a server say anything at all. The session must end, must
// not panic, and must not hand out more bytes than were said.
func FuzzIMAPServer(f *testing.F) {
	greeting := "* OK [CAPABILITY IMAP4rev1 IDLE MOVE] hi\r\nT1 OK in\r\n"
	selected := "* 2 EXISTS\r\n* OK [UIDVALIDITY 4] x\r\nT2 OK [READ-WRITE] y\r\n"
	search := "* SEARCH 1 2\r\nT3 OK z\r\n"
	metas := "* 1 FETCH (UID 1 INTERNALDATE \"02-Mar-2026 10:00:00 +0100\" RFC822.SIZE 3)\r\nT4 OK z\r\n"
	body := "* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\nT5 OK z\r\n"
	f.Add([]byte(greeting + selected + search + metas + body))
	f.Add([]byte(greeting + selected + search + metas + "* 1 FETCH (UID 1 BODY[] {99}\r\nabc)\r\n"))
	f.Add([]byte(greeting + selected + search + metas + "* 1 FETCH (BODY[] NIL UID 1)\r\n* 1 FETCH (UID 1 BODY[] \"x\")\r\nT5 OK z\r\n"))
	f.Add([]byte(greeting + selected + "* ESEARCH (TAG \"T3\") UID ALL 1:4294967295\r\nT3 OK\r\n"))
	f.Add([]byte(greeting + "* 4294967295 EXISTS\r\n* 0 EXPUNGE\r\n* BYE\r\n"))
	f.Add([]byte("* PREAUTH\r\n* OK [PERMANENTFLAGS (\\*)]\r\n+ \r\n"))
	f.Fuzz(func(t *testing.T, said []byte) {
		if endless.Match(said) {
			t.Skip("go-imap spins for ever; see TestStuckLibrary")
		}
		near, far := net.Pipe()
		go func() {
			go func() { _, _ = io.Copy(io.Discard, far) }()
			_, _ = far.Write(said)
			_ = far.Close()
		}()
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		g := guard(near, time.Second)
		defer g.abort(errFinished)
		cred := credentials{ep: Endpoint{Security: SecurityNone, Auth: AuthPassword, User: "u", Password: SecretValue("p")}, stall: time.Second}
		s, _, err := greet(ctx, cred, g, g, nil)
		if err != nil {
			return
		}
		s.box = ticketing.Mailbox{Account: "a", Folder: "INBOX"}
		if s.selectFolder(ctx, false) != nil {
			return
		}
		uids, err := s.search(ctx, 1, false)
		if err != nil {
			return
		}
		metas, err := s.metas(ctx, uids[:min(len(uids), 10)])
		if err != nil {
			return
		}
		var got int64
		_, err = s.bodies(ctx, metas, func(_ mailMeta, size int64, r io.Reader) error {
			n, err := io.Copy(io.Discard, r)
			if err == nil && n != size {
				t.Errorf("%d of %d bytes, and no error", n, size)
			}
			got += n
			return err
		})
		if got > int64(len(said)) {
			t.Errorf("%d bytes of mail out of %d said (%v)", got, len(said), err)
		}
	})
}

// FuzzReply looks at what is kept of a server's words: one bounded line without
// an address.
func FuzzReply(f *testing.F) {
	f.Add("550 5.1.1 <ana@gradjani.me>: user ana unknown", "ana@gradjani.me")
	f.Add("see\r\nX: y\x00\u202e", "@")
	f.Add("a@b@c d@", "d@x")
	f.Fuzz(func(t *testing.T, text, to string) {
		got := cleanReply(text, to)
		if utf8.RuneCountInString(got) > maxReply || strings.ContainsAny(got, "\r\n\x00") || !utf8.ValidString(got) {
			t.Errorf("%q", got)
		}
		for word := range strings.FieldsSeq(got) {
			if local, domain, ok := strings.Cut(word, "@"); ok && plainWord(local) && plainWord(domain) {
				t.Errorf("an address is left: %q", got)
			}
		}
	})
}

func plainWord(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && r != '.' {
			return false
		}
	}
	return s != ""
}

// FuzzEnvelopeAddress: what passes cannot end the command it stands in.
func FuzzEnvelopeAddress(f *testing.F) {
	f.Add("ana@gradjani.me")
	f.Add("ana@gradjani.me> NOTIFY=NEVER")
	f.Add("šeherezada@ćuprija.me")
	f.Fuzz(func(t *testing.T, a string) {
		if usableAddress(a) && (strings.ContainsAny(a, "<> \r\n\t\x00") || !strings.Contains(a, "@")) {
			t.Errorf("%q passes", a)
		}
	})
}
