package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

// The shell makes tokens by the use case of the page: never more than the user's
// role (A51), with an event, and refused in words.
func TestTokenCommand(t *testing.T) {
	t.Parallel()
	b := unserved(t, "sqlite", "")
	for _, who := range []string{"admin", "auditor"} {
		b.command("a long enough pass phrase, said twice", "user", "create", "--email", who+"@grad.example", "--role", who, "--password-stdin")
	}
	refused := func(want int, args ...string) string {
		t.Helper()
		var out, errs strings.Builder
		if code := run(context.Background(), append(args, "-c", b.config()), strings.NewReader(""), &out, &errs); code != want {
			t.Errorf("%v: exit %d, want %d\n%s%s", args, code, want, out.String(), errs.String())
		}
		return errs.String()
	}
	create := []string{"token", "create", "--user", "auditor@grad.example"}
	var made tokenSecretJSON
	if err := json.Unmarshal([]byte(b.command("", append(create, "--scopes", "all", "--ttl", "90d", "--json")...)), &made); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(made.Token, "s48_") || len(made.Token) != 42 || made.ExpiresAt == nil {
		t.Errorf("made %+v", made)
	}
	if said := refused(exitData, append(create, "--scopes", "manage")...); !strings.Contains(said, "the role of the user does not allow this scope") {
		t.Errorf("said %q", said)
	}
	refused(exitUsage, append(create, "--scopes", "mange")...)
	refused(exitUsage, append(create, "--scopes", "all", "--as", "robot")...)
	refused(exitData, "token", "revoke", "99")
	b.command("", "token", "revoke", "1")
	if list := b.command("", "token", "list"); !strings.Contains(list, "command line") || !strings.Contains(list, "revoked") {
		t.Errorf("list %q", list)
	}
}
