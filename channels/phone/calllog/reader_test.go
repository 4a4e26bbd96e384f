package calllog

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

var podgorica = func() *time.Location {
	l, err := time.LoadLocation("Europe/Podgorica")
	if err != nil {
		panic(err)
	}
	return l
}()

// now is when the tests read; no sample is later.
var now = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func format(t testing.TB, f Format) *Format {
	t.Helper()
	if f.Zone == nil {
		f.Zone = podgorica
	}
	out, err := NewFormat(f)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// read gives what became of each line.
func read(t testing.TB, f *Format, text string) (legs []Leg, skips []Skip, faults []string) {
	t.Helper()
	memo := &Memo{Charset: CharsetMixed}
	r := NewReader(f, memo)
	for line := range strings.Lines(text) {
		leg, skip, fault := r.Read([]byte(line), now)
		switch {
		case fault != nil:
			faults = append(faults, fault.Error())
		case skip != "":
			skips = append(skips, skip)
		default:
			legs = append(legs, leg)
		}
	}
	return legs, skips, faults
}

func utc(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", s)
	if err != nil {
		panic(err)
	}
	return t
}

// The lines are those that the makers' documents and their users show.
func TestPresetsReadTheirLines(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		format Format
		line   string
		want   Leg
	}{
		{
			name: "asterisk 18, answered", format: Format{Preset: Asterisk},
			line: `"","38267123456","8001","call_line",""""" <38267123456>","SIP/sip0-00000015","SIP/8001-00000016","Dial","TELCHAN\/5,,tF(hangup,h,2)","2020-08-27 11:09:40","2020-08-27 11:09:45","2020-08-27 11:20:40",660,654,"ANSWERED","DOCUMENTATION","1598519380.114",""`,
			want: Leg{Line: 1, Direction: In, From: "38267123456", To: "8001", Started: utc("2020-08-27 09:09:40"), Answered: utc("2020-08-27 09:09:45"), Ended: utc("2020-08-27 09:20:40"), Result: Answered, Agent: "8001"},
		},
		{
			name: "asterisk 18, busy, no answer time", format: Format{Preset: Asterisk},
			line: `"","067123456","8002","sip0","""8001"" <8001>","TELCHAN/5/22","SIP/sip0-00000013","Dial","SIP/8002@sip0,,gT","2020-08-27 11:02:40",,"2020-08-27 11:02:40",0,0,"BUSY","DOCUMENTATION","1598518960.99",""`,
			want: Leg{Line: 1, Direction: In, From: "067123456", To: "8002", Started: utc("2020-08-27 09:02:40"), Ended: utc("2020-08-27 09:02:40"), Result: Busy, Agent: "sip0"},
		},
		{
			name: "asterisk 16, lengths in quotes, an apostrophe", format: Format{Preset: Asterisk},
			line: `"1234","4830258576","*72*1234*8584","admin","""Joana D'Arc"" <4830258576>","PJSIP/8576-5f30","PJSIP/8584-9153","Dial","PJSIP/8584,30,tT","2006-03-27 16:05:00","2006-03-27 16:05:00","2006-03-27 16:05:00","0","0","ANSWERED","DOCUMENTATION"`,
			want: Leg{Line: 1, Direction: In, From: "4830258576", To: "*72*1234*8584", Started: utc("2006-03-27 14:05:00"), Answered: utc("2006-03-27 14:05:00"), Ended: utc("2006-03-27 14:05:00"), Result: Answered, Agent: "8584"},
		},
		{
			name: "asterisk, given up in the queue: the exchange answered, nobody else", format: Format{Preset: Asterisk},
			line: `"","067123456","600","from-queue","""Ana"" <067123456>","PJSIP/trunk-1","","Queue","bureau,t,,,300","2026-11-23 10:00:00","2026-11-23 10:00:01","2026-11-23 10:01:00",60,59,"ANSWERED","DOCUMENTATION","1763888400.7",""`,
			want: Leg{Line: 1, Direction: In, From: "067123456", To: "600", Started: utc("2026-11-23 09:00:00"), Ended: utc("2026-11-23 09:01:00"), Result: Announced, Queue: "bureau"},
		},
		{
			name: "asterisk, voicemail", format: Format{Preset: Asterisk},
			line: `"","067123456","600","ext","","PJSIP/trunk-1","","VoiceMail","100@default","2026-11-23 10:00:00","2026-11-23 10:00:01","2026-11-23 10:01:00",60,59,"ANSWERED","DOCUMENTATION","1763888400.7",""`,
			want: Leg{Line: 1, Direction: In, From: "067123456", To: "600", Started: utc("2026-11-23 09:00:00"), Ended: utc("2026-11-23 09:01:00"), Result: Voicemail},
		},
		{
			name: "asterisk 21, out", format: Format{Preset: Asterisk},
			line: `"","101","067123456","from-internal","","PJSIP/101-1","PJSIP/trunk-2","Dial","PJSIP/067123456@trunk","2026-11-23 10:00:00","","2026-11-23 10:00:20",20,0,"NO ANSWER","DOCUMENTATION","1763888400.7","","","1763888400.7",12`,
			want: Leg{Line: 1, CallKey: "1763888400.7", LegKey: "1763888400.7/12", Direction: Out, From: "101", To: "067123456", Started: utc("2026-11-23 09:00:00"), Ended: utc("2026-11-23 09:00:20"), Result: Missed, Agent: "101"},
		},
		{
			name: "freeswitch, not answered, fourteen columns", format: Format{Preset: FreeSWITCH},
			line: `"9008","9008","+34688886392","public","2014-05-29 17:01:32","","2014-05-29 17:01:32","0","0","NORMAL_CLEARING","e29ff0ae-e752-11e3-8bff-65b6c3cdac7d","","",""`,
			want: Leg{Line: 1, CallKey: "e29ff0ae-e752-11e3-8bff-65b6c3cdac7d", LegKey: "e29ff0ae-e752-11e3-8bff-65b6c3cdac7d", Direction: Out, From: "9008", To: "+34688886392", Started: utc("2014-05-29 15:01:32"), Ended: utc("2014-05-29 15:01:32"), Result: Missed, Agent: "9008"},
		},
		{
			name: "freeswitch, a space before the last column, a name with its own marks", format: Format{Preset: FreeSWITCH},
			line: `""Ana" Perić","067123456","600","public","2026-11-23 10:00:00","2026-11-23 10:00:09","2026-11-23 10:02:00","120","111","NORMAL_CLEARING","e29ff0ae-e752-11e3-8bff-65b6c3cdac7d","f29ff0ae-e752-11e3-8bff-65b6c3cdac7d", "city"`,
			want: Leg{Line: 1, CallKey: "e29ff0ae-e752-11e3-8bff-65b6c3cdac7d", LegKey: "e29ff0ae-e752-11e3-8bff-65b6c3cdac7d", Direction: In, From: "067123456", To: "600", Started: utc("2026-11-23 09:00:00"), Answered: utc("2026-11-23 09:00:09"), Ended: utc("2026-11-23 09:02:00"), Result: Answered},
		},
		{
			name: "3cx, an agent of a queue", format: Format{Preset: ThreeCX, Columns: []string{"historyid", "callid", "duration", "time-start", "time-answered", "time-end", "reason-terminated", "from-no", "to-no", "final-dn", "from-type", "to-type", "final-type"}},
			line: `Call 7,000001,00:01:51,2026/11/23 10:00:00,2026/11/23 10:00:09,2026/11/23 10:02:00,TerminatedBySrc,067123456,Ext.800,Ext.101,Line,Queue,Extension`,
			want: Leg{Line: 1, CallKey: "000001", LegKey: "7", Direction: In, From: "067123456", To: "800", Started: utc("2026-11-23 09:00:00"), Answered: utc("2026-11-23 09:00:09"), Ended: utc("2026-11-23 09:02:00"), Result: Answered, Agent: "101", Queue: "800"},
		},
		{
			name: "generic, semicolons, our own words", format: Format{Preset: Generic, Comma: ';', Columns: []string{"start", "from", "to", "talk", "result", "-"}},
			line: `23.11.2026 10:00:00;067 123 456;020/234-567;111;Odgovoren;x`,
			want: Leg{Line: 1, Direction: In, From: "067 123 456", To: "020/234-567", Started: utc("2026-11-23 09:00:00"), Answered: utc("2026-11-23 09:00:00"), Ended: utc("2026-11-23 09:01:51"), Result: Answered},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			legs, _, faults := read(t, format(t, tc.format), tc.line+"\n")
			if len(legs) != 1 {
				t.Fatalf("%d legs, faults %q", len(legs), faults)
			}
			got := legs[0]
			if got.CallKey == "" || got.LegKey == "" {
				t.Errorf("a leg without keys: call %q, leg %q", got.CallKey, got.LegKey)
			}
			if tc.want.CallKey == "" {
				got.CallKey, got.LegKey = "", ""
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("leg (-want +got):\n%s", diff)
			}
		})
	}
}

