package ticketing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

// Registry is what admins do: users, departments, categories. Every change is an
// event of the installation's chain.
type Registry struct{ *Bureau }

// maxLegHours bounds the target of one custody: about half a year of working time.
const maxLegHours = 1000

var codePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func (r *Registry) act(ctx context.Context, by Actor, data map[string]any, f func(tx Tx) error) error {
	if err := by.need(RightManage); err != nil {
		return err
	}
	now := r.now()
	return r.Store.InTx(ctx, func(tx Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		tx.Notify(Signal{Type: "directory"})
		return tx.AppendEvent(ctx, &Event{At: now, Actor: by.ID(), Kind: EventAdmin, Data: data})
	})
}

// SaveDepartment adds (ID 0) or changes a department. Field errors are Invalid,
// a taken code is Conflict, a change made meanwhile Stale.
func (r *Registry) SaveDepartment(ctx context.Context, by Actor, d *Department) error {
	if err := by.need(RightManage); err != nil {
		return err
	}
	if !codePattern.MatchString(d.Code) {
		return invalid("code", "code.malformed")
	}
	if err := cleanNames(d.Names); err != nil {
		return err
	}
	if d.Email != "" {
		if d.Email = NormalEmail(d.Email); d.Email == "" {
			return invalid("email", "email.malformed")
		}
	}
	if d.LegHours < 0 || d.LegHours > maxLegHours {
		return invalid("leg_hours", "department.leg_hours")
	}
	if !d.Sharing.Known() {
		return invalid("sharing", "sharing.unknown")
	}
	var saved Department
	err := r.act(ctx, by, map[string]any{"department": d.Code}, func(tx Tx) error {
		saved = *d // the function may run again
		return tx.SaveDepartment(ctx, &saved)
	})
	if err == nil {
		*d = saved
	}
	return err
}

// SaveBody adds (ID 0) or changes an outside body.
func (r *Registry) SaveBody(ctx context.Context, by Actor, b *Body) error {
	if err := by.need(RightManage); err != nil {
		return err
	}
	if !codePattern.MatchString(b.Code) {
		return invalid("code", "code.malformed")
	}
	if err := cleanNames(b.Names); err != nil {
		return err
	}
	if b.Email = NormalEmail(b.Email); b.Email == "" || r.Own(b.Email) {
		return invalid("email", "email.malformed")
	}
	if b.Language != "" && !b.Language.Valid() {
		return invalid("language", "language.unknown")
	}
	if b.Domain = strings.ToLower(cleanLine(b.Domain, 253)); b.Domain != "" && NormalEmail("x@"+b.Domain) == "" {
		return invalid("domain", "body.domain")
	}
	b.Pattern = cleanLine(b.Pattern, 200)
	if p, err := regexp.Compile(b.Pattern); err != nil || (b.Pattern != "" && p.MatchString("")) {
		return invalid("pattern", "body.pattern")
	}
	for field, h := range map[string]int{"accept_hours": b.AcceptHours, "answer_hours": b.AnswerHours} {
		if h < 0 || h > maxLegHours {
			return invalid(field, "department.leg_hours")
		}
	}
	if b.Calendar != "" {
		dir, err := r.Store.Directory(ctx)
		if err != nil {
			return err
		}
		if _, ok := dir.Rules.Calendar(b.Calendar, 0); !ok {
			return invalid("calendar", "profile.calendar")
		}
		if !dir.Rules.reachable(b.Calendar, hours(b.AcceptHours, 10)+hours(b.AnswerHours, 72)) {
			return invalid("calendar", "profile.never_open")
		}
	}
	var saved Body
	err := r.act(ctx, by, map[string]any{"body": b.Code}, func(tx Tx) error {
		saved = *b // the function may run again
		return tx.SaveBody(ctx, &saved)
	})
	if err == nil {
		*b = saved
	}
	return err
}

