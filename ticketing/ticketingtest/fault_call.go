package ticketingtest

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func (x faultTx) CallsByKey(ctx context.Context, source string, keys []string) (out map[string]*ticketing.Call, err error) {
	if err = x.step("CallsByKey"); err != nil {
		return out, err
	}
	return x.Tx.CallsByKey(ctx, source, keys)
}

func (x faultTx) Call(ctx context.Context, id ticketing.CallID) (out *ticketing.Call, err error) {
	if err = x.step("Call"); err != nil {
		return out, err
	}
	return x.Tx.Call(ctx, id)
}

func (x faultTx) CallsSince(ctx context.Context, party string, since time.Time) (out []*ticketing.Call, err error) {
	if err = x.step("CallsSince"); err != nil {
		return out, err
	}
	return x.Tx.CallsSince(ctx, party, since)
}

func (x faultTx) SaveCall(ctx context.Context, c *ticketing.Call) error {
	if err := x.step("SaveCall"); err != nil {
		return err
	}
	return x.Tx.SaveCall(ctx, c)
}

func (x faultTx) OpenCallback(ctx context.Context, number string) (out *ticketing.Callback, err error) {
	if err = x.step("OpenCallback"); err != nil {
		return out, err
	}
	return x.Tx.OpenCallback(ctx, number)
}

func (x faultTx) Callback(ctx context.Context, t ticketing.TicketID) (out *ticketing.Callback, err error) {
	if err = x.step("Callback"); err != nil {
		return out, err
	}
	return x.Tx.Callback(ctx, t)
}

func (x faultTx) SaveCallback(ctx context.Context, b *ticketing.Callback) error {
	if err := x.step("SaveCallback"); err != nil {
		return err
	}
	return x.Tx.SaveCallback(ctx, b)
}

func (x faultTx) EnterLedger(ctx context.Context, e ticketing.LedgerEntry) (out ticketing.LedgerID, err error) {
	if err = x.step("EnterLedger"); err != nil {
		return out, err
	}
	return x.Tx.EnterLedger(ctx, e)
}

// CallPage implements [ticketing.CallReads].
func (x *FaultStore) CallPage(ctx context.Context, f ticketing.CallFilter) (out ticketing.Page[ticketing.CallView], err error) {
	if err = x.step("CallPage"); err != nil {
		return out, err
	}
	return x.Ports.CallPage(ctx, f)
}

// CallByID implements [ticketing.CallReads].
func (x *FaultStore) CallByID(ctx context.Context, id ticketing.CallID) (out ticketing.CallView, err error) {
	if err = x.step("CallByID"); err != nil {
		return out, err
	}
	return x.Ports.CallByID(ctx, id)
}

// CallsOf implements [ticketing.CallReads].
func (x *FaultStore) CallsOf(ctx context.Context, t ticketing.TicketID) (out []ticketing.Call, err error) {
	if err = x.step("CallsOf"); err != nil {
		return out, err
	}
	return x.Ports.CallsOf(ctx, t)
}

// LiveCalls implements [ticketing.CallReads].
func (x *FaultStore) LiveCalls(ctx context.Context, since time.Time, n int) (out []ticketing.Call, err error) {
	if err = x.step("LiveCalls"); err != nil {
		return out, err
	}
	return x.Ports.LiveCalls(ctx, since, n)
}

// Callbacks implements [ticketing.CallReads].
func (x *FaultStore) Callbacks(ctx context.Context, f ticketing.CallbackFilter) (out ticketing.Page[ticketing.CallbackView], err error) {
	if err = x.step("Callbacks"); err != nil {
		return out, err
	}
	return x.Ports.Callbacks(ctx, f)
}

// CallbackOf implements [ticketing.CallReads].
func (x *FaultStore) CallbackOf(ctx context.Context, t ticketing.TicketID) (out ticketing.Callback, err error) {
	if err = x.step("CallbackOf"); err != nil {
		return out, err
	}
	return x.Ports.CallbackOf(ctx, t)
}

// CallCounts implements [ticketing.CallReads].
func (x *FaultStore) CallCounts(ctx context.Context, since time.Time, now time.Time) (out ticketing.CallCounts, err error) {
	if err = x.step("CallCounts"); err != nil {
		return out, err
	}
	return x.Ports.CallCounts(ctx, since, now)
}

// CallsToDecide implements [ticketing.Duties].
func (x *FaultStore) CallsToDecide(ctx context.Context, now time.Time, n int) (out []ticketing.CallID, err error) {
	if err = x.step("CallsToDecide"); err != nil {
		return out, err
	}
	return x.Ports.CallsToDecide(ctx, now, n)
}

// CallbacksOver implements [ticketing.Duties].
func (x *FaultStore) CallbacksOver(ctx context.Context, n int) (out []ticketing.TicketID, err error) {
	if err = x.step("CallbacksOver"); err != nil {
		return out, err
	}
	return x.Ports.CallbacksOver(ctx, n)
}

// CallsToFetch implements [ticketing.Duties].
func (x *FaultStore) CallsToFetch(ctx context.Context, now time.Time, n int) (out []ticketing.CallID, err error) {
	if err = x.step("CallsToFetch"); err != nil {
		return out, err
	}
	return x.Ports.CallsToFetch(ctx, now, n)
}
