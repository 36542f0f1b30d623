package desk

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"secondaryuse/marts/sign"
)

// Request is what an author asks to have released, and what reviewers sign: all of
// it goes into its digest, so that nothing of it can be another thing afterwards.
type Request struct {
	ID       string      `json:"id"` // random: it tells nothing, and cannot be guessed
	Name     string      `json:"name"`
	Purpose  string      `json:"purpose"`
	Context  string      `json:"context"` // what the table is for, in the author's words
	Author   string      `json:"author"`
	Key      sign.Public `json:"author_key"`
	At       string      `json:"at"`
	Snapshot string      `json:"snapshot"`
	Domain   string      `json:"domain"` // fingerprint of the key of the snapshot's person ids
	Profile  string      `json:"profile"`
	Rules    string      `json:"profile_sha256"`
	Parquet  bool        `json:"parquet"` // beside the CSV
	Instead  string      `json:"instead,omitempty"`
	Program  string      `json:"program"`
	Files    []heldFile  `json:"files"`                   // of its folder, by name
	People   string      `json:"people_sha256,omitempty"` // of whom its figures count; empty where an earlier program asked
}

// heldFile is one file of a request, with what it must hold.
type heldFile struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// newID is 130 random bits.
func newID() string { return strings.ToLower(rand.Text()) }

var (
	idShape  = regexp.MustCompile(`^[a-z2-7]{26}$`)
	hexShape = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// statement is what is hashed and signed: the request as JSON, in the order of the
// fields above.
func (r Request) statement() []byte { return canonical(r) }

// Digest names the exact request.
func (r Request) Digest() string { return sum(r.statement()) }

// sha256 returns the digest that a file of the request must have.
func (r Request) sha256(name string) string {
	i := slices.IndexFunc(r.Files, func(f heldFile) bool { return f.Name == name })
	if i < 0 {
		return ""
	}
	return r.Files[i].SHA256
}

// parseRequest reads what statement writes, and nothing else.
func parseRequest(text []byte) (Request, error) {
	var r Request
	if err := strictly(text, &r); err != nil {
		return Request{}, err
	}
	_, err := time.Parse(time.RFC3339, r.At)
	switch {
	case err != nil, !idShape.MatchString(r.ID), r.Name == "", r.Author == "", r.Snapshot == "", r.Profile == "", !hexShape.MatchString(r.Rules), r.Key == sign.Public{}:
		return Request{}, errors.New("a request with a field that is missing or wrong")
	case r.Instead != "" && !idShape.MatchString(r.Instead):
		return Request{}, errors.New("a request in place of what is none")
	}
	for i, f := range r.Files {
		if !plainFile(f.Name) || !hexShape.MatchString(f.SHA256) || i > 0 && f.Name <= r.Files[i-1].Name {
			return Request{}, errors.New("a request whose files are out of order, or no names")
		}
	}
	return r, nil
}

var fileShape = regexp.MustCompile(`^[a-z][a-z0-9_]*\.[a-z]+$`)

func plainFile(name string) bool { return fileShape.MatchString(name) }

// strictly reads JSON that this package has written: the bytes must be those that
// it would write again, so that nothing can stand in a file beside what is signed.
func strictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return errors.New("not the JSON that the desk writes")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON")
	}
	if !bytes.Equal(canonical(into), text) {
		return errors.New("not as the desk writes it")
	}
	return nil
}

// canonical writes a value in the one way in which it is written.
func canonical(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("desk: %T cannot be written", v)) // of which there is none
	}
	return append(text, '\n')
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
