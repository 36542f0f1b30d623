package project

import (
	"cmp"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"secondaryuse/marts/extract/anonymity"
	"secondaryuse/pipeline/strict"
)

// ErrInvalid is wrapped by every error about what stands in a project's file.
var ErrInvalid = errors.New("not a project")

// place is the file that a project was read from.
type place struct {
	file string
	text strict.Document
}

func (p place) where(field string) string {
	return fmt.Sprintf("%s:%d: %s", p.file, p.text.Line(field), field)
}

// named is what a project may be called. Two hyphens are before the generation of its
// domain, so that no project is called as another's next one is.
var named = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// longest is how long the name of a project may be.
const longest = 31

// A file of a project, and a look-up, are no larger than so many bytes: what is nested
// deeper takes minutes to read.
const (
	largest       = 128 << 10
	largestLookup = 4 << 20
)

// Load reads projects/NAME.yaml of a folder, and the look-ups that lie beside it.
// An error names file, line, field, reason and what to do next, and wraps
// ErrInvalid where the file is not one of a project.
func Load(folder, name string) (Project, error) {
	if !named.MatchString(name) || len(name) > longest {
		return Project{}, fmt.Errorf("%w: that is no name of one, which is a word of lower case letters, digits and single hyphens between them", ErrInvalid)
	}
	p := Project{Name: name, place: place{file: filepath.Join(folder, name+".yaml")}}
	data, err := whole(p.place.file, largest)
	if errors.Is(err, fs.ErrNotExist) {
		return Project{}, fmt.Errorf("project: there is none of that name in %s; next: name one that is there, NAME.yaml without its end: %w", folder, fs.ErrNotExist)
	}
	if err != nil {
		return Project{}, fmt.Errorf("project: %w", err)
	}
	var line int64
	var reason string
	if p.place.text, line, reason = strict.Decode(data, &p); reason != "" {
		return Project{}, fmt.Errorf("%w: %s:%d: %s; correct it by the example in README", ErrInvalid, p.place.file, max(line, 1), reason)
	}
	p.tidy()
	f := faults{place: p.place}
	p.look(folder, &f)
	p.check(&f)
	if err := f.err(); err != nil {
		return Project{}, err
	}
	return p, nil
}

// tidy takes off blank space at the ends, which says nothing, and fills in the
// figures that are ours.
func (p *Project) tidy() {
	p.Cohort = strings.TrimSpace(p.Cohort)
	for _, s := range []*string{&p.Purpose.Objective, &p.Purpose.Processing, &p.Purpose.Benefits, &p.Title} {
		*s = strings.Join(strings.Fields(*s), " ")
	}
	for i := range p.Tables {
		p.Tables[i].Why = strings.Join(strings.Fields(p.Tables[i].Why), " ")
		for j := range p.Tables[i].Columns {
			p.Tables[i].Columns[j].Why = strings.Join(strings.Fields(p.Tables[i].Columns[j].Why), " ")
		}
	}
	if p.Anonymity.K == 0 {
		p.Anonymity.K = 10
	}
	for i := range p.Anonymity.Sensitive {
		if p.Anonymity.Sensitive[i].L == 0 {
			p.Anonymity.Sensitive[i].L = 2
		}
	}
}

// look reads the look-ups that the levels name.
func (p *Project) look(folder string, f *faults) {
	p.lookups, p.hashes = make(map[string]map[string]string), make(map[string]string)
	read := func(field, word string) {
		file, ok := anonymity.File(word)
		if !ok || p.lookups[file] != nil {
			return
		}
		pairs, sum, err := lookup(filepath.Join(folder, file))
		if err != nil {
			f.add(field, err.Error(), "put a CSV file with the columns from,to beside the project's")
			return
		}
		p.lookups[file], p.hashes[file] = pairs, sum
	}
	for i, t := range p.Tables {
		for j, c := range t.Columns {
			read(fmt.Sprintf("tables[%d].columns[%d].coarsen", i, j), c.Coarsen)
		}
	}
	for i, q := range p.Anonymity.Quasi {
		for _, word := range q.Levels {
			read(fmt.Sprintf("anonymity.quasi_identifiers[%d].levels", i), word)
		}
	}
}

// lookup reads a CSV file of pairs: from,to. Each value stands in it once.
func lookup(path string) (map[string]string, string, error) {
	data, err := whole(path, largestLookup)
	if errors.Is(err, errNoText) {
		return nil, "", errors.New("the look-up is not in UTF-8: " + filepath.Base(path))
	}
	if err != nil {
		return nil, "", errors.New("the look-up cannot be read: " + filepath.Base(path))
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff"))) // which Excel puts before
	r.FieldsPerRecord, r.Comment = 2, '#'
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 || rows[0][0] != "from" || rows[0][1] != "to" {
		return nil, "", errors.New("the look-up is not CSV with the columns from,to and a row: " + filepath.Base(path))
	}
	out := make(map[string]string, len(rows)-1)
	for _, row := range rows[1:] {
		if _, twice := out[row[0]]; twice || row[0] == "" || row[1] == "" {
			return nil, "", errors.New("the look-up has a value twice, or an empty one: " + filepath.Base(path))
		}
		if strings.ContainsAny(row[1][:1], "=+-@\t\r") {
			return nil, "", errors.New("the look-up has a value that a spreadsheet takes for a formula: " + filepath.Base(path))
		}
		out[row[0]] = row[1]
	}
	text, err := json.Marshal(out) // its keys in order: comments are no part of what it says
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(text)
	return out, hex.EncodeToString(sum[:]), nil
}

var errNoText = errors.New("not in UTF-8")

// whole reads a file of text that may not be large.
func whole(path string, most int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe would never open
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: no file", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(data)) > most:
		return nil, fmt.Errorf("%s: larger than %d bytes", path, most)
	case !utf8.Valid(data): // of which two could have one digest
		return nil, fmt.Errorf("%s: %w", path, errNoText)
	}
	return data, nil
}

// faults collects what is wrong with a file.
type faults struct {
	place place
	list  []fault
}

type fault struct {
	line              int64
	field, said, next string
}

func (f *faults) add(field, reason, next string) {
	f.list = append(f.list, fault{f.place.text.Line(field), field, reason, next})
}

// err is all of it, in the order of the file.
func (f *faults) err() error {
	slices.SortFunc(f.list, func(a, b fault) int {
		return cmp.Or(cmp.Compare(a.line, b.line), strings.Compare(a.field, b.field), strings.Compare(a.said, b.said))
	})
	var errs []error
	for _, x := range f.list {
		errs = append(errs, fmt.Errorf("%w: %s: %s; %s", ErrInvalid, f.place.where(x.field), x.said, x.next))
	}
	return errors.Join(errs...)
}
