package folder

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func TestChunksAreAppendedInOrder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	d, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := NewChunk()
	for _, text := range []string{"one\n", "two\n", "three\n"} {
		c.Reset()
		for _, name := range []string{"a/plain", "a/b.gz", "c.zst"} {
			f := c.File(name)
			f.Text, f.Lines = append(f.Text, text...), 1
		}
		c.File("never") // opened and not written
		c.Pack()
		if err := d.Append(c); err != nil {
			t.Fatal(err)
		}
	}
	const want = "one\ntwo\nthree\n"
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if got := read("a/plain"); string(got) != want {
		t.Errorf("plain: %q", got)
	}
	g, err := gzip.NewReader(bytes.NewReader(read("a/b.gz")))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(g); string(got) != want || err != nil {
		t.Errorf("gzip: %q, %v", got, err)
	}
	z, err := zstd.NewReader(bytes.NewReader(read("c.zst")))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); string(got) != want || err != nil {
		t.Errorf("zstd: %q, %v", got, err)
	}
	if d.Lines("a/b.gz") != 3 {
		t.Errorf("%d lines", d.Lines("a/b.gz"))
	}
	if _, err := os.Stat(filepath.Join(dir, "never")); err == nil {
		t.Error("a file was made of nothing")
	}
}

func TestFolderMustBeEmpty(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := New(dir); err == nil {
		t.Error("a folder that holds something was taken")
	}
}
