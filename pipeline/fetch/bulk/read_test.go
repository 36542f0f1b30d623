package bulk_test

import (
	"context"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/fetch"
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
