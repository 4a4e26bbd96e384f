package calllog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// How much is read and entered at once.
const (
	chunkBytes = 1 << 20
	chunkRows  = 1000
)

// A Logs is where what is read goes; *ticketing.CallLogs.
type Logs interface {
	Open(ctx context.Context, f ticketing.CallFile) (*ticketing.CallFile, error)
	Followed(ctx context.Context, source string) ([]ticketing.CallFile, error)
	Restart(ctx context.Context, f ticketing.CallFile) (*ticketing.CallFile, error)
	Enter(ctx context.Context, f *ticketing.CallFile, c ticketing.CallChunk) error
	Fail(ctx context.Context, f *ticketing.CallFile) error
}

// A Source is the configured name of an exchange and how its files are read.
type Source struct {
	Name   string
	Region string // ISO 3166 code for national forms of numbers; "" = the bureau's
	Format *Format
}

// A pass reads one file on.
type pass struct {
	source Source
	now    func() time.Time
	buf    []byte
	// reject, when not nil, is given each rejected line as it stands in the file.
	reject func(line []byte, n int64, f *Fault) error
}

// next reads the chunk behind where the file is. whole says that the file will
// not grow: a last line without its end is a line. Nothing read: n is 0.
func (p *pass) next(r io.ReaderAt, f *ticketing.CallFile, whole bool) (c ticketing.CallChunk, n int64, err error) {
	memo := Memo{}
	if f.Memo != "" {
		if err := json.Unmarshal([]byte(f.Memo), &memo); err != nil {
			return c, 0, fmt.Errorf("read memo: %w", err)
		}
	}
	if p.buf == nil {
		p.buf = make([]byte, chunkBytes)
	}
	got, err := r.ReadAt(p.buf, f.Offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return c, 0, err
	}
	end := err != nil // of the file, as it is now
	data := p.buf[:got]
	if memo.Charset == "" {
		if memo.Charset = p.source.Format.Charset; memo.Charset == "" {
			memo.Charset = DetectCharset(data)
		}
	}
	last := end && whole
	if !last && memo.Charset.width() == 2 {
		data = data[:len(data)&^1]
	}
	c, n, err = p.lines(data, &memo, f, last)
	if err != nil || n == 0 {
		return c, 0, err
	}
	if f.HeadLen < headBytes {
		if c.Head, c.HeadLen, err = head(r, min(headBytes, int(f.Offset+n))); err != nil {
			return c, 0, err
		}
	}
	text, err := json.Marshal(memo)
	if err != nil {
		return c, 0, err
	}
	c.Memo, c.Line, c.Offset, c.State = string(text), memo.Line, f.Offset+n, ticketing.CallFileReading
	return c, n, nil
}

// lines reads the lines in data. last says that what has no line end is the last
// line.
func (p *pass) lines(data []byte, memo *Memo, f *ticketing.CallFile, last bool) (c ticketing.CallChunk, n int64, err error) {
	reader := NewReader(p.source.Format, memo)
	now := p.now()
	for rows := 0; len(data) > 0 && rows < chunkRows; rows++ {
		end := memo.Charset.lineEnd(data)
		if memo.Within {
			// The rest of a line that was rejected for its length.
			if end < 0 {
				return c, n + int64(len(data)), nil
			}
			memo.Within = false
			data, n = data[end:], n+int64(end)
			continue
		}
		switch {
		case end >= 0:
		case last:
			end = len(data)
		case len(data) > MaxLine:
			end, memo.Within = len(data), true
		default:
			return c, n, nil
		}
		line := data[:end]
		data, n = data[end:], n+int64(end)
		leg, skip, fault := reader.Read(line, now)
		switch {
		case fault != nil:
			c.Rejects = append(c.Rejects, ticketing.CallReject{Line: memo.Line, Kind: string(fault.Kind), Column: fault.Column, Text: fault.Text})
			if p.reject != nil {
				if err := p.reject(line, memo.Line, fault); err != nil {
					return c, 0, err
				}
			}
		case skip != "":
			c.Ignored++
		default:
			c.Reports = append(c.Reports, p.source.report(leg, f.Since))
			c.Lines = append(c.Lines, leg.Line)
		}
	}
	return c, n, nil
}

// report says to the core what a line says. since is when history ends.
func (s Source) report(l Leg, since time.Time) ticketing.CallReport {
	r := ticketing.CallReport{
		Source: s.Name, Call: l.CallKey, Leg: l.LegKey, From: l.From, To: l.To, DID: l.DID, Region: s.Region, Queue: l.Queue,
		Direction: ticketing.CallIn, Started: l.Started, Answered: l.Answered, Ended: l.Ended, Recording: l.Recording,
		Past: l.Ended.Before(since),
	}
	if l.Direction == Out {
		r.Direction = ticketing.CallOut
	}
	switch l.Result {
	case Announced:
		r.Unattended = true
	case Voicemail:
		r.Voicemail, r.Unattended, r.Result = true, true, ticketing.CallVoicemail
	default:
		r.Result = ticketing.CallResult(l.Result)
	}
	switch {
	case l.Agent == "":
	case l.Result == Answered || l.Direction == Out:
		r.Extension = l.Agent
	default:
		r.Rings = []string{l.Agent}
	}
	return r
}
