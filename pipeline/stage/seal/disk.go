package seal

import (
	"errors"
	"os"
	"path/filepath"

	"secondaryuse/pipeline/durable"
)

const (
	current = "CURRENT"
	half    = ".tmp" // ends the name of a file that is being replaced
)

// replace writes a file so that it holds either the old or the new bytes after
// a crash, and the new ones once replace has returned.
func replace(path string, data []byte) error {
	tmp := path + half
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
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
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return durable.Sync(filepath.Dir(path))
}
