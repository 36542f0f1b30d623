package sourcetest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
)

// large: the target many times over gives its rows many times over, though no
// buffer holds it and no block; and a reading that is cancelled half-way ends.
func large(f Fixture, dir string) error {
	times, data := repeated(f, 1<<20, 2*source.BlockRows)
	want, err := readTarget(f, dir, f.Files[f.Target])
	if err != nil {
		return err
	}
	got, err := readTarget(f, dir, data)
	if err != nil {
		return err
	}
	count := map[string]int{}
	for _, s := range want.rows {
		count[s.dataset+s.text] += times
	}
	for _, s := range got.rows {
		count[s.dataset+s.text]--
	}
	for row, n := range count {
		if n != 0 {
			return fmt.Errorf("of a file of %d bytes %d rows are missing (negative: too many) that are like %s", len(data), n, row)
		}
	}
	return cancelledHalfway(f, dir)
}

func cancelledHalfway(f Fixture, dir string) error {
	return eachShard(f, dir, func(src source.Source, s source.Shard) error {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		calls := 0
		err := src.Read(ctx, source.Rows, s, &record.Block{}, func() error { calls++; cancel(); return nil })
		if s.File == f.Target && !errors.Is(err, context.Canceled) {
			return fmt.Errorf("%s: cancelled at the first of many blocks: Read returned %v after %d yields", s.File, err, calls)
		}
		return nil
	})
}

// repeated returns the target's lines so often that they are more than the
// given bytes and lines.
func repeated(f Fixture, size, count int) (int, []byte) {
	header, body := lines(f)
	one := bytes.Join(body, nil)
	times := max(size/len(one), count/len(body)) + 1
	return times, append(bytes.Clone(header), bytes.Repeat(one, times)...)
}

// readTarget writes data as the target and returns what is read of it.
func readTarget(f Fixture, dir string, data []byte) (*reading, error) {
	if err := write(dir, map[string][]byte{f.Target: data}); err != nil {
		return nil, err
	}
	r, err := readAll(f, dir, source.Rows)
	if err != nil {
		return nil, err
	}
	return r.of(f.Target), nil
}

// of keeps what was read of one file.
func (r *reading) of(file string) *reading {
	out := &reading{rows: part(r.rows, func(s seen) bool { return s.file == file })}
	for _, x := range r.rejects {
		if x.file == file {
			out.rejects = append(out.rejects, x)
		}
	}
	return out
}

// split: the target cut into two shards at any byte gives the same rows, and
// the same rejects with their lines in the file.
func split(f Fixture, dir string) error {
	header, body := lines(f)
	bad := append([]byte(canary), '\n')
	data := bytes.Join([][]byte{header, bytes.Join(body, nil), bad, body[0]}, nil)
	want, err := readTarget(f, dir, data)
	if err != nil {
		return err
	}
	src, err := f.Open(dir)
	if err != nil {
		return err
	}
	for cut := int64(1); cut < int64(len(data)); cut++ {
		var got reading
		for _, s := range []source.Shard{{Offset: 0, Length: cut}, {Offset: cut, Length: int64(len(data)) - cut}} {
			s.File, s.Bytes = f.Target, s.Length
			if err := got.add(src, source.Rows, s); err != nil {
				return fmt.Errorf("cut at byte %d: %w", cut, err)
			}
		}
		if err := same(got.rows, want.rows); err != nil {
			return fmt.Errorf("cut at byte %d: %w", cut, err)
		}
		if len(got.rejects) != 1 || len(want.rejects) != 1 || got.rejects[0] != want.rejects[0] {
			return fmt.Errorf("cut at byte %d: the bad line is not rejected as in the whole file: %v, want %v", cut, got.rejects, want.rejects)
		}
	}
	return nil
}

// packed: the target packed gives the same rows.
func packed(f Fixture, dir string) error {
	want, err := good(f, dir)
	if err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, filepath.FromSlash(f.Target))); err != nil {
		return err
	}
	for _, ending := range f.Packed {
		name := f.Target + ending
		if err := write(dir, map[string][]byte{name: pack(ending, f.Files[f.Target])}); err != nil {
			return err
		}
		got, err := good(f, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", ending, err)
		}
		if err := same(got.rows, want.rows); err != nil {
			return fmt.Errorf("%s: %w", ending, err)
		}
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	return nil
}

// truncatedPacked: a packed file that was cut off anywhere is one reject, and
// what is read of it are whole records of it.
func truncatedPacked(f Fixture, dir string) error {
	if err := os.Remove(filepath.Join(dir, filepath.FromSlash(f.Target))); err != nil {
		return err
	}
	whole := f.Files[f.Target]
	if byLine(f) {
		_, whole = repeated(f, 48<<10, 1)
	}
	for _, ending := range f.Packed {
		g := f
		g.Target, g.Files = f.Target+ending, maps.Clone(f.Files)
		delete(g.Files, f.Target)
		g.Files[g.Target] = pack(ending, whole)
		if err := cutPacked(g, dir); err != nil {
			return fmt.Errorf("%s: %w", ending, err)
		}
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(g.Target))); err != nil {
			return err
		}
	}
	return nil
}

func cutPacked(f Fixture, dir string) error {
	data := f.Files[f.Target]
	if err := write(dir, map[string][]byte{f.Target: data}); err != nil {
		return err
	}
	b, err := newBench(f, dir)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, s := range b.target.rows {
		known[s.dataset+s.text] = true
	}
	for n := 1; n < len(data); n += 1 + len(data)/40 {
		r, err := b.with(data[:n])
		if err != nil {
			return fmt.Errorf("cut off at byte %d: %w", n, err)
		}
		if len(r.rejects) != 1 {
			return fmt.Errorf("cut off at byte %d: %d rejects, want 1", n, len(r.rejects))
		}
		for _, s := range r.rows {
			if !known[s.dataset+s.text] {
				return fmt.Errorf("cut off at byte %d: a row that the whole file has not: %s", n, s.text)
			}
		}
	}
	return nil
}

func pack(ending string, data []byte) []byte {
	var b bytes.Buffer
	switch ending {
	case ".gz":
		w := gzip.NewWriter(&b)
		w.Write(data) // to memory: cannot fail
		w.Close()
	case ".zst":
		w, err := zstd.NewWriter(&b)
		if err != nil {
			panic("sourcetest: zstd without options: " + err.Error())
		}
		w.Write(data) // to memory: cannot fail
		w.Close()
	default:
		panic("sourcetest: no packer for " + ending)
	}
	return b.Bytes()
}
