package ticketing

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/sistem48/system48/ticketing/gsm"
	"github.com/sistem48/system48/ticketing/lang"
)

// A command is a text message that asks the program something.
type command struct {
	kind commandKind
	word string    // as folded: "stani"
	ref  Reference // of commandState; "" when none that is well formed was named
	bare bool      // of commandState: nothing was named
	tag  lang.Tag  // of the word, "" when it is of no one language
}

type commandKind uint8

const (
	commandNone commandKind = iota
	commandState
	commandStop
	commandStart
	commandHelp
)

// commandWords are the words by which each is given, folded, with their
// language. Those without one are what providers know themselves.
var commandWords = map[string]struct {
	kind commandKind
	tag  lang.Tag
}{
	"stop": {commandStop, ""}, "stopall": {commandStop, ""}, "unsubscribe": {commandStop, lang.En}, "cancel": {commandStop, lang.En},
	"end": {commandStop, lang.En}, "quit": {commandStop, lang.En}, "stani": {commandStop, lang.SrLatn}, "stopiraj": {commandStop, lang.SrLatn},
	"odjava": {commandStop, lang.SrLatn}, "odjavi": {commandStop, lang.SrLatn}, "ndal": {commandStop, lang.Sq}, "ndalo": {commandStop, lang.Sq},
	"start": {commandStart, ""}, "unstop": {commandStart, lang.En}, "kreni": {commandStart, lang.SrLatn}, "nastavi": {commandStart, lang.SrLatn},
	"fillo": {commandStart, lang.Sq}, "help": {commandHelp, lang.En}, "info": {commandHelp, ""}, "pomoc": {commandHelp, lang.SrLatn},
	"ndihme": {commandHelp, lang.Sq}, "status": {commandState, ""}, "stanje": {commandState, lang.SrLatn}, "gjendja": {commandState, lang.Sq},
	"statusi": {commandState, lang.Sq},
}

// ofProvider are the words that the provider obeys by itself and answers: a
// word of ours would only be refused.
var ofProvider = []string{"stop", "stopall", "unsubscribe", "cancel", "end", "quit"}

// beginNew are the words that open a new ticket although others are open.
var beginNew = []string{"novo", "nova", "novi", "novu", "new", "re", "i ri", "e re"}

// readCommand reads a text that is nothing but a command: a word, and after a
// word for the state a reference. "Stop sign is missing" is none.
func readCommand(prefix, text string) command {
	if len(text) > 100 {
		return command{}
	}
	word, rest, _ := strings.Cut(strings.TrimSpace(strings.ReplaceAll(text, "\n", " ")), " ")
	folded := foldWords(word)
	w, ok := commandWords[folded]
	rest = strings.TrimSpace(rest)
	if !ok || w.kind != commandState && rest != "" {
		return command{}
	}
	c := command{kind: w.kind, word: folded, tag: w.tag, bare: rest == ""}
	if c.tag != lang.Sq && c.tag != lang.En && strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
		c.tag = lang.SrCyrl
	}
	if w.kind == commandState && rest != "" {
		ref, err := ParseReference(prefix, rest)
		if err != nil && !looksLikeReference(rest) {
			return command{} // "Status radova u Ulici slobode?"
		}
		c.ref = ref
	}
	return c
}

// looksLikeReference reports whether somebody tried to write a reference.
func looksLikeReference(s string) bool {
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case unicode.IsLetter(r), strings.ContainsRune(" -–—‑./#", r):
		default:
			return false
		}
	}
	return len(s) <= 24 && digits >= 4
}

