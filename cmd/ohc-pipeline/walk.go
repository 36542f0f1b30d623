package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// walked is what was seen in folders when they were last walked through. It may
// be used from several goroutines.
type walked struct {
	mu   *sync.Mutex
	seen map[string]sizes
}

// sizes is what a folder holds.
type sizes struct {
	bytes  int64     // on the disk; -1 where it is not known
	newest time.Time // when the newest file in it was changed
}

func newWalked() walked { return walked{new(sync.Mutex), make(map[string]sizes)} }

// get is what was seen in a folder.
func (w walked) get(name string) sizes {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s, ok := w.seen[name]; ok {
		return s
	}
	return sizes{bytes: -1}
}

// walk walks through a folder. One that cannot be read whole is not known, and where
// the context ends what was known stays; what is gone while it is walked through does not count.
func (w walked) walk(ctx context.Context, name, dir string) {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	var s sizes
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || d.IsDir() {
			return passed(err)
		}
		info, err := d.Info()
		if err != nil {
			return passed(err)
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			s.bytes += stat.Blocks * 512
		}
		if at := info.ModTime(); at.After(s.newest) {
			s.newest = at
		}
		return nil
	})
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		s = sizes{bytes: -1}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[name] = s
}

// passed passes over what is not there any more.
func passed(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// room is what is free for us on the disk of a folder, and its size.
func room(dir string) (free, size int64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return -1, -1, err
	}
	return int64(s.Bavail) * s.Bsize, int64(s.Blocks) * s.Bsize, nil
}
