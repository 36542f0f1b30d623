// Package stage writes pseudonymised rows to Parquet parts. It takes a
// deid.Batch and nothing else, so nothing that has not crossed can be stored.
//
// A run has one folder; each goroutine has one Writer, which keeps one part
// open per dataset. Parts do not exist until the run is sealed (package seal).
package stage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"secondaryuse/deid"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/pipeline/guard"
	"secondaryuse/pipeline/stage/seal"
)

// Writer writes the parts of one goroutine. It is not safe for concurrent use.
type Writer struct {
	dir   string
	name  int
	parts [record.Datasets]part
}

// part is an open Parquet part.
type part interface {
	close() (rows int64, err error)
	path() string
}

// NewWriter returns a Writer whose parts lie in dir and are told from those of
// other writers by number.
func NewWriter(dir string, number int) *Writer { return &Writer{dir: dir, name: number} }

// Append stores rows. They are durable only once the run is sealed.
func Append[X row.Row](w *Writer, b deid.Batch[X]) error {
	if len(b.Rows()) == 0 {
		return nil
	}
	set := record.DatasetOf[X]()
	if w.parts[set] == nil {
		p, err := create[X](filepath.Join(w.dir, fmt.Sprintf("%s-%03d.parquet", set, w.name)))
		if err != nil {
			return fmt.Errorf("%s: stage: %w", set, err)
		}
		w.parts[set] = p
	}
	if err := w.parts[set].(*file[X]).write(b.Rows()); err != nil {
		return fmt.Errorf("%s: stage: %w", set, err)
	}
	return nil
}

// Close ends all parts and returns them, without their checksums.
func (w *Writer) Close() ([]seal.Part, error) {
	var parts []seal.Part
	var errs []error
	for set, p := range w.parts {
		if p == nil {
			continue
		}
		rows, err := p.close()
		errs = append(errs, err)
		parts = append(parts, seal.Part{
			Dataset: record.Dataset(set).String(),
			File:    filepath.Base(p.path()),
			Rows:    rows,
		})
	}
	w.parts = [record.Datasets]part{}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	return parts, nil
}

// Seal makes the parts durable and the run exist: it fills in size and
// checksum of every part that has none yet and writes the manifest last.
func Seal(stage string, m seal.Manifest) (seal.Manifest, error) {
	dir := seal.Dir(stage, m.Run)
	errs := make([]error, len(m.Parts)+len(m.State))
	inParallel(len(errs), func(i int) {
		if i < len(m.Parts) {
			errs[i] = finish(dir, &m.Parts[i])
		} else {
			errs[i] = finishState(dir, &m.State[i-len(m.Parts)])
		}
	})
	if err := errors.Join(errs...); err != nil {
		return m, fmt.Errorf("stage: seal: %w", err)
	}
	return m, seal.Write(stage, m)
}

func finish(dir string, p *seal.Part) error {
	f, file, err := read(filepath.Join(dir, p.File))
	if err != nil {
		return err
	}
	defer f.Close()
	if p.SHA256 == "" {
		if p.Bytes, p.SHA256, err = seal.Digest(f); err != nil {
			return err
		}
	}
	if err := inspect(file); err != nil {
		return fmt.Errorf("%s: %w", p.Dataset, err)
	}
	return f.Sync()
}

// finishState makes durable what only later deltas need. What is no table of
// ours has nothing that could be looked into.
func finishState(dir string, p *seal.Part) error {
	if p.Dataset == record.DatasetOf[row.Link]().String() {
		return finish(dir, p)
	}
	f, err := os.Open(filepath.Join(dir, p.File))
	if err != nil {
		return err
	}
	defer f.Close()
	if p.SHA256 == "" {
		if p.Bytes, p.SHA256, err = seal.Digest(f); err != nil {
			return err
		}
	}
	return f.Sync()
}

// inParallel calls f for each number below n, on every core.
func inParallel(n int, f func(int)) {
	var wg guard.Group
	cores := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range n {
		wg.Go(func() {
			cores <- struct{}{}
			defer func() { <-cores }()
			f(i)
		})
	}
	wg.Wait()
}
