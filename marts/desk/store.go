package desk

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"secondaryuse/pipeline/durable"
)

// store is the folder of requests in the register's folder, which only its owner can
// read:
//
//	DIR/lock                    held by whoever changes something
//	DIR/ID/request.json         the request; the files below it are in its digest
//	DIR/ID/query.sql ...        what it is made of, the unsuppressed table included
//	DIR/ID/votes/SHA256.json    signed votes; one that the register does not know is none
//	DIR/.half-ID                not in the register yet; the next command takes it away
//
// Nothing in it is changed once it is there.
type store string

const (
	requestFile = "request.json"
	votesFolder = "votes"
	halfRequest = ".half-"
)

// ErrChanged is wrapped where a request is not what it was when it was asked.
var ErrChanged = errors.New("the request is not what it was when it was asked")

func changed(id, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", ErrChanged, id, fmt.Sprintf(format, args...))
}

// lock waits until nobody else changes anything.
func (s store) lock() (unlock func(), err error) {
	if err := durable.Folder(string(s), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(string(s), "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for err = syscall.EINTR; errors.Is(err, syscall.EINTR); {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { f.Close() }, nil
}

func (s store) path(parts ...string) string {
	return filepath.Join(append([]string{string(s)}, parts...)...)
}

// draft writes a request with its files, durable, under the name of a half: it is a
// request once the register has it, and named so by keep. It fills in the digests of
// the files.
func (s store) draft(r *Request, files map[string][]byte) error {
	half := s.path(halfRequest + r.ID)
	if err := durable.Folder(filepath.Join(half, votesFolder), 0o700); err != nil {
		return err
	}
	r.Files = nil
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !plainFile(name) || name == requestFile {
			return fmt.Errorf("%q is not the name of a file of a request", name)
		}
		if err := durable.Replace(filepath.Join(half, name), files[name]); err != nil {
			return err
		}
		r.Files = append(r.Files, heldFile{name, sum(files[name])})
	}
	return durable.Replace(filepath.Join(half, requestFile), r.statement())
}

// half reports whether a request is being written, or was when a desk died.
func (s store) half(id string) bool {
	_, err := os.Lstat(s.path(halfRequest + id))
	return err == nil
}

// keep names a request that the register has.
func (s store) keep(id string) error {
	if err := os.Rename(s.path(halfRequest+id), s.path(id)); err != nil {
		return err
	}
	return durable.Sync(string(s))
}

// get reads a request, which must have the digest that the register has, and its
// files, which must have the digests that the request has.
func (s store) get(id, digest string) (Request, map[string][]byte, error) {
	r, err := s.request(id, digest)
	if err != nil {
		return Request{}, nil, err
	}
	files := make(map[string][]byte)
	for _, f := range r.Files {
		if files[f.Name], err = s.read(id, f.Name); err != nil {
			return Request{}, nil, err
		}
		if sum(files[f.Name]) != f.SHA256 {
			return Request{}, nil, changed(id, "%s has other bytes", f.Name)
		}
	}
	return r, files, nil
}

// request reads a request alone.
func (s store) request(id, digest string) (Request, error) {
	text, err := s.read(id, requestFile)
	if err != nil {
		return Request{}, err
	}
	r, err := parseRequest(text)
	if err != nil || r.ID != id || r.Digest() != digest {
		return Request{}, changed(id, "%s has other bytes", requestFile)
	}
	return r, nil
}

func (s store) read(id string, name ...string) ([]byte, error) {
	if !idShape.MatchString(id) {
		return nil, errors.New("that is not the id of a request")
	}
	text, err := os.ReadFile(s.path(append([]string{id}, name...)...))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, changed(id, "%s is missing", filepath.Join(name...))
	}
	return text, err
}

// putVote keeps a signed vote, and returns its digest.
func (s store) putVote(id string, v signedVote) (digest string, err error) {
	text := canonical(v)
	digest = sum(text)
	return digest, durable.Replace(s.path(id, votesFolder, digest+".json"), text)
}

// getVote reads the vote that has the digest.
func (s store) getVote(id, digest string) (signedVote, error) {
	text, err := s.read(id, votesFolder, digest+".json")
	if err != nil {
		return signedVote{}, err
	}
	v, err := parseVote(text)
	if err != nil || sum(text) != digest {
		return signedVote{}, changed(id, "a vote has other bytes")
	}
	return v, nil
}

// sweep ends what a desk that died has begun: a half that the register knows is
// kept, and another taken away with what forget knows of it. What else is there stays,
// and is found by Verify.
func (s store) sweep(known func(id string) bool, forget func(id string) error) error {
	entries, err := os.ReadDir(string(s))
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		id, half := strings.CutPrefix(e.Name(), halfRequest)
		switch {
		case !half || !e.IsDir() || !idShape.MatchString(id):
		case known(id):
			errs = append(errs, s.keep(id))
		default:
			errs = append(errs, forget(id), os.RemoveAll(s.path(halfRequest+id)))
		}
	}
	return errors.Join(errs...)
}
