package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Room makes a folder in TMPDIR that only its owner can enter, for what a process
// needs while it lives, and returns what removes it. Its name begins with prefix.
//
// A process that is killed leaves its room behind. So each is locked as long as its
// process lives, and whoever makes the next of that prefix removes those of the same
// owner that nobody holds. Room fails where one of them cannot be removed: what lies
// there may be personal data in clear.
func Room(prefix string) (path string, leave func() error, err error) {
	entries, err := os.ReadDir(os.TempDir())
	if err != nil {
		return "", nil, noRoom(err)
	}
	if err := cleared(os.TempDir(), prefix, entries); err != nil {
		return "", nil, fmt.Errorf("what a process that was killed left: %w; next: remove it", err)
	}
	for {
		if path, err = os.MkdirTemp("", prefix); err != nil {
			return "", nil, noRoom(err)
		}
		lock, err := held(path, syscall.LOCK_EX)
		if errors.Is(err, fs.ErrNotExist) {
			continue // another process took it for one that was left
		}
		if err != nil {
			return "", nil, errors.Join(err, os.RemoveAll(path))
		}
		return path, func() error { return errors.Join(os.RemoveAll(path), lock.Close()) }, nil
	}
}

// noRoom says that there is no place for one.
func noRoom(err error) error {
	return fmt.Errorf("a folder to work in: %w; next: have TMPDIR name one that is there and that this user can write", err)
}

// cleared removes the rooms of a prefix that no process holds, of the entries of a folder.
func cleared(dir, prefix string, entries []fs.DirEntry) error {
	for _, e := range entries {
		if digits, ours := strings.CutPrefix(e.Name(), prefix); !ours || strings.Trim(digits, "0123456789") != "" || !mine(e) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		lock, err := held(path, syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := errors.Join(os.RemoveAll(path), lock.Close()); err != nil {
			return err
		}
	}
	return nil
}

// mine reports whether an entry is a folder of this user's that nobody else can enter.
func mine(e fs.DirEntry) bool {
	info, err := e.Info()
	if err != nil {
		return false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.IsDir() && info.Mode().Perm() == 0o700 && int(s.Uid) == os.Getuid()
}

// held opens a folder and locks it; what it returns holds the lock until it is closed.
// The error is fs.ErrNotExist where the folder is gone by then.
func held(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), how)
	for errors.Is(err, syscall.EINTR) {
		err = syscall.Flock(int(f.Fd()), how)
	}
	if err == nil {
		_, err = os.Lstat(path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
