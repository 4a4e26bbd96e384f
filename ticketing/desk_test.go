package ticketing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// acts are all acts of the desk on a ticket, with the right each demands.
var acts = []struct {
	name  string
	right ticketing.Right
	do    func(r *rig, by ticketing.Actor, at ticketing.Target) error
}{
	{"assign", ticketing.RightWrite, func(r *rig, by ticketing.Actor, at ticketing.Target) error {
		_, err := r.desk.Assign(r.Context(), by, at, r.Ana.ID)
		return err
	}},
	{"move", ticketing.RightWrite, func(r *rig, by ticketing.Actor, at ticketing.Target) error {
		_, err := r.desk.Move(r.Context(), by, at, r.Cleaning.ID, "")
		return err
	}},
	{"change", ticketing.RightWrite, func(r *rig, by ticketing.Actor, at ticketing.Target) error {
		s := "Drugi predmet"
		_, err := r.desk.Change(r.Context(), by, at, ticketing.Change{Subject: &s})
		return err
	}},
	{"validate", ticketing.RightValidate, func(r *rig, by ticketing.Actor, at ticketing.Target) error {
		_, err := r.desk.Validate(r.Context(), by, at)
		return err
	}},
	{"reject", ticketing.RightValidate, func(r *rig, by ticketing.Actor, at ticketing.Target) error {
		_, err := r.desk.Reject(r.Context(), by, at)
		return err
	}},
	{"wait", ticketing.RightWrite, func(r *rig, by ticketing.Actor, at ticketing.Target) error {
		_, err := r.desk.Wait(r.Context(), by, at, ticketing.WaitBody)
		return err
	}},
	{"resolve", ticketing.RightWrite, func(r *rig, by ticketing.Actor, at ticketing.Target) error {
		_, err := r.desk.Resolve(r.Context(), by, at, "")
		return err
	}},
	{"close", ticketing.RightWrite, func(r *rig, by ticketing.Actor, at ticketing.Target) error {
		_, err := r.desk.Close(r.Context(), by, at, ticketing.CloseInput{Code: ticketing.CodeWithdrawn})
		return err
	}},
	{"spam", ticketing.RightSpam, func(r *rig, by ticketing.Actor, at ticketing.Target) error {
		_, err := r.desk.MarkSpam(r.Context(), by, at)
		return err
	}},
	{"revoke tracking", ticketing.RightWrite, func(r *rig, by ticketing.Actor, at ticketing.Target) error {
		_, err := r.desk.RevokeTracking(r.Context(), by, at)
		return err
	}},
	{"requester", ticketing.RightCitizens, func(r *rig, by ticketing.Actor, at ticketing.Target) error {
		_, err := r.desk.SetRequester(r.Context(), by, at, 1)
		return err
	}},
	{"reply", ticketing.RightReply, func(r *rig, by ticketing.Actor, at ticketing.Target) error {
		_, _, err := r.desk.Reply(r.Context(), by, at, ticketing.ReplyInput{Text: "Hvala."})
		return err
	}},
	{"note", ticketing.RightWrite, func(r *rig, by ticketing.Actor, at ticketing.Target) error {
		_, _, err := r.desk.Note(r.Context(), by, at, ticketing.NoteInput{Text: "zvala"})
		return err
	}},
}

// TestWhoMay: without the right Forbidden, outside the scope NotFound, in
// former custody Forbidden, with an old version Stale; the act itself is one
// event and one version.
func TestWhoMay(t *testing.T) {
	t.Parallel()
	for _, a := range acts {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "")
			k := r.opened()
			oskar, hana, aida := ticketing.ActorOf(r.Oskar), ticketing.ActorOf(r.Hana), ticketing.ActorOf(r.Aida)
			limited := r.ana()
			limited.Rights = []ticketing.Right{ticketing.RightRead}
			for _, by := range []ticketing.Actor{{}, {Citizen: true}, aida, limited} {
				r.wantKind(a.do(r, by, at(k)), ticketing.Forbidden)
			}
			outside := ticketing.NotFound
			if !oskar.May(a.right) {
				outside = ticketing.Forbidden
			}
			r.wantKind(a.do(r, oskar, at(k)), outside)
			r.wantKind(a.do(r, r.ana(), ticketing.Target{Ref: "S48-26-999999-0"}), ticketing.NotFound)

			// Handed over, the former department reads but does not act.
			for _, to := range []ticketing.DepartmentID{r.Roads.ID, r.Bureau.ID} {
				_, err := r.desk.Move(t.Context(), r.ana(), at(k), to, "")
				r.must(err)
			}
			r.wantKind(a.do(r, hana, at(k)), ticketing.Forbidden)

			now := r.ticket(k.Ref)
			r.wantKind(a.do(r, r.ana(), ticketing.Target{Ref: k.Ref, Version: now.Version - 1}), ticketing.Stale)
			before := len(r.events(k.Ref))
			r.must(a.do(r, r.ana(), ticketing.Target{Ref: k.Ref, Version: now.Version}))
			got := r.ticket(k.Ref)
			if got.Version != now.Version+1 || len(r.events(k.Ref)) != before+1 {
				t.Errorf("version %d → %d, %d events (I4)", now.Version, got.Version, len(r.events(k.Ref))-before)
			}
			if got.Department == 0 {
				t.Error("nobody has custody (I5)")
			}
		})
	}
}

