package leak

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/klauspost/compress/zstd"
)

// kind is what a file is.
type kind string

const (
	plain   kind = "other"
	parquet kind = "parquet"
	cutOff  kind = "parquet, cut off"
	sqlite  kind = "sqlite"
	ahead   kind = "sqlite, its log"
	duckdb  kind = "duckdb"
	gzipped kind = "gzip"
	zstded  kind = "zstd"
	zipped  kind = "zip"
	tarred  kind = "tar"
	aged    kind = "age"
)

// packed reports whether what a file holds does not stand in its bytes, so that nobody
// need look for hashes there that have no form of their own.
func (k kind) packed() bool {
	return k == parquet || k == gzipped || k == zstded || k == zipped || k == aged
}

// opened opens a file, and says what it is.
func opened(path string) (f *os.File, is kind, size int64, err error) {
	if f, err = os.Open(path); err != nil {
		return nil, is, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, is, 0, errors.Join(err, f.Close())
	}
	return f, kindOf(f, info.Size()), info.Size(), nil
}

// kindOf says what a file is.
func kindOf(f *os.File, size int64) kind {
	head := make([]byte, 512)
	n, _ := f.ReadAt(head, 0)
	k := kindOfHead(head[:n])
	if k == parquet {
		tail := make([]byte, 4)
		if _, err := f.ReadAt(tail, size-4); err != nil || size < 12 || string(tail) != "PAR1" {
			return cutOff
		}
	}
	return k
}

func kindOfHead(b []byte) kind {
	begins := func(s string) bool { return bytes.HasPrefix(b, []byte(s)) }
	switch {
	case begins("PAR1"):
		return parquet
	case begins("SQLite format 3\x00"):
		return sqlite
	case begins("\x37\x7f\x06\x82"), begins("\x37\x7f\x06\x83"):
		return ahead
	case len(b) > 12 && string(b[8:12]) == "DUCK":
		return duckdb
	case begins("\x1f\x8b"):
		return gzipped
	case begins("\x28\xb5\x2f\xfd"):
		return zstded
	case begins("PK\x03\x04"):
		return zipped
	case begins("age-encryption.org/v1"), begins(armor.Header):
		return aged
	case len(b) >= 262 && string(b[257:262]) == "ustar":
		return tarred
	}
	return plain
}

// deepest is how many archives may lie in one another.
const deepest = 8

// inside searches what an archive holds. at is the archive where it is a file.
func (w *worker) inside(k kind, r *bufio.Reader, at io.ReaderAt, size int64, depth int) error {
	if depth > deepest {
		return errors.New("archives lie in one another too deep")
	}
	switch k {
	case gzipped:
		z, err := gzip.NewReader(r)
		if err != nil {
			return errors.New("the gzip in it cannot be read")
		}
		return w.stream(z, depth)
	case zstded:
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return errors.New("the zstd in it cannot be read")
		}
		defer z.Close()
		return w.stream(z, depth)
	case zipped:
		return w.zip(r, at, size, depth)
	case tarred:
		return w.tar(r, depth)
	}
	return w.age(r, depth)
}

// Identities reads the age identities of a file that nobody but its owner can read.
func Identities(path string) ([]age.Identity, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Mode().Perm()&0o077 != 0 {
		return nil, errors.Join(err, errors.New("the file of identities can be read by others than its owner; next: chmod 600"))
	}
	all, err := age.ParseIdentities(f)
	if err != nil {
		return nil, errors.New("the file holds no age identities")
	}
	return all, nil
}

var errSealed = errors.New("it is sealed by age")

func (w *worker) age(r *bufio.Reader, depth int) error {
	if len(w.Identities) == 0 {
		return errSealed
	}
	var from io.Reader = r
	if head, _ := r.Peek(len(armor.Header)); string(head) == armor.Header {
		from = armor.NewReader(r)
	}
	clear, err := age.Decrypt(from, w.Identities...)
	if err != nil {
		return errors.New("none of the identities opens it")
	}
	return w.stream(clear, depth)
}

// stream searches what was unpacked.
func (w *worker) stream(r io.Reader, depth int) error {
	b := bufio.NewReaderSize(w.canceled(r), 1<<16)
	head, err := b.Peek(512)
	if err != nil && err != io.EOF {
		return fmt.Errorf("what is packed in it cannot be read: %w", err)
	}
	switch k := kindOfHead(head); k {
	case parquet, sqlite, duckdb, zipped:
		return w.spool(b)
	case plain:
		w.where = "bytes, unpacked"
		_, err = w.scan.Read(b)
		if err != nil {
			err = errors.New("what is packed in it cannot be read")
		}
		return err
	default:
		return w.inside(k, b, nil, 0, depth+1)
	}
}

func (w *worker) tar(r io.Reader, depth int) error {
	archive, outer := tar.NewReader(r), w.file
	defer func() { w.file = outer }()
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errors.New("the tar in it cannot be read")
		}
		w.name(outer, h.Linkname)
		if err := w.entry(outer, h.Name, archive, depth); err != nil {
			return err
		}
	}
}

// entry searches a file of an archive, and its name.
func (w *worker) entry(outer, name string, r io.Reader, depth int) error {
	told := outer + "!" + w.told(name)
	w.name(outer, name)
	w.file = told
	return w.stream(r, depth)
}

func (w *worker) zip(r *bufio.Reader, at io.ReaderAt, size int64, depth int) error {
	archive, err := zip.NewReader(at, size)
	if err != nil {
		return errors.New("the zip in it cannot be read")
	}
	outer := w.file
	defer func() { w.file = outer }()
	for _, f := range archive.File {
		entry, err := f.Open()
		if err != nil {
			return errors.New("the zip in it cannot be read")
		}
		w.name(outer, f.Comment)
		err = w.entry(outer, f.Name, entry, depth)
		if err = errors.Join(err, entry.Close()); err != nil {
			return err
		}
	}
	return nil
}
