package ticketingtest_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// notCounted are methods that cannot fail.
var notCounted = []string{"Notify", "Listen", "Announce"}

// TestFaultStoreCountsEveryCall calls each method of each port with nothing:
// none may slip past the count.
func TestFaultStoreCountsEveryCall(t *testing.T) {
	t.Parallel()
	clock := ticketingtest.NewClock()
	f := ticketingtest.NewFaultStore(ticketingtest.NewStore(clock.Now, ticketingtest.Zone()))
	ports := reflect.TypeFor[ticketingtest.Ports]()
	for i := range ports.NumMethod() {
		callFailing(t, f, reflect.ValueOf(f), ports.Method(i).Name)
	}
	err := f.InTx(context.Background(), func(tx ticketing.Tx) error {
		methods := reflect.TypeFor[ticketing.Tx]()
		for i := range methods.NumMethod() {
			callFailing(t, f, reflect.ValueOf(tx), methods.Method(i).Name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func callFailing(t *testing.T, f *ticketingtest.FaultStore, on reflect.Value, name string) {
	t.Helper()
	for _, n := range notCounted {
		if n == name {
			return
		}
	}
	m := on.MethodByName(name)
	args := []reflect.Value{reflect.ValueOf(context.Background())}
	for i := 1; i < m.Type().NumIn(); i++ {
		args = append(args, reflect.Zero(m.Type().In(i)))
	}
	f.FailAt(1, ticketing.Busy)
	out := m.Call(args)
	err, _ := out[len(out)-1].Interface().(error)
	if !errors.Is(err, ticketing.Busy) || !strings.HasSuffix(f.Failed(), name) {
		t.Errorf("%s with the first call failing = %v (failed: %q)", name, err, f.Failed())
	}
	f.FailAt(0, nil)
}

// TestEachFault lets every call of receiving a mail fail once: whatever failed,
// trying again brings the mail in exactly once, and nothing is half done.
func TestEachFault(t *testing.T) {
	t.Parallel()
	runs := 0
	ticketingtest.EachFault(t, func(t *testing.T, arm func(ticketingtest.Ports) *ticketingtest.FaultStore) {
		runs++
		ctx := context.Background()
		o := ticketingtest.NewOffice(t, "")
		in := o.Arrive(t, o.Mail("ana@example.me", "Svjetiljka", "Ne gori."))
		o.Core.Store = arm(o.Store)
		intake := ticketing.Intake{Bureau: o.Core}
		for range 2 {
			if err := intake.Receive(ctx, []ticketing.Inbound{in})[0]; err == nil {
				break
			}
		}
		page, err := o.Store.Tickets(ctx, ticketing.TicketFilter{Scope: ticketing.Scope{All: true}, All: true}, 0)
		if err != nil || len(page.Items) != 1 {
			t.Fatalf("%d tickets, %v, want 1", len(page.Items), err)
		}
		e, err := o.Store.LedgerItem(ctx, in.Ledger)
		if err != nil || e.State != ticketing.LedgerTicketed || e.TicketRef != page.Items[0].Ref {
			t.Errorf("ledger = %v %s, %v", e.State, e.TicketRef, err)
		}
		if v := o.View(t, e.TicketRef); len(v.Messages) != 1 || len(v.Deliveries) != 1 || len(v.Events) != 1 {
			t.Errorf("%d messages, %d deliveries, %d events, want one of each", len(v.Messages), len(v.Deliveries), len(v.Events))
		}
	})
	if runs < 20 {
		t.Errorf("only %d runs: the faults were not tried one by one", runs)
	}
}

func TestRunTwice(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := ticketingtest.NewOffice(t, "")
	f := ticketingtest.NewFaultStore(o.Store)
	f.RunTwice(true)
	runs := 0
	err := f.InTx(ctx, func(tx ticketing.Tx) error {
		runs++
		return tx.AppendEvent(ctx, &ticketing.Event{At: o.Clock.Now(), Actor: "system:test", Kind: ticketing.EventAdmin})
	})
	page, errEvents := o.Store.Events(ctx, "", "", o.Clock.Now(), o.Clock.Now().Add(1), "", 10)
	if err != nil || errEvents != nil || runs != 2 || len(page.Items) != 1 {
		t.Errorf("%d runs, %d events, %v, %v, want 2 and 1", runs, len(page.Items), err, errEvents)
	}
	if err := f.InTx(ctx, func(ticketing.Tx) error { return ticketing.Gone }); !errors.Is(err, ticketing.Gone) {
		t.Errorf("InTx() = %v, want the error of the function", err)
	}
}

func TestLoseAnswer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := ticketingtest.NewOffice(t, "")
	f := ticketingtest.NewFaultStore(o.Store)
	f.LoseAnswer(2)
	dept := ticketing.Department{Code: "first"}
	if err := f.InTx(ctx, func(tx ticketing.Tx) error { return tx.SaveDepartment(ctx, &dept) }); err != nil {
		t.Fatal(err)
	}
	second := ticketing.Department{Code: "second"}
	if err := f.InTx(ctx, func(tx ticketing.Tx) error { return tx.SaveDepartment(ctx, &second) }); !errors.Is(err, ticketing.Busy) {
		t.Errorf("InTx() = %v, want busy", err)
	}
	d, err := o.Store.Directory(ctx)
	if _, ok := d.DepartmentByCode("second"); err != nil || !ok {
		t.Errorf("what committed is not there: %v", err)
	}
}

func TestFailAtCommit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := ticketingtest.NewOffice(t, "")
	f := ticketingtest.NewFaultStore(o.Store)
	f.FailAt(3, ticketing.Internal) // InTx, SaveDepartment, commit
	err := f.InTx(ctx, func(tx ticketing.Tx) error { return tx.SaveDepartment(ctx, &ticketing.Department{Code: "never"}) })
	if !errors.Is(err, ticketing.Internal) || f.Failed() != "commit" {
		t.Errorf("InTx() = %v, failed %q, want internal at the commit", err, f.Failed())
	}
	d, err := o.Store.Directory(ctx)
	if _, ok := d.DepartmentByCode("never"); err != nil || ok {
		t.Errorf("a failed commit wrote: %v", err)
	}
}
