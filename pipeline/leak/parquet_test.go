package leak

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"
)

// written is a Parquet file of some rows.
func written[T any](t *testing.T, rows []T, options ...pq.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pq.NewGenericWriter[T](&b, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type texts struct {
	A string `parquet:"a"`
	B string `parquet:"b,dict"`
}

type numbers struct {
	Small uint32   `parquet:"small"`
	Big   uint64   `parquet:"big,delta"`
	Float float64  `parquet:"float,split"`
	Cents int64    `parquet:"cents,decimal(2:18)"`
	Fixed [16]byte `parquet:"fixed"`
}

// TestParquet holds that a person is found wherever they stand in a Parquet file, however
// it is packed; that a file which was cut off is searched, or is a fault where nobody knows
// how it is packed; and that a kind of column that is not known is one.
func TestParquet(t *testing.T) {
	long := "featherstone " + strings.Repeat("featherston ", 9)
	hide := []texts{{"x", "x"}, {"x", long}, {"x", "x"}}
	files := make(map[string][]byte)
	for _, codec := range []compress.Codec{&pq.Uncompressed, &pq.Snappy, &pq.Gzip, &pq.Zstd, &pq.Brotli, &pq.Lz4Raw} {
		whole := written(t, hide, pq.Compression(codec))
		files[fmt.Sprint("of ", codec)] = whole
		files[fmt.Sprint("cut ", codec)] = whole[:len(whole)-20]
		files[fmt.Sprint("paged ", codec)] = written(t, hide, pq.Compression(codec), pq.DataPageVersion(1), pq.PageBufferSize(1))
	}
	zero := numbers{Small: 1, Big: 2, Float: 3, Cents: 4}
	for name, n := range map[string]numbers{"small": {Small: 4012345672}, "big": {Big: 9434765919}, "float": {Float: 9434765919}, "cents": {Cents: 943476591900},
		"fixed": {Fixed: [16]byte{11: 2, 12: 0x32, 13: 0x5b, 14: 0x1a, 15: 0x5f}}} {
		files[name] = written(t, []numbers{zero, n, zero})
	}
	files["key and value"] = written(t, []texts{{"x", "y"}}, pq.KeyValueMetadata("author", "Featherstone"))
	files["name of a column"] = written(t, []struct {
		A int64 `parquet:"featherstone_steps"`
	}{{1}})
	for name, raw := range files {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.parquet"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		s := searcher(t, "9434765919", "Featherstone")
		if name == "small" {
			s = searcher(t, "4012345672", "Featherstone")
		}
		r, err := s.Run(context.Background(), dir)
		unknown := name == "cut BROTLI" || name == "cut LZ4_RAW"
		if err != nil || (len(r.Faults) > 0) != unknown || len(r.Found) == 0 && !unknown {
			t.Errorf("%s: found %v, faults %q: %v", name, r.Found, r.Faults, err)
		}
	}
	for name, raw := range map[string][]byte{
		"96 bits": written(t, []struct {
			A deprecated.Int96 `parquet:"a"`
		}{{}}),
		"lists": written(t, []struct {
			A []string `parquet:"a"`
		}{{[]string{"Featherstone"}}}),
	} {
		dir := laid(t, map[string]string{"a.parquet": string(raw)})
		r, err := searcher(t, "9434765919", "Featherstone").Run(context.Background(), dir)
		if err != nil || len(r.Faults) != 1 {
			t.Errorf("%s: faults %q: %v", name, r.Faults, err)
		}
	}
}
