package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// A sampleStory is one contact of the sample city and what became of it until now.
type sampleStory struct {
	At       time.Time // of receipt
	Who      sampleCitizen
	Channel  ticketing.Channel
	Language lang.Tag
	Subject  string
	Text     string
	Category string // code
	Street   string // in Latin script, with the number; "" when the text names none
	Photos   int    // that came with it; samplePhoto draws one
	Same     int    // index of the earlier story about the same thing, -1 when there is none
	Fate     sampleFate
	Deeds    []sampleDeed // ordered by time, none after now
}

// A sampleCitizen is who wrote.
type sampleCitizen struct {
	Name  string // in the script of the contact
	Email string // "" when only the telephone is known
	Phone string // E.164; "" when only the mail address is known
}

// A sampleDeed happens to the ticket of a story.
type sampleDeed struct {
	At    time.Time
	Kind  deedKind
	By    string // e-mail of the agent; "" for the citizen
	Text  string
	To    string // department of deedMove
	Code  ticketing.ClosingCode
	Photo bool // the message carries one
}

// A sampleFate is how soon the bureau deals with a story.
type sampleFate uint8

// The fates.
const (
	fatePrompt sampleFate = iota // answered in time
	fateLate                     // answered after the promise was broken
	fateStuck                    // not answered at all
)

// sampleStories tells n stories of the days before now, ordered by time of
// receipt. The same seed of r and the same now give the same stories. The
// requests are told once each before one is told again, at other places by
// other people.
func sampleStories(r *rand.Rand, now time.Time, zone *time.Location, days, n int) ([]sampleStory, error) {
	requests, err := sampleRequests()
	if err != nil {
		return nil, err
	}
	people, err := samplePeople()
	if err != nil {
		return nil, err
	}
	t := teller{r: r, now: now.In(zone), days: max(days, 1), people: people, agents: sampleAgents(), writes: map[string]sampleCitizen{}}
	if t.streets, t.quarters, err = samplePlaces(); err != nil {
		return nil, err
	}
	t.home, t.photo = map[string]string{}, map[string]bool{}
	for _, c := range sampleCategories() {
		t.home[c.Code], t.photo[c.Code] = c.Department, c.Proof == string(ticketing.ProofPhoto)
		if c.OnCall {
			t.onCall = append(t.onCall, c.Code)
		}
	}
	var order []int
	for len(t.out) < n {
		if len(order) == 0 {
			order = r.Perm(len(requests))
		}
		t.tell(requests[order[0]], n)
		order = order[1:]
	}
	return byTime(t.out), nil
}

// byTime puts the stories in order of time and keeps Same true.
func byTime(all []sampleStory) []sampleStory {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return all[a].At.Compare(all[b].At) })
	place := make([]int, len(all))
	for to, from := range order {
		place[from] = to
	}
	out := make([]sampleStory, len(all))
	for to, from := range order {
		out[to] = all[from]
		if s := out[to].Same; s >= 0 {
			out[to].Same = place[s]
		}
	}
	return out
}

// A teller makes stories of requests.
type teller struct {
	r        *rand.Rand
	now      time.Time
	days     int
	people   []samplePerson
	agents   []sampleAgent
	streets  []string
	quarters []string
	home     map[string]string // department of a category
	onCall   []string
	photo    map[string]bool          // the category demands one
	writes   map[string]sampleCitizen // by name
	out      []sampleStory
}

