package keyring

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"secondaryuse/pipeline/durable"
)

// Create makes the key of a name, which must not be there, wrapped for who asks
// and for others. Whether it may be reversed is fixed with that.
func (r *Ring) Create(name string, at time.Time, reversible bool, others ...Wrapper) (Entry, error) {
	f, secret, err := fresh(name, at, reversible)
	if err == nil {
		err = r.change(func() error {
			if _, err := os.Lstat(filepath.Join(r.dir, file(name))); !errors.Is(err, fs.ErrNotExist) {
				return errors.Join(err, fmt.Errorf("there is one already: %w; next: ohc-pipeline keys list", fs.ErrExist))
			}
			return r.seal(&f, secret, append([]Wrapper{r.kek}, others...))
		})
	}
	return f.entry(file(name)), fault(name, err)
}

// fresh is a new key.
func fresh(name string, at time.Time, reversible bool) (f form, secret [32]byte, err error) {
	rand.Read(secret[:]) // which never fails
	f, err = begin(name, at, reversible, secret)
	return f, secret, err
}

func begin(name string, at time.Time, reversible bool, secret [32]byte) (form, error) {
	f := form{Version: version, Name: name, ID: random(), Kind: KindOf(name), Created: at.UTC().Format(time.RFC3339), State: Active, Reversible: reversible}
	f.Fingerprint = fingerprint(f.Kind, secret)
	switch {
	case f.Kind == "":
		return f, errors.New("a name is a word of lower case letters, digits and hyphens")
	case reversible && f.Kind != Release && f.Kind != Project:
		return f, errors.New("only a release or a project can be reversible")
	}
	return f, nil
}

// Take puts a plain key, 64 hexadecimal digits in a file, into the ring. What was
// made with it stays as it is; it is not reversible. A copy of a key that is in the ring
// already is refused: two domains of one key could be joined.
func (r *Ring) Take(name string, at time.Time, others ...Wrapper) (e Entry, err error) {
	err = r.change(func() error {
		text, err := r.bytes(file(name))
		if err != nil {
			return err
		}
		clear, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil || len(clear) != 32 {
			return errors.New("it is no plain key of 64 hexadecimal digits")
		}
		f, err := begin(name, at, false, [32]byte(clear))
		if err == nil {
			err = r.alone(f)
		}
		if err == nil {
			err = r.seal(&f, [32]byte(clear), append([]Wrapper{r.kek}, others...))
		}
		e = f.entry(file(name))
		return err
	})
	return e, fault(name, err)
}

// alone returns an error where a key of the ring has the fingerprint of another that is
// not in it. That of the base key is longer, and begins as that of a domain does.
func (r *Ring) alone(f form) error {
	all, err := r.List()
	for _, e := range all {
		if strings.HasPrefix(e.Fingerprint, f.Fingerprint) || strings.HasPrefix(f.Fingerprint, e.Fingerprint) {
			err = errors.Join(err, fmt.Errorf("it is a copy of the key %s: a domain has a key of its own; next: remove it, and ohc-pipeline keys create", e.Name))
		}
	}
	return err
}

// Plain reports whether the file of a name holds a plain key, and no key of the
// ring.
func (r *Ring) Plain(name string) bool {
	text, err := r.bytes(file(name))
	return err == nil && !bytes.HasPrefix(text, []byte("{"))
}

func random() string {
	var id [8]byte
	rand.Read(id[:])
	return hex.EncodeToString(id[:])
}

// Rewrap wraps the key of a name anew, for exactly these, and with it those whose place
// it has taken, or which is to take its: who can use the one can find persons by the
// others, and nobody else. The secrets, and so every pseudonym, stay as they are. It
// returns for whom they are not wrapped any more. One that is wrapped for exactly these
// and not for who asks is left as it is: a Rewrap that was cut off has done it.
func (r *Ring) Rewrap(name string, all ...Wrapper) (gone []string, err error) {
	err = r.change(func() error {
		for _, at := range r.files(name) {
			f, secret, err := r.unwrap(at)
			if errors.Is(err, ErrDenied) && f.isFor(all) {
				continue
			}
			was := f.Wrapped
			if err == nil {
				err = f.wrap(secret, all)
			}
			if err == nil {
				err = r.write(f, at, secret)
			}
			if err != nil {
				return err
			}
			for _, w := range was {
				if !slices.ContainsFunc(all, func(a Wrapper) bool { return a.ID() == w.For }) && !slices.Contains(gone, w.For) {
					gone = append(gone, w.For)
				}
			}
		}
		return nil
	})
	return gone, fault(name, err)
}

