package ticketing

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strconv"
	"strings"
)

// Threads of e-mail are kept by two signed marks (DESIGN D17): the token
// address "local+t<ticket>.<mac>@domain" that answers go to, and our own
// Message-ID "s48.<delivery>.<mac>@domain". One verifier, no legacy form,
// constant time; whatever does not verify is as if it were not there.

const macLength = 16 // base-32 characters, 80 bits

var macEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func mac(key []byte, label string, id int64) string {
	h := hmac.New(sha256.New, key)
	fmt.Fprintf(h, "%s\x00%d", label, id)
	return macEncoding.EncodeToString(h.Sum(nil))[:macLength]
}

func verifyMAC(keys [][]byte, label string, id int64, got string) bool {
	ok := false
	for _, key := range keys {
		if hmac.Equal([]byte(mac(key, label, id)), []byte(got)) {
			ok = true
		}
	}
	return ok
}

// TicketTag gives the tag of a ticket's token address: "t812.k7qf…".
func (k Keyring) TicketTag(id TicketID) string {
	return fmt.Sprintf("t%d.%s", id, mac(k.Thread[0], "ticket", int64(id)))
}

// VerifyTicketTag gives the ticket that a tag names, ok only when its MAC holds.
func (k Keyring) VerifyTicketTag(tag string) (id TicketID, ok bool) {
	n, sum, ok := splitToken(tag, "t")
	if !ok || !verifyMAC(k.Thread, "ticket", n, sum) {
		return 0, false
	}
	return TicketID(n), true
}

// MessageIDHeader gives the Message-ID of a delivery, without angle brackets.
func (k Keyring) MessageIDHeader(id DeliveryID, domain string) string {
	return fmt.Sprintf("s48.%d.%s@%s", id, mac(k.Thread[0], "delivery", int64(id)), domain)
}

// VerifyMessageID gives the delivery whose Message-ID this is, ok only when its
// MAC holds; the domain does not matter.
func (k Keyring) VerifyMessageID(messageID string) (id DeliveryID, ok bool) {
	local, _, found := strings.Cut(strings.Trim(messageID, "<> \t\r\n"), "@")
	if !found {
		return 0, false
	}
	rest, found := strings.CutPrefix(strings.ToLower(local), "s48.")
	if !found {
		return 0, false
	}
	n, sum, ok := splitToken(rest, "")
	if !ok || !verifyMAC(k.Thread, "delivery", n, sum) {
		return 0, false
	}
	return DeliveryID(n), true
}

// splitToken reads "<prefix><number>.<mac>" with a number of at most 18 digits.
func splitToken(s, prefix string) (n int64, sum string, ok bool) {
	rest, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(s)), prefix)
	digits, sum, dot := strings.Cut(rest, ".")
	if !found || !dot || len(digits) == 0 || len(digits) > 18 || len(sum) != macLength || digits[0] == '0' {
		return 0, "", false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 {
		return 0, "", false
	}
	return n, sum, true
}
