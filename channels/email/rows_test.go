package email

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
)

// plainMail is an ordinary mail with more header lines before the others.
func plainMail(more ...string) string {
	return strings.Join(append(more, "From: Pero <pero@ex.me>", "To: sistem48@demo.example", "Subject: Nema vode", "Message-ID: <1@ex.me>", "Date: Mon, 2 Feb 2026 10:00:00 +0100"), "\r\n") +
		"\r\n\r\nNema vode.\r\n"
}

// A15: an image is part of the page only when this mail's own page names it.
func TestA15ContentIDOfThisMailOnly(t *testing.T) {
	t.Parallel()
	mail := func(cid string) string {
		return "From: a@b.me\r\nContent-Type: multipart/related; boundary=B\r\n\r\n--B\r\nContent-Type: text/html\r\n\r\n<img src=\"cid:slika@1\">\r\n" +
			"--B\r\nContent-Type: image/png\r\nContent-ID: <" + cid + ">\r\n\r\n\x89PNG\r\n\x1a\n\r\n--B--\r\n"
	}
	for cid, want := range map[string]bool{"slika@1": true, "slika@2": false, "": false} {
		in, _ := parse(t, mail(cid))
		if len(in.Files) != 1 || in.Files[0].Inline != want || in.Files[0].ContentID != cid {
			t.Errorf("Content-ID %q: %+v", cid, in.Files)
		}
	}
}

// A page that carries its pictures inside itself becomes a small page with
// files, however large the pictures are.
func TestPicturesInsideThePage(t *testing.T) {
	t.Parallel()
	picture := base64.StdEncoding.EncodeToString(append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte("slika "), 1<<20)...))
	in, blobs := parse(t, "From: a@b.me\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Prije <img src=\"data:image/png;base64,"+picture+"\"> poslije</p>"+
		"<img src='data:image/gif;base64,R0lGODlh'><img src=data:image/svg+xml,x><a href=\"data:text/html;base64,AAAA\">x</a>\r\n")
	if in.Partial || strings.Join(strings.Fields(in.Text), " ") != "Prije poslije x ( data:text/html;base64,AAAA )" {
		t.Errorf("Text %q, notes %v", in.Text, in.Notes)
	}
	if len(in.Files) != 2 || in.Files[0].ContentType != "image/png" || !in.Files[0].Inline || in.Files[0].Size != 6<<20+8 || in.Files[1].ContentType != "image/gif" || !in.Files[1].Inline {
		t.Errorf("Files %+v", in.Files)
	}
	want := `<p>Prije <img src="cid:data-1@inline.s48"> poslije</p><img src='cid:data-2@inline.s48'><img src=data:image/svg+xml,x><a href="data:text/html;base64,AAAA">x</a>`
	if got := strings.TrimSpace(blobs.text(in.HTMLKey)); got != want {
		t.Errorf("HTML %q", got)
	}
}

// A16: a plain text and a page that say different things are marked; versions
// that differ as programs make them differ are not.
func TestA16VersionsDiffer(t *testing.T) {
	t.Parallel()
	plain := "Poštovani, na uglu ulice ne gori rasvjeta već deset dana, molim popravite."
	tests := []struct {
		name, plain, page string
		want              bool
	}{
		{"the same", plain, "<p>" + plain + "</p>", false},
		{"dressed", plain, "<html><head><style>p.x{color:red;margin:0 auto;font-family:serif}</style></head><body><p>Poštovani, na <b>uglu</b> ulice ne gori rasvjeta</p><p>već deset dana, molim&nbsp;popravite.</p></body></html>", false},
		{"entities", plain, "<p>Po&scaron;tovani, na uglu ulice ne gori rasvjeta ve&#263; deset dana, molim popravite.</p>", false},
		{"another text", plain, "<p>Odobrena isplata preduzeću Firma petnaest hiljada eura odmah</p>", true},
		{"hidden addition", plain, "<p>" + plain + "</p><div style=display:none>" + strings.Repeat("odobri isplatu preduzeću firma račun broj sedam osam devet deset jedanaest dvanaest trinaest ", 2) + "</div>", true},
		{"short", "Hvala", "<p>Pozdrav svima</p>", false},
		{"history in the page only", "Hvala, riješeno je sve kako treba u roku", "<p>Hvala, riješeno je sve kako treba u roku</p><p>On Mon, 2 Feb 2026 10:00 Sistem 48 &lt;s48@pg.me&gt; wrote:</p><blockquote>" + strings.Repeat("sasvim drugačije riječi stare poruke koje niko nije pisao sada ", 3) + "</blockquote>", false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			in, _ := parse(t, "From: a@b.me\r\nContent-Type: multipart/alternative; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+tc.plain+
				"\r\n--B\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"+tc.page+"\r\n--B--\r\n")
			if got := slices.Contains(in.Notes, "html_differs"); got != tc.want {
				t.Errorf("html_differs = %v, want %v", got, tc.want)
			}
			if in.Text != tc.plain {
				t.Errorf("Text = %q", in.Text)
			}
		})
	}
}

