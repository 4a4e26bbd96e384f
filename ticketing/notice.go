package ticketing

import (
	"context"
	"errors"
	"slices"
	"time"
)

// NoticeID identifies a notice.
type NoticeID int64

// A Notice is that somebody is to be told of a promise in danger or broken: it
// commits with the event of the step (I7). One without an Address has not been
// given to anybody yet.
type Notice struct {
	ID        NoticeID
	Ticket    TicketID
	Ref       Reference // of the ticket; read only
	Clock     ClockKind
	After     time.Duration // from due; negative: before
	Tell      Tell
	Ladder    string
	Due       time.Time
	At        time.Time // when the step was taken
	Agent     AgentID   // 0: an address that is no member of staff's
	Address   string
	SendAfter time.Time // collected with others until then
	ToldAt    time.Time // zero: not yet
}

// NoticeReads is what pages read of notices.
type NoticeReads interface {
	// NoticesOf lists the newest notices to the agent, at most n.
	NoticesOf(ctx context.Context, a AgentID, n int) ([]Notice, error)
}

// Escalation tells people of the steps that were taken.
type Escalation struct{ *Bureau }

// Bounds of telling: an address is told at most once in noticeEvery, of all that
// came together meanwhile; a letter lists so many and counts the rest.
const (
	noticeEvery  = 15 * time.Minute
	noticeBatch  = 5000
	noticeListed = 200
)

// Run tells everybody who is to be told by now, each address in one letter, and
// returns how many notices were worked. It may run on several processes.
func (e *Escalation) Run(ctx context.Context) (did int, err error) {
	dir, err := e.Store.Directory(ctx)
	if err != nil {
		return 0, err
	}
	err = e.Store.InTx(ctx, func(tx Tx) error {
		now := e.now()
		list, err := tx.DueNotices(ctx, now, noticeBatch)
		did = len(list)
		if err != nil || len(list) == 0 {
			return err
		}
		last, err := tx.ToldSince(ctx, now.Add(-noticeEvery))
		if err != nil {
			return err
		}
		var all []Notice
		for _, n := range list {
			if n.Address != "" {
				all = append(all, n)
				continue
			}
			t, err := tx.TicketByID(ctx, n.Ticket)
			if err != nil {
				return err
			}
			all = append(all, addressed(dir, t, n, now)...)
		}
		if err := e.tell(ctx, tx, dir, all, last, now); err != nil {
			return err
		}
		return tx.SaveNotices(ctx, all)
	})
	return did, err
}

// addressed gives the notice to whom it is for: the first of assignee, heads,
// office and the department's own address that there is, from its step upwards.
// The first of several keeps the identifier.
func addressed(dir *Directory, t *Ticket, n Notice, now time.Time) []Notice {
	var out []Notice
	to := func(agent AgentID, address string) {
		if address == "" || slices.ContainsFunc(out, func(o Notice) bool { return o.Address == address }) {
			return
		}
		x := n
		if len(out) > 0 {
			x.ID = 0
		}
		if a, ok := find(dir.Agents, func(a *Agent) bool { return agent == 0 && a.Email == address && !a.Disabled }); ok {
			agent = a.ID
		}
		x.Agent, x.Address = agent, address
		out = append(out, x)
	}
	from := slices.Index(Tells(), n.Tell)
	if from <= 0 {
		if a, ok := dir.Agent(t.Assignee); ok && !a.Disabled {
			to(a.ID, a.Email)
		}
	}
	if from <= 1 && len(out) == 0 {
		for i := range dir.Agents {
			if a := &dir.Agents[i]; a.Role == RoleHead && !a.Disabled && a.In(t.Department) {
				to(a.ID, a.Email)
			}
		}
	}
	if len(out) == 0 {
		l, _ := dir.Rules.Ladder(n.Ladder, 0)
		for _, address := range l.Office {
			to(0, address)
		}
	}
	if d, _ := dir.Department(t.Department); len(out) == 0 {
		to(0, NormalEmail(d.Email))
	}
	if len(out) == 0 { // nobody to tell: the event and the lists say it
		n.ToldAt = now
		out = append(out, n)
	}
	return out
}

