package ticketing

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Subscription is the wish of a member of staff to be mailed the report of a
// department, or of the city (0), every Friday morning. Heads have one for each
// of their departments unless they ended it.
type Subscription struct {
	Agent      AgentID
	Department DepartmentID
	Wanted     bool
	Issue      string // local day of the newest issue sent, or passed over: "2026-11-27"
	File       string // blob key of that issue; "" when it was passed over
}

// IssueHour is the local hour of Friday from which the reports of the week are
// mailed.
const IssueHour = 7

// IssueOf gives when the newest issue was due: the last Friday morning of the
// city. What ran late or not at all is made up for until the next one.
func IssueOf(now time.Time, zone *time.Location) time.Time {
	local := now.In(zone)
	y, m, d := local.Date()
	d -= (int(local.Weekday()) + 7 - int(time.Friday)) % 7
	issue := time.Date(y, m, d, IssueHour, 0, 0, 0, zone)
	if issue.After(now) {
		issue = time.Date(y, m, d-7, IssueHour, 0, 0, 0, zone)
	}
	return issue
}

// PrintedReport is an issue ready to be mailed.
type PrintedReport struct {
	Name string // of the report, in the reader's language
	Text string // the figures in a few lines
	URL  string // of the page with the same figures
	File string // name of the PDF
	PDF  []byte
}

// A ReportPress prints the report of the week before an issue as the member of
// staff may see it. Department 0 is the city. Errors: NotFound and Forbidden for
// what they may not.
type ReportPress func(ctx context.Context, a Agent, d DepartmentID, issue time.Time) (PrintedReport, error)

// Subscriptions mails the reports of the week. Everything may run again, and on
// several processes: an issue goes to a subscriber once.
type Subscriptions struct {
	*Bureau
	Blobs Blobs
	Press ReportPress
}

// ReportsOn reports whether the actor may read the report of the department: heads
// those of their own; 0 is the city as a whole.
func (a Actor) ReportsOn(d DepartmentID) bool {
	if !a.May(RightReports) {
		return false
	}
	return a.Role != RoleHead || has(a.Departments, d)
}

// Choose begins or ends the actor's subscription. It begins with the next issue.
// Errors: Forbidden without RightReports, NotFound for a department whose report
// is not the actor's to read.
func (s *Subscriptions) Choose(ctx context.Context, by Actor, d DepartmentID, wanted bool) error {
	if err := by.need(RightReports); err != nil {
		return err
	}
	dir, err := s.Store.Directory(ctx)
	if err != nil {
		return err
	}
	if _, known := dir.Department(d); by.Agent == 0 || !by.ReportsOn(d) || d != 0 && !known {
		return &Error{Kind: NotFound, Field: "department", Key: "department.unknown"}
	}
	issue := IssueOf(s.now(), dir.Rules.Zone()).Format(time.DateOnly)
	return s.Store.InTx(ctx, func(tx Tx) error {
		x, err := tx.Subscription(ctx, by.Agent, d)
		if errors.Is(err, NotFound) {
			x, err = &Subscription{Agent: by.Agent, Department: d}, nil
		}
		if err != nil || x.Wanted == wanted && x.Issue != "" {
			return err
		}
		x.Wanted = wanted
		x.Issue = max(x.Issue, issue)
		return tx.SaveSubscription(ctx, x)
	})
}

// Subscribed reports whether the actor is mailed the report of the department.
func (s *Subscriptions) Subscribed(ctx context.Context, by Actor, d DepartmentID) (bool, error) {
	x, err := s.Store.SubscriptionOf(ctx, by.Agent, d)
	if errors.Is(err, NotFound) {
		return by.Role == RoleHead && by.ReportsOn(d), nil
	}
	return err == nil && x.Wanted, err
}

