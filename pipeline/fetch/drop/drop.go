// Package drop fetches from a folder of this machine that somebody else fills:
// a share, or what a transfer agent such as MESH or a vendor's push leaves.
// What is taken, when, and what becomes of it is package inbox's.
package drop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"

	"secondaryuse/pipeline/durable"
	"secondaryuse/pipeline/fetch/inbox"
)

// New returns the Fetcher of the folder at dir.
func New(dir string, p inbox.Policy) (*inbox.Inbox, error) {
	return inbox.New("drop", dir, func(context.Context) (inbox.Folder, error) { return open(dir) }, p)
}

// local is the folder. Nothing that lies out of it can be reached through it,
// whatever links are put there.
type local struct {
	root *os.Root
	dir  string
}

func open(dir string) (inbox.Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("the folder cannot be opened: %w", reason(err))
	}
	return local{root, dir}, nil
}

func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Close ends the visit.
func (l local) Close() error { return l.root.Close() }

// List reads a folder. What has gone before it could be looked at is left out.
func (l local) List(ctx context.Context, dir string) ([]fs.FileInfo, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d, err := l.root.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	infos := make([]fs.FileInfo, 0, len(names))
	for _, n := range names {
		info, err := l.root.Lstat(path.Join(dir, n))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// Open opens a regular file. What has been put in its place since it was
// looked at, a link or a pipe, is as if the file had gone.
func (l local) Open(ctx context.Context, name string, from int64) (io.ReadCloser, error) {
	before, err := l.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	f, err := l.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !os.SameFile(before, info) {
		err = fs.ErrNotExist
	}
	if err == nil {
		_, err = f.Seek(from, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, ctx.Err()
}

// Move renames a file within the folder.
func (l local) Move(ctx context.Context, from, to string) error {
	if err := l.root.MkdirAll(path.Dir(to), 0o750); err != nil {
		return err
	}
	if err := l.root.Rename(from, to); err != nil {
		return err
	}
	for dir := path.Dir(to); ; dir = path.Dir(dir) { // what was made above, too
		if err := l.sync(dir); err != nil || dir == "." {
			return errors.Join(err, l.sync(path.Dir(from)))
		}
	}
}

func (l local) sync(dir string) error { return durable.Sync(path.Join(l.dir, dir)) }
