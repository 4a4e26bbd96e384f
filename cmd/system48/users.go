package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// cliActor is who a command at the operator's shell is in events.
var cliActor = ticketing.SystemActor("cli")

func newUserCommand(load configLoader) *cobra.Command {
	user := &cobra.Command{
		Use: "user", Short: "Accounts of staff", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	user.AddCommand(newUserCreate(load), newUserList(load), newUserDisable(load), newUserPasswd(load), newUserInvite(load))
	return user
}

type userFlags struct {
	email, name, role string
	departments       []string
	passwordStdin     bool
	asJSON            bool
}

func newUserCreate(load configLoader) *cobra.Command {
	var f userFlags
	cmd := &cobra.Command{
		Use:   "create --email E --role R [--name N] [--department CODE]… [--password-stdin]",
		Short: "Add an account; without a password it must be invited",
		Args:  cobra.NoArgs,
	}
	cmd.Flags().StringVar(&f.email, "email", "", "sign-in name")
	cmd.Flags().StringVar(&f.name, "name", "", "name as citizens and colleagues see it; without it the part before the @")
	cmd.Flags().StringVar(&f.role, "role", "", "admin, head, officer, agent or auditor")
	cmd.Flags().StringArrayVar(&f.departments, "department", nil, "code of a department, for officers and heads; may be repeated")
	cmd.Flags().BoolVar(&f.passwordStdin, "password-stdin", false, "read the password from standard input")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	_ = cmd.MarkFlagRequired("email")
	_ = cmd.MarkFlagRequired("role")
	withSystem(cmd, load, func(s *system, cmd *cobra.Command) error {
		a, err := s.createUser(cmd, f)
		if err != nil {
			return err
		}
		if f.asJSON {
			return json.NewEncoder(cmd.OutOrStdout()).Encode(userJSON(a))
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "created %s (%s)\n", a.Email, a.Role)
		return err
	})
	return cmd
}

func (s *system) createUser(cmd *cobra.Command, f userFlags) (ticketing.Agent, error) {
	dir, err := s.db.Directory(cmd.Context())
	if err != nil {
		return ticketing.Agent{}, err
	}
	a := ticketing.Agent{Email: f.email, Name: f.name, Role: ticketing.Role(f.role), SingleKeys: true}
	if a.Name == "" {
		a.Name, _, _ = strings.Cut(f.email, "@")
	}
	if !slices.Contains(ticketing.Roles(), a.Role) {
		return a, withCode(exitUsage, fmt.Errorf("--role %q: there are %v", f.role, ticketing.Roles()))
	}
	for _, code := range f.departments {
		d, ok := dir.DepartmentByCode(code)
		if !ok {
			return a, withCode(exitData, fmt.Errorf("there is no department %q", code))
		}
		a.Departments = append(a.Departments, d.ID)
	}
	if f.passwordStdin {
		if a.PasswordHash, err = readPasswordHash(cmd, a.Email, a.Name); err != nil {
			return a, err
		}
	}
	reg := s.registry()
	err = reg.SaveAgent(cmd.Context(), cliActor, &a)
	return a, describe(err)
}

// describe says in English what a use case refused, for the shell.
func describe(err error) error {
	var e *ticketing.Error
	if !errors.As(err, &e) {
		return err
	}
	words := map[string]string{
		"email.malformed": "the e-mail address is malformed", "email.taken": "the e-mail address is taken",
		"role.departments": "officers and heads need --department", "role.last_admin": "this is the last admin",
		"agent.disabled": "the account is disabled", "name.empty": "the name is empty",
		"agent.unknown": "the account is disabled", "token.beyond_role": "the role of the user does not allow this scope", "token.rights": "name at least one scope",
	}
	if w, ok := words[e.Key]; ok {
		return fmt.Errorf("%s: %w", w, err)
	}
	return err
}

// readPasswordHash reads one line and hashes it; on a terminal it asks without echo.
func readPasswordHash(cmd *cobra.Command, email, name string) (string, error) {
	var password string
	if f, ok := cmd.InOrStdin().(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(cmd.ErrOrStderr(), "Password: ")
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(cmd.ErrOrStderr())
		if err != nil {
			return "", err
		}
		password = string(b)
	} else {
		line, err := bufio.NewReader(io.LimitReader(cmd.InOrStdin(), 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		password = strings.TrimRight(line, "\r\n")
	}
	if err := web.CheckPassword(password, email, name); err != nil {
		return "", withCode(exitData, fmt.Errorf("choose a longer or less guessable password: %w", err))
	}
	return web.HashPassword(cmd.Context(), password)
}

type userRow struct {
	ID          int64    `json:"id"`
	Email       string   `json:"email"`
	Name        string   `json:"name"`
	Role        string   `json:"role"`
	Departments []string `json:"departments,omitempty"`
	Disabled    bool     `json:"disabled"`
}

func userJSON(a ticketing.Agent) userRow {
	return userRow{ID: int64(a.ID), Email: a.Email, Name: a.Name, Role: string(a.Role), Disabled: a.Disabled}
}

func newUserList(load configLoader) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List the accounts", Args: cobra.NoArgs}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	withSystem(cmd, load, func(s *system, cmd *cobra.Command) error {
		dir, err := s.db.Directory(cmd.Context())
		if err != nil {
			return err
		}
		rows := []userRow{}
		for _, a := range dir.Agents {
			r := userJSON(a)
			for _, id := range a.Departments {
				d, _ := dir.Department(id)
				r.Departments = append(r.Departments, d.Code)
			}
			rows = append(rows, r)
		}
		if asJSON {
			return json.NewEncoder(cmd.OutOrStdout()).Encode(rows)
		}
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
		for _, r := range rows {
			state := "active"
			if r.Disabled {
				state = "disabled"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Email, r.Name, r.Role, strings.Join(r.Departments, ","), state)
		}
		return w.Flush()
	})
	return cmd
}

