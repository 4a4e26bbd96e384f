package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// maxFirstLook bounds, in characters, what a Digest tells of a mail.
const maxFirstLook = 500

// A Digest reads the bytes of one mail as they stream by and tells afterwards
// what the intake ledger needs of them, without ever holding more than the
// header in memory. The zero Digest is not usable; see NewDigest.
type Digest struct {
	raw     hash.Hash
	content hash.Hash
	head    []byte // the bytes until the header is complete
	seen    int    // how much of head was searched for the header's end
	body    bool   // the header is complete
	look    DigestResult
}

// A DigestResult is what a Digest found out. Strings are decoded as well as
// their bytes allow, hold no control characters and at most 500 characters; they
// are for people to recognise a mail by and decide nothing.
type DigestResult struct {
	RawSHA256 string // hex SHA-256 of every byte
	// ContentKey is the hex SHA-256 over the fields Message-ID, From, Date and
	// Subject and the bytes after the header: the same mail delivered by two
	// ways has one. A mail without both Message-ID and Date, or whose header
	// has no end, is keyed by all of its bytes, because then nothing but its
	// text would tell a second report of a citizen from a second copy.
	ContentKey string
	Size       int64 // bytes written
	From       string
	Subject    string
	MessageID  string // without angle brackets
}

// NewDigest gives a Digest for one mail.
func NewDigest() *Digest {
	return &Digest{raw: sha256.New(), content: sha256.New()}
}

// Write takes the next bytes of the mail. It never fails.
func (d *Digest) Write(p []byte) (int, error) {
	d.raw.Write(p)
	d.look.Size += int64(len(p))
	if d.body {
		d.content.Write(p)
		return len(p), nil
	}
	n := min(len(p), maxHeadBytes+1-len(d.head))
	d.head = append(d.head, p[:n]...)
	if end := d.headEnd(); end > 0 {
		d.openBody(end)
	} else if len(d.head) > maxHeadBytes {
		d.openBody(0)
	}
	if d.body {
		d.content.Write(p[n:])
	}
	return len(p), nil
}

// Sum gives the result for everything written so far and ends the digest:
// nothing may be written afterwards.
func (d *Digest) Sum() DigestResult {
	if !d.body {
		d.openBody(0)
	}
	d.look.RawSHA256 = hex.EncodeToString(d.raw.Sum(nil))
	d.look.ContentKey = hex.EncodeToString(d.content.Sum(nil))
	return d.look
}

// headEnd looks for the blank line after the header and gives the offset of
// what follows it, 0 while there is none. Blank lines before the first field
// end nothing.
func (d *Digest) headEnd() int {
	at := d.seen
	for at < len(d.head) {
		i := bytes.IndexByte(d.head[at:], '\n')
		if i < 0 {
			break
		}
		next := at + i + 1
		blank := len(bytes.TrimRight(d.head[at:next-1], "\r")) == 0
		if blank && len(bytes.TrimSpace(bytes.TrimPrefix(d.head[:at], []byte("\xef\xbb\xbf")))) > 0 {
			return next
		}
		at = next
	}
	d.seen = at
	return 0
}

// openBody keys the header and goes over to the body, which begins at end; end
// 0 says that the header has no end that could be found.
func (d *Digest) openBody(end int) {
	block := d.head
	if end > 0 {
		block = d.head[:end]
	}
	s := scrub(block[:min(len(block), maxHeadBytes)])
	id := cutMessageID(s.head.get("message-id"))
	d.look.MessageID = cleanLine(rawHeaderText(id), maxFirstLook)
	d.look.Subject = cleanLine(decodeWords(clip(s.head.get("subject"), 8*maxFirstLook)), maxFirstLook)
	d.look.From = cleanLine(decodeWords(clip(s.head.get("from"), 8*maxFirstLook)), maxFirstLook)

	for _, name := range []string{"message-id", "from", "date", "subject"} {
		for _, v := range s.head.all(name) {
			d.key(v)
		}
		d.key("")
	}
	if end == 0 || id == "" && s.head.get("date") == "" {
		d.content.Write(d.head)
	} else {
		d.content.Write(d.head[end:])
	}
	d.body, d.head = true, nil
}

// key adds one string with its length, so that no two lists of strings meet.
func (d *Digest) key(s string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(s)))
	d.content.Write(n[:])
	d.content.Write([]byte(s))
}

// clip cuts a string to at most n bytes.
func clip(s string, n int) string {
	return s[:min(len(s), n)]
}

// cutMessageID gives the id between angle brackets, or the first word when
// there are none.
func cutMessageID(v string) string {
	ids := messageIDs(v, 1)
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}
