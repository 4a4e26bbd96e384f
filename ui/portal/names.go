package portal

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// reopenDays is how long a requester may say that it is not solved.
const reopenDays = int(ticketing.ReopenWithin / (24 * time.Hour))

func bad(f *web.Form, field string) bool { _, is := f.Error(field); return is }

// errorOf gives the words of what is wrong with a field.
func errorOf(ctx context.Context, f *web.Form, field string) string {
	e, is := f.Error(field)
	if !is {
		return ""
	}
	return web.PrinterOf(ctx).Map(e.Key, e.Args)
}
