// Package kek opens the key-encryption key that a configuration names: an age
// identity file, or a key in a PKCS#11 token.
package kek

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"secondaryuse/marts/domain/keyring"
)

// Config says where the key-encryption key is: in one of these.
type Config struct {
	Identity string  `yaml:"identity"` // file as age-keygen writes it, or credential:NAME
	PKCS11   *PKCS11 `yaml:"pkcs11"`
}

// Open opens the key-encryption key.
func Open(c Config) (keyring.KEK, error) {
	switch {
	case (c.Identity == "") == (c.PKCS11 == nil):
		return nil, errors.New("key_encryption: give identity or pkcs11, and one of them alone")
	case c.PKCS11 != nil:
		return openToken(*c.PKCS11)
	}
	return openIdentity(c.Identity)
}

// credential begins the name of a systemd credential.
const credential = "credential:"

// secretFile reads a secret of the user that runs this: a file that only its
// owner can read, or what systemd's LoadCredential= has given to the service. An
// error names the place, never what is in it.
func secretFile(ref string) ([]byte, error) {
	path, others := ref, os.FileMode(0o077)
	if name, ok := strings.CutPrefix(ref, credential); ok {
		dir := os.Getenv("CREDENTIALS_DIRECTORY")
		if dir == "" || name == "" || name != filepath.Base(name) || name[0] == '.' {
			return nil, fmt.Errorf("%s: systemd has given no such credential; next: LoadCredential=NAME:/path in the unit", ref)
		}
		path, others = filepath.Join(dir, name), 0o027 // systemd's list of who may read shows as the group's right
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("%s is a symbolic link; next: name the file itself", ref)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	switch owner := info.Sys().(*syscall.Stat_t).Uid; {
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no plain file", ref)
	case info.Mode().Perm()&others != 0:
		return nil, fmt.Errorf("%s can be read by others; next: chmod 600 it", ref)
	case owner != 0 && owner != uint32(os.Geteuid()):
		return nil, fmt.Errorf("%s belongs to somebody else; next: chown it to the user that runs this", ref)
	}
	return io.ReadAll(io.LimitReader(f, 64<<10))
}
