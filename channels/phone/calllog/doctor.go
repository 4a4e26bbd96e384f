package calllog

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A Check is one thing that was looked at, for an operator.
type Check struct {
	Name   string
	OK     bool
	Detail string
	Remedy string // what to do when it is not well
}

// sampleLines is how many of the last lines are read to see whether the preset
// fits, sampleBytes how far back they are looked for.
const (
	sampleLines = 200
	sampleBytes = 256 << 10
	// oldLine is the age after which it is asked whether the exchange still writes.
	oldLine = 7 * 24 * time.Hour
)

// Doctor looks whether the files can be read, their lines fit the format, when
// the last one was written and whether its time can be right. Nothing is entered.
func Doctor(path string, f *Format, now func() time.Time) []Check {
	file, info, check := newest(path)
	if file == nil {
		return []Check{check}
	}
	defer func() { _ = file.Close() }()
	list := []Check{check}
	if info.Size() == 0 {
		return append(list, Check{Name: "lines", OK: true, Detail: "the file is empty so far"})
	}
	legs, faults, n := sample(file, info.Size(), f, now())
	if n == 0 {
		return append(list, Check{Name: "lines", OK: true, Detail: "no whole line so far"})
	}
	ahead := slices.DeleteFunc(slices.Clone(faults), func(x *Fault) bool { return x.Kind != FaultFuture })
	faults = slices.DeleteFunc(faults, func(x *Fault) bool { return x.Kind == FaultFuture })
	fit := Check{Name: "columns", OK: len(faults)*10 <= n, Detail: fmt.Sprintf("%d of the last %d lines fit the preset %s", n-len(faults), n, f.Preset)}
	if len(faults) > 0 {
		fit.Detail += "; last one that does not: " + faults[len(faults)-1].Error()
	}
	if fit.Remedy = "is it the right preset? Name the columns under csv.columns in the order of the file"; len(faults) == 0 {
		fit.Remedy = ""
	}
	return append(append(list, fit), age(legs, ahead, now(), f)...)
}

// newest opens the followed file, or the newest of a folder.
func newest(path string) (*os.File, os.FileInfo, Check) {
	c := Check{Name: "file", Remedy: "let the user of system48 read it, and write the full path under csv.path"}
	name := path
	if folder, pattern, err := (&Follower{Path: path}).folder(); err == nil && folder != "" {
		entries, err := os.ReadDir(folder)
		if err != nil {
			c.Detail = err.Error()
			return nil, nil, c
		}
		var at time.Time
		name = ""
		for _, e := range entries {
			info, err := e.Info()
			match, bad := filepath.Match(pattern, e.Name())
			if err == nil && bad == nil && match && e.Type().IsRegular() && finished(e.Name()) && info.ModTime().After(at) {
				at, name = info.ModTime(), filepath.Join(folder, e.Name())
			}
		}
		if name == "" {
			c.OK, c.Remedy, c.Detail = true, "", "the folder can be read; no file in it yet"
			return nil, nil, c
		}
	}
	file, info, err := open(name)
	if err != nil {
		c.Detail = err.Error()
		return nil, nil, c
	}
	c.OK, c.Remedy, c.Detail = true, "", fmt.Sprintf("%s can be read, %d bytes", filepath.Base(name), info.Size())
	return file, info, c
}

// sample reads the last lines of a file; n is how many were records.
func sample(r io.ReaderAt, size int64, f *Format, now time.Time) (legs []Leg, faults []*Fault, n int) {
	begin := max(0, size-sampleBytes) &^ 1
	data := make([]byte, size-begin)
	got, _ := r.ReadAt(data, begin)
	data = data[:got]
	head := make([]byte, headBytes)
	got, _ = r.ReadAt(head, 0)
	memo := &Memo{Charset: f.Charset}
	if memo.Charset == "" {
		memo.Charset = DetectCharset(head[:got])
	}
	reader := NewReader(f, memo)
	if begin > 0 {
		if end := memo.Charset.lineEnd(data); end >= 0 {
			data = data[end:]
		}
		if f.headed {
			// The names of the columns are where the file begins.
			first := make([]byte, MaxLine)
			got, _ := r.ReadAt(first, 0)
			if end := memo.Charset.lineEnd(first[:got]); end >= 0 {
				_, _, _ = reader.Read(first[:end], now)
			}
		}
	}
	var lines [][]byte
	for {
		end := memo.Charset.lineEnd(data)
		if end < 0 {
			break
		}
		lines, data = append(lines, data[:end]), data[end:]
	}
	if skip := len(lines) - sampleLines; skip > 0 {
		for _, l := range lines[:min(skip, 2)] {
			_, _, _ = reader.Read(l, now) // headings
		}
		lines = lines[skip:]
	}
	for _, l := range lines {
		leg, skip, fault := reader.Read(l, now)
		switch {
		case fault != nil:
			faults = append(faults, fault)
		case skip == "":
			legs = append(legs, leg)
		case skip != SkipInternal:
			continue
		}
		n++
	}
	return legs, faults, n
}

// age tells when the last call ended, and whether its zone can be right: the
// last line of a file in use is young and never ahead.
func age(legs []Leg, ahead []*Fault, now time.Time, f *Format) []Check {
	zone := Check{Name: "zone", OK: len(ahead) == 0, Detail: fmt.Sprintf("times are read as of %s", f.Zone)}
	if !zone.OK {
		zone.Detail += fmt.Sprintf(", and %d of the last lines are ahead of now: %s", len(ahead), ahead[len(ahead)-1].Text)
		zone.Remedy = "set csv.timezone to the zone of the exchange's clock, or set that clock"
	}
	if len(legs) == 0 {
		return []Check{zone}
	}
	old := now.Sub(legs[len(legs)-1].Ended)
	last := Check{Name: "last line", OK: old < oldLine, Detail: fmt.Sprintf("ended %s ago", max(old, 0).Round(time.Second))}
	if !last.OK {
		last.Remedy = "does the exchange still write to this file?"
	}
	return []Check{last, zone}
}
