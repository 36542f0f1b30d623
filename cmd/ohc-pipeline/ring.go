package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"secondaryuse/deid"
	"secondaryuse/marts/domain"
	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/domain/keyring/kek"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/durable"
)

// safe is where the keys of an installation are: in a keyring, or, where nothing
// is configured that they could be wrapped for, in plain files.
type safe struct {
	c    config.Config
	ring *keyring.Ring // nil where keys are plain files
}

// openKeys opens the keyring. Its folder is made where create is set; while it is
// not there, neither is any key.
func openKeys(c config.Config, create bool) (safe, error) {
	h := safe{c: c}
	if !c.KeyEncryption.Some() {
		return h, nil
	}
	own, err := openKEK(c.KeyEncryption)
	if errors.Is(err, fs.ErrNotExist) { // not to be taken for keys that were never made
		err = fmt.Errorf("%v; next: put it back, or name in the configuration where it is; no key is made without it", err)
	}
	if err != nil {
		return h, coded{exitConfig, err}
	}
	if create {
		if err := durable.Folder(c.Keys, 0o700); err != nil {
			return h, err
		}
	}
	h.ring, err = keyring.Open(c.Keys, own)
	return h, err
}

// openKEK opens what keys are wrapped for.
func openKEK(c config.KeyEncryption) (keyring.KEK, error) {
	return kek.Open(kek.Config{Identity: c.Identity, PKCS11: (*kek.PKCS11)(c.PKCS11)})
}

// plain reports whether a key lies in a plain file.
func (h safe) plain(name string) bool { return h.ring == nil || h.ring.Plain(name) }

// make makes a key where there is none, and leaves one that is there as it is.
func (h safe) make(name string, now time.Time) error {
	path := filepath.Join(h.c.Keys, name+".key")
	if h.ring == nil {
		return durable.Secret(path)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_, err := h.ring.Create(name, now, false)
	if errors.Is(err, fs.ErrExist) {
		return nil // another process was first
	}
	return err
}

// base opens the base key, and says which it is.
func (h safe) base() (deid.Key, string, error) {
	if h.plain(string(keyring.Base)) {
		k, err := deid.OpenKey(h.c.Keys, false)
		if err != nil {
			return k, "", h.hint(string(keyring.Base), err)
		}
		return k, "fingerprint " + k.Fingerprint(), nil
	}
	secret, err := h.ring.Base()
	if err != nil {
		return deid.Key{}, "", denied(err)
	}
	e, err := h.ring.Entry(string(keyring.Base))
	return deid.NewKey(secret), "fingerprint " + e.Fingerprint + ", id " + e.ID, err
}

// domain opens the key of a domain, and tells of it. Of a plain one there is only
// the fingerprint to tell.
func (h safe) domain(name string) (domain.Key, keyring.Entry, error) {
	if h.plain(name) {
		k, err := domain.Open(filepath.Join(h.c.Keys, name+".key"))
		if err != nil {
			return k, keyring.Entry{}, h.hint(name, err)
		}
		return k, keyring.Entry{Name: name, Fingerprint: k.Fingerprint()}, nil
	}
	k, err := h.ring.Domain(name)
	if err != nil {
		return k, keyring.Entry{}, denied(err)
	}
	e, err := h.ring.Entry(name)
	return k, e, err
}

// domains opens the keys of all domains, those that are retired too. Other secrets
// may lie beside them.
func (h safe) domains() (out []domain.Key, err error) {
	if h.ring != nil {
		if out, err = h.ring.Past(); err != nil {
			return nil, err
		}
	}
	paths, err := filepath.Glob(filepath.Join(h.c.Keys, "*.key"))
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".key")
		info, gone := os.Stat(path)
		if name == string(keyring.Base) || gone != nil || info.Size() > 66 || !h.plain(name) {
			continue // no 64 digits: a certificate's, say. A snapshot made with it would be told
		}
		k, err := domain.Open(path)
		if err != nil {
			return nil, h.hint(name, err)
		}
		out = append(out, k)
	}
	return out, err
}

// hint says what to do where a plain key was looked for, and a wrapped one is there.
func (h safe) hint(name string, err error) error {
	text, unread := os.ReadFile(filepath.Join(h.c.Keys, name+".key"))
	if unread == nil && strings.HasPrefix(string(text), "{") {
		return coded{exitConfig, fmt.Errorf("key %s: it is wrapped; next: say in the configuration for whom (key_encryption)", name)}
	}
	return err
}

// denied says what to do where a key is wrapped for others.
func denied(err error) error {
	if errors.Is(err, keyring.ErrDenied) {
		return fmt.Errorf("%w; next: ohc-pipeline keys list says who may; name theirs in the configuration (key_encryption)", err)
	}
	return err
}

// unwrapped is the line of the manifest that names the keys which are not wrapped;
// empty where all are.
func (h safe) unwrapped() string {
	var names []string
	for _, name := range []string{string(keyring.Base), h.c.Purpose} {
		if h.plain(name) && (h.ring != nil || !h.c.KeyEncryption.Some()) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "keys: NOT WRAPPED: " + strings.Join(names, ", ") + ": plain files"
}
