package pipeline

import (
	"context"
	"errors"
	"strings"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/guard"
	"secondaryuse/pipeline/source"
)

// fragile is a source that panics at one of its shards.
type fragile struct{ source.Source }

func (fragile) Shards(context.Context, source.Pass) ([]source.Shard, error) {
	return []source.Shard{{File: "a.ndjson"}, {File: "b.ndjson"}, {File: "9434765919.ndjson"}}, nil
}

func (fragile) Read(_ context.Context, _ source.Pass, s source.Shard, _ *record.Block, _ func() error) error {
	if s.File == "b.ndjson" {
		panic("of patient 9434765919")
	}
	return nil
}

// unseen is a Progress of which nobody takes notice.
type unseen struct{}

func (unseen) Step(string, int64) {}
func (unseen) Add(int64)          {}

// TestPanicOfASource holds that what a source does in its goroutine ends the
// reading, with the feed and the file, and not the process.
func TestPanicOfASource(t *testing.T) {
	r := Run{Feeds: []Feed{{Feed: record.Feed{Name: "care"}}}, Progress: unseen{}}
	err := r.read(context.Background(), rowsPass, []batch{{src: fragile{}}}, nil)
	if p := (*guard.Panic)(nil); !errors.As(err, &p) || p.Type != "string" {
		t.Fatal(err)
	}
	if text := err.Error(); !strings.HasPrefix(text, "feed care: b.ndjson: panic (string) in secondaryuse/pipeline.fragile.Read") || strings.Contains(text, "9434765919") {
		t.Error(text)
	}
}
