package main

import (
	"context"
	"runtime/debug"
	runmetrics "runtime/metrics"
	"time"
)

// How often an idle process is looked for, and by what it is known: hardly a
// collection since the last look, and something worth giving back.
const (
	idleLook        = 15 * time.Second
	idleCollections = 2
	idleAllocated   = 4 << 20 // bytes since the last look
)

// giveBackMemory returns to the machine what a burst has used, when the burst
// is over, until ctx ends. The runtime collects an idle process every two
// minutes only, and keeps what starting up or a sign-in (19 MB) took till then.
func giveBackMemory(ctx context.Context) error {
	sample := []runmetrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/allocs:bytes"}}
	look := func() (cycles, allocated uint64) {
		runmetrics.Read(sample)
		return sample[0].Value.Uint64(), sample[1].Value.Uint64()
	}
	tick := time.NewTicker(idleLook)
	defer tick.Stop()
	var cycles, allocated uint64
	owed := true // starting up has left something
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		c, a := look()
		owed = owed || a-allocated > idleAllocated
		if owed && c-cycles <= idleCollections {
			debug.FreeOSMemory()
			_ = releaseProgram() // only a gain forgone
			owed = false
			c, a = look()
		}
		cycles, allocated = c, a
	}
}
