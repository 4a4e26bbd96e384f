package calllog

import (
	"testing"
	"unicode/utf8"
)

// Whatever bytes come, each line is exactly one of leg, skipped and rejected,
// and a leg has keys, an order of times and text that can be stored (A91, F37).
func FuzzRead(f *testing.F) {
	for i, p := range Presets() {
		f.Add(uint8(i), []byte(cucm))
		f.Add(uint8(i), []byte(asteriskAt("1792893000.1")))
		f.Add(uint8(i), []byte(`"Ana","067","600","c","2026-11-23 10:00:00","","2026-11-23 10:00:20","20","0","NO_ANSWER","e29ff0ae-e752-11e3-8bff-65b6c3cdac7d","", "x"`+"\n"+string(p)))
		f.Add(uint8(i), []byte("\xff\xfe2\x000\x002\x006\x00\n\x00"))
		f.Add(uint8(i), []byte("2026-10-25 02:30:00,2026-10-25 02:10:00,067,101,600,x\n"))
	}
	f.Fuzz(func(t *testing.T, preset uint8, data []byte) {
		p := Presets()[int(preset)%len(Presets())]
		fm := Format{Preset: p}
		if p == Generic {
			fm.Columns = []string{"start", "end", "from", "agent", "to", "result"}
		}
		memo := &Memo{Charset: DetectCharset(data)}
		r := NewReader(format(t, fm), memo)
		for n := int64(1); len(data) > 0 && n < 200; n++ {
			end := memo.Charset.lineEnd(data)
			if end < 0 {
				end = len(data)
			}
			leg, skip, fault := r.Read(data[:end], now)
			data = data[end:]
			if memo.Line != n {
				t.Fatalf("line %d counted as %d", n, memo.Line)
			}
			if fault != nil {
				if leg.LegKey != "" || skip != "" || fault.Error() == "" || !utf8.ValidString(fault.Error()) {
					t.Fatalf("a rejected line is more than that: %+v %q %q", leg, skip, fault)
				}
				continue
			}
			if (skip == "") != (leg.LegKey != "") {
				t.Fatalf("skipped %q, key %q", skip, leg.LegKey)
			}
			if skip == "" && (leg.CallKey == "" || len(leg.LegKey) > maxKey || leg.Ended.Before(leg.Started) || leg.Result == "" ||
				(leg.Result == Answered) == leg.Answered.IsZero() || !leg.Answered.IsZero() && leg.Answered.Before(leg.Started)) {
				t.Fatalf("a leg that cannot be: %+v", leg)
			}
		}
	})
}

// A line has at least one column or is refused, and never more than the bound.
func FuzzSplit(f *testing.F) {
	f.Add(`"a""b","c", "d"`)
	f.Add(`a,"b`)
	f.Add(`""2185738219" <2185738219>","x"`)
	f.Fuzz(func(t *testing.T, s string) {
		fields, fault := splitFields(s, ',', nil)
		if (fault == nil) != (len(fields) > 0) || len(fields) > maxFields {
			t.Fatalf("%d fields, fault %v", len(fields), fault)
		}
	})
}
