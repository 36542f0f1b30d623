// Package parcel packs files into one archive and encrypts it for whoever is to
// have it, while they are being written: no byte of them comes to a disk but
// inside an encrypted file.
//
// The archive is a ZIP of a single BagIt 1.0 folder (RFC 8493), as the Five Safes
// RO-Crate wants it: the files lie in its data folder, manifest-sha512.txt has
// their digests, and tagmanifest-sha512.txt those of what lies beside. Its bytes
// follow from the files, their names and their order alone: every time in it is
// 1 January 1980, the first that a ZIP can have. Parquet is stored as it is;
// everything else is deflated.
//
// Each recipient gets an age file (age-encryption.org/v1) of their own, which only
// they can open. Encryption draws random numbers: of the same archive, no two age
// files have the same bytes.
package parcel

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"strings"
	"time"

	"filippo.io/age"
)

// To is somebody who gets the archive, and the file that is written for them.
type To struct {
	Path string
	Keys []age.Recipient
}

// Parcel is an archive that is being written. It is used by one goroutine.
type Parcel struct {
	bag     string
	fan     *fan
	clear   hash.Hash // of the archive before it is encrypted
	buffer  *bufio.Writer
	zip     *zip.Writer
	payload []Entry
	open    *entry
}

// Entry is one file of the archive.
type Entry struct {
	Name   string // in the data folder
	Bytes  int64
	SHA512 string
}

// Sum is what an archive is told by.
type Sum struct {
	SHA256 string // of the archive, before it is encrypted
	Bytes  int64
	Files  []Sealed // in the order of those they are for
}

// Sealed is one encrypted file.
type Sealed struct {
	SHA256 string
	Bytes  int64
}

// block is how many bytes are encrypted at a time.
const block = 1 << 20

// first is the first moment that a ZIP can have.
var first = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// New begins an archive with a folder of the given name, for one or more. The
// files must not be there yet; only their owner can read them.
func New(bag string, to []To) (*Parcel, error) {
	if len(to) == 0 {
		return nil, errors.New("parcel: it is for nobody")
	}
	f, err := newFan(to)
	if err != nil {
		return nil, fmt.Errorf("parcel: %w", err)
	}
	p := &Parcel{bag: bag, fan: f, clear: sha256.New()}
	p.buffer = bufio.NewWriterSize(io.MultiWriter(p.clear, f), block)
	p.zip = zip.NewWriter(p.buffer)
	p.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.DefaultCompression) })
	return p, nil
}

// File begins a file of the data folder, and ends the one before.
func (p *Parcel) File(name string) (io.Writer, error) {
	if name == "" || path.Clean("/"+name) != "/"+name || strings.ContainsAny(name, "\r\n%\\") {
		return nil, fmt.Errorf("parcel: %q is no name of a file in an archive", name)
	}
	if err := p.end(); err != nil {
		return nil, err
	}
	for _, e := range p.payload {
		if e.Name == name {
			return nil, fmt.Errorf("parcel: %s is there twice", name)
		}
	}
	return p.begin("data/" + name)
}

// begin begins a file of the bag.
func (p *Parcel) begin(name string) (io.Writer, error) {
	method := zip.Deflate
	if path.Ext(name) == ".parquet" {
		method = zip.Store
	}
	w, err := p.zip.CreateHeader(&zip.FileHeader{Name: p.bag + "/" + name, Method: method, Modified: first})
	if err != nil {
		return nil, fmt.Errorf("parcel: %s: %w", name, err)
	}
	p.open = &entry{name: name, to: w, digest: sha512.New()}
	return p.open, nil
}

// end ends the file that is being written.
func (p *Parcel) end() error {
	if p.open == nil {
		return nil
	}
	if name, payload := strings.CutPrefix(p.open.name, "data/"); payload {
		p.payload = append(p.payload, Entry{name, p.open.bytes, hex.EncodeToString(p.open.digest.Sum(nil))})
	}
	p.open = nil
	return nil
}

// Entries returns what is in the data folder so far, and ends the file that is
// being written.
func (p *Parcel) Entries() ([]Entry, error) {
	err := p.end()
	return p.payload, err
}

// entry is a file that is being written.
type entry struct {
	name   string
	to     io.Writer
	digest hash.Hash
	bytes  int64
}

func (e *entry) Write(b []byte) (int, error) {
	e.digest.Write(b)
	n, err := e.to.Write(b)
	e.bytes += int64(n)
	return n, err
}

// Close ends the archive, under an identifier, which is a UUID. When it returns
// without an error every file is whole and durable, but for the names in their
// folder.
func (p *Parcel) Close(identifier string) (Sum, error) {
	err := p.end()
	if err == nil {
		err = p.tags(identifier)
	}
	if err == nil {
		err = p.zip.Close()
	}
	if err == nil {
		err = p.buffer.Flush()
	}
	if err != nil {
		return Sum{}, errors.Join(fmt.Errorf("parcel: %w", err), p.fan.abort())
	}
	sealed, n, err := p.fan.close()
	if err != nil {
		return Sum{}, fmt.Errorf("parcel: %w", err)
	}
	return Sum{SHA256: hex.EncodeToString(p.clear.Sum(nil)), Bytes: n, Files: sealed}, nil
}

// Abort ends the writing; what there is of the files is of no use. After Close it
// does nothing.
func (p *Parcel) Abort() error { return p.fan.abort() }