// tell adds the story of a request, and those of others about the same thing,
// until there are n.
func (t *teller) tell(q sampleRequest, n int) {
	n1 := 1 + t.r.IntN(120)
	street, quarter := t.streets[t.r.IntN(len(t.streets))], t.quarters[t.r.IntN(len(t.quarters))]
	fill := func(q sampleRequest, who samplePerson) func(string) string {
		script := func(s string) string { return s }
		if q.Language == lang.SrCyrl {
			script = lang.ToCyrillic
		}
		return strings.NewReplacer("{name}", script(who.Name), "{street}", script(street), "{quarter}", script(quarter),
			"{n}", strconv.Itoa(n1), "{m}", strconv.Itoa(n1+2+2*t.r.IntN(8))).Replace
	}
	s, first := t.contact(q, fill, t.receipt(q.Category)), len(t.out)
	if strings.Contains(q.Text+q.Subject, "{street}") {
		s.Street = fmt.Sprintf("%s %d", street, n1)
	}
	t.live(&s, q, fill(q, t.lastPerson(s)))
	t.out = append(t.out, s)
	for _, again := range q.Again {
		at := s.At.Add(t.between(10*time.Minute, 70*time.Minute))
		if len(t.out) >= n || at.After(t.now) {
			return
		}
		other := t.contact(again, fill, at)
		other.Same, other.Street = first, s.Street
		t.double(&other, s)
		t.out = append(t.out, other)
	}
}

// contact fills in who wrote what and when.
func (t *teller) contact(q sampleRequest, fill func(sampleRequest, samplePerson) func(string) string, at time.Time) sampleStory {
	who := t.person(q)
	words := fill(q, who)
	s := sampleStory{
		At: at, Who: t.citizen(who, q), Channel: q.Channel, Language: q.Language, Category: q.Category,
		Subject: words(q.Subject), Text: words(q.Text), Same: -1,
	}
	if q.Photo {
		s.Photos = 1 + t.r.IntN(2)
	}
	return s
}

// person chooses somebody who speaks the language of the request.
func (t *teller) person(q sampleRequest) samplePerson {
	speaks := "sr"
	if q.Language == lang.Sq || q.Language == lang.En {
		speaks = string(q.Language)
	}
	fitting := slices.DeleteFunc(slices.Clone(t.people), func(p samplePerson) bool { return p.Language != speaks || p.Woman != q.Woman })
	return fitting[t.r.IntN(len(fitting))]
}

// lastPerson gives the person of a story back, for the names in answers.
func (t *teller) lastPerson(s sampleStory) samplePerson {
	return samplePerson{Name: lang.ToLatin(s.Who.Name)}
}

// citizen gives the person an address and a telephone, the same ones each time.
func (t *teller) citizen(p samplePerson, q sampleRequest) sampleCitizen {
	c, known := t.writes[p.Name]
	if !known {
		user := strings.ReplaceAll(asciiName(p.Name), " ", ".")
		c = sampleCitizen{Email: user + "@" + sampleMailDomain, Phone: fmt.Sprintf("+3826%d000%03d", 7+t.r.IntN(3), len(t.writes)+1)}
		t.writes[p.Name] = c
	}
	c.Name = p.Name
	if q.Language == lang.SrCyrl {
		c.Name = lang.ToCyrillic(p.Name)
	}
	switch q.Channel {
	case ticketing.ChannelPhone, ticketing.ChannelSMS:
		c.Email = ""
	case ticketing.ChannelEmail, ticketing.ChannelPortal:
		c.Phone = ""
	case ticketing.ChannelCounter, ticketing.ChannelLetter, ticketing.ChannelAPI:
	}
	return c
}

// asciiName folds a name into what stands in a mail address.
func asciiName(name string) string {
	return strings.NewReplacer("č", "c", "ć", "c", "š", "s", "ž", "z", "đ", "dj", "ë", "e", "ç", "c").Replace(strings.ToLower(strings.NewReplacer(
		"Č", "č", "Ć", "ć", "Š", "š", "Ž", "ž", "Đ", "đ", "Ë", "ë", "Ç", "ç").Replace(name)))
}

