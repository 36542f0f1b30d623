// Package linkage is the file by which one extract gets the pseudonyms that its
// persons have in an older study: by ids of the snapshot's domain, as
// OpenPseudonymiser made them.
//
// The operator's side writes it, for one project as it was approved and for one
// snapshot, signed with the installation's key and encrypted under a key that is
// derived from the project's own. So what lies on the disk tells who cannot use that
// project's key no more than of how many persons it is; and nobody here sees an NHS
// number, or the salt of the study.
package linkage

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"secondaryuse/marts/domain"
)

// Column is what the column is called in an extract.
const Column = "openpseudonymiser"

// Warning is what whoever makes, approves or receives such pseudonyms must know.
const Warning = `WARNING: whoever learns the salt of a study can turn every pseudonym that was ever made
with it back into an NHS number, in minutes: there are but 10^9 of them, and the salt
is the same for everybody. It cannot be changed for what was given out. Keep the salt
as you keep a key, use this for linking to that study alone, and take the pseudonyms
out once the study is linked.`

// Line is Warning in one line.
func Line() string { return strings.Join(strings.Fields(Warning), " ") }

// Header says what a file is for.
type Header struct {
	Project  string    `json:"project"`
	Digest   string    `json:"digest"` // of what the project says
	Snapshot string    `json:"snapshot"`
	Domain   string    `json:"domain"` // fingerprint of the snapshot's
	Purpose  string    `json:"purpose"`
	Key      string    `json:"key"` // fingerprint of the project's, under which it is encrypted
	Approval string    `json:"approval"`
	At       time.Time `json:"at"`
	Persons  int64     `json:"persons"`
	SHA256   string    `json:"sha256"` // of what is encrypted, as it lies there
}

// Pseudonym is what a person is known by in the older study.
type Pseudonym [32]byte

// String writes it as OpenPseudonymiser does, in capitals.
func (p Pseudonym) String() string { return strings.ToUpper(hex.EncodeToString(p[:])) }

// Link is one person, by their id in the snapshot's domain, and their pseudonym.
type Link struct {
	Person    int64
	Pseudonym Pseudonym
}

// ErrRefused is wrapped by every reason why a file cannot be used.
var ErrRefused = errors.New("the link file is refused")

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %s; next: ohc-pipeline link", ErrRefused, fmt.Sprintf(format, args...))
}

// ahead is how far clocks of two machines may be apart.
const ahead = time.Minute

// Fits returns an error, which wraps ErrRefused, unless the file was made for what
// want says, of the fields up to Approval, and is no older than that.
func (h Header) Fits(want Header, now time.Time, maxAge time.Duration) error {
	switch age := now.Sub(h.At); {
	case h.Project != want.Project:
		return refused("it is of another project")
	case h.Digest != want.Digest:
		return refused("the project says something else than when it was made")
	case h.Snapshot != want.Snapshot:
		return refused("it is of the snapshot %s, and this is %s", h.Snapshot, want.Snapshot)
	case h.Domain != want.Domain || h.Purpose != want.Purpose:
		return refused("it is of another domain or purpose than this snapshot")
	case h.Key != want.Key:
		return refused("the project has another key than when it was made")
	case h.Approval != want.Approval:
		return refused("it was made under another approval than the project names")
	case maxAge <= 0:
		return refused("no age is allowed for it")
	case age < -ahead:
		return refused("it is from the future: the clocks of two machines are %s apart", -age.Round(time.Second))
	case age > maxAge:
		return refused("it is %s old, and %s is allowed", age.Round(time.Second), maxAge)
	}
	return nil
}

// sealer encrypts what is in a file: AES-256-GCM with a random nonce, under a key for
// this alone that is derived from the project's.
func sealer(project domain.Key) cipher.AEAD {
	own := project.MAC("linkage", []byte("file"))
	block, err := aes.NewCipher(own[:])
	if err != nil {
		panic("linkage: " + err.Error()) // unreachable: the key has 32 bytes
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("linkage: " + err.Error()) // unreachable: an AES block has 16 bytes
	}
	return gcm
}