// Send mails the newest issue to everybody who has not got it, and gives to how
// many. What fails for one does not keep the others.
func (s *Subscriptions) Send(ctx context.Context) (int, error) {
	dir, err := s.Store.Directory(ctx)
	if err != nil {
		return 0, err
	}
	issue := IssueOf(s.now(), dir.Rules.Zone())
	list, err := s.due(ctx, dir, issue.Format(time.DateOnly))
	if err != nil {
		return 0, err
	}
	sent := 0
	var errs []error
	for _, x := range list {
		a, known := dir.Agent(x.Agent)
		if d, ok := dir.Department(x.Department); !known || a.Disabled || !ActorOf(a).ReportsOn(x.Department) || x.Department != 0 && (!ok || d.Disabled) {
			continue
		}
		did, err := s.send(ctx, a, x.Department, issue)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("mail the report of department %d to agent %d: %w", x.Department, x.Agent, err))
		case did:
			sent++
		}
		if errors.Is(err, Busy) || ctx.Err() != nil {
			break
		}
	}
	return sent, errors.Join(errs...)
}

// due gives the subscriptions that wait for the issue. Heads whose departments
// have none yet get one, which begins with the next issue.
func (s *Subscriptions) due(ctx context.Context, dir *Directory, issue string) ([]Subscription, error) {
	var due []Subscription
	err := s.Store.InTx(ctx, func(tx Tx) error {
		due = nil
		list, err := tx.Subscriptions(ctx)
		if err != nil {
			return err
		}
		known := map[[2]int64]bool{}
		for _, x := range list {
			known[[2]int64{int64(x.Agent), int64(x.Department)}] = true
			if x.Wanted && x.Issue < issue {
				due = append(due, x)
			}
		}
		for _, a := range dir.Agents {
			if a.Role != RoleHead || a.Disabled {
				continue
			}
			for _, d := range a.Departments {
				if known[[2]int64{int64(a.ID), int64(d)}] {
					continue
				}
				if err := tx.SaveSubscription(ctx, &Subscription{Agent: a.ID, Department: d, Wanted: true, Issue: issue}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	slices.SortFunc(due, func(x, y Subscription) int {
		return cmp.Or(cmp.Compare(x.Agent, y.Agent), cmp.Compare(x.Department, y.Department))
	})
	return due, err
}

// send prints an issue and puts it into the outbox together with the note that
// it was; did is false when another process was first.
func (s *Subscriptions) send(ctx context.Context, a Agent, d DepartmentID, issue time.Time) (did bool, err error) {
	a.Language = a.Language.Or(s.Settings.Language)
	printed, err := s.Press(ctx, a, d, issue)
	if err != nil {
		return false, err
	}
	key, size, err := s.Blobs.Put(ctx, bytes.NewReader(printed.PDF), false)
	if err != nil {
		return false, err
	}
	tag, now, day := a.Language, s.now(), issue.Format(time.DateOnly)
	l, err := s.Letters.Compose(PurposeReport, tag, LetterData{Department: printed.Name, Body: printed.Text, ActionURL: printed.URL, AgentName: a.Name})
	if err != nil {
		return false, err
	}
	err = s.Store.InTx(ctx, func(tx Tx) error {
		did = false
		x, err := tx.Subscription(ctx, a.ID, d)
		if err != nil || !x.Wanted || x.Issue >= day {
			return err
		}
		id, err := tx.NextID(ctx, IDDelivery)
		if err != nil {
			return err
		}
		letter := s.newDelivery(DeliveryID(id), &Ticket{}, PurposeReport, Party{Address: NormalEmail(a.Email), Name: a.Name}, l, tag, now)
		letter.ToStaff, letter.ReplyTo = true, ""
		letter.Files = []Attachment{{Key: key, Name: printed.File, ContentType: "application/pdf", Size: size}}
		if err := tx.SaveDelivery(ctx, &letter); err != nil {
			return err
		}
		x.Issue, x.File = day, key
		did = true
		tx.Notify(Signal{Type: "outbox"})
		return tx.SaveSubscription(ctx, x)
	})
	return did, err
}
