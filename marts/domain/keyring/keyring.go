// Package keyring keeps the keys of the domains: one file for each in a folder
// that nobody else may read, and in the file the secret, wrapped for whoever may
// use it.
//
// # What a file promises
//
// A key is made once, of 32 random bytes. Its name, id, kind, date, whether what
// was made with it may be reversed, and for whom it is wrapped, are bound to the
// secret by HMAC-SHA-256 under the secret itself, with a label of its own. So a
// file that was renamed, edited, or put together of two is refused by whoever can
// unwrap it, and the secret is in it only wrapped.
//
// Files are replaced whole: after a crash there is the old or the new one. Several
// processes may use and change a ring at once; each change waits for the others.
//
// # The limits
//
// To wrap for an age recipient takes no secret. Who can write the folder can
// therefore put a key of their own making in place of one, wrapped for the right
// people. What was made with the true key shows that: its fingerprint is in every
// manifest, and in the audit log from when it was made. An older file of a key,
// put back, is not found: an identity that the key was wrapped for then can use
// it, and a retired key is active again.
//
// # Another means to wrap
//
// KEK is all that a means to wrap is. An adapter to Vault's or OpenBao's transit
// engine calls POST transit/encrypt/NAME and transit/decrypt/NAME with the secret
// in base64 as plaintext and an associated_data of its own, returns the text
// vault:v1:... as wrapped, and has transit:NAME as its ID. It reads its token where
// package kek reads a PIN, and never from an argument or the environment. ErrAltered is
// its answer where the engine refuses a text (400); that the engine cannot be reached, or
// refuses the token, is another error, so that nobody puts back a copy of a file that is
// whole. keyringtest.Suite is what it must pass; kek.Open chooses it, and the table of
// imports (pipeline/import_test.go) has to let it use net/http.
package keyring

import (
	"crypto/hmac"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"secondaryuse/marts/domain"
)

// Wrapper wraps a secret for somebody. ID names for whom; it is no secret.
type Wrapper interface {
	Wrap(secret []byte) (wrapped []byte, err error)
	ID() string
}

// KEK is a key-encryption key: it unwraps what was wrapped for its ID, and
// nothing else. Wrapping twice gives two different results. It may be used from
// several goroutines. Errors show neither secret.
type KEK interface {
	Wrapper
	Unwrap(wrapped []byte) (secret []byte, err error)
}

// Kind is what a key is for.
type Kind string

// The kinds, each with the names that it alone can have.
const (
	Base     Kind = "base"     // base: of the stage
	Register Kind = "register" // register: digests of persons in the egress register
	Project  Kind = "project"  // project-NAME: an extract's
	Release  Kind = "release"  // any other word: marts of a purpose
)

// The states. A retired key can still be listed and searched with.
const (
	Active  = "active"
	Retired = "retired"
	waiting = "pending" // Rekey was cut off before it was in use
)

var (
	// ErrNone says that there is no key of this name.
	ErrNone = fmt.Errorf("no such key: %w", fs.ErrNotExist)
	// ErrDenied says that the key is not wrapped for who asks.
	ErrDenied = errors.New("this identity may not use it")
	// ErrAltered says that a file is not as the ring has written it.
	ErrAltered = errors.New("it is not as it was written: altered, or put together of others; next: put the file back from a copy")
)

// Entry is what may be known of a key.
type Entry struct {
	Name        string
	ID          string // random
	Kind        Kind
	Created     string // UTC, RFC 3339
	State       string
	Reversible  bool
	Fingerprint string
	Replaces    string   // fingerprint of the key that was compromised, where this was made in its place
	For         []string // IDs of those who may use it
	File        string   // its name
}

// Ring is a folder of keys, and who uses it.
type Ring struct {
	dir string
	kek KEK
}

// Open opens the ring in a folder. A folder that others may enter is refused.
func Open(dir string, kek KEK) (*Ring, error) {
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return nil, fmt.Errorf("keyring: %w; next: ohc-pipeline keys create", err)
	case !info.IsDir() || info.Mode().Perm()&0o077 != 0 || info.Sys().(*syscall.Stat_t).Uid != uint32(os.Geteuid()):
		return nil, fmt.Errorf("keyring: %s must be a folder of the user that runs this, which nobody else can enter: chmod 700 it", dir)
	}
	return &Ring{dir, kek}, nil
}