// SaveCategory adds (ID 0) or changes a category.
func (r *Registry) SaveCategory(ctx context.Context, by Actor, c *Category) error {
	if err := by.need(RightManage); err != nil {
		return err
	}
	if !codePattern.MatchString(c.Code) {
		return invalid("code", "code.malformed")
	}
	if err := cleanNames(c.Names); err != nil {
		return err
	}
	dir, err := r.Store.Directory(ctx)
	if err != nil {
		return err
	}
	if _, ok := dir.Department(c.Department); !ok {
		return invalid("department", "department.unknown")
	}
	if _, ok := dir.Rules.Profile(c.Profile, 0); c.Profile != "" && !ok {
		return invalid("profile", "profile.unknown")
	}
	if c.ResolveDays < 0 || c.ResolveDays > 366 {
		return invalid("resolve_days", "category.resolve_days")
	}
	switch c.Proof {
	case ProofNone, ProofAnswer, ProofPhoto, ProofDecision:
	default:
		return invalid("proof", "category.proof")
	}
	for _, p := range c.Passes {
		if !has(AllPassable(), p) {
			return invalid("passes", "category.passes")
		}
	}
	var saved Category
	err = r.act(ctx, by, map[string]any{"category": c.Code}, func(tx Tx) error {
		saved = *c // the function may run again
		return tx.SaveCategory(ctx, &saved)
	})
	if err == nil {
		*c = saved
	}
	return err
}

func cleanNames(names map[lang.Tag]string) error {
	any := false
	for tag, n := range names {
		names[tag] = cleanLine(n, 100)
		any = any || names[tag] != ""
	}
	if !any {
		return invalid("name", "name.empty")
	}
	return nil
}

// SaveAgent adds (ID 0) or changes a member of staff. One given without a
// password hash, as directories are, keeps the password. Disabling ends all
// their sessions and tokens at once (A57). The last admin cannot be disabled or
// demoted: Conflict.
func (r *Registry) SaveAgent(ctx context.Context, by Actor, a *Agent) error {
	if err := by.need(RightManage); err != nil {
		return err
	}
	dir, err := r.Store.Directory(ctx)
	if err != nil {
		return err
	}
	if err := checkAgent(a, dir); err != nil {
		return err
	}
	if a.ID == 0 {
		a.CreatedAt = r.now()
	}
	data := map[string]any{"role": string(a.Role), "disabled": a.Disabled}
	var saved Agent
	err = r.act(ctx, by, data, func(tx Tx) error {
		saved = *a // the function may run again
		if saved.ID != 0 && saved.PasswordHash == "" {
			stored, err := tx.Agent(ctx, saved.ID)
			if err != nil {
				return err
			}
			saved.PasswordHash = stored.PasswordHash
		}
		if err := tx.SaveAgent(ctx, &saved); err != nil {
			return err
		}
		data["agent"] = int64(saved.ID)
		if saved.Disabled {
			tx.Notify(Signal{Type: "session", Agent: saved.ID})
			return tx.EndSessions(ctx, saved.ID)
		}
		return nil
	})
	if err == nil {
		*a = saved
	}
	return err
}

// checkAgent puts the fields in order, or says which one is wrong.
func checkAgent(a *Agent, dir *Directory) error {
	if a.Email = NormalEmail(a.Email); a.Email == "" {
		return invalid("email", "email.malformed")
	}
	if a.Name = cleanLine(a.Name, MaxName); a.Name == "" {
		return invalid("name", "name.empty")
	}
	if !has(Roles(), a.Role) {
		return invalid("role", "role.unknown")
	}
	if (a.Role == RoleOfficer || a.Role == RoleHead) && len(a.Departments) == 0 {
		return invalid("departments", "role.departments")
	}
	for _, id := range a.Departments {
		if _, ok := dir.Department(id); !ok {
			return invalid("departments", "department.unknown")
		}
	}
	if a.ID != 0 && (a.Disabled || a.Role != RoleAdmin) && lastAdmin(dir, a.ID) {
		return &Error{Kind: Conflict, Field: "role", Key: "role.last_admin"}
	}
	return nil
}

func lastAdmin(dir *Directory, id AgentID) bool {
	for _, a := range dir.Agents {
		if a.Role == RoleAdmin && !a.Disabled && a.ID != id {
			return false
		}
	}
	x, ok := dir.Agent(id)
	return ok && x.Role == RoleAdmin && !x.Disabled
}

// passLife is how long an invitation or reset works (DESIGN D24).
const passLife = 24 * time.Hour

// Invite mails a link by which the agent chooses a password; it works once,
// for 24 hours. It is also how an admin resets a password.
func (r *Registry) Invite(ctx context.Context, by Actor, id AgentID, purpose PassPurpose) (link string, err error) {
	secret, now := newSecret(), r.now()
	err = r.act(ctx, by, map[string]any{"agent": int64(id), "pass": string(purpose)}, func(tx Tx) error {
		link, err = r.sendPass(ctx, tx, id, purpose, secret, now)
		return err
	})
	return link, err
}

