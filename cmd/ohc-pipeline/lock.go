package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/durable"
)

// lock makes this the only run of a work folder and the only one that
// publishes to a marts folder. A process that dies gives its locks back.
func lock(c config.Config) (unlock func(), err error) {
	work, err := hold(workLock(c), 0o700, "another run is going on in this work folder; wait for it, or see ohc-pipeline runs")
	if err != nil {
		return nil, placed(c, "work", err)
	}
	marts, err := hold(filepath.Join(c.Marts, ".lock"), 0o750, "another run, of another work folder, publishes to this marts folder; wait for it")
	if err != nil {
		work.Close()
		return nil, placed(c, "marts", err)
	}
	return func() { marts.Close(); work.Close() }, nil
}

// placed says of which key of the configuration a folder is that cannot be used.
func placed(c config.Config, key string, err error) error {
	if errors.As(err, new(coded)) {
		return err
	}
	return fmt.Errorf("%s: %w; next: have this user write there, or name another folder", c.Where(key), err)
}

// writable says whether a run could write its folders, or make them. It makes none.
func writable(c config.Config) error {
	for _, f := range []struct{ key, dir string }{{"work", c.Work}, {"marts", c.Marts}} {
		at := f.dir
		_, err := os.Stat(at)
		for err != nil && at != filepath.Dir(at) { // the nearest folder that is there
			at = filepath.Dir(at)
			_, err = os.Stat(at)
		}
		if info, err := os.Stat(at); err == nil && !info.IsDir() {
			return placed(c, f.key, fmt.Errorf("%s is no folder", at))
		}
		if err := syscall.Access(at, 2|1); err != nil { // write, enter
			return placed(c, f.key, fmt.Errorf("%s: %w", at, err))
		}
	}
	return nil
}

func workLock(c config.Config) string { return filepath.Join(c.Work, "lock") }

// hold locks a file, and makes it and its folder when they are not there.
func hold(path string, mode os.FileMode, busy string) (*os.File, error) {
	if err := durable.Folder(filepath.Dir(path), mode); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	// Whoever only looks whether a run is going on has the lock for a moment.
	for range 20 {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("lock: %s: %w", path, err), f.Close())
		}
		time.Sleep(10 * time.Millisecond)
	}
	f.Close()
	return nil, coded{exitBusy, errors.New(busy)}
}

// held reports whether a run is going on. It writes nothing.
func held(c config.Config) bool {
	f, err := os.Open(workLock(c))
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}
