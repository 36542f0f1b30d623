package keyring

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"secondaryuse/pipeline/durable"
)

const (
	version   = 1
	extension = ".key"
)

// form is a file of the ring.
type form struct {
	Version     int       `json:"keyring"`
	Name        string    `json:"name"`
	ID          string    `json:"id"`
	Kind        Kind      `json:"kind"`
	Created     string    `json:"created"`
	State       string    `json:"state"`
	Reversible  bool      `json:"reversible"`
	Fingerprint string    `json:"fingerprint"`
	Replaces    string    `json:"replaces,omitempty"`
	Wrapped     []wrapped `json:"wrapped"`
	Tag         []byte    `json:"tag,omitempty"`
}

type wrapped struct {
	For    string `json:"for"`
	Secret []byte `json:"secret"`
}

var (
	idForm    = regexp.MustCompile(`^[0-9a-f]{16}$`)
	printForm = regexp.MustCompile(`^([0-9a-f]{8}){1,2}$`)
	forForm   = regexp.MustCompile(`^[!-~]{1,300}$`)
)

// file is the name of the file of a key; next that of the one that is to take its
// place, and past that of one whose place was taken.
func file(name string) string     { return name + extension }
func next(name string) string     { return name + ".next" + extension }
func past(name, id string) string { return name + "." + id + extension }

// parse reads a file of the ring. It takes only the very bytes that the ring
// writes: no key twice, none unknown, nothing after it.
func parse(text []byte) (form, error) {
	var f form
	if err := json.Unmarshal(text, &f); err != nil {
		return form{}, ErrAltered
	}
	if !bytes.Equal(text, f.text()) || !f.sound() {
		return form{}, ErrAltered
	}
	return f, nil
}

// sound reports whether every field has its form.
func (f form) sound() bool {
	at, err := time.Parse(time.RFC3339, f.Created)
	seen := make(map[string]bool)
	for _, w := range f.Wrapped {
		if !forForm.MatchString(w.For) || len(w.Secret) == 0 || seen[w.For] {
			return false
		}
		seen[w.For] = true
	}
	return f.Version == version && f.Kind != "" && f.Kind == KindOf(f.Name) && idForm.MatchString(f.ID) &&
		err == nil && at.UTC().Format(time.RFC3339) == f.Created && (f.State == Active || f.State == Retired) &&
		printForm.MatchString(f.Fingerprint) && (f.Replaces == "" || printForm.MatchString(f.Replaces)) &&
		(!f.Reversible || f.Kind == Release || f.Kind == Project) && len(f.Wrapped) > 0 && len(f.Tag) == sha256.Size
}

// text is the file as it is written.
func (f form) text() []byte {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		panic("keyring: " + err.Error()) // unreachable: it has nothing that JSON has not
	}
	return append(text, '\n')
}

// tag binds all of a file to the secret in it.
func (f form) tag(secret [32]byte) []byte {
	f.Tag = nil
	return mac(secret, "keyring", f.text())
}

// mac is HMAC-SHA-256(secret, label 0x1F data). The labels of a domain's ids and
// fingerprint are others, so neither stands for the other.
func mac(secret [32]byte, label string, data []byte) []byte {
	h := hmac.New(sha256.New, secret[:])
	h.Write([]byte(label + "\x1f"))
	h.Write(data)
	return h.Sum(nil)
}

// fingerprint is that which domain.Key and, of the base key, deid.Key has.
func fingerprint(kind Kind, secret [32]byte) string {
	n := 4
	if kind == Base {
		n = 8
	}
	return hex.EncodeToString(mac(secret, "fingerprint", nil)[:n])
}

func (f form) entry(file string) Entry {
	e := Entry{f.Name, f.ID, f.Kind, f.Created, f.State, f.Reversible, f.Fingerprint, f.Replaces, nil, file}
	if file == next(f.Name) {
		e.State = waiting
	}
	for _, w := range f.Wrapped {
		e.For = append(e.For, w.For)
	}
	return e
}

// read reads the file of that name, which must hold the key of that name.
func (r *Ring) read(name string) (form, error) {
	text, err := r.bytes(name)
	if err != nil {
		return form{}, err
	}
	f, err := parse(text)
	if err == nil && !f.at(name) {
		return form{}, ErrAltered
	}
	return f, err
}

// at reports whether a file of that name is where the key belongs.
func (f form) at(name string) bool {
	return name == file(f.Name) || name == past(f.Name, f.ID) && f.State == Retired || name == next(f.Name) && f.Replaces != ""
}

// holds reports whether a file is one of the ring, and no plain key nor one of
// another make.
func (r *Ring) holds(name string) bool {
	text, err := r.bytes(name)
	return err != nil || bytes.HasPrefix(text, []byte("{"))
}

// bytes reads a file that only its owner can read.
func (r *Ring) bytes(name string) ([]byte, error) {
	if base, _, _ := strings.Cut(name, "."); KindOf(base) == "" {
		return nil, ErrNone
	}
	text, err := durable.Own(filepath.Join(r.dir, name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrNone
	case errors.Is(err, durable.ErrLong):
		return nil, ErrAltered
	}
	return text, err
}