const cucm = `"cdrRecordType","globalCallID_callManagerId","globalCallID_callId","dateTimeOrigination","callingPartyNumber","originalCalledPartyNumber","finalCalledPartyNumber","dateTimeConnect","dateTimeDisconnect","destCause_value","pkid","duration","globalCallId_ClusterID"
INTEGER,INTEGER,INTEGER,INTEGER,VARCHAR(50),VARCHAR(50),VARCHAR(50),INTEGER,INTEGER,INTEGER,UNIQUEIDENTIFIER,INTEGER,VARCHAR(50)
1,1,42,1795428000,"067123456","800","101",1795428009,1795428120,16,"6a1c7e0e-0000-4f1e-9d6c-000000000001",111,"S1"
1,1,42,1795428000,"067123456","800","102",0,1795428009,0,"6a1c7e0e-0000-4f1e-9d6c-000000000002",0,"S1"
1,1,43,1795428000,"067123456","800","800",0,1795428020,17,"6a1c7e0e-0000-4f1e-9d6c-000000000003",0,"S1"
2,1,42,1,1,1,1,1,1,1,1,1,"S1"
`

func TestCUCMIsReadByItsHeadings(t *testing.T) {
	t.Parallel()
	legs, skips, faults := read(t, format(t, Format{Preset: CUCM, Zone: time.UTC}), cucm)
	if len(faults) > 0 || len(skips) != 3 || len(legs) != 3 {
		t.Fatalf("%d legs, skipped %v, faults %q", len(legs), skips, faults)
	}
	if legs[0].CallKey != legs[1].CallKey || legs[0].CallKey != "S1/1/42" || legs[2].CallKey == legs[0].CallKey {
		t.Errorf("calls %q, %q, %q: the first two are one", legs[0].CallKey, legs[1].CallKey, legs[2].CallKey)
	}
	if got := []Result{legs[0].Result, legs[1].Result, legs[2].Result}; !cmp.Equal(got, []Result{Answered, Missed, Busy}) {
		t.Errorf("results %v", got)
	}
	_, _, faults = read(t, format(t, Format{Preset: CUCM}), strings.Join(strings.Split(cucm, "\n")[2:4], "\n")+"\n")
	if len(faults) != 2 || !strings.Contains(faults[0], "does not name the columns") {
		t.Errorf("without headings: %q", faults)
	}
}

