package leak

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

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
	bzipped kind = "bzip2"
	closed  kind = "packed or encrypted in a way that is not known"
)

// errClosed is why such a file proves nothing.
var errClosed = errors.New("it is packed or encrypted in a way that is not known here")

// closedHeads are what such files begin with: xz, 7z, LZ4, RAR, compress, lzip, snappy,
// openssl, PGP, encrypted Parquet, Arrow, ORC, Avro, PDF.
var closedHeads = []string{"\xfd7zXZ\x00", "7z\xbc\xaf\x27\x1c", "\x04\x22\x4d\x18", "\x02\x21\x4c\x18", "Rar!\x1a\x07", "\x1f\x9d", "\x1f\xa0", "\xff\x06\x00\x00sNaPpY",
	"Salted__", "-----BEGIN PGP MESSAGE", "ARROW1\x00", "Obj\x01", "%PDF-"}

// closedWords are of those what a text could begin with as well.
var closedWords = []string{"PARE", "ORC", "LZIP"}

// packed reports whether what a file holds does not stand in its bytes, so that nobody
// need look for hashes there that have no form of their own.
func (k kind) packed() bool {
	return k == parquet || k == gzipped || k == zstded || k == zipped || k == aged || k == bzipped
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
	case begins("\x28\xb5\x2f\xfd"), len(b) > 4 && b[0]&0xf0 == 0x50 && string(b[1:4]) == "\x2a\x4d\x18": // a frame to be skipped
		return zstded
	case begins("PK\x03\x04"), begins("PK\x05\x06"), begins("PK\x07\x08"):
		return zipped
	case len(b) >= 10 && begins("BZh") && string(b[4:10]) == "1AY&SY":
		return bzipped
	case begins("age-encryption.org/v1"), begins(armor.Header):
		return aged
	case len(b) >= 262 && string(b[257:262]) == "ustar":
		return tarred
	case slices.ContainsFunc(closedHeads, begins), binary(b) && slices.ContainsFunc(closedWords, begins):
		return closed
	}
	return plain
}

// binary reports whether there are bytes that no text begins with.
func binary(b []byte) bool {
	return slices.ContainsFunc(b[:min(len(b), 64)], func(c byte) bool { return c < ' ' && c != '\n' && c != '\r' && c != '\t' || c >= 0x7f })
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
		w.name(w.file, z.Name+"\n"+z.Comment+"\n"+string(z.Extra))
		return w.stream(z, depth)
	case zstded:
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return errors.New("the zstd in it cannot be read")
		}
		defer z.Close()
		return w.stream(z, depth)
	case bzipped:
		return w.stream(bzip2.NewReader(r), depth)
	case zipped:
		return w.zip(at, size, depth)
	case tarred:
		return w.tar(r, depth)
	case aged:
		return w.age(r, depth)
	}
	return errClosed
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

func (w *worker) age(r *bufio.Reader, depth int) error {
	if len(w.Identities) == 0 {
		w.results.sealed()
		return nil
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
		return w.spool(b, depth+1)
	case plain, ahead, closed:
		w.where, w.scan.SQLite = "bytes, unpacked", k == ahead
		_, err = w.scan.Read(b)
		if w.scan.SQLite = false; err != nil {
			return errors.New("what is packed in it cannot be read")
		}
		if k == closed {
			err = errClosed
		}
		return err
	default:
		return w.inside(k, b, nil, 0, depth+1)
	}
}

// tar searches the files of an archive, and what stands behind its end.
func (w *worker) tar(r *bufio.Reader, depth int) error {
	archive := tar.NewReader(r)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.New("the tar in it cannot be read")
		}
		said := []string{h.Linkname, h.Uname, h.Gname}
		for name, v := range h.PAXRecords {
			said = append(said, name, v)
		}
		w.name(w.file, strings.Join(said, "\n"))
		w.entry(h.Name, archive, depth)
	}
	for {
		if c, err := r.ReadByte(); err != nil {
			return nil
		} else if c != 0 {
			return errors.Join(r.UnreadByte(), w.stream(r, depth+1))
		}
	}
}

// entry searches a file of an archive, and its name. What is wrong with it is noted, and
// the others are searched all the same.
func (w *worker) entry(name string, r io.Reader, depth int) {
	outer := w.file
	defer func() { w.file = outer }()
	w.name(outer, name)
	w.file = outer + "!" + w.told(name)
	w.noted(func() error { return w.stream(r, depth) })
}

func (w *worker) zip(at io.ReaderAt, size int64, depth int) error {
	archive, err := zip.NewReader(at, size)
	if err != nil {
		return errors.New("the zip in it cannot be read")
	}
	for _, f := range archive.File {
		w.name(w.file, f.Comment)
		entry, err := f.Open()
		if err == nil && f.Flags&1 != 0 {
			err = errors.Join(errClosed, entry.Close())
		}
		if err != nil {
			w.name(w.file, f.Name)
			w.noted(func() error { return errors.New("a file of the zip in it is encrypted, or cannot be read") })
			continue
		}
		w.entry(f.Name, entry, depth)
		if err := entry.Close(); err != nil {
			return errors.New("the zip in it cannot be read")
		}
	}
	return nil
}
