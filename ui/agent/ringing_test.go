package agent

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// rings lets a call ring, as an exchange tells of it.
func (s *site) rings(t testing.TB, key, from string, telephones ...string) {
	t.Helper()
	calls := ticketing.Calls{Bureau: s.Core, Duties: s.Store}
	_, err := calls.Take(context.Background(), []ticketing.CallReport{{
		Source: "pbx", Call: key, Region: "ME", Direction: ticketing.CallIn, From: from, To: "19801", Started: s.Clock.Now(), Rings: telephones,
	}})
	must(t, err)
}

// The top bar shows the call at one's own telephone with who it may be: the
// citizen whose number it is, the ticket it called about before, or nobody; the
// number is masked. Who is not rung at sees nothing.
func TestRinging(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	c := newCrowd(t, s)
	ana, boris := s.as(t, s.Ana), s.as(t, s.Boris)
	s.rings(t, "known", "067 123 418", "ana")
	page := ana.get("/agent/ringing", http.StatusOK)
	page.has(t, "Jelena Vujošević", "067 ••• 418", "poznat broj", string(c.water), `data-key="c"`, "/agent/new?call=")
	page.hasNot(t, "123418", "123 418")
	boris.get("/agent/ringing", http.StatusOK).hasNot(t, "ringing")
	s.rings(t, "queue", "069 555 111")
	ana.get("/agent/ringing", http.StatusOK).has(t, "Nepoznat broj", "poznat broj")
	boris.get("/agent/ringing", http.StatusOK).has(t, "Nepoznat broj")
	s.rings(t, "hidden", "anonymous", "boris")
	boris.get("/agent/ringing", http.StatusOK).has(t, "Nepoznat broj")

	// The same number again, whose first call was added to a ticket.
	calls := ticketing.Calls{Bureau: s.Core, Duties: s.Store}
	first, err := s.Store.CallPage(t.Context(), ticketing.CallFilter{Key: "queue"})
	must(t, err)
	must(t, calls.Bind(t.Context(), ticketing.ActorOf(s.Ana), first.Items[0].ID, c.parking))
	s.Clock.Advance(20 * time.Minute)
	s.rings(t, "again", "069 555 111", "ana")
	ana.get("/agent/ringing", http.StatusOK).has(t, "možda: ranije zvao zbog ovoga", string(c.parking))
	s.as(t, s.Oskar).get("/agent/ringing", http.StatusForbidden)
}

// The number of a caller without a name is masked wherever it stands for the
// name: in the list, on the ticket, and on the citizen's page.
func TestNumberWithoutANameIsMasked(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	missed := s.ring(t, "m", "069 555 111", ticketing.CallMissed)
	ana := s.as(t, s.Ana)
	k := s.View(t, missed.Ref)
	for _, path := range []string{"/agent/v/all", ticketing.TicketPath(missed.Ref), "/agent/citizens/" + id(k.Citizen.ID)} {
		page := ana.get(path, http.StatusOK)
		page.has(t, "+382 69 ••• 111")
		page.hasNot(t, "+38269555111", "069 555 111")
	}
}

// A recording is heard by who may see its ticket, and that is recorded; one that
// could not be had can be asked for again.
func TestRecordingOfACall(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	calls := ticketing.Calls{Bureau: s.Core, Duties: s.Store}
	at := s.Clock.Now()
	_, err := calls.Take(t.Context(), []ticketing.CallReport{{
		Source: "pbx", Call: "vm", Region: "ME", Direction: ticketing.CallIn, From: "067 123 418", To: "19801", Started: at, Ended: at.Add(30 * time.Second), Voicemail: true, Recording: "vm/1.wav",
	}})
	must(t, err)
	s.Clock.Advance(2 * time.Minute)
	_, err = calls.Decide(t.Context())
	must(t, err)
	page, err := s.Store.CallPage(t.Context(), ticketing.CallFilter{Key: "vm"})
	must(t, err)
	k := page.Items[0]
	path, ticket := "/agent/recordings/"+id(k.ID), ticketing.TicketPath(k.Ref)
	ana, oskar := s.as(t, s.Ana), s.as(t, s.Oskar)
	ana.get(path, http.StatusNotFound)
	ana.get(ticket, http.StatusOK).has(t, "Snimak se preuzima")
	for range 6 {
		must(t, calls.FetchFailed(t.Context(), k.ID, "there is no such file"))
	}
	ana.get(ticket, http.StatusOK).has(t, "Snimak nije mogao da se preuzme", "Pokušaj ponovo")
	ana.post(path+"/fetch", http.StatusSeeOther)
	due, err := calls.ToFetch(t.Context())
	if must(t, err); len(due) != 1 {
		t.Fatalf("%d recordings to fetch after it was asked for", len(due))
	}
	must(t, calls.Fetched(t.Context(), k.ID, s.keep(t, "poziv.wav", "audio/wav", []byte("RIFF\x24\x00\x00\x00WAVEfmt sound"))))
	ana.get(ticket, http.StatusOK).has(t, `<audio controls`, path)
	ana.get(path, http.StatusOK).has(t, "sound")
	oskar.get(path, http.StatusNotFound) // not his department's
	ana.post(path+"/fetch", http.StatusConflict)
	events := s.View(t, k.Ref).Events
	if last := events[len(events)-1]; last.Kind != ticketing.EventCallHeard || last.Actor != ticketing.ActorOf(s.Ana).ID() {
		t.Errorf("last event = %s by %s", last.Kind, last.Actor)
	}
}

// stream opens the live signals of the page.
func (b *browser) stream(t testing.TB) *bufio.Scanner {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.base+"/agent/events", nil)
	must(t, err)
	res, err := (&http.Client{Jar: b.http.Jar}).Do(req)
	must(t, err)
	t.Cleanup(func() { _ = res.Body.Close() })
	return bufio.NewScanner(res.Body)
}

// A call that rings everywhere is on two hundred agents' screens within a second
// of the exchange's telling: the signal, and the page fragment that it asks for.
func TestTwoHundredTelephonesRing(t *testing.T) {
	if testing.Short() {
		t.Skip("measures")
	}
	s := newSite(t, "")
	newCrowd(t, s)
	const agents = 200
	type seat struct {
		b      *browser
		stream *bufio.Scanner
	}
	seats := make([]seat, agents)
	for i := range seats {
		b := s.as(t, s.Ana)
		seats[i] = seat{b, b.stream(t)}
	}
	took := make([]time.Duration, agents)
	var ready, done sync.WaitGroup
	var began time.Time
	ready.Add(1)
	for i := range seats {
		done.Go(func() {
			for seats[i].stream.Scan() {
				if strings.Contains(seats[i].stream.Text(), `"type":"ring"`) {
					break
				}
			}
			ready.Wait()
			if body := seats[i].b.get("/agent/ringing", http.StatusOK).text(); strings.Contains(body, "067") {
				took[i] = time.Since(began)
			}
		})
	}
	began = time.Now()
	ready.Done()
	s.rings(t, "all", "067 123 418")
	done.Wait()
	var worst time.Duration
	for i, d := range took {
		if d == 0 {
			t.Fatalf("seat %d never saw the call", i)
		}
		worst = max(worst, d)
	}
	t.Logf("%d seats: the last saw the call after %v", agents, worst.Round(time.Millisecond))
	if worst > time.Second {
		t.Errorf("the last saw the call after %v, want a second", worst)
	}
}
