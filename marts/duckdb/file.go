package duckdb

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
)

// durable makes sure that a file is on the disk, and returns its size and its
// SHA-256 in hexadecimal.
func durable(path string) (int64, string, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return 0, "", err
	}
	h := sha256.New()
	n, err := io.Copy(h, f)
	return n, hex.EncodeToString(h.Sum(nil)), err
}
