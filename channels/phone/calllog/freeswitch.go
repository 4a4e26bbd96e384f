package calllog

import "strings"

// readFreeSWITCH reads a row of mod_cdr_csv. Names that callers give themselves
// are not escaped there, so every column that has a form is held against it.
func readFreeSWITCH(r *record) (Leg, *Fault) {
	at, f := r.times("start_stamp", "answer_stamp", "end_stamp", "duration", 0)
	if f != nil {
		return Leg{}, f
	}
	if _, f = seconds("billsec", r.get("billsec")); f != nil {
		return Leg{}, f
	}
	uuid := strings.ToLower(r.get("uuid"))
	if !isUUID(uuid) {
		return Leg{}, fault(FaultKey, "uuid")
	}
	other := strings.ToLower(r.get("bleg_uuid"))
	if other != "" && !isUUID(other) {
		return Leg{}, fault(FaultKey, "bleg_uuid")
	}
	l := Leg{
		From: r.get("caller_id_number"), To: r.get("destination_number"), Started: at.start, Ended: at.end,
		LegKey: uuid, Recording: r.get("record_path"), Agent: extension(r.first("bridge_extension", "last_bridge_to")),
	}
	l.CallKey = r.memo.joined(uuid, other)
	l.Direction = r.f.direction(l.From, l.To, r.get("context"))
	switch {
	case l.Direction == Out:
		l.Agent = extension(l.From)
	case l.Agent == "":
		l.Agent = channelExtension(r.get("bridge_channel"))
	}
	bridged := !r.has("bleg_uuid") && r.get("bridge_channel") != "" || other != "" || !r.has("bleg_uuid") && !r.has("bridge_channel")
	if l.Result, f = r.hangup(!at.answer.IsZero(), bridged, l.To); f != nil {
		return Leg{}, f
	}
	if l.Result == Answered {
		l.Answered = at.answer
	}
	return l, nil
}

// hangup maps Q.850 causes by the names that FreeSWITCH gives them.
func (r *record) hangup(answered, bridged bool, to string) (Result, *Fault) {
	cause := strings.ToUpper(r.get("hangup_cause"))
	if cause == "" || strings.Trim(cause, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != "" {
		return "", faultText(FaultResult, "hangup_cause", cause)
	}
	switch {
	case answered && strings.Contains(strings.ToLower(r.get("last_app")), "voicemail"):
		return Voicemail, nil
	case answered && bridged && !r.f.ignored(to):
		return Answered, nil
	case answered:
		return Announced, nil
	}
	switch cause {
	case "USER_BUSY", "CALL_REJECTED":
		return Busy, nil
	case "NORMAL_CLEARING", "ORIGINATOR_CANCEL", "NO_ANSWER", "NO_USER_RESPONSE", "ALLOTTED_TIMEOUT", "LOSE_RACE", "PICKED_OFF", "ATTENDED_TRANSFER", "BLIND_TRANSFER", "NONE", "SUCCESS":
		return Missed, nil
	}
	return Failed, nil
}

// isUUID knows the form of RFC 9562 §4.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return false
		}
	}
	return true
}
