package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// most is how long a secret may be, in bytes.
const most = 64 << 10

// Private reads the secret at path: a plain file and no link to one, which nobody but
// its owner can read or write, and which belongs to who runs this, or may be read by
// root. What is judged is what is read, whatever is put in its place meanwhile. An error
// says what is wrong with the file, and nothing that is in it.
func Private(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("%s is a link: it must be a plain file; next: name, or put there, the file itself", path)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	own := os.Geteuid()
	switch {
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%s must be a plain file that nobody else can read: chmod 600 it", path)
	case own != 0 && info.Sys().(*syscall.Stat_t).Uid != uint32(own):
		return nil, fmt.Errorf("%s belongs to somebody else; next: chown it to the user that runs this", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("%s is far too long for a secret", path)
	}
	return text, err
}

// Alone returns an error where a file has another name as well, a hard link, under which
// it would be there still once this name is removed; none where there is no file.
func Alone(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && info.Sys().(*syscall.Stat_t).Nlink > 1 && !info.IsDir() {
		err = fmt.Errorf("%s has another name, too: it would still be there under that; next: find it (find -samefile) and remove it", path)
	}
	return err
}
