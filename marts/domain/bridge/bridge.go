// Package bridge writes the table that leads from the ids which persons had under
// a key that was compromised to those which they have under the key in its place.
//
// Whoever holds it can join what was made with the one to what was made with the
// other, so it exists sealed alone: as a file that the age identity of one named
// recipient opens, which this program does not hold. It is to be destroyed as soon
// as what had to be carried over is.
//
// The clear text is CSV with the columns old_id and new_id, ordered by old_id.
package bridge

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"filippo.io/age"

	"secondaryuse/pipeline/durable"
)

// Pair is a person's two ids.
type Pair struct{ Old, New int64 }

// Path is the bridge of the key of a name in a folder of keys. There is one at a
// time.
func Path(dir, name string) string { return filepath.Join(dir, name+".bridge.age") }

// Write seals pairs, which it puts in order, for the age public key of a recipient.
// After a crash there is the whole file or none; it is durable when Write returns.
func Write(path, recipient string, pairs []Pair) error {
	to, err := age.ParseX25519Recipient(recipient)
	if err != nil {
		return errors.New("bridge: not the public key of an age identity, age1...")
	}
	slices.SortFunc(pairs, func(a, b Pair) int { return cmp.Compare(a.Old, b.Old) })
	half := path + durable.Half
	f, err := os.OpenFile(half, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("bridge: %w", err)
	}
	err = seal(f, to, pairs)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(half, path)
	}
	if err != nil {
		return fmt.Errorf("bridge: %w", errors.Join(err, remove(half)))
	}
	return durable.Sync(filepath.Dir(path))
}

func seal(out io.Writer, to age.Recipient, pairs []Pair) error {
	sealed, err := age.Encrypt(out, to)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(sealed, 1<<16)
	w.WriteString("old_id,new_id\n")
	var line []byte
	for _, p := range pairs {
		line = append(strconv.AppendInt(line[:0], p.Old, 10), ',')
		line = append(strconv.AppendInt(line, p.New, 10), '\n')
		w.Write(line) // an error stays until Flush
	}
	return errors.Join(w.Flush(), sealed.Close())
}

// There reports whether a bridge, or what a process that died has left of one, is
// there.
func There(path string) bool {
	_, whole := os.Lstat(path)
	_, half := os.Lstat(path + durable.Half)
	return whole == nil || half == nil
}

// Destroy removes a bridge, which must be there. Copies elsewhere are not reached; while
// it has another name it is not destroyed.
func Destroy(path string) error {
	if !There(path) {
		return fmt.Errorf("bridge: there is none: %w", fs.ErrNotExist)
	}
	if err := errors.Join(durable.Alone(path), durable.Alone(path+durable.Half)); err != nil {
		return fmt.Errorf("bridge: %w", err)
	}
	if err := errors.Join(remove(path), remove(path+durable.Half), durable.Sync(filepath.Dir(path))); err != nil {
		return fmt.Errorf("bridge: %w", err)
	}
	return nil
}

func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
