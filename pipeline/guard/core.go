package guard

import (
	"fmt"
	"syscall"
)

// prSetDumpable is PR_SET_DUMPABLE of prctl(2).
const prSetDumpable = 4

// NoCore has the memory of this process, which may hold keys and identities, be written
// to no core file, whatever ends it, and be read by no other process of the same user.
// Root can read it all the same.
func NoCore() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("core files cannot be turned off: %w", err)
	}
	if _, _, err := syscall.RawSyscall(syscall.SYS_PRCTL, prSetDumpable, 0, 0); err != 0 { // that a core may be piped to, whatever the limit
		return fmt.Errorf("core dumps cannot be turned off: %w", err)
	}
	return nil
}
