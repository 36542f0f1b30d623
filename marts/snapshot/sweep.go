package snapshot

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"secondaryuse/pipeline/durable"
)

const (
	snapshots = "snapshots"
	current   = "CURRENT"
	half      = ".tmp-" // begins the name of a snapshot that is being written, or removed
)

// Sweep removes what writers that died have left in the marts folder dir:
// snapshots half written or half removed, and links to them. It touches no
// name that a writer would not have made. No writer may be at work.
func Sweep(dir string) error {
	if err := sweep(dir); err != nil {
		return fmt.Errorf("snapshot: sweep: %w", err)
	}
	return nil
}

func sweep(dir string) error {
	link := filepath.Join(dir, "."+current)
	if info, err := os.Lstat(link); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if err := os.Remove(link); err != nil {
			return err
		}
	}
	all := filepath.Join(dir, snapshots)
	entries, err := os.ReadDir(all)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	removed := false
	for _, e := range entries {
		path := filepath.Join(all, e.Name())
		target, _ := os.Readlink(path) // none where it is no link
		if e.IsDir() && strings.HasPrefix(e.Name(), half) || target == half+e.Name() {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
			removed = true
		}
	}
	if !removed {
		return nil
	}
	return durable.Sync(all)
}

// prune removes the oldest snapshots, by the time they were sealed, until keep
// are left. The current one stays whatever its age, and so does what is no
// snapshot. They are gone from the disk when prune returns.
func (d *Draft) prune(keep int) error {
	old, err := others(d.root, d.id)
	if err != nil {
		return err
	}
	return remove(d.root, old[min(max(keep-1, 0), len(old)):])
}

// Old is a snapshot that is not the current one any more.
type Old struct {
	ID, Run string
	At      time.Time // when it was sealed
}

// Before returns the snapshots of the marts folder dir but the current one, the
// newest first. Where nothing is current, and where it cannot be told what is,
// there are none.
func Before(dir string) ([]Old, error) {
	_, m, err := Current(dir)
	if errors.Is(err, ErrNone) {
		return nil, nil
	}
	var old []Old
	if err == nil {
		old, err = others(dir, m.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	return old, nil
}

// Retire removes those of the snapshots before the current one that must go, and
// returns how many went. They are gone from the disk when it returns; who has a
// file of one open can read on in it. No writer may be at work.
func Retire(dir string, goes func(Old) bool) (int, error) {
	old, err := Before(dir)
	if err != nil {
		return 0, err
	}
	old = slices.DeleteFunc(old, func(s Old) bool { return !goes(s) })
	if len(old) == 0 {
		return 0, nil
	}
	if err := remove(dir, old); err != nil {
		return 0, fmt.Errorf("snapshot: retire: %w", err)
	}
	return len(old), nil
}

func remove(root string, old []Old) error {
	for _, s := range old {
		// Should this be cut off, what is left can be told from a snapshot.
		going := filepath.Join(root, snapshots, half+s.ID)
		if err := os.Rename(filepath.Join(root, snapshots, s.ID), going); err != nil {
			return err
		}
		if err := os.RemoveAll(going); err != nil {
			return err
		}
	}
	return durable.Sync(filepath.Join(root, snapshots))
}

// others are the snapshots but one, the newest first.
func others(root, but string) (all []Old, err error) {
	entries, err := os.ReadDir(filepath.Join(root, snapshots))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(root, snapshots, e.Name())
		m, err := Read(path)
		if err != nil || m.ID != e.Name() || m.ID == but {
			continue
		}
		info, err := os.Stat(filepath.Join(path, manifestName))
		if err != nil {
			return nil, err
		}
		all = append(all, Old{m.ID, m.Run, info.ModTime()})
	}
	slices.SortFunc(all, func(a, b Old) int { return b.At.Compare(a.At) })
	return all, nil
}
