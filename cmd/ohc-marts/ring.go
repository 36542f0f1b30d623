package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/domain/keyring/kek"
	"secondaryuse/marts/egress"
)

// openKey opens the key of a domain, or of the register: out of the keyring, or
// where nothing is configured that keys could be wrapped for, out of its plain file.
func openKey(c egress.Config, name string) (domain.Key, error) {
	k, err := openDomain(c, name)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w; next: ohc-pipeline keys create %s", err, name)
	}
	if err != nil {
		return k, coded{exitConfig, err}
	}
	return k, nil
}

func openDomain(c egress.Config, name string) (domain.Key, error) {
	e := c.KeyEncryption
	if e.Identity == "" && e.PKCS11 == nil {
		return domain.Open(filepath.Join(c.Keys, name+".key"))
	}
	own, err := kek.Open(e)
	if err != nil {
		return domain.Key{}, err
	}
	ring, err := keyring.Open(c.Keys, own)
	if err != nil {
		return domain.Key{}, err
	}
	return ring.Domain(name)
}
