package calllog

import (
	"slices"
	"strings"
)

// readCUCM reads a call detail record of a Cisco CUCM. All its times are
// seconds since 1970 in UTC; a call nobody took has none for the connection.
func readCUCM(r *record) (Leg, *Fault) {
	pkid := strings.ToLower(r.get("pkid"))
	if !isUUID(pkid) {
		return Leg{}, fault(FaultKey, "pkid")
	}
	at, f := r.times("dateTimeOrigination", "dateTimeConnect", "dateTimeDisconnect", "", 0)
	if f != nil {
		return Leg{}, f
	}
	if _, f = seconds("duration", r.get("duration")); f != nil {
		return Leg{}, f
	}
	l := Leg{
		From: r.get("callingPartyNumber"), To: r.first("originalCalledPartyNumber", "finalCalledPartyNumber"),
		Agent: extension(r.get("finalCalledPartyNumber")), Started: at.start, Ended: at.end, LegKey: pkid,
		CallKey: key(r.get("globalCallId_ClusterID"), r.get("globalCallID_callManagerId"), r.get("globalCallID_callId")),
	}
	l.Direction = r.f.direction(l.From, l.To, "")
	if l.Direction == Out {
		l.Agent = extension(l.From)
	}
	cause := r.get("destCause_value")
	switch {
	case !at.answer.IsZero() && (r.f.ignored(l.Agent) || r.f.ignored(l.To)):
		l.Result = Announced
	case !at.answer.IsZero():
		l.Result, l.Answered = Answered, at.answer
	case cause == "17" || cause == "21": // Q.850: user busy, call rejected
		l.Result = Busy
	case slices.Contains([]string{"1", "3", "22", "27", "28", "34", "38", "41", "42", "47"}, cause):
		l.Result = Failed
	default:
		l.Result = Missed
	}
	return l, nil
}

// cucmHeader reads the line with the names of the columns.
func cucmHeader(fields []string) bool {
	return slices.Contains(fields, "cdrRecordType") && slices.Contains(fields, "pkid")
}
