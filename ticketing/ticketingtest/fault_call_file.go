package ticketingtest

import (
	"context"

	"github.com/sistem48/system48/ticketing"
)

func (x faultTx) CallFile(ctx context.Context, source, identity string) (out *ticketing.CallFile, err error) {
	if err = x.step("CallFile"); err != nil {
		return out, err
	}
	return x.Tx.CallFile(ctx, source, identity)
}

func (x faultTx) CallFileByID(ctx context.Context, id ticketing.CallFileID) (out *ticketing.CallFile, err error) {
	if err = x.step("CallFileByID"); err != nil {
		return out, err
	}
	return x.Tx.CallFileByID(ctx, id)
}

func (x faultTx) FollowedCallFiles(ctx context.Context, source string) (out []ticketing.CallFile, err error) {
	if err = x.step("FollowedCallFiles"); err != nil {
		return out, err
	}
	return x.Tx.FollowedCallFiles(ctx, source)
}

func (x faultTx) SaveCallFile(ctx context.Context, f *ticketing.CallFile) error {
	if err := x.step("SaveCallFile"); err != nil {
		return err
	}
	return x.Tx.SaveCallFile(ctx, f)
}

func (x faultTx) KnownCallLegs(ctx context.Context, source string, keys []string) (out map[string]bool, err error) {
	if err = x.step("KnownCallLegs"); err != nil {
		return out, err
	}
	return x.Tx.KnownCallLegs(ctx, source, keys)
}

func (x faultTx) AddCallLegs(ctx context.Context, source string, keys []string) error {
	if err := x.step("AddCallLegs"); err != nil {
		return err
	}
	return x.Tx.AddCallLegs(ctx, source, keys)
}

func (x faultTx) AddCallRejects(ctx context.Context, list []ticketing.CallReject) error {
	if err := x.step("AddCallRejects"); err != nil {
		return err
	}
	return x.Tx.AddCallRejects(ctx, list)
}

// CallFiles implements [ticketing.CallFileReads].
func (x *FaultStore) CallFiles(ctx context.Context, source string, n int) (out []ticketing.CallFile, err error) {
	if err = x.step("CallFiles"); err != nil {
		return out, err
	}
	return x.Ports.CallFiles(ctx, source, n)
}

// CallRejects implements [ticketing.CallFileReads].
func (x *FaultStore) CallRejects(ctx context.Context, f ticketing.CallFileID, after int64, n int) (out []ticketing.CallReject, err error) {
	if err = x.step("CallRejects"); err != nil {
		return out, err
	}
	return x.Ports.CallRejects(ctx, f, after, n)
}
