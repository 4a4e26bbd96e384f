package email

import (
	"strings"

	"github.com/emersion/go-msgauth/authres"

	"github.com/sistem48/system48/ticketing"
)

// authResult tells what the city's own server found out about the sender
// (RFC 8601). Only Authentication-Results of a trusted server count, and only
// those above the first Received field that a foreign server wrote: everything
// below came with the mail and proves nothing (A75). A pass needs every DMARC
// result there to say so and to speak of the domain of From.
func (p *Parser) authResult(h mailHeader, trusted []string, from string) ticketing.Auth {
	_, domain, _ := strings.Cut(from, "@")
	pass, fail, other := false, false, false
	for _, v := range trustedResults(h, trusted) {
		for _, r := range dmarcResults(v) {
			switch {
			case r.Value == authres.ResultPass && (r.From == "" || sameDomain(r.From, domain)):
				pass = true
			case r.Value == authres.ResultFail || r.Value == authres.ResultHardFail:
				fail = true
			default:
				other = true
			}
		}
	}
	switch {
	case fail:
		return ticketing.AuthFail
	case pass && !other:
		return ticketing.AuthPass
	case p.ownDomain(domain):
		return ticketing.AuthFail
	}
	return ticketing.AuthNone
}

// ownDomain reports whether a sender's domain is the city's own.
func (p *Parser) ownDomain(domain string) bool {
	for _, d := range p.cfg.Domains {
		if domain != "" && (strings.EqualFold(d, domain) || strings.HasSuffix(domain, "."+strings.ToLower(d))) {
			return true
		}
	}
	return false
}

func sameDomain(result, from string) bool {
	result = strings.ToLower(strings.Trim(result, "<>.\"' "))
	if i := strings.LastIndexByte(result, '@'); i >= 0 {
		result = result[i+1:]
	}
	return result == from
}

// trustedResults gives the Authentication-Results of trusted servers that stand
// above the first foreign Received.
func trustedResults(h mailHeader, trusted []string) []string {
	if len(trusted) == 0 {
		return nil
	}
	var out []string
	border := false
	for i := range h {
		switch h[i].name {
		case "received":
			// Our servers' own trace: the field that took the mail over from
			// outside is the border; only results right below it are ours too.
			if border || !ourHost(receivedBy(h[i].value), trusted) {
				return out
			}
			border = !ourHost(receivedFrom(h[i].value), trusted)
		case "authentication-results":
			if id := authservID(h[i].value); len(out) < 10 && trustedID(id, trusted) {
				out = append(out, h[i].value)
			}
		}
	}
	return out
}

func authservID(v string) string {
	v = plainTokens(v)
	id, _, _ := strings.Cut(v, ";")
	f := strings.Fields(id)
	if len(f) == 0 || strings.Contains(f[0], "=") {
		// Microsoft 365 writes no id at all; "-" stands for it in the configuration.
		return "-"
	}
	return strings.ToLower(f[0])
}

func trustedID(id string, trusted []string) bool {
	for _, t := range trusted {
		if strings.EqualFold(t, id) {
			return true
		}
	}
	return false
}

// ourHost reports whether a host name in a trace field belongs to the servers
// whose results are trusted: the same name, a sibling in its domain, or a name
// that means something only inside (no dot, loopback).
func ourHost(host string, trusted []string) bool {
	host = strings.ToLower(strings.Trim(host, "[]().;"))
	if host == "" || !strings.Contains(host, ".") || strings.HasPrefix(host, "127.") {
		return !strings.Contains(host, ":") || host == "::1" || strings.HasPrefix(host, "ipv6:::1")
	}
	for _, t := range trusted {
		t = strings.ToLower(t)
		if host == t || strings.HasSuffix(host, "."+t) {
			return true
		}
		if _, parent, ok := strings.Cut(t, "."); ok && strings.Contains(parent, ".") && strings.HasSuffix(host, "."+parent) {
			return true
		}
	}
	return false
}

func receivedBy(v string) string   { return traceWord(v, "by") }
func receivedFrom(v string) string { return traceWord(v, "from") }

// traceWord gives the word after "by" or "from" in a Received field.
func traceWord(v, key string) string {
	f := strings.Fields(plainTokens(clip(v, 1000)))
	for i := 0; i+1 < len(f); i++ {
		if strings.EqualFold(f[i], key) {
			return f[i+1]
		}
	}
	return ""
}

// plainTokens drops comments and quoted strings: a sender may have put anything
// into them ("smtp.mailfrom=\"x;dmarc=pass\"@evil.example").
func plainTokens(v string) string {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '(':
			_, n := cutComment(v[i:])
			i += n - 1
			b.WriteByte(' ')
		case '"':
			_, rest := cutQuoted(v[i+1:])
			i = len(v) - len(rest) - 1
			b.WriteString("quoted")
		default:
			b.WriteByte(v[i])
		}
	}
	return b.String()
}

// dmarcResults reads the DMARC results of one field. A result that cannot be
// read is left out; the others still count.
func dmarcResults(v string) []*authres.DMARCResult {
	var out []*authres.DMARCResult
	v = plainTokens(clip(v, 8<<10))
	id, rest, _ := strings.Cut(v, ";")
	if strings.Contains(id, "=") {
		rest = v
	}
	for part := range strings.SplitSeq(rest, ";") {
		if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(part)), "dmarc") {
			continue
		}
		_, results, err := authres.Parse("x; " + strings.ReplaceAll(strings.ReplaceAll(part, " =", "="), "= ", "="))
		if err != nil {
			continue
		}
		for _, r := range results {
			if d, ok := r.(*authres.DMARCResult); ok {
				out = append(out, d)
			}
		}
	}
	return out
}
