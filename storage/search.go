package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// How much of a number or a word must be given, and how many words count.
const (
	leastDigits = 5
	leastPrefix = 3
	mostWords   = 8
)

// wanted is what somebody typed to find something.
type wanted struct {
	words  []string // folded, cut as the index cuts them
	digits string   // of a telephone number, without leading zeros; "" when it is none
}

func want(typed string) wanted {
	typed = strings.TrimSpace(typed)
	var w wanted
	for _, word := range strings.Fields(lang.Fold(typed)) {
		if terms := lang.Terms(word); len(terms) > 0 && len(w.words) < mostWords && !slices.Contains(w.words, terms[0]) {
			w.words = append(w.words, terms[0])
		}
	}
	if strings.Trim(typed, "+0123456789 -/().") == "" {
		if d := strings.TrimLeft(onlyDigits(typed), "0"); len(d) >= leastDigits {
			w.digits = d
		}
	}
	return w
}

// prefix reports whether a word is looked for as the beginning of words.
func prefix(word string) bool { return len(word) >= leastPrefix }

// match writes a word as the engine's search for it.
func match(e engine, word string) string {
	quote, star := `"`, "*"
	if e == postgresEngine {
		quote, star = "'", ":*"
	}
	text := quote + strings.ReplaceAll(word, quote, quote+quote) + quote
	if prefix(word) {
		text += star
	}
	return text
}

// Where words are found: in what was said in a ticket, and in the names and
// addresses of its requester's family. "offset 0" keeps PostgreSQL from gathering
// every addition with a frequent word before it looks along the list.
const (
	docsWith = "{pg:select ticket_id from search_docs where words @@ ?::text::tsquery}" +
		"{lite:select d.ticket_id from search_words w join search_docs d on d.id = w.rowid where w.search_words match ?}"
	docOfTicket = "exists ({pg:select 1 from search_docs d where d.ticket_id = tickets.id and d.words @@ ?::text::tsquery offset 0}" +
		"{lite:select 1 from search_docs d join search_words w on w.rowid = d.id where d.ticket_id = tickets.id and w.search_words match ?})"
	familyWith = "select f.id from citizen_words cw join citizens m on m.id = cw.citizen_id join citizens f on f.stays_id = m.stays_id" +
		" where cw.word >= ? and cw.word <= ?"
	familyByPhone = "select f.id from contacts k join citizens m on m.id = k.citizen_id join citizens f on f.stays_id = m.stays_id where "
)

// lastOfPrefix is the greatest word beginning with the one typed, or the word
// itself when it is looked for whole.
func lastOfPrefix(word string) string {
	if prefix(word) {
		return word + "\U0010FFFF"
	}
	return word
}

// How many additions with a word are read out. A word that is in more is
// frequent. PostgreSQL looks frequent words up along the list, where matches are
// dense. For SQLite's index that look-up costs as much as reading out thousands,
// so there the newest additions stand for all, and the list is cut.
const (
	rareServer = 1000
	rareFile   = 3000
)

func (l *lister) rare() int {
	if l.db.engine == postgresEngine {
		return rareServer
	}
	return rareFile
}

// search adds the conditions of what was typed. Rare words choose the tickets;
// frequent ones are then looked up in those, or when there are none, along the
// list.
func (l *lister) search(ctx context.Context) error {
	w := want(l.f.Query)
	if len(w.words) == 0 && w.digits == "" {
		l.nothing = true
		return nil
	}
	few, frequent, err := l.byWords(ctx, w.words)
	if err != nil {
		return err
	}
	var condition strings.Builder
	var args []any
	switch {
	case len(w.words) == 0:
		condition.WriteString("1 = 0")
	case len(frequent) < len(w.words):
		condition.WriteString("id" + isOneOf)
		args = append(args, ints(l.db.engine, few))
	}
	for _, word := range frequent {
		if condition.Len() > 0 {
			condition.WriteString(" and ")
		}
		condition.WriteString("(" + docOfTicket + " or citizen_id in (" + familyWith + "))")
		args = append(args, match(l.db.engine, word), word, lastOfPrefix(word))
	}
	if w.digits == "" {
		l.and("("+condition.String()+")", args...)
		return nil
	}
	phone, numbers, err := l.db.phoneCondition(ctx, w.digits)
	if err != nil {
		return err
	}
	l.and("(("+condition.String()+") or citizen_id in ("+familyByPhone+phone+"))", append(args, numbers...)...)
	return nil
}

