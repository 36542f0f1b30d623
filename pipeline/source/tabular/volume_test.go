package tabular

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
)

// lines writes n good lines of the admissions table.
func lines(n int, quoted bool) []byte {
	var b bytes.Buffer
	header, _, _ := strings.Cut(admissions, "\n")
	fmt.Fprintln(&b, header)
	for i := range n {
		vip := "N"
		if quoted && i%7 == 0 {
			vip = `"N"`
		}
		if quoted && i%11 == 0 {
			vip = "\"\n\n\"\"\n\"" // a flag that is none, over four lines
		}
		fmt.Fprintf(&b, "9000000041,E%d,S%d,2024-01-%02d,2024-02-05,RJE,M82002,1,031950,A,E01000001,300,21,F321,I10X,X151,2024-01-03,-,,%s\n", i, i/2, i%28+1, vip)
	}
	return b.Bytes()
}

// TestBlocks: a file read in blocks gives the rows and rejects, lines and all,
// that it gives as a whole, quotes that span lines included.
func TestBlocks(t *testing.T) {
	dir := folder(t, map[string]string{"apc.csv": string(lines(2000, true)), "person.csv": persons})
	read := func(block int64) (all []string, shards int) {
		s, err := Open(dir, tables())
		if err != nil {
			t.Fatal(err)
		}
		s.block = block
		seen := map[source.Shard]bool{}
		readAll(t, s, source.Rows, func(sh source.Shard, b *record.Block) {
			seen[sh] = true
			for _, e := range b.Encounters {
				all = append(all, fmt.Sprintf("%+v", e))
			}
			for _, r := range b.Rejects {
				all = append(all, fmt.Sprintf("%+v", r))
			}
		})
		slices.Sort(all)
		return all, len(seen)
	}
	want, one := read(1 << 30)
	if len(want) != 2000 || one != 2 {
		t.Fatalf("%d records in %d shards", len(want), one)
	}
	for _, block := range []int64{100, 101, 1000, 4097, 70_000} {
		got, shards := read(block)
		if !slices.Equal(got, want) || shards < 4 {
			t.Errorf("in blocks of %d bytes: %d records of %d in %d shards", block, len(got), len(want), shards)
		}
	}
}

// TestLineWithoutMarks: a block is numbered right by a Source that has not
// listed the shards.
func TestLineWithoutMarks(t *testing.T) {
	text := lines(10, false)
	dir := folder(t, map[string]string{"apc.csv": string(text), "person.csv": persons})
	s, err := Open(dir, tables())
	if err != nil {
		t.Fatal(err)
	}
	from := int64(bytes.Index(text, []byte("9000000041,E5,")))
	var b record.Block
	sh := source.Shard{File: "apc.csv", Offset: from, Length: int64(len(text)) - from}
	if err := s.Read(context.Background(), source.Rows, sh, &b, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if len(b.Encounters) != 5 || b.Encounters[0].Line != 7 {
		t.Errorf("%d encounters, the first in line %d", len(b.Encounters), b.Encounters[0].Line)
	}
}

// TestNoAllocationPerRow: ten times the lines need no more allocations but
// those of veiling a number and a date of birth, which are not this package's.
func TestNoAllocationPerRow(t *testing.T) {
	count := func(n int, pass source.Pass) uint64 {
		s, err := Open(folder(t, map[string]string{"apc.csv": string(lines(n, false)), "person.csv": persons}), tables())
		if err != nil {
			t.Fatal(err)
		}
		var b record.Block
		read := func() {
			if err := s.Read(context.Background(), pass, source.Shard{File: "apc.csv"}, &b, func() error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		read() // grows the block
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		read()
		runtime.ReadMemStats(&after)
		return after.Mallocs - before.Mallocs
	}
	number := testing.AllocsPerRun(100, func() { identity.Parse([]byte("9000000041")) })
	birth := testing.AllocsPerRun(100, func() { identity.ParseBirth([]byte("195003")) })
	for pass, veiled := range map[source.Pass]float64{source.People: number, source.Rows: number + birth} {
		few, many := count(20_000, pass), count(200_000, pass)
		if many > few+200+uint64(180_000*veiled) {
			t.Errorf("pass %d: %d allocations for 20,000 lines, %d for 200,000", pass, few, many)
		}
	}
}

func benchmark(b *testing.B, name string, data []byte, table Table, pass source.Pass) {
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		b.Fatal(err)
	}
	s, err := Open(dir, []Table{table})
	if err != nil {
		b.Fatal(err)
	}
	var block record.Block
	records := int64(0)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		records = 0
		err := s.Read(context.Background(), pass, source.Shard{File: name}, &block, func() error { records += rowsOf(&block); return nil })
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(records)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func rowsOf(b *record.Block) int64 {
	return int64(len(b.Encounters) + len(b.Problems) + len(b.Procedures) + len(b.Persons))
}

func BenchmarkCSV(b *testing.B) {
	data := lines(100_000, false)
	b.Run("People", func(b *testing.B) { benchmark(b, "apc.csv", data, tables()[0], source.People) })
	b.Run("Rows", func(b *testing.B) { benchmark(b, "apc.csv", data, tables()[0], source.Rows) })
}

func BenchmarkParquet(b *testing.B) {
	t := Table{File: "*.parquet", As: "admission", Columns: map[string][]string{
		"nhs_number": {"NHS"}, "record_id": {"EPI"}, "start": {"From"}, "provider": {"Trust"}, "diagnoses": {"D1"}, "sex": {"Sex"},
	}}
	benchmark(b, "a.parquet", parquetFile(b, 500), t, source.Rows)
}
