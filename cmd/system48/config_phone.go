package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// The kinds of what tells of calls.
const (
	phoneCTI    = "cti"    // a telephone system posts events to /hooks/cti/{token}
	phoneCSV    = "csv"    // a telephone system writes files
	phoneTwilio = "twilio" // the provider's voice service
)

// A PhoneSource is one thing that tells of telephone calls, and what is promised
// about the calls it tells of.
type PhoneSource struct {
	Name             string         `yaml:"name"`              // short and stable: calls are remembered under it
	Kind             string         `yaml:"kind"`              // cti, csv or twilio
	Region           string         `yaml:"region"`            // ISO 3166 country of numbers without one; "" = city.region
	DIDs             []string       `yaml:"dids"`              // numbers of the free line; empty: every call is to it
	MissedMinRing    time.Duration  `yaml:"missed_min_ring"`   // a missed call that rang shorter is no contact
	CallbackDue      time.Duration  `yaml:"callback_due"`      // working time within which a missed call is called back
	CallbackCalendar string         `yaml:"callback_calendar"` // that counts it
	Settle           time.Duration  `yaml:"settle"`            // how long after the last that was told it is decided what becomes of a call
	Recordings       string         `yaml:"recordings"`        // folder of the recordings that are told of; "" = they are not fetched
	TokenFile        string         `yaml:"token_file"`        // for kind: cti, what the address of the webhook ends with
	Blocked          []string       `yaml:"blocked"`           // E.164 numbers whose calls are refused
	CallerIDs        []CallerIDItem `yaml:"caller_ids"`        // for kind: cti, number to show for calls out, the first that fits
	CSV              CallLogConfig  `yaml:"csv"`               // for kind: csv
	Twilio           VoiceConfig    `yaml:"twilio"`            // for kind: twilio
}

// A CallerIDItem chooses the number that is shown to who is called.
type CallerIDItem struct {
	To     string `yaml:"to"`     // E.164 of who is called, or its beginning and *
	Number string `yaml:"number"` // E.164
}

// setDefaults fills a new source in before the file is laid over it.
func (p *PhoneSource) setDefaults() {
	p.MissedMinRing, p.CallbackDue, p.Settle = ticketing.DefaultMinRing, ticketing.DefaultCallbackDue, ticketing.DefaultCallSettle
	p.CallbackCalendar = ticketing.DefaultCallCalendar
	p.CSV = CallLogConfig{Delimiter: ","}
	p.Twilio = VoiceConfig{Ring: 25 * time.Second, Hours: ticketing.DefaultCallCalendar, VoicemailMax: 2 * time.Minute}
}

// complete fills in what follows from other keys.
func (p *PhoneSource) complete(c *Config) {
	setIfEmpty(&p.Region, c.City.Region)
	if p.Kind == phoneCSV {
		setIfEmpty(&p.CSV.Timezone, c.Timezone)
	}
}

// line is what the core needs to know of the source.
func (p *PhoneSource) line() ticketing.CallLine {
	return ticketing.CallLine{
		Source: p.Name, Region: p.Region, MinRing: p.MissedMinRing, CallbackDue: p.CallbackDue, Settle: p.Settle, Calendar: p.CallbackCalendar,
		DIDs: p.DIDs, Blocked: p.Blocked,
	}
}

// phone checks the sources of calls.
func (k *checker) phone(list []PhoneSource) {
	names := map[string]bool{}
	for i := range list {
		p := &list[i]
		key := fmt.Sprintf("channels.phone[%d]", i)
		k.code(key+".name", p.Name, names)
		k.oneOf(key+".kind", p.Kind, phoneCTI, phoneCSV, phoneTwilio)
		k.duration(key+".missed_min_ring", p.MissedMinRing, 0, time.Minute)
		k.duration(key+".callback_due", p.CallbackDue, time.Minute, 14*day)
		k.duration(key+".settle", p.Settle, time.Second, time.Hour)
		if p.Region != "" && !region.MatchString(p.Region) {
			k.fault(key+".region", fmt.Sprintf("is %q, not a country", clip(p.Region)), "write two capital letters, or leave it out for city.region")
		}
		if p.Recordings != "" && !filepath.IsAbs(p.Recordings) {
			k.fault(key+".recordings", fmt.Sprintf("is %q, not a full path", clip(p.Recordings)), "write the folder where the exchange keeps them, for example /var/spool/asterisk/monitor")
		}
		switch p.Kind {
		case phoneCTI:
			k.cti(key, p)
		case phoneCSV:
			k.callLog(key+".csv", p)
		case phoneTwilio:
			k.voice(key+".twilio", &p.Twilio)
		}
	}
}

func (k *checker) cti(key string, p *PhoneSource) {
	if p.TokenFile == "" {
		k.fault(key+".token_file", "is not given", "put a long random word into a file and name it here: the webhook's address ends with it")
	}
	for j, n := range p.Blocked {
		k.fullNumber(fmt.Sprintf("%s.blocked[%d]", key, j), n)
	}
	for j, c := range p.CallerIDs {
		k.fullNumber(fmt.Sprintf("%s.caller_ids[%d].number", key, j), c.Number)
		begin, some := strings.CutSuffix(c.To, "*")
		if !e164Beginning.MatchString(begin) && !(some && begin == "") {
			k.fault(fmt.Sprintf("%s.caller_ids[%d].to", key, j), fmt.Sprintf("is %q", clip(c.To)), `write "+4930*", a whole number, or "*" for all, in quotes`)
		}
	}
}

var e164Beginning = regexp.MustCompile(`^\+[1-9][0-9]{0,14}$`)

// fullNumber checks a telephone number in E.164.
func (k *checker) fullNumber(key, n string) {
	if len(n) < 8 || !e164Beginning.MatchString(n) {
		k.fault(key, fmt.Sprintf("is %q, not a whole number", clip(n)), `write it from the country on, in quotes: "+38267123456"`)
	}
}
