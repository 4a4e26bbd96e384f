package web

import (
	"context"
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
)

// Limits on guessing passwords (A55). The owner of an account that somebody
// else guesses at is kept out only from where the guessing comes from, and for
// a quarter of an hour; a guess spread over many networks hits the account's
// own, much higher limit.
const (
	guessWindow     = 15 * time.Minute
	guessesHere     = 5   // one account from one network
	guessesNetwork  = 50  // all accounts from one network
	guessesAnywhere = 100 // one account from everywhere
)

// A Refusal says why somebody was not signed in. The answer is the same for an
// unknown address, a wrong password and a disabled account (A53).
type Refusal struct {
	Left int           // tries left from here before a pause; 0 when the pause has begun
	Wait time.Duration // how long the pause lasts; 0 while tries are left
}

// Authenticate checks an e-mail address and a password and gives the account.
// A non-nil Refusal means that it does not fit. It takes as long for unknown
// addresses as for known ones (A52) and counts attempts before it looks at
// the password, so that many at once do not slip through. Successes and refusals are events.
func (k *Kit) Authenticate(ctx context.Context, email, password, ip string) (ticketing.Agent, *Refusal, error) {
	email = ticketing.NormalEmail(email)
	refusal, err := k.countGuess(ctx, email, ip)
	if err != nil || (refusal != nil && refusal.Wait > 0) {
		return ticketing.Agent{}, refusal, err
	}
	agent, err := k.agentByEmail(ctx, email)
	if err != nil {
		return ticketing.Agent{}, nil, err
	}
	fits, err := VerifyPassword(ctx, agent.PasswordHash, password)
	if err != nil {
		return ticketing.Agent{}, nil, err
	}
	ok := fits && !agent.Disabled && agent.ID != 0
	if err := k.recordSignIn(ctx, agent.ID, ok); err != nil {
		return ticketing.Agent{}, nil, err
	}
	if !ok {
		if refusal.Left == 0 {
			refusal.Wait = guessWindow
		}
		return ticketing.Agent{}, refusal, nil
	}
	return agent, nil, k.forgive(ctx, email, ip)
}

// forgive takes back what a right password was counted as: a shift that signs
// in from behind one address guesses nothing. The guesses of others stay
// counted, so an account of one's own clears nobody's record.
func (k *Kit) forgive(ctx context.Context, email, ip string) error {
	if err := k.Gate.Refund(ctx, networkKey(ip)); err != nil {
		return err
	}
	if err := k.Gate.Refund(ctx, accountKey(email)); err != nil {
		return err
	}
	return k.Gate.Forget(ctx, hereKey(email, ip))
}

func hereKey(email, ip string) string { return "signin:" + fingerprint(email, clientNetwork(ip)) }
func networkKey(ip string) string     { return "signin-network:" + fingerprint(clientNetwork(ip)) }
func accountKey(email string) string  { return "signin-account:" + fingerprint(email) }

// countGuess counts the attempt under all three keys. The Refusal it gives
// holds what is left if this attempt fails.
func (k *Kit) countGuess(ctx context.Context, email, ip string) (*Refusal, error) {
	limits := []struct {
		key string
		max int
	}{
		{hereKey(email, ip), guessesHere},
		{networkKey(ip), guessesNetwork},
		{accountKey(email), guessesAnywhere},
	}
	r := &Refusal{}
	for i, l := range limits {
		ok, left, wait, err := k.Gate.Allow(ctx, l.key, l.max, guessWindow)
		if err != nil {
			return nil, err
		}
		if !ok {
			return &Refusal{Wait: max(wait, time.Minute)}, nil
		}
		if i == 0 || left < r.Left {
			r.Left = left
		}
	}
	return r, nil
}

// agentByEmail gives the zero Agent for an unknown address.
func (k *Kit) agentByEmail(ctx context.Context, email string) (ticketing.Agent, error) {
	var agent ticketing.Agent
	err := k.Store.InTx(ctx, func(tx ticketing.Tx) error {
		agent = ticketing.Agent{}
		a, err := tx.AgentByEmail(ctx, email)
		if errors.Is(err, ticketing.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		agent = *a
		return nil
	})
	return agent, err
}

// recordSignIn appends the event to the chain of the installation, and notes
// when the account was last used. The event names the account and nothing that
// was typed.
func (k *Kit) recordSignIn(ctx context.Context, id ticketing.AgentID, ok bool) error {
	actor, kind := ticketing.Actor{Agent: id}, ticketing.EventSignIn
	if id == 0 {
		actor = ticketing.SystemActor("sign-in")
	}
	if !ok {
		kind = ticketing.EventSignInFailed
	}
	now := k.Now().UTC().Truncate(time.Microsecond)
	return k.Store.InTx(ctx, func(tx ticketing.Tx) error {
		if ok {
			a, err := tx.Agent(ctx, id)
			if err != nil {
				return err
			}
			a.LastSeenAt = now
			if err := tx.SaveAgent(ctx, a); err != nil {
				return err
			}
		}
		return tx.AppendEvent(ctx, &ticketing.Event{At: now, Actor: actor.ID(), Kind: kind})
	})
}

// Limit counts an attempt of the client under a name and answers Throttled
// beyond max per window: for pages where guessing or flooding must be slow.
func (k *Kit) Limit(c echo.Context, name string, maximum int, window time.Duration) error {
	ok, _, wait, err := k.Gate.Allow(c.Request().Context(), limitKey(c, name), maximum, window)
	if err != nil {
		return err
	}
	if !ok {
		return throttled(wait)
	}
	return nil
}

func limitKey(c echo.Context, name string) string {
	return name + ":" + fingerprint(clientNetwork(c.RealIP()))
}

func throttled(wait time.Duration) error {
	minutes := int((wait + time.Minute - 1) / time.Minute)
	return &ticketing.Error{Kind: ticketing.Throttled, Key: "problem.throttled.wait", Args: map[string]any{"N": max(minutes, 1)}}
}
