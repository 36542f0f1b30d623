// Package sign signs statements with Ed25519 (RFC 8032): what an installation has
// published, and what a person has approved.
//
// A statement is signed under a label that says what it is, so that a signature of
// one kind never stands for another: what is signed is the bytes
//
//	"ohc-statement" 0x1F LABEL 0x1F STATEMENT
//
// and openssl verifies them without this code. A private key lies in a file that
// nobody else may read, and no verb of fmt prints it. Who can read that file can
// sign in its owner's name; a signature says which key was used, never who used it,
// nor when.
package sign

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Private is a key that signs. The zero Private has none and panics when used.
type Private struct{ held func() ed25519.PrivateKey }

// Public is a key that a signature is verified with. It can be compared. The zero
// Public verifies nothing.
type Public struct{ key [ed25519.PublicKeySize]byte }

// Signature is one signature of one statement, as it stands in a file.
type Signature struct {
	Label string `json:"label"`
	Key   Public `json:"key"`
	Bytes []byte `json:"signature"`
}

// ErrForged is wrapped by what Verify finds.
var ErrForged = errors.New("the signature does not hold")

// Sign signs a statement under a label, which is of lower-case letters, digits and
// hyphens.
func Sign(k Private, label string, statement []byte) Signature {
	if !plain(label) {
		panic("sign: a label that is no word")
	}
	return Signature{label, k.Public(), ed25519.Sign(k.held(), message(label, statement))}
}

// Verify returns an error that wraps ErrForged unless the signature is one of this
// statement, under this label, by this key.
func Verify(k Public, label string, statement []byte, s Signature) error {
	switch {
	case s.Label != label || !plain(label):
		return fmt.Errorf("%w: it is of another kind of statement, not of %s", ErrForged, label)
	case k == Public{} || s.Key != k:
		return fmt.Errorf("%w: it is by another key than %s", ErrForged, k)
	case len(s.Bytes) != ed25519.SignatureSize || !ed25519.Verify(k.key[:], message(label, statement), s.Bytes):
		return fmt.Errorf("%w: what was signed has other bytes", ErrForged)
	}
	return nil
}

func message(label string, statement []byte) []byte {
	return append([]byte("ohc-statement\x1f"+label+"\x1f"), statement...)
}

func plain(label string) bool {
	return label != "" && len(label) <= 64 && strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

const (
	public  = "ed25519:"
	private = "ed25519-private:"
)

// String writes the key as one line of text.
func (p Public) String() string { return public + hex.EncodeToString(p.key[:]) }

// ParsePublic reads what String writes, and nothing else.
func ParsePublic(line string) (Public, error) {
	var p Public
	digits, ours := strings.CutPrefix(line, public)
	b, err := hex.DecodeString(digits)
	if !ours || err != nil || len(b) != len(p.key) {
		return Public{}, errors.New("not a public key such as ed25519: and 64 hexadecimal digits")
	}
	if p = (Public{[ed25519.PublicKeySize]byte(b)}); p.String() != line || p == (Public{}) {
		return Public{}, errors.New("not a public key as it is printed")
	}
	return p, nil
}

// MarshalText is for JSON.
func (p Public) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is for JSON.
func (p *Public) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePublic(string(text))
	return err
}
