package keyring

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"secondaryuse/pipeline/durable"
)

// Create makes the key of a name, which must not be there, wrapped for who asks
// and for others. Whether it may be reversed is fixed with that.
func (r *Ring) Create(name string, at time.Time, reversible bool, others ...Wrapper) (Entry, error) {
	var secret [32]byte
	rand.Read(secret[:]) // which never fails
	return r.put(name, at, reversible, secret, others)
}

// put writes the first file of a key.
func (r *Ring) put(name string, at time.Time, reversible bool, secret [32]byte, others []Wrapper) (Entry, error) {
	f := form{Version: version, Name: name, ID: random(), Kind: KindOf(name), Created: at.UTC().Format(time.RFC3339), State: Active, Reversible: reversible}
	if f.Kind == "" {
		return Entry{}, fault(name, errors.New("a name is a word of lower case letters, digits and hyphens"))
	}
	if reversible && f.Kind != Release && f.Kind != Project {
		return Entry{}, fault(name, errors.New("only a release or a project can be reversible"))
	}
	f.Fingerprint = fingerprint(f.Kind, secret)
	err := r.change(func() error {
		if _, err := os.Lstat(filepath.Join(r.dir, file(name))); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(err, fmt.Errorf("there is one already: %w", fs.ErrExist))
		}
		return r.seal(&f, secret, append([]Wrapper{r.kek}, others...))
	})
	return f.entry(file(name)), fault(name, err)
}

func random() string {
	var id [8]byte
	rand.Read(id[:])
	return hex.EncodeToString(id[:])
}

// Rewrap wraps a key anew, for who asks and for these others alone. The secret,
// and so every pseudonym, stays as it is.
func (r *Ring) Rewrap(name string, others ...Wrapper) (Entry, error) {
	return r.edit(name, func(f *form, secret [32]byte) error {
		return r.seal(f, secret, append([]Wrapper{r.kek}, others...))
	})
}

// Retire has a key no longer be used for anything new.
func (r *Ring) Retire(name string) (Entry, error) {
	return r.edit(name, func(f *form, secret [32]byte) error {
		if f.State == Retired {
			return errors.New("it is retired already")
		}
		f.State = Retired
		return r.write(f, secret)
	})
}

// edit changes a key that is whole and wrapped for who asks.
func (r *Ring) edit(name string, do func(f *form, secret [32]byte) error) (e Entry, err error) {
	err = r.change(func() error {
		f, secret, err := r.unwrap(file(name))
		if err == nil {
			err = do(&f, secret)
		}
		e = f.entry(file(name))
		return err
	})
	return e, fault(name, err)
}

// seal wraps a secret for all who may use it, and writes the file.
func (r *Ring) seal(f *form, secret [32]byte, all []Wrapper) error {
	f.Wrapped = nil
	for _, w := range all {
		text, err := w.Wrap(secret[:])
		if err != nil {
			return err
		}
		f.Wrapped = append(f.Wrapped, wrapped{w.ID(), text})
	}
	return r.write(f, secret)
}

// write replaces the file of a key by one that is bound to the secret.
func (r *Ring) write(f *form, secret [32]byte) error {
	f.Tag = f.tag(secret)
	if !f.sound() {
		return errors.New("it cannot be written: is it wrapped for somebody twice?")
	}
	return durable.Replace(filepath.Join(r.dir, file(f.Name)), f.text())
}

// change does something to the ring while nobody else does, and first takes away
// what a process that died has left of files that it wrote.
func (r *Ring) change(do func() error) error {
	dir, err := os.Open(r.dir)
	if err != nil {
		return err
	}
	defer dir.Close() // and so ends the lock
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	names, err := dir.Readdirnames(0)
	for _, name := range names {
		if strings.HasSuffix(name, extension+durable.Half) {
			err = errors.Join(err, os.Remove(filepath.Join(r.dir, name)))
		}
	}
	if err != nil {
		return err
	}
	return do()
}
