package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"secondaryuse/marts/disclose"
)

// figures is where disclose keeps whom the figures of earlier releases count.
func (d *Desk) figures() string { return filepath.Join(d.config.Register, "figures") }

const peopleSuffix = ".people"

func (d *Desk) peopleFile(id string) string { return filepath.Join(d.figures(), id+peopleSuffix) }

// moment is how all requests stood when one was asked.
type moment struct {
	all  map[string]standing // now
	with map[string][]string // of each request, those of which something had left, or could leave yet, when it was asked; "" is one that is asked now
}

// moments goes through the register once.
func (d *Desk) moments() (m moment, err error) {
	steps, err := d.register.Steps()
	if err != nil {
		return m, err
	}
	m = moment{make(map[string]standing), make(map[string][]string)}
	for _, step := range steps {
		if step.Kind != kind {
			continue
		}
		if step.What == asked {
			m.with[step.Name] = m.live()
		}
		s := m.all[step.Name]
		_ = s.follow(eventOf(step)) // what cannot have happened changes nothing; Verify tells of it
		m.all[step.Name] = s
	}
	m.with[""] = m.live()
	return m, nil
}

// live are the requests of which something has left, or may yet.
func (m moment) live() []string {
	out := []string{}
	for id, s := range m.all {
		if s.counts() {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// counts reports whether later tables are compared with a request.
func (s standing) counts() bool {
	return s.kept && (s.state.open() || s.state == Released)
}

// comparable returns the requests that one must be compared with, or one that is asked
// now, and holds that whom each of them counts is kept as it was: by its SHA-256 here,
// and by the register's key where it is compared.
func (d *Desk) comparable(id string) ([]string, error) {
	m, err := d.moments()
	if err != nil {
		return nil, err
	}
	errs := []error{d.unasked(m)}
	for _, other := range m.with[id] {
		errs = append(errs, d.remembered(other, m.all[other]))
	}
	return m.with[id], errors.Join(errs...)
}

// remembered holds that whom a request counts is kept as it was.
func (d *Desk) remembered(id string, s standing) error {
	r, err := d.requests.request(id, s.digest)
	if err != nil {
		return err
	}
	is, err := digestOf(d.peopleFile(id))
	switch want := r.People + s.accepted; {
	case errors.Is(err, fs.ErrNotExist):
		return changed(id, "whom it counts is not kept any more, and nothing can be compared with it; next: restore %s from a copy", d.figures())
	case err != nil:
		return err
	case want == "":
		return changed(id, "whom it counts was kept by an earlier program without the register's key, and nobody can tell whether somebody has changed it; next: where nothing of it has left, have it withdrawn; otherwise a custodian or a guardian who knows of nothing against it calls ohc-marts releases --accept %s", id)
	case is != want:
		return changed(id, "whom it counts has other bytes than when it was asked: somebody has changed it, or put another in its place; next: restore %s from a copy", d.figures())
	}
	return nil
}

func digestOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// unasked finds what is kept of requests that the register does not know: it knew them
// once, or somebody has put that there. Of one that is being asked it does not know yet.
func (d *Desk) unasked(m moment) error {
	paths, err := filepath.Glob(d.peopleFile("*"))
	errs := []error{err}
	for _, path := range paths {
		if id := strings.TrimSuffix(filepath.Base(path), peopleSuffix); !m.all[id].kept && !d.requests.half(id) {
			errs = append(errs, fmt.Errorf("%w: %s: whom it counts is kept, and the register does not know it; next: ohc-marts verify, and find out what became of the register", ErrChanged, id))
		}
	}
	return errors.Join(errs...)
}

// forget takes away whom requests count with which nothing is compared any more. One
// that is still open is compared again before it leaves, with all that it was compared
// with when it was asked.
func (d *Desk) forget() error {
	m, err := d.moments()
	if err != nil {
		return err
	}
	needed := m.with[""]
	for id, s := range m.all {
		if s.kept && s.state.open() {
			needed = append(needed, m.with[id]...)
		}
	}
	errs := []error{}
	for id, s := range m.all {
		if s.kept && !slices.Contains(needed, id) {
			errs = append(errs, d.drop(id))
		}
	}
	return errors.Join(errs...)
}

// drop takes away whom a request counts, if that is there.
func (d *Desk) drop(id string) error {
	if !disclose.Keeps(d.figures(), id) {
		return nil
	}
	return disclose.Forget(d.figures(), id)
}
