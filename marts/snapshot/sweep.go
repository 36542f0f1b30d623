package snapshot

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
	old, err := d.others()
	if err != nil {
		return err
	}
	for _, name := range old[min(max(keep-1, 0), len(old)):] {
		// Should this be cut off, what is left can be told from a snapshot.
		going := filepath.Join(d.root, snapshots, half+name)
		if err := os.Rename(filepath.Join(d.root, snapshots, name), going); err != nil {
			return err
		}
		if err := os.RemoveAll(going); err != nil {
			return err
		}
	}
	return durable.Sync(filepath.Join(d.root, snapshots))
}

// others names the snapshots but this one, the newest first.
func (d *Draft) others() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(d.root, snapshots))
	if err != nil {
		return nil, err
	}
	at := make(map[string]int64)
	var names []string
	for _, e := range entries {
		path := filepath.Join(d.root, snapshots, e.Name())
		m, err := Read(path)
		if err != nil || m.ID != e.Name() || m.ID == d.id {
			continue
		}
		info, err := os.Stat(filepath.Join(path, manifestName))
		if err != nil {
			return nil, err
		}
		at[m.ID] = info.ModTime().UnixNano()
		names = append(names, m.ID)
	}
	slices.SortFunc(names, func(a, b string) int { return int(min(max(at[b]-at[a], -1), 1)) })
	return names, nil
}
