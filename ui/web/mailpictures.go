package web

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
)

// SanitizeMailWithPictures is [SanitizeMail] for a reader who asked to see the
// pictures from elsewhere: their addresses remain, always over https and never
// into a local network or to own, the host of this site, where the reader's
// session would go along (A13). Only [ServeMail] lets them load.
func SanitizeMailWithPictures(body string, cid func(contentID string) string, placeholder, own string) SafeMail {
	m := sanitizeMail(body, mailPolicyWithPictures(), func(n *html.Node) (string, bool) {
		return localOr(n, cid, func(src string) string { return outsidePicture(src, own) })
	}, placeholder)
	m.Outside = true
	return m
}

// mailPolicyWithPictures lets pictures keep an address of the world.
var mailPolicyWithPictures = sync.OnceValue(func() *bluemonday.Policy {
	return newMailPolicy(regexp.MustCompile(ownImage.String() + `|^https://[^\s"'<>]+$`))
})

// maxAddress bounds the address of a picture, in bytes.
const maxAddress = 2000

// outsidePicture gives the address under which a picture from elsewhere may be
// asked for, "" when it may not: http becomes https, and what names this site,
// an address instead of a name, a name without a dot (a printer, a router), a
// port or a password is no picture.
func outsidePicture(src, own string) string {
	u, err := url.Parse(strings.TrimSpace(src))
	if err != nil || len(src) > maxAddress || u.User != nil || u.Port() != "" || u.Opaque != "" || (u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "") {
		return ""
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") || host == strings.ToLower(own) || numericHost(host) ||
		strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".internal") || strings.HasSuffix(host, ".localhost") {
		return ""
	}
	u.Scheme, u.Fragment = "https", ""
	return u.String()
}

// numericHost reports a host that browsers read as an address although no
// parser of ours does: 127.1, 0x7f.0.0.1 and the like end in a number.
func numericHost(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last != "" && (last[0] >= '0' && last[0] <= '9')
}
