package snapshot

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"secondaryuse/marts/sign"
	"secondaryuse/pipeline/durable"
)

// Draft is a snapshot being written.
type Draft struct {
	// Check looks through the folder when all is in it that is published, but for the
	// signature. Where it returns an error nothing is published.
	Check func(dir string) error

	root, id string
	key      sign.Private
}

// Begin starts a snapshot in the marts folder dir, which is to be signed with a
// key, and removes what writers that died have left. id is a wish: a number is
// added when it is taken. Another key than that of what was published before is
// refused.
func Begin(dir, id string, key sign.Private) (*Draft, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := Fits(root, key.Public()); err != nil {
		return nil, err
	}
	if err := durable.Folder(filepath.Join(root, snapshots), 0o750); err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	if err := Sweep(root); err != nil {
		return nil, err
	}
	d := &Draft{root: root, id: id, key: key}
	for n := 2; exists(d.Final()); n++ {
		d.id = fmt.Sprintf("%s-%d", id, n)
	}
	if err := os.Mkdir(d.Dir(), 0o750); err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	// The views of the snapshot name its files by their final path, and can be
	// made only of files that are there: until Publish, a link leads to them.
	if err := os.Symlink(filepath.Base(d.Dir()), d.Final()); err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	return d, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// ID is the name of the snapshot.
func (d *Draft) ID() string { return d.id }

// Dir is where the files of the snapshot are to be written.
func (d *Draft) Dir() string { return filepath.Join(d.root, snapshots, half+d.id) }

// Final is where they will be.
func (d *Draft) Final() string { return filepath.Join(d.root, snapshots, d.id) }

// Discard removes the draft. After Publish it does nothing.
func (d *Draft) Discard() error {
	if !exists(d.Dir()) {
		return nil
	}
	return errors.Join(os.Remove(d.Final()), os.RemoveAll(d.Dir()))
}

// Publish makes the draft the current snapshot and removes all but the newest
// keep, of which it is one. What the manifest says of files is completed with
// their sizes and hashes; files it does not name are added. When Publish
// returns without an error, the snapshot is durable and current.
func (d *Draft) Publish(m Manifest, keep int) error {
	m.ID = d.id
	files, err := listing(d.Dir())
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	m.Files, m.Before = describe(m.Files, files), d.before()
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	if err := d.move(append(data, '\n')); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	if err := d.prune(keep); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	return nil
}

// move seals the draft, renames it and moves CURRENT, each durable before the
// next.
func (d *Draft) move(manifest []byte) error {
	path := filepath.Join(d.Dir(), manifestName)
	if err := write(path, manifest); err != nil {
		return err
	}
	if d.Check != nil {
		if err := d.Check(d.Dir()); err != nil {
			return err
		}
	}
	if err := errors.Join(write(sign.Beside(path), sign.Sign(d.key, Label, manifest).Text()), tell(d.root, d.key.Public())); err != nil {
		return err
	}
	if err := syncAll(d.Dir()); err != nil {
		return err
	}
	if err := os.Remove(d.Final()); err != nil {
		return err
	}
	if err := os.Rename(d.Dir(), d.Final()); err != nil {
		return err
	}
	if err := durable.Sync(filepath.Dir(d.Final())); err != nil {
		return err
	}
	link := filepath.Join(d.root, "."+current)
	if err := os.Symlink(filepath.Join(snapshots, d.id), link); err != nil {
		return err
	}
	if err := os.Rename(link, filepath.Join(d.root, current)); err != nil {
		return err
	}
	return durable.Sync(d.root)
}

// describe adds to the files what is said of them.
func describe(said, files []File) []File {
	for i, f := range files {
		if j := slices.IndexFunc(said, func(s File) bool { return s.Name == f.Name }); j >= 0 {
			files[i].Mart, files[i].Rows, files[i].Contract = said[j].Mart, said[j].Rows, said[j].Contract
		}
	}
	return files
}

func write(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// syncAll makes a folder and its files durable, and its files such that nobody but their
// owner can write them, whatever the umask: the engine knows nothing of modes.
func syncAll(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() {
			err = os.Chmod(path, info.Mode().Perm()&0o640)
		}
		if err = errors.Join(err, durable.Sync(path)); err != nil {
			return err
		}
	}
	return durable.Sync(folder)
}