// byWords gives the tickets that the words choose, and the frequent words that
// are still to be looked up in them: all words when none of them chooses.
func (l *lister) byWords(ctx context.Context, words []string) (few []int64, frequent []string, err error) {
	chosen := false
	var newest []int64 // of the first frequent word
	for _, word := range words {
		ids, all, err := l.ticketsWith(ctx, word)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case !all:
			if len(frequent) == 0 {
				newest = ids
			}
			frequent = append(frequent, word)
		case !chosen:
			few, chosen = ids, true
		default:
			few = slices.DeleteFunc(few, func(id int64) bool { _, found := slices.BinarySearch(ids, id); return !found })
		}
	}
	if l.db.engine == postgresEngine || len(frequent) == 0 {
		return few, frequent, nil
	}
	if !chosen {
		few, frequent, l.cut = newest, frequent[1:], true
	}
	for _, word := range frequent {
		if few, err = l.keepWith(ctx, few, word); err != nil {
			return nil, nil, err
		}
	}
	return few, nil, nil
}

// wordTickets finds the tickets of a word: one line for every addition it is in,
// the newest first, and one for every ticket of a requester with that name, each
// up to one more than is read out.
var wordTickets = sqlQuery(fmt.Sprintf("select 0, ticket_id from (select * from ("+docsWith+" order by {pg:id}{lite:d.id} desc limit {pg:%d}{lite:%d}) docs) found"+
	" union all select 1, id from (select id from tickets where citizen_id in ("+familyWith+") limit {pg:%[1]d}{lite:%[2]d}) theirs", rareServer+1, rareFile+1))

// ticketsWith gives the tickets a word is in, in ascending order; all is false
// when there are more.
func (l *lister) ticketsWith(ctx context.Context, word string) (ids []int64, all bool, err error) {
	var lines [2]int // from additions, from requesters
	err = l.db.query(ctx, statement{
		query: wordTickets, args: []any{match(l.db.engine, word), word, lastOfPrefix(word)}, replan: true,
		read: func(r rows) error {
			ids, lines = nil, [2]int{}
			for r.Next() {
				var from, id int64
				if err := r.Scan(&from, &id); err != nil {
					return err
				}
				ids = append(ids, id)
				lines[from]++
			}
			return r.Err()
		},
	})
	slices.Sort(ids)
	return slices.Compact(ids), max(lines[0], lines[1]) <= l.rare(), err
}

// keepWords finds in the embedded database which of many tickets a frequent word
// is in: by one walk over what its index says of the word, since a look-up in the
// index costs a good part of that for each ticket.
var keepWords = sqlQuery("with docs as materialized (select id, ticket_id from search_docs where ticket_id" + isOneOf + ")" +
	" select distinct docs.ticket_id from search_words w cross join docs on docs.id = w.rowid where w.search_words match ?" +
	" union select id from tickets where id" + isOneOf + " and citizen_id in (" + familyWith + ") order by 1")

func (l *lister) keepWith(ctx context.Context, ids []int64, word string) (kept []int64, err error) {
	list := ints(l.db.engine, ids)
	args := []any{list, match(l.db.engine, word), list, word, lastOfPrefix(word)}
	err = l.db.query(ctx, statement{query: keepWords, args: args, read: intoIDs(&kept)})
	return kept, err
}

const (
	phoneAtAnEnd  = "(k.digits >= ? and k.digits <= ? or k.reversed >= ? and k.reversed <= ?) and k.digits <> ''"
	phoneAnywhere = "k.digits like ? and k.digits <> ''"
)

// phoneCondition finds numbers that begin or end with the digits by an index;
// only when there is none, those with the digits within.
func (db *DB) phoneCondition(ctx context.Context, digits string) (string, []any, error) {
	back := backwards(digits)
	args := []any{digits, digits + ":", back, back + ":"} // ':' follows '9'
	var found bool
	var one64 int64
	q := memo("select 1 from contacts k where " + phoneAtAnEnd + " limit 1")
	if err := db.query(ctx, statement{query: q, args: slices.Clone(args), read: one(&found, &one64)}); err != nil {
		return "", nil, err
	}
	if found {
		return phoneAtAnEnd, args, nil
	}
	return phoneAnywhere, []any{"%" + digits + "%"}, nil
}

