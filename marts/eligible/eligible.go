// Package eligible is the list of who may be used now, as it goes from the
// operator's side to the way out.
//
// Only the operator's side can ask the gates about a person: the way out knows
// nobody's number. So the operator has ohc-pipeline write which persons of the
// current snapshot may be used at this moment, and whatever is issued of that
// snapshot takes these persons and nobody else. It is an ALLOW list: who is not
// on it is out, and where it is missing, old, of another snapshot or another
// domain, damaged or unsigned, everybody is.
//
//	ohc-eligible 1                  the form
//	{"snapshot":...,"sha256":...}   the header, one line; see Header
//	base64                          the header's signature; see package sign
//	8 bytes a person                their ids in the snapshot's domain, ascending
//
// The header holds the digest of the ids, so that the signature covers them.
// An id is worth as much as a row of the snapshot that has it: the file is kept
// where the snapshot is.
package eligible

import (
	"errors"
	"fmt"
	"time"
)

// Header says of what, when and by what the list was made.
type Header struct {
	Snapshot string    `json:"snapshot"` // id of the snapshot whose persons these are
	Domain   string    `json:"domain"`   // fingerprint of the key that its ids were made with
	Purpose  string    `json:"purpose"`
	At       time.Time `json:"at"`    // when the gates were opened
	Lists    []string  `json:"lists"` // which gate stood on which list, with its age and digest, a line each
	Persons  int64     `json:"persons"`
	SHA256   string    `json:"sha256"` // of the ids, as the file has them
}

// Most is how many persons a list may have: more than ever had an NHS number.
// It bounds the memory of a reader, at 8 bytes each, by the size of the file.
const Most = 1 << 30

// ErrRefused is wrapped by every reason why a list cannot be used.
var ErrRefused = errors.New("the list of who may be used is refused")

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %s; next: ohc-pipeline eligible", ErrRefused, fmt.Sprintf(format, args...))
}

// ahead is how far clocks of two machines may be apart.
const ahead = time.Minute

// Fits returns an error, which wraps ErrRefused, unless the list is of that
// snapshot, domain and purpose, and no older than that.
func (h Header) Fits(snapshot, domain, purpose string, now time.Time, maxAge time.Duration) error {
	switch age := now.Sub(h.At); {
	case h.Snapshot != snapshot:
		return refused("it is of the snapshot %s, and this is %s", h.Snapshot, snapshot)
	case h.Domain != domain:
		return refused("it is of the domain %s, and this is %s", h.Domain, domain)
	case h.Purpose != purpose:
		return refused("it is for %s, and this is for %s", h.Purpose, purpose)
	case maxAge <= 0:
		return refused("no age is allowed for it")
	case age < -ahead:
		return refused("it is from the future: the clocks of two machines are %s apart", -age.Round(time.Second))
	case age > maxAge:
		return refused("it is %s old, and %s is allowed", age.Round(time.Second), maxAge)
	}
	return nil
}
