package calllog

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// machines are the applications of a dial plan in which nobody speaks.
var machines = []string{
	"queue", "playback", "background", "voicemail", "voicemailmain", "directory", "answer", "wait", "waitexten", "musiconhold",
	"hangup", "busy", "congestion", "playtones", "saydigits", "saynumber", "sayunixtime", "agi", "goto", "return", "set", "read", "",
}

// readAsterisk reads a row of cdr_csv. A queue is answered by the exchange
// itself: a person is there only where a second channel is.
func readAsterisk(r *record) (Leg, *Fault) {
	unique := r.uniqueID()
	at, f := r.times("start", "answer", "end", "duration", bornOf(unique))
	if f != nil {
		return Leg{}, f
	}
	if _, f = seconds("billsec", r.get("billsec")); f != nil {
		return Leg{}, f
	}
	l := Leg{
		From: r.first("src", "clid"), To: r.first("dst", "did"), DID: r.get("did"), Started: at.start, Ended: at.end,
		Agent: channelExtension(r.get("dstchannel")), Recording: r.get("recordingfile"),
	}
	app := strings.ToLower(r.get("lastapp"))
	if app == "queue" {
		l.Queue, _, _ = strings.Cut(r.get("lastdata"), ",")
	}
	l.Direction = r.f.direction(l.From, l.To, r.get("dcontext"))
	if l.Direction == Out {
		l.Agent = extensionOr(r.get("src"), channelExtension(r.get("channel")))
	}
	if l.Result, f = r.asteriskResult(app, l); f != nil {
		return Leg{}, f
	}
	if l.Result == Answered {
		l.Answered = at.answer
		if at.answer.IsZero() {
			l.Answered = at.start
		}
	}
	l.LegKey, l.CallKey = r.asteriskKeys(unique, at)
	return l, nil
}

// uniqueID gives the identifier of the channel. With seventeen columns the last
// one may be the user's field instead.
func (r *record) uniqueID() string {
	if u := r.get("uniqueid"); isUniqueID(u) {
		return u
	}
	return ""
}

// isUniqueID knows "1598519380.114" and "pbx-1598519380.114".
func isUniqueID(s string) bool {
	s = withoutSystem(s)
	sec, seq, ok := strings.Cut(s, ".")
	return ok && len(sec) >= 9 && len(sec) <= 11 && allDigits(sec) && allDigits(seq)
}

// withoutSystem takes the name of the system off an identifier.
func withoutSystem(s string) string { return s[strings.LastIndexByte(s, '-')+1:] }

// bornOf gives the instant in an identifier, since 1970.
func bornOf(unique string) time.Duration {
	s := withoutSystem(unique)
	sec, _, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(sec, 10, 64)
	if err != nil || n < 0 || n > 1<<33 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// asteriskResult maps disposition and application.
func (r *record) asteriskResult(app string, l Leg) (Result, *Fault) {
	disposition := strings.ToUpper(r.get("disposition"))
	if app == "voicemail" && disposition == "ANSWERED" {
		return Voicemail, nil
	}
	switch disposition {
	case "ANSWERED", "NORMAL_CLEARING": // the latter in FreeSWITCH's template of this form
		if r.has("dstchannel") && r.get("dstchannel") == "" && slices.Contains(machines, app) || r.f.ignored(l.To) || r.f.ignored(l.Agent) && l.Direction == In {
			return Announced, nil
		}
		return Answered, nil
	case "NO ANSWER", "NOANSWER":
		return Missed, nil
	case "BUSY":
		return Busy, nil
	case "FAILED", "CONGESTION":
		return Failed, nil
	}
	return "", faultText(FaultResult, "disposition", disposition)
}

// asteriskKeys gives the keys of leg and call. One channel writes a row for
// every telephone that rang, all with its identifier; without the sequence that
// newer versions add, what differs between them tells them apart.
func (r *record) asteriskKeys(unique string, at span) (leg, call string) {
	rest := []string{r.get("start"), r.get("answer"), r.get("end"), r.get("dstchannel"), r.get("duration"), r.get("disposition")}
	switch {
	case unique == "":
		leg = hashed(r.get("start"), r.get("src"), r.get("dst"), r.get("channel"), r.get("dstchannel"), r.get("duration"))
	case r.get("sequence") != "":
		leg = key(unique, r.get("sequence"))
	default:
		leg = key(unique, short(rest...))
	}
	switch {
	case r.get("linkedid") != "":
		return leg, key(r.get("linkedid"))
	case unique == "":
		return leg, r.memo.callOf(r.get("src"), at.start, "h"+hashed(r.get("start"), r.get("src"), r.get("channel")))
	}
	return leg, r.memo.callOf(r.get("src"), time.Unix(0, int64(bornOf(unique))), unique)
}

func extensionOr(s, other string) string {
	if s = extension(s); s != "" && len(digits(s)) <= longest {
		return s
	}
	return other
}
