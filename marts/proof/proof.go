// Package proof lets an auditor who has no data check what an installation has
// published or issued: a folder with a statement that says of every file how long it
// is and what its hash is, and beside it the installation's signature.
//
//	snapshot   manifest.json, manifest.sig   package snapshot
//	extract    manifest.json, manifest.sig   package extract
//	release    record.json, record.sig       package desk
//
// The statement, the signature and the public key are enough to tell that the
// statement is the installation's and that nobody has changed a byte of it. With the
// files it is told as well that they are those that were signed, all of them and no
// other. What no proof can tell is that the statement was true when it was signed.
package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"secondaryuse/marts/sign"
)

// ErrFound is wrapped by whatever is not as it was signed.
var ErrFound = errors.New("not as it was signed")

// Kind is a kind of statement: what it is signed as, and how its file is called.
type Kind struct{ Label, File string }

// Kinds are all there are.
var Kinds = []Kind{{"snapshot", "manifest.json"}, {"extract", "manifest.json"}, {"desk-record", "record.json"}}

// Statement is one that the installation has signed.
type Statement struct {
	Kind
	SHA256   string // of its bytes
	Register string // the head of the register when it was made; empty where it does not say
	Files    []File
}

// File is what a statement says of a file.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Read returns the statement of a folder where it was signed with the key.
func Read(folder string, key sign.Public) (Statement, error) {
	k, err := kindOf(folder)
	if err != nil {
		return Statement{}, err
	}
	text, err := sign.Signed(key, k.Label, filepath.Join(folder, k.File))
	if err != nil {
		return Statement{}, fmt.Errorf("%w: %w", ErrFound, err)
	}
	sum := sha256.Sum256(text)
	s := Statement{Kind: k, SHA256: hex.EncodeToString(sum[:])}
	var said struct {
		Register string `json:"register"`
		Files    []File `json:"files"`
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return s, fmt.Errorf("%w: %s is no statement", ErrFound, filepath.Join(folder, k.File))
	}
	s.Register, s.Files = said.Register, said.Files
	return s, nil
}

// kindOf says of which kind the statement in a folder claims to be.
func kindOf(folder string) (Kind, error) {
	for _, k := range Kinds {
		path := filepath.Join(folder, k.File)
		if _, err := os.Stat(path); err != nil {
			continue
		}
		s, err := sign.ReadSignature(path)
		if err != nil {
			return k, fmt.Errorf("%w: %s: %w", ErrFound, path, err)
		}
		if i := slices.IndexFunc(Kinds, func(o Kind) bool { return o.Label == s.Label && o.File == k.File }); i >= 0 {
			return Kinds[i], nil
		}
		return k, fmt.Errorf("%w: %s is signed as something else", ErrFound, path)
	}
	return Kind{}, fmt.Errorf("%s has no statement; next: name the folder of a snapshot, an extract or a release", folder)
}

// Held returns what is wrong with the files in a folder: those that are missing, or
// have other bytes, and those that the statement does not name.
func (s Statement) Held(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if n := e.Name(); n != s.File && n != sign.Beside(s.File) && !slices.ContainsFunc(s.Files, func(f File) bool { return f.Name == n }) {
			errs = append(errs, fmt.Errorf("%w: %s is not named in %s", ErrFound, n, s.File))
		}
	}
	for _, f := range s.Files {
		if why := f.wrong(folder); why != "" {
			errs = append(errs, fmt.Errorf("%w: %s %s", ErrFound, f.Name, why))
		}
	}
	return errors.Join(errs...)
}

func (f File) wrong(folder string) string {
	if !filepath.IsLocal(f.Name) || filepath.Base(f.Name) != f.Name {
		return "is no name of a file"
	}
	r, err := os.Open(filepath.Join(folder, f.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return "is missing"
	}
	if err != nil {
		return err.Error()
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(h, r)
	switch {
	case err != nil:
		return err.Error()
	case n != f.Bytes || hex.EncodeToString(h.Sum(nil)) != f.SHA256:
		return "has other bytes"
	}
	return ""
}
