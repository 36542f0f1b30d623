package sign

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Beside is where the signature of a file lies: beside it, under its name but
// ending in .sig, so that of manifest.json is manifest.sig.
func Beside(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) + ".sig" }

// Text writes a signature as its file has it.
func (s Signature) Text() []byte {
	text, _ := json.MarshalIndent(s, "", "  ") // which is of texts
	return append(text, '\n')
}

// Signed reads the file at path and the signature beside it, and returns what the
// file holds where that was signed under the label by the key. Else the error wraps
// ErrForged, unless the file itself cannot be read.
func Signed(k Public, label, path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s, err := ReadSignature(path)
	if err == nil {
		err = Verify(k, label, text, s)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text, nil
}

// ReadSignature reads the signature that lies beside the file at path. It says
// nothing of whether that holds.
func ReadSignature(path string) (Signature, error) {
	text, err := os.ReadFile(Beside(path))
	if errors.Is(err, fs.ErrNotExist) {
		return Signature{}, fmt.Errorf("%w: there is none", ErrForged)
	}
	if err != nil {
		return Signature{}, err
	}
	return parseSignature(text)
}

// parseSignature reads what Text writes, and nothing else.
func parseSignature(text []byte) (s Signature, err error) {
	if json.Unmarshal(text, &s) != nil || string(s.Text()) != string(text) {
		return Signature{}, fmt.Errorf("%w: the file of the signature is not as it is written", ErrForged)
	}
	return s, nil
}

// LoadPublic reads a public key from a file of one line.
func LoadPublic(path string) (Public, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Public{}, fmt.Errorf("public key: %w", err)
	}
	p, err := ParsePublic(strings.TrimSuffix(string(text), "\n"))
	if err != nil {
		return Public{}, fmt.Errorf("public key: %s: %w", path, err)
	}
	return p, nil
}
