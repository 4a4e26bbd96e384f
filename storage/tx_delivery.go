package storage

import (
	"context"

	"github.com/sistem48/system48/ticketing"
)

var (
	deliveryForID      = selectFrom[deliveryRow]("where id = ? {lock}")
	deliveriesOf       = selectFrom[deliveryRow]("where message_id = ? order by id {lock}")
	pendingDigestQuery = selectFrom[deliveryRow]("where purpose = 'digest' and state = 'pending' and to_address = ? order by id limit 1 {lock}")
)

// loadDeliveries reads and keeps deliveries under their locks.
func (t *tx) loadDeliveries(q query, args ...any) ([]ticketing.Delivery, error) {
	var found []deliveryRow
	if err := t.readAll(statement{query: q, args: args, read: into(&found)}); err != nil {
		return nil, err
	}
	if t.deliveries == nil {
		t.deliveries = map[int64]deliveryRow{}
	}
	out := make([]ticketing.Delivery, 0, len(found))
	for i := range found {
		t.deliveries[found[i].ID] = found[i]
		out = append(out, found[i].delivery())
	}
	return out, nil
}

func (t *tx) oneDelivery(q query, args ...any) (*ticketing.Delivery, error) {
	list, err := t.loadDeliveries(q, args...)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, notFound("delivery")
	}
	return &list[0], nil
}

// Delivery loads and locks a delivery; see ticketing.Tx.
func (t *tx) Delivery(_ context.Context, id ticketing.DeliveryID) (*ticketing.Delivery, error) {
	return t.oneDelivery(deliveryForID, int64(id))
}

// DeliveriesOf gives the deliveries of a message; see ticketing.Tx.
func (t *tx) DeliveriesOf(_ context.Context, m ticketing.MessageID) ([]ticketing.Delivery, error) {
	if m == 0 {
		return nil, nil
	}
	return t.loadDeliveries(deliveriesOf, int64(m))
}

// PendingDigest gives the digest to the address that waits; see ticketing.Tx.
func (t *tx) PendingDigest(_ context.Context, address string) (*ticketing.Delivery, error) {
	return t.oneDelivery(pendingDigestQuery, address)
}

// SaveDelivery writes a delivery that belongs to no ticket; see ticketing.Tx.
func (t *tx) SaveDelivery(_ context.Context, d *ticketing.Delivery) error {
	if d.ID == 0 {
		id, err := t.id(ticketing.IDDelivery)
		if err != nil {
			return err
		}
		d.ID = ticketing.DeliveryID(id)
	} else if _, loaded := t.deliveries[int64(d.ID)]; loaded || !t.fresh[int64(d.ID)] {
		err := t.changeDelivery(d)
		if ticketing.KindOf(err) != ticketing.NotFound {
			return err
		}
	}
	t.addDelivery(d)
	return nil
}

func (t *tx) addDelivery(d *ticketing.Delivery) {
	row := deliveryRowOf(d)
	insertRow(t, &row)
	if t.deliveries == nil {
		t.deliveries = map[int64]deliveryRow{}
	}
	t.deliveries[row.ID] = row
}

// changeDelivery writes what differs, unless the claim it rests on was lost.
func (t *tx) changeDelivery(d *ticketing.Delivery) error {
	before, loaded := t.deliveries[int64(d.ID)]
	if !loaded {
		if _, err := t.Delivery(t.ctx, d.ID); err != nil {
			return err
		}
		before = t.deliveries[int64(d.ID)]
	}
	if d.Epoch < before.Epoch {
		return stale("claim of a delivery")
	}
	after := deliveryRowOf(d)
	updateRow(t, &before, &after)
	t.deliveries[after.ID] = after
	return nil
}
