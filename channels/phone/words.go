package phone

import (
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// words are what the tickets of calls say that nobody took.
var words = map[lang.Tag]ticketing.CallWords{
	lang.SrLatn: {
		MissedSubject: "Propušten poziv", MissedText: "Niko se nije javio na poziv. Treba uzvratiti na broj podnosioca.",
		VoicemailSubject: "Govorna poruka", VoicemailText: "Ostavljena je govorna poruka: snimak je uz poziv.",
	},
	lang.En: {
		MissedSubject: "Missed call", MissedText: "Nobody took the call. The requester's number is to be called back.",
		VoicemailSubject: "Voicemail", VoicemailText: "A message was left: the recording is with the call.",
	},
	lang.Sq: {
		MissedSubject: "Thirrje e humbur", MissedText: "Askush nuk iu përgjigj thirrjes. Numri i kërkuesit duhet thirrur.",
		VoicemailSubject: "Mesazh zanor", VoicemailText: "U la një mesazh zanor: regjistrimi është te thirrja.",
	},
}

// Words gives the words of the language, those of the source language where
// there are none.
func Words(tag lang.Tag) ticketing.CallWords {
	if w, ok := words[tag]; ok {
		return w
	}
	w := words[lang.SrLatn]
	if tag == lang.SrCyrl {
		for _, s := range []*string{&w.MissedSubject, &w.MissedText, &w.VoicemailSubject, &w.VoicemailText} {
			*s = lang.ToCyrillic(*s)
		}
	}
	return w
}
