package agent

import (
	"net/http"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// TestMailOfABody: a mail is shown as the outside body's only when the mail
// servers vouch for its address; in both cases its sender can be accepted.
func TestMailOfABody(t *testing.T) {
	t.Parallel()
	const sure, unsure = "Od drugog organa", "Navodno od drugog organa"
	for _, row := range []struct {
		auth      ticketing.Auth
		want, not string
	}{{ticketing.AuthPass, sure, unsure}, {ticketing.AuthNone, unsure, sure}} {
		s := newSite(t, "")
		b := ticketing.Body{Code: "traffic", Names: map[lang.Tag]string{lang.SrLatn: "Uprava za saobraćaj"}, Email: "pisarnica@saobracaj.example", Domain: "saobracaj.example"}
		must(t, (&ticketing.Registry{Bureau: s.Core}).SaveBody(t.Context(), ticketing.ActorOf(s.Adam), &b))
		ref := s.mailed(t, "marko@mail.example", "Rupa", "Rupa.")
		in := s.Mail("referent@saobracaj.example", "Rupa", "Radovi su u utorak.")
		in.Auth, in.Tokens = row.auth, []string{s.Core.Keys.TicketTag(s.View(t, ref).Ticket.ID)}
		m := s.Receive(t, in).Message
		path := ticketing.TicketPath(ref)
		confirm := path + "/messages/" + id(m) + "/confirm-sender"
		ana := s.as(t, s.Ana)
		page := ana.get(path, http.StatusOK)
		page.has(t, row.want, confirm)
		page.hasNot(t, row.not)
		ana.post(confirm, http.StatusSeeOther)
		ana.get(path, http.StatusOK).hasNot(t, sure, unsure, confirm)
	}
}