// FindCitizens finds citizens by name, address or telephone number; see
// ticketing.CitizenReads.
func (db *DB) FindCitizens(ctx context.Context, typed string, limit int) ([]ticketing.Citizen, error) {
	w := want(typed)
	conditions, args := []string{"into_id is null"}, []any(nil)
	if strings.TrimSpace(typed) != "" {
		var words []string
		for _, word := range w.words {
			words = append(words, "id in ("+familyWith+")")
			args = append(args, word, lastOfPrefix(word))
		}
		condition := strings.Join(words, " and ")
		if len(words) == 0 {
			condition = "1 = 0"
		}
		if w.digits != "" {
			phone, numbers, err := db.phoneCondition(ctx, w.digits)
			if err != nil {
				return nil, err
			}
			condition = "(" + condition + ") or id in (" + familyByPhone + phone + ")"
			args = append(args, numbers...)
		}
		conditions = append(conditions, "("+condition+")")
	}
	var found []citizenRow
	q := memo(selectText[citizenRow]() + " where " + strings.Join(conditions, " and ") + " order by id limit ?")
	if err := db.query(ctx, statement{query: q, args: append(args, limit), read: into(&found)}); err != nil {
		return nil, err
	}
	contacts, err := db.contactsOf(ctx, found)
	if err != nil {
		return nil, err
	}
	var out []ticketing.Citizen
	for i := range found {
		out = append(out, citizenOf(&found[i], contacts[found[i].ID]))
	}
	return out, nil
}

var contactsOfMany = sqlQuery("select m.stays_id, " + planOf[contactRow]().as("k") +
	" from contacts k join citizens m on m.id = k.citizen_id where m.stays_id" + isOneOf + " order by k.id")

// contactsOf gives the contacts of the families of citizens who stayed.
func (db *DB) contactsOf(ctx context.Context, citizens []citizenRow) (map[int64][]contactRow, error) {
	ids := make([]int64, len(citizens))
	for i := range citizens {
		ids[i] = citizens[i].ID
	}
	out := map[int64][]contactRow{}
	if len(ids) == 0 {
		return out, nil
	}
	err := db.query(ctx, statement{query: contactsOfMany, args: []any{ints(db.engine, ids)}, read: func(r rows) error {
		clear(out)
		for r.Next() {
			var row contactRow
			var of int64
			if err := r.Scan(append([]any{&of}, planOf[contactRow]().targets(&row)...)...); err != nil {
				return err
			}
			out[of] = append(out[of], row)
		}
		return r.Err()
	}})
	return out, err
}

var (
	familyMembers   = selectFrom[citizenRow]("where stays_id = (select stays_id from citizens where id = ?) order by id")
	familyContacts  = selectFrom[contactRow]("where citizen_id in (select id from citizens where stays_id = (select stays_id from citizens where id = ?)) order by id")
	contactsOfOwner = func(all []contactRow, id int64) []contactRow {
		return slices.DeleteFunc(slices.Clone(all), func(k contactRow) bool { return k.CitizenID != id })
	}
)

// CitizenView gives who stayed and those joined into them; see
// ticketing.CitizenReads.
func (db *DB) CitizenView(ctx context.Context, id ticketing.CitizenID) (ticketing.Citizen, []ticketing.Citizen, error) {
	var members []citizenRow
	var contacts []contactRow
	err := db.query(ctx,
		statement{query: familyMembers, args: []any{int64(id)}, read: into(&members)},
		statement{query: familyContacts, args: []any{int64(id)}, read: into(&contacts)},
	)
	if err != nil {
		return ticketing.Citizen{}, nil, err
	}
	var main ticketing.Citizen
	var joined []ticketing.Citizen
	for i := range members {
		if m := &members[i]; m.ID == m.StaysID {
			main = citizenOf(m, contacts)
		} else {
			joined = append(joined, citizenOf(m, contactsOfOwner(contacts, m.ID)))
		}
	}
	if main.ID == 0 {
		return main, nil, notFound("citizen")
	}
	return main, joined, nil
}
