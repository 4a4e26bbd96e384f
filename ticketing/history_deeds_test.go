package ticketing_test

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"pgregory.net/rapid"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
	"github.com/sistem48/system48/ticketing/lang"
)

// bodies enters two outside bodies.
func (h *history) bodies() {
	for i := range 2 {
		b := ticketing.Body{
			Code: fmt.Sprint("body", i), Names: map[lang.Tag]string{lang.SrLatn: "Uprava"}, Email: fmt.Sprintf("uprava%d@drzava.example", i),
			AcceptHours: 4 + 200*i, AnswerHours: 20,
		}
		h.must(h.staff.SaveBody(h.rig.Context(), h.adam(), &b))
	}
}

func (h *history) refer() error {
	in := ticketing.ReferInput{
		Body: rapid.SampledFrom(h.directory().Bodies).Draw(h.T, "body").ID, Opinion: rapid.Bool().Draw(h.T, "opinion"),
		Reason: "nadležnost", Tell: true, Undo: rapid.Bool().Draw(h.T, "undo"),
	}
	return second(h.desk.Refer(h.rig.Context(), h.ana(), h.at(), in))
}

// state lets a body say something under one of its links; most are good still.
func (h *history) state(do func(c *ticketing.Custodian, l ticketing.ReferralLink, s ticketing.Statement) error) error {
	if len(h.before.Referrals) == 0 {
		return errIdle
	}
	r := &h.before.Referrals[len(h.before.Referrals)-1]
	if rapid.IntRange(0, 4).Draw(h.T, "which") == 0 {
		r = &h.before.Referrals[0]
	}
	link := ticketing.ReferralLink{Ref: string(h.ref), N: strconv.Itoa(r.N), Code: h.Core.Keys.ReferralCode(h.ref, r.N, r.Epoch)}
	return do(&ticketing.Custodian{Bureau: h.Core}, link, ticketing.Statement{
		Step: r.Step, Person: "Službenik", Text: "Tekst organa.", Competent: "Vodovod", Outside: rapid.SampledFrom([]string{"", "08-1/26"}).Draw(h.T, "number"),
	})
}

func (h *history) accept() error {
	return h.state(func(c *ticketing.Custodian, l ticketing.ReferralLink, s ticketing.Statement) error {
		return c.Accept(h.rig.Context(), l, s)
	})
}

func (h *history) refuse() error {
	return h.state(func(c *ticketing.Custodian, l ticketing.ReferralLink, s ticketing.Statement) error {
		return c.Refuse(h.rig.Context(), l, s)
	})
}

func (h *history) ask() error {
	return h.state(func(c *ticketing.Custodian, l ticketing.ReferralLink, s ticketing.Statement) error {
		return c.Ask(h.rig.Context(), l, s)
	})
}

func (h *history) answer() error {
	return h.state(func(c *ticketing.Custodian, l ticketing.ReferralLink, s ticketing.Statement) error {
		return c.Answer(h.rig.Context(), l, s)
	})
}

func (h *history) wantLink() error {
	return h.state(func(c *ticketing.Custodian, l ticketing.ReferralLink, _ ticketing.Statement) error {
		return c.NewLink(h.rig.Context(), l)
	})
}

func (h *history) tell() error {
	return second(h.desk.TellBody(h.rig.Context(), h.ana(), h.at(), len(h.before.Referrals), "odgovor biroa"))
}

func (h *history) withdraw() error {
	return second(h.desk.WithdrawReferral(h.rig.Context(), h.ana(), h.at(), len(h.before.Referrals)))
}

func (h *history) consult() error {
	to := rapid.SampledFrom([]ticketing.DepartmentID{h.Lighting.ID, h.Roads.ID, h.Cleaning.ID}).Draw(h.T, "asked")
	return second(h.desk.Consult(h.rig.Context(), h.ana(), h.at(), to, "Šta mislite?"))
}

func (h *history) answerConsult() error {
	return second(h.desk.AnswerConsultation(h.rig.Context(), h.ana(), h.at(), len(h.before.Consultations), "Ovo."))
}

func (h *history) endConsult() error {
	return second(h.desk.EndConsultation(h.rig.Context(), h.ana(), h.at(), len(h.before.Consultations)))
}

func (h *history) duplicate() error {
	return second(h.desk.Close(h.rig.Context(), h.ana(), h.at(), ticketing.CloseInput{Code: ticketing.CodeDuplicate, Duplicate: h.twin}))
}

func (h *history) prioritise() error {
	to := rapid.SampledFrom([]ticketing.Priority{ticketing.PriorityNormal, ticketing.PriorityHigh, ticketing.PriorityUrgent}).Draw(h.T, "priority")
	return second(h.desk.Change(h.rig.Context(), h.ana(), h.at(), ticketing.Change{Priority: &to}))
}

// repolicy makes another version of one of two policies, and has what runs follow.
func (h *history) repolicy() error {
	days := rapid.IntRange(0, 4).Draw(h.T, "days")
	p := ticketing.Policy{
		Name: "one", Profile: rapid.SampledFrom([]string{"", "24x7", "tivat", "podgorica", "office-hours"}).Draw(h.T, "promise"),
		Target: time.Duration(rapid.SampledFrom([]int{0, 8, 24, 100}).Draw(h.T, "hours")) * time.Hour, ResolveDays: &days,
	}
	if rapid.Bool().Draw(h.T, "of urgent ones") {
		p.Name, p.Priorities = "urgent", []ticketing.Priority{ticketing.PriorityUrgent}
	}
	seen := 0
	if was, ok := h.directory().Rules.Policy(p.Name, 0); ok {
		seen = was.Version
	}
	if err := h.staff.SaveRule(h.rig.Context(), h.adam(), ticketing.DraftPolicy(p), seen); err != nil {
		return err
	}
	return h.order()
}

// declare adds a holiday within the next fortnight to a calendar, and has what
// runs follow.
func (h *history) declare() error {
	name := rapid.SampledFrom([]string{"working-days", "office-hours"}).Draw(h.T, "calendar")
	c, ok := h.directory().Rules.Calendar(name, 0)
	if !ok {
		return errIdle
	}
	y, m, d := h.Clock.Now().In(h.directory().Rules.Zone()).AddDate(0, 0, rapid.IntRange(0, 14).Draw(h.T, "in days")).Date()
	spec := c.Spec()
	day := calendar.Date{Year: y, Month: m, Day: d}
	if slices.ContainsFunc(spec.Holidays, func(x calendar.Holiday) bool { return x.Date == day }) {
		return errIdle
	}
	spec.Holidays = append(slices.Clone(spec.Holidays), calendar.Holiday{Date: day, Name: "Dan žalosti"})
	if err := h.staff.SaveRule(h.rig.Context(), h.adam(), ticketing.DraftCalendar(spec), spec.Version); err != nil {
		return err
	}
	return h.order()
}

// order has promises that run follow the newest rules, also where they get longer.
func (h *history) order() error {
	o := ticketing.RuleOrder{Reason: "odluka", Longer: rapid.Bool().Draw(h.T, "also longer")}
	if err := h.staff.ApplyRules(h.rig.Context(), h.adam(), o); err != nil {
		return err
	}
	h.reapplied()
	return nil
}

// stepBack sets the clock back, as a machine's does when it is told the time.
func (h *history) stepBack() error {
	h.Clock.Advance(-time.Duration(rapid.SampledFrom([]int{1, 40, 3600, 90_000}).Draw(h.T, "seconds")) * time.Second)
	return nil
}
