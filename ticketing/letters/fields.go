package letters

import (
	"maps"
	"slices"

	"github.com/sistem48/system48/ticketing"
)

// A form is what a letter of a purpose may and must mention.
type form struct {
	fields map[string]field
	must   []string // placeholders without which the letter is of no use
}

var (
	sometimes = field{}
	always    = field{always: true}
	asFlag    = field{kind: fieldFlag}
	asNumber  = field{kind: fieldNumber, always: true}
)

// citySigns are known to every letter.
var citySigns = map[string]field{"city": always, "phone": sometimes, "privacy_url": sometimes, "signature": always}

var dueFields = map[string]field{"due": sometimes, "due_at": {asked: "due"}}

// shortDue are the deadlines of text messages.
var shortDue = map[string]field{"due": sometimes, "due_at": {asked: "due"}, "due_short": {asked: "due"}}

var itemFields = map[string]field{
	"n": asNumber, "item.ref": {always: true, item: true}, "item.url": {item: true},
	"item.due": {item: true}, "item.due_at": {item: true, asked: "item.due"},
}

var codeFields = map[string]field{
	"code_resolved": asFlag, "code_not_solvable": asFlag, "code_not_competent": asFlag, "code_duplicate": asFlag,
	"code_insufficient": asFlag, "code_withdrawn": asFlag, "code_abuse": asFlag, "code_other": asFlag,
}

