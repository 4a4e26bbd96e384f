package storagetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// searchTickets makes tickets with words of all sorts.
func (r *room) searchTickets(t *testing.T, marko ticketing.CitizenID) map[string]*ticketing.Ticket {
	t.Helper()
	made := map[string]*ticketing.Ticket{}
	add := func(name, subject string, set func(*ticketing.Ticket), words ...string) {
		made[name] = r.ticket(t, func(k *ticketing.Ticket) {
			k.Subject, k.Department = subject, r.Lighting.ID
			k.Pending.Text = append([]string{subject, string(k.Ref)}, words...)
			if set != nil {
				set(k)
			}
		})
	}
	add("lamp", "Svjetiljka u Ulici slobode", nil, "Već tri noći ne gori ulična rasvjeta kod škole.")
	add("cyrillic", "Шахт без поклопца", nil, "Ћуприја на Рибници, код џамије: љети заудара.")
	add("marko", "Buka noću", func(k *ticketing.Ticket) { k.Citizen = marko }, "Muzika do zore.")
	add("albanian", "Ndriçimi i rrugës", nil, "Mirëdita, nuk ka dritë te çezma.")
	add("percent", "Popust 100% na kaznu_parking", nil, `C:\folder\nalaz a'b "navodnici" (zagrade) *zvijezda*`)
	add("roads", "Svjetiljka pala na put", func(k *ticketing.Ticket) { k.Department = r.Roads.ID }, "rasvjeta")
	add("closed", "Stara svjetiljka", func(k *ticketing.Ticket) { k.State, k.Code = ticketing.StateClosed, ticketing.CodeResolved }, "rasvjeta")
	add("spam", "Svjetiljka jeftino", func(k *ticketing.Ticket) { k.State, k.Code = ticketing.StateClosed, ticketing.CodeSpam }, "rasvjeta")
	return made
}

// testSearch: every word must be there, whatever its script; signs are no
// operators; the last word may be the beginning of one.
func testSearch(t *testing.T, r *room) {
	marko := r.citizen(t, "Marko Đurđević", "marko.djurdjevic@trazi.example", "+38267111222")
	made := r.searchTickets(t, marko.ID)
	find := func(t *testing.T, f ticketing.TicketFilter) []string {
		t.Helper()
		f.Scope = everything
		return r.found(t, f, made)
	}
	for query, want := range map[string][]string{
		"svjetiljka":                     {"lamp", "roads", "closed"},
		"SVJETILJKA slobode":             {"lamp"},
		"slobode svjetiljka":             {"lamp"},
		"свјетиљка слободе":              {"lamp"},
		"rasvjeta škole":                 {"lamp"},
		"skole":                          {"lamp"},
		"школе":                          {"lamp"},
		"ćuprija":                        {"cyrillic"},
		"cuprija":                        {"cyrillic"},
		"ћуприја":                        {"cyrillic"},
		"džamije":                        {"cyrillic"},
		"šaht poklopca":                  {"cyrillic"},
		"ndricimi rruges":                {"albanian"},
		"ÇEZMA":                          {"albanian"},
		"svjetilj":                       {"lamp", "roads", "closed"},
		"slobode svjetilj":               {"lamp"},
		"marko.djurdjevic@trazi.example": {"marko"},
		"Đurđević":                       {"marko"},
		"djurdjevic marko":               {"marko"},
		"durdevic":                       {"marko"},
		"Ђурђевић":                       {"marko"},
		"+38267111222":                   {"marko"},
		"067 111 222":                    {"marko"},
		"067/111-222":                    {"marko"},
		"svjetiljka nepostojeća":         {},
		"noć":                            {"lamp", "marko"}, // the beginning of noći and of noću
		"navodnici zagrade":              {"percent"},
		string(made["albanian"].Ref):     {"albanian"},
		strings.ToLower(string(made["lamp"].Ref)):             {"lamp"},
		strings.ReplaceAll(string(made["lamp"].Ref), "-", ""): {"lamp"},
	} {
		t.Run("finds "+query, func(t *testing.T) {
			got := find(t, ticketing.TicketFilter{Query: query, All: true})
			slices.Sort(want)
			same(t, "tickets", got, want)
		})
	}
	t.Run("signs are no operators (A66, A67)", func(t *testing.T) { testSigns(t, r, find) })
	t.Run("blanks are no query", func(t *testing.T) {
		if got := find(t, ticketing.TicketFilter{Query: "  \t "}); len(got) != len(made)-2 {
			t.Errorf("a query of blanks finds %d, want all %d in work", len(got), len(made)-2)
		}
	})
	t.Run("together with other filters", func(t *testing.T) {
		for name, c := range map[string]struct {
			f    ticketing.TicketFilter
			want []string
		}{
			"in work":    {ticketing.TicketFilter{Query: "rasvjeta"}, []string{"lamp", "roads"}},
			"closed":     {ticketing.TicketFilter{Query: "rasvjeta", States: []ticketing.State{ticketing.StateClosed}}, []string{"closed"}},
			"spam":       {ticketing.TicketFilter{Query: "rasvjeta", Spam: true}, []string{"spam"}},
			"department": {ticketing.TicketFilter{Query: "rasvjeta", Department: r.Roads.ID}, []string{"roads"}},
			"citizen":    {ticketing.TicketFilter{Query: "rasvjeta", Citizen: marko.ID}, nil},
		} {
			same(t, name, find(t, c.f), c.want)
		}
	})
	t.Run("an officer finds nothing foreign, by whatever (A37)", func(t *testing.T) { testForeignSearch(t, r, made) })
	t.Run("what is added is found, what was there still too", func(t *testing.T) {
		r.change(t, made["lamp"].ID, func(_ ticketing.Tx, k *ticketing.Ticket) error {
			k.Pending.Text = []string{"Dopuna: bandera se naherila"}
			return nil
		})
		same(t, "new words", find(t, ticketing.TicketFilter{Query: "bandera"}), []string{"lamp"})
		same(t, "old words", find(t, ticketing.TicketFilter{Query: "slobode"}), []string{"lamp"})
		same(t, "old and new words", find(t, ticketing.TicketFilter{Query: "slobode bandera"}), []string{"lamp"})
	})
	t.Run("found tickets page like others", func(t *testing.T) { testSearchPages(t, r) })
	t.Run("a word that one ticket is full of hides no other", func(t *testing.T) { testSearchFull(t, r) })
}

