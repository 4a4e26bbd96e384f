package email

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/sistem48/system48/ticketing"
)

// maxReply bounds what is kept of a server's words, in characters.
const maxReply = 300

// A step is how far a transaction had come when it ended.
type step int

// The steps. From stepDot on the server may have the mail whatever happened.
const (
	stepConnect step = iota // connecting, greeting, signing in
	stepMail
	stepRcpt
	stepData
	stepDot // the final dot left us
)

// outcome maps the end of an attempt to what becomes of the delivery:
//
//   - a 4xx, and a fault of the connection before the final dot: again later;
//   - a 5xx on MAIL, RCPT or DATA: never again. Refused credentials are the
//     operator's to mend and no reason to give a citizen's answer up;
//   - a fault of the connection after the final dot: nobody knows.
func outcome(at time.Time, step step, err error, to string) ticketing.Outcome {
	o := ticketing.Outcome{State: ticketing.DeliveryRetry, At: at, Reply: replyText(err, to)}
	var said *smtp.SMTPError
	var no *refusal
	switch {
	case errors.As(err, &no), errors.Is(err, errUnsent):
		return o
	case !errors.As(err, &said):
		if step == stepDot {
			o.State = ticketing.DeliveryUnknown
		}
		return o
	}
	if said.Code/100 == 5 && step > stepConnect && !needsSignIn(said) {
		o.State = ticketing.DeliveryFailed
	}
	o.Recipient = ofRecipient(step, said)
	return o
}

// errUnsent says that the last bytes of the mail never left: the server cannot
// have seen its end.
var errUnsent = errors.New("the connection broke while the mail was being sent")

// needsSignIn reports the replies of RFC 4954 §6 and RFC 3207 §4 that ask for
// credentials or encryption.
func needsSignIn(said *smtp.SMTPError) bool {
	switch said.Code {
	case 530, 534, 535, 538:
		return true
	}
	return false
}

// ofRecipient reports whether a reply is about the address (RFC 3463: subjects
// 1 and 2) and not about the connection, the sender or the content.
func ofRecipient(step step, said *smtp.SMTPError) bool {
	if said.Code == 421 || needsSignIn(said) {
		return false
	}
	switch said.EnhancedCode[1] {
	case 1:
		// 5.1.7 and 5.1.8 speak of the sender.
		return said.EnhancedCode[2] != 7 && said.EnhancedCode[2] != 8 && step >= stepRcpt
	case 2:
		return step >= stepRcpt
	case 3, 4, 5:
		return false
	}
	return step == stepRcpt
}

// replyText is what the server said, on one line, without any address.
func replyText(err error, to string) string {
	var said *smtp.SMTPError
	text := ""
	switch {
	case err == nil:
	case errors.As(err, &said):
		text = fmt.Sprintf("%d ", said.Code)
		if e := said.EnhancedCode; e != smtp.EnhancedCodeNotSet && e != smtp.NoEnhancedCode {
			text += fmt.Sprintf("%d.%d.%d ", e[0], e[1], e[2])
		}
		text += said.Message
	default:
		text = err.Error()
	}
	return cleanReply(text, to)
}

// cleanReply puts a server's words on one line, bounded, without addresses and
// without the local part of to.
func cleanReply(text, to string) string {
	text = redact(text)
	if local, _, ok := strings.Cut(to, "@"); ok && len(local) >= 3 {
		text = hideWord(text, local)
	}
	return strings.TrimSpace(cleanLine(text, maxReply))
}

var addressLike = regexp.MustCompile(`[^\s<>"'(),;:]+@[^\s<>"'(),;:]+`)

// redact takes mail addresses out of a text meant for logs and operators.
func redact(s string) string { return addressLike.ReplaceAllString(s, "…") }

// hideWord replaces a word regardless of case, but not inside other words.
func hideWord(s, word string) string {
	re, err := regexp.Compile(`(?i)(^|[^\pL\pN])` + regexp.QuoteMeta(word) + `($|[^\pL\pN])`)
	if err != nil {
		return s
	}
	return re.ReplaceAllString(s, "${1}…${2}")
}
