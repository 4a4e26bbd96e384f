package email

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
)

// maxUIDs bounds how many mails of one folder are looked at.
const maxUIDs = 4 << 20

// A mailMeta is what is asked of a mail before its bytes.
type mailMeta struct {
	uid  uint32
	seq  uint32    // as of the moment of asking
	size int64     // RFC822.SIZE, which some servers only estimate
	date time.Time // INTERNALDATE; zero when the server gave none
}

// search gives the UIDs of the mails that are not marked as deleted, ascending:
// all, only those from a UID on, or only those without our keyword.
func (s *imapSession) search(ctx context.Context, from uint32, unmarked bool) ([]uint32, error) {
	criteria := &imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}}
	if from > 1 {
		criteria.UID = []imap.UIDSet{{{Start: imap.UID(from), Stop: 0}}}
	}
	if unmarked {
		criteria.NotFlag = append(criteria.NotFlag, imap.Flag(keywordAccepted))
	}
	var uids []uint32
	err := s.do(ctx, quickLimit, func() error {
		data, err := s.c.UIDSearch(criteria, nil).Wait()
		if err != nil {
			return err
		}
		set, _ := data.All.(imap.UIDSet)
		uids, err = expand(set, from)
		return err
	})
	return uids, err
}

// expand lists a set. The library's own way of doing it never ends on a set
// that reaches to the largest number. "UID n:*" also yields the last mail when
// that is below n (RFC 9051 §6.4.4), hence from.
func expand(set imap.UIDSet, from uint32) ([]uint32, error) {
	var uids []uint32
	for _, r := range set {
		if r.Start == 0 || r.Stop == 0 {
			return nil, errors.New("the server answered SEARCH with an open range")
		}
		first, last := uint64(max(uint32(r.Start), from)), uint64(r.Stop)
		if last >= first && last-first+uint64(len(uids)) >= maxUIDs {
			return nil, fmt.Errorf("the server claims more than %d mails", maxUIDs)
		}
		for uid := first; uid <= last; uid++ {
			uids = append(uids, uint32(uid))
		}
	}
	slices.Sort(uids)
	return slices.Compact(uids), nil
}

// metas asks for size and date of the mails. Those that are gone are missing
// from the answer, and one that comes without its UID too.
func (s *imapSession) metas(ctx context.Context, uids []uint32) ([]mailMeta, error) {
	if len(uids) == 0 {
		return nil, nil
	}
	set := uidSet(uids)
	found := make([]mailMeta, 0, len(uids))
	err := s.exchange(ctx, quickLimit, s.stall, s.chatter()+int64(200*len(uids)), func() error {
		msgs, err := s.c.Fetch(set, &imap.FetchOptions{UID: true, InternalDate: true, RFC822Size: true}).Collect()
		for _, m := range msgs {
			if m.UID != 0 && m.RFC822Size >= 0 {
				found = append(found, mailMeta{uid: uint32(m.UID), seq: m.SeqNum, size: m.RFC822Size, date: m.InternalDate})
			}
		}
		return err
	})
	slices.SortFunc(found, func(a, b mailMeta) int { return int(int64(a.uid) - int64(b.uid)) })
	return found, err
}

func uidSet(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, uid := range uids {
		set.AddNum(imap.UID(uid))
	}
	return set
}
