package sharedrecord

import (
	"context"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
)

// BenchmarkFolder reads the folder that the environment variable FHIR_FOLDER
// names, on as many cores as -cpu says.
func BenchmarkFolder(b *testing.B) {
	dir := os.Getenv("FHIR_FOLDER")
	if dir == "" {
		b.Skip("FHIR_FOLDER names no folder")
	}
	for b.Loop() {
		s := New(Config{Dir: dir})
		shards, err := s.Shards(context.Background(), source.Rows)
		if err != nil {
			b.Fatal(err)
		}
		var bytes, rows, rejects, next atomic.Int64
		var wg sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				var block record.Block
				for i := next.Add(1) - 1; i < int64(len(shards)); i = next.Add(1) - 1 {
					err := s.Read(context.Background(), source.Rows, shards[i], &block, func() error {
						rows.Add(int64(len(block.Observations)))
						rejects.Add(int64(len(block.Rejects)))
						return nil
					})
					if err != nil {
						b.Error(err)
					}
					bytes.Add(shards[i].Bytes)
				}
			})
		}
		wg.Wait()
		b.SetBytes(bytes.Load())
		b.ReportMetric(float64(rows.Load()), "rows")
		if rejects.Load() > 0 {
			b.Errorf("%d rejects", rejects.Load())
		}
	}
}
