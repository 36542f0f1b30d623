package leak

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"filippo.io/age"

	"secondaryuse/deid/trace"
	"secondaryuse/pipeline/guard"
)

// Search is what is searched for, and with what.
type Search struct {
	Wanted     *trace.Wanted
	Temp       string         // a folder, the searcher's own, for what must lie in a file to be opened
	Workers    int            // one a core where it is 0
	Identities []age.Identity // that open archives; without one that does, an archive is a fault

	// Database shows what a DuckDB file holds.
	Database func(ctx context.Context, path string, yield func(table, column, value string)) error

	piece int64 // longer files are searched in pieces, each by itself; 64 MB where it is 0
}

// Run searches every file below each root, or the file that it is, and the names of
// all. A file that is there under several names is searched once, and a link is not
// followed, but where it leads to is searched as a name. A root that is not there is
// passed over.
func (s *Search) Run(ctx context.Context, roots ...string) (Report, error) {
	r := &results{found: make(map[key]*Found), report: Report{Files: make(map[string]int)}}
	jobs := make(chan job, 1024)
	var crew guard.Group
	n := s.Workers
	if n == 0 {
		n = runtime.GOMAXPROCS(0)
	}
	for range n {
		w := s.worker(ctx, r)
		crew.Go(func() {
			for j := range jobs {
				w.do(j)
			}
		})
	}
	err := s.list(ctx, s.worker(ctx, r), roots, jobs)
	close(jobs)
	crew.Wait()
	return r.end(), errors.Join(err, ctx.Err())
}

// job is a file to be searched, or of a long one the bytes from one place to before
// another; the first piece of one is also searched by what its bytes mean.
type job struct {
	path, told string
	from, to   int64 // to is 0 for a whole file
}

// list finds the files.
func (s *Search) list(ctx context.Context, w *worker, roots []string, jobs chan<- job) error {
	seen := make(map[[2]uint64]bool)
	for _, root := range roots {
		base := filepath.Base(root)
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				return gone(err)
			}
			rel, _ := filepath.Rel(root, path)
			told := w.told(filepath.Join(base, rel))
			w.name(told, d.Name())
			if target, err := os.Readlink(path); err == nil {
				w.name(told, target)
			}
			info, err := d.Info()
			if err != nil || !d.Type().IsRegular() {
				return gone(err)
			}
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				id := [2]uint64{uint64(st.Dev), st.Ino}
				if seen[id] {
					return nil
				}
				seen[id] = true
			}
			for _, j := range s.pieces(path, told, info.Size()) {
				select {
				case jobs <- j:
				case <-ctx.Done():
				}
			}
			return ctx.Err()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// pieces are the jobs that a file is.
func (s *Search) pieces(path, told string, size int64) (out []job) {
	piece := s.piece
	if piece == 0 {
		piece = 64 << 20
	}
	if size <= 2*piece {
		return []job{{path: path, told: told}}
	}
	for from := int64(0); from < size; from += piece {
		out = append(out, job{path, told, from, min(from+piece, size)})
	}
	return out
}

// gone passes over what is not there any more.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// told is a path without the parts of it that tell anything.
func (w *worker) told(path string) string {
	parts := strings.Split(filepath.ToSlash(path), "/")
	for i, p := range parts {
		if w.tells(p) {
			parts[i] = "(withheld)"
		}
	}
	return strings.Join(parts, "/")
}

// Tells reports whether a text names somebody.
func (s *Search) Tells(text string) bool {
	found := false
	s.Wanted.Scanner(func(trace.Finding) { found = true }).Bytes([]byte(text))
	return found
}

// Told is a path, or what is said of one, without the parts that tell anything.
func (s *Search) Told(path string) string {
	return s.worker(context.Background(), nil).told(path)
}
