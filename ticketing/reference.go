package ticketing

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Reference is a ticket's public name, "S48-26-004812-6": prefix, two-digit
// year, number of six digits or more, and a Damm check digit over year and
// number. It can be read out on the telephone; by itself it shows nothing to
// anybody.
type Reference string

// damm is the quasigroup of order 10 of H. Michael Damm's check-digit scheme
// (dissertation, Marburg 2004): it finds every single wrong digit and every
// swap of neighbours.
var damm = [10][10]uint8{
	{0, 3, 1, 7, 5, 9, 8, 6, 4, 2},
	{7, 0, 9, 2, 1, 5, 4, 8, 6, 3},
	{4, 2, 0, 6, 8, 7, 1, 3, 5, 9},
	{1, 7, 5, 0, 9, 8, 3, 4, 2, 6},
	{6, 1, 2, 3, 0, 4, 5, 9, 7, 8},
	{3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
	{5, 8, 6, 9, 7, 2, 0, 1, 3, 4},
	{8, 9, 4, 5, 3, 6, 2, 0, 1, 7},
	{9, 4, 3, 8, 6, 1, 7, 2, 0, 5},
	{2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
}

func checkDigit(digits string) byte {
	var interim uint8
	for i := range len(digits) {
		interim = damm[interim][digits[i]-'0']
	}
	return '0' + interim
}

// NewReference builds the reference of the n-th ticket of a year.
func NewReference(prefix string, year int, n int64) Reference {
	digits := fmt.Sprintf("%02d%06d", year%100, n)
	return Reference(fmt.Sprintf("%s-%s-%s-%c", prefix, digits[:2], digits[2:], checkDigit(digits)))
}

var referencePattern = regexp.MustCompile(`(?i)([A-Z][A-Z0-9]{0,9})[-–—‑ ]{1,2}(\d{2})[-–—‑ ]{0,2}(\d{6,12})[-–—‑ ]{0,2}(\d)`)

// ParseReference reads a reference as people type it (lower case, spaces or
// long dashes for hyphens, no prefix). A wrong check digit is Invalid.
func ParseReference(prefix, s string) (Reference, error) {
	s = strings.TrimSpace(s)
	if len(s) > 40 {
		return "", invalid("reference", "reference.malformed")
	}
	if s != "" && s[0] >= '0' && s[0] <= '9' {
		s = prefix + "-" + s
	}
	found := FindReferences(prefix, s)
	if len(found) != 1 {
		return "", invalid("reference", "reference.malformed")
	}
	return found[0], nil
}

// FindReferences gives the well-formed references of the prefix within a text,
// in order, without repeats, at most eight of them.
func FindReferences(prefix, text string) []Reference {
	if len(text) > MaxText {
		text = text[:MaxText]
	}
	var out []Reference
	seen := map[Reference]bool{}
	for _, m := range referencePattern.FindAllStringSubmatchIndex(text, 64) {
		end := m[1]
		if end < len(text) && text[end] >= '0' && text[end] <= '9' {
			continue
		}
		// The prefix may stand behind other letters ("[S48-…" or "predmetS48-…").
		head := strings.ToUpper(text[m[2]:m[3]])
		if !strings.HasSuffix(head, prefix) {
			continue
		}
		digits := text[m[4]:m[5]] + text[m[6]:m[7]]
		if checkDigit(digits) != text[m[8]] {
			continue
		}
		ref := Reference(prefix + "-" + digits[:2] + "-" + digits[2:] + "-" + text[m[8]:m[9]])
		if !seen[ref] && len(out) < 8 {
			seen[ref] = true
			out = append(out, ref)
		}
	}
	return out
}

// Number gives the year and number within the reference.
func (r Reference) Number() (year int, n int64) {
	parts := strings.Split(string(r), "-")
	if len(parts) != 4 {
		return 0, 0
	}
	year, _ = strconv.Atoi(parts[1])
	n, _ = strconv.ParseInt(parts[2], 10, 64)
	return year, n
}

// Short is the number as agents say it: "4812".
func (r Reference) Short() string {
	_, n := r.Number()
	return strconv.FormatInt(n, 10)
}

// crockford is Douglas Crockford's base 32: no I, L, O, U.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// A Keyring holds the secrets of the installation. The first key of a list
// makes, all of them verify, so that a key can be changed without breaking
// what was sent before.
type Keyring struct {
	Tracking [][]byte // tracking codes of citizens
	Thread   [][]byte // token addresses and Message-IDs
	Link     [][]byte // signed links in letters
}

// TrackingCode gives the twelve characters that, together with the reference,
// open the citizen's status page: the first 60 bits of HMAC-SHA256 over
// reference and epoch in Crockford's base 32. Raising the epoch revokes it.
func (k Keyring) TrackingCode(ref Reference, epoch int) string {
	return trackingCode(k.Tracking[0], ref, epoch)
}

func trackingCode(key []byte, ref Reference, epoch int) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "track\x00%s\x00%d", ref, epoch)
	bits := binary.BigEndian.Uint64(mac.Sum(nil))
	var code [12]byte
	for i := range code {
		code[i] = crockford[bits>>59]
		bits <<= 5
	}
	return string(code[:])
}

// CheckTrackingCode compares in constant time; case, spaces, hyphens and the
// letters people mistake (O for 0, I and L for 1) do not matter.
func (k Keyring) CheckTrackingCode(ref Reference, epoch int, code string) bool {
	if len(code) > 64 {
		return false
	}
	code = strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(code))
	ok := false
	for _, key := range k.Tracking {
		if hmac.Equal([]byte(code), []byte(trackingCode(key, ref, epoch))) {
			ok = true
		}
	}
	return ok
}

// ReferralCode gives the sixteen characters that open the page of a referral:
// 80 bits of HMAC-SHA256 over ticket, number and epoch. It is bound to that one
// referral; raising the epoch revokes it.
func (k Keyring) ReferralCode(ref Reference, n, epoch int) string {
	return referralCode(k.Link[0], ref, n, epoch)
}

func referralCode(key []byte, ref Reference, n, epoch int) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "referral\x00%s\x00%d\x00%d", ref, n, epoch)
	return base32.NewEncoding(crockford).WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:10])
}

// CheckReferralCode compares in constant time.
func (k Keyring) CheckReferralCode(ref Reference, n, epoch int, code string) bool {
	ok := false
	for _, key := range k.Link {
		if hmac.Equal([]byte(code), []byte(referralCode(key, ref, n, epoch))) {
			ok = true
		}
	}
	return ok
}

// referenceYear is the year a reference carries: that of the city's local time.
func referenceYear(at time.Time, zone *time.Location) int { return at.In(zone).Year() }
