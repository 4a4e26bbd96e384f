package components

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/ticketingtest"
	"github.com/sistem48/system48/ui/static"
	"github.com/sistem48/system48/ui/web"
)

// contextIn gives a rendering context at ten o'clock of an ordinary day.
func contextIn(t *testing.T, tag lang.Tag) (context.Context, time.Time) {
	t.Helper()
	clock := ticketingtest.NewClock()
	store := ticketingtest.NewStore(clock.Now, ticketingtest.Zone())
	kit, err := web.New(web.Options{
		Log: slog.New(slog.DiscardHandler), Now: clock.Now, Zone: ticketingtest.Zone(), PublicURL: "http://127.0.0.1:4848",
		Store: store, Sessions: store, Gate: store, ErrorPage: func(v web.ProblemView) templ.Component { return Problem(v) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return kit.Context(t.Context(), tag), clock.Now()
}

func render(ctx context.Context, t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestUrgency(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		left       time.Duration
		kind, icon string
	}{
		{31 * time.Hour, "ok", "clock"},
		{12*time.Hour + 1, "ok", "clock"},
		{12 * time.Hour, "warn", "clock"},
		{time.Hour + 1, "warn", "clock"},
		{time.Hour, "bad", "alert-triangle"},
		{0, "bad", "alert-triangle"},
		{-1, "bad", "flame"},
	} {
		if kind, icon := Urgency(tt.left, 48*time.Hour); kind != tt.kind || icon != tt.icon {
			t.Errorf("Urgency(%s) = %s %s, want %s %s", tt.left, kind, icon, tt.kind, tt.icon)
		}
		if kind, _ := Urgency(tt.left, 0); kind != tt.kind {
			t.Errorf("Urgency(%s) without a target = %s, want %s", tt.left, kind, tt.kind)
		}
	}
}

func TestDueChip(t *testing.T) {
	t.Parallel()
	ctx, now := contextIn(t, lang.SrLatn)
	for _, tt := range []struct {
		due  Due
		want []string
	}{
		{Due{At: now.Add(17*time.Hour + 16*time.Minute), Target: 48 * time.Hour}, []string{"chip--ok", "17\u00a0h\u00a016\u00a0min", "#clock", `data-target="172800"`}},
		{Due{At: now.Add(-28 * time.Hour)}, []string{"chip--bad", "Kasni 28\u00a0h", "#flame"}},
		{Due{At: now.Add(45 * time.Minute), Pattern: "time.answer_left"}, []string{"chip--bad", "Odgovor za 45\u00a0min", "Odgovor za {}", "#alert-triangle"}},
		{Due{At: now, Paused: true}, []string{"Pauza", "#player-pause"}},
	} {
		got := render(ctx, t, DueChip(tt.due))
		for _, part := range tt.want {
			if !strings.Contains(got, part) {
				t.Errorf("chip of %+v is %s, lacks %q", tt.due, got, part)
			}
		}
	}
	if got := render(ctx, t, DueChip(Due{})); got != "" {
		t.Errorf("nothing due draws %q", got)
	}
}

// hostileText is what an attacker writes into every field (A01, A21).
const hostileText = `"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}' onmouseover='x`

// TestEscaping is A01 and A21: nothing that was typed becomes markup, in any
// component that shows foreign text.
func TestEscaping(t *testing.T) {
	t.Parallel()
	ctx, now := contextIn(t, lang.SrLatn)
	f := web.NewForm("x", hostileText)
	f.Fail("x", hostileText)
	x := hostileText
	for name, c := range map[string]templ.Component{
		"row": Row(RowView{ID: 1, Ref: "S48-26-000001-9", Href: "/agent/t/1", Who: x, Subject: x, At: now, Where: x, Assignee: &Person{1, x}, Channel: ticketing.Channel(x), Choose: true}),
		"message": Message(MessageView{
			ID: 1, Kind: "in", Author: x, How: x, At: now, Text: x + "\n\nhttps://a.example/" + x, Quoted: x, Frame: "/agent/mail/1",
			Files: []FileView{{Name: x, Href: "/f/1"}, {Name: x, Href: "/f/2", Thumb: "/f/2"}, {Name: x, Note: x}}, Chips: []ChipView{{Text: x}}, Foot: []FootView{{Icon: "check", Text: x}},
		}),
		"event": Event("mail", x, now), "facts": Facts([]FactView{{x, x}}), "empty": Empty("inbox", x, x), "toast": Toast("bad", x, 0),
		"field": Field(f, FieldView{Name: "x", Label: x, Hint: x, Placeholder: x, Type: "textarea"}), "group": Group(f, FieldView{Name: "x", Label: x, Type: "select", Options: []Option{{x, x}}}),
		"summary": ErrorSummary(f), "clock": Clock(ClockView{Label: x, Note: x, Due: Due{At: now}}), "steps": WhySteps([]StepView{{"counted", x, x, x}}), "legs": Legs([]LegView{{Who: x, Amount: x, Note: x}}),
		"composer": Composer(ComposerView{Action: "/a", To: []Option{{x, x}}, Reply: PanelView{Text: x, Files: []UploadView{{Name: x}}, Error: x}, Note: PanelView{Text: x}}),
		"page":     Staff(StaffPage{Title: x, Nav: []NavGroup{{x, []NavItem{{Href: "javascript:alert(1)", Icon: "inbox", Label: x}}}}}), "portal": Portal(PortalPage{Title: x, Bureau: x}),
		"problem": Problem(web.ProblemView{Title: x, Text: x, Path: "javascript:alert(1)"}), "crumbs": Crumbs(Crumb{x, "javascript:alert(1)"}),
	} {
		root, err := html.Parse(strings.NewReader(render(ctx, t, c)))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.TrimSpace(a.Val), "javascript:") {
					t.Errorf("%s: <%s %s=%q>", name, n.Data, a.Key, a.Val)
				}
			}
			if n.Data == "script" && (n.FirstChild != nil || !strings.HasPrefix(attr(n, "src"), static.Prefix)) {
				t.Errorf("%s has a script of its own", name)
			}
			if n.Data == "img" && attr(n, "src") == "x" {
				t.Errorf("%s has the attacker's picture", name)
			}
		}
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func TestPieces(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]piece{
		"bez linka":                      {{text: "bez linka"}},
		"vidi https://grad.example/x, i": {{text: "vidi "}, {"https://grad.example/x", "https://grad.example/x"}, {text: ", i"}},
		"(http://a.b)":                   {{text: "("}, {"http://a.b", "http://a.b"}, {text: ")"}},
		"https://":                       {{text: "https://"}},
		"javascript:alert(1)":            {{text: "javascript:alert(1)"}},
		`https://a.b/"onclick=x`:         {{"https://a.b/", "https://a.b/"}, {text: `"onclick=x`}},
	} {
		got := pieces(line)
		if len(got) != len(want) {
			t.Errorf("pieces(%q) = %v", line, got)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("pieces(%q)[%d] = %v, want %v", line, i, got[i], want[i])
			}
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\n\nb https://x.y z")
	f.Add(hostileText)
	f.Fuzz(func(t *testing.T, s string) {
		var b strings.Builder
		if err := Text(s).Render(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		z := html.NewTokenizer(strings.NewReader(b.String()))
		for {
			switch z.Next() {
			case html.ErrorToken:
				if !errors.Is(z.Err(), io.EOF) {
					t.Fatal(z.Err())
				}
				return
			case html.StartTagToken, html.SelfClosingTagToken:
				name, _ := z.TagName()
				if n := string(name); n != "p" && n != "br" && n != "a" {
					t.Errorf("Text(%q) has <%s>", s, n)
				}
			case html.EndTagToken, html.TextToken, html.CommentToken, html.DoctypeToken:
			}
		}
	})
}

// TestIcons finds drawings that are not in the sprite.
func TestIcons(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, name := range static.Icons() {
		known[name] = true
	}
	ctx, now := contextIn(t, lang.SrLatn)
	for _, kind := range []string{"", "ok", "warn", "bad", "info"} {
		if !known[noticeIcon(kind)] {
			t.Errorf("notice %q: no icon %s", kind, noticeIcon(kind))
		}
	}
	for _, c := range ticketing.Channels() {
		if !known[ChannelIcon(c)] {
			t.Errorf("channel %s: no icon %s", c, ChannelIcon(c))
		}
	}
	for k := ticketing.Internal; k <= ticketing.Unauthenticated; k++ {
		if !known[problemIcon(k)] {
			t.Errorf("problem %s: no icon %s", k, problemIcon(k))
		}
	}
	for left := range map[time.Duration]bool{-time.Hour: true, 0: true, 2 * time.Hour: true, 40 * time.Hour: true} {
		if i := (Due{At: now.Add(left)}).icon(ctx); !known[i] {
			t.Errorf("due in %s: no icon %s", left, i)
		}
	}
	for _, n := range []NavItem{{Icon: "inbox"}} {
		if !known[n.Icon] {
			t.Errorf("no icon %s", n.Icon)
		}
	}
}

// TestNavigation gives each role its own links with its own numbers.
func TestNavigation(t *testing.T) {
	t.Parallel()
	o := ticketingtest.NewOffice(t, "")
	kit, err := web.New(web.Options{
		Log: slog.New(slog.DiscardHandler), Now: o.Clock.Now, Zone: ticketingtest.Zone(), PublicURL: "http://127.0.0.1:4848",
		Store: o.Store, Sessions: o.Store, Gate: o.Store, ErrorPage: func(v web.ProblemView) templ.Component { return Problem(v) },
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Receive(t, o.Mail("a@posta.example", "Rupa", "Rupa u ulici."))
	n := Navigator{Store: o.Store, Reads: o.Store}
	links := func(a ticketing.Agent) string {
		groups, err := n.Groups(kit.Context(t.Context(), lang.En), ticketing.ActorOf(a))
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, g := range groups {
			for _, i := range g.Items {
				all = append(all, i.Href)
			}
		}
		return strings.Join(all, " ")
	}
	if got := links(o.Adam); !strings.Contains(got, PageManage) || !strings.Contains(got, PageIntake) || !strings.Contains(got, ViewMine) {
		t.Errorf("an admin is led to %s", got)
	}
	if got := links(o.Oskar); strings.Contains(got, PageManage) || strings.Contains(got, PageIntake) || strings.Contains(got, ViewDepartment(o.Roads.Code)) || !strings.Contains(got, ViewDepartment(o.Lighting.Code)) {
		t.Errorf("an officer is led to %s", got)
	}
	if got := links(o.Aida); strings.Contains(got, ViewMine) || !strings.Contains(got, PageIntake) {
		t.Errorf("an auditor is led to %s", got)
	}
}
