package agent

import (
	"context"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A custodyView is who had the ticket, one after another, and where its time
// went.
type custodyView struct {
	legs     []components.LegView
	spent    []components.FactView
	returned int
}

func custody(ctx context.Context, dir *ticketing.Directory, v *ticketing.TicketView, p *ticketPage) custodyView {
	pr := web.PrinterOf(ctx)
	var out custodyView
	for _, l := range v.Legs {
		who, _ := dir.Department(l.Department)
		name := ticketing.NameIn(who.Names, p.tag)
		if b, ok := dir.Body(l.Body); ok {
			name = ticketing.NameIn(b.Names, p.tag)
		}
		out.legs = append(out.legs, components.LegView{
			Who: name, Amount: pr.Span(l.Lasted(p.now)), Now: l.To.IsZero(),
			Note: web.T(ctx, "custody.since", "At", pr.Short(l.From), "Why", web.T(ctx, "leg."+string(l.Reason))),
		})
	}
	if len(out.legs) == 0 {
		return out
	}
	s := ticketing.SpentBy(v.Legs, p.t.Pauses, p.now)
	out.spent = []components.FactView{
		{Label: web.T(ctx, "custody.us"), Value: pr.Span(s.Us)},
		{Label: web.T(ctx, "custody.citizen"), Value: pr.Span(s.Citizen)},
		{Label: web.T(ctx, "custody.others"), Value: pr.Span(s.Others)},
	}
	out.returned = ticketing.Returned(v.Legs)
	return out
}
