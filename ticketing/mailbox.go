package ticketing

import (
	"context"
	"time"
)

// A MailboxOrder is what operators asked of a mailbox, kept until somebody asks
// otherwise. Whichever process reads the mailbox heeds it within seconds.
type MailboxOrder struct {
	Account string
	Paused  bool      // nothing is fetched; mails wait on their server
	By      AgentID   // who asked last; 0 when nobody ever did
	At      time.Time // when
	TryAt   time.Time // when a new attempt was last asked for; zero: never
}

// What may be asked of a mailbox.
const (
	MailboxPause  = "pause"
	MailboxResume = "resume"
	MailboxTry    = "try"
)

// OrderMailbox asks the process that reads a mailbox to pause, to go on, or to
// begin anew at once. Rights: RightManage. NotFound for an account that is not
// configured, Conflict for a new attempt while it is paused, Invalid for any
// other word.
func (r *Registry) OrderMailbox(ctx context.Context, by Actor, account, what string) error {
	if _, ok := find(r.Settings.Accounts, func(a *Account) bool { return a.Name == account && a.Channel == ChannelEmail }); !ok {
		return &Error{Kind: NotFound, Field: "account", Key: "mailbox.unknown"}
	}
	return r.act(ctx, by, map[string]any{"mailbox": account, "order": what}, func(tx Tx) error {
		o, err := tx.MailboxOrder(ctx, account)
		if err != nil {
			return err
		}
		switch what {
		case MailboxPause, MailboxResume:
			o.Paused = what == MailboxPause
		case MailboxTry:
			if o.Paused {
				return &Error{Kind: Conflict, Field: "order", Key: "mailbox.paused"}
			}
			o.TryAt = r.now()
		default:
			return invalid("order", "form.choice")
		}
		o.By, o.At = by.Agent, r.now()
		return tx.SaveMailboxOrder(ctx, o)
	})
}
