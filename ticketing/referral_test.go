package ticketing_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// A referred is a ticket that an outside body was asked about.
type referred struct {
	*rig
	cust ticketing.Custodian
	body ticketing.Body
	k    *ticketing.Ticket
	link ticketing.ReferralLink
}

var linkInMail = regexp.MustCompile(`/izjasnjenje/(S48-\S+)/(\d+)\?k=(\S+)`)

// refer asks the traffic authority about a citizen's ticket and reads the link
// out of its mail.
func refer(t *testing.T, in ticketing.ReferInput) *referred {
	t.Helper()
	r := &referred{rig: newRig(t, "")}
	r.cust = ticketing.Custodian{Bureau: r.Core}
	r.body = ticketing.Body{
		Code: "traffic", Names: map[lang.Tag]string{lang.SrLatn: "Uprava za saobraćaj"}, Email: "pisarnica@saobracaj.example",
		Domain: "saobracaj.example", Pattern: `\d{2}-\d+/\d{2}`, AcceptHours: 10, AnswerHours: 20,
	}
	r.must(r.staff.SaveBody(t.Context(), r.adam(), &r.body))
	r.k = r.open(r.mail("Rupa kod mene, Marko 069123456", "Ja sam Marko, Ulica slobode 7"))
	r.Deliver(t, ticketing.DeliverySent)
	in.Body = r.body.ID
	if in.Reason == "" {
		in.Reason = "regionalni put R-15"
	}
	r.must(second(r.desk.Refer(t.Context(), r.ana(), at(r.k), in)))
	r.link = r.mailed()
	return r
}

// mailed sends what waits and gives the newest link to the body.
func (r *referred) mailed() ticketing.ReferralLink {
	r.Helper()
	var l ticketing.ReferralLink
	for _, d := range r.Deliver(r.TB, ticketing.DeliverySent) {
		if d.To.Address != r.body.Email {
			continue
		}
		for _, s := range []string{"Marko", "069123456", "slobode", citizen, r.Core.Keys.TrackingCode(r.k.Ref, 0)} {
			if strings.Contains(d.Subject+d.Text, s) {
				r.Errorf("%s to the body tells %q", d.Purpose, s)
			}
		}
		m := linkInMail.FindStringSubmatch(d.Text)
		if m == nil {
			r.Fatalf("no link in %q", d.Text)
		}
		l = ticketing.ReferralLink{Ref: m[1], N: m[2], Code: m[3]}
	}
	return l
}

func (r *referred) find() (*ticketing.ReferralView, error) {
	return r.cust.Find(r.Context(), r.Store, r.link)
}

func (r *referred) now() *ticketing.Referral {
	r.Helper()
	return &r.ticket(r.k.Ref).Referrals[0]
}

// say fills what every statement needs.
func (r *referred) say(s ticketing.Statement) ticketing.Statement {
	s.Person, s.Step = "Jovana Stanišić, šef odsjeka", r.now().Step
	return s
}

