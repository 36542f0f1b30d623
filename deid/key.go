package deid

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/internal/veil"
	"secondaryuse/deid/term"
)

// Key is the base key: what turns a number into a person_id. It has no
// printable form.
type Key struct{ secret *[32]byte }

// OpenKey reads the base key from dir/base.key, and makes it first when there
// is none yet and create is set. A file that others can read is refused.
func OpenKey(dir string, create bool) (Key, error) {
	path := filepath.Join(dir, "base.key")
	if create {
		if err := makeKey(path); err != nil {
			return Key{}, fmt.Errorf("key: %w", err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return Key{}, fmt.Errorf("key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Key{}, fmt.Errorf("key: %s can be read by others; run chmod 600 on it", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("key: %w", err)
	}
	var k [32]byte
	if n, err := hex.Decode(k[:], []byte(strings.TrimSpace(string(text)))); n != len(k) || err != nil {
		return Key{}, fmt.Errorf("key: %s is not 64 hexadecimal digits", path)
	}
	return Key{&k}, nil
}

// makeKey writes a new key, durably, unless there is one. A process that dies
// while it makes one leaves its half under a name of its own, which the next
// one takes away.
func makeKey(path string) error {
	dir := filepath.Dir(path)
	if err := makeDir(dir); err != nil {
		return err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := newKey(path); err != nil {
			return err
		}
	}
	// Nothing may be made with a key that a crash could take away, even if
	// another process made it.
	return errors.Join(sweepKeys(path), syncDir(dir))
}

func newKey(path string) error {
	var k [32]byte
	rand.Read(k[:])
	tmp, err := os.CreateTemp(filepath.Dir(path), half(path)+"*") // made with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(hex.EncodeToString(k[:]) + "\n")
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	// A link, unlike a rename, never replaces a key that another process made.
	err = os.Link(tmp.Name(), path)
	if _, there := os.Stat(path); there == nil {
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

// sweepKeys removes what is left of keys that were never made. Once there is a
// key, no other can become it.
func sweepKeys(path string) error {
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
	return errors.Join(dir.Sync(), dir.Close())
}

// Fingerprint names the key without telling it: 8 bytes of HMAC-SHA-256 over a
// fixed text, in hex.
func (k Key) Fingerprint() string {
	return hex.EncodeToString(k.mac([]byte("fingerprint"), nil)[:8])
}

// Person returns the person_id of a number: the top 63 bits of
// HMAC-SHA-256(key, "person" | 0x1F | canonical number).
func (k Key) Person(n identity.Number) int64 {
	var clear [veil.Max]byte
	digits := veil.Lift(clear[:0], n.V)
	id := binary.BigEndian.Uint64(k.mac([]byte("person"), digits)) >> 1
	clear = [veil.Max]byte{}
	return int64(id)
}

// records returns the SipHash key under which a feed's own keys are replaced.
func (k Key) records(feed term.Word) (k0, k1 uint64) {
	sum := k.mac([]byte("record"), []byte(feed))
	return binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:])
}

func (k Key) mac(kind, value []byte) []byte {
	h := hmac.New(sha256.New, k.secret[:])
	h.Write(kind)
	h.Write([]byte{0x1F})
	h.Write(value)
	return h.Sum(nil)
}
