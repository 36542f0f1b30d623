package differ

import (
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"secondaryuse/pipeline/durable"
)

// unkeyed stands for a key where a file of an earlier program is read: its sums are of
// SHA-256 alone, which anybody can make.
type unkeyed struct{}

func (unkeyed) Fingerprint() string { return "" }

// form is the version of files that a key goes with.
func form(k Key) int {
	if k == Key(unkeyed{}) {
		return 1
	}
	return version
}

func (unkeyed) MAC(label string, data []byte) [sha256.Size]byte {
	if label == wholeLabel {
		return [sha256.Size]byte(data) // which was summed already
	}
	return sha256.Sum256(data)
}

// Accept takes what an earlier program has kept of a release, without a key, for true,
// and keeps it with the key. Nobody can tell whether it was changed before: whoever
// calls this answers for it. adds says that the release shows what is added up: the first
// programs did not take down what persons gave to that. It returns the SHA-256 of the
// file as it is kept then.
func (s *Store) Accept(id string, adds bool) (digest string, err error) {
	if !name.MatchString(id) {
		return "", errors.New("people of releases: that is not a name for a release")
	}
	unlock, err := s.lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	dir, err := os.MkdirTemp(s.dir, half)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	keyed, path := filepath.Join(dir, "kept"), filepath.Join(s.dir, id+suffix)
	if in, err := s.open(path, id); err == nil { // whoever called this before has died then
		digest, err := summed(path)
		return digest, errors.Join(err, in.f.Close())
	}
	if err := s.accept(path, keyed, id, adds); err != nil {
		return "", err
	}
	if digest, err = summed(keyed); err != nil {
		return "", err
	}
	return digest, errors.Join(os.Rename(keyed, path), durable.Sync(s.dir))
}

func (s *Store) accept(path, keyed, id string, adds bool) error {
	old := &Store{s.dir, unkeyed{}}
	in, err := old.open(path, id)
	if err != nil {
		return err
	}
	h := in.head
	h.Bare = adds && !slices.ContainsFunc(h.Figures, func(f Figure) bool { return f.Gifts })
	return s.write(keyed, h, func(put func(entry) error) error {
		return together([]*file{in}, func(_ []*file, e entry) error { return errors.Join(put(e), in.next()) })
	})
}
