package main

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing/gsm"
	"github.com/sistem48/system48/ticketing/number"
)

// An SMSAccount is one account at the provider of text messages, with the
// bureau's numbers.
type SMSAccount struct {
	Name           string          `yaml:"name"`     // short and stable: the intake ledger remembers texts under it
	Provider       string          `yaml:"provider"` // twilio
	AccountSID     string          `yaml:"account_sid"`
	AuthTokenFiles []string        `yaml:"auth_token_files"`      // the newest first; two while one is replaced
	Numbers        []string        `yaml:"numbers"`               // of the bureau, in international form
	Service        string          `yaml:"messaging_service_sid"` // chooses the number that writes; "" = the numbers above
	BaseURL        string          `yaml:"base_url"`              // of the provider's interface; "" = its own
	Timeout        time.Duration   `yaml:"timeout"`               // of one call of the provider
	Transliterate  string          `yaml:"transliterate"`         // letters that cost a second message: auto, always or never
	MaxParts       int             `yaml:"max_parts"`             // a longer answer is sent as a link
	PricePerPart   float64         `yaml:"price_per_part"`        // as the composer shows it; 0 = not shown
	Currency       string          `yaml:"currency"`
	MaxMediaMB     int             `yaml:"max_media_mb"` // of one photo
	Autoreply      TextReplyConfig `yaml:"autoreply"`
}

// TextReplyConfig caps texts that no person wrote.
type TextReplyConfig struct {
	Enabled          bool `yaml:"enabled"` // say that a text was received
	PerNumberPerHour int  `yaml:"per_number_per_hour"`
	PerNumberPerDay  int  `yaml:"per_number_per_day"`
}

// setDefaults fills a new account in before the file is laid over it.
func (a *SMSAccount) setDefaults() {
	a.Provider, a.Timeout, a.Transliterate, a.MaxParts, a.Currency, a.MaxMediaMB = "twilio", 15*time.Second, "auto", 4, "EUR", 10
	a.Autoreply = TextReplyConfig{Enabled: true, PerNumberPerHour: 6, PerNumberPerDay: 20}
}

var sidForm = regexp.MustCompile(`^[A-Za-z0-9]{2,64}$`)

// texts checks the accounts of text messages.
func (k *checker) texts(list []SMSAccount, names map[string]bool) {
	numbers := map[string]bool{}
	for i, a := range list {
		key := fmt.Sprintf("channels.sms[%d]", i)
		k.code(key+".name", a.Name, names)
		k.oneOf(key+".provider", a.Provider, "twilio")
		if !sidForm.MatchString(a.AccountSID) {
			k.fault(key+".account_sid", fmt.Sprintf("is %q", clip(a.AccountSID)), "write the identifier of the account, AC and 32 characters")
		}
		if len(a.AuthTokenFiles) == 0 {
			k.fault(key+".auth_token_files", "is not given", "put the auth token into a file and name it here")
		}
		if len(a.Numbers) == 0 && a.Service == "" {
			k.fault(key+".numbers", "is empty, and so is messaging_service_sid", `write the bureau's number, for example ["+38220234567"]`)
		}
		for j, n := range a.Numbers {
			if number.Parse(n, "").E164 != n {
				k.fault(fmt.Sprintf("%s.numbers[%d]", key, j), fmt.Sprintf("is %q, not a number in international form", clip(n)), "write + and the country code, without spaces: +38220234567")
			}
			if numbers[n] {
				k.fault(fmt.Sprintf("%s.numbers[%d]", key, j), "is a number of another account too", "one number belongs to one account")
			}
			numbers[n] = true
		}
		k.textLimits(key, a)
	}
}

func (k *checker) textLimits(key string, a SMSAccount) {
	if u, err := url.Parse(a.BaseURL); a.BaseURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname()))) {
		k.fault(key+".base_url", fmt.Sprintf("is %q, not an https address", clip(a.BaseURL)), `write "" for the provider's own`)
	}
	if !gsm.Mode(a.Transliterate).Known() {
		k.oneOf(key+".transliterate", a.Transliterate, "auto", "always", "never")
	}
	k.duration(key+".timeout", a.Timeout, time.Second, 2*time.Minute)
	k.number(key+".max_parts", a.MaxParts, 1, 10)
	k.number(key+".max_media_mb", a.MaxMediaMB, 1, 100)
	k.number(key+".autoreply.per_number_per_hour", a.Autoreply.PerNumberPerHour, 1, 1000)
	k.number(key+".autoreply.per_number_per_day", a.Autoreply.PerNumberPerDay, 1, 10_000)
	if a.PricePerPart < 0 || a.PricePerPart > 100 {
		k.fault(key+".price_per_part", "is no price", "write what one part costs, for example 0.05")
	}
	if strings.TrimSpace(a.Currency) == "" && a.PricePerPart > 0 {
		k.fault(key+".currency", "is empty, and there is a price", "write EUR")
	}
}
