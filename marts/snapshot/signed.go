package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"secondaryuse/marts/sign"
	"secondaryuse/pipeline/durable"
)

// Label is what a manifest is signed as.
const Label = "snapshot"

const publicName = "signing.pub"

// PublicKey returns the key that lies beside CURRENT in the marts folder dir: what
// the installation says it signs with. Whoever can change what is published can
// change it, too, so that an auditor compares it with one they got on another way.
func PublicKey(dir string) (sign.Public, error) {
	return sign.LoadPublic(filepath.Join(dir, publicName))
}

// Fits returns an error where what is published in the marts folder dir was signed
// with another key.
func Fits(dir string, key sign.Public) error {
	was, err := PublicKey(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // nothing was signed yet
	case err != nil:
		return fmt.Errorf("snapshot: %w; next: put back the file as it was", err)
	case was != key:
		return fmt.Errorf("snapshot: the signing key is another than %s, with which was signed what is published; next: put it back, or where it is lost, take away %s and tell every auditor the new one", was, filepath.Join(dir, publicName))
	}
	return nil
}

// tell keeps the public key beside CURRENT, where every reader of marts can read it.
func tell(dir string, key sign.Public) error {
	path := filepath.Join(dir, publicName)
	if was, err := PublicKey(dir); err != nil || was != key {
		if err := durable.Replace(path, []byte(key.String()+"\n")); err != nil {
			return err
		}
	}
	return os.Chmod(path, 0o640)
}

// before names the current snapshot by its manifest. There is none where it cannot
// be read.
func (d *Draft) before() *Link {
	folder, m, err := Current(d.root)
	if err != nil {
		return nil
	}
	sum, err := hash(folder)
	if err != nil {
		return nil
	}
	return &Link{m.ID, sum}
}

// hash is that of the manifest of a snapshot.
func hash(folder string) (string, error) {
	text, err := os.ReadFile(filepath.Join(folder, manifestName))
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// Signed returns the manifest of the snapshot in folder where it was signed by the
// key, and else an error that wraps ErrDamaged.
func Signed(folder string, key sign.Public) (Manifest, error) {
	text, err := sign.Signed(key, Label, filepath.Join(folder, manifestName))
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return Manifest{}, fmt.Errorf("%w: %s: %w", ErrDamaged, manifestName, err)
	}
	return m, nil
}

// Chain returns an error that wraps ErrDamaged where, of the snapshots that are left
// in the marts folder dir, one was not published after the one that it says, or
// CURRENT is not the newest. Of those that have gone nothing is said.
func Chain(dir string) error {
	folder, now, err := Current(dir)
	if err != nil {
		return err
	}
	old, err := others(dir, "")
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	var errs []error
	for _, s := range old {
		m, err := Read(filepath.Join(filepath.Dir(folder), s.ID))
		if err != nil || m.Before == nil {
			errs = append(errs, err)
			continue
		}
		if m.Before.ID == now.ID {
			errs = append(errs, fmt.Errorf("%w: CURRENT is %s, and %s was published after it", ErrDamaged, now.ID, m.ID))
		}
		sum, err := hash(filepath.Join(filepath.Dir(folder), m.Before.ID))
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was retired
		}
		if err != nil || sum != m.Before.SHA256 {
			errs = append(errs, errors.Join(err, fmt.Errorf("%w: %s has another manifest than %s was published after", ErrDamaged, m.Before.ID, m.ID)))
		}
	}
	return errors.Join(errs...)
}
