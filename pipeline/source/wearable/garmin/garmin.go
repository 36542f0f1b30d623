// Package garmin reads the push payloads of Garmin's Health API as a receiver
// has written them down: JSON files, plain or gzip, each with one payload or
// several, one after the other, in any folder below the feed's.
//
// A payload is an object whose members name a kind of summary and hold an array
// of them. A record of the feed is one such summary. It is known by its user,
// kind and summaryId, because summaryIds are not unique across users. Whose it
// is says userId alone; the access token that stands beside it is never read.
// Notifications without data, deregistrations, changes of permission and the
// kinds that no reading is taken from count as unused.
//
// Times are moments with the offset of the wearer's clock at the beginning of
// the summary; see wearable.Zone for the nights of clock changes. The local day
// is calendarDate where a summary has it.
//
// Garmin sends a summary again when the device has told more: see
// wearable.Upload for which one is the newest. Offsets within a summary (heart
// rate over a day, the levels of a night) become further readings of the
// record. Values that devices write for none (zero or less of what nobody has
// none of, negative stress) are passed over.
package garmin

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/wearable"
)

// Source is a folder of payloads.
type Source struct {
	dir     string
	readers sync.Pool
}

// Open returns the source of a folder. The folder is looked at when its shards
// are listed.
func Open(dir string) *Source { return &Source{dir: dir} }

// Shards lists the payload files of the folder.
func (s *Source) Shards(ctx context.Context, pass source.Pass) ([]source.Shard, error) {
	return wearable.List(ctx, s.dir, pass, func(file string) bool {
		file = strings.ToLower(strings.TrimSuffix(file, ".gz"))
		return strings.HasSuffix(file, ".json") || strings.HasSuffix(file, ".ndjson")
	})
}

// Read reads one file.
func (s *Source) Read(ctx context.Context, _ source.Pass, sh source.Shard, b *record.Block, yield func() error) error {
	r, _ := s.readers.Get().(*reader)
	if r == nil {
		r = &reader{}
	}
	defer s.readers.Put(r)
	r.sink.Reset(ctx, "garmin", b, yield)
	r.upload = wearable.UploadOf(sh.File)
	if err := r.Open(filepath.Join(s.dir, filepath.FromSlash(sh.File))); err != nil {
		return fmt.Errorf("garmin: %w", err)
	}
	defer r.Close()
	if err := r.file(); err != nil {
		return err
	}
	return r.sink.Close()
}
