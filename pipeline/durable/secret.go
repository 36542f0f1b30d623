package durable

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Secret writes 32 random bytes, as 64 hexadecimal digits, to the file at path,
// as Once does.
func Secret(path string) error {
	var secret [32]byte
	rand.Read(secret[:]) // which never fails
	return Once(path, []byte(hex.EncodeToString(secret[:])+"\n"))
}

// Once writes the file at path, which only its owner can read, unless there is
// one: the file holds all of a text or does not exist, and is never replaced. It
// is there after a crash, once Once has returned, even if another process made it.
//
// A process that dies while it makes one leaves its half under a name of its
// own, which the next call takes away.
func Once(path string, text []byte) error {
	dir := filepath.Dir(path)
	if err := Folder(dir, 0o700); err != nil {
		return err
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := write(path, text); err != nil {
			return err
		}
	}
	return errors.Join(sweep(path), Sync(dir))
}

func write(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), half(path)+"*") // made with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	// A link, unlike a rename, never replaces what another process made.
	err = os.Link(f.Name(), path)
	if _, there := os.Lstat(path); there == nil {
		return nil // ours, or that of another process, which may have swept ours away
	}
	return err
}

// half begins the name of a secret that is being made.
func half(path string) string { return "." + filepath.Base(path) + "-" }

// sweep removes what is left of secrets that were never made. Once there is
// one, no other can become it.
func sweep(path string) error {
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		digits, ours := strings.CutPrefix(e.Name(), half(path))
		if !ours || digits == "" || strings.Trim(digits, "0123456789") != "" || !e.Type().IsRegular() {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