// Domain returns the key of a release, of a project or of the register; never
// the base key, nor one that is retired.
func (r *Ring) Domain(name string) (domain.Key, error) {
	if KindOf(name) == Base {
		return domain.Key{}, fault(name, errors.New("the base key is not for use here"))
	}
	secret, err := r.active(name)
	if err != nil {
		return domain.Key{}, fault(name, err)
	}
	return domain.New(secret[:])
}

// Base returns the base key. Only cmd/ohc-pipeline calls it.
func (r *Ring) Base() ([32]byte, error) {
	secret, err := r.active(string(Base))
	return secret, fault(string(Base), err)
}

// Entry tells of the key of a name, which must be whole and wrapped for who asks.
func (r *Ring) Entry(name string) (Entry, error) {
	f, _, err := r.unwrap(file(name))
	return f.entry(file(name)), fault(name, err)
}

// List tells of every key in the ring, by name. Those that are not wrapped for
// who asks are told as their files say, which only those who may use them prove.
func (r *Ring) List() ([]Entry, error) {
	paths, err := filepath.Glob(filepath.Join(r.dir, "*"+extension))
	var out []Entry
	for _, path := range paths {
		name, _, _ := strings.Cut(filepath.Base(path), ".")
		if !r.holds(filepath.Base(path)) {
			continue // a key of another make: a certificate's, or a plain one
		}
		f, _, err := r.unwrap(filepath.Base(path))
		if err != nil && !errors.Is(err, ErrDenied) {
			return nil, fault(name, err)
		}
		out = append(out, f.entry(filepath.Base(path)))
	}
	return out, err
}

// Past returns the keys of all domains but the base, retired and pending ones
// too, for who must find persons in what was made with any of them.
func (r *Ring) Past() (out []domain.Key, err error) {
	all, err := r.List()
	for _, e := range all {
		if e.Kind == Base || err != nil {
			continue
		}
		var secret [32]byte
		if _, secret, err = r.unwrap(e.File); err != nil {
			return nil, fault(e.Name, err)
		}
		key, _ := domain.New(secret[:]) // which has its length
		out = append(out, key)
	}
	return out, err
}

// active is the secret of a key that may be used.
func (r *Ring) active(name string) (secret [32]byte, err error) {
	f, secret, err := r.unwrap(file(name))
	if err == nil && f.State != Active {
		return [32]byte{}, errors.New("it is retired")
	}
	return secret, err
}

// unwrap reads a file of the ring, and holds it to the secret in it.
func (r *Ring) unwrap(name string) (f form, secret [32]byte, err error) {
	if f, err = r.read(name); err != nil {
		return f, secret, err
	}
	i := slices.IndexFunc(f.Wrapped, func(w wrapped) bool { return w.For == r.kek.ID() })
	if i < 0 {
		return f, secret, ErrDenied
	}
	clear, err := r.kek.Unwrap(f.Wrapped[i].Secret)
	if err != nil {
		return f, secret, err
	}
	if copy(secret[:], clear) != len(secret) || len(clear) != len(secret) || !hmac.Equal(f.tag(secret), f.Tag) {
		return f, [32]byte{}, ErrAltered
	}
	return f, secret, nil
}

// KindOf is the kind of the keys of a name; empty where no key can have it.
func KindOf(name string) Kind {
	switch {
	case !keyName.MatchString(name):
		return ""
	case name == string(Base), name == string(Register):
		return Kind(name)
	case strings.HasPrefix(name, "project-"):
		return Project
	}
	return Release
}

// keyName is how keys are called: as purposes and projects are.
var keyName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,60}$`)

func fault(name string, err error) error {
	if err == nil {
		return nil
	}
	if kind := KindOf(name); kind == "" || kind == Release && errors.Is(err, ErrNone) { // it may have been typed
		name = "of that name"
	}
	return fmt.Errorf("key %s: %w", name, err)
}
