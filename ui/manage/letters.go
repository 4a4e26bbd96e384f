package manage

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/letters"
	"github.com/sistem48/system48/ui/web"
)

// A LetterBook shows how the city's letters read; *letters.Shelf is one.
type LetterBook interface {
	// Preview writes a letter with the text and believable data.
	Preview(t ticketing.LetterText) (ticketing.Letter, error)
	// Placeholders lists what the text may mention.
	Placeholders(tag lang.Tag, name string) []letters.Placeholder
	// PreviewTemplate and TemplatePlaceholders are the same of ready-made answers.
	PreviewTemplate(tag lang.Tag, text string) (string, error)
	TemplatePlaceholders(tag lang.Tag) []letters.Placeholder
}

// letterVersions is how many versions the page of a letter lists.
const letterVersions = 20

// A letterLine is one letter in the list.
type letterLine struct {
	Name    string
	Subject string // of the text in force, with sample data
	Texts   []ticketing.LetterText
}

func letterHref(name string, tag lang.Tag) string {
	return pageLetters + "/" + name + "/" + string(tag)
}

func (a *Area) lettersPage(c echo.Context) error {
	page, err := a.settings(c, "letters.title", pageLetters)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	tag := web.Language(c.Request().Context())
	var list []letterLine
	for _, name := range letters.Names() {
		line := letterLine{Name: name}
		for _, t := range lang.Tags() {
			x, _ := dir.LetterText(t, name)
			x.Language, x.Name = t, name
			line.Texts = append(line.Texts, x)
		}
		shown, _ := dir.LetterText(tag, name)
		shown.Language, shown.Name = tag, name
		l, err := a.preview(shown)
		if err != nil {
			return err
		}
		line.Subject, _, _ = strings.Cut(orElse(l.Subject, l.Text), "\n")
		list = append(list, line)
	}
	return web.Render(c, http.StatusOK, lettersView(page, list))
}

// preview writes the letter; a stored text that this program cannot read is
// shown as what stands in for it, the shipped one.
func (a *Area) preview(t ticketing.LetterText) (ticketing.Letter, error) {
	l, err := a.Letters.Preview(t)
	if ticketing.KindOf(err) == ticketing.Invalid {
		t.Body = ""
		return a.Letters.Preview(t)
	}
	return l, err
}

func orElse(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

// A letterView is the page of one text in one language.
type letterView struct {
	Page         settingsPage
	Form         *web.Form
	Text         ticketing.LetterText // as stored; Version 0: never changed
	Tag          lang.Tag
	Preview      ticketing.Letter
	Tried        bool // the preview shows what was typed, not what is stored
	Placeholders []letters.Placeholder
	History      []ticketing.LetterText
	Directory    *ticketing.Directory
	CyrillicOwn  bool
}

// own reports whether the city's own text is in force.
func (v letterView) own() bool { return v.Text.Body != "" }

func (v letterView) author(ctx context.Context, t ticketing.LetterText) string {
	if a, ok := v.Directory.Agent(t.Agent); ok {
		return a.Name
	}
	return web.T(ctx, "letters.program")
}

// letterOf gives the stored text of the address; an unknown one is NotFound.
func (a *Area) letterOf(c echo.Context) (ticketing.LetterText, *ticketing.Directory, error) {
	tag, name := lang.Tag(c.Param("language")), c.Param("name")
	if !slices.Contains(lang.Tags(), tag) || !slices.Contains(letters.Names(), name) {
		return ticketing.LetterText{}, nil, ticketing.NotFound
	}
	dir, err := a.directory(c)
	if err != nil {
		return ticketing.LetterText{}, nil, err
	}
	t, _ := dir.LetterText(tag, name)
	t.Language, t.Name = tag, name
	return t, dir, nil
}

func (a *Area) letterPage(c echo.Context) error {
	t, dir, err := a.letterOf(c)
	if err != nil {
		return err
	}
	body := t.Body
	if body == "" {
		if body, err = letters.Shipped(t.Language, t.Name); err != nil {
			return err
		}
	}
	v := letterView{Text: t, Tag: t.Language, Directory: dir, Form: web.NewForm("body", body, "version", strconv.FormatInt(t.Version, 10))}
	if v.History, err = a.Reads.LetterHistory(c.Request().Context(), t.Language, t.Name, letterVersions); err != nil {
		return err
	}
	if again := c.QueryParam("version"); again != "" { // an older version is laid into the editor, to be saved anew
		for _, old := range v.History {
			if strconv.FormatInt(old.Version, 10) == again && old.Body != "" {
				v.Form.Set("body", old.Body)
				t.Body, v.Tried = old.Body, true
			}
		}
	}
	if v.Preview, err = a.preview(t); err != nil {
		return err
	}
	return a.showLetter(c, http.StatusOK, v, t)
}

func (a *Area) showLetter(c echo.Context, status int, v letterView, shown ticketing.LetterText) error {
	var err error
	if v.Page, err = a.settings(c, "letters.edit", pageLetters); err != nil {
		return err
	}
	v.Placeholders = a.Letters.Placeholders(shown.Language, shown.Name)
	if own, _ := v.Directory.LetterText(lang.SrCyrl, shown.Name); shown.Language == lang.SrLatn {
		v.CyrillicOwn = own.Body != ""
	}
	return web.Render(c, status, letterPageView(v))
}

// saveLetter looks at, saves or takes back what was typed.
func (a *Area) saveLetter(c echo.Context) error {
	stored, dir, err := a.letterOf(c)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	typed := stored
	typed.Body, typed.Version = f.Text("body", ticketing.MaxLetterText), f.Int("version", 0, 1<<62)
	act := f.Choice("do", "preview", "save", "reset")
	if act == "reset" {
		typed.Body = ""
	} else if typed.Body == "" {
		f.Fail("body", "form.required")
	}
	v := letterView{Text: stored, Tag: stored.Language, Directory: dir, Form: f}
	if f.OK() && act != "preview" {
		if err := a.registry.SaveLetter(ctx, web.ActorOf(c), &typed); err == nil {
			a.saved(c)
			return web.Redirect(c, letterHref(stored.Name, stored.Language))
		} else if !f.Take(err) {
			return err
		}
	}
	status := http.StatusOK
	if f.OK() {
		if v.Preview, err = a.Letters.Preview(typed); err != nil && !f.Take(err) {
			return err
		}
		v.Tried = err == nil
	}
	if !f.OK() {
		status = http.StatusUnprocessableEntity
		if v.Preview, err = a.preview(stored); err != nil {
			return err
		}
	}
	if v.History, err = a.Reads.LetterHistory(ctx, stored.Language, stored.Name, letterVersions); err != nil {
		return err
	}
	return a.showLetter(c, status, v, stored)
}
