package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/sistem48/system48/ticketing"
)

// Bounds of a password: at least twelve characters (NIST SP 800-63B asks eight
// and no composition rules), at most 1 KiB, so that hashing stays cheap (A65).
const (
	MinPassword      = 12
	MaxPasswordBytes = 1 << 10
)

// The argon2id parameters (RFC 9106 §4, OWASP's second choice): 19 MiB of
// memory, two passes, one lane.
const (
	argonMemory  = 19 * 1024
	argonTime    = 2
	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32
)

// hashing bounds how much memory passwords may take at once: two hashes.
var hashing = make(chan struct{}, 2)

// CheckPassword says what is wrong with a new password: Invalid about the
// field "password", nil when it is good.
func CheckPassword(password, email, name string) error {
	bad := func(key string, args map[string]any) error {
		return &ticketing.Error{Kind: ticketing.Invalid, Field: "password", Key: key, Args: args}
	}
	switch {
	case len(password) > MaxPasswordBytes:
		return bad("password.too_long", nil)
	case utf8.RuneCountInString(password) < MinPassword:
		return bad("password.too_short", map[string]any{"Min": MinPassword})
	}
	lower := strings.ToLower(password)
	if local, _, _ := strings.Cut(strings.ToLower(email), "@"); lower == strings.ToLower(email) || lower == strings.ToLower(name) || (len(local) >= 4 && strings.Trim(lower, "0123456789!.-_ ") == local) {
		return bad("password.personal", nil)
	}
	if isRepetition(lower) || commonPasswords[strings.Map(keepLetters, lower)] {
		return bad("password.common", nil)
	}
	return nil
}

// isRepetition reports passwords made of one piece of up to four characters.
func isRepetition(s string) bool {
	for n := 1; n <= 4; n++ {
		if len(s) > n && strings.Repeat(s[:n], len(s)/n+1)[:len(s)] == s {
			return true
		}
	}
	return false
}

func keepLetters(r rune) rune {
	if r >= 'a' && r <= 'z' {
		return r
	}
	return -1
}

// commonPasswords are words that long passwords are padded from, by their letters.
var commonPasswords = map[string]bool{
	"": true, "password": true, "passwordpassword": true, "lozinka": true, "lozinkalozinka": true, "sifra": true,
	"qwertyuiop": true, "qwertyuiopasdf": true, "qwertzuiop": true, "qwertzuiopasdf": true, "asdfghjkl": true, "asdfghjklqwe": true,
	"administrator": true, "adminadmin": true, "adminadminadmin": true, "podgorica": true, "crnagora": true, "montenegro": true,
	"sistem": true, "system": true, "abcdefghijkl": true, "abcdefghijklm": true, "letmein": true, "letmeinletmein": true,
	"iloveyou": true, "volimte": true, "volimtepuno": true, "welcome": true, "changeme": true, "changemechangeme": true,
}

// HashPassword gives the argon2id hash of a password in PHC form. It waits
// while two others are being computed; Busy when ctx ends first, Invalid when
// the password is longer than MaxPasswordBytes.
func HashPassword(ctx context.Context, password string) (string, error) {
	if len(password) > MaxPasswordBytes {
		return "", &ticketing.Error{Kind: ticketing.Invalid, Field: "password", Key: "password.too_long"}
	}
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	key, err := derive(ctx, password, salt, argonMemory, argonTime, argonThreads, argonKey)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

func derive(ctx context.Context, password string, salt []byte, memory, passes uint32, threads uint8, length uint32) ([]byte, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a free hashing place: %w", ticketing.Busy)
	}
	return argon2.IDKey([]byte(password), salt, passes, memory, threads, length), nil
}

// nobody is the hash of a password nobody has: comparing with it takes as long
// as comparing with a real one (A52).
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

var errHash = errors.New("not an argon2id hash in PHC form")

// VerifyPassword compares a password with a hash. An empty hash, an account
// without a password yet, matches nothing and takes as long. The error is Busy, or
// Internal when the hash is damaged.
func VerifyPassword(ctx context.Context, hash, password string) (bool, error) {
	if len(password) > MaxPasswordBytes {
		return false, nil
	}
	known := hash != ""
	if !known {
		hash = nobody
	}
	var version int
	var memory, passes uint32
	var threads uint8
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errHash
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &threads); err != nil || version != argon2.Version {
		return false, errHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) < 16 || len(want) > 64 || memory > 1<<20 || passes > 16 || passes < 1 || threads < 1 {
		return false, errHash
	}
	got, err := derive(ctx, password, salt, memory, passes, threads, uint32(len(want))) //nolint:gosec // at most 64
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

// fingerprint names a thing in keys of counters without telling it.
func fingerprint(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}