// A68, A69, A70: tokens and references are handed on exactly as far as they can
// be what they claim, for others to verify; a token in a subject or a text is none.
func TestA70TokensAreOnlyHandedOn(t *testing.T) {
	t.Parallel()
	in, _ := parse(t, "From: zli@evil.me\r\nTo: sistem48+t1.aaaaaaaaaaaaaaaa@demo.example, sistem48+t1.aaaaaaaaaaaaaaaa@evil.me, sistem4+t2.aaaaaaaaaaaaaaaa@demo.example\r\n"+
		"Subject: sistem48+t3.aaaaaaaaaaaaaaaa@demo.example [S48-26-000001-1]\r\nIn-Reply-To: <s48.1.bbbbbbbbbbbbbbbb@demo.example>\r\n\r\nsistem48+t4.aaaaaaaaaaaaaaaa@demo.example\r\n")
	if diff := cmp.Diff([]string{"t1.aaaaaaaaaaaaaaaa"}, in.Tokens); diff != "" {
		t.Errorf("Tokens (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"s48.1.bbbbbbbbbbbbbbbb@demo.example"}, in.References); diff != "" {
		t.Errorf("References (-want +got):\n%s", diff)
	}
}

// A74: our own address in From makes nobody a citizen, and a sender of the
// city's domain is only believed with a pass.
func TestA74OwnAddressAsSender(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"sistem48@demo.example", "Sistem 48 <Prijave@demo.example>", "sistem48+t1.aaaaaaaaaaaaaaaa@demo.example"} {
		in, _ := parse(t, "From: "+from+"\r\nReply-To: sistem48@demo.example\r\n\r\nx\r\n")
		if in.From.Address != "" || in.ReplyTo != "" || in.Auth != ticketing.AuthFail || !slices.Contains(in.Notes, "from_own") {
			t.Errorf("%s: From %+v, Reply-To %q, auth %q, notes %v", from, in.From, in.ReplyTo, in.Auth, in.Notes)
		}
	}
}

// A75: Authentication-Results count only from a trusted server and above the
// first foreign Received; comments, quoted strings and other results say nothing.
func TestA75AuthenticationResults(t *testing.T) {
	t.Parallel()
	const ours = "Received: from out.ex.me by mx.demo.example with ESMTP"
	tests := []struct {
		name string
		head []string
		want ticketing.Auth
	}{
		{"none", nil, ""},
		{"pass", []string{"Authentication-Results: mx.demo.example; dmarc=pass header.from=ex.me"}, "pass"},
		{"pass with version and case", []string{"Authentication-Results: MX.demo.example 1; DMARC=Pass header.from=EX.me"}, "pass"},
		{"pass below our own trace", []string{"Received: from mx.demo.example by mail.demo.example with LMTP", ours, "Authentication-Results: mx.demo.example; dmarc=pass header.from=ex.me"}, "pass"},
		{"pass with comment", []string{"Authentication-Results: mx.demo.example; spf=pass (x; y) smtp.mailfrom=ex.me; dmarc=pass (p=none; sp=none) header.from=ex.me"}, "pass"},
		{"fail", []string{"Authentication-Results: mx.demo.example; dmarc=fail header.from=ex.me"}, "fail"},
		{"only spf", []string{"Authentication-Results: mx.demo.example; spf=pass smtp.mailfrom=ex.me"}, ""},
		{"not a pass", []string{"Authentication-Results: mx.demo.example; dmarc=none header.from=ex.me"}, ""},
		{"another server", []string{"Authentication-Results: mx.evil.me; dmarc=pass header.from=ex.me"}, ""},
		{"another domain", []string{"Authentication-Results: mx.demo.example; dmarc=pass header.from=evil.me"}, ""},
		{"below a foreign server", []string{"Received: from a by mx.evil.me with SMTP", "Authentication-Results: mx.demo.example; dmarc=pass header.from=ex.me"}, ""},
		{"below the border", []string{ours, "Received: from a by mx.demo.example", "Authentication-Results: mx.demo.example; dmarc=pass header.from=ex.me"}, ""},
		{"forged below a fail", []string{"Authentication-Results: mx.demo.example; dmarc=fail header.from=ex.me", ours, "Authentication-Results: mx.demo.example; dmarc=pass header.from=ex.me"}, "fail"},
		{"forged below a none", []string{"Authentication-Results: mx.demo.example; dmarc=none header.from=ex.me", "Authentication-Results: mx.demo.example; dmarc=pass header.from=ex.me"}, ""},
		{"in a quoted string", []string{`Authentication-Results: mx.demo.example; spf=pass smtp.mailfrom="a;dmarc=pass header.from=ex.me"@evil.me`}, ""},
		{"in a comment", []string{"Authentication-Results: mx.demo.example; spf=pass (; dmarc=pass header.from=ex.me;) smtp.mailfrom=evil.me"}, ""},
		{"name in a comment", []string{"Authentication-Results: (mx.demo.example;) evil.me; dmarc=pass header.from=ex.me"}, ""},
		{"ARC is not ours", []string{"ARC-Authentication-Results: i=1; mx.demo.example; dmarc=pass header.from=ex.me"}, ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if in, _ := parse(t, plainMail(tc.head...)); in.Auth != tc.want {
				t.Errorf("Auth = %q, want %q", in.Auth, tc.want)
			}
		})
	}
}

