// Package folder writes many files at once, in fixed chunks: each worker fills
// a chunk of its own, and the chunks are appended to the files in their order,
// so that the bytes do not depend on how many workers there are. What is
// compressed is compressed chunk by chunk, as members of one file.
package folder

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Chunk is what one worker has written to several files.
type Chunk struct {
	Extra any // whatever else goes with it

	files map[string]*File
	order []string
}

// File is a chunk's part of one file.
type File struct {
	Text  []byte
	Lines int // how many lines Text holds, as far as its writer counts them

	packed []byte // Text as it is to be written, once packed
	listed bool   // it stands in the chunk's order
}

// NewChunk returns an empty chunk.
func NewChunk() *Chunk { return &Chunk{files: make(map[string]*File)} }

// Reset empties the chunk and keeps its memory, but for files that were not
// written to since the last Reset.
func (c *Chunk) Reset() {
	for name, f := range c.files {
		if len(f.Text) == 0 {
			delete(c.files, name)
		}
		f.Text, f.Lines, f.packed, f.listed = f.Text[:0], 0, f.packed[:0], false
	}
	c.order = c.order[:0]
}

// File returns the chunk's part of a file, by its path in the folder. A name
// that ends in .gz or .zst is compressed.
func (c *Chunk) File(name string) *File {
	f := c.files[name]
	if f == nil {
		f = &File{}
		c.files[name] = f
	}
	if !f.listed {
		f.listed = true
		c.order = append(c.order, name)
	}
	return f
}

// Names returns the files that the chunk has a part of.
func (c *Chunk) Names() (names []string) {
	for _, name := range c.order {
		if len(c.files[name].Text) > 0 {
			names = append(names, name)
		}
	}
	return names
}

// Folder is a folder that chunks are written to.
type Folder struct {
	dir   string
	made  map[string]bool
	lines map[string]int
}

// New returns the folder at dir, which must be empty or not exist.
func New(dir string) (*Folder, error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("%s is not empty", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return &Folder{dir, make(map[string]bool), make(map[string]int)}, nil
}

// Lines returns how many lines a file holds.
func (d *Folder) Lines(name string) int { return d.lines[name] }

// Has reports whether there is a file or a folder of that name.
func (d *Folder) Has(name string) bool {
	_, err := os.Stat(filepath.Join(d.dir, filepath.FromSlash(name)))
	return err == nil
}

// Path returns where a file lies, and makes its folder.
func (d *Folder) Path(name string) (string, error) {
	path := filepath.Join(d.dir, filepath.FromSlash(name))
	if dir := filepath.Dir(path); !d.made[dir] {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", err
		}
		d.made[dir] = true
	}
	return path, nil
}

// Append appends a packed chunk to its files.
func (d *Folder) Append(c *Chunk) error {
	for _, name := range c.order {
		f := c.files[name]
		if len(f.Text) == 0 {
			continue
		}
		d.lines[name] += f.Lines
		data := f.Text
		if packs(name) {
			data = f.packed
		}
		if err := d.write(name, data); err != nil {
			return err
		}
	}
	return nil
}

func (d *Folder) write(name string, data []byte) error {
	path, err := d.Path(name)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// Pack compresses what is to be compressed. It may be called from any
// goroutine, once for each filling of a chunk, before it is appended.
func (c *Chunk) Pack() {
	for _, name := range c.order {
		if f := c.files[name]; len(f.Text) > 0 && packs(name) {
			f.packed = pack(name, f.packed[:0], f.Text)
		}
	}
}

func packs(name string) bool {
	return strings.HasSuffix(name, ".gz") || strings.HasSuffix(name, ".zst")
}

var (
	zstds = sync.Pool{New: func() any {
		z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault))
		if err != nil {
			panic("folder: zstd: " + err.Error()) // unreachable: the options are constants
		}
		return z
	}}
	gzips = sync.Pool{New: func() any {
		z, err := gzip.NewWriterLevel(nil, 3)
		if err != nil {
			panic("folder: gzip: " + err.Error()) // unreachable: the level is a constant
		}
		return z
	}}
)

// pack appends data to dst as it is to stand in a file of that name.
func pack(name string, dst, data []byte) []byte {
	if strings.HasSuffix(name, ".zst") {
		z := zstds.Get().(*zstd.Encoder)
		defer zstds.Put(z)
		return z.EncodeAll(data, dst)
	}
	z := gzips.Get().(*gzip.Writer)
	defer gzips.Put(z)
	out := sink(dst)
	z.Reset(&out)
	z.Write(data) // a sink takes everything
	z.Close()
	return out
}

type sink []byte

func (s *sink) Write(b []byte) (int, error) {
	*s = append(*s, b...)
	return len(b), nil
}
