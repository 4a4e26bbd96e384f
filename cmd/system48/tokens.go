package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sistem48/system48/ticketing"
)

func newTokenCommand(load configLoader) *cobra.Command {
	token := &cobra.Command{
		Use: "token", Short: "Tokens by which programs use the API", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	token.AddCommand(newTokenCreate(load), newTokenList(load), newTokenRevoke(load))
	return token
}

func newTokenCreate(load configLoader) *cobra.Command {
	var (
		user, name, as, ttl string
		scopes              []string
		asJSON              bool
	)
	cmd := &cobra.Command{
		Use:   "create --user EMAIL --scopes a,b [--as person|system] [--ttl 90d]",
		Short: "Make a token; its secret is shown once",
		Long: "A token acts within the rights of its user. --as system marks what it does as a\n" +
			"machine's: its replies meet no promise. Scopes: " + scopeNames() + ",\n" +
			"or all that the user's role allows: all.",
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&user, "user", "", "whose rights bound the token")
	f.StringVar(&name, "name", "command line", "what it is for, as lists show it")
	f.StringVar(&as, "as", "person", "person or system")
	f.StringVar(&ttl, "ttl", "", "how long it works (24h, 90d); without it, until revoked")
	f.StringSliceVar(&scopes, "scopes", nil, "what it may do")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	_ = cmd.MarkFlagRequired("user")
	_ = cmd.MarkFlagRequired("scopes")
	withSystem(cmd, load, func(s *system, cmd *cobra.Command) error {
		if as != "person" && as != "system" {
			return withCode(exitUsage, fmt.Errorf("--as %q: write person or system", as))
		}
		a, err := s.findUser(cmd, user)
		if err != nil {
			return err
		}
		t := ticketing.Token{Name: name, Agent: a.ID, System: as == "system"}
		if t.Rights, err = parseScopes(scopes, a.Role); err != nil {
			return withCode(exitUsage, err)
		}
		if ttl != "" {
			life, err := parseDuration(ttl)
			if err != nil || life <= 0 {
				return withCode(exitUsage, fmt.Errorf("--ttl %q is not a duration; write 24h or 90d", ttl))
			}
			t.ExpiresAt = s.now().UTC().Add(life)
		}
		secret, err := s.registry().IssueToken(cmd.Context(), cliActor, s.db, &t)
		if err != nil {
			return describe(err)
		}
		if asJSON {
			return json.NewEncoder(cmd.OutOrStdout()).Encode(tokenSecretJSON{Token: secret, ID: t.ID, ExpiresAt: timeOrNil(t.ExpiresAt)})
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), secret)
		return err
	})
	return cmd
}

type tokenSecretJSON struct {
	Token     string     `json:"token"`
	ID        int64      `json:"id"`
	ExpiresAt *time.Time `json:"expires_at"`
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// registry gives the use cases of staff and rules.
func (s *system) registry() *ticketing.Registry { return &ticketing.Registry{Bureau: s.bureau} }

func scopeNames() string {
	var out []string
	for _, r := range ticketing.AllRights() {
		out = append(out, string(r))
	}
	return strings.Join(out, ", ")
}

// parseScopes reads scopes by name; all is everything the role allows.
func parseScopes(in []string, role ticketing.Role) ([]ticketing.Right, error) {
	var out []ticketing.Right
	for _, name := range in {
		if name == "all" {
			return ticketing.RightsOf(role), nil
		}
		r := ticketing.Right(strings.TrimSpace(name))
		if !slices.Contains(ticketing.AllRights(), r) {
			return nil, fmt.Errorf("--scopes %q: there are %s, and all", name, scopeNames())
		}
		out = append(out, r)
	}
	return out, nil
}

func newTokenList(load configLoader) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the tokens, without secrets", Args: cobra.NoArgs}
	withSystem(cmd, load, func(s *system, cmd *cobra.Command) error {
		tokens, err := s.db.Tokens(cmd.Context())
		if err != nil {
			return err
		}
		dir, err := s.db.Directory(cmd.Context())
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
		for _, t := range tokens {
			a, _ := dir.Agent(t.Agent)
			state := "valid"
			switch {
			case !t.RevokedAt.IsZero():
				state = "revoked"
			case !t.ExpiresAt.IsZero() && s.now().After(t.ExpiresAt):
				state = "expired"
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", t.ID, t.Name, a.Email, state)
		}
		return w.Flush()
	})
	return cmd
}

func newTokenRevoke(load configLoader) *cobra.Command {
	cmd := &cobra.Command{Use: "revoke ID", Short: "Make a token worthless at once", Args: cobra.ExactArgs(1)}
	withSystemArgs(cmd, load, func(s *system, cmd *cobra.Command, args []string) error {
		id, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil {
			return withCode(exitUsage, errors.New("ID is the number that token list shows"))
		}
		err = s.registry().RevokeToken(cmd.Context(), cliActor, s.db, id)
		if errors.Is(err, ticketing.NotFound) {
			return withCode(exitData, fmt.Errorf("there is no token %d", id))
		}
		return err
	})
	return cmd
}
