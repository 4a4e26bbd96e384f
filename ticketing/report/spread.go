package report

import (
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"
)

// A Spread is a histogram of durations over buckets that grow by 5 %: it gives
// medians and percentiles within 2.5 %, and adds up.
type Spread map[int]int64

// growth is from one bucket to the next.
const growth = 1.05

var logGrowth = math.Log(growth)

// bucketOf gives the bucket of a duration in seconds; bucket 0 is below a minute.
func bucketOf(seconds int64) int {
	minutes := float64(seconds) / 60
	if minutes < 1 {
		return 0
	}
	return 1 + int(math.Floor(math.Log(minutes)/logGrowth))
}

// middle is the value a bucket stands for: the geometric middle, in seconds.
func middle(bucket int) int64 {
	if bucket == 0 {
		return 30
	}
	return int64(math.Round(60 * math.Exp((float64(bucket)-0.5)*logGrowth)))
}

func (s *Spread) add(seconds int64) {
	if *s == nil {
		*s = Spread{}
	}
	(*s)[bucketOf(max(seconds, 0))]++
}

func (s Spread) merge(o Spread) Spread {
	if len(o) == 0 {
		return s
	}
	if s == nil {
		return maps.Clone(o)
	}
	for b, n := range o {
		s[b] += n
	}
	return s
}

// Count is how many durations there are.
func (s Spread) Count() int64 {
	var n int64
	for _, c := range s {
		n += c
	}
	return n
}

// Percentile gives the duration in seconds that the share p (0 to 1) of all does
// not exceed; 0 of none.
func (s Spread) Percentile(p float64) int64 {
	n := s.Count()
	if n == 0 {
		return 0
	}
	rank := max(int64(math.Ceil(p*float64(n))), 1)
	for _, b := range slices.Sorted(maps.Keys(s)) {
		if rank -= s[b]; rank <= 0 {
			return middle(b)
		}
	}
	return 0
}

// Pack writes the histogram as bytes: pairs of the distance from the bucket
// before and the count. nil of none.
func (s Spread) Pack() []byte {
	var out []byte
	last := 0
	for _, b := range slices.Sorted(maps.Keys(s)) {
		out = binary.AppendUvarint(out, uint64(b-last)) //nolint:gosec // G115: ascending
		out = binary.AppendUvarint(out, uint64(s[b]))   //nolint:gosec // G115: a count
		last = b
	}
	return out
}

// AddPacked adds what Pack wrote.
func (s *Spread) AddPacked(packed []byte) error {
	b := 0
	for len(packed) > 0 {
		step, n := binary.Uvarint(packed)
		if n <= 0 {
			return errPacked
		}
		count, m := binary.Uvarint(packed[n:])
		if m <= 0 || step > math.MaxInt32 || count > math.MaxInt64 {
			return errPacked
		}
		packed = packed[n+m:]
		b += int(step) //nolint:gosec // G115: bounded in the line above
		if *s == nil {
			*s = Spread{}
		}
		(*s)[b] += int64(count) //nolint:gosec // G115: bounded above
	}
	return nil
}

var errPacked = errors.New("histogram is damaged")
