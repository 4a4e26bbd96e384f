package agent

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// How long a call stays in the top bar.
const (
	ringsAtMost = 15 * time.Minute // without having been taken
	lastsAtMost = 4 * time.Hour
	writtenSoon = 15 * time.Minute // after hanging up, until it is written down
	mostRinging = 40               // calls looked at
)

// A ringingCall is a call as the top bar of who may take it shows it.
type ringingCall struct {
	call   *ticketing.Call
	number string
	icon   string
	state  string // message id
	who    caller
	href   string // of the form to write it down
}

// A caller is who may be calling. A number proves nobody: "known" says that it is
// a contact of one citizen, "maybe" that it called about a ticket before.
type caller struct {
	name    string
	href    string
	maybe   ticketing.Reference
	tickets []ticketing.TicketRow // theirs, in work
}

// registerRinging mounts the calls of the top bar and their recordings.
func (a *Area) registerRinging(g *echo.Group) {
	g.GET("/ringing", a.ringing, web.Need(ticketing.RightCalls))
	g.GET("/recordings/:call", a.recording, web.Need(ticketing.RightRead))
	g.POST("/recordings/:call/fetch", a.fetchRecording, web.Need(ticketing.RightCalls))
}

// ringing gives the calls that ring or last at this person's telephone, and the
// one they have just ended without writing it down.
func (a *Area) ringing(c echo.Context) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	now := a.Bureau.Now()
	live, err := a.Reads.LiveCalls(ctx, now.Add(-lastsAtMost), mostRinging)
	if err != nil {
		return err
	}
	live = slices.DeleteFunc(live, func(k ticketing.Call) bool {
		to := dir.Rung(&k)
		return !k.Lasts() || k.Answered.IsZero() && now.Sub(k.Started) > ringsAtMost || !slices.Contains(to, by.Agent) && (k.Agent != 0 || !slices.Contains(to, 0))
	})
	if len(live) == 0 {
		page, err := a.Reads.CallPage(ctx, ticketing.CallFilter{NoRecord: true, Agent: by.Agent, From: now.Add(-lastsAtMost), Limit: 1})
		if err != nil {
			return err
		}
		for i := range page.Items {
			if k := &page.Items[i].Call; !k.Ended.IsZero() && now.Sub(k.Ended) < writtenSoon {
				live = append(live, *k)
			}
		}
	}
	var out []ringingCall
	for i := range live[:min(len(live), 3)] {
		r, err := a.ringingCall(ctx, by, &live[i])
		if err != nil {
			return err
		}
		out = append(out, r)
	}
	return web.Render(c, http.StatusOK, ringingCalls(out))
}

func (a *Area) ringingCall(ctx context.Context, by ticketing.Actor, k *ticketing.Call) (ringingCall, error) {
	r := ringingCall{
		call: k, number: maskedNumber(ctx, k.Party()), icon: "phone-incoming", state: "ringing.rings",
		href: "/agent/new?call=" + strconv.FormatInt(int64(k.ID), 10),
	}
	switch {
	case !k.Ended.IsZero():
		r.icon, r.state = "phone-off", "ringing.over"
	case k.Result == ticketing.CallAnswered:
		r.icon, r.state = "phone-call", "ringing.lasts"
	case k.Direction == ticketing.CallOut:
		r.icon, r.state = "phone-outgoing", "ringing.calls"
	}
	var err error
	r.who, err = a.callers.of(k.ID, a.Bureau.Now(), by.Scope().All, func() (caller, error) { return a.caller(ctx, by, k) })
	return r, err
}

// caller finds who may be calling.
func (a *Area) caller(ctx context.Context, by ticketing.Actor, k *ticketing.Call) (caller, error) {
	var out caller
	party := k.Party().E164
	if party == "" || !by.May(ticketing.RightCitizens) {
		return out, nil
	}
	found, err := a.Reads.FindCitizens(ctx, party, 5)
	if err != nil {
		return out, err
	}
	for i := range found {
		if !found[i].Has(ticketing.ContactPhone, party) {
			continue
		}
		row := citizenRows(found[i : i+1])[0]
		out.name, out.href = row.name, row.href
		page, err := a.Reads.Tickets(ctx, ticketing.TicketFilter{Scope: by.Scope(), Citizen: found[i].ID, Sort: ticketing.SortReceived, Desc: true, Limit: 3}, by.Agent)
		out.tickets = page.Items
		return out, err
	}
	page, err := a.Reads.CallPage(ctx, ticketing.CallFilter{Number: party, Limit: 10})
	for i := range page.Items {
		if ref := page.Items[i].Ref; ref != "" {
			out.maybe = ref
			break
		}
	}
	return out, err
}