// What cannot be true is rejected with its reason, and spoils no other line (A91).
func TestBadLinesAreRejectedWithTheReason(t *testing.T) {
	t.Parallel()
	good := `2026-11-23 10:00:00,067123456,600,60,missed`
	for _, tc := range []struct{ name, line, want string }{
		{"future", `2031-11-23 10:00:00,067123456,600,60,missed`, `start: a time in the future: is the zone right? ("2031-11-23 10:00:00")`},
		{"1970", `1970-01-01 01:00:00,067123456,600,60,missed`, `start: a time before 2000: did the exchange's clock run? ("1970-01-01 01:00:00")`},
		{"negative", `2026-11-23 10:00:00,067123456,600,-60,missed`, `duration: a negative length ("-60")`},
		{"no length", `2026-11-23 10:00:00,067123456,600,abc,missed`, `duration: not a length ("abc")`},
		{"no time", `soon,067123456,600,60,missed`, `start: not a time ("soon")`},
		{"empty time", `,067123456,600,60,missed`, `start: not a time`},
		{"spring gap", `2026-03-29 02:30:00,067123456,600,60,missed`, `start: a time that the zone skips: is the zone right? ("2026-03-29 02:30:00")`},
		{"half quote", `2026-11-23 10:00:00,"067123456,600,60,missed`, `a quotation mark is not closed`},
		{"too few", `2026-11-23 10:00:00,067123456`, `wrong number of columns (2)`},
		{"too many", good + `,`, `wrong number of columns (6)`},
		{"a million columns", strings.Repeat(",", 60000), `wrong number of columns (more than 256)`},
		{"endless", strings.Repeat("x", MaxLine+1), `longer than 64 KiB`},
		{"zero bytes", "2026-11-23 10:00:00,0671\x00\x0056,600,60,missed", `holds zero bytes`},
		{"outcome", `2026-11-23 10:00:00,067123456,600,60,maybe`, `result: an unknown outcome ("maybe")`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := format(t, Format{Preset: Generic, Columns: []string{"start", "from", "to", "duration", "result"}})
			legs, _, faults := read(t, f, good+"\n"+tc.line+"\n"+good+"\n")
			if len(legs) != 2 || legs[1].Line != 3 {
				t.Errorf("%d good lines were read, not 2", len(legs))
			}
			if len(faults) != 1 || faults[0] != tc.want {
				t.Errorf("fault %q, want %q", faults, tc.want)
			}
		})
	}
}

