package agent

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/locale"
)

// TestFamilies holds the texts whose ids are made from names of the core to
// all the names there are.
func TestFamilies(t *testing.T) {
	t.Parallel()
	texts, err := locale.Load()
	must(t, err)
	has := func(prefix string, names ...string) {
		for _, n := range names {
			if !texts.Has(prefix + n) {
				t.Errorf("no text %s%s", prefix, n)
			}
		}
	}
	for kind := range eventIcons {
		has("event.", string(kind))
	}
	for _, c := range ticketing.Channels() {
		has("channel.", string(c))
		has("by_channel.", string(c))
	}
	for _, c := range append(ticketing.ClosingCodes(), ticketing.CodeSpam) {
		has("code.", string(c))
	}
	for _, r := range ticketing.WaitReasons() {
		has("wait.", string(r))
	}
	for _, v := range ticketing.Lists() {
		has("nav.", string(v))
		has("queue.empty_", string(v))
		has("queue.empty_text_", string(v))
	}
	has("delivery_state.", "pending", "sending", "sent", "retry", "failed", "unknown", "bounced", "taken_back", "held", "arrived")
	has("auto.", "added", "receipt", "receipts", "answer", "closing", "oversize", "handover", "heard", "consult", "referral", "reminder", "referred", "digest", "warning", "escalation", "invite", "reset", "seal")
	has("machine.", "autoreply", "list", "bounce", "loop")
	has("demand.", "answer", "photo", "decision")
	for _, k := range []string{"validation", "answer", "next_answer", "resolve", "leg", "callback"} {
		has("", "clock."+k, "clock.due_"+k, "clock_name."+k)
	}
	has("refer.state_", "sent", "accepted", "refused", "answered", "withdrawn", "expired", "asks")
	has("refer.chip_", "sent", "accepted", "refused", "answered", "expired", "asks")
	has("refer.pass_", "text", "files", "place")
	has("consult.state_", "open", "answered", "ended")
	has("leg.", "opened", "moved", "referred", "returned", "withdrawn", "expired", "reopened", "not_spam")
	for _, s := range ledgerStates {
		has("ledger_state.", string(s))
	}
	has("ledger_reason.", "before_start", "bounce", "loop", "oversize", "poison", "unreadable", "by_agent", "no_record", "outgoing", "withheld", "no_number", "short_ring", "other_line", "blocked", "reached", "past", "malformed", "command", "choice")
	for _, x := range ticketing.Tells() {
		has("tell.", string(x))
	}
	for p := ticketing.PriorityLow; p <= ticketing.PriorityUrgent; p++ {
		has("priority.", p.String())
	}
}

// rawID finds a message id that was shown instead of its text, or a
// placeholder that nobody filled.
var rawID = regexp.MustCompile(`\b(?:queue|ticket|message|mark|machine|delivery_state|auto|event|clock|clock_days|why|demand|reply|draft|search|new|intake|ledger_state|ledger_reason|outgoing|nav|by_channel|actor|composer|row|state|priority|wait|code|channel|shell|palette|keys|pager|form|script|time)\.[a-z_]+\b|\{\{[A-Z]`)

// TestLanguages opens the pages in every language: no id and no placeholder shows.
func TestLanguages(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	c := newCrowd(t, s)
	for _, tag := range lang.Tags() {
		must(t, s.Store.InTx(t.Context(), func(tx ticketing.Tx) error {
			a, err := tx.Agent(t.Context(), s.Ana.ID)
			if err != nil {
				return err
			}
			a.Language = tag
			return tx.SaveAgent(t.Context(), a)
		}))
		ana := s.as(t, s.Ana)
		pothole := ticketing.TicketPath(c.pothole)
		for _, path := range []string{
			"/agent/v/all", "/agent/v/mine", "/agent/v/spam", "/agent/v/closed", "/agent/v/waiting?channel=sms&priority=high&tag=x&department=roads&category=pothole",
			pothole, pothole + "/why/answer", pothole + "/why/resolve", ticketing.TicketPath(c.parking), ticketing.TicketPath(c.water),
			"/agent/new", "/agent/new?done=" + string(c.water), "/agent/search?q=rupa", "/agent/citizens", "/agent/citizens/1", "/agent/intake?period=month",
			"/agent/intake/1", "/agent/outgoing",
		} {
			if found := rawID.FindAllString(ana.get(path, http.StatusOK).text(), -1); len(found) > 0 {
				t.Errorf("%s in %s shows %q", path, tag, found)
			}
		}
	}
}
