package kek

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"secondaryuse/marts/domain/keyring"
	"secondaryuse/pipeline/durable"
)

// recipient wraps for somebody else, by their public key.
type recipient struct{ *age.X25519Recipient }

// Recipient is who has the age identity of a public key, age1....
func Recipient(key string) (keyring.Wrapper, error) {
	r, err := age.ParseX25519Recipient(key)
	if err != nil {
		return nil, errors.New("not the public key of an age identity, age1...; next: age-keygen -y FILE prints it")
	}
	return recipient{r}, nil
}

func (r recipient) ID() string { return r.String() }

// Wrap makes a file in age's format of the secret.
func (r recipient) Wrap(secret []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, r.X25519Recipient)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(secret); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Make writes a new age identity, as age-keygen writes it, to the file at path,
// unless there is one.
func Make(path string) error {
	own, err := age.GenerateX25519Identity()
	if err == nil {
		err = durable.Once(path, []byte("# public key: "+own.Recipient().String()+"\n"+own.String()+"\n"))
	}
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	return nil
}

// identity is an age identity as key-encryption key.
type identity struct {
	recipient
	own *age.X25519Identity
}

// openIdentity reads a file with one X25519 identity.
func openIdentity(ref string) (keyring.KEK, error) {
	text, err := durable.Given(ref)
	if err != nil {
		return nil, fmt.Errorf("key_encryption.identity: %w", err)
	}
	all, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil || len(all) != 1 {
		return nil, fmt.Errorf("key_encryption.identity: %s does not hold one age identity; next: age-keygen -o FILE makes one", ref)
	}
	own, ok := all[0].(*age.X25519Identity)
	if !ok {
		return nil, fmt.Errorf("key_encryption.identity: %s holds no X25519 identity; next: age-keygen -o FILE makes one", ref)
	}
	return identity{recipient{own.Recipient()}, own}, nil
}

func (i identity) Unwrap(wrapped []byte) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(wrapped), i.own)
	if err != nil {
		return nil, keyring.ErrAltered // it says that it is wrapped for this identity
	}
	secret, err := io.ReadAll(io.LimitReader(r, 1<<10))
	if err != nil {
		return nil, keyring.ErrAltered
	}
	return secret, nil
}
