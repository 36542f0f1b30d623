// Package credential reads secrets from where alone they may lie: a file that
// only its owner can read, or a systemd credential. Never an argument, never a
// variable of the environment.
package credential

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

// prefix begins the name of a systemd credential.
const prefix = "credential:"

// limit is the most that a secret has, in bytes.
const limit = 64 << 10

// Read returns the secret that ref names: the path of a file, or credential:NAME
// for what systemd's LoadCredential= has given to the service. An error names
// the place, never what is in it.
func Read(ref string) ([]byte, error) {
	name, systemd := strings.CutPrefix(ref, prefix)
	path, others := ref, fs.FileMode(0o077)
	if systemd {
		dir := os.Getenv("CREDENTIALS_DIRECTORY")
		if dir == "" {
			return nil, fmt.Errorf("%s: systemd has given no credentials; next: LoadCredential=%s:/path in the unit", ref, name)
		}
		if name == "" || name != filepath.Base(name) || name[0] == '.' {
			return nil, fmt.Errorf("%s: not the name of a credential", ref)
		}
		path, others = filepath.Join(dir, name), 0o027 // systemd's list of who may read shows as the group's right
	}
	text, err := read(path, others)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	return text, nil
}

func read(path string, others fs.FileMode) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		var p *fs.PathError
		errors.As(err, &p)
		return nil, p.Err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, errors.New("it cannot be looked at")
	}
	switch owner := info.Sys().(*syscall.Stat_t).Uid; {
	case !info.Mode().IsRegular():
		return nil, errors.New("not a file")
	case info.Mode().Perm()&others != 0:
		return nil, errors.New("others can read it; next: chmod 600")
	case owner != 0 && owner != uint32(os.Geteuid()):
		return nil, errors.New("it belongs to somebody else; next: chown it to the user that runs this")
	}
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, errors.New("it cannot be read")
	case len(text) == 0:
		return nil, errors.New("it is empty")
	case len(text) > limit:
		return nil, errors.New("it is too long for a secret")
	}
	return text, nil
}
