// Package kek opens the key-encryption key that a configuration names: an age
// identity file, or a key in a PKCS#11 token.
package kek

import (
	"errors"

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
