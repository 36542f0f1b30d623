// Package durable makes what must still be there after a crash: folders, the
// names in them, files, and secrets that nothing may be made with before they
// are safe; and rooms that must not be. Both sides of the stage use it; it knows
// neither.
package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Sync makes a file durable, or the names in a folder: those that were made,
// and that those which were removed are gone.
func Sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Half ends the name of a file that Replace is writing: a crash may leave it.
const Half = ".tmp"

// Replace writes a file, which only its owner can read, so that it holds either
// the old or the new bytes after a crash, and the new ones once Replace has
// returned. What lies under the name of its half, a link too, is not written to, and
// is not what the file becomes: where others can write the folder it may be theirs.
func Replace(path string, data []byte) error {
	if err := os.Remove(path + Half); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path+Half, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+Half, path); err != nil {
		return err
	}
	return Sync(filepath.Dir(path))
}

// Folder makes a folder, and those above that are missing. All of them are
// there after a crash, once Folder has returned.
func Folder(path string, mode os.FileMode) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	above := filepath.Dir(path)
	if err := Folder(above, mode); err != nil {
		return err
	}
	if err := os.Mkdir(path, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return Sync(above)
}
