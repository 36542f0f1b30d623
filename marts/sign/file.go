package sign

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"secondaryuse/pipeline/durable"
)

// Make writes a new private key to the file at path, unless there is one: the file
// holds a whole key or does not exist, and is never replaced. It is durable when
// Make returns.
func Make(path string) error {
	var seed [ed25519.SeedSize]byte
	rand.Read(seed[:]) // which never fails
	if err := durable.Once(path, []byte(private+hex.EncodeToString(seed[:])+"\n")); err != nil {
		return fmt.Errorf("signing key: %w", err)
	}
	return nil
}

// Open reads the private key at path. It refuses a file that others may read or
// write.
func Open(path string) (Private, error) {
	text, err := durable.Private(path)
	if err != nil {
		return Private{}, fmt.Errorf("signing key: %w", err)
	}
	k, err := parsePrivate(string(text))
	if err != nil {
		return Private{}, fmt.Errorf("signing key: %s: %w", path, err)
	}
	return k, nil
}

func parsePrivate(text string) (Private, error) {
	digits, ours := strings.CutPrefix(strings.TrimSuffix(text, "\n"), private)
	seed, err := hex.DecodeString(digits)
	if !ours || err != nil || len(seed) != ed25519.SeedSize {
		return Private{}, errors.New("not a private key as ohc-marts people key makes it")
	}
	return Private{func() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(seed) }}, nil
}

// Public is the key that verifies what this one signs.
func (k Private) Public() Public {
	return Public{[ed25519.PublicKeySize]byte(k.held().Public().(ed25519.PublicKey))}
}
