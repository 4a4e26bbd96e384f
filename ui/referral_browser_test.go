package ui_test

import (
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// refer asks a department and an outside body about the open ticket; the body
// has taken it over and asks something.
func (s *site) refer(t *testing.T) {
	t.Helper()
	ctx, ana, adam, at := t.Context(), ticketing.ActorOf(s.Ana), ticketing.ActorOf(s.Adam), ticketing.Target{Ref: s.open}
	desk, registry, body := ticketing.Desk{Bureau: s.Core}, ticketing.Registry{Bureau: s.Core}, ticketing.Custodian{Bureau: s.Core}
	b := ticketing.Body{
		Code: "traffic", Email: "pisarnica@saobracaj.example", Domain: "saobracaj.example", Pattern: `\d{2}-\d+/\d{2}`, AcceptHours: 10, AnswerHours: 72,
		Names: map[lang.Tag]string{lang.SrLatn: "Uprava za saobraćaj – regionalni putevi", lang.En: "Traffic Authority", lang.Sq: "Drejtoria e Komunikacionit"},
	}
	c := s.Other
	c.Passes = ticketing.AllPassable()
	try := func(errs ...error) {
		t.Helper()
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	try(registry.SaveBody(ctx, adam, &b), registry.SaveCategory(ctx, adam, &c))
	_, err := desk.Consult(ctx, ana, at, s.Lighting.ID, "Da li je stub na tom mjestu Vaš?")
	try(err)
	_, err = desk.Refer(ctx, ana, at, ticketing.ReferInput{Body: b.ID, Consent: true, Tell: true, Reason: "Kolovoz ispred stajališta pripada regionalnom putu R-15."})
	try(err)
	link := ticketing.ReferralLink{Ref: string(s.open), N: "1", Code: s.Core.Keys.ReferralCode(s.open, 1, 0)}
	said := ticketing.Statement{Person: "Jovana Stanišić, šef odsjeka", Outside: "08-332/26"}
	try(body.Accept(ctx, link, said))
	said.Step, said.Text = 1, "U kojoj traci je rupa?"
	try(body.Ask(ctx, link, said))
}

// referralPath is the link of the body's mail.
func (s *site) referralPath(t *testing.T, tag lang.Tag) string {
	t.Helper()
	return strings.TrimPrefix(s.Core.ReferralURL(tag, s.open, &s.View(t, s.open).Ticket.Referrals[0]), s.base)
}