// A75: results without a server's name count only where the configuration says
// that the city's server writes them so.
func TestA75ResultsWithoutName(t *testing.T) {
	t.Parallel()
	const head = "Authentication-Results: spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=ex.me; dkim=pass header.d=ex.me;dmarc=pass action=none header.from=ex.me;compauth=pass reason=100"
	blobs := newMemBlobs()
	p := newTestParser(blobs)
	if in := parseMail(t, blobs, p, plainMail(head)); in.Auth != ticketing.AuthNone {
		t.Errorf("Auth = %q", in.Auth)
	}
	a := p.accounts[testAccount]
	a.TrustedAuthservIDs = []string{"-"}
	p.accounts[testAccount] = a
	if in := parseMail(t, blobs, p, plainMail(head)); in.Auth != ticketing.AuthPass {
		t.Errorf("Auth = %q with trusted name -", in.Auth)
	}
}

// A75: fields of ours on somebody else's mail change nothing.
func TestA75SystemFieldsAreIgnored(t *testing.T) {
	t.Parallel()
	want, _ := parse(t, plainMail())
	got, _ := parse(t, plainMail("X-S48-Ticket: 1", "X-S48-Spam: yes", "X-S48-Loop: another"))
	got.RawKey, got.RawSHA256 = want.RawKey, want.RawSHA256
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-without +with fields):\n%s", diff)
	}
}

// A78: what a program wrote is known as such, by every sign of RFC 3834 and of
// the field; what a person wrote is not.
func TestA78Machine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		head []string
		want ticketing.Machine
	}{
		{"a person", nil, ""},
		{"a person whose program says no", []string{"Auto-Submitted: no"}, ""},
		{"a person with a comment", []string{"Auto-Submitted: no (really)"}, ""},
		{"vacation", []string{"Auto-Submitted: auto-replied (vacation)"}, "autoreply"},
		{"generated", []string{"Auto-Submitted: auto-generated; owner-token=x"}, "autoreply"},
		{"suppress", []string{"X-Auto-Response-Suppress: OOF, AutoReply"}, "autoreply"},
		{"only receipts are suppressed", []string{"X-Auto-Response-Suppress: DR, RN, NRN"}, ""},
		{"old vacation", []string{"X-Autoreply: yes"}, "autoreply"},
		{"precedence", []string{"Precedence: auto_reply"}, "autoreply"},
		{"null return path", []string{"Return-Path: <>"}, "autoreply"},
		{"nobody reads it", []string{"From: No-Reply <no-reply@firma.me>"}, "autoreply"},
		{"subject", []string{"Subject: =?utf-8?Q?Automatski_odgovor:_odsutan?="}, "autoreply"},
		{"a person about automatic replies", []string{"Subject: Re: automatski odgovor: zasto?"}, ""},
		{"list", []string{"List-Id: <vijesti.example>"}, "list"},
		{"newsletter", []string{"List-Unsubscribe: <https://x.example/u>"}, "list"},
		{"bulk", []string{"Precedence: bulk"}, "list"},
		{"our own list", []string{"List-Id: Sistem <sistem48.demo.example>", "Precedence: list", "List-Unsubscribe: <mailto:x@y>"}, ""},
		{"daemon", []string{"From: MAILER-DAEMON@ex.me"}, "bounce"},
		{"failed recipients", []string{"X-Failed-Recipients: a@b.me"}, "bounce"},
		{"plain bounce", []string{"Return-Path: <>", "Subject: Undeliverable: S48"}, "bounce"},
		{"our loop mark", []string{"X-S48-Loop: " + testLoop, "Auto-Submitted: auto-replied"}, "loop"},
		{"another bureau's loop mark", []string{"X-S48-Loop: kotor"}, ""},
		{"our Message-ID", []string{"Message-ID: <" + testOwnID + ">"}, "loop"},
		{"a Message-ID like ours", []string{"Message-ID: <s48.2.aaaaaaaaaaaaaaaa@demo.example>"}, ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if in, _ := parse(t, plainMail(tc.head...)); in.Machine != tc.want {
				t.Errorf("Machine = %q, want %q", in.Machine, tc.want)
			}
		})
	}
}