// TestNothingChanged: an act that changes nothing is no change: no event, no
// version, no mail.
func TestNothingChanged(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	subject := k.Subject
	for name, err := range map[string]error{
		"assign": second(r.desk.Assign(t.Context(), r.ana(), at(k), 0)),
		"change": second(r.desk.Change(t.Context(), r.ana(), at(k), ticketing.Change{Subject: &subject})),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := r.ticket(k.Ref); got.Version != k.Version || got.EventSeq != k.EventSeq || len(r.claim()) != 0 {
		t.Errorf("version %d → %d, events %d → %d", k.Version, got.Version, k.EventSeq, got.EventSeq)
	}
}

func second[T any](_ T, err error) error { return err }

func TestAssignOnlyToWhoCanSee(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	for name, to := range map[string]ticketing.AgentID{
		"officer of another department": r.Oskar.ID, "auditor": r.Aida.ID, "disabled": r.Former.ID, "nobody there": 999,
	} {
		if err := second(r.desk.Assign(t.Context(), r.ana(), at(k), to)); ticketing.KindOf(err) != ticketing.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.must(second(r.desk.Assign(t.Context(), r.ana(), at(k), r.Boris.ID)))
	r.must(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Lighting.ID, "")))
	if got := r.ticket(k.Ref); got.Assignee != 0 || got.State != ticketing.StateOpen {
		t.Errorf("after the move: assigned to %d, %s", got.Assignee, got.State)
	}
	r.must(second(r.desk.Assign(t.Context(), r.ana(), at(k), r.Oskar.ID)))
}

func TestMoveAnnounces(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	in := r.mail("Marko Marković, JMBG 0101990210011", "U Ulici slobode 1, zovite 069123456")
	in.From.Name = "Marko Marković"
	k := r.open(in)
	r.Deliver(t, ticketing.DeliverySent)
	secrets := []string{"Marko", "JMBG", "slobode", "069123456", citizen, r.Core.Keys.TrackingCode(k.Ref, 0), r.tag(k)}
	clean := func(d ticketing.Delivery) {
		t.Helper()
		for _, s := range secrets {
			if strings.Contains(d.Subject+d.Text+d.ReplyTo, s) {
				t.Errorf("%s to %s tells %q", d.Purpose, d.To.Address, s)
			}
		}
	}
	r.must(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Lighting.ID, "građanin Marko kaže")))
	got := r.Deliver(t, ticketing.DeliverySent)
	if len(got) != 1 || got[0].Purpose != ticketing.PurposeHandover || got[0].To.Address != r.Lighting.Email || !got[0].ToStaff {
		t.Fatalf("outbox = %+v", got)
	}
	clean(got[0])
	if !strings.Contains(got[0].Text, string(k.Ref)) {
		t.Error("the hand-over does not name the ticket")
	}

	// Roads reads one digest in the morning.
	r.must(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Roads.ID, "")))
	other := r.open(r.mail("Drugi", "tekst"))
	r.Deliver(t, ticketing.DeliverySent)
	r.must(second(r.desk.Move(t.Context(), r.ana(), at(other), r.Roads.ID, "")))
	if n := len(r.claim()); n != 0 {
		t.Errorf("%d mails at once to a department with a digest", n)
	}
	r.Clock.Set(time.Date(2026, 1, 6, 6, 0, 0, 0, time.UTC)) // 07:00 in Podgorica
	got = r.Deliver(t, ticketing.DeliverySent)
	if len(got) != 1 || got[0].Purpose != ticketing.PurposeDigest || len(got[0].Refs) != 2 {
		t.Fatalf("outbox in the morning = %+v", got)
	}
	clean(got[0])

	// Cleaning has no address, and a reason is personal: its payload only.
	r.must(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Cleaning.ID, "")))
	if n := len(r.claim()); n != 0 {
		t.Errorf("%d mails to nowhere", n)
	}
	for _, e := range r.events(k.Ref) {
		if strings.Contains(e.DataJSON, "Marko") {
			t.Errorf("event %s tells %s", e.Kind, e.DataJSON)
		}
	}
	r.wantKind(second(r.desk.Move(t.Context(), r.ana(), at(k), 999, "")), ticketing.Invalid)
}

