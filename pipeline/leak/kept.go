package leak

import (
	"os"
	"sync"
	"syscall"
)

// kept are files of SQLite databases that are in use. SQLite locks by process: whoever
// closes a file takes away all locks that this process has on it, those of its own open
// ledger too. Another process that looks at the ledger would then take itself for the
// last one, and remove the log that ours goes on writing. So such a file is opened once,
// and not closed while it is there.
var kept = struct {
	sync.Mutex
	files map[[2]uint64]*os.File
}{files: make(map[[2]uint64]*os.File)}

// open opens a file, or returns it as it was opened before.
func open(path string) (*os.File, error) {
	if !inUse(path) {
		return os.Open(path)
	}
	kept.Lock()
	defer kept.Unlock()
	for at, f := range kept.files { // those that were removed since have no locks worth keeping
		if info, err := f.Stat(); err != nil || info.Sys().(*syscall.Stat_t).Nlink == 0 {
			f.Close()
			delete(kept.files, at)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	at := node(info)
	if f := kept.files[at]; f != nil {
		return f, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil {
		at = node(info)
	}
	kept.files[at] = f
	return f, nil
}

// inUse reports whether a file is of a database with a log, as one in use has.
func inUse(path string) bool {
	for _, of := range []string{path + "-shm", path + "-wal"} {
		if _, err := os.Lstat(of); err == nil {
			return true
		}
	}
	n := len(path)
	return n > 4 && (path[n-4:] == "-shm" || path[n-4:] == "-wal")
}

func node(info os.FileInfo) [2]uint64 {
	s := info.Sys().(*syscall.Stat_t)
	return [2]uint64{uint64(s.Dev), s.Ino}
}

// release closes a file, unless it is kept.
func release(f *os.File) error {
	kept.Lock()
	defer kept.Unlock()
	for _, k := range kept.files {
		if k == f {
			return nil
		}
	}
	return f.Close()
}
