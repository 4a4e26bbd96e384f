package calllog

import (
	"slices"
	"strings"
)

// nobody are the kinds of destinations of a 3CX where a machine answers.
var nobody = []string{"queue", "ivr", "ringgroup", "ring_group", "ringgroupringall", "fax", "conference", "parking", "specialmenu", "script"}

// readThreeCX reads a row of the CDR output of a 3CX. Its words changed with
// its versions, and so did their capitals.
func readThreeCX(r *record) (Leg, *Fault) {
	// Rows that come by its TCP output and were filed have this word before them.
	if len(r.fields) > 0 {
		r.fields[0] = strings.TrimSpace(strings.TrimPrefix(r.fields[0], "Call "))
	}
	at, f := r.times("time-start", "time-answered", "time-end", "duration", 0)
	if f != nil {
		return Leg{}, f
	}
	final := strings.ToLower(r.first("final-type", "to-type"))
	l := Leg{
		From: extension(r.get("from-no")), To: extension(r.first("dial-no", "to-no")), Started: at.start, Ended: at.end,
		Agent: extension(r.first("final-dn", "final-number", "to-dn", "to-no")),
	}
	l.Direction = r.f.direction(l.From, extension(r.get("to-no")), "")
	switch from := strings.ToLower(r.get("from-type")); {
	case slices.Contains([]string{"line", "inbound_rule", "external_line", "provider"}, from):
		l.Direction = In
	case from == "extension" && slices.Contains([]string{"line", "outside", "outbound_rule", "external_line"}, strings.ToLower(r.get("to-type"))):
		l.Direction = Out
	}
	if l.Direction == Out {
		l.Agent = extension(r.first("from-dn", "from-no"))
	}
	if strings.EqualFold(r.get("to-type"), "queue") {
		l.Queue = extension(r.get("to-no"))
	}
	l.Result = r.terminated(final, !at.answer.IsZero(), l)
	if l.Result == Answered {
		l.Answered = at.answer
	}
	history, call := r.get("historyid"), r.get("callid")
	if l.LegKey = key(history); history == "" {
		l.LegKey = hashed(call, r.get("time-start"), r.get("from-no"), r.get("to-no"), r.get("duration"))
	}
	if l.CallKey = key(call); call == "" {
		l.CallKey = l.LegKey
	}
	return l, nil
}

// terminated maps why a row ended. That it was answered is said by its time
// alone; the reasons say who hung up.
func (r *record) terminated(final string, answered bool, l Leg) Result {
	reason := strings.ToLower(r.get("reason-terminated"))
	switch {
	case answered && strings.Contains(final, "voicemail"):
		return Voicemail
	case answered && (slices.Contains(nobody, final) || r.f.ignored(l.Agent) || r.f.ignored(l.To)):
		return Announced
	case answered:
		return Answered
	case strings.Contains(reason, "busy"):
		return Busy
	case strings.Contains(reason, "notfound"), strings.Contains(reason, "not_found"), strings.Contains(reason, "noroute"),
		strings.Contains(reason, "no_route"), reason == "failed", strings.Contains(reason, "notregistered"):
		return Failed
	}
	return Missed
}
