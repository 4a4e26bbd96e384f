package agent

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// A crowd is some believable work: what the browser tests look at.
type crowd struct {
	pothole, light, parking, water ticketing.Reference
}

// picture gives a small PNG.
func picture(t testing.TB) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 160, 100))
	for x := range 160 {
		for y := range 100 {
			m.Set(x, y, color.RGBA{uint8(x), uint8(90 + y), 120, 255}) //nolint:gosec // below 255
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// keep stores bytes as a blob and gives them as an attachment.
func (s *site) keep(t testing.TB, name, kind string, body []byte) ticketing.Attachment {
	t.Helper()
	key, size, err := s.Blobs.Put(t.Context(), bytes.NewReader(body), false)
	if err != nil {
		t.Fatal(err)
	}
	return ticketing.Attachment{Key: key, Name: name, ContentType: kind, Size: size}
}

// newCrowd fills the office with tickets of the last days. The clock ends at
// the true present, which is what the scripts of the page go by.
func newCrowd(t testing.TB, s *site) crowd {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	desk := ticketing.Desk{Bureau: s.Core}
	ana := ticketing.ActorOf(s.Ana)
	write := func(ago time.Duration, name, from, subject, text string, files ...ticketing.Attachment) ticketing.Reference {
		s.Clock.Set(now.Add(-ago))
		in := s.Mail(from, subject, text)
		in.From.Name, in.Files = name, files
		return s.Receive(t, in).TicketRef
	}
	var c crowd
	write(53*time.Hour, "Fatmir Nikaj", "fatmir@mail.example", "Nelegalna deponija pored puta za Tuzi", "Pored puta neko istovara šut.")
	c.pothole = write(44*time.Hour, "Marko Đukanović", "marko@mail.example", "Udarna rupa na kolovozu, Bulevar Svetog Petra Cetinjskog 82",
		"Poštovani, kod autobuske stanice je rupa dubine oko 20 cm. Jutros je oštećen točak na vozilu moje komšinice.\n\nMolim da se hitno zatvori prije kiše.\nhttps://mapa.example/?x=1",
		s.keep(t, "rupa.png", "image/png", picture(t)), s.keep(t, "zapisnik.pdf", "application/pdf", []byte("%PDF-1.4 test")))
	c.light = write(30*time.Hour, "Јелена Вујошевић", "jelena@mail.example", "Не ради расвјета код вртића", "Улична свјетиљка не ради већ три дана.")
	write(26*time.Hour, "Ivana Radulović", "ivana@mail.example", "Pitanje: dokumentacija za priključak na vodovodnu mrežu", "Koja dokumenta su potrebna?")
	c.parking = write(5*time.Hour, "Besnik Gjokaj", "besnik@mail.example", "Kërkesë për leje parkimi për persona me aftësi të kufizuara", "Përshëndetje, si mund të bëj kërkesë?")
	s.Clock.Set(now.Add(-43 * time.Hour))
	must(t, second(desk.Assign(t.Context(), ana, ticketing.Target{Ref: c.pothole}, s.Ana.ID)))
	must(t, second(desk.Change(t.Context(), ana, ticketing.Target{Ref: c.pothole}, ticketing.Change{
		Category: &s.Pothole, Tags: &[]string{"stajalište", "kiša"}, Location: &ticketing.Location{Address: "Bulevar Svetog Petra Cetinjskog 82"},
	})))
	_, _, err := desk.Reply(t.Context(), ana, ticketing.Target{Ref: c.pothole}, ticketing.ReplyInput{
		Text: "Poštovani gospodine Đukanoviću, molimo tačan broj zgrade.", Kind: ticketing.ReplyQuestion, Wait: true,
	})
	must(t, err)
	s.Deliver(t, ticketing.DeliverySent)
	s.Clock.Set(now.Add(-40 * time.Hour))
	in := s.Mail("marko@mail.example", "Re: Udarna rupa", "Bulevar Svetog Petra Cetinjskog 82, tačno ispred stajališta.")
	in.References = []string{s.View(t, c.pothole).Messages[1].MessageIDHeader}
	s.Receive(t, in)
	_, _, err = desk.Note(t.Context(), ana, ticketing.Target{Ref: c.pothole}, ticketing.NoteInput{Text: "Zvala dežurnog u Putevima: ekipa je u Zagoriču."})
	must(t, err)
	must(t, second(desk.Move(t.Context(), ana, ticketing.Target{Ref: c.pothole}, s.Roads.ID, "Nadležni su Putevi")))
	s.Clock.Set(now.Add(-12 * time.Minute))
	opened, err := desk.Open(t.Context(), ana, ticketing.OpenInput{
		Channel: ticketing.ChannelPhone, Subject: "Pukla cijev – voda teče niz Ulicu Vasa Raičkovića", Text: "Voda teče.", Category: s.WaterBurst.ID,
		Priority: ticketing.PriorityUrgent, Language: lang.SrLatn, Name: "Jelena Vujošević", Phone: "+38267123418", ReceivedAt: now.Add(-13 * time.Minute),
	})
	must(t, err)
	c.water = opened.Ref
	s.Clock.Set(now.Add(-10 * time.Minute))
	_, _, err = desk.Reply(t.Context(), ana, ticketing.Target{Ref: c.parking}, ticketing.ReplyInput{Text: "Kërkesa bëhet në sportel."})
	must(t, err)
	s.Deliver(t, ticketing.DeliveryFailed)
	s.Clock.Set(now)
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func second(_ *ticketing.Ticket, err error) error { return err }

// TestLooks opens every page in a real browser, in both sizes and schemes:
// axe-core finds nothing, nothing is wider than the window, the console is
// silent.
func TestLooks(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	c := newCrowd(t, s)
	w := newWindow(t, s, s.Ana)
	pothole := ticketing.TicketPath(c.pothole)
	for name, path := range map[string]string{
		"queue": "/agent/v/all", "ticket": pothole, "why": pothole + "/why/answer", "empty": "/agent/v/overdue?channel=sms", "views": "/agent/views", "asked": "/agent/v/asked",
		"call": ticketing.TicketPath(c.water), "dialog": pothole + "?open=close", "new": "/agent/new", "said": "/agent/new?done=" + string(c.water),
		"intake": "/agent/intake?period=week", "item": "/agent/intake/1?period=week", "search": "/agent/search?q=rupa", "nothing": "/agent/search?q=zzzzz",
		"citizens": "/agent/citizens?q=marko", "citizen": "/agent/citizens/" + id(s.View(t, c.water).Citizen.ID), "outgoing": "/agent/outgoing",
	} {
		for _, width := range []int64{1440, 390} {
			for _, scheme := range []string{"light", "dark"} {
				w.view(width, scheme)
				w.open(path)
				label := name + "_" + id(width) + "_" + scheme
				w.shoot(label)
				if width == 1440 || scheme == "light" { // the fourth would find nothing that these do not
					for _, v := range w.axe() {
						t.Errorf("%s: %s", label, v)
					}
				}
				if over := eval[int64](w, "document.documentElement.scrollWidth-innerWidth"); over > 0 {
					t.Errorf("%s: %d pixels wider than the window", label, over)
				}
			}
		}
	}
	if s.log.Len() > 0 {
		t.Error(s.log)
	}
}
