// Package snapshot publishes marts. A snapshot is written beside those that
// are published, hashed and made durable, and becomes the current one by one
// rename:
//
//	DIR/snapshots/.tmp-ID       being written, or being removed
//	DIR/snapshots/ID            whole; never changed again
//	DIR/snapshots/ID/NAME.parquet, NAME.sql, marts.duckdb, manifest.json, manifest.sig
//	DIR/CURRENT -> snapshots/ID
//	DIR/signing.pub             the key that verifies manifest.sig
//
// A manifest has the hash of every file, and that of the manifest before it, and is
// signed with the installation's key: whoever has the public key from elsewhere than
// DIR can tell that nothing was changed since it was published (Signed, Verify, Chain).
//
// Whoever opens CURRENT sees a whole snapshot, whenever the writer dies. There
// is one writer at a time, which whoever calls this package sees to.
package snapshot

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
	"secondaryuse/pipeline/guard"
)

// File is one file of a snapshot.
type File struct {
	Name     string `json:"name"`
	Mart     string `json:"mart,omitempty"`
	Rows     int64  `json:"rows,omitempty"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
	Contract string `json:"contract,omitempty"` // hash of the contract the mart was built by
}

// Manifest is what a snapshot says of itself.
type Manifest struct {
	ID        string   `json:"id"`
	Run       string   `json:"run"`
	AsOf      string   `json:"as_of"`
	Purpose   string   `json:"purpose"`
	Domain    string   `json:"domain"`               // fingerprint of the key its person ids were made with
	DomainKey string   `json:"domain_key,omitempty"` // its id in the keyring
	Rules     []string `json:"rules"`                // which gate stood on which list
	Epoch     string   `json:"epoch,omitempty"`      // of the run, and its newest layer
	Layer     int64    `json:"layer,omitempty"`
	Basis     string   `json:"basis,omitempty"`    // hash of what else it was built by: contracts, practices, engine
	From      string   `json:"from,omitempty"`     // the snapshot that it took the rows of untouched persons from
	Audit     string   `json:"audit,omitempty"`    // the head of the audit log when the run was sealed
	Register  string   `json:"register,omitempty"` // the head of the register of what has left, then
	Before    *Link    `json:"before,omitempty"`   // what was current before it
	Files     []File   `json:"files"`
}

// Link names a snapshot by its manifest.
type Link struct {
	ID     string `json:"id"`
	SHA256 string `json:"sha256"` // of its manifest
}

const manifestName = "manifest.json"

// ErrNone is returned by Current when nothing was ever published.
var ErrNone = errors.New("nothing is published")

// ErrDamaged is wrapped by what Verify finds.
var ErrDamaged = errors.New("the snapshot is damaged")

// Current returns the folder and the manifest of the current snapshot of the
// marts folder dir. The folder is the snapshot's own, so that a reader stays
// with it when CURRENT moves on.
func Current(dir string) (string, Manifest, error) {
	path, err := filepath.EvalSymlinks(filepath.Join(dir, current))
	if errors.Is(err, fs.ErrNotExist) {
		return "", Manifest{}, ErrNone
	}
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", Manifest{}, fmt.Errorf("snapshot: %w", err)
	}
	m, err := Read(path)
	return path, m, err
}

// Read returns the manifest of the snapshot in folder.
func Read(folder string) (Manifest, error) {
	var m Manifest
	data, err := os.ReadFile(filepath.Join(folder, manifestName))
	if err != nil {
		return m, fmt.Errorf("snapshot: %w", err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("%w: %s: %w", ErrDamaged, manifestName, err)
	}
	return m, nil
}

// Verify reads every file of the snapshot in folder and returns an error that
// wraps ErrDamaged when one is missing, has other bytes than the manifest
// says, or is not in it.
func Verify(folder string) error {
	m, err := Read(folder)
	if err != nil {
		return err
	}
	have, err := listing(folder)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	var errs []error
	for _, want := range m.Files {
		i := slices.IndexFunc(have, func(f File) bool { return f.Name == want.Name })
		if i < 0 {
			errs = append(errs, fmt.Errorf("%w: %s is missing", ErrDamaged, want.Name))
			continue
		}
		if have[i].SHA256 != want.SHA256 || have[i].Bytes != want.Bytes {
			errs = append(errs, fmt.Errorf("%w: %s has other bytes than it was published with", ErrDamaged, want.Name))
		}
		have = slices.Delete(have, i, i+1)
	}
	for _, f := range have {
		errs = append(errs, fmt.Errorf("%w: %s is not of the snapshot", ErrDamaged, f.Name))
	}
	return errors.Join(errs...)
}

// listing hashes the files of a folder, all at once, but for the manifest and its
// signature.
func listing(folder string) ([]File, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool {
		return e.Name() == manifestName || e.Name() == sign.Beside(manifestName)
	})
	out, errs := make([]File, len(entries)), make([]error, len(entries))
	var all guard.Group
	for i, e := range entries {
		all.Go(func() { out[i], errs[i] = hashed(folder, e.Name()) })
	}
	all.Wait()
	return out, errors.Join(errs...)
}

func hashed(folder, name string) (File, error) {
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		return File{}, err
	}
	h := sha256.New()
	n, err := io.Copy(h, f)
	return File{Name: name, Bytes: n, SHA256: hex.EncodeToString(h.Sum(nil))}, errors.Join(err, f.Close())
}
