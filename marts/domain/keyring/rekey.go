package keyring

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"secondaryuse/marts/domain"
	"secondaryuse/pipeline/durable"
)

// Rekey makes another key in place of one that is compromised, wrapped for who
// asks and for others. bridge is called with both before the new one is in use;
// where it fails, the old one stays. The old one is kept, retired, until Destroy.
//
// A process that dies leaves the old one in use or the new one. Where it is the
// old one, the next Rekey goes on with the same new key, and calls bridge again.
func (r *Ring) Rekey(name string, at time.Time, bridge func(old, new domain.Key, was, is Entry) error, others ...Wrapper) (was, is Entry, err error) {
	switch KindOf(name) {
	case Base:
		return was, is, fault(name, errors.New("all that is staged was made with the base key; next: move the work and marts folders and base.key away, and begin anew"))
	case Register:
		return was, is, fault(name, errors.New("nobody would be found any more in what was issued"))
	}
	err = r.change(func() error {
		old, before, err := r.unwrap(file(name))
		if err != nil {
			return err
		}
		f, secret, err := r.pending(old, at, others)
		if err != nil {
			return err
		}
		was, is = old.entry(past(name, old.ID)), f.entry(file(name))
		a, _ := domain.New(before[:]) // which have their length
		b, _ := domain.New(secret[:])
		if err := bridge(a, b, was, is); err != nil {
			return err
		}
		old.State = Retired
		if err := r.write(old, past(name, old.ID), before); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(r.dir, next(name)), filepath.Join(r.dir, file(name))); err != nil {
			return err
		}
		return durable.Sync(r.dir)
	})
	return was, is, fault(name, err)
}

// Rekeying reports whether Rekey of a name was cut off before the new key was in
// use.
func (r *Ring) Rekeying(name string) bool {
	_, err := os.Lstat(filepath.Join(r.dir, next(name)))
	return err == nil
}

// pending is the key that is to take the place of another: one that a Rekey which
// was cut off has made, or a new one.
func (r *Ring) pending(old form, at time.Time, others []Wrapper) (form, [32]byte, error) {
	f, secret, err := r.unwrap(next(old.Name))
	switch {
	case err == nil && f.Replaces != old.Fingerprint:
		return f, secret, ErrAltered
	case errors.Is(err, ErrNone):
		if f, secret, err = fresh(old.Name, at, old.Reversible); err == nil {
			f.Replaces = old.Fingerprint
		}
	}
	if err == nil {
		err = f.wrap(secret, append([]Wrapper{r.kek}, others...))
	}
	if err == nil {
		err = r.write(f, next(old.Name), secret)
	}
	return f, secret, err
}