// TestReferralTakesOver: a body without an account takes the ticket over by its
// link, is the one custodian while it has it (I5), and its answer reaches the
// citizen and keeps the promise like an agent's.
func TestReferralTakesOver(t *testing.T) {
	t.Parallel()
	r := refer(t, ticketing.ReferInput{Tell: true})
	if told := r.deliveries(r.k.Ref, ticketing.PurposeReferred); len(told) != 1 || told[0].To.Address != citizen {
		t.Fatalf("the citizen was told by %+v", told)
	}
	before := r.ticket(r.k.Ref)
	v, err := r.find()
	r.must(err)
	if v.Subject != "" || len(v.Messages) != 0 || v.Citizen != nil || v.Place != (ticketing.Location{}) {
		t.Errorf("the category marks nothing as passable, and the page shows %+v", v)
	}
	if r.ticket(r.k.Ref).Version != before.Version || before.Body != 0 {
		t.Error("opening the link changed the ticket, as a scanner of links would")
	}
	r.Clock.Advance(time.Hour)
	r.must(r.cust.Accept(t.Context(), r.link, r.say(ticketing.Statement{Outside: "08-332/26"})))
	k := r.ticket(r.k.Ref)
	if k.Body != r.body.ID || k.Leg != 2 || k.CustodyWhy != ticketing.LegReferred {
		t.Errorf("custody of body %d, leg %d %s", k.Body, k.Leg, k.CustodyWhy)
	}
	r.wantKey(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Roads.ID, "")), ticketing.Conflict, "referral.has_it")
	r.Clock.Advance(2 * time.Hour)
	r.must(r.cust.Answer(t.Context(), r.link, r.say(ticketing.Statement{Text: "Rupa je zakrpljena danas."})))
	if c := clockOf(r.ticket(r.k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockAnswering {
		t.Errorf("the promise is %s while the answer is on its way", c.State)
	}
	sent := r.Deliver(t, ticketing.DeliverySent)
	sent = slices.DeleteFunc(sent, func(d ticketing.Delivery) bool { return d.ToStaff })
	if len(sent) != 1 || sent[0].To.Address != citizen || !strings.Contains(sent[0].Text, "Uprava za saobraćaj") {
		t.Fatalf("to the citizen went %+v", sent)
	}
	if dept, _ := r.directory().Department(r.k.Department); strings.Contains(sent[0].Text, ticketing.NameIn(dept.Names, lang.SrLatn)) {
		t.Errorf("the body's answer is signed by %v too: %q", dept.Names, sent[0].Text)
	}
	k = r.ticket(r.k.Ref)
	if c := clockOf(k, ticketing.ClockAnswer); c.State != ticketing.ClockMet || k.AnsweredAt.IsZero() {
		t.Errorf("the promise is %s", c.State)
	}
	view := r.View(t, r.k.Ref)
	s := ticketing.SpentBy(view.Legs, k.Pauses, r.Clock.Now())
	if k.Body != 0 || len(view.Legs) != 3 || s.Others != 2*time.Hour || s.Us != time.Hour {
		t.Errorf("legs %+v, spent %+v", view.Legs, s)
	}
	if _, err := r.find(); ticketing.KindOf(err) != ticketing.Gone {
		t.Errorf("the used link opens: %v", err)
	}
}

// TestPassable: the body sees what the category marks, and contact data only
// once it has accepted and the citizen consents.
func TestPassable(t *testing.T) {
	t.Parallel()
	for _, consent := range []bool{false, true} {
		r := refer(t, ticketing.ReferInput{Consent: consent})
		dir := r.directory()
		c, _ := dir.Category(r.k.Category)
		c.Passes = []ticketing.Passable{ticketing.PassText}
		r.must(r.staff.SaveCategory(t.Context(), r.adam(), &c))
		v, err := r.find()
		r.must(err)
		if v.Subject == "" || len(v.Messages) != 1 || v.Messages[0].Author != (ticketing.Party{}) || v.Citizen != nil {
			t.Errorf("before acceptance: %+v", v)
		}
		r.must(r.cust.Accept(t.Context(), r.link, r.say(ticketing.Statement{})))
		if v, err = r.find(); err != nil || (v.Citizen != nil) != consent {
			t.Errorf("after acceptance with consent %v: %+v %v", consent, v.Citizen, err)
		}
	}
}

// TestLinksThatOpenNothing (A33, A34, A47): an altered, foreign, used, expired,
// withdrawn or finished referral answers with the very same error, to whatever is
// asked of it, and nothing changes.
func TestLinksThatOpenNothing(t *testing.T) {
	t.Parallel()
	other := func(r *referred, change func(l *ticketing.ReferralLink)) { change(&r.link) }
	for name, spoil := range map[string]func(r *referred){
		"altered":   func(r *referred) { other(r, func(l *ticketing.ReferralLink) { l.Code = "0" + l.Code[1:15] + "Z" }) },
		"no code":   func(r *referred) { other(r, func(l *ticketing.ReferralLink) { l.Code = "" }) },
		"not there": func(r *referred) { other(r, func(l *ticketing.ReferralLink) { l.Ref = "S48-26-999999-2" }) },
		"malformed": func(r *referred) { other(r, func(l *ticketing.ReferralLink) { l.Ref, l.N = "../../etc", "-1" }) },
		"number":    func(r *referred) { other(r, func(l *ticketing.ReferralLink) { l.N = "2" }) },
		"huge":      func(r *referred) { other(r, func(l *ticketing.ReferralLink) { l.N = "99999999999999999999" }) },
		"track code": func(r *referred) {
			other(r, func(l *ticketing.ReferralLink) { l.Code = r.Core.Keys.TrackingCode(r.k.Ref, 0) })
		},
		"another ticket": func(r *referred) {
			k := r.open(r.mail("Drugi", "tekst"))
			r.must(second(r.desk.Refer(r.Context(), r.ana(), at(k), ticketing.ReferInput{Body: r.body.ID, Reason: "x"})))
			other(r, func(l *ticketing.ReferralLink) { l.Ref = string(k.Ref) })
		},
		"used": func(r *referred) {
			r.must(r.cust.Refuse(r.Context(), r.link, r.say(ticketing.Statement{Competent: "Putevi"})))
		},
		"withdrawn": func(r *referred) { r.must(second(r.desk.WithdrawReferral(r.Context(), r.ana(), at(r.k), 1))) },
		"expired":   func(r *referred) { r.Clock.Advance(ticketing.ReferralLife) },
		"finished": func(r *referred) {
			r.must(second(r.desk.Close(r.Context(), r.ana(), at(r.k), ticketing.CloseInput{Code: ticketing.CodeWithdrawn})))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := refer(t, ticketing.ReferInput{})
			spoil(r)
			before := r.ticket(r.k.Ref)
			_, err := r.find()
			r.wantKey(err, ticketing.Gone, "referral.gone")
			s := r.say(ticketing.Statement{Competent: "x", Text: "y"})
			for _, do := range []func() error{
				func() error { return r.cust.Accept(t.Context(), r.link, s) },
				func() error { return r.cust.Refuse(t.Context(), r.link, s) },
				func() error { return r.cust.Ask(t.Context(), r.link, s) },
				func() error { return r.cust.Answer(t.Context(), r.link, s) },
			} {
				r.wantKey(do(), ticketing.Gone, "referral.gone")
			}
			if after := r.ticket(r.k.Ref); after.Version != before.Version {
				t.Error("the ticket changed")
			}
		})
	}
}