// A caller who calls himself by columns of a record does not become one (A91).
func TestCallerNamesCannotWriteColumns(t *testing.T) {
	t.Parallel()
	f := format(t, Format{Preset: FreeSWITCH})
	rest := `","067123456","600","public","2026-11-23 10:00:00","","2026-11-23 10:00:20","20","0","ORIGINATOR_CANCEL","e29ff0ae-e752-11e3-8bff-65b6c3cdac7d","",""`
	for _, name := range []string{
		`x","+38220000000`, `x","+38220000000","600`,
		`x","1","2","c","2026-11-23 10:00:00","","2026-11-23 10:00:00","0","0","NORMAL_CLEARING","f29ff0ae-e752-11e3-8bff-65b6c3cdac7d","",""`,
	} {
		if legs, _, _ := read(t, f, `"`+name+rest+"\n"); len(legs) != 0 {
			t.Errorf("the name %q made a leg from %q", name, legs[0].From)
		}
	}
	if legs, _, faults := read(t, f, `"x`+rest+"\n"); len(legs) != 1 {
		t.Errorf("without it: %q", faults)
	}
}

// The same rows in another charset are the same legs (F37).
func TestCharsetsAreFoundOut(t *testing.T) {
	t.Parallel()
	columns := []string{"start", "from", "to", "duration", "result", "agent"}
	text := "2026-11-23 10:00:00,067123456,600,60,Propušten,Šćepan Đurović\r\n2026-11-23 10:05:00,067123456,600,60,answered,Žarko\r\n"
	utf16 := func(e unicode.Endianness, b unicode.BOMPolicy) []byte {
		out, err := unicode.UTF16(e, b).NewEncoder().Bytes([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	cp1250, err := charmap.Windows1250.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{
		"utf-8": []byte(text), "utf-8 with mark": []byte("\ufeff" + text), "marks between": []byte(strings.ReplaceAll(text, "\n2026", "\n\ufeff2026")),
		"windows-1250": cp1250, "utf-16le with mark": utf16(unicode.LittleEndian, unicode.UseBOM), "utf-16be with mark": utf16(unicode.BigEndian, unicode.UseBOM),
		"utf-16le": utf16(unicode.LittleEndian, unicode.IgnoreBOM), "utf-16be": utf16(unicode.BigEndian, unicode.IgnoreBOM),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			memo := &Memo{Charset: DetectCharset(raw)}
			r := NewReader(format(t, Format{Preset: Generic, Columns: columns}), memo)
			var agents []string
			for len(raw) > 0 {
				end := memo.Charset.lineEnd(raw)
				if end < 0 {
					t.Fatalf("no line end in %q", raw)
				}
				leg, _, fault := r.Read(raw[:end], now)
				if fault != nil {
					t.Fatal(fault)
				}
				agents, raw = append(agents, leg.Agent), raw[end:]
			}
			if diff := cmp.Diff([]string{"Šćepan Đurović", "Žarko"}, agents); diff != "" {
				t.Errorf("agents (-want +got):\n%s", diff)
			}
		})
	}
	if _, _, faults := read(t, format(t, Format{Preset: Generic, Columns: columns}), "\xff\xfe2\x00,\x00\n"); len(faults) != 1 {
		t.Errorf("UTF-16 in a file that is none: faults %q", faults)
	}
}

// The hour from 2 to 3 comes twice on 25 October 2026. What a line says about
// itself tells which is meant, then the order of the lines.
func TestTheHourThatComesTwice(t *testing.T) {
	t.Parallel()
	generic := Format{Preset: Generic, Columns: []string{"start", "end", "duration", "from", "leg"}}
	for _, tc := range []struct {
		name, lines string
		format      Format
		want        []string // when each began, UTC
	}{
		{
			name: "by order", format: generic,
			lines: "2026-10-25 02:10:00,2026-10-25 02:11:00,60,067,1\n2026-10-25 02:50:00,2026-10-25 02:51:00,60,067,2\n2026-10-25 02:20:00,2026-10-25 02:21:00,60,067,3\n2026-10-25 02:40:00,2026-10-25 02:41:00,60,067,4\n",
			want:  []string{"2026-10-25 00:10:00", "2026-10-25 00:50:00", "2026-10-25 01:20:00", "2026-10-25 01:40:00"},
		},
		{
			name: "by length across the change", format: generic,
			lines: "2026-10-25 02:55:00,2026-10-25 02:05:00,600,067,1\n2026-10-25 02:55:00,2026-10-25 03:05:00,600,067,2\n2026-10-25 02:55:00,2026-10-25 03:05:00,4200,067,3\n",
			want:  []string{"2026-10-25 00:55:00", "2026-10-25 01:55:00", "2026-10-25 00:55:00"},
		},
		{
			name: "by the instant in the identifier", format: Format{Preset: Asterisk},
			lines: asteriskAt("1792893000.1") + asteriskAt("1792889400.2"),
			want:  []string{"2026-10-25 01:30:00", "2026-10-25 00:30:00"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			legs, _, faults := read(t, format(t, tc.format), tc.lines)
			var got []string
			for _, l := range legs {
				got = append(got, l.Started.Format("2006-01-02 15:04:05"))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("began (-want +got), faults %q:\n%s", faults, diff)
			}
		})
	}
}

func asteriskAt(unique string) string {
	return `"","067123456","600","c","","PJSIP/t-1","","Queue","b","2026-10-25 02:30:00","","2026-10-25 02:30:00",0,0,"NO ANSWER","D","` + unique + `",""` + "\n"
}

// Telephones that ring one after another within a call are legs of it; the same
// line again is the same leg; another caller is another call.
func TestLegsOfOneCall(t *testing.T) {
	t.Parallel()
	row := func(src, dst, disposition, unique string) string {
		return `"","` + src + `","600","c","","PJSIP/t-1","PJSIP/` + dst + `-1","Queue","b","2026-11-23 10:00:00","","2026-11-23 10:00:20",20,0,"` + disposition + `","D","` + unique + `",""` + "\n"
	}
	text := row("067123456", "101", "NO ANSWER", "1795424400.7") + row("067123456", "102", "NO ANSWER", "1795424400.7") +
		row("067123456", "103", "ANSWERED", "1795424403.9") + row("069555111", "104", "NO ANSWER", "1795424401.8") + row("", "105", "NO ANSWER", "1795424401.9") + row("", "105", "NO ANSWER", "1795424402.1")
	legs, _, faults := read(t, format(t, Format{Preset: Asterisk}), text+text)
	if len(legs) != 12 {
		t.Fatalf("%d legs, faults %q", len(legs), faults)
	}
	calls, keys := map[string]int{}, map[string]int{}
	for _, l := range legs {
		calls[l.CallKey]++
		keys[l.LegKey]++
	}
	want := map[string]int{"1795424400.7": 6, "1795424401.8": 2, "1795424401.9": 2, "1795424402.1": 2}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Errorf("legs by call (-want +got):\n%s", diff)
	}
	if len(keys) != 6 {
		t.Errorf("%d keys for 6 different lines: %v", len(keys), keys)
	}
}

func TestFormatsThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]Format{
		"no preset": {Preset: "panasonic"}, "generic without columns": {Preset: Generic},
		"unknown column": {Preset: Generic, Columns: []string{"start", "from", "end", "colour"}},
		"twice":          {Preset: Generic, Columns: []string{"start", "from", "end", "from"}},
		"no end":         {Preset: Generic, Columns: []string{"start", "from"}},
		"no start":       {Preset: Asterisk, Columns: []string{"src", "dst", "duration", "disposition"}},
		"charset":        {Preset: Asterisk, Charset: "ebcdic"},
	} {
		if _, err := NewFormat(f); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}
