package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// most is how long a secret may be, in bytes.
const most = 64 << 10

// ErrLong says that a file is far too long for a secret.
var ErrLong = errors.New("it is far too long for a secret")

// Private reads the secret at path: a plain file and no link to one, which nobody but
// its owner can read or write, and which belongs to who runs this, or may be read by
// root. What is judged is what is read, whatever is put in its place meanwhile. An error
// says what is wrong with the file, and nothing that is in it.
func Private(path string) ([]byte, error) {
	return secret(path, 0o077, func(owner, own int) bool { return owner == own || own == 0 })
}

// Own is Private of a file that belongs to who runs this, root or not.
func Own(path string) ([]byte, error) {
	return secret(path, 0o077, func(owner, own int) bool { return owner == own })
}

// credential begins the name of a systemd credential.
const credential = "credential:"

// Given reads a secret that a configuration names: a file as Private takes it, which
// belongs to who runs this or to root, or credential:NAME, what systemd's
// LoadCredential= has given to the service.
func Given(ref string) ([]byte, error) {
	path, others := ref, os.FileMode(0o077)
	if name, ok := strings.CutPrefix(ref, credential); ok {
		dir := os.Getenv("CREDENTIALS_DIRECTORY")
		if dir == "" || name == "" || name != filepath.Base(name) || name[0] == '.' {
			return nil, fmt.Errorf("%s: systemd has given no such credential; next: LoadCredential=NAME:/path in the unit", ref)
		}
		path, others = filepath.Join(dir, name), 0o027 // systemd's list of who may read shows as the group's right
	}
	return secret(path, others, func(owner, own int) bool { return owner == own || owner == 0 })
}

// secret reads a file that others have none of these rights to, of an owner that is
// allowed to who runs this.
func secret(path string, others os.FileMode, allowed func(owner, own int) bool) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("%s is a symbolic link; next: name, or put there, the file itself", path)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no plain file", path)
	case info.Mode().Perm()&others != 0:
		return nil, fmt.Errorf("%s can be read or written by others; next: chmod 600 it", path)
	case !allowed(int(info.Sys().(*syscall.Stat_t).Uid), os.Geteuid()):
		return nil, fmt.Errorf("%s belongs to somebody else; next: chown it to the user that runs this", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("%s: %w", path, ErrLong)
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