// TestRefusing names the competent body; one form does one deed (a second click
// is Stale).
func TestRefusing(t *testing.T) {
	t.Parallel()
	r := refer(t, ticketing.ReferInput{})
	r.wantKey(r.cust.Refuse(t.Context(), r.link, r.say(ticketing.Statement{})), ticketing.Invalid, "referral.competent")
	r.wantKey(r.cust.Accept(t.Context(), r.link, ticketing.Statement{}), ticketing.Invalid, "referral.person")
	form := r.say(ticketing.Statement{Competent: "Putevi d.o.o.", Law: "Odluka, član 4"})
	r.must(r.cust.Accept(t.Context(), r.link, form))
	r.wantKind(r.cust.Accept(t.Context(), r.link, form), ticketing.Stale)
	r.must(r.cust.Refuse(t.Context(), r.link, r.say(form)))
	got := r.now()
	if k := r.ticket(r.k.Ref); got.State != ticketing.ReferralRefused || got.Competent != "Putevi d.o.o." || k.Body != 0 || k.Leg != 3 {
		t.Errorf("%+v, custody of body %d in leg %d", got, k.Body, k.Leg)
	}
}

// TestBodyAsks: while the body waits for the bureau nothing is due from it.
func TestBodyAsks(t *testing.T) {
	t.Parallel()
	r := refer(t, ticketing.ReferInput{})
	due := r.now().OwnDue
	r.Clock.Advance(time.Hour)
	r.must(r.cust.Ask(t.Context(), r.link, r.say(ticketing.Statement{Text: "Koja traka?"})))
	if x := r.now(); !x.Waits() || !x.OwnDue.IsZero() || !x.RemindAt.IsZero() {
		t.Fatalf("%+v", x)
	}
	r.wantKey(second(r.desk.TellBody(t.Context(), r.ana(), at(r.k), 2, "x")), ticketing.NotFound, "referral.unknown")
	r.later(30 * time.Hour)
	if x := r.now(); !x.LateAt.IsZero() || x.Reminded != 0 {
		t.Errorf("late while it waits for the bureau: %+v", x)
	}
	r.must(second(r.desk.TellBody(t.Context(), r.ana(), at(r.k), 1, "Desna.")))
	if link := r.mailed(); link != r.link {
		t.Errorf("the answer carries %+v, want %+v", link, r.link)
	}
	v, err := r.find()
	r.must(err)
	if len(v.Talk) != 2 || v.Talk[1].Text != "Desna." {
		t.Errorf("talk %+v", v.Talk)
	}
	if x := r.now(); !x.OwnDue.Equal(due.Add(30 * time.Hour)) {
		t.Errorf("due %v, was %v before it waited 30 h", x.OwnDue, due)
	}
	r.wantKey(second(r.desk.TellBody(t.Context(), r.ana(), at(r.k), 1, "Još.")), ticketing.Conflict, "referral.no_question")
}

