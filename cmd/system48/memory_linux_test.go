package main

import (
	"os"
	"strings"
	"testing"
)

// TestReleaseProgram holds that only what can come back from the file is let
// go, and that the program runs on without it.
func TestReleaseProgram(t *testing.T) {
	got, err := programStretches(strings.NewReader(`00400000-01c90000 r-xp 00000000 fe:00 131 /opt/system48
Size:              25156 kB
Anonymous:             0 kB
01c90000-03570000 r--p 01890000 fe:00 131 /opt/system48
Anonymous:             4 kB
03570000-037b0000 rw-p 03170000 fe:00 131 /opt/system48
Anonymous:             0 kB
c000000000-c000400000 rw-p 00000000 00:00 0
Anonymous:             0 kB
7f0000000000-7f0000001000 r--p 00000000 fe:00 7 /lib/other
Anonymous:             0 kB
`), "/opt/system48")
	if err != nil || len(got) != 1 || got[0] != [2]uintptr{0x400000, 0x1c90000} {
		t.Errorf("%x, %v", got, err)
	}
	if _, err := programStretches(strings.NewReader("zz-yy r-xp 0 fe:00 1 /x"), "/x"); err == nil {
		t.Error("an unreadable mapping is taken")
	}
	if err := releaseProgram(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/proc/self/exe"); err != nil {
		t.Error(err)
	}
}
