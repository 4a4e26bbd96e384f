package ui_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// stops finds what Tab has to reach in the page's content and puts the focus
// before it; of a group of radio buttons that is one.
const stops = `(() => {
	const seen = new Set();
	window.stops = [...document.querySelectorAll("main a[href], main button, main input, main select, main textarea, main summary, main [tabindex]")].filter(e => {
		if (e.disabled || e.tabIndex < 0 || e.type === "hidden" || !e.checkVisibility({checkOpacity: false, checkVisibilityCSS: true})) return false;
		if (e.type !== "radio") return true;
		const group = [...document.querySelectorAll("input[type=radio]")].filter(x => x.name === e.name && x.form === e.form);
		return e === (group.find(x => x.checked) ?? group[0]);
	});
	window.reached = new Set();
	document.querySelector("main").focus();
	return window.stops.length;
})()`

// stop tells what has the focus after a Tab: "" outside the content, else what is
// wrong with how it shows, or "ok".
const stop = `(() => {
	const e = document.activeElement;
	if (!e || !e.closest("main") || e.matches("main")) return "";
	window.reached.add(e);
	const what = e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.name ? "[name=" + e.name + "]" : "");
	const style = getComputedStyle(e), box = e.getBoundingClientRect();
	if ((style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) && style.boxShadow === "none") return what + " shows no focus";
	if (box.bottom < 0 || box.top > innerHeight || box.width === 0) return what + " has the focus out of sight";
	return "ok";
})()`

// missed are the stops that no Tab reached.
const missed = `window.stops.filter(e => !window.reached.has(e)).map(e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + " " + (e.textContent || e.name || "").trim().slice(0, 40))`

// TestSettingsByKeyboard walks the pages on which letters, promises and routing
// are edited with Tab alone: everything is reached, nothing keeps the focus, and
// where it is can be seen (WCAG 2.1.1, 2.1.2, 2.4.7). Then each is tried by keys.
func TestSettingsByKeyboard(t *testing.T) {
	t.Parallel()
	ctx := chromium(t)
	s := newSite(t)
	reg := ticketing.Registry{Bureau: s.Core}
	ready := ticketing.Template{Name: "Primljeno", Texts: map[lang.Tag]string{lang.SrLatn: "Primili smo {ref}."}}
	if err := reg.SaveTemplate(t.Context(), ticketing.ActorOf(s.Adam), &ready); err != nil {
		t.Fatal(err)
	}
	session := s.signIn(t, s.Adam.Email)
	tab, cancel := chromedp.NewContext(ctx)
	defer cancel()
	open := func(path string) {
		t.Helper()
		if err := s.show(tab, look{1440, 900, false, lang.SrLatn, false}, session, path); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	for _, path := range []string{
		"/manage/letters", "/manage/letters/receipt/en", "/manage/templates", "/manage/templates/1", "/manage/promises", "/manage/promises/podgorica",
		"/manage/calendars/office-hours", "/manage/ladders/city", "/manage/routing", "/manage/routing/rules/2", "/manage/routing/try",
		"/manage/routing/districts", "/absences",
	} {
		open(path)
		walkByTab(tab, t, path)
	}

	key := func(keys ...string) {
		t.Helper()
		for _, k := range keys {
			if err := chromedp.Do(tab, chromedp.KeyEvent(k)); err != nil {
				t.Fatal(err)
			}
		}
	}
	focus := func(selector string) {
		t.Helper()
		if err := chromedp.Do(tab, chromedp.Focus(selector)); err != nil {
			t.Fatalf("%s: %v", selector, err)
		}
	}
	says := func(what, words string) {
		t.Helper()
		for range 60 {
			got, err := chromedp.Run(tab, chromedp.Evaluate[bool](`document.readyState === "complete" && !!document.querySelector("main")?.textContent.includes(`+quoted(words)+`)`))
			if err == nil && got {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Errorf("%s: the page does not say %q", what, words)
	}

	before := s.stamp(t)
	open("/manage/letters/signature/en")
	focus("#body")
	key("Pozdrav iz biroa ", "\t", "\t", "\r") // past Save to the preview
	says("a letter is looked at by keys", "Pozdrav iz biroa")
	open("/manage/promises/podgorica")
	focus("#try_at")
	key("\r")
	says("Enter beside what is tried tries", "šta bi bilo obećano")
	open("/manage/calendars/office-hours")
	focus("#try_target")
	key("\r")
	says("Enter beside what is tried tries", "šta bi bilo obećano")
	if after := s.stamp(t); after != before {
		t.Error("trying saved something")
	}
}

func walkByTab(tab context.Context, t *testing.T, path string) {
	t.Helper()
	n, err := chromedp.Run(tab, chromedp.Evaluate[int](stops))
	if err != nil || n < 2 {
		t.Fatalf("%s: %d stops, %v", path, n, err)
	}
	var trouble []string
	left := false
	for range 3*n + 20 { // fields of dates have several stops each
		if err := chromedp.Do(tab, chromedp.KeyEvent("\t")); err != nil {
			t.Fatal(err)
		}
		at, err := chromedp.Run(tab, chromedp.Evaluate[string](stop))
		if err != nil {
			t.Fatal(err)
		}
		if left = at == ""; left {
			break
		}
		if at != "ok" {
			trouble = append(trouble, at)
		}
	}
	if !left {
		t.Errorf("%s: the focus does not leave the page's content", path)
	}
	rest, err := chromedp.Run(tab, chromedp.Evaluate[[]string](missed))
	if err != nil {
		t.Fatal(err)
	}
	if trouble = append(trouble, rest...); len(trouble) > 0 {
		t.Errorf("%s:\n\t%s", path, strings.Join(trouble, "\n\t"))
	}
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// stamp counts the changes of what is set.
func (s *site) stamp(t *testing.T) int64 {
	t.Helper()
	d, err := s.Store.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d.Stamp
}