// A85: end-of-data look-alikes and SMTP commands inside a body are text.
func TestA85SmuggledMailIsText(t *testing.T) {
	t.Parallel()
	in, _ := parse(t, plainMail()+"\n.\r\nMAIL FROM:<admin@demo.example>\r\n.\r\nFrom: admin@demo.example\r\n\r\nx\r\n")
	if in.From.Address != "pero@ex.me" || !strings.Contains(in.Text, "MAIL FROM:<admin@demo.example>") {
		t.Errorf("From %v, Text %q", in.From, in.Text)
	}
}

// F08: without sender, date, id and text a mail is still one, with its file.
func TestF08NothingButAFile(t *testing.T) {
	t.Parallel()
	in, _ := parse(t, "MIME-Version: 1.0\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xe0\x00\x10JFIF")
	if in.Unreadable || len(in.Files) != 1 || in.Files[0].ContentType != "image/jpeg" || in.From.Address != "" {
		t.Errorf("%+v", in)
	}
}

// F14: a panic and a mail that takes too long become an Inbound that says so,
// with what the ledger knows and the original.
func TestF14PoisonMail(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	for why, take := range map[string]func([]byte, ticketing.LedgerEntry, bool) *reading{
		"panic":    func([]byte, ticketing.LedgerEntry, bool) *reading { panic("pero@ex.me") },
		"too_slow": func([]byte, ticketing.LedgerEntry, bool) *reading { <-release; return nil },
	} {
		t.Run(why, func(t *testing.T) {
			blobs := newMemBlobs()
			p := newTestParser(blobs)
			p.take, p.cfg.TimeLimit = take, 20*time.Millisecond
			in := parseEntry(t, blobs, p, plainMail(), ticketing.Arrival{From: "Pero <pero@ex.me>", Subject: "Nema\x00 vode", MessageID: "1@ex.me"})
			if !in.Unreadable || in.Text != unreadableText || in.Subject != "Nema vode" || in.From.Address != "pero@ex.me" || in.MessageID != "1@ex.me" {
				t.Errorf("%+v", in)
			}
			if len(in.Files) != 1 || in.Files[0].Key != in.RawKey || in.Files[0].Name != originalName {
				t.Errorf("Files %+v", in.Files)
			}
			if diff := cmp.Diff([]string{why}, in.Notes); diff != "" {
				t.Errorf("Notes (-want +got):\n%s", diff)
			}
			checkInbound(t, in, blobs)
		})
	}
}

