package leak

import (
	"cmp"
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
	"secondaryuse/pipeline/ledger"
)

// Search is what is searched for, and with what.
type Search struct {
	Wanted     *trace.Wanted
	Temp       string         // a folder, the searcher's own, for what must lie in a file to be opened
	Workers    int            // one a core where it is 0
	Identities []age.Identity // that open archives; without one that does, an archive is a fault

	// Again takes up once more whoever is looked for, and reports whether they are the same
	// as before: by that what is found is made certain. Where it is nil, what only has the
	// fingerprint of an identifier is told as well.
	Again func(ctx context.Context, to *trace.Wanted) (same bool, err error)

	// Database shows what a DuckDB file holds.
	Database func(ctx context.Context, path string, yield func(table, column, value string)) error

	piece int64 // longer files are searched in pieces, each by itself; 64 MB where it is 0
}

// Run searches every file below each root, or the file that it is, and the names of
// all. A file that is there under several names is searched once. A link is searched as
// a name, and followed: who can read a link can read what it leads to. What cannot be
// read is a fault, and the others are searched all the same; a root that is not there is
// passed over.
func (s *Search) Run(ctx context.Context, roots ...string) (Report, error) {
	r := newResults()
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
	l := lister{worker: s.worker(ctx, r), jobs: jobs, seen: make(map[[2]uint64]bool)}
	err := l.list(roots)
	close(jobs)
	crew.Wait()
	return r.end(s.certain(ctx, r)), errors.Join(err, ctx.Err())
}

// certain says of what was found whether it is what is looked for. Where that cannot be
// said all of it counts.
func (s *Search) certain(ctx context.Context, r *results) func(trace.Proof) bool {
	all := func(trace.Proof) bool { return true }
	found := r.proofs()
	if s.Again == nil || len(found) == 0 {
		return all
	}
	again := s.Wanted.Again(found)
	same, err := s.Again(ctx, again)
	if err != nil {
		r.fault("feeds", "they cannot be read once more, so that what was found may be there by chance: "+err.Error())
		return all
	}
	if !same {
		r.fault("feeds", "they changed while it was searched, so that what was found may be there by chance")
		return all
	}
	return again.Certain
}

// job is a file to be searched, or of a long one the bytes from one place to before
// another; the first piece of one is also searched by what its bytes mean.
type job struct {
	path, told string
	from, to   int64 // to is 0 for a whole file
	depth      int   // how many archives it lay in
}

// lister finds the files.
type lister struct {
	*worker
	jobs  chan<- job
	seen  map[[2]uint64]bool // devices and numbers of files and folders
	links []link
}

// link is where a link leads to, and how the link is told.
type link struct{ path, told string }

func (l *lister) list(roots []string) error {
	for _, root := range roots {
		l.links = append(l.links, link{root, filepath.Base(root)})
	}
	for len(l.links) > 0 { // a link is followed when all before it is searched, under its own name
		next := l.links[0]
		l.links = l.links[1:]
		if err := l.tree(next); err != nil {
			return err
		}
	}
	return nil
}

// tree lists a folder or a file, and all below it.
func (l *lister) tree(from link) error {
	root, err := filepath.EvalSymlinks(from.path)
	if err != nil {
		l.unread(l.told(from.told), err)
		return nil
	}
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, path)
		told := l.told(filepath.Join(from.told, rel))
		if err == nil {
			err = l.entry(path, told, d)
		}
		if err == fs.SkipDir || l.ctx.Err() != nil {
			return cmp.Or(l.ctx.Err(), err)
		}
		l.unread(told, err)
		return nil
	})
}

// unread notes what cannot be read, unless it is not there any more.
func (l *lister) unread(told string, err error) {
	if gone(err) != nil {
		l.results.fault(told, l.reason(err))
	}
}

// entry takes up a file, a folder or a link, and searches its name.
func (l *lister) entry(path, told string, d fs.DirEntry) error {
	l.name(told, d.Name())
	if target, err := os.Readlink(path); err == nil {
		l.name(told, target)
		l.links = append(l.links, link{path, told})
		return nil
	}
	info, err := d.Info()
	if err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		id := [2]uint64{uint64(st.Dev), st.Ino}
		if l.seen[id] && d.IsDir() {
			return fs.SkipDir
		} else if l.seen[id] {
			return nil
		}
		l.seen[id] = true
	}
	if !d.Type().IsRegular() {
		return nil
	}
	jobs := []job{{path: path, told: told}}
	if !ledger.Held(path) {
		jobs = pieces(jobs[0], info.Size(), cmp.Or(l.Search.piece, longest))
	}
	for _, j := range jobs {
		select {
		case l.jobs <- j:
		case <-l.ctx.Done():
		}
	}
	return nil
}

// pieces are the jobs that a file is, where one is about as long as piece.
func pieces(j job, size, piece int64) (out []job) {
	if size <= 2*piece {
		return []job{j}
	}
	for from := int64(0); from < size; from += piece {
		j.from, j.to = from, min(from+piece, size)
		out = append(out, j)
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
