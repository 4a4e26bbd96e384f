package storagetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Variables that say where the tests' PostgreSQL is, and which peers must be there.
const (
	postgresEnv = "SYSTEM48_TEST_POSTGRES" // a DSN whose user may create databases
	requireEnv  = "SYSTEM48_TEST_REQUIRE"  // comma-separated; "postgres" makes a missing server a failure
)

// Postgres creates an empty database and gives its URL; it is dropped when the
// test ends. The test is skipped when SYSTEM48_TEST_POSTGRES is unset, unless
// SYSTEM48_TEST_REQUIRE names postgres.
func Postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv(postgresEnv)
	if server == "" {
		if strings.Contains(os.Getenv(requireEnv), "postgres") {
			t.Fatalf("%s is not set, but %s asks for PostgreSQL", postgresEnv, requireEnv)
		}
		t.Skipf("%s is not set", postgresEnv)
	}
	u, err := url.Parse(server)
	if err != nil || u.Scheme == "" {
		t.Fatalf("%s is not a URL like postgres://user@127.0.0.1:5432/postgres", postgresEnv)
	}
	var random [6]byte
	if _, err := rand.Read(random[:]); err != nil {
		t.Fatal(err)
	}
	name := "s48_test_" + hex.EncodeToString(random[:])
	administer(t, server, "create database "+name)
	t.Cleanup(func() { administer(t, server, "drop database "+name+" with (force)") })
	u.Path = "/" + name
	return u.String()
}

func administer(t testing.TB, server, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("connect to the tests' PostgreSQL: %v", err)
	}
	defer func() { _ = c.Close(ctx) }()
	if _, err := c.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
