package report

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A Report is everything a department's page shows, of one department, several
// or the whole city.
type Report struct {
	Request Request // as completed: filter in scope, period compared with
	AsOf    time.Time

	// Figures are the numbers at the top, in the order of Definitions.
	Figures []Figure
	// Answer and Resolve are formulas A, B, C and D side by side.
	Answer, Resolve []Figure
	// Beside always stands beside the headline: paused past due, ended unanswered,
	// left out, still to come, not yet validated.
	Beside []Figure
	// OldestUnvalidated is when the oldest report not yet validated came; zero when none.
	OldestUnvalidated time.Time

	EndedByCode Table
	// Tables by category, channel, district, language, and by department when the
	// report is of more than one.
	ByCategory, ByChannel, ByDistrict, ByLanguage, ByDepartment Table
	// Weeks are AnswerOnTime, ResolveOnTime, AnswerMedian, Received and Closed.
	Weeks []Series
	Heat  Heat
	Aging []AgeBucket
	Legs  Legs
	// Signs lists all kinds; none when the report is narrowed or looks back.
	Signs []Sign
}

// Figure gives a figure of the report by its measure, the zero Figure when there
// is none.
func (r *Report) Figure(m Measure) Figure {
	for _, list := range [][]Figure{r.Figures, r.Answer, r.Resolve, r.Beside} {
		for _, f := range list {
			if f.Measure == m {
				return f
			}
		}
	}
	return Figure{}
}

// Department makes the report of the departments in the filter, of all the actor
// may see when it names none. Errors: Forbidden without RightReports, NotFound
// for a department of others, Invalid for a bad period.
func Department(ctx context.Context, src Source, a ticketing.Actor, req Request) (*Report, error) {
	if err := req.check(a); err != nil {
		return nil, err
	}
	b := &builder{reader: reader{src: src, req: &req}}
	if err := b.read(ctx); err != nil {
		return nil, err
	}
	out := &Report{Request: req, AsOf: b.asOf, OldestUnvalidated: b.oldest}
	out.Answer, out.Resolve = b.formulas(answerFormulas), b.formulas(resolveFormulas)
	out.Figures = b.figures()
	out.Beside = b.beside()
	b.tables(out)
	out.Weeks = b.weeks()
	out.Heat = b.heat()
	out.Aging = b.aging()
	out.Legs = b.legs()
	if b.raw() {
		return out, nil
	}
	var err error
	out.Signs, err = b.signs(ctx)
	return out, err
}
