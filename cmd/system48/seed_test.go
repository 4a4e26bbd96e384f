package main

import (
	"bytes"
	"image/jpeg"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

func storiesOf(t *testing.T, seed uint64, n int) []sampleStory {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Podgorica")
	if err != nil {
		t.Fatal(err)
	}
	out, err := sampleStories(rand.New(rand.NewPCG(seed, 48)), time.Date(2026, 11, 24, 10, 14, 0, 0, zone), zone, 28, n)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSampleRequests: enough of them, in all languages, and only of categories,
// departments and codes that exist.
func TestSampleRequests(t *testing.T) {
	t.Parallel()
	all, err := sampleRequests()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 120 {
		t.Errorf("%d requests, want 120 or more", len(all))
	}
	categories := map[string]CategoryItem{}
	for _, c := range sampleCategories() {
		categories[c.Code] = c
	}
	languages, used, seen := map[lang.Tag]int{}, map[string]int{}, map[string]bool{}
	for _, r := range all {
		languages[r.Language]++
		used[r.Category]++
		c, known := categories[r.Category]
		if !known {
			t.Errorf("%q: unknown category %q", r.Subject, r.Category)
		}
		if key := string(r.Language) + r.Subject + r.Text; seen[key] {
			t.Errorf("%q stands there twice", r.Subject)
		} else {
			seen[key] = true
		}
		answered, photo := false, false
		for _, l := range r.Script {
			answered, photo = answered || l.Kind == deedAnswer, photo || l.Photo
			if l.Kind == deedMove && !slices.ContainsFunc(sampleDepartments(), func(d DepartmentItem) bool { return d.Code == l.To }) {
				t.Errorf("%q: unknown department %q", r.Subject, l.To)
			}
			if l.Kind != deedResolve && (l.Kind != deedClose || l.Code != ticketing.CodeResolved) {
				continue
			}
			switch {
			case c.Proof == string(ticketing.ProofPhoto) && !photo, c.Proof == string(ticketing.ProofAnswer) && !answered,
				c.Proof == string(ticketing.ProofDecision) && l.Text == "":
				t.Errorf("%q: resolved without the proof that %s demands (%s)", r.Subject, r.Category, c.Proof)
			}
		}
	}
	for _, tag := range lang.Tags() {
		if languages[tag] < 15 {
			t.Errorf("%d requests in %s, want 15 or more", languages[tag], tag)
		}
	}
	if languages[lang.SrLatn] <= len(all)/2 {
		t.Errorf("%d of %d requests in Montenegrin, Latin script, want the majority", languages[lang.SrLatn], len(all))
	}
	for code := range categories {
		if used[code] == 0 {
			t.Errorf("no request of category %s", code)
		}
	}
}

func TestSampleRequestsRefuse(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		"== other", "== other pigeon\na\n\nb", "== other email\nsubject only", "== other email\na\n\nb\n@dance", "== other email\na\n\nb\n@answer",
		"== other email\na\n\nb\n@close forgotten", "== other email\na\n\nb\n@again fax\nc\n\nd",
	} {
		if got, err := parseRequests("x.txt", src, lang.En); err == nil {
			t.Errorf("parseRequests(%q) = %v, want an error", src, got)
		}
	}
}

// TestSampleCity: everything refers to something that is there, in all the
// languages that are written by hand.
func TestSampleCity(t *testing.T) {
	t.Parallel()
	var c Config
	sampleCity(&c)
	codes := map[string]bool{}
	named := func(code string, names map[string]string) {
		for _, tag := range []lang.Tag{lang.SrLatn, lang.Sq, lang.En} {
			if names[string(tag)] == "" {
				t.Errorf("%s has no name in %s", code, tag)
			}
		}
	}
	for _, d := range c.Departments {
		codes[d.Code] = true
		named(d.Code, d.Names)
	}
	byDefault := 0
	for _, k := range c.Categories {
		named(k.Code, k.Names)
		if !codes[k.Department] {
			t.Errorf("category %s: no department %q", k.Code, k.Department)
		}
		if k.Default {
			byDefault++
		}
	}
	if byDefault != 1 {
		t.Errorf("%d default categories, want 1", byDefault)
	}
	roles := map[ticketing.Role]bool{}
	for _, a := range sampleAgents() {
		roles[a.Role] = true
		for _, d := range a.Departments {
			if !codes[d] {
				t.Errorf("%s: no department %q", a.Name, d)
			}
		}
		if ticketing.NormalEmail(a.Email) != a.Email {
			t.Errorf("%s: address %q", a.Name, a.Email)
		}
	}
	for _, r := range ticketing.Roles() {
		if !roles[r] {
			t.Errorf("nobody is %s", r)
		}
	}
}

func TestSampleStoriesRepeat(t *testing.T) {
	t.Parallel()
	a, b := storiesOf(t, 1, 200), storiesOf(t, 1, 200)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("the same seed tells other stories:\n%s", diff)
	}
	if cmp.Equal(a, storiesOf(t, 2, 200)) {
		t.Error("another seed tells the same stories")
	}
}

