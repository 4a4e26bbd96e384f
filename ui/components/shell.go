package components

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/web"
)

// A StaffPage is what surrounds a page of staff.
type StaffPage struct {
	Title   string // of the document
	Layout  string // "", "queue" or "ticket"
	Nav     []NavGroup
	Current string // Href of the navigation's item that this page belongs to
	Area    string // class of the content element when Layout is "": "page", "page page--wide", "page page--narrow"
}

func (p StaffPage) body() string {
	if p.Layout == "" {
		return "staff"
	}
	return "staff staff--" + p.Layout
}

func (p StaffPage) main() string {
	switch p.Layout {
	case "queue":
		return "panes"
	case "ticket":
		return "ticket"
	}
	if p.Area == "" {
		return "page"
	}
	return p.Area
}

// A NavGroup is a heading of the navigation with its links.
type NavGroup struct {
	Title string
	Items []NavItem
}

// A NavItem is one link of the navigation.
type NavItem struct {
	Href  string
	Icon  string
	Label string
	Count int  // 0 = no number
	Least bool // there are at least so many
	Bad   bool // the number is bad news
	Wide  bool // left out on telephones
	Later bool // its number is fetched when the page stands
}

func (i NavItem) number() string {
	if i.Least {
		return strconv.Itoa(i.Count) + "+"
	}
	return strconv.Itoa(i.Count)
}

// htmxConfig is htmx's configuration (ui.md §2): nothing evaluated, nothing
// kept in the browser's storage, no style attribute copied (the policy refuses them), conflicts and field errors swapped in,
// and what came is bound at once: what is pressed before would leave the page.
const htmxConfig = `{"includeIndicatorStyles":false,"allowEval":false,"allowScriptTags":false,"selfRequestsOnly":true,"historyCacheSize":0,"refreshOnHistoryMiss":false,"attributesToSettle":["class","width","height"],"defaultSettleDelay":0,` +
	`"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"409|422","swap":true},{"code":"[45]..","swap":false,"error":true}]}`

// htmlLang is the lang attribute of a language; Montenegrin goes out as the
// tags screen readers know.
func htmlLang(ctx context.Context) string { return string(web.Language(ctx)) }

// documentTitle puts the name of the program behind a page's title.
func documentTitle(ctx context.Context, title string) string {
	return title + " – " + web.T(ctx, "app.name")
}

// dataWords are the few texts the page's scripts say, as data attributes of body.
func dataWords(ctx context.Context) templ.Attributes {
	return templ.Attributes{
		"data-late": web.T(ctx, "time.late", "Span", "{}"), "data-ago": web.T(ctx, "time.ago", "Span", "{}"), "data-now": web.T(ctx, "time.just_now"),
		"data-failed": web.T(ctx, "script.failed"), "data-offline": web.T(ctx, "script.offline"), "data-close": web.T(ctx, "script.close"),
		"data-draft-saved": web.T(ctx, "script.draft_saved", "Time", "{}"), "data-draft-kept": web.T(ctx, "script.draft_kept"),
		"data-disconnected": web.T(ctx, "script.disconnected"), "data-upload-failed": web.T(ctx, "script.upload_failed"),
		"data-copied": web.T(ctx, "script.copied"),
	}
}

// singleKeys tells the scripts whether letters alone are shortcuts.
func singleKeys(ctx context.Context) string {
	if a := web.AccountOf(ctx); a != nil && !a.SingleKeys {
		return "off"
	}
	return "on"
}

// mayWork reports whether the reader works on tickets.
func mayWork(ctx context.Context) bool { return may(ctx, ticketing.RightWrite) }

// mayCall reports whether calls ring at the reader's page.
func mayCall(ctx context.Context) bool { return may(ctx, ticketing.RightCalls) }

// mayOpen reports whether the reader may open tickets by hand.
func mayOpen(ctx context.Context) bool { return may(ctx, ticketing.RightOpen) }

func may(ctx context.Context, r ticketing.Right) bool {
	a := web.AccountOf(ctx)
	return a != nil && ticketing.ActorOf(*a).May(r)
}

func me(ctx context.Context) ticketing.Agent {
	if a := web.AccountOf(ctx); a != nil {
		return *a
	}
	return ticketing.Agent{}
}

// LanguageLink is one choice of a language.
type LanguageLink struct {
	Tag     lang.Tag
	Short   string // "Lat", "Ћир", "EN", "SQ"
	Name    string
	Href    string // of the same page in the language; "" = by form
	Current bool
}

// LanguageLinks gives the choices in the order of lang.Tags; href gives the
// address in each, and may be nil.
func LanguageLinks(ctx context.Context, href func(lang.Tag) string) []LanguageLink {
	short := map[lang.Tag]string{lang.SrLatn: "Lat", lang.SrCyrl: "Ћир", lang.En: "EN", lang.Sq: "SQ"}
	var out []LanguageLink
	for _, tag := range lang.Tags() {
		l := LanguageLink{Tag: tag, Short: short[tag], Name: tag.Name(), Current: tag == web.Language(ctx)}
		if href != nil {
			l.Href = href(tag)
		}
		out = append(out, l)
	}
	return out
}

// isCurrent reports whether the navigation's item is the page's.
func isCurrent(p StaffPage, i NavItem) bool { return p.Current != "" && p.Current == i.Href }

// flashClass doubles the toast's colour for errors.
func flashClass(f web.Flash) string {
	if f.Kind == "bad" {
		return "toast toast--error"
	}
	return "toast"
}

// undoFields are the hidden fields of the form that takes back what was done.
func undoFields(f web.Flash) []Option {
	q, err := url.ParseQuery(f.UndoForm)
	if err != nil {
		return nil
	}
	var out []Option
	for _, name := range slices.Sorted(maps.Keys(q)) {
		for _, v := range q[name] {
			out = append(out, Option{Value: name, Text: v})
		}
	}
	return out
}

// DialogDone is the HX-Trigger that closes the dialog a form stood in; further
// events may be named.
func DialogDone(events ...string) string {
	all := map[string]any{"dialog-done": true}
	for _, e := range events {
		all[e] = true
	}
	b, err := json.Marshal(all)
	if err != nil {
		return "dialog-done"
	}
	return string(b)
}
