package agent

import (
	"context"
	"strings"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// routed tells which rule fitted and what it did.
func routed(ctx context.Context, dir *ticketing.Directory, e *ticketing.Event) string {
	tag := web.Language(ctx)
	var did []string
	add := func(key, text string) { did = append(did, web.T(ctx, key)+": "+text) }
	if n, ok := integer(e.Data["category"]); ok {
		if k, known := dir.Category(ticketing.CategoryID(n)); known {
			add("ticket.category", ticketing.NameIn(k.Names, tag))
		}
	}
	if n, ok := integer(e.Data["department"]); ok {
		if d, known := dir.Department(ticketing.DepartmentID(n)); known {
			add("routing.department", ticketing.NameIn(d.Names, tag))
		}
	}
	if n, ok := integer(e.Data["person"]); ok {
		if g, known := dir.Agent(ticketing.AgentID(n)); known {
			add("routing.person", g.Name)
		}
	}
	if p := word(e.Data["priority"]); p != "" {
		add("ticket.priority", web.T(ctx, "priority."+p))
	}
	if tags, ok := e.Data["tags"].([]any); ok {
		var words []string
		for _, t := range tags {
			words = append(words, word(t))
		}
		add("ticket.tags", strings.Join(words, ", "))
	}
	text := web.T(ctx, "event.ticket.routed", "Rule", word(e.Data["name"]))
	if len(did) > 0 {
		text += " – " + strings.Join(did, ", ")
	}
	return text
}
