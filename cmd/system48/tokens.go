package main

import (
	"crypto/rand"
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
			"machine's: its replies meet no promise. Scopes: " + scopeNames() + ", or all.",
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&user, "user", "", "whose rights bound the token")
	f.StringVar(&name, "name", "", "what it is for, as lists show it")
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
		t := ticketing.Token{Name: name, Agent: a.ID, System: as == "system", CreatedAt: s.now().UTC()}
		if t.Rights, err = parseScopes(scopes); err != nil {
			return withCode(exitUsage, err)
		}
		if ttl != "" {
			life, err := parseDuration(ttl)
			if err != nil || life <= 0 {
				return withCode(exitUsage, fmt.Errorf("--ttl %q is not a duration; write 24h or 90d", ttl))
			}
			t.ExpiresAt = t.CreatedAt.Add(life)
		}
		secret, err := s.createToken(cmd, &t)
		if err != nil {
			return err
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

// newTokenSecret gives a secret of 190 bits with a prefix that leak scanners know.
func newTokenSecret() string { return "s48_" + rand.Text() + rand.Text()[:12] }

// createToken stores the token and gives its secret, which is kept nowhere.
func (s *system) createToken(cmd *cobra.Command, t *ticketing.Token) (string, error) {
	secret := newTokenSecret()
	t.Hash = ticketing.HashSecret(secret)
	if err := s.db.SaveToken(cmd.Context(), t); err != nil {
		return "", err
	}
	return secret, s.recordAdmin(cmd, map[string]any{"token": t.ID, "agent": int64(t.Agent), "system": t.System})
}

func (s *system) recordAdmin(cmd *cobra.Command, data map[string]any) error {
	return s.db.InTx(cmd.Context(), func(tx ticketing.Tx) error {
		return tx.AppendEvent(cmd.Context(), &ticketing.Event{
			At: s.now().UTC().Truncate(time.Microsecond), Actor: cliActor.ID(), Kind: ticketing.EventAdmin, Data: data,
		})
	})
}

func scopeNames() string {
	var out []string
	for _, r := range ticketing.AllRights() {
		out = append(out, string(r))
	}
	return strings.Join(out, ", ")
}

func parseScopes(in []string) ([]ticketing.Right, error) {
	var out []ticketing.Right
	for _, name := range in {
		if name == "all" {
			return ticketing.AllRights(), nil
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
		tokens, err := s.db.Tokens(cmd.Context())
		if err != nil {
			return err
		}
		i := slices.IndexFunc(tokens, func(t ticketing.Token) bool { return t.ID == id })
		if i < 0 {
			return withCode(exitData, fmt.Errorf("there is no token %d", id))
		}
		tokens[i].RevokedAt = s.now().UTC()
		if err := s.db.SaveToken(cmd.Context(), &tokens[i]); err != nil {
			return err
		}
		return s.recordAdmin(cmd, map[string]any{"token": id, "revoked": true})
	})
	return cmd
}