// findUser gives the stored account of the e-mail address.
func (s *system) findUser(cmd *cobra.Command, email string) (*ticketing.Agent, error) {
	var a *ticketing.Agent
	err := s.db.InTx(cmd.Context(), func(tx ticketing.Tx) error {
		var err error
		a, err = tx.AgentByEmail(cmd.Context(), ticketing.NormalEmail(email))
		return err
	})
	if errors.Is(err, ticketing.NotFound) {
		return nil, withCode(exitData, fmt.Errorf("there is no account %s", email))
	}
	return a, err
}

func newUserDisable(load configLoader) *cobra.Command {
	cmd := &cobra.Command{Use: "disable EMAIL", Short: "End an account's sessions and keep it from signing in", Args: cobra.ExactArgs(1)}
	withSystemArgs(cmd, load, func(s *system, cmd *cobra.Command, args []string) error {
		a, err := s.findUser(cmd, args[0])
		if err != nil {
			return err
		}
		a.Disabled = true
		reg := s.registry()
		if err := reg.SaveAgent(cmd.Context(), cliActor, a); err != nil {
			return describe(err)
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "disabled %s\n", a.Email)
		return err
	})
	return cmd
}

func newUserPasswd(load configLoader) *cobra.Command {
	cmd := &cobra.Command{Use: "passwd EMAIL", Short: "Set a password read from standard input and end all sessions", Args: cobra.ExactArgs(1)}
	withSystemArgs(cmd, load, func(s *system, cmd *cobra.Command, args []string) error {
		a, err := s.findUser(cmd, args[0])
		if err != nil {
			return err
		}
		hash, err := readPasswordHash(cmd, a.Email, a.Name)
		if err != nil {
			return err
		}
		a.PasswordHash = hash
		reg := s.registry()
		if err := reg.SaveAgent(cmd.Context(), cliActor, a); err != nil {
			return describe(err)
		}
		err = s.db.InTx(cmd.Context(), func(tx ticketing.Tx) error {
			tx.Notify(ticketing.Signal{Type: "session", Agent: a.ID})
			return tx.EndSessions(cmd.Context(), a.ID)
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "password of %s set, sessions ended\n", a.Email)
		return err
	})
	return cmd
}

func newUserInvite(load configLoader) *cobra.Command {
	cmd := &cobra.Command{Use: "invite EMAIL", Short: "Mail a link for choosing a password, and print it", Args: cobra.ExactArgs(1)}
	withSystemArgs(cmd, load, func(s *system, cmd *cobra.Command, args []string) error {
		a, err := s.findUser(cmd, args[0])
		if err != nil {
			return err
		}
		purpose := ticketing.PassInvite
		if a.PasswordHash != "" {
			purpose = ticketing.PassReset
		}
		reg := s.registry()
		link, err := reg.Invite(cmd.Context(), cliActor, a.ID, purpose)
		if err != nil {
			return describe(err)
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), link)
		return err
	})
	return cmd
}