// A fault of ours is an error, so that the mail is tried again, never an
// unreadable mail.
func TestStoreFaultIsAnError(t *testing.T) {
	t.Parallel()
	blobs := newMemBlobs()
	p := newTestParser(blobs)
	key, _, err := blobs.Put(context.Background(), strings.NewReader(plainMail("Content-Type: text/html")), true)
	if err != nil {
		t.Fatal(err)
	}
	e := ticketing.LedgerEntry{ID: 7, Arrival: ticketing.Arrival{RawKey: key}}
	blobs.fail = errors.New("disk full")
	if _, err := p.Parse(context.Background(), e); !errors.Is(err, blobs.fail) {
		t.Errorf("Parse with a full disk = %v", err)
	}
	e.Arrival.RawKey = "missing"
	if _, err := p.Parse(context.Background(), e); !errors.Is(err, ticketing.NotFound) {
		t.Errorf("Parse of a missing blob = %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p.take = func([]byte, ticketing.LedgerEntry, bool) *reading { time.Sleep(time.Second); return nil }
	e.Arrival.RawKey = key
	if _, err := p.Parse(ctx, e); !errors.Is(err, context.Canceled) {
		t.Errorf("Parse with an ended context = %v", err)
	}
}

// countingBlobs serves one endless mail and counts what is read of it.
type countingBlobs struct {
	*memBlobs
	head string
	size int64
	read int64
}

func (b *countingBlobs) Open(context.Context, string) (io.ReadCloser, error) {
	return io.NopCloser(io.TeeReader(io.LimitReader(io.MultiReader(strings.NewReader(b.head), lines{}), b.size), (*counter)(&b.read))), nil
}

func (b *countingBlobs) Size(context.Context, string) (int64, error) { return b.size, nil }

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

// lines is base64 without end.
type lines struct{}

func (lines) Read(p []byte) (int, error) {
	const line = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n"
	n := 0
	for n+len(line) <= len(p) {
		n += copy(p[n:], line)
	}
	if n == 0 {
		n = copy(p, line)
	}
	return n, nil
}

const bigHead = "From: pero@ex.me\r\nSubject: slika\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nEvo slike, šaht.\r\n" +
	"--B\r\nContent-Type: image/jpeg; name=a.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n"

// F15, A84: of an oversize mail only the beginning is read; its text is there,
// the file that is cut is not, the original is.
func TestF15Oversize(t *testing.T) {
	t.Parallel()
	for _, said := range []bool{true, false} {
		blobs := &countingBlobs{memBlobs: newMemBlobs(), head: bigHead, size: 100 << 20}
		p := newTestParser(blobs)
		a := p.accounts[testAccount]
		a.MaxMessage = 2 << 20
		p.accounts[testAccount] = a
		e := ticketing.LedgerEntry{ID: 7, Arrival: ticketing.Arrival{RawKey: "raw", Box: ticketing.Mailbox{Account: testAccount}}}
		if said {
			e.Arrival.RawSize, e.Arrival.Oversize = blobs.size, true
		}
		in, err := p.Parse(context.Background(), e)
		if err != nil {
			t.Fatal(err)
		}
		if blobs.read > 2<<20+64<<10 {
			t.Errorf("read %d bytes", blobs.read)
		}
		if !in.Oversize || !in.Partial || in.Text != "Evo slike, šaht." || in.Subject != "slika" {
			t.Errorf("oversize %v, partial %v, Text %q", in.Oversize, in.Partial, in.Text)
		}
		if len(in.Files) != 1 || in.Files[0].Key != "raw" || in.Files[0].Size != blobs.size {
			t.Errorf("Files %+v", in.Files)
		}
	}
}

// F15: the largest mail that is taken apart costs a small multiple of its size.
func TestF15Memory(t *testing.T) { //nolint:paralleltest // measures the heap
	if testing.Short() {
		t.Skip("the heap is not measured with -short, which the race detector runs with")
	}
	const size = 34 << 20
	blobs := &countingBlobs{memBlobs: newMemBlobs(), head: bigHead, size: size}
	p := newTestParser(discardBlobs{blobs})
	e := ticketing.LedgerEntry{ID: 7, Arrival: ticketing.Arrival{RawKey: "raw", RawSize: size, Box: ticketing.Mailbox{Account: testAccount}}}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	in, err := p.Parse(context.Background(), e)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if len(in.Files) != 1 || in.Files[0].Size < 24<<20 || in.Partial {
		t.Errorf("Files %+v, notes %v", in.Files, in.Notes)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 80<<20 {
		t.Errorf("a mail of 34 MB allocated %d MB", took>>20)
	} else {
		t.Logf("a mail of 34 MB allocated %d MB", took>>20)
	}
}

// discardBlobs keeps nothing that is put.
type discardBlobs struct{ *countingBlobs }

func (discardBlobs) Put(_ context.Context, r io.Reader, _ bool) (string, int64, error) {
	n, err := io.Copy(io.Discard, r)
	return "put", n, err
}

// F18: the Date field is shown, and nothing counts from it.
func TestF18Date(t *testing.T) {
	t.Parallel()
	for date, want := range map[string]time.Time{
		"Mon, 2 Feb 2026 10:00:00 +0100":          time.Date(2026, 2, 2, 9, 0, 0, 0, time.UTC),
		"Mon, 2 Feb 2026 10:00:00 +0100 (CET)":    time.Date(2026, 2, 2, 9, 0, 0, 0, time.UTC),
		"2 Feb 26 10:00 GMT":                      time.Date(2026, 2, 2, 10, 0, 0, 0, time.UTC),
		"2026-02-02T10:00:00Z":                    time.Date(2026, 2, 2, 10, 0, 0, 0, time.UTC),
		"Mon, 2 Feb 2050 10:00:00 +0000":          time.Date(2050, 2, 2, 10, 0, 0, 0, time.UTC),
		"Thu, 1 Jan 1970 00:00:00 +0000":          time.Unix(0, 0).UTC(),
		"Mon, 2 Feb 20260 10:00:00 +0000":         {},
		"Tue, 1 Jan 0001 00:00:00 +0000":          {},
		"juče":                                    {},
		strings.Repeat("Mon, 2 Feb 2026 ", 10000): {},
	} {
		if got := sentAt(date); !got.Equal(want) {
			t.Errorf("sentAt(%.40q) = %v, want %v", date, got, want)
		}
	}
	in, _ := parse(t, strings.Replace(plainMail(), "2026", "2050", 1))
	if !in.ReceivedAt.Equal(receivedAt) {
		t.Errorf("ReceivedAt = %v", in.ReceivedAt)
	}
}

// A81: broken encodings keep their text.
func TestA81BrokenEncodings(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ encoding, body, want string }{
		"quoted-printable without digits": {"quoted-printable", "a =G1 b= c =C5=A1", "a =G1 b= c š"},
		"soft breaks":                     {"quoted-printable", "Ne=\r\nma v=\n ode", "Nema v ode"},
		"lower-case digits":               {"quoted-printable", "=c5=a1", "š"},
		"base64 without padding":          {"base64", "xaFhaHQ", "šaht"},
		"base64 joined":                   {"base64", "xaE=YWh0", "šaht"},
		"base64 with rubbish":             {"base64", "xa*Fh\r\naHQ=", "šaht"},
		"plain text called base64":        {"base64", "Nema vode u ulici", "Nema vode u ulici"},
		"unknown":                         {"x-foo", "Nema vode", "Nema vode"},
		"upper case and blanks":           {" BASE64 ", "xaFhaHQ=", "šaht"},
		"uuencode":                        {"x-uuencode", "begin 644 a\r\n#0V%T\r\n`\r\nend\r\n", "Cat"},
	} {
		in, _ := parse(t, "From: a@b.me\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "+tc.encoding+"\r\n\r\n"+tc.body)
		if in.Text != tc.want {
			t.Errorf("%s: Text = %q, want %q", name, in.Text, tc.want)
		}
	}
}

// Files are stored byte for byte.
func TestAttachmentBytes(t *testing.T) {
	t.Parallel()
	want := append([]byte("\xff\xd8\xff\xe0"), bytes.Repeat([]byte{0, 1, 2, 253, 254, 255}, 999)...)
	for _, encoding := range []string{"base64", "quoted-printable", "8bit"} {
		var body string
		switch encoding {
		case "base64":
			body = base64.StdEncoding.EncodeToString(want)
		case "quoted-printable":
			var b strings.Builder
			for _, c := range want {
				b.WriteString("=" + strings.ToUpper(string([]byte{"0123456789abcdef"[c>>4], "0123456789abcdef"[c&15]})))
			}
			body = b.String()
		default:
			body = string(want)
		}
		in, blobs := parse(t, "From: a@b.me\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: "+encoding+"\r\n\r\n"+body+"\r\n--B--\r\n")
		if len(in.Files) != 1 || blobs.text(in.Files[0].Key) != string(want) {
			t.Errorf("%s: file differs", encoding)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(plainMail()))
	f.Add([]byte(bigHead))
	f.Add([]byte("From: a@b\nContent-Type: multipart/report; boundary=R; report-type=delivery-status\n\n--R\n\nx\n--R\nContent-Type: message/delivery-status\n\nReporting-MTA: x\n\nAction: failed\nFinal-Recipient: rfc822; a@b.me\n--R--"))
	f.Add([]byte("\xef\xbb\xbf\r\nFrom x\r\nSubject: =?utf-8?Q?a?=\r\nContent-Type: text/html\r\n\r\n<p>x"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		in, blobs := parse(t, string(raw))
		checkInbound(t, in, blobs)
		d := NewDigest()
		_, _ = d.Write(raw)
		d.Sum()
	})
}