func testForeignSearch(t *testing.T, r *room, made map[string]*ticketing.Ticket) {
	roads := ticketing.Scope{Departments: []ticketing.DepartmentID{r.Roads.ID}}
	for _, query := range []string{
		"slobode", string(made["lamp"].Ref), "marko.djurdjevic@trazi.example", "+38267111222", "Đurđević", "svjetiljka", "ćuprija",
	} {
		for _, name := range r.found(t, ticketing.TicketFilter{Scope: roads, Query: query, All: true}, made) {
			if name != "roads" {
				t.Errorf("query %q finds the foreign ticket %q", query, name)
			}
		}
	}
}

// testSigns holds A66 and A67.
func testSigns(t *testing.T, r *room, find func(t *testing.T, f ticketing.TicketFilter) []string) {
	for _, query := range []string{
		"%", "_", "*", "%%%", "____", "svj%jka", "svj_tiljka", "sv*ka", `"`, `\`, "'", "--", ";", "()", "|", "&", "!", ":*", "<->",
		"svjetiljka OR šaht", "svjetiljka NOT slobode", "svjetiljka AND nepostojeća", "NEAR(svjetiljka slobode)", "subject:svjetiljka",
		"' OR '1'='1", `" OR "1"="1`, "{svjetiljka nema}", "^svjetiljka$ nema", "svjetiljka -slobode x", "\x00", "\xff\xfe", "ʼ",
		strings.Repeat("svjetiljka ", 3) + "nema", strings.Repeat("x", 5000), strings.Repeat("qq zz ", 500),
	} {
		if got := find(t, ticketing.TicketFilter{Query: query, All: true}); len(got) != 0 {
			t.Errorf("query %.40q finds %v, want nothing", query, got)
		}
	}
	for query, want := range map[string]string{
		"svjetiljka' slobode": "lamp", `"svjetiljka" "slobode"`: "lamp", "(svjetiljka) & slobode": "lamp", "svjetiljka: slobode!": "lamp",
		"100% kaznu": "percent", "svjetiljka\x00slobode": "lamp", "  svjetiljka \t slobode \n": "lamp",
	} {
		if got := find(t, ticketing.TicketFilter{Query: query}); len(got) != 1 || got[0] != want {
			t.Errorf("query %q finds %v, want %s", query, got, want)
		}
	}
}

// found gives the names of the tickets a filter shows, in order of name.
func (r *room) found(t *testing.T, f ticketing.TicketFilter, made map[string]*ticketing.Ticket) []string {
	t.Helper()
	var names []string
	for _, ref := range r.refs(t, f) {
		name := "a stranger"
		for n, k := range made {
			if k.Ref == ref {
				name = n
			}
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func testSearchPages(t *testing.T, r *room) {
	want := map[ticketing.Reference]bool{}
	for i := range 23 {
		k := r.ticket(t, func(k *ticketing.Ticket) {
			k.Subject, k.DueAt = fmt.Sprintf("Listanje %d", i), r.now().Add(time.Duration(i%5)*time.Hour)
			k.Pending.Text = []string{k.Subject}
		})
		want[k.Ref] = true
	}
	for _, sort := range []ticketing.Sort{ticketing.SortDue, ticketing.SortReceived, ticketing.SortActivity, ticketing.SortPriority} {
		for _, desc := range []bool{false, true} {
			seen := map[ticketing.Reference]bool{}
			for _, ref := range r.refs(t, ticketing.TicketFilter{Scope: everything, Query: "listanje", Sort: sort, Desc: desc, Limit: 4}) {
				if seen[ref] || !want[ref] {
					t.Errorf("%s desc=%v: %s comes twice or unasked", sort, desc, ref)
				}
				seen[ref] = true
			}
			if len(seen) != len(want) {
				t.Errorf("%s desc=%v: %d tickets, want %d", sort, desc, len(seen), len(want))
			}
		}
	}
}

// testSearchFull looks for a word that is in more additions of one ticket than
// a search reads out.
func testSearchFull(t *testing.T, r *room) {
	full := r.ticket(t, func(k *ticketing.Ticket) { k.Subject, k.Pending.Text = "Prepiska", []string{"prepisivanje"} })
	r.in(t, func(tx ticketing.Tx) error {
		for range 1001 {
			k, err := tx.Ticket(ctx(), everything, full.Ref)
			if err != nil {
				return err
			}
			k.Pending.Text = []string{"prepisivanje"}
			if err := tx.SaveTicket(ctx(), k); err != nil {
				return err
			}
		}
		return nil
	})
	other := r.ticket(t, func(k *ticketing.Ticket) { k.Subject, k.Pending.Text = "Prepis", []string{"prepisivanje"} })
	got := r.refs(t, ticketing.TicketFilter{Scope: everything, Query: "prepisivanje", Sort: ticketing.SortReceived, Limit: 4})
	if !slices.Contains(got, full.Ref) || !slices.Contains(got, other.Ref) || len(got) != 2 {
		t.Errorf("found %v, want %s and %s", got, full.Ref, other.Ref)
	}
}