// tell writes one letter to each address whose time has come, and puts the rest off.
func (e *Escalation) tell(ctx context.Context, tx Tx, dir *Directory, all []Notice, last map[string]time.Time, now time.Time) error {
	groups := map[string][]*Notice{}
	var order []string
	for i := range all {
		n := &all[i]
		if n.Address == "" {
			continue
		}
		if before, told := last[n.Address]; told {
			n.SendAfter = before.Add(noticeEvery)
			continue
		}
		if groups[n.Address] == nil {
			order = append(order, n.Address)
		}
		groups[n.Address] = append(groups[n.Address], n)
	}
	for _, address := range order {
		group := groups[address]
		l, err := e.letter(ctx, tx, dir, group, now)
		if err != nil {
			return err
		}
		if err := e.toStaff(ctx, tx, l.purpose, address, l.Letter, now); err != nil {
			return err
		}
		for _, n := range group {
			n.ToldAt = now
			if n.Agent != 0 {
				tx.Notify(Signal{Type: "notice", Agent: n.Agent})
			}
		}
	}
	return nil
}

type noticeLetter struct {
	Letter

	purpose Purpose
}

// letter tells of one promise with its explanation, or of several in a list, the
// earliest due first. Nothing of the citizen stands in it.
func (e *Escalation) letter(ctx context.Context, tx Tx, dir *Directory, group []*Notice, now time.Time) (noticeLetter, error) {
	tag := e.Settings.Language
	if a, ok := dir.Agent(group[0].Agent); ok && a.Language != "" {
		tag = a.Language
	}
	if len(group) == 1 {
		return e.oneNotice(ctx, tx, dir, *group[0], now)
	}
	sorted := slices.Clone(group)
	slices.SortStableFunc(sorted, func(x, y *Notice) int { return x.Due.Compare(y.Due) })
	data := LetterData{ActionURL: e.Settings.PublicURL + "/agent/notices"}
	seen := map[TicketID]bool{}
	for _, n := range sorted {
		if seen[n.Ticket] {
			continue
		}
		if seen[n.Ticket] = true; len(data.Refs) < noticeListed {
			data.Refs = append(data.Refs, LetterRef{Ref: n.Ref, TrackingURL: e.Settings.PublicURL + TicketPath(n.Ref), Due: n.Due})
		} else {
			data.More++
		}
	}
	l, err := e.Letters.Compose(PurposeEscalation, tag, data)
	return noticeLetter{l, PurposeEscalation}, err
}

func (e *Escalation) oneNotice(ctx context.Context, tx Tx, dir *Directory, n Notice, now time.Time) (noticeLetter, error) {
	tag := e.Settings.Language
	data := LetterData{Ref: n.Ref, Due: n.Due, ActionURL: e.Settings.PublicURL + TicketPath(n.Ref)}
	if a, ok := dir.Agent(n.Agent); ok {
		data.AgentName = a.Name
		if a.Language != "" {
			tag = a.Language
		}
	}
	t, err := tx.TicketByID(ctx, n.Ticket)
	if err != nil {
		return noticeLetter{}, err
	}
	if d, ok := dir.Department(t.Department); ok {
		data.Department = NameIn(d.Names, tag)
	}
	if c := t.clock(n.Clock); c != nil {
		x, err := dir.Rules.Explain(*c, t.Pauses, now)
		if err != nil && !errors.Is(err, Conflict) {
			return noticeLetter{}, err
		}
		if err == nil {
			data.Why = &x
		}
	}
	l, err := e.Letters.Compose(PurposeWarning, tag, data)
	return noticeLetter{l, PurposeWarning}, err
}
