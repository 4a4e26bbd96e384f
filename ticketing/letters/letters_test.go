package letters

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
	"github.com/sistem48/system48/ticketing/lang"
)

var update = flag.Bool("update", false, "write the golden files anew")

func zone(t testing.TB) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Europe/Podgorica")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func local(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, zone(t))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// rules are the shipped profiles with the holidays of Montenegro.
func rules(t testing.TB) *ticketing.Rulebook {
	t.Helper()
	holidays, err := calendar.Montenegro(2026, 2027)
	if err != nil {
		t.Fatal(err)
	}
	week := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	windows := func(from, to calendar.Minute) []calendar.Window {
		var out []calendar.Window
		for _, d := range week {
			out = append(out, calendar.Window{Day: d, From: from, To: to})
		}
		return out
	}
	var calendars []*calendar.Calendar
	for _, s := range []calendar.Spec{
		{Name: "working-days", Version: 1, Zone: "Europe/Podgorica", Weekly: windows(0, calendar.EndOfDay), Holidays: holidays},
		{Name: "office-hours", Version: 1, Zone: "Europe/Podgorica", Weekly: windows(7*60, 15*60), Holidays: holidays},
	} {
		c, err := calendar.New(s)
		if err != nil {
			t.Fatal(err)
		}
		calendars = append(calendars, c)
	}
	const target = 48 * time.Hour
	b, err := ticketing.NewRulebook(zone(t), []ticketing.Profile{
		{Name: "24x7", Version: 1, Start: ticketing.FromReceipt, Calendar: "24x7", Target: target, WorkCalendar: "working-days"},
		{Name: "tivat", Version: 1, Start: ticketing.FromValidation, Calendar: "working-days", Target: target, ValidationCalendar: "office-hours", ValidationTarget: 8 * time.Hour},
		{
			Name: "podgorica", Version: 1, Start: ticketing.FromReceipt, Calendar: "working-days", Target: target,
			Cutoff: &calendar.Cutoff{Weekdays: []time.Weekday{time.Friday, time.Saturday, time.Sunday}, Holidays: true},
		},
		{Name: "office-hours", Version: 1, Start: ticketing.FromReceipt, Calendar: "office-hours", Target: 16 * time.Hour, WorkCalendar: "working-days"},
	}, calendars, "24x7")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func book(t testing.TB, o Options) *Book {
	t.Helper()
	o.City, o.Zone = "Glavni grad Podgorica", zone(t)
	b, err := New(o)
	if err != nil {
		t.Fatalf("New() = %v", err)
	}
	return b
}

// golden compares got with a file in testdata, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; go test ./ticketing/letters -update writes it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// samples are letters of every purpose with their data.
func samples(t testing.TB) map[string]struct {
	purpose ticketing.Purpose
	data    ticketing.LetterData
} {
	t.Helper()
	b := rules(t)
	received, now := local(t, "2026-11-20 15:40"), local(t, "2026-11-24 10:14")
	why, err := b.Promise("podgorica", received, 0, []ticketing.Pause{{
		Reason: ticketing.WaitCitizen, From: local(t, "2026-11-23 11:20"), To: local(t, "2026-11-23 14:50"),
	}}, now)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := b.Promise("podgorica", received, 0, nil, received)
	if err != nil {
		t.Fatal(err)
	}
	late, err := b.Promise("24x7", received, 0, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	const ref, page = ticketing.Reference("S48-26-004812-6"), "https://48.example.org/p/S48-26-004812-6?k=7Q2M9XK4T1ZC"
	base := ticketing.LetterData{
		Ref: ref, Subject: "Udarna rupa na kolovozu", TrackingURL: page, TrackingCode: "7Q2M9XK4T1ZC", ReceivedAt: received, Target: 48 * time.Hour,
		ReopenURL: "https://48.example.org/p/S48-26-004812-6/ponovo?k=7Q2M9XK4T1ZC", ActionURL: "https://48.example.org/tickets/S48-26-004812-6",
		AgentName: "Ana Popović", Department: "Putevi d.o.o.", ExpiresAt: local(t, "2026-11-25 10:14"), Limit: "35 MB",
		Hash: "9f2c4a10d7f86c1be3a5570c2f6f7f0d1b9c0a8e4d2f3b6a7c8d9e0f1a2b3c4d",
		Refs: []ticketing.LetterRef{
			{Ref: ref, TrackingURL: page, Due: local(t, "2026-11-25 03:30")},
			{Ref: "S48-26-004813-1", TrackingURL: "https://48.example.org/p/S48-26-004813-1"},
		},
	}
	with := func(change func(*ticketing.LetterData)) ticketing.LetterData {
		d := base
		change(&d)
		return d
	}
	type sample = struct {
		purpose ticketing.Purpose
		data    ticketing.LetterData
	}
	out := map[string]sample{
		"receipt":            {ticketing.PurposeReceipt, with(func(d *ticketing.LetterData) { d.Due, d.Why = fresh.Due, &fresh })},
		"receipt_validation": {ticketing.PurposeReceipt, with(func(d *ticketing.LetterData) { d.Validation = true })},
		"receipts":           {ticketing.PurposeReceipts, base},
		"answer": {ticketing.PurposeAnswer, with(func(d *ticketing.LetterData) {
			d.Body = "Poštovani gospodine Đukanoviću,\n\nekipa je rupu zatvorila danas u 12:40.\n\n\nHvala na prijavi."
		})},
		"answer_bare": {ticketing.PurposeAnswer, ticketing.LetterData{Ref: ref, Body: "Which street, please?"}},
		"oversize":    {ticketing.PurposeOversize, base},
		"handover":    {ticketing.PurposeHandover, with(func(d *ticketing.LetterData) { d.Due = why.Due })},
		"consult":     {ticketing.PurposeConsult, base},
		"heard":       {ticketing.PurposeHeard, base},
		"referral": {ticketing.PurposeReferral, with(func(d *ticketing.LetterData) {
			d.Due, d.Note = why.Due, "kolovoz ispred stajališta pripada regionalnom putu R-15"
		})},
		"referral_opinion": {ticketing.PurposeReferral, with(func(d *ticketing.LetterData) { d.Opinion, d.Body = true, "Dubina je oko 20 cm." })},
		"reminder":         {ticketing.PurposeReminder, with(func(d *ticketing.LetterData) { d.Due = why.Due })},
		"referred":         {ticketing.PurposeReferred, with(func(d *ticketing.LetterData) { d.Due, d.Note = why.Due, "regionalni put R-15" })},
		"digest":           {ticketing.PurposeDigest, base},
		"escalation":       {ticketing.PurposeEscalation, with(func(d *ticketing.LetterData) { d.More = 30 })},
		"warning":          {ticketing.PurposeWarning, with(func(d *ticketing.LetterData) { d.Due, d.Why = why.Due, &why })},
		"warning_late":     {ticketing.PurposeWarning, with(func(d *ticketing.LetterData) { d.Due, d.Why = late.Due, &late })},
		"warning_plain":    {ticketing.PurposeWarning, ticketing.LetterData{Ref: ref}},
		"invite":           {ticketing.PurposeInvite, base},
		"reset":            {ticketing.PurposeReset, with(func(d *ticketing.LetterData) { d.AgentName, d.ExpiresAt = "", time.Time{} })},
		"seal":             {ticketing.PurposeSeal, base},
		"report": {ticketing.PurposeReport, ticketing.LetterData{
			Department: "Putevi", Body: "Odgovoreno u roku: 90,6 % (203 od 224)\nOtvoreno sada: 64", ActionURL: "https://48.example.org/reports/departments/putevi",
		}},
	}
	for _, p := range []ticketing.Purpose{
		ticketing.PurposeReceipt, ticketing.PurposeAdded, ticketing.PurposeLink, ticketing.PurposeReferred, ticketing.PurposeUnknown,
		ticketing.PurposeOptedOut, ticketing.PurposeOptedIn, ticketing.PurposeHelp, ticketing.PurposeClosing,
	} {
		out[string(p.AsSMS())] = sample{p.AsSMS(), with(func(d *ticketing.LetterData) { d.Due, d.Code = fresh.Due, ticketing.CodeResolved })}
	}
	out["sms_answer"] = sample{ticketing.PurposeAnswer.AsSMS(), with(func(d *ticketing.LetterData) { d.Body = "Rupa je zakrpljena danas u 12:40." })}
	out["sms_state"] = sample{ticketing.PurposeState.AsSMS(), with(func(d *ticketing.LetterData) { d.State, d.Due = "open", fresh.Due })}
	out["sms_state_answered"] = sample{ticketing.PurposeState.AsSMS(), with(func(d *ticketing.LetterData) { d.State, d.Answered = "resolved", true })}
	out["sms_which"] = sample{ticketing.PurposeWhich.AsSMS(), with(func(d *ticketing.LetterData) {
		d.Refs = []ticketing.LetterRef{{Ref: ref, ReceivedAt: received}, {Ref: "S48-26-004813-1", ReceivedAt: now}}
	})}
	for _, c := range append(ticketing.ClosingCodes(), ticketing.CodeSpam) {
		out["closing_"+string(c)] = sample{ticketing.PurposeClosing, with(func(d *ticketing.LetterData) {
			d.Code = c
			if c == ticketing.CodeNotCompetent {
				d.Note = "Uprava za saobraćaj, Zakon o putevima, član 12"
			}
		})}
	}
	return out
}

func TestComposeGolden(t *testing.T) {
	t.Parallel()
	b := book(t, Options{Phone: "19848", PrivacyURL: "https://48.example.org/privatnost"})
	for name, s := range samples(t) {
		for _, tag := range lang.Tags() {
			t.Run(name+"/"+string(tag), func(t *testing.T) {
				t.Parallel()
				l, err := b.Compose(s.purpose, tag, s.data)
				if err != nil {
					t.Fatalf("Compose() = %v", err)
				}
				golden(t, name+"."+string(tag), "Subject: "+l.Subject+"\n\n"+l.Text+"\n")
			})
		}
	}
}

// TestEveryPurposeHasALetter keeps the letters in step with the purposes.
func TestEveryPurposeHasALetter(t *testing.T) {
	t.Parallel()
	seen := map[ticketing.Purpose]bool{}
	for _, s := range samples(t) {
		seen[s.purpose] = true
	}
	for _, p := range purposes() {
		if !seen[p] {
			t.Errorf("no golden letter for %q", p)
		}
	}
	if got, want := len(purposes()), 30; got != want {
		t.Errorf("%d purposes have letters, want %d: every ticketing.Purpose", got, want)
	}
	if _, err := book(t, Options{}).Compose("postcard", lang.En, ticketing.LetterData{}); ticketing.KindOf(err) != ticketing.Invalid {
		t.Errorf("Compose(unknown purpose) = %v, want Invalid", err)
	}
}

// TestValuesAreNotExpanded is A19: what looks like a template inside a value
// is text.
func TestValuesAreNotExpanded(t *testing.T) {
	t.Parallel()
	const evil = "{{7*7}} {ref} {?due}{*items} ${7*7} <%= 7*7 %> {n|a|b}"
	b := book(t, Options{})
	for _, tag := range lang.Tags() {
		l, err := b.Compose(ticketing.PurposeAnswer, tag, ticketing.LetterData{Ref: "S48-26-004812-6", Subject: evil, Body: evil, AgentName: evil, Department: evil})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(l.Text, evil); got != 3 {
			t.Errorf("%s: the value stands %d times unchanged, want 3:\n%s", tag, got, l.Text)
		}
		if !strings.Contains(l.Subject, evil) || strings.Contains(l.Subject+l.Text, "49") {
			t.Errorf("%s: subject %q", tag, l.Subject)
		}
	}
}

// TestReceiptEchoesNothing is A79 and A20: nothing of an unverified sender.
func TestReceiptEchoesNothing(t *testing.T) {
	t.Parallel()
	b := book(t, Options{})
	d := samples(t)["receipt"].data
	const mark = "Kupite jeftino https://spam.example"
	d.Subject, d.Body, d.AgentName, d.Note, d.Department = mark, mark, mark, mark, mark
	for _, p := range []ticketing.Purpose{ticketing.PurposeReceipt, ticketing.PurposeReceipts, ticketing.PurposeOversize} {
		for _, tag := range lang.Tags() {
			l, err := b.Compose(p, tag, d)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(l.Subject+l.Text, "spam") {
				t.Errorf("%s, %s: the letter repeats the sender:\n%s", p, tag, l.Text)
			}
		}
	}
}

// TestHandoverHoldsNoCitizenData: neither the way to the citizen's page nor a word of theirs.
func TestHandoverHoldsNoCitizenData(t *testing.T) {
	t.Parallel()
	b := book(t, Options{})
	d := samples(t)["handover"].data
	d.Note, d.Body = "the closing note", "the body" // of an earlier episode, or a caller's mistake
	for _, tag := range lang.Tags() {
		l, err := b.Compose(ticketing.PurposeHandover, tag, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{d.Subject, d.TrackingURL, d.TrackingCode, d.Note, d.Body} {
			if strings.Contains(l.Subject+l.Text, secret) {
				t.Errorf("%s: %q is in the letter:\n%s", tag, secret, l.Text)
			}
		}
	}
}

func TestValuesStayOnTheirLine(t *testing.T) {
	t.Parallel()
	b := book(t, Options{})
	l, err := b.Compose(ticketing.PurposeAnswer, lang.En, ticketing.LetterData{
		Ref: "S48-26-004812-6", Subject: "a\r\nBcc: victim@example.com\u2028x\u202e", Body: "one\r\n\r\n\r\ntwo\x00\x1b[31m",
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := "Re: a Bcc: victim@example.com x [S48-26-004812-6]"; l.Subject != want {
		t.Errorf("Subject = %q, want %q", l.Subject, want)
	}
	if want := "one\n\n\ntwo[31m\n\nBureau"; !strings.HasPrefix(l.Text, want) {
		t.Errorf("Text = %q, want it to begin %q", l.Text, want)
	}
	l, err = b.Compose(ticketing.PurposeWarning, lang.En, ticketing.LetterData{Ref: "R", Department: strings.Repeat("š", 4000)})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(l.Text, "š"); got != maxShort-1 {
		t.Errorf("the department stands with %d letters, want %d", got, maxShort-1)
	}
}

func TestComposeNeedsItsData(t *testing.T) {
	t.Parallel()
	b := book(t, Options{})
	tests := map[string]struct {
		purpose ticketing.Purpose
		data    ticketing.LetterData
		field   string
	}{
		"receipt without reference": {ticketing.PurposeReceipt, ticketing.LetterData{ReceivedAt: time.Unix(0, 0), TrackingURL: "u", TrackingCode: "c"}, "ref"},
		"answer without words":      {ticketing.PurposeAnswer, ticketing.LetterData{Ref: "R", Body: " \n"}, "body"},
		"collection of none":        {ticketing.PurposeReceipts, ticketing.LetterData{}, "items"},
		"item without reference":    {ticketing.PurposeReceipts, ticketing.LetterData{Refs: []ticketing.LetterRef{{TrackingURL: "u"}}}, "item.ref"},
		"invitation without link":   {ticketing.PurposeInvite, ticketing.LetterData{}, "action_url"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := b.Compose(tt.purpose, lang.En, tt.data)
			var e *ticketing.Error
			if !errors.As(err, &e) || e.Kind != ticketing.Invalid || e.Field != tt.field {
				t.Errorf("Compose() = %v, want Invalid about %s", err, tt.field)
			}
		})
	}
}

func TestUnknownLanguageFallsBack(t *testing.T) {
	t.Parallel()
	d := samples(t)["invite"].data
	for _, tt := range []struct{ byDefault, want lang.Tag }{{"", lang.SrLatn}, {lang.Sq, lang.Sq}} {
		b := book(t, Options{Default: tt.byDefault})
		want, err := b.Compose(ticketing.PurposeInvite, tt.want, d)
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Compose(ticketing.PurposeInvite, "xx", d)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("default %q (-want +got):\n%s", tt.byDefault, diff)
		}
	}
}

func TestOverrides(t *testing.T) {
	t.Parallel()
	d := samples(t)["receipt"].data
	b := book(t, Options{Phone: "19848", Overrides: fstest.MapFS{
		"README.md":              {Data: []byte("notes")},
		"sr-Latn-ME/receipt.txt": {Data: []byte("# naše\nSubject: Stiglo {ref}\r\n\r\n{?phone}Stiglo je, [[CityLine]] {phone} kaže.\n{ref} {tracking_url}\n")},
		"en/signature.txt":       {Data: []byte("The {city} team")},
		"en/words.txt":           {Data: []byte("arrived_you: Your note came in\n")},
		"sq/receipt.txt":         {Data: []byte("Subject: {ref}\n\n{{{ref}}} {tracking_url}")},
	}})
	for _, tt := range []struct {
		tag  lang.Tag
		want []string
	}{
		{lang.SrLatn, []string{"Stiglo S48-26-004812-6", "Stiglo je, CityLine 19848 kaže."}},
		{lang.SrCyrl, []string{"Стигло S48-26-004812-6", "Стигло је, CityLine 19848 каже."}},
		{lang.En, []string{"The Glavni grad Podgorica team", "Your note came in on Friday afternoon"}},
		{lang.Sq, []string{"{S48-26-004812-6} https://"}},
	} {
		l, err := b.Compose(ticketing.PurposeReceipt, tt.tag, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range tt.want {
			if !strings.Contains(l.Subject+"\n"+l.Text, want) {
				t.Errorf("%s: no %q in\n%s\n%s", tt.tag, want, l.Subject, l.Text)
			}
		}
	}
}

func BenchmarkReceipt(b *testing.B) {
	book := book(b, Options{Phone: "19848"})
	d := samples(b)["receipt"].data
	for b.Loop() {
		if _, err := book.Compose(ticketing.PurposeReceipt, lang.SrCyrl, d); err != nil {
			b.Fatal(err)
		}
	}
}
