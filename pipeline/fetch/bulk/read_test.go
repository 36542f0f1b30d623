package bulk_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/bulk/bulktest"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/sharedrecord"
)

// TestRead holds that the feed's source finds in a delivery what the server
// has, and what it has deleted, and nothing else.
func TestRead(t *testing.T) {
	s := newGroup(t)
	first := s.take(fetch.Last{}, s.whole())
	if rows, deletions, persons := read(t, first.Dir); rows != len(s.whole()) || deletions != 0 || persons != 5 {
		t.Errorf("%d records, %d deletions, %d persons", rows, deletions, persons)
	}
	s.Leave("g", "x1")
	s.Delete("Observation", "o-p1")
	s.Put("Observation", "q-p2", "p2")
	dir := t.TempDir()
	if _, err := s.fetch(first, dir); err != nil {
		t.Fatal(err)
	}
	if rows, deletions, _ := read(t, dir); rows != 3 || deletions != 2 {
		t.Errorf("%d records with %d deletions, of one changed, one deleted and one who left", rows, deletions)
	}
}

// TestOddLine holds that a line that is no JSON lands with the others, and is
// rejected where it lies when it is read; one that would have deleted something
// is refused.
func TestOddLine(t *testing.T) {
	spoil := func(b []byte) []byte {
		return []byte(strings.Replace(string(b), `"id":"q-p2",`, `"id":"q-p2`, 1))
	}
	for _, zipped := range []bool{false, true} {
		s := newSite(t)
		s.Gzip = zipped
		s.Fail("file", slices.Repeat([]bulktest.Fault{{Alter: spoil}}, 20)...)
		dir := t.TempDir()
		d, err := s.fetch(fetch.Last{}, dir)
		if err != nil || d.Records != 9 || s.Requests("file") != 5 {
			t.Fatalf("%+v, %d requests, %v", d, s.Requests("file"), err)
		}
		rejects, rows := rejected(t, dir)
		if rows != 9 || len(rejects) != 1 || rejects[0] != "Observation.002.ndjson:1: : no comma after a value" {
			t.Errorf("of %d records %q", rows, rejects)
		}
		s.Mend()
		l := fetch.Last{Delivery: d, Dir: dir}
		s.Delete("Observation", "o-p1")
		s.Delete("Observation", "o-p2")
		s.Fail("file", slices.Repeat([]bulktest.Fault{{Alter: func(b []byte) []byte { return append([]byte("x"), b...) }}}, 3)...)
		_, err = s.fetch(l, t.TempDir())
		s.refused(err, "file deleted/Bundle.000.ndjson: a line is not a resource")
	}
}

// rejected is what is rejected of a delivery, and where.
func rejected(t *testing.T, dir string) (rejects []string, rows int) {
	src := sharedrecord.New(sharedrecord.Config{Dir: dir})
	shards, err := src.Shards(context.Background(), source.Rows)
	if err != nil {
		t.Fatal(err)
	}
	for _, shard := range shards {
		var b record.Block
		err := src.Read(context.Background(), source.Rows, shard, &b, func() error {
			rows += int(b.Read)
			for _, r := range b.Rejects {
				rejects = append(rejects, fmt.Sprintf("%s:%d: %s: %s", shard.File, r.Line, r.Field, r.Reason))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return rejects, rows
}

func read(t *testing.T, dir string) (rows, deletions, persons int) {
	src := sharedrecord.New(sharedrecord.Config{Dir: dir})
	for _, pass := range []source.Pass{source.People, source.Rows} {
		shards, err := src.Shards(context.Background(), pass)
		if err != nil {
			t.Fatal(err)
		}
		for _, shard := range shards {
			var b record.Block
			err := src.Read(context.Background(), pass, shard, &b, func() error {
				if pass == source.People {
					persons += len(b.Persons)
					return nil
				}
				rows += int(b.Read)
				deletions += len(b.Deletions)
				if len(b.Rejects) > 0 {
					t.Errorf("rejected: %+v", b.Rejects)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return rows, deletions, persons
}
