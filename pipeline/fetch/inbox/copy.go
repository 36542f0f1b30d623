package inbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"secondaryuse/pipeline/fetch"
)

// errChanged is a file that is not what the look has seen.
var errChanged = errors.New("it has changed or gone while it was read")

// take reads a file, unless an earlier Fetch has, and places it in the
// delivery if its content is new.
func (v *visit) take(ctx context.Context, x file) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if v.mem.has(x) && !v.policy.Everything {
		e := entry{id: id(x), key: v.mem.names[hidden(x.name)].key, dup: true, name: x.name, path: x.path, same: x.same}
		v.got = append(v.got, held{x, e})
		return nil
	}
	if e, ok := v.journal.entries[id(x)]; ok && v.there(e, x) {
		return v.hold(x, e)
	}
	key, err := v.copy(ctx, x)
	if err != nil {
		return err
	}
	v.step("copied")
	e := entry{id: id(x), key: v.keyOf(x, key), name: x.name, path: x.path, same: x.same}
	e.dup = v.known(e.key)
	if e.dup {
		v.p.Note(fmt.Sprintf("file %d: its content has been taken before", x.no))
		if err := os.Remove(v.hidden("part", e.id)); err != nil {
			return err
		}
	} else if e.packed, err = unpack(v.hidden("part", e.id), v.hidden("whole", e.id)); err != nil {
		return err
	}
	v.step("whole")
	if err := v.journal.note(e); err != nil {
		return err
	}
	v.step("noted")
	return v.hold(x, e)
}

// keyOf is what the content of a file is known by.
func (v *visit) keyOf(x file, content string) string {
	if owner, _, nested := strings.Cut(x.name, "/"); nested && v.policy.ByFolder {
		sum := sha256.Sum256([]byte(owner + "\x00" + content))
		return hex.EncodeToString(sum[:])
	}
	return content
}

// known reports whether a content has been delivered, or is by this delivery.
func (v *visit) known(key string) bool {
	_, before := v.mem.keys[key]
	return !v.policy.Everything && (before || v.keys[key])
}

// there reports whether what the journal says of a file is still so.
func (v *visit) there(e entry, x file) bool {
	if e.dup || v.known(e.key) {
		return e.dup && v.known(e.key)
	}
	for _, path := range []string{v.hidden("whole", e.id), v.path(target(x.name, e.packed))} {
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}

// hold gives the file its name in the delivery.
func (v *visit) hold(x file, e entry) error {
	v.got = append(v.got, held{x, e})
	if e.dup {
		return nil
	}
	if l, ok := v.mem.names[hidden(x.name)]; ok && l.key != e.key && !v.policy.Everything {
		v.p.Note(fmt.Sprintf("file %d: a correction, other content under a known name", x.no))
	}
	v.keys[e.key] = true
	name := target(x.name, e.packed)
	if other, ok := v.placed[name]; ok {
		return fmt.Errorf("unpacked it has the name of file %d; take one of them away", other)
	}
	v.placed[name] = x.no
	if err := os.MkdirAll(filepath.Dir(v.path(name)), 0o700); err != nil {
		return err
	}
	err := os.Rename(v.hidden("whole", e.id), v.path(name))
	if errors.Is(err, fs.ErrNotExist) { // an earlier Fetch has
		_, err = os.Lstat(v.path(name))
	}
	v.step("placed")
	return err
}

// copy brings a file to this machine, from where an earlier copy was cut off,
// and returns the digest of its content.
func (v *visit) copy(ctx context.Context, x file) (digest string, err error) {
	f, err := os.OpenFile(v.hidden("part", id(x)), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	defer f.Close()
	s := &sink{ctx: ctx, f: f, sum: sha256.New(), size: x.size, every: v.every, p: v.p,
		point: func(n int64) error { return v.journal.point(id(x), n) }}
	if err := s.goOn(v.journal.points[id(x)]); err != nil {
		return "", err
	}
	v.p.Step(fmt.Sprintf("file %d", x.no), 0)
	if err := s.fill(v.folder, x.path); err != nil {
		return "", err
	}
	return hex.EncodeToString(s.sum.Sum(nil)), f.Sync()
}

// sink takes a file up.
type sink struct {
	ctx   context.Context
	f     *os.File
	sum   hash.Hash
	n     int64 // bytes so far
	size  int64 // as the look has seen it
	safe  int64 // of them durable, as the journal knows
	every int64
	point func(int64) error
	p     fetch.Progress
}

// goOn takes up what is durable of an earlier copy.
func (s *sink) goOn(from int64) error {
	n, err := io.CopyN(s.sum, s.f, min(from, s.size))
	if err == io.EOF { // less than the journal says: nothing is sure
		s.sum.Reset()
		n, err = 0, nil
	}
	if err == nil {
		err = s.f.Truncate(n)
	}
	if err == nil {
		_, err = s.f.Seek(n, io.SeekStart)
	}
	s.n, s.safe = n, n
	return err
}

// fill reads the rest. Cut off, it leaves a point from which the next goes on.
func (s *sink) fill(from Reader, path string) error {
	src, err := from.Open(s.ctx, path, s.n)
	if err == nil {
		_, err = io.Copy(s, src)
		err = errors.Join(err, src.Close())
	}
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errChanged):
		return errChanged
	case err != nil:
		return errors.Join(err, s.save())
	case s.n != s.size:
		return errChanged
	}
	return nil
}

// Write takes the next bytes.
func (s *sink) Write(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	if s.n+int64(len(b)) > s.size {
		return 0, errChanged
	}
	n, err := s.f.Write(b)
	s.sum.Write(b[:n])
	s.n += int64(n)
	s.p.Add(int64(n))
	if err == nil && s.n-s.safe >= s.every {
		err = s.save()
	}
	return n, err
}

// save makes durable what is there.
func (s *sink) save() error {
	if s.n == s.safe {
		return nil
	}
	if err := s.f.Sync(); err != nil {
		return err
	}
	s.safe = s.n
	return s.point(s.n)
}

// unpack makes the whole file of its copy, which goes.
func unpack(part, whole string) (packed bool, err error) {
	f, err := os.Open(part)
	if err != nil {
		return false, err
	}
	defer f.Close()
	src, err := reader(f)
	if err != nil {
		return false, err
	}
	if src == nil {
		return false, os.Rename(part, whole)
	}
	defer src.Close()
	out, err := os.Create(whole)
	if err != nil {
		return true, err
	}
	if _, err = io.Copy(out, plainly{src}); err == nil {
		err = out.Sync()
	}
	return true, errors.Join(err, out.Close(), os.Remove(part))
}

var errPacked = errors.New("a packed file that is damaged; have it sent again, or take it away")

// reader unpacks what is packed. It returns nil for what is not.
func reader(f *os.File) (io.ReadCloser, error) {
	head := make([]byte, 4)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, errPacked
		}
		return z, nil
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, errPacked
		}
		return z.IOReadCloser(), nil
	}
	return nil, nil
}

// plainly says of every error in unpacking the same.
type plainly struct{ io.Reader }

// Read reads on.
func (p plainly) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if err != nil && err != io.EOF {
		err = errPacked
	}
	return n, err
}

// target is the name of a file in the delivery.
func target(name string, packed bool) string {
	if lower := strings.ToLower(name); packed && (strings.HasSuffix(lower, ".gz") || strings.HasSuffix(lower, ".zst")) {
		return name[:strings.LastIndexByte(name, '.')]
	}
	return name
}
