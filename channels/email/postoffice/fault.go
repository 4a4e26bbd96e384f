package postoffice

import (
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// A Stage is a point of an SMTP transaction at which a Fault strikes.
type Stage string

// The stages. At StageAnswer the mail has been delivered already.
const (
	StageMail   Stage = "mail"
	StageRcpt   Stage = "rcpt"
	StageData   Stage = "data"   // after the final dot, before anything is kept
	StageAnswer Stage = "answer" // after the final dot, when the mail is in its mailboxes
)

// A Fault is something that goes wrong on purpose.
type Fault struct {
	At        Stage
	Recipient string        // strikes only for this address; "" = any
	Times     int           // how often; 0 = until the next Inject
	Wait      time.Duration // before anything else
	Code      int           // the reply, such as 421, 451 or 550; 0 = none
	Enhanced  [3]int        // its enhanced code; zero = x.0.0
	Text      string        // its words
	Drop      bool          // hang up instead of replying
}

// faults are what is still to go wrong.
type faults struct {
	mu   sync.Mutex
	list []Fault
}

// Inject replaces what is still to go wrong.
func (o *Office) Inject(list ...Fault) {
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	o.faults.list = append([]Fault(nil), list...)
}

// take gives the fault that strikes now.
func (f *faults) take(at Stage, to string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, x := range f.list {
		if x.At != at || x.Recipient != "" && !strings.EqualFold(x.Recipient, to) {
			continue
		}
		switch x.Times {
		case 0:
		case 1:
			f.list = append(f.list[:i:i], f.list[i+1:]...)
		default:
			f.list[i].Times--
		}
		return x, true
	}
	return Fault{}, false
}

var errHungUp = errors.New("hung up on purpose")

// fault makes go wrong what is to go wrong at this point.
func (t *transaction) fault(at Stage, to string) error {
	f, ok := t.office.faults.take(at, to)
	if !ok {
		return nil
	}
	if f.Wait > 0 {
		time.Sleep(f.Wait)
	}
	switch {
	case f.Drop:
		_ = t.conn.Conn().Close()
		return errHungUp
	case f.Code == 0:
		return nil
	case f.Code == 421:
		// RFC 5321 §3.8: the server closes the channel with it.
		time.AfterFunc(100*time.Millisecond, func() { _ = t.conn.Conn().Close() })
	}
	if f.Text == "" {
		f.Text = "on purpose"
	}
	return &smtp.SMTPError{Code: f.Code, EnhancedCode: f.Enhanced, Message: f.Text}
}
