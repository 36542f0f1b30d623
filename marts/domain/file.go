package domain

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Open reads the key file at path, which holds 64 hexadecimal digits. It
// refuses a file that others may read or write.
func Open(path string) (Key, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return Key{}, fmt.Errorf("domain key: %w", err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return Key{}, fmt.Errorf("domain key: %s must be a plain file that nobody else can read: chmod 600 it", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("domain key: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != size {
		return Key{}, fmt.Errorf("domain key: %s does not hold %d hexadecimal digits", path, 2*size)
	}
	return New(key)
}

// Make writes a new key to the file at path, unless there is one: the file
// holds a whole key or does not exist, and is never replaced. It is durable
// when Make returns. What a process that died while it made one has left goes.
func Make(path string) error {
	if err := makeKey(path); err != nil {
		return fmt.Errorf("domain key: %w", err)
	}
	return nil
}

func makeKey(path string) error {
	dir := filepath.Dir(path)
	if err := makeDir(dir); err != nil {
		return err
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := newKey(path); err != nil {
			return err
		}
	}
	return errors.Join(sweep(path), syncDir(dir))
}

func newKey(path string) error {
	key := make([]byte, size)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), half(path)+"*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	err = os.Link(f.Name(), path)
	if _, there := os.Lstat(path); there == nil {
		return nil // ours, or that of another process, which may have swept ours away
	}
	return err
}

// makeDir makes a folder that is there after a crash, and so are those above.
func makeDir(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	above := filepath.Dir(path)
	if err := makeDir(above); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(above)
}

// half begins the name of a key that is being made.
func half(path string) string { return "." + filepath.Base(path) + "-" }

// sweep removes what is left of keys that were never made. Once there is a
// key, no other can become it.
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

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