// callers keeps who may be calling for some seconds: a call that rings everywhere
// is asked about from everywhere at once.
type callers struct {
	mu    sync.Mutex
	known map[callerKey]knownCaller
}

type callerKey struct {
	call ticketing.CallID
	all  bool // for a reader who sees every ticket; others are not kept
}

type knownCaller struct {
	who caller
	at  time.Time
}

const callerKept = 5 * time.Second

func (c *callers) of(id ticketing.CallID, now time.Time, all bool, find func() (caller, error)) (caller, error) {
	if !all {
		return find()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := callerKey{id, all}
	if k, ok := c.known[key]; ok && now.Sub(k.at) < callerKept {
		return k.who, nil
	}
	who, err := find()
	if err != nil {
		return who, err
	}
	if c.known == nil || len(c.known) > 500 {
		c.known = map[callerKey]knownCaller{}
	}
	c.known[key] = knownCaller{who, now}
	return who, nil
}

func callID(c echo.Context) (ticketing.CallID, error) {
	id, err := strconv.ParseInt(c.Param("call"), 10, 64)
	if err != nil {
		return 0, &ticketing.Error{Kind: ticketing.NotFound, Key: "call.no_recording"}
	}
	return ticketing.CallID(id), nil
}

// recording plays what was said. Who listens is written down.
func (a *Area) recording(c echo.Context) error {
	id, err := callID(c)
	if err != nil {
		return err
	}
	k, err := a.telephone.Listen(c.Request().Context(), web.ActorOf(c), id)
	if err != nil {
		return err
	}
	return web.ServeFile(c, web.File{
		Name: k.File.Name, Type: k.File.ContentType, Size: k.File.Size,
		Open: func(ctx context.Context) (io.ReadCloser, error) { return a.Blobs.Open(ctx, k.File.Key) },
	})
}

// fetchRecording has a recording fetched again that could not be had.
func (a *Area) fetchRecording(c echo.Context) error {
	id, err := callID(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if err := a.telephone.Refetch(ctx, web.ActorOf(c), id); err != nil {
		return err
	}
	a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: web.T(ctx, "ringing.fetching")})
	k, err := a.Reads.CallByID(ctx, id)
	if err != nil {
		return err
	}
	to := components.PageCalls
	if k.Ref != "" {
		to = ticketing.TicketPath(k.Ref)
	}
	return web.Redirect(c, to)
}

// A callEntry is a call in the course of its ticket.
type callEntry struct {
	icon    string
	text    string
	at      time.Time
	play    string // address of the recording; "" when there is none here
	failed  string // why it could not be had
	refetch string // address that tries again
}

// callEntries are the calls of a ticket as its course shows them.
func callEntries(ctx context.Context, by ticketing.Actor, dir *ticketing.Directory, list []ticketing.Call) []entry {
	var out []entry
	for i := range list {
		k := &list[i]
		e := &callEntry{icon: directionIcon(k.Direction), at: k.Started, text: callChip(ctx, k).Text}
		took := k.Talk
		if k.Result != ticketing.CallAnswered {
			took = k.Wait
		}
		if took > 0 {
			e.text += " · " + clockOf(took)
		}
		if g, ok := dir.Agent(k.Agent); ok {
			e.text += " · " + g.Name
		}
		path := "/agent/recordings/" + strconv.FormatInt(int64(k.ID), 10)
		switch {
		case k.File.Key != "":
			e.play = path
		case k.Recording != "" && k.FetchError != "":
			e.failed = web.T(ctx, "ringing.no_recording")
			if by.May(ticketing.RightCalls) {
				e.refetch = path + "/fetch"
			}
		case k.Recording != "":
			e.failed = web.T(ctx, "ringing.recording_comes")
		}
		out = append(out, entry{call: e, at: k.Started})
	}
	return out
}
