package dovecottest

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

func TestServer(t *testing.T) {
	t.Parallel()
	s := Start(t, "bureau")
	const mail = "Subject: proba\r\nMessage-ID: <1@x>\r\n\r\nčćšžđ\r\n"
	if err := s.Deliver("bureau", "INBOX", []byte(mail)); err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	c, err := imapclient.DialTLS(s.IMAPS, &imapclient.Options{TLSConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("bureau", Password).Wait(); err != nil {
		t.Fatal(err)
	}
	sel, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if sel.NumMessages != 1 {
		t.Fatalf("INBOX holds %d mails, want 1", sel.NumMessages)
	}
	fetch := c.Fetch(imap.SeqSetNum(1), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	var got []byte
	for item := fetch.Next().Next(); ; {
		if body, ok := item.(imapclient.FetchItemDataBodySection); ok {
			if got, err = io.ReadAll(body.Literal); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if err := fetch.Close(); err != nil {
		t.Fatal(err)
	}
	if string(got) != mail {
		t.Errorf("fetched %q, want %q", got, mail)
	}

	if err := s.SetPassword("bureau", "druga"); err != nil {
		t.Fatal(err)
	}
	c2, err := imapclient.DialInsecure(s.IMAP, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c2.Close()
	if err := c2.Login("bureau", Password).Wait(); err == nil {
		t.Error("the old password still opens the mailbox")
	}
	if err := c2.Login("bureau", "druga").Wait(); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if err := s.Kick("bureau"); err != nil {
		t.Error(err)
	}
	if err := s.Restart(); err != nil {
		t.Error(err)
	}
	if strings.Contains(s.Log(), "Fatal") {
		t.Errorf("log: %s", s.Log())
	}
}

// A server whose port somebody else has taken does not take that one for itself.
func TestPortTaken(t *testing.T) {
	t.Parallel()
	s := Start(t, "bureau")
	s.Stop()
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", s.IMAP)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Restart()
	if err == nil || !strings.Contains(err.Error(), "Address already in use") {
		t.Errorf("Restart() = %v, want the address in use", err)
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(); err != nil {
		t.Errorf("Restart() when the port is free again = %v", err)
	}
}