// TestReferralIsWatched (F41, I9): a reminder at three quarters, late at the due
// instant and once, expired with custody back; also after the process was away.
func TestReferralIsWatched(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]time.Duration{
		"awake": slices.Repeat([]time.Duration{30 * time.Minute}, 2*24*14+2), "asleep": {15 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := refer(t, ticketing.ReferInput{})
			r.must(r.cust.Accept(t.Context(), r.link, r.say(ticketing.Statement{})))
			due := r.now().Due
			for _, d := range steps {
				r.later(d)
			}
			x, k := r.now(), r.ticket(r.k.Ref)
			if x.State != ticketing.ReferralExpired || k.Body != 0 || k.CustodyWhy != ticketing.LegExpired {
				t.Errorf("%+v, custody of body %d since %s", x, k.Body, k.CustodyWhy)
			}
			if n := r.count(r.k.Ref, ticketing.EventExpired); n != 1 {
				t.Errorf("expired %d times", n)
			}
			if name == "asleep" {
				return // what is over needs no reminder
			}
			if n := r.count(r.k.Ref, ticketing.EventReferralLate); n != 1 || !x.LateAt.Equal(due) {
				t.Errorf("late %d times, at %v, due %v", n, x.LateAt, due)
			}
			if n := len(r.deliveries(r.k.Ref, ticketing.PurposeReminder)); n != 2 {
				t.Errorf("%d reminders, want one at three quarters and one at the end", n)
			}
		})
	}
}

// TestWithdrawnInTime: within the undo window no letter leaves.
func TestWithdrawnInTime(t *testing.T) {
	t.Parallel()
	r := refer(t, ticketing.ReferInput{})
	r.must(second(r.desk.WithdrawReferral(t.Context(), r.ana(), at(r.k), 1)))
	r.must(second(r.desk.Refer(t.Context(), r.ana(), at(r.k), ticketing.ReferInput{Body: r.body.ID, Reason: "x", Tell: true, Undo: true})))
	r.wantKey(second(r.desk.Refer(t.Context(), r.ana(), at(r.k), ticketing.ReferInput{Body: r.body.ID, Reason: "x"})), ticketing.Conflict, "referral.open")
	r.must(second(r.desk.WithdrawReferral(t.Context(), r.ana(), at(r.k), 2)))
	r.Clock.Advance(time.Hour)
	if sent := r.Deliver(t, ticketing.DeliverySent); len(sent) != 0 {
		t.Errorf("letters left: %+v", sent)
	}
}

// TestNewLink: a link that no longer works can be asked for anew; it goes to the
// body's own address, at most once an hour, and the answer is always the same.
func TestNewLink(t *testing.T) {
	t.Parallel()
	r := refer(t, ticketing.ReferInput{})
	bad := r.link
	bad.Code = "0000000000000000"
	r.must(r.cust.NewLink(t.Context(), bad))
	if l := r.mailed(); l != (ticketing.ReferralLink{}) {
		t.Error("a link was sent twice within an hour")
	}
	r.Clock.Advance(time.Hour)
	r.must(r.cust.NewLink(t.Context(), bad))
	if l := r.mailed(); l != r.link {
		t.Errorf("mailed %+v, want %+v", l, r.link)
	}
	bad.Ref = "S48-26-999999-2"
	r.must(r.cust.NewLink(t.Context(), bad))
}

// TestOutsideNumbers: a mail of the body that names its own number joins the
// ticket, held: it moves nothing; the same words of a stranger, or of a sender
// whose authentication fails, open a ticket of their own.
func TestOutsideNumbers(t *testing.T) {
	t.Parallel()
	r := refer(t, ticketing.ReferInput{})
	r.must(r.cust.Accept(t.Context(), r.link, r.say(ticketing.Statement{Outside: "08-332/26"})))
	in := r.Mail("referent@saobracaj.example", "Veza: 08-332/26", "Radovi su u utorak.")
	if e := r.Receive(t, in); e.State != ticketing.LedgerJoined || e.Ticket != r.k.ID {
		t.Fatalf("ledger %+v", e)
	}
	v := r.View(t, r.k.Ref)
	if m := v.Messages[len(v.Messages)-1]; m.Mark != ticketing.MarkBody || v.Ticket.Version == 0 || v.Ticket.LastInAt.After(r.k.LastInAt) {
		t.Errorf("message %+v, last in %v", m, v.Ticket.LastInAt)
	}
	forged := r.Mail("referent@saobracaj.example", "Veza: 08-332/26", "Zatvorite predmet.")
	forged.Auth = ticketing.AuthFail
	for _, in := range []ticketing.Inbound{forged, r.Mail("lopov@posta.example", "Veza: 08-332/26", "x")} {
		if e := r.Receive(t, in); e.State != ticketing.LedgerTicketed {
			t.Errorf("ledger %+v", e)
		}
	}
}
