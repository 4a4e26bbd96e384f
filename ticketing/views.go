package ticketing

import (
	"context"
	"slices"
)

// Views is what members of staff do with the lists they keep. A shared view is a
// setting of the installation, whose changes are events; one kept for oneself is
// a note to oneself, as a draft is, and leaves none.
type Views struct{ *Bureau }

// act runs one change among the actor's own views and the shared ones, in order.
func (v *Views) act(ctx context.Context, by Actor, f func(tx Tx, d *Directory, all []SavedView) (changed *SavedView, err error)) error {
	if err := by.need(RightRead); err != nil {
		return err
	}
	if by.Agent == 0 {
		return &Error{Kind: Forbidden, Key: "access.forbidden"}
	}
	d, err := v.Store.Directory(ctx)
	if err != nil {
		return err
	}
	now := v.now()
	return v.Store.InTx(ctx, func(tx Tx) error {
		all, err := tx.SavedViews(ctx, by.Agent)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(x SavedView) bool { return !x.shows(by) })
		slices.SortStableFunc(all, inOrder)
		changed, err := f(tx, d, all)
		if err != nil || changed == nil {
			return err
		}
		tx.Notify(Signal{Type: "directory"})
		if !changed.Shared {
			return nil
		}
		return tx.AppendEvent(ctx, &Event{At: now, Actor: by.ID(), Kind: EventAdmin, Data: map[string]any{"view": int64(changed.ID)}})
	})
}

// viewOf gives one that the actor may change; one only others may is Forbidden,
// one that is not to be seen NotFound.
func viewOf(all []SavedView, by Actor, id ViewID) (SavedView, error) {
	x, ok := find(all, func(x *SavedView) bool { return x.ID == id })
	switch {
	case !ok:
		return x, &Error{Kind: NotFound, Key: "view.unknown"}
	case !x.MayChange(by):
		return x, &Error{Kind: Forbidden, Key: "access.forbidden"}
	}
	return x, nil
}

// Save keeps a new view (ID 0), last in order, or changes name, filter and
// sharing of one. Field errors are Invalid, a name the actor has already and one
// more than MaxViews Conflict, a change made meanwhile Stale, sharing without
// [Actor.MayShare] Forbidden. A head's view is shared with their departments.
func (v *Views) Save(ctx context.Context, by Actor, x *SavedView) error {
	var saved SavedView
	err := v.act(ctx, by, func(tx Tx, d *Directory, all []SavedView) (*SavedView, error) {
		saved = *x // the function may run again
		stored := SavedView{Owner: by.Agent}
		if saved.ID != 0 {
			var err error
			if stored, err = viewOf(all, by, saved.ID); err != nil {
				return nil, err
			}
		}
		saved.Owner, saved.Place, saved.Departments = stored.Owner, stored.Place, stored.Departments
		if err := saved.check(d); err != nil {
			return nil, err
		}
		if saved.Shared != stored.Shared || saved.ID == 0 {
			if saved.Shared && !by.MayShare() {
				return nil, &Error{Kind: Forbidden, Key: "access.forbidden"}
			}
			saved.Place, saved.Departments = after(all, saved.Shared), nil
			if saved.Shared && !by.May(RightManage) {
				saved.Departments = by.Departments
			}
		}
		if err := saved.fits(all); err != nil {
			return nil, err
		}
		if err := tx.SaveView(ctx, &saved); err != nil {
			return nil, err
		}
		told := saved
		told.Shared = saved.Shared || stored.Shared
		return &told, nil
	})
	if err == nil {
		*x = saved
	}
	return err
}

// after gives the place behind all others of the kind.
func after(all []SavedView, shared bool) int {
	place := 0
	for i := range all {
		if all[i].Shared == shared {
			place = max(place, all[i].Place+1)
		}
	}
	return place
}

// fits refuses a name that the owner has already, and one view too many.
func (v *SavedView) fits(all []SavedView) error {
	n := 0
	for i := range all {
		x := &all[i]
		if x.ID == v.ID || x.Owner != v.Owner || x.Shared != v.Shared {
			continue
		}
		if n++; sameName(x.Name, v.Name) {
			return &Error{Kind: Conflict, Field: "name", Key: "view.taken"}
		}
	}
	if n >= MaxViews {
		return &Error{Kind: Conflict, Field: "name", Key: "view.too_many", Args: map[string]any{"Most": MaxViews}}
	}
	return nil
}

// Delete forgets a view.
func (v *Views) Delete(ctx context.Context, by Actor, id ViewID) error {
	return v.act(ctx, by, func(tx Tx, _ *Directory, all []SavedView) (*SavedView, error) {
		x, err := viewOf(all, by, id)
		if err != nil {
			return nil, err
		}
		return &x, tx.DropView(ctx, id)
	})
}

// Move puts a view before (up) or behind its neighbour of the same kind. At the
// end of the list nothing moves.
func (v *Views) Move(ctx context.Context, by Actor, id ViewID, up bool) error {
	return v.act(ctx, by, func(tx Tx, _ *Directory, all []SavedView) (*SavedView, error) {
		x, err := viewOf(all, by, id)
		if err != nil {
			return nil, err
		}
		kind := slices.DeleteFunc(slices.Clone(all), func(y SavedView) bool { return y.Shared != x.Shared || !y.MayChange(by) })
		at := slices.IndexFunc(kind, func(y SavedView) bool { return y.ID == id })
		to := at + 1
		if up {
			to = at - 1
		}
		if to < 0 || to >= len(kind) {
			return nil, nil //nolint:nilnil // nothing changed
		}
		kind[at], kind[to] = kind[to], kind[at]
		for i := range kind { // places may be shared after a change of hands: all are counted anew
			if kind[i].Place == i {
				continue
			}
			kind[i].Place = i
			if err := tx.SaveView(ctx, &kind[i]); err != nil {
				return nil, err
			}
		}
		return &x, nil
	})
}