// foldWords is the text folded, without punctuation around its words.
func foldWords(text string) string {
	return strings.Join(strings.FieldsFunc(lang.Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// beginsAnew reports whether the text asks for a new ticket by its first word.
func beginsAnew(text string) bool {
	folded := foldWords(text[:min(len(text), 100)])
	return slices.ContainsFunc(beginNew, func(w string) bool { return folded == w || strings.HasPrefix(folded, w+" ") && w != "re" })
}

// matter is the text without the word that only asks for a new ticket.
func (a *arrival) matter() string {
	text := strings.TrimSpace(a.in.Text)
	if a.in.Channel != ChannelSMS || !beginsAnew(text) {
		return text
	}
	words := 1
	if f := foldWords(text[:min(len(text), 20)]); strings.HasPrefix(f, "i ") || strings.HasPrefix(f, "e ") {
		words = 2
	}
	rest := text
	for range words {
		_, after, found := strings.Cut(strings.TrimSpace(rest), " ")
		if !found {
			return text
		}
		rest = after
	}
	return strings.TrimSpace(rest)
}

// readChoice reads the answer to "1, 2 or new?"; 0 is a new ticket.
func readChoice(text string, options int) (n int, ok bool) {
	folded := foldWords(text[:min(len(text), 100)])
	if slices.Contains(beginNew, folded) {
		return 0, true
	}
	n, err := strconv.Atoi(folded)
	return n, err == nil && n >= 1 && n <= options
}

// isShort reports whether a text fits into one message: words about a ticket
// that ended, rather than a new matter.
func isShort(text string) bool { return gsm.Count(gsm.Fold(text)).Parts <= 1 }

// obey does what a text asks of the program, and answers at once.
func (a *arrival) obey(ctx context.Context, sender *Citizen, c command) error {
	tag := a.commandLanguage(sender, c)
	if err := a.ignore(ReasonCommand); err != nil {
		return err
	}
	switch c.kind {
	case commandStop, commandStart:
		return a.opt(ctx, sender, c, tag)
	case commandHelp:
		return a.answerText(ctx, PurposeHelp, tag, LetterData{})
	case commandState, commandNone:
	}
	return a.tellState(ctx, sender, c, tag)
}

// commandLanguage is what a command is answered in.
func (a *arrival) commandLanguage(sender *Citizen, c command) lang.Tag {
	switch {
	case c.tag != "":
		return c.tag
	case sender != nil && sender.Language != "":
		return sender.Language
	}
	return a.Settings.Language
}

// opt notes at the number that it wants no texts, or wants them again.
func (a *arrival) opt(ctx context.Context, sender *Citizen, c command, tag lang.Tag) error {
	citizen, err := a.citizen(ctx, sender)
	if err != nil {
		return err
	}
	k := citizen.contact(ContactPhone, a.in.From.Address)
	out := c.kind == commandStop
	p := PurposeOptedIn
	if k.OptedOutAt = a.now; out {
		p = PurposeOptedOut
	} else {
		k.OptedOutAt, k.Undeliverable = time.Time{}, false
	}
	if err := a.tx.SaveCitizen(ctx, citizen); err != nil {
		return err
	}
	err = a.tx.AppendEvent(ctx, &Event{
		At: a.now, Actor: intakeActor.ID(), Kind: EventCitizenSaved, Data: map[string]any{"citizen": int64(citizen.ID), "opted_out": out},
	})
	if err != nil || a.in.Told || slices.Contains(ofProvider, c.word) {
		return err
	}
	return a.answerText(ctx, p, tag, LetterData{})
}

// stateListed is how many tickets a bare STATUS tells of.
const stateListed = 3

// tellState answers where a ticket stands, to a number that is a contact of it.
// Any other number reads what it would read of a reference that does not exist.
func (a *arrival) tellState(ctx context.Context, sender *Citizen, c command, tag lang.Tag) error {
	if c.bare && sender != nil {
		return a.tellStates(ctx, sender, tag)
	}
	unknown := LetterData{} // the same words whatever was asked
	if c.ref == "" {
		return a.answerText(ctx, PurposeUnknown, tag, unknown)
	}
	t, err := a.tx.Ticket(ctx, Scope{All: true}, c.ref)
	if KindOf(err) == NotFound {
		return a.answerText(ctx, PurposeUnknown, tag, unknown)
	}
	if err != nil {
		return err
	}
	known, err := a.isParty(ctx, t, sender)
	if err != nil {
		return err
	}
	if !known {
		return a.answerText(ctx, PurposeUnknown, tag, unknown)
	}
	return a.answerText(ctx, PurposeState, tag, a.stateData(tag, t))
}

func (a *arrival) stateData(tag lang.Tag, t *Ticket) LetterData {
	d := a.letterData(tag, t, a.dir.Rules, a.now)
	d.State, d.Answered = t.State.String(), !t.AnsweredAt.IsZero()
	if d.Answered {
		d.Due = time.Time{}
	}
	return d
}

// tellStates answers a bare STATUS: of the newest tickets of the number.
func (a *arrival) tellStates(ctx context.Context, sender *Citizen, tag lang.Tag) error {
	open, ended, err := a.ticketsOfNumber(ctx, sender)
	if err != nil {
		return err
	}
	list := append(open, ended...)
	if len(list) == 0 {
		return a.answerText(ctx, PurposeUnknown, tag, LetterData{})
	}
	for _, t := range list[:min(len(list), stateListed)] {
		if err := a.answerText(ctx, PurposeState, tag, a.stateData(tag, t)); err != nil {
			return err
		}
	}
	return nil
}
