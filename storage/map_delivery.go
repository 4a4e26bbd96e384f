package storage

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// Values of deliveries.queue.
const (
	queueNone   int16 = 0
	queueWaits  int16 = 1
	queueLeased int16 = 2
)

func queueOf(d *ticketing.Delivery) int16 {
	switch {
	case d.State == ticketing.DeliverySending:
		return queueLeased
	case d.Waiting():
		return queueWaits
	}
	return queueNone
}

func deliveryRowOf(d *ticketing.Delivery) deliveryRow {
	return deliveryRow{
		ID: int64(d.ID), TicketID: optional(d.Ticket), MessageID: optional(d.Message), Purpose: string(d.Purpose),
		Automatic: flag(d.Purpose.Automatic()), Channel: string(d.Channel), Account: clean(d.Account), ToName: clean(d.To.Name),
		ToAddress: clean(d.To.Address), HeaderTo: d.HeaderTo, HeaderCc: d.HeaderCc, ToStaff: d.ToStaff, Language: string(d.Language),
		Subject: clean(d.Subject), Body: packed(clean(d.Text)), Files: d.Files, Refs: d.Refs, MessageIDHeader: clean(d.MessageIDHeader),
		EnvelopeID: clean(d.EnvelopeID), ReplyTo: clean(d.ReplyTo), ReferenceIDs: d.References, State: string(d.State), Queue: queueOf(d),
		SendAfter: never1970(d.SendAfter), Attempts: small(d.Attempts), Doubts: small(d.Doubts), TriedAt: instant(d.TriedAt), Epoch: d.Epoch,
		LeaseUntil: instant(d.LeaseUntil), RawKey: digest(d.RawKey), Reply: clean(d.Reply), CreatedAt: never1970(d.CreatedAt),
		AcceptedAt: instant(d.AcceptedAt), SettledAt: instant(d.SettledAt), GiveUpAt: instant(d.GiveUpAt),
		Kept: flag(d.Text != "" || d.RawKey != ""), ProviderID: clean(d.ProviderID), DeliveredAt: instant(d.DeliveredAt), Returns: small(d.Returns),
	}
}

func (r *deliveryRow) delivery() ticketing.Delivery {
	return ticketing.Delivery{
		ID: ticketing.DeliveryID(r.ID), Ticket: ticketing.TicketID(r.TicketID), Message: ticketing.MessageID(r.MessageID),
		Purpose: ticketing.Purpose(r.Purpose), Channel: ticketing.Channel(r.Channel), Account: r.Account,
		To: ticketing.Party{Name: r.ToName, Address: r.ToAddress}, HeaderTo: r.HeaderTo, HeaderCc: r.HeaderCc, ToStaff: r.ToStaff,
		Language: lang.Tag(r.Language), Subject: r.Subject, Text: string(r.Body), Files: r.Files, Refs: r.Refs, MessageIDHeader: r.MessageIDHeader,
		EnvelopeID: r.EnvelopeID, ReplyTo: r.ReplyTo, References: r.ReferenceIDs, State: ticketing.DeliveryState(r.State),
		SendAfter: r.SendAfter.orNone(), Attempts: int(r.Attempts), Doubts: int(r.Doubts), TriedAt: r.TriedAt.time(), Epoch: r.Epoch,
		LeaseUntil: r.LeaseUntil.time(), RawKey: string(r.RawKey), Reply: r.Reply, CreatedAt: r.CreatedAt.orNone(),
		AcceptedAt: r.AcceptedAt.time(), SettledAt: r.SettledAt.time(), GiveUpAt: r.GiveUpAt.time(),
		ProviderID: r.ProviderID, DeliveredAt: r.DeliveredAt.time(), Returns: int(r.Returns),
	}
}

// headerHash stands for a Message-ID in the index, because senders choose its
// length; 0 for none.
func headerHash(id string) optional {
	if id == "" {
		return 0
	}
	sum := sha256.Sum256([]byte(id))
	return optional(binary.BigEndian.Uint64(sum[:8])>>1 | 1) //nolint:gosec // G115: the top bit is clear
}
