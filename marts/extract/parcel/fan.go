package parcel

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"slices"
	"sync/atomic"

	"filippo.io/age"

	"secondaryuse/pipeline/guard"
)

// fan gives the same bytes to several, each of whom encrypts them in a goroutine of
// their own.
type fan struct {
	all    guard.Group
	arms   []*arm
	bytes  int64
	closed bool
}

// arm is one encrypted file.
type arm struct {
	file   *os.File
	seal   io.WriteCloser
	digest hash.Hash
	bytes  int64
	blocks chan []byte
	failed atomic.Bool
	err    error // of the goroutine, once it has ended
}

func newFan(to []To) (*fan, error) {
	f := &fan{}
	for _, t := range to {
		a := &arm{digest: sha256.New(), blocks: make(chan []byte, 2)}
		err := a.begin(t)
		f.arms = append(f.arms, a)
		f.all.Go(a.run)
		if err != nil {
			return nil, errors.Join(err, f.abort())
		}
	}
	return f, nil
}

func (a *arm) begin(t To) (err error) {
	if a.file, err = os.OpenFile(t.Path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	if a.seal, err = age.Encrypt(a, t.Keys...); err != nil {
		return fmt.Errorf("%s: %w", t.Path, err)
	}
	return nil
}

// Write is what the encryption writes to: the file, and its digest.
func (a *arm) Write(b []byte) (int, error) {
	a.digest.Write(b)
	n, err := a.file.Write(b)
	a.bytes += int64(n)
	return n, err
}

// run encrypts what comes until nothing more does. After an error it takes what
// comes and does nothing with it, so that nobody waits for it.
func (a *arm) run() {
	for b := range a.blocks {
		if a.err != nil {
			continue
		}
		if _, err := a.seal.Write(b); err != nil {
			a.err = err
			a.failed.Store(true)
		}
	}
}

// Write gives the bytes to all. An error may be one of bytes before.
func (f *fan) Write(b []byte) (int, error) {
	own := slices.Clone(b)
	for _, a := range f.arms {
		if a.failed.Load() {
			return 0, errors.New("a file cannot be written")
		}
		a.blocks <- own
	}
	f.bytes += int64(len(b))
	return len(b), nil
}

// close ends all files and makes them durable.
func (f *fan) close() ([]Sealed, int64, error) {
	f.stop()
	var out []Sealed
	var errs []error
	for _, a := range f.arms {
		err := a.err
		if err == nil {
			err = a.seal.Close()
		}
		if err == nil {
			err = a.file.Sync()
		}
		errs = append(errs, err, a.file.Close())
		out = append(out, Sealed{hex.EncodeToString(a.digest.Sum(nil)), a.bytes})
	}
	return out, f.bytes, errors.Join(errs...)
}

// stop waits for the goroutines.
func (f *fan) stop() {
	f.closed = true
	for _, a := range f.arms {
		close(a.blocks)
	}
	f.all.Wait()
}

// abort ends the writing, and says why a file could not be written.
func (f *fan) abort() error {
	if f.closed {
		return nil
	}
	f.stop()
	var errs []error
	for _, a := range f.arms {
		errs = append(errs, a.err)
		if a.file != nil {
			errs = append(errs, a.file.Close())
		}
	}
	return errors.Join(errs...)
}
