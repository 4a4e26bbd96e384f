package calllog

import "strings"

// results are the words for outcomes in files of exchanges with no preset.
var results = map[string]Result{
	"answered": Answered, "answer": Answered, "ok": Answered, "completed": Answered, "success": Answered, "connected": Answered, "normal": Answered,
	"odgovoren": Answered, "javljeno": Answered, "1": Answered, "true": Answered, "yes": Answered, "da": Answered,
	"missed": Missed, "no answer": Missed, "noanswer": Missed, "no-answer": Missed, "unanswered": Missed, "abandoned": Missed, "cancel": Missed,
	"canceled": Missed, "cancelled": Missed, "propušten": Missed, "propusten": Missed, "0": Missed, "false": Missed, "no": Missed, "ne": Missed,
	"busy": Busy, "rejected": Busy, "declined": Busy, "zauzet": Busy, "zauzeto": Busy,
	"failed": Failed, "congestion": Failed, "error": Failed, "unavailable": Failed, "neuspio": Failed,
	"voicemail": Voicemail, "vm": Voicemail, "announced": Announced, "queue": Announced, "ivr": Announced,
}

var directions = map[string]Direction{
	"in": In, "inbound": In, "incoming": In, "ulazni": In, "dolazni": In, "out": Out, "outbound": Out, "outgoing": Out, "odlazni": Out, "izlazni": Out,
	"internal": Internal, "interni": Internal, "local": Internal,
}

// readGeneric reads a row whose columns the operator named.
func readGeneric(r *record) (Leg, *Fault) {
	at, f := r.times("start", "answer", "end", "duration", 0)
	talk, bad := seconds("talk", r.get("talk"))
	switch {
	case bad != nil:
		return Leg{}, bad
	case f != nil && f.Column == "end" && f.Kind == FaultTime && talk >= 0 && r.get("end") == "":
		// Only how long was spoken is told: that is all there is to it.
		start, bad := r.f.moment("start", r.get("start"))
		if bad != nil {
			return Leg{}, bad
		}
		at, _ = settle(start, moment{}, moment{}, talk, 0, r.memo.LastEnd)
	case f != nil:
		return Leg{}, f
	}
	l := Leg{
		From: r.get("from"), To: r.first("to", "did"), DID: r.get("did"), Started: at.start, Ended: at.end,
		Agent: extension(r.get("agent")), Queue: r.get("queue"), Recording: r.get("recording"),
	}
	if l.Direction = directions[strings.ToLower(r.get("direction"))]; l.Direction == "" {
		l.Direction = r.f.direction(l.From, l.To, "")
	}
	if l.Result, f = r.genericResult(at, talk > 0); f != nil {
		return Leg{}, f
	}
	if (r.f.ignored(l.Agent) || r.f.ignored(l.To)) && l.Result == Answered {
		l.Result = Announced
	}
	if l.Result == Answered {
		switch l.Answered = at.answer; {
		case !at.answer.IsZero():
		case talk > 0 && talk <= at.end.Sub(at.start):
			l.Answered = at.end.Add(-talk)
		default:
			l.Answered = at.start
		}
	}
	if l.LegKey = key(r.get("leg")); l.LegKey == "" {
		l.LegKey = hashed(r.get("call"), r.get("start"), r.get("from"), r.get("to"), r.get("agent"), r.get("duration"), r.get("talk"))
	}
	if l.CallKey = key(r.get("call")); l.CallKey == "" {
		l.CallKey = l.LegKey
	}
	return l, nil
}

// genericResult takes the word for the outcome, or what the times say.
func (r *record) genericResult(at span, spoke bool) (Result, *Fault) {
	if word := r.get("result"); word != "" {
		if res, ok := results[strings.ToLower(word)]; ok {
			return res, nil
		}
		return "", faultText(FaultResult, "result", word)
	}
	if !at.answer.IsZero() || spoke {
		return Answered, nil
	}
	return Missed, nil
}
