package ticketing

import (
	"context"
	"errors"
	"time"
)

// announce tells a department by e-mail that the ticket came into its custody:
// at once, or in tomorrow morning's digest. Nothing of the citizen stands in it.
func (c *change) announce(ctx context.Context, dept Department) error {
	to := NormalEmail(dept.Email)
	if to == "" {
		return nil
	}
	if dept.Digest {
		return c.addToDigest(ctx, dept, to)
	}
	tag := c.Settings.Language
	data := c.letterData(tag, c.t, c.dir.Rules, c.now)
	data.TrackingURL, data.TrackingCode, data.ReopenURL = "", "", ""
	data.ActionURL = c.Settings.PublicURL + TicketPath(c.t.Ref)
	data.Department = NameIn(dept.Names, tag)
	return c.mailStaff(ctx, PurposeHandover, to, tag, data)
}

// digestHour is when the daily digests leave, local time.
const digestHour = 7

func (c *change) addToDigest(ctx context.Context, dept Department, to string) error {
	tag := c.Settings.Language
	d, err := c.tx.PendingDigest(ctx, to)
	switch {
	case errors.Is(err, NotFound):
		id, err := c.tx.NextID(ctx, IDDelivery)
		if err != nil {
			return err
		}
		n := c.newDelivery(DeliveryID(id), &Ticket{}, PurposeDigest, Party{Address: to}, Letter{}, tag, c.now)
		n.ToStaff, n.ReplyTo, n.SendAfter = true, "", nextHour(c.now, digestHour, c.dir.Rules.Zone())
		n.GiveUpAt = n.SendAfter.Add(GiveUpAfter)
		d = &n
	case err != nil:
		return err
	}
	d.Refs = append(d.Refs, c.t.Ref)
	data := LetterData{Department: NameIn(dept.Names, tag), ActionURL: c.Settings.PublicURL + "/agent"}
	for _, ref := range d.Refs {
		data.Refs = append(data.Refs, LetterRef{Ref: ref, TrackingURL: c.Settings.PublicURL + TicketPath(ref)})
	}
	l, err := c.Letters.Compose(PurposeDigest, tag, data)
	if err != nil {
		return err
	}
	d.Subject, d.Text = l.Subject, l.Text
	return c.tx.SaveDelivery(ctx, d)
}

// nextHour is the next time the local clock shows the full hour.
func nextHour(now time.Time, hour int, zone *time.Location) time.Time {
	l := now.In(zone)
	at := time.Date(l.Year(), l.Month(), l.Day(), hour, 0, 0, 0, zone)
	if !at.After(now) {
		at = time.Date(l.Year(), l.Month(), l.Day()+1, hour, 0, 0, 0, zone)
	}
	return at.UTC()
}

// TicketPath is the path of a ticket's page for staff.
func TicketPath(ref Reference) string { return "/agent/t/" + string(ref) }
