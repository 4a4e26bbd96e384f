package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

const (
	dialTimeout = 30 * time.Second // TCP and TLS each
	stallAfter  = 45 * time.Second // without a byte, while one is expected
)

// errTLS marks what is wrong with encryption rather than with the network.
var errTLS = errors.New("tls")

// tlsConfig trusts the endpoint's own certificates if it has any, else the
// system's. Verification cannot be switched off.
func (e Endpoint) tlsConfig() (*tls.Config, error) {
	cfg := &tls.Config{ServerName: e.Host, MinVersion: tls.VersionTLS12}
	if e.seen != nil {
		cfg.VerifyConnection = func(state tls.ConnectionState) error {
			e.seen(state)
			return nil
		}
	}
	if e.CAFile == "" {
		return cfg, nil
	}
	pem, err := os.ReadFile(e.CAFile)
	if err != nil {
		return nil, fmt.Errorf("%w: read ca_file: %w", errTLS, err)
	}
	cfg.RootCAs = x509.NewCertPool()
	if !cfg.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%w: ca_file holds no certificate", errTLS)
	}
	return cfg, nil
}

// dial connects; stall is how long the server may then be silent while an answer
// is expected. The second connection is the one to speak on; it is encrypted
// already where the endpoint wants TLS from the start.
func (e Endpoint) dial(ctx context.Context, stall time.Duration) (*guardedConn, net.Conn, *tls.Config, error) {
	cfg, err := e.tlsConfig()
	if err != nil {
		return nil, nil, nil, err
	}
	dialer := net.Dialer{
		Timeout: dialTimeout,
		// The kernel finds out about a vanished peer even while IDLE is silent.
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3},
	}
	conn, err := dialer.DialContext(ctx, "tcp", e.addr())
	if err != nil {
		return nil, nil, nil, fmt.Errorf("connect: %w", err)
	}
	g := guard(conn, stall)
	if e.Security != SecurityTLS {
		return g, g, cfg, nil
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	secure := tls.Client(g, cfg)
	if err := secure.HandshakeContext(ctx); err != nil {
		g.abort(err)
		return nil, nil, nil, handshakeError(err)
	}
	return g, secure, cfg, nil
}

// handshakeError tells a fault of encryption from a lost connection.
func handshakeError(err error) error {
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	if errors.As(err, &cert) || errors.As(err, &record) || errors.As(err, &alert) {
		return fmt.Errorf("%w handshake: %w", errTLS, err)
	}
	return fmt.Errorf("handshake: %w", err)
}