func TestChangeBounds(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	nan := 0.0
	nan /= nan
	empty, tooHigh := "  ", ticketing.PriorityUrgent+1
	for name, ch := range map[string]ticketing.Change{
		"no subject": {Subject: &empty}, "priority": {Priority: &tooHigh}, "category": {Category: &ticketing.Category{ID: 999}},
		"latitude": {Location: &ticketing.Location{Lat: 91}}, "not a number": {Location: &ticketing.Location{Lon: nan}},
	} {
		if err := second(r.desk.Change(t.Context(), r.ana(), at(k), ch)); ticketing.KindOf(err) != ticketing.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	long := strings.Repeat("š", 2000)
	tags := []string{"b", "a", "a", strings.Repeat("x", 100)}
	r.must(second(r.desk.Change(t.Context(), r.ana(), at(k), ticketing.Change{Subject: &long, Tags: &tags, Location: &ticketing.Location{Address: long}})))
	got := r.ticket(k.Ref)
	if len([]rune(got.Subject)) > ticketing.MaxSubject || len(got.Tags) != 3 || got.Tags[0] != "a" || len([]rune(got.Location.Address)) > 300 {
		t.Errorf("subject %d, tags %q, address %d", len([]rune(got.Subject)), got.Tags, len([]rune(got.Location.Address)))
	}
}

func TestOpenByHand(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	now := r.Clock.Now()
	came := now.Add(-26 * time.Hour)
	in := ticketing.OpenInput{
		Channel: ticketing.ChannelPhone, Subject: "Puklo", Text: "Voda lipti.", Category: r.WaterBurst.ID, Name: "Milica", Phone: "+38269123456",
		ReceivedAt: came, Language: lang.Sq,
	}
	_, err := r.desk.Open(t.Context(), r.ana(), in)
	r.wantKey(err, ticketing.Invalid, "received.reason")
	in.Reason = "Milica je zvala sinoć, linija je pala"
	k, err := r.desk.Open(t.Context(), r.ana(), in)
	r.must(err)
	got := r.ticket(k.Ref)
	if !got.ReceivedAt.Equal(came) || got.Department != r.Water.ID || got.Language != lang.Sq {
		t.Errorf("received %v in %d", got.ReceivedAt, got.Department)
	}
	if c := clockOf(got, ticketing.ClockAnswer); !c.Due.Equal(came.Add(48*time.Hour)) || !c.OnCall {
		t.Errorf("promise due %v", c.Due)
	}
	e := r.events(k.Ref)[0]
	if e.Actor != r.ana().ID() || e.Payload != in.Reason || strings.Contains(e.DataJSON, "Milica") {
		t.Errorf("opened by %s, %s, payload %q", e.Actor, e.DataJSON, e.Payload)
	}
	if sent := r.claim(); len(sent) != 1 || sent[0].Purpose != ticketing.PurposeHandover {
		t.Errorf("outbox = %+v, want the hand-over to Water alone", sent)
	}

	for name, bad := range map[string]func(*ticketing.OpenInput){
		"future":          func(i *ticketing.OpenInput) { i.ReceivedAt = now.Add(time.Hour) },
		"too old":         func(i *ticketing.OpenInput) { i.ReceivedAt = now.AddDate(-2, 0, 0) },
		"channel":         func(i *ticketing.OpenInput) { i.Channel = "fax" },
		"nothing said":    func(i *ticketing.OpenInput) { i.Subject, i.Text = " ", "\n" },
		"mail":            func(i *ticketing.OpenInput) { i.Email = "a@b\r\nBcc: c@d" },
		"two mails":       func(i *ticketing.OpenInput) { i.Email = "a@b@c.example" },
		"our own mail":    func(i *ticketing.OpenInput) { i.Email = "s48@grad.example" },
		"telephone":       func(i *ticketing.OpenInput) { i.Phone = "069 123 456" },
		"category":        func(i *ticketing.OpenInput) { i.Category = 999 },
		"department":      func(i *ticketing.OpenInput) { i.Department = 999 },
		"priority":        func(i *ticketing.OpenInput) { i.Priority = 9 },
		"off the Earth":   func(i *ticketing.OpenInput) { i.Location.Lat = 123 },
		"unknown citizen": func(i *ticketing.OpenInput) { i.Citizen = 999 },
		"foreign upload":  func(i *ticketing.OpenInput) { i.Uploads = []string{"x"} },
	} {
		i := in
		bad(&i)
		if _, err := r.desk.Open(t.Context(), r.ana(), i); ticketing.KindOf(err) != ticketing.Invalid && ticketing.KindOf(err) != ticketing.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = r.desk.Open(t.Context(), ticketing.ActorOf(r.Oskar), in)
	r.wantKind(err, ticketing.Forbidden)
	if n := len(r.tickets(ticketing.TicketFilter{})); n != 1 {
		t.Errorf("%d tickets, want 1", n)
	}
}

func TestOpenBounds(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.handed(ticketing.OpenInput{Location: ticketing.Location{Address: strings.Repeat("ulica\n", 1000)}, Name: "A\x00\nB", Email: "A.B@Posta.Example"})
	if len([]rune(k.Location.Address)) > 300 || strings.Contains(k.Location.Address, "\n") {
		t.Errorf("address of %d characters", len(k.Location.Address))
	}
	if k.ReplyTo.Address != "a.b@posta.example" {
		t.Errorf("requester %+v", k.ReplyTo)
	}
	again := r.handed(ticketing.OpenInput{Email: "a.b@posta.example", Receipt: true})
	if again.Citizen != k.Citizen {
		t.Error("the citizen was not found again")
	}
	if sent := r.claim(); len(sent) != 1 || sent[0].Purpose != ticketing.PurposeReceipt {
		t.Errorf("outbox = %+v", sent)
	}
}

func TestOpenOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	once := ticketing.Once{Caller: "token:1", Key: "k1", Hash: "h"}
	a := r.handed(ticketing.OpenInput{Once: once})
	b := r.handed(ticketing.OpenInput{Once: once})
	if a.Ref != b.Ref || len(r.tickets(ticketing.TicketFilter{})) != 1 {
		t.Errorf("%s and %s (F21)", a.Ref, b.Ref)
	}
	once.Hash = "other"
	_, err := r.desk.Open(t.Context(), r.ana(), ticketing.OpenInput{Channel: ticketing.ChannelCounter, Subject: "x", Once: once})
	r.wantKind(err, ticketing.Conflict)
}

func TestReadingIsRecorded(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	for range 3 {
		r.must(r.desk.Opened(t.Context(), r.ana(), k.ID))
	}
	r.must(r.desk.Opened(t.Context(), ticketing.ActorOf(r.Boris), k.ID))
	r.Clock.Advance(16 * time.Minute)
	r.must(r.desk.Opened(t.Context(), r.ana(), k.ID))
	if n := r.count(k.Ref, ticketing.EventRead); n != 3 {
		t.Errorf("%d readings, want 3", n)
	}
	r.must(r.desk.Revealed(t.Context(), r.ana(), k.ID, ticketing.EventRevealed, map[string]any{"contact": 1}))
	r.must(r.desk.Revealed(t.Context(), r.ana(), k.ID, ticketing.EventRawRead, nil))
	if got := r.ticket(k.Ref); got.Version != k.Version {
		t.Error("reading changed the ticket")
	}
	// Nobody writes into the chain of a ticket they may not see.
	oskar := ticketing.ActorOf(r.Oskar)
	r.wantKind(r.desk.Opened(t.Context(), oskar, k.ID), ticketing.NotFound)
	r.wantKind(r.desk.Revealed(t.Context(), oskar, k.ID, ticketing.EventRevealed, nil), ticketing.NotFound)
	r.wantKind(r.desk.Revealed(t.Context(), oskar, k.ID, ticketing.EventRawRead, nil), ticketing.Forbidden)
	r.wantKind(r.desk.Revealed(t.Context(), r.ana(), k.ID, ticketing.EventClosed, nil), ticketing.Invalid)
	if n := r.count(k.Ref, ticketing.EventRead); n != 3 {
		t.Errorf("%d readings after the refusals, want 3", n)
	}
}

func TestRequesterAndTracking(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	other := r.open(r.Mail("jelena@posta.example", "Predmet", "tekst"))
	code := r.Core.Keys.TrackingCode(k.Ref, k.TrackingEpoch)
	_, err := r.counter.Find(t.Context(), r.Store, string(k.Ref), code)
	r.must(err)
	r.must(second(r.desk.SetRequester(t.Context(), r.ana(), at(k), other.Citizen)))
	got := r.ticket(k.Ref)
	if got.Citizen != other.Citizen || got.ReplyTo.Address != "jelena@posta.example" {
		t.Errorf("requester %d %+v", got.Citizen, got.ReplyTo)
	}
	r.must(second(r.desk.RevokeTracking(t.Context(), r.ana(), at(k))))
	_, err = r.counter.Find(t.Context(), r.Store, string(k.Ref), code)
	r.wantKind(err, ticketing.NotFound)
	if n := r.count(k.Ref, ticketing.EventRequester); n != 1 {
		t.Errorf("%d changes of the requester recorded (I14)", n)
	}
}
