package main

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing/calendar"
)

var (
	shortName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)
	hostName  = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$|^[0-9A-Fa-f:]+$`)
)

func (k *checker) channels(c ChannelsConfig) {
	names, addresses := map[string]bool{}, map[string]bool{}
	for i, a := range c.Email {
		key := fmt.Sprintf("channels.email[%d]", i)
		k.code(key+".name", a.Name, names)
		for _, own := range append([]string{a.Address}, a.Aliases...) {
			if addresses[strings.ToLower(own)] {
				k.fault(key+".address", fmt.Sprintf("%s is an address of another account too", own), "one address belongs to one mailbox")
			}
			addresses[strings.ToLower(own)] = true
		}
		k.account(key, a)
	}
	k.phone(c.Phone)
	k.texts(c.SMS, names)
}

// code checks a short stable name and that no other item has it.
func (k *checker) code(key, name string, seen map[string]bool) {
	switch {
	case !shortName.MatchString(name):
		k.fault(key, fmt.Sprintf("is %q, not a short name", clip(name)), "write 1 to 40 of a-z, 0-9 and -, for example main")
	case seen[name]:
		k.fault(key, fmt.Sprintf("is %q, like an earlier one", name), "give each its own")
	}
	seen[name] = true
}

func (k *checker) account(key string, a EmailAccount) {
	k.address(key+".address", a.Address)
	for i, alias := range a.Aliases {
		k.address(fmt.Sprintf("%s.aliases[%d]", key, i), alias)
	}
	if a.ReplyDomain != domainOf(a.Address) {
		k.host(key+".reply_domain", a.ReplyDomain)
	}
	k.imap(key+".imap", a.IMAP)
	k.smtp(key+".smtp", a.SMTP)
	if strings.Contains(a.IMAP.Auth+a.SMTP.Auth, "oauth") {
		k.oauth(key+".oauth", a.OAuth)
	}
	k.number(key+".autoreply.per_address_per_hour", a.Autoreply.PerAddressPerHour, 0, 1000)
	k.number(key+".autoreply.per_address_per_day", a.Autoreply.PerAddressPerDay, 0, 10_000)
	k.number(key+".autoreply.verified_per_day", a.Autoreply.VerifiedPerDay, 0, 10_000)
	k.number(key+".autoreply.overall_per_hour", a.Autoreply.OverallPerHour, 0, 1_000_000)
	if a.Autoreply.Enabled && len(a.TrustedAuthservIDs) == 0 {
		k.doubt(key+".trusted_authserv_ids", "is empty: no sender counts as verified", "name what your mail server writes first in Authentication-Results, for example [mx.example.me]")
	}
}

func (k *checker) imap(key string, c IMAPConfig) {
	k.server(key, c.Host, c.Port, c.TLS)
	k.login(key, c.Auth, c.PasswordFile, "password", "xoauth2", "oauthbearer")
	k.startFrom(key+".start_from", c.StartFrom)
	k.oneOf(key+".mark", c.Mark, "move", "keyword", "seen")
	if strings.TrimSpace(c.Folder) == "" {
		k.fault(key+".folder", "is empty", "write INBOX, or the folder to read")
	}
	if c.Mark == "move" {
		for name, folder := range map[string]string{"processed": c.Processed, "failed": c.Failed} {
			if strings.TrimSpace(folder) == "" || folder == c.Folder {
				k.fault(key+"."+name, fmt.Sprintf("is %q, and mails are to be moved there", folder), "name a folder other than "+c.Folder+", or choose mark: keyword")
			}
		}
	}
	k.number(key+".batch", c.Batch, 1, 50)
	k.number(key+".batch_mb", c.BatchMB, 1, 256)
	k.number(key+".max_message_mb", c.MaxMessageMB, 1, 100)
	k.duration(key+".poll_interval", c.PollInterval, time.Second, time.Hour)
}

func (k *checker) startFrom(key, v string) {
	const remedy = "write now to begin with mail that arrives from today on, all for everything in the folder, or a date such as 2026-11-01"
	switch v {
	case "all", "now":
		return
	case "":
		k.fault(key, "is not given", remedy)
		return
	}
	if _, err := calendar.ParseDate(v); err != nil {
		k.fault(key, fmt.Sprintf("is %q", clip(v)), remedy)
	}
}

func (k *checker) smtp(key string, c SMTPConfig) {
	k.server(key, c.Host, c.Port, c.TLS)
	k.login(key, c.Auth, c.PasswordFile, "none", "password", "xoauth2", "oauthbearer")
	if _, err := mail.ParseAddress(c.From); err != nil {
		k.fault(key+".from", fmt.Sprintf("is %q, not an address", clip(c.From)), `write "Sistem 48 <s48@example.me>" in quotes, or the address alone`)
	}
	k.duration(key+".timeout", c.Timeout, time.Second, 10*time.Minute)
	k.number(key+".max_per_connection", c.MaxPerConnection, 1, 10_000)
}

func (k *checker) server(key, host string, port int, tls string) {
	if host == "" {
		k.fault(key+".host", "is not given", "write the name of the server, for example mail.example.me")
	} else {
		k.host(key+".host", host)
	}
	k.number(key+".port", port, 1, 65535)
	k.oneOf(key+".tls", tls, "tls", "starttls", "none")
	if tls == "none" && !loopback(host) {
		k.doubt(key+".tls", "is none: the password and every mail travel unencrypted", "use tls or starttls")
	}
}

func (k *checker) host(key, host string) {
	if !hostName.MatchString(host) {
		k.fault(key, fmt.Sprintf("is %q, not the name of a host", clip(host)), "write a name or an address, without port or protocol")
	}
}

func (k *checker) login(key, auth, passwordFile string, allowed ...string) {
	k.oneOf(key+".auth", auth, allowed...)
	if auth == "password" && passwordFile == "" {
		k.fault(key+".password_file", "is not given", "put the password into a file and name it here, or choose another auth")
	}
	if auth != "password" && passwordFile != "" {
		k.fault(key+".password_file", "is given, and auth is "+auth, "take one of them away")
	}
}

func (k *checker) oauth(key string, c OAuthConfig) {
	u, err := url.Parse(c.TokenURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		k.fault(key+".token_url", fmt.Sprintf("is %q, not an https address", clip(c.TokenURL)), "write the token endpoint of the provider")
	}
	if c.ClientID == "" {
		k.fault(key+".client_id", "is not given", "write the id that the provider gave this application")
	}
	if c.ClientSecretFile == "" && c.RefreshTokenFile == "" {
		k.fault(key+".refresh_token_file", "is not given, and neither is client_secret_file", "name the file of the refresh token, of the client secret, or both")
	}
}

func (k *checker) address(key, s string) {
	if a, err := mail.ParseAddress(s); err != nil || a.Name != "" || a.Address != s || domainOf(s) == "" {
		k.fault(key, fmt.Sprintf("is %q, not an e-mail address", clip(s)), "write it as s48@example.me, without a name")
	}
}

// domainOf gives what stands behind the last @.
func domainOf(address string) string {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return ""
	}
	return address[i+1:]
}
