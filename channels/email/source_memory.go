package email

import (
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/sistem48/system48/ticketing"
)

// What happens to a mail that cannot be fetched: after some failures it is left
// for a while, so that the others come in, and tried again for ever. A lost
// connection weighs less than an answer nobody understands: it is seldom the
// mail's fault.
const (
	strikesOut   = 6
	strikeLink   = 1
	strikeAnswer = 2
	firstPenalty = 10 * time.Second
	lastPenalty  = time.Hour
)

// A memory is what a Source keeps between its sessions with one folder. It may
// be lost at any time: the ledger knows better.
type memory struct {
	box     ticketing.Mailbox
	known   imap.UIDSet        // in the ledger
	checked imap.UIDSet        // compared with the ledger although already known
	high    uint32             // the largest UID seen
	strikes map[uint32]*strike // mails that made trouble
	batch   int                // how many mails a FETCH may be asked for; shrinks with trouble
	marks   int                // how many mails a MOVE may be asked for; shrinks with a slow server
}

// A strike counts the failures of one mail alone.
type strike struct {
	count int
	until time.Time // not tried before
}

// enter opens the memory of a folder; another folder or validity clears it.
func (m *memory) enter(box ticketing.Mailbox) (renewed bool) {
	if m.box == box {
		return false
	}
	renewed = m.box != (ticketing.Mailbox{})
	*m = memory{box: box, strikes: map[uint32]*strike{}, batch: maxBatch, marks: markChunk}
	return renewed
}

func (m *memory) add(uid uint32) {
	m.known.AddNum(imap.UID(uid))
	delete(m.strikes, uid)
}

func (m *memory) has(uid uint32) bool { return m.known.Contains(imap.UID(uid)) }

// fail notes that fetching mails together failed. The next attempt is smaller,
// until the mail to blame is alone.
func (m *memory) fail(metas []mailMeta, weight int, now time.Time) {
	if len(metas) == 1 {
		m.strike(metas[0].uid, weight, now)
	}
	m.batch = max(1, len(metas)/4)
}

func (m *memory) succeed() { m.batch = min(maxBatch, m.batch*2) }

func (m *memory) strike(uid uint32, weight int, now time.Time) {
	s := m.strikes[uid]
	if s == nil {
		s = &strike{}
		m.strikes[uid] = s
	}
	s.count += weight
	if over := s.count - strikesOut; over >= 0 {
		s.until = now.Add(min(lastPenalty, firstPenalty<<min(over, 10)))
	}
}

// struck reports whether a mail made trouble, and whether it must wait.
func (m *memory) struck(uid uint32, now time.Time) (trouble, wait bool) {
	s := m.strikes[uid]
	if s == nil {
		return false, false
	}
	return true, s.count >= strikesOut && now.Before(s.until)
}

// out counts the mails that cannot be fetched.
func (m *memory) out() int {
	n := 0
	for _, s := range m.strikes {
		if s.count >= strikesOut {
			n++
		}
	}
	return n
}

// forget drops the strikes of mails that are no longer there.
func (m *memory) forget(present map[uint32]bool) {
	for uid := range m.strikes {
		if !present[uid] {
			delete(m.strikes, uid)
		}
	}
}
