package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// releaseProgram lets go of the pages of the program's own file: code and
// constants that starting up has run through (40 MB) and an idle process does
// not need. What is needed again comes back out of the page cache, which the
// machine may use for something else meanwhile (madvise(2), MADV_DONTNEED).
func releaseProgram() error {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return err
	}
	defer f.Close()
	stretches, err := programStretches(f, self)
	for _, s := range stretches {
		if _, _, no := syscall.Syscall(syscall.SYS_MADVISE, s[0], s[1]-s[0], syscall.MADV_DONTNEED); no != 0 {
			err = errors.Join(err, no)
		}
	}
	return err
}

// programStretches gives begin and end of the read-only mappings of a file that
// hold nothing but the file: where something was written (relocations of a
// position-independent build), letting go would lose it. smaps is in the form
// of proc_pid_smaps(5).
func programStretches(smaps io.Reader, file string) ([][2]uintptr, error) {
	var out [][2]uintptr
	var at [2]uintptr
	ours := false
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) >= 5 && strings.Contains(fields[0], "-"):
			ours = len(fields) == 6 && fields[5] == file && (fields[1] == "r-xp" || fields[1] == "r--p")
			if _, err := fmt.Sscanf(fields[0], "%x-%x", &at[0], &at[1]); err != nil {
				return nil, fmt.Errorf("mapping %q: %w", fields[0], err)
			}
		case ours && len(fields) == 3 && fields[0] == "Anonymous:" && fields[1] == "0":
			out = append(out, at)
		}
	}
	return out, lines.Err()
}