// RequestReset mails a reset link to the address if it is an active agent's. It never
// says whether it is (A53).
func (r *Registry) RequestReset(ctx context.Context, email string) error {
	secret, now := newSecret(), r.now()
	return r.Store.InTx(ctx, func(tx Tx) error {
		a, err := tx.AgentByEmail(ctx, NormalEmail(email))
		if err != nil || a.Disabled {
			if err == nil || KindOf(err) == NotFound {
				return nil
			}
			return err
		}
		if _, err := r.sendPass(ctx, tx, a.ID, PassReset, secret, now); err != nil {
			return err
		}
		return tx.AppendEvent(ctx, &Event{At: now, Actor: SystemActor("reset").ID(), Kind: EventAdmin, Data: map[string]any{"agent": int64(a.ID), "pass": "reset"}})
	})
}

func (r *Registry) sendPass(ctx context.Context, tx Tx, id AgentID, purpose PassPurpose, secret string, now time.Time) (link string, err error) {
	a, err := tx.Agent(ctx, id)
	if err != nil {
		return "", err
	}
	if a.Disabled {
		return "", &Error{Kind: Conflict, Field: "agent", Key: "agent.disabled"}
	}
	secret += passSeal(a)
	link = r.Settings.PublicURL + "/welcome/" + secret
	p := &Pass{Hash: HashSecret(secret), Purpose: purpose, Agent: id, ExpiresAt: now.Add(passLife)}
	if err := tx.SavePass(ctx, p); err != nil {
		return "", err
	}
	tag := a.Language
	if tag == "" {
		tag = r.Settings.Language
	}
	to := PurposeInvite
	if purpose == PassReset {
		to = PurposeReset
	}
	l, err := r.Letters.Compose(to, tag, LetterData{AgentName: a.Name, ActionURL: link, ExpiresAt: p.ExpiresAt})
	if err != nil {
		return "", err
	}
	return link, r.toStaff(ctx, tx, to, a.Email, l, now)
}

// passSeal ends the secret of a pass and binds it to the password of its hour:
// once the password was changed, by whatever way, every older link is Gone (A50).
func passSeal(a *Agent) string { return HashSecret(a.PasswordHash)[:12] }

// AcceptPass sets the password (already hashed) of the pass's agent and ends all
// their sessions. A used, expired or overtaken pass is Gone, an unknown one NotFound.
func (r *Registry) AcceptPass(ctx context.Context, secret, passwordHash string) (AgentID, error) {
	if len(secret) < 20 || len(secret) > 100 {
		return 0, &Error{Kind: NotFound, Key: "pass.unknown"}
	}
	now := r.now()
	var id AgentID
	err := r.Store.InTx(ctx, func(tx Tx) error {
		p, err := tx.Pass(ctx, HashSecret(secret))
		if err != nil {
			return err
		}
		if !p.UsedAt.IsZero() || !now.Before(p.ExpiresAt) {
			return &Error{Kind: Gone, Key: "pass.gone"}
		}
		a, err := tx.Agent(ctx, p.Agent)
		if err != nil {
			return err
		}
		if a.Disabled || !strings.HasSuffix(secret, passSeal(a)) {
			return &Error{Kind: Gone, Key: "pass.gone"}
		}
		id, p.UsedAt, a.PasswordHash = a.ID, now, passwordHash
		if err := tx.SavePass(ctx, p); err != nil {
			return err
		}
		if err := tx.SaveAgent(ctx, a); err != nil {
			return err
		}
		tx.Notify(Signal{Type: "session", Agent: a.ID})
		if err := tx.EndSessions(ctx, a.ID); err != nil {
			return err
		}
		return tx.AppendEvent(ctx, &Event{At: now, Actor: ActorOf(*a).ID(), Kind: EventAdmin, Data: map[string]any{"agent": int64(a.ID), "password": true}})
	})
	return id, err
}

// newSecret gives a random secret of 160 bits.
func newSecret() string { return rand.Text() + rand.Text()[:6] }

// HashSecret is how secrets of links, tokens and sessions are kept.
func HashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
