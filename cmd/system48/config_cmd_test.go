package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func runConfig(t *testing.T, args ...string) (out, warned string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := newConfigCommand(func(path string) (Config, []Problem, error) { return LoadConfig(path, nil) })
	cmd.SetOut(&stdout)
	cmd.SetErr(&stderr)
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.ExecuteContext(t.Context())
	return stdout.String(), stderr.String(), err
}

func TestConfigCheckCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("geheim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := writeConfig(t, strings.ReplaceAll(account, "password_file: p", "password_file: "+secret))
	out, warned, err := runConfig(t, "check", "-c", good)
	if err != nil || out != "configuration ok\n" || warned != "" {
		t.Errorf("check of a good file: %q, %q, %v", out, warned, err)
	}
	_, _, err = runConfig(t, "check", "-c", writeConfig(t, account))
	var ce *ConfigError
	if !errors.As(err, &ce) || len(ce.Problems) != 2 || !strings.Contains(err.Error(), "channels.email[0].imap.password_file names p, which cannot be read") {
		t.Errorf("check without the secrets' files: %v", err)
	}
	if err := os.Chmod(secret, 0o644); err != nil {
		t.Fatal(err)
	}
	_, warned, err = runConfig(t, "check", "-c", good)
	if err != nil || strings.Count(warned, "everybody on this machine can read; chmod 600 "+secret) != 2 {
		t.Errorf("check of an open secret: %q, %v", warned, err)
	}
	short := writeConfig(t, "keys: {thread_key_file: "+secret+"}\n")
	if _, _, err := runConfig(t, "check", "-c", short); err == nil || !strings.Contains(err.Error(), "fewer than 32 bytes") {
		t.Errorf("check of a short key: %v", err)
	}
}

func TestConfigCheckJSON(t *testing.T) {
	t.Parallel()
	out, _, err := runConfig(t, "check", "--json", "-c", writeConfig(t, "\nlog: {level: loud}\nops: {listen: ':1'}\n"))
	var ce *ConfigError
	if !errors.As(err, &ce) {
		t.Fatalf("check: %v", err)
	}
	var got checkReport
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	want := checkReport{
		Problems: []problemJSON{{Key: "log.level", Line: 2, Message: `is "loud"`, Remedy: "write one of: debug, info, warn, error"}},
		Warnings: []problemJSON{{Key: "ops.listen", Line: 3, Message: "is reachable from other machines without a sign-in", Remedy: "use 127.0.0.1, or keep the port behind a firewall"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

func TestConfigPrintReadsBack(t *testing.T) {
	t.Parallel()
	path := writeConfig(t, account+"database: {url: 'postgres://s48@h/d', password_file: /run/secrets/db}\ncity: {name: 'Ćuprija: \"48\" #1', phone: 080081048}\n")
	want, _, err := LoadConfig(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want.City.Phone != "080081048" {
		t.Errorf("phone %q: the leading zero is part of it", want.City.Phone)
	}
	out, _, err := runConfig(t, "print", "-c", path)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := LoadConfig(writeConfig(t, out), nil)
	if err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if diff := cmp.Diff(want, got, sameLists); diff != "" {
		t.Errorf("print does not read back (-want +got):\n%s", diff)
	}
}

func TestConfigPrintHidesSecrets(t *testing.T) {
	t.Parallel()
	path := writeConfig(t, "database: {url: 'postgres://s48:geheim@h/d'}\n")
	for _, args := range [][]string{{"print", "-c", path}, {"print", "--json", "-c", path}} {
		out, _, err := runConfig(t, args...)
		if err != nil || strings.Contains(out, "geheim") || !strings.Contains(out, "postgres://s48:(hidden)@h/d") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

func TestConfigPrintJSON(t *testing.T) {
	t.Parallel()
	out, _, err := runConfig(t, "print", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		HTTP     struct{ Listen string } `json:"http"`
		Channels struct {
			UndoWait string `json:"undo_wait"`
		} `json:"channels"`
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.HTTP.Listen != "127.0.0.1:4848" || got.Channels.UndoWait != "10s" {
		t.Errorf("printed %+v", got)
	}
}