// live lets the script of the request happen, as far as there is time.
func (t *teller) live(s *sampleStory, q sampleRequest, words func(string) string) {
	s.Fate = t.fate(s)
	at, dept := s.At, t.home[s.Category]
	by := t.agent(q.Language, "")
	if len(q.Script) > 0 && q.Script[0].Kind != deedSpam && t.r.IntN(3) > 0 {
		at = t.work(s, at, t.between(4*time.Minute, 90*time.Minute))
		t.do(s, sampleDeed{At: at, Kind: deedTake, By: by})
	}
	told := false // something has been said to the citizen
	for _, l := range q.Script {
		if s.Fate == fateStuck && l.Kind != deedNote && l.Kind != deedMove {
			return
		}
		if l.Kind == deedMove && l.To == dept {
			continue
		}
		at = t.next(s, at, l, told)
		d := sampleDeed{At: at, Kind: l.Kind, By: by, Text: words(l.Text), To: l.To, Code: l.Code, Photo: l.Photo}
		switch l.Kind {
		case deedCitizen:
			d.By = ""
		case deedMove:
			dept = l.To
		case deedAnswer, deedResolve:
			if officer := t.agent(q.Language, dept); officer != "" && t.r.IntN(5) < 2 {
				d.By = officer
			}
		case deedTake, deedQuestion, deedNote, deedClose, deedVoid, deedSpam:
		}
		told = told || l.Kind == deedAnswer || l.Kind == deedQuestion
		t.do(s, d)
	}
	t.finish(s, q, at, by)
}

// finish resolves, some days later, what the script leaves answered only.
func (t *teller) finish(s *sampleStory, q sampleRequest, at time.Time, by string) {
	n := len(q.Script)
	if n == 0 || q.Script[n-1].Kind != deedAnswer || t.r.IntN(8) == 0 {
		return
	}
	if t.photo[s.Category] && !q.Script[n-1].Photo {
		return
	}
	at = t.work(s, at, t.between(20*time.Hour, 7*24*time.Hour))
	t.do(s, sampleDeed{At: at, Kind: deedResolve, By: by, Text: "Građanin je obaviješten, dalje se ne čeka ništa."})
}

// double closes a second contact about the same thing soon after it came.
func (t *teller) double(s *sampleStory, first sampleStory) {
	by := t.agent(s.Language, "")
	t.do(s, sampleDeed{At: s.At.Add(t.between(5*time.Minute, 25*time.Minute)), Kind: deedClose, By: by, Code: ticketing.CodeDuplicate})
	s.Fate = first.Fate
}

// do keeps a deed unless it lies in the future; what follows it does, too.
func (t *teller) do(s *sampleStory, d sampleDeed) {
	if n := len(s.Deeds); n > 0 && !d.At.After(s.Deeds[n-1].At) {
		d.At = s.Deeds[n-1].At.Add(time.Minute)
	}
	if !d.At.After(t.now) {
		s.Deeds = append(s.Deeds, d)
	}
}

// fate: nine in ten are answered in time, and only young ones are stuck.
func (t *teller) fate(s *sampleStory) sampleFate {
	age := t.now.Sub(s.At)
	switch p := t.r.IntN(100); {
	case slices.Contains(t.onCall, s.Category):
		return fatePrompt
	case p < 12 && age < 8*24*time.Hour:
		return fateStuck
	case p < 11:
		return fateLate
	default:
		return fatePrompt
	}
}

// agent chooses somebody of the call centre, Arta for Albanian, or an officer
// of the department ("" when it has none).
func (t *teller) agent(tag lang.Tag, department string) string {
	var fitting []string
	for _, a := range t.agents {
		switch {
		case department != "" && a.Role == ticketing.RoleOfficer && slices.Contains(a.Departments, department):
			fitting = append(fitting, a.Email)
		case department == "" && a.Role == ticketing.RoleAgent && (a.Language == lang.Sq) == (tag == lang.Sq):
			fitting = append(fitting, a.Email)
		}
	}
	if len(fitting) == 0 {
		return ""
	}
	return fitting[t.r.IntN(len(fitting))]
}