// TestSampleStories holds the stories to what the use cases will demand.
func TestSampleStories(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 9, 14, 0, 0, time.UTC)
	agents := map[string]sampleAgent{}
	for _, a := range sampleAgents() {
		agents[a.Email] = a
	}
	all := storiesOf(t, 7, 400)
	if len(all) != 400 {
		t.Fatalf("%d stories, want 400", len(all))
	}
	for i, s := range all {
		if i > 0 && s.At.Before(all[i-1].At) {
			t.Errorf("story %d is older than the one before", i)
		}
		if s.At.After(now) || s.At.Before(now.AddDate(0, 0, -29)) {
			t.Errorf("%q comes at %v", s.Subject, s.At)
		}
		if s.Who.Name == "" || (s.Who.Email == "" && s.Who.Phone == "") || (s.Who.Email != "" && ticketing.NormalEmail(s.Who.Email) != s.Who.Email) {
			t.Errorf("%q comes from %+v", s.Subject, s.Who)
		}
		texts, before, home := []string{s.Subject, s.Text}, s.At, ""
		for _, c := range sampleCategories() {
			if c.Code == s.Category {
				home = c.Department
			}
		}
		for _, d := range s.Deeds {
			texts = append(texts, d.Text)
			if !d.At.After(before) || d.At.After(now) {
				t.Errorf("%q: %s at %v, after %v", s.Subject, d.Kind, d.At, before)
			}
			before = d.At
			a, known := agents[d.By]
			if known == (d.Kind == deedCitizen) {
				t.Errorf("%q: %s by %q", s.Subject, d.Kind, d.By)
			}
			if a.Role == ticketing.RoleOfficer && !slices.Contains(a.Departments, home) {
				t.Errorf("%q: %s by %s, who does not see %s", s.Subject, d.Kind, a.Name, home)
			}
			if d.Kind == deedMove {
				home = d.To
			}
			if d.Code == ticketing.CodeDuplicate && (s.Same < 0 || s.Same >= i || all[s.Same].Category != s.Category) {
				t.Errorf("%q is the same as story %d", s.Subject, s.Same)
			}
		}
		for _, text := range texts {
			if strings.ContainsAny(text, "{}") || strings.Contains(text, "\n@") {
				t.Errorf("%q: left over in %q", s.Subject, text)
			}
		}
	}
}

// TestSampleStoriesAreMixed: a demo needs open, waiting, finished, late and
// stuck tickets on every channel.
func TestSampleStoriesAreMixed(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		count := map[string]int{}
		for _, s := range storiesOf(t, seed, 200) {
			count["channel "+string(s.Channel)]++
			count["language "+string(s.Language)]++
			if s.Photos > 0 {
				count["photo"]++
			}
			last := deedKind("nothing yet")
			for _, d := range s.Deeds {
				count["deed "+string(d.Kind)]++
				if d.Kind == deedClose {
					count["code "+string(d.Code)]++
				}
				last = d.Kind
			}
			count["ends with "+string(last)]++
			if s.Fate == fateLate {
				count["late"]++
			}
			if s.Fate == fateStuck {
				count["stuck"]++
			}
		}
		for _, what := range []string{
			"channel email", "channel phone", "channel sms", "channel portal", "channel counter", "photo", "late", "stuck", "ends with nothing yet",
			"ends with take", "ends with question", "ends with answer", "ends with resolve", "deed citizen", "deed move", "deed note",
			"code not_competent", "code duplicate", "code resolved", "language sq", "language en", "language sr-Cyrl-ME",
		} {
			if count[what] == 0 {
				t.Errorf("seed %d: no story with %q: %v", seed, what, count)
			}
		}
	}
}

func TestSamplePhoto(t *testing.T) {
	t.Parallel()
	b, err := samplePhoto(rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jpeg.Decode(bytes.NewReader(b)); err != nil || len(b) > 60_000 {
		t.Errorf("samplePhoto() gives %d bytes, %v", len(b), err)
	}
}
