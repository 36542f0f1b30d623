package bulk

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
)

// unpack makes the file of what came over the wire: plain, checked, synced, and
// under its name. What is wrong with it is a reason to fetch it again.
func (r *run) unpack(j *job, f *file) error {
	wire := r.wire(f)
	from, lines, size, err := r.check(j, f)
	if err == nil && f.Count >= 0 && lines != f.Count {
		err = errors.New("it has not as many lines as the manifest counts")
	}
	if bad := (*os.PathError)(nil); errors.As(err, &bad) {
		return err
	}
	if err != nil {
		f.bad++
		no := &failure{kind: "file", reason: err.Error(), cause: errCut}
		if f.bad >= anew {
			no.cause = errSpoilt
		}
		return errors.Join(no, r.restart(j, f))
	}
	if err := os.Rename(r.path(from), r.path(f.Name)); err != nil {
		return err
	}
	return r.set(j, f, func(f *file) { f.Wire, f.Lines, f.Size, f.Done = wire, lines, size, true })
}

// discard takes a file away if it is there.
func (r *run) discard(name string) error {
	if err := os.Remove(r.path(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// check reads what came through to its end, and writes it plain where it is
// compressed. from is where it is then.
func (r *run) check(j *job, f *file) (from string, lines, size int64, err error) {
	from = part(f.Name)
	in, err := os.OpenFile(r.path(from), os.O_RDWR, 0)
	if err != nil {
		return from, 0, 0, err
	}
	defer in.Close()
	head := bufio.NewReaderSize(in, 1<<18)
	// A member, a deletion or a failure that cannot be read must not be missed.
	w := newLineCheck(j.Name != "members", j.Name == "members" || f.Section != "output")
	if magic, _ := head.Peek(2); f.Encoding != "gzip" && !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		if size, err = io.Copy(w, head); err == nil {
			err = errors.Join(w.close(f.Count >= 0), in.Sync())
		}
		return from, w.lines, size, err
	}
	from = plain(f.Name)
	size, err = r.unzip(head, from, w, f.Count >= 0)
	return from, w.lines, size, err
}

// unzip writes the plain file, and shows it to w. counted is whether the manifest
// counts its lines.
func (r *run) unzip(in io.Reader, name string, w *lineCheck, counted bool) (size int64, err error) {
	unzipped, err := gzip.NewReader(in)
	if err != nil {
		return 0, errors.New("it is not gzip")
	}
	out, err := os.OpenFile(r.path(name), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	size, err = io.Copy(io.MultiWriter(out, w), io.LimitReader(unzipped, r.limits.file+1))
	if path := (*os.PathError)(nil); err != nil && !errors.As(err, &path) && !errors.Is(err, errLine) && !errors.Is(err, errSubset) {
		err = errors.New("its gzip is damaged")
	}
	if err == nil && size > r.limits.file {
		err = errors.New("it is too big")
	}
	if err == nil {
		err = errors.Join(w.close(counted), out.Sync())
	}
	return size, err
}
