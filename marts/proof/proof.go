// Package proof lets an auditor who has no data check what an installation has
// published or issued: a folder with a statement that says of every file how long it
// is and what its hash is, and beside it the installation's signature.
//
//	snapshot   manifest.json, manifest.sig   package snapshot
//	extract    manifest.json, manifest.sig   package extract; beside the archives, and in each
//	release    record.json, record.sig       package desk
//
// The statement, the signature and the public key are enough to tell that the
// statement is the installation's and that nobody has changed a byte of it. With the
// files it is told as well that they are those that were signed, all of them and no
// other. What no proof can tell is that the statement was true when it was signed.
package proof

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
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
	ID       string // of an extract
	Files    []File // of its folder
}

// File is what a statement says of a file.
type File struct {
	Name    string // relative to the folder, with slashes
	Bytes   int64
	Digest  string // SHA-256 or SHA-512
	Rows    int64
	Counted bool // it has so many rows
}

// said is what a statement may hold of files: those beside it, the archives beside
// it, or those that lie in an archive with it, and which tables they are.
type said struct {
	Register string `json:"register"`
	ID       string `json:"id"`
	Files    []struct {
		Name   string `json:"name"`
		Mart   string `json:"mart"`
		Bytes  int64  `json:"bytes"`
		Rows   int64  `json:"rows"`
		SHA256 string `json:"sha256"`
		SHA512 string `json:"sha512"`
	} `json:"files"`
	Sealed []struct {
		File   string `json:"file"`
		Bytes  int64  `json:"bytes"`
		SHA256 string `json:"sha256"`
	} `json:"sealed"`
	Tables []struct {
		Rows  int64    `json:"rows"`
		Files []string `json:"files"`
	} `json:"tables"`
}

// files are those of the folder of a statement.
func (s said) files() (out []File) {
	for _, f := range s.Sealed {
		out = append(out, File{Name: f.File, Bytes: f.Bytes, Digest: f.SHA256})
	}
	if len(out) > 0 {
		return out // what is in the archives cannot be seen
	}
	for _, f := range s.Files {
		out = append(out, File{f.Name, f.Bytes, cmp.Or(f.SHA256, f.SHA512), f.Rows, f.Mart != ""})
	}
	for _, t := range s.Tables {
		for i := range out {
			if slices.Contains(t.Files, out[i].Name) {
				out[i].Rows, out[i].Counted = t.Rows, true
			}
		}
	}
	return out
}

// Read returns the statement of a folder where it was signed with the key; else its kind,
// as far as that is known.
func Read(folder string, key sign.Public) (Statement, error) {
	k, err := kindOf(folder)
	if err != nil {
		return Statement{Kind: k}, err
	}
	path := filepath.Join(folder, k.File)
	text, err := sign.Signed(key, k.Label, path)
	if err != nil {
		return Statement{Kind: k}, fmt.Errorf("%w: %w", ErrFound, err)
	}
	var of said
	if err := json.Unmarshal(text, &of); err != nil || len(of.files()) == 0 {
		return Statement{Kind: k}, fmt.Errorf("%w: %s says nothing of files", ErrFound, path)
	}
	sum := sha256.Sum256(text)
	return Statement{k, hex.EncodeToString(sum[:]), of.Register, of.ID, of.files()}, nil
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
			return Kind{File: k.File}, fmt.Errorf("%w: %s: %w", ErrFound, path, err)
		}
		if i := slices.IndexFunc(Kinds, func(o Kind) bool { return o.Label == s.Label && o.File == k.File }); i >= 0 {
			return Kinds[i], nil
		}
		return k, fmt.Errorf("%w: %s is signed as something else", ErrFound, path)
	}
	return Kind{}, fmt.Errorf("%s has no statement; next: name the folder of a snapshot, an extract or a release", folder)
}
