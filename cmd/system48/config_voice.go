package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// VoiceConfig says how Twilio's voice service answers the free line.
type VoiceConfig struct {
	AccountSID     string        `yaml:"account_sid"`
	AuthTokenFiles []string      `yaml:"auth_token_files"` // the newest first; two while one is replaced
	BaseURL        string        `yaml:"base_url"`         // of the provider's interface; "" = its own
	Desk           string        `yaml:"desk"`             // where calls ring, sip: or E.164; "" = callers leave a message
	Ring           time.Duration `yaml:"ring"`             // how long
	Hours          string        `yaml:"hours"`            // calendar by which somebody sits there; "" = always
	Greeting       []string      `yaml:"greeting"`         // files played first while the desk is open, one a language
	Closed         []string      `yaml:"closed"`           // files played before a message is left
	VoicemailMax   time.Duration `yaml:"voicemail_max"`    // how long a message may be
	Record         bool          `yaml:"record"`           // record conversations
}

var accountSID = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)

func (k *checker) voice(key string, v *VoiceConfig) {
	if !accountSID.MatchString(v.AccountSID) {
		k.fault(key+".account_sid", fmt.Sprintf("is %q", clip(v.AccountSID)), "write AC and the 32 digits that follow it in the provider's console")
	}
	if len(v.AuthTokenFiles) == 0 {
		k.fault(key+".auth_token_files", "is empty", "put the account's auth token into a file and name it here")
	}
	if v.Desk != "" && !strings.HasPrefix(v.Desk, "sip:") {
		k.fullNumber(key+".desk", v.Desk)
	}
	k.duration(key+".ring", v.Ring, 5*time.Second, 10*time.Minute)
	k.duration(key+".voicemail_max", v.VoicemailMax, 5*time.Second, time.Hour)
	for _, list := range [][]string{v.Greeting, v.Closed} {
		for _, f := range list {
			if !filepath.IsAbs(f) {
				k.fault(key+".greeting", fmt.Sprintf("%q is not a full path", clip(f)), "write where the sound file is, for example /etc/system48/pozdrav.mp3")
			}
		}
	}
}
