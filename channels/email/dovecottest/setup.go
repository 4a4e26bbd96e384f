package dovecottest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/user"
	"strings"
	"time"
)

// config is Dovecot's configuration; the verbs are folder, IMAP port, IMAPS
// port, lines about the users the services run as, mail user and mail group.
const config = `base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
auth_verbose = yes
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <%[1]s/cert.pem
ssl_key = <%[1]s/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
auth_cache_size = 0
first_valid_uid = 1
mail_max_userip_connections = 200
mail_location = maildir:%[1]s/mail/%%u
%[4]s
service imap-login {
  chroot =
  inet_listener imap {
    port = %[2]d
  }
  inet_listener imaps {
    port = %[3]d
    ssl = yes
  }
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = %[1]s/oauth2.conf
}
passdb {
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN %[1]s/users
}
userdb {
  driver = static
  args = uid=%[5]s gid=%[6]s home=%[1]s/mail/%%u
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Processed {
    auto = create
  }
  mailbox Sent {
    auto = create
    special_use = \Sent
  }
}
`

const oauthConfig = `introspection_mode = get
introspection_url = %s/introspect?token=
username_attribute = user
active_attribute = active
active_value = true
`

func (s *Server) setUp() error {
	if err := os.Chmod(s.dir, 0o755); err != nil { //nolint:gosec // the mail user must pass
		return err
	}
	if err := s.writeCertificate(); err != nil {
		return err
	}
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	s.IMAP, s.IMAPS = fmt.Sprintf("127.0.0.1:%d", ports[0]), fmt.Sprintf("127.0.0.1:%d", ports[1])
	services, uid, gid, err := identities()
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		"dovecot.conf": fmt.Sprintf(config, s.dir, ports[0], ports[1], services, uid, gid),
		"oauth2.conf":  fmt.Sprintf(oauthConfig, s.oauth.URL),
	} {
		if err := os.WriteFile(s.path(name), []byte(text), 0o644); err != nil { //nolint:gosec // read by the server's own users
			return err
		}
	}
	if err := s.writeUsers(); err != nil {
		return err
	}
	if err := s.makeDir(s.path("mail")); err != nil {
		return err
	}
	for u := range s.users {
		for _, folder := range []string{"INBOX", "Processed", "Sent"} {
			if err := s.makeMaildir(u, folder); err != nil {
				return err
			}
		}
	}
	return nil
}

// identities gives the configuration lines for the services and the mail user:
// the invoking user runs everything unless it is root.
func identities() (services, uid, gid string, err error) {
	if os.Getuid() == 0 {
		id := fmt.Sprint(mailUID)
		return "", id, id, nil
	}
	me, err := user.Current()
	if err != nil {
		return "", "", "", err
	}
	group, err := user.LookupGroupId(me.Gid)
	if err != nil {
		return "", "", "", err
	}
	services = fmt.Sprintf("default_internal_user = %[1]s\ndefault_login_user = %[1]s\ndefault_internal_group = %[2]s\n", me.Username, group.Name)
	return services, me.Uid, me.Gid, nil
}

// writeUsers writes the password file; the caller holds mu or is alone.
func (s *Server) writeUsers() error {
	var b strings.Builder
	for u, p := range s.users {
		fmt.Fprintf(&b, "%s:{PLAIN}%s\n", u, p)
	}
	tmp := s.path("users.new")
	if err := os.WriteFile(tmp, []byte(b.String()), 0o644); err != nil { //nolint:gosec // test passwords
		return err
	}
	return os.Rename(tmp, s.path("users"))
}

func (s *Server) writeCertificate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(48),
		Subject:               pkix.Name{CommonName: "localhost"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(40 * 24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA:                  true,
		BasicConstraintsValid: true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	s.CAFile = s.path("cert.pem")
	if err := os.WriteFile(s.CAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil { //nolint:gosec // a certificate
		return err
	}
	return os.WriteFile(s.path("key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600)
}

// introspection answers Dovecot's question whether a bearer token is good.
func (s *Server) introspection() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		name, ok := s.tokens[r.URL.Query().Get("token")]
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if !ok {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"active": fmt.Sprint(ok), "user": name})
	})
}

func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
