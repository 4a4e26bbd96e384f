package storage

import (
	"strconv"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// rungs are the steps of a ladder as a clock keeps them: steps between "|", of
// each with commas between the seconds after due, whom it tells, and its three
// instants (to be taken, taken, due when taken) as microseconds in base 36 from
// the clock's due instant, or from 1970 when nothing is due. "" is no steps, an
// empty field at the end is left out.
type rungs string

const rungFields = 5

func rungsOf(list []ticketing.Rung, due time.Time) rungs {
	steps := make([]string, len(list))
	for i, r := range list {
		f := []string{strconv.FormatInt(int64(r.After/time.Second), 10), string(r.Tell)}
		for _, at := range []time.Time{r.At, r.Taken, r.Due} {
			f = append(f, sinceDue(at, due))
		}
		steps[i] = strings.TrimRight(strings.Join(f, ","), ",")
	}
	return rungs(strings.Join(steps, "|"))
}

func sinceDue(at, due time.Time) string {
	switch {
	case at.IsZero():
		return ""
	case due.IsZero():
		return strconv.FormatInt(at.UnixMicro(), 36)
	}
	return strconv.FormatInt(at.UnixMicro()-due.UnixMicro(), 36)
}

// list reads what rungsOf wrote. A step that cannot be read is left out: the
// ladder brings it back when the clock is next looked at.
func (r rungs) list(due time.Time) []ticketing.Rung {
	if r == "" {
		return nil
	}
	var out []ticketing.Rung
	for step := range strings.SplitSeq(string(r), "|") {
		f := strings.Split(step, ",")
		after, err := strconv.ParseInt(f[0], 10, 64)
		if err != nil || len(f) < 2 || len(f) > rungFields {
			continue
		}
		var at [3]time.Time
		for i, text := range f[2:] {
			if n, err := strconv.ParseInt(text, 36, 64); err == nil {
				at[i] = fromDue(n, due)
			}
		}
		out = append(out, ticketing.Rung{After: time.Duration(after) * time.Second, Tell: ticketing.Tell(f[1]), At: at[0], Taken: at[1], Due: at[2]})
	}
	return out
}

func fromDue(n int64, due time.Time) time.Time {
	if !due.IsZero() {
		n += due.UnixMicro()
	}
	return time.UnixMicro(n).UTC()
}
