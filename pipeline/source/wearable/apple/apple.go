// Package apple reads what Apple Health exports: export.xml, as it is, packed
// with gzip, or in the archive that the phone makes.
//
// A record of the feed is an element right below HealthData: Record, Workout,
// ActivitySummary, Correlation, ClinicalRecord, Audiogram, VisionPrescription
// or any other, but not ExportDate and not Me, which holds the date of birth
// and is never read. What stands inside an element belongs to it: the records
// that a Correlation repeats are not counted again.
//
// The account is the first folder of the file's path; for an archive that lies
// in no folder the name of the archive; and for a file export.xml or
// export.zip that lies in no folder the name of the feed's folder.
//
// An export has no ids. A record's key is a hash of its account, type, start,
// end and source, with the times as moments and not as wall clock readings,
// because one phone exports the same record with another offset after its owner
// has travelled. The value is not part of it: what a later export says of the
// same stretch of time takes the place of what an earlier one said. The name of
// the source, often a person's, goes nowhere else. An ActivitySummary is known by
// its date. The version of a record is the date of its export, and where that has
// none, when the record was made.
//
// A wall clock reading and its day are what the export writes. A phone writes
// them by the clock where it was when it exported, so that days spent in
// another time zone are those of home.
//
// Sleep is told in pieces, and no piece says to which night it belongs: a
// piece counts towards the day on which it ends, or the next if it ends after
// six in the evening.
package apple

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/klauspost/compress/zip"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/wearable"
)

// Source is a folder of exports.
type Source struct {
	dir     string
	readers sync.Pool
}

// Open returns the source of a folder. The folder is looked at when its shards
// are listed.
func Open(dir string) *Source { return &Source{dir: dir} }

// Shards lists the exports of the folder.
func (s *Source) Shards(ctx context.Context, pass source.Pass) ([]source.Shard, error) {
	return wearable.List(ctx, s.dir, pass, wanted)
}

func wanted(file string) bool {
	low := strings.ToLower(strings.TrimSuffix(file, ".gz"))
	return strings.HasSuffix(low, ".zip") || strings.HasSuffix(low, ".xml") && !strings.HasSuffix(low, "_cda.xml")
}

// Read reads one export.
func (s *Source) Read(ctx context.Context, _ source.Pass, sh source.Shard, b *record.Block, yield func() error) error {
	r, _ := s.readers.Get().(*reader)
	if r == nil {
		r = &reader{}
	}
	defer s.readers.Put(r)
	r.sink.Reset(ctx, "apple", b, yield)
	r.begin(s.account(sh.File))
	reason, err := r.open(filepath.Join(s.dir, filepath.FromSlash(sh.File)))
	if err != nil {
		return fmt.Errorf("apple: %w", err)
	}
	if reason == "" {
		defer r.x.Close()
		reason = r.x.Text()
	}
	if reason != "" {
		r.sink.Begin(0)
		err = r.sink.Reject("", reason)
	} else {
		err = r.document()
	}
	if err != nil {
		return err
	}
	return r.sink.Close()
}

// account says whose export a file is.
func (s *Source) account(file string) string {
	first, rest, nested := strings.Cut(file, "/")
	if nested && (first != "apple_health_export" || strings.Contains(rest, "/")) {
		return first
	}
	stem, _, _ := strings.Cut(path.Base(file), ".")
	if strings.EqualFold(path.Ext(file), ".zip") && !strings.EqualFold(stem, "export") {
		return strings.TrimSuffix(path.Base(file), path.Ext(file))
	}
	return filepath.Base(s.dir)
}

// open opens an export. A reason says why there is none inside the file.
func (r *reader) open(name string) (reason string, err error) {
	r.x.tagged, r.x.cut = 0, false
	if !strings.EqualFold(filepath.Ext(name), ".zip") {
		return "", r.x.Open(name)
	}
	f, err := os.Open(name)
	if err != nil {
		return "", wearable.Bare(err)
	}
	entry := find(f)
	if entry == nil {
		f.Close() // it was only read
		return "the file is no archive with an export in it", nil
	}
	unpacked, err := entry.Open()
	if err != nil {
		f.Close() // it was only read
		return "the archive cannot be unpacked", nil
	}
	r.x.Reset(unpacked, closers{unpacked, f})
	return "", nil
}

// find returns the export in an archive: export.xml, or else, because the name
// is translated, the largest XML file that is not the clinical document.
func find(f *os.File) *zip.File {
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	archive, err := zip.NewReader(f, info.Size())
	if err != nil {
		return nil
	}
	var best *zip.File
	for _, e := range archive.File {
		switch low := strings.ToLower(path.Base(e.Name)); {
		case low == "export.xml":
			return e
		case !strings.HasSuffix(low, ".xml"), strings.HasSuffix(low, "_cda.xml"), low[0] == '.':
		case best == nil || e.UncompressedSize64 > best.UncompressedSize64:
			best = e
		}
	}
	return best
}

// closers closes both and says what the first had to say.
type closers [2]io.Closer

func (c closers) Close() error {
	err := c[0].Close()
	c[1].Close() // it was only read
	return err
}