// forms lists the letters. What a letter does not list it cannot say: receipts
// know nothing of the sender, hand-overs nothing of the citizen.
var forms = map[ticketing.Purpose]form{
	ticketing.PurposeReceipt: {
		fields: with(dueFields, map[string]field{
			"ref": always, "received_at": always, "tracking_url": always, "tracking_code": always,
			"why": sometimes, "validation": asFlag, "within": {asked: "validation"},
		}),
		must: []string{"ref", "tracking_url"},
	},
	ticketing.PurposeReceipts: {
		fields: with(itemFields, map[string]field{"item.url": {always: true, item: true}}),
		must:   []string{"item.ref", "item.url"},
	},
	ticketing.PurposeAnswer: {
		fields: map[string]field{
			"ref": always, "body": always, "subject": sometimes, "agent": sometimes, "department": sometimes,
			"tracking_url": sometimes, "tracking_code": sometimes,
		},
		must: []string{"body"},
	},
	ticketing.PurposeClosing: {
		fields: with(codeFields, map[string]field{
			"ref": always, "body": sometimes, "note": sometimes, "tracking_url": sometimes, "tracking_code": sometimes,
			"reopen_url": sometimes, "reopen_days": asNumber,
		}),
		must: []string{"ref", "reopen_url"},
	},
	ticketing.PurposeOversize: {
		fields: map[string]field{"ref": always, "limit": always, "tracking_url": sometimes, "tracking_code": sometimes},
		must:   []string{"ref"},
	},
	ticketing.PurposeHandover: {
		fields: with(dueFields, map[string]field{"ref": always, "department": sometimes, "action_url": sometimes}),
		must:   []string{"ref"},
	},
	ticketing.PurposeConsult: {
		fields: map[string]field{"ref": always, "department": sometimes, "action_url": always},
		must:   []string{"ref", "action_url"},
	},
	ticketing.PurposeHeard: {
		fields: map[string]field{"ref": always, "department": sometimes, "action_url": always},
		must:   []string{"ref", "action_url"},
	},
	ticketing.PurposeReferral: {
		fields: with(dueFields, map[string]field{
			"ref": always, "department": sometimes, "action_url": always, "expires": sometimes, "note": sometimes, "body": sometimes, "opinion": asFlag,
		}),
		must: []string{"ref", "action_url"},
	},
	ticketing.PurposeReminder: {
		fields: with(dueFields, map[string]field{"ref": always, "department": sometimes, "action_url": always, "expires": sometimes}),
		must:   []string{"ref", "action_url"},
	},
	ticketing.PurposeReferred: {
		fields: with(dueFields, map[string]field{
			"ref": always, "department": sometimes, "note": sometimes, "tracking_url": sometimes, "tracking_code": sometimes,
		}),
		must: []string{"ref"},
	},
	ticketing.PurposeDigest: {
		fields: with(itemFields, map[string]field{"department": sometimes, "action_url": sometimes}),
		must:   []string{"item.ref"},
	},
	ticketing.PurposeWarning: {
		fields: with(dueFields, map[string]field{
			"ref": always, "breached": asFlag, "at_risk": asFlag, "left": sometimes, "why": sometimes,
			"department": sometimes, "agent": sometimes, "action_url": sometimes,
		}),
		must: []string{"ref"},
	},
	ticketing.PurposeEscalation: {
		fields: with(itemFields, map[string]field{"more": sometimes, "action_url": sometimes}),
		must:   []string{"item.ref"},
	},
	// Text messages. What answers them tells nothing that the number did not know (A89).
	ticketing.PurposeReceipt.AsSMS(): {
		fields: with(shortDue, map[string]field{"ref": always, "tracking_url": sometimes}), must: []string{"ref"},
	},
	ticketing.PurposeAdded.AsSMS(): {fields: map[string]field{"ref": always, "tracking_url": sometimes}, must: []string{"ref"}},
	ticketing.PurposeAnswer.AsSMS(): {
		fields: map[string]field{"ref": always, "body": always, "agent": sometimes, "department": sometimes, "tracking_url": sometimes},
		must:   []string{"body"},
	},
	ticketing.PurposeLink.AsSMS(): {fields: map[string]field{"ref": always, "tracking_url": always}, must: []string{"tracking_url"}},
	ticketing.PurposeClosing.AsSMS(): {
		fields: with(codeFields, map[string]field{"ref": always, "reopen_url": sometimes, "tracking_url": sometimes}), must: []string{"ref"},
	},
	ticketing.PurposeReferred.AsSMS(): {
		fields: map[string]field{"ref": always, "department": sometimes, "tracking_url": sometimes}, must: []string{"ref"},
	},
	ticketing.PurposeWhich.AsSMS(): {
		fields: map[string]field{"n": asNumber, "item.n": {always: true, item: true}, "item.ref": {always: true, item: true}, "item.day": {item: true}},
		must:   []string{"item.n", "item.ref"},
	},
	ticketing.PurposeState.AsSMS(): {
		fields: with(shortDue, map[string]field{
			"ref": always, "state_received": asFlag, "state_open": asFlag, "state_waiting": asFlag, "state_resolved": asFlag,
			"state_closed": asFlag, "answered": asFlag,
		}),
		must: []string{"ref"},
	},
	ticketing.PurposeUnknown.AsSMS():  {},
	ticketing.PurposeOptedOut.AsSMS(): {},
	ticketing.PurposeOptedIn.AsSMS():  {},
	ticketing.PurposeHelp.AsSMS():     {},

	ticketing.PurposeInvite: accountForm,
	ticketing.PurposeReset:  accountForm,
	ticketing.PurposeReport: {
		fields: map[string]field{"department": always, "body": always, "agent": sometimes, "action_url": sometimes},
		must:   []string{"body"},
	},
	ticketing.PurposeSeal: {
		fields: map[string]field{"hash": always, "day": sometimes, "received_at": sometimes},
		must:   []string{"hash"},
	},
}

var accountForm = form{
	fields: map[string]field{"agent": sometimes, "action_url": always, "expires": sometimes},
	must:   []string{"action_url"},
}

// signatureForm is the text that {signature} stands for.
var signatureForm = form{fields: map[string]field{"city": always, "phone": sometimes, "privacy_url": sometimes}}

func with(sets ...map[string]field) map[string]field {
	out := map[string]field{}
	for _, s := range sets {
		maps.Copy(out, s)
	}
	return out
}

// purposes lists the letters in a fixed order.
func purposes() []ticketing.Purpose { return slices.Sorted(maps.Keys(forms)) }
