package differ

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"secondaryuse/pipeline/durable"
)

// Forget takes a release out of the store in dir, durably, if it is there.
func Forget(dir, id string) error {
	s := &Store{dir: dir}
	if !name.MatchString(id) {
		return errors.New("people of releases: that is not a name for a release")
	}
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := os.Remove(filepath.Join(s.dir, id+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return durable.Sync(s.dir)
}

// Keeps says that the store in dir has a release. It changes nothing.
func Keeps(dir, id string) bool {
	info, err := os.Lstat(filepath.Join(dir, id+suffix))
	return err == nil && info.Mode().IsRegular() && name.MatchString(id)
}