// files are the names of the files of a name, that of the key in use last.
func (r *Ring) files(name string) (out []string) {
	paths, _ := filepath.Glob(filepath.Join(r.dir, name+".*"+extension)) // the form of a name has no pattern in it
	for _, path := range paths {
		out = append(out, filepath.Base(path))
	}
	return append(out, file(name))
}

// isFor reports whether a file says that it is wrapped for exactly these.
func (f form) isFor(all []Wrapper) bool {
	return len(f.Wrapped) == len(all) && !slices.ContainsFunc(all, func(w Wrapper) bool {
		return !slices.ContainsFunc(f.Wrapped, func(of wrapped) bool { return of.For == w.ID() })
	})
}

// Retire has a key no longer be used for anything new.
func (r *Ring) Retire(name string) (Entry, error) {
	return r.edit(name, func(f *form, secret [32]byte) error {
		if f.State == Retired {
			return errors.New("it is retired already")
		}
		f.State = Retired
		return r.write(*f, file(name), secret)
	})
}

// Destroy removes the retired key of an id for ever. What was made with it can no
// longer be told whose it is. Copies of the file elsewhere are not reached; while it has
// another name it is not destroyed.
func (r *Ring) Destroy(id string) (e Entry, err error) {
	err = r.change(func() error {
		all, err := r.List()
		i := slices.IndexFunc(all, func(e Entry) bool { return e.ID == id && e.State == Retired })
		if err != nil || i < 0 {
			return errors.Join(err, errors.New("no retired key has this id; next: ohc-pipeline keys list"))
		}
		e = all[i]
		if _, _, err := r.unwrap(e.File); err != nil {
			return fault(e.Name, err)
		}
		gone := []string{e.File}
		if e.File == file(e.Name) && r.Rekeying(e.Name) {
			gone = []string{next(e.Name), e.File} // nothing is left whose place it could take
		}
		for _, name := range gone {
			if err := durable.Alone(filepath.Join(r.dir, name)); err != nil {
				return err
			}
		}
		for _, name := range gone {
			if err := os.Remove(filepath.Join(r.dir, name)); err != nil {
				return err
			}
		}
		return durable.Sync(r.dir)
	})
	return e, err
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
	if err := f.wrap(secret, all); err != nil {
		return err
	}
	return r.write(*f, file(f.Name), secret)
}

func (f *form) wrap(secret [32]byte, all []Wrapper) error {
	f.Wrapped = nil
	for _, w := range all {
		text, err := w.Wrap(secret[:])
		if k, ours := w.(KEK); ours && err == nil {
			err = opens(k, text, secret)
		}
		if err != nil {
			return err
		}
		f.Wrapped = append(f.Wrapped, wrapped{w.ID(), text})
	}
	return nil
}

// opens returns an error unless a key-encryption key unwraps what it has wrapped: what
// it could not would be lost with the file that is replaced.
func opens(k KEK, text []byte, secret [32]byte) error {
	clear, err := k.Unwrap(text)
	if err != nil || !hmac.Equal(clear, secret[:]) {
		return fmt.Errorf("%s does not unwrap what it has wrapped: %w; next: name another key-encryption key", k.ID(), cmp.Or(err, ErrAltered))
	}
	return nil
}

// write replaces a file by one that is bound to the secret.
func (r *Ring) write(f form, name string, secret [32]byte) error {
	f.Tag = f.tag(secret)
	if !f.sound() {
		return errors.New("it would be wrapped for nobody, or for somebody twice")
	}
	return durable.Replace(filepath.Join(r.dir, name), f.text())
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
