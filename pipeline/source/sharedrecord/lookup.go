package sharedrecord

import (
	"context"
	"fmt"
	"path/filepath"

	"secondaryuse/pipeline/source/fhir"
	"secondaryuse/pipeline/source/scan"
)

// readLookup reads the medicines and the organisations that records refer to.
func (s *Source) readLookup() (*fhir.Lookup, error) {
	l := fhir.NewLookup()
	dirs := s.config.Beside
	if len(dirs) == 0 {
		dirs = []string{s.config.Dir}
	}
	for _, dir := range dirs {
		if err := lookIn(l, dir, s.config.Limit, func(fhir.Added) {}); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// lookIn adds what the files of one folder hold to the look-up.
func lookIn(l *fhir.Lookup, dir string, limit int, added func(fhir.Added)) error {
	files, err := filesOf(context.Background(), dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.deleted || f.foreign || f.typ != "Medication" && f.typ != "Organization" {
			continue
		}
		if err := lookInFile(l, filepath.Join(dir, filepath.FromSlash(f.name)), limit, added); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

func lookInFile(l *fhir.Lookup, path string, limit int, added func(fhir.Added)) error {
	lines, err := scan.Open(path, 0, 0, limit)
	if err != nil {
		return err
	}
	defer lines.Close()
	for lines.Next() {
		if lines.Fault() == "" {
			added(l.Add(lines.Bytes()))
		}
		lines.Release()
	}
	return lines.Err()
}

// Lacks lists medicines and organisations that records which were read refer to,
// and that no folder holds, as "Type/id": all of them, or more than a thousand.
func (s *Source) Lacks() []string {
	if !s.asked.Load() {
		return nil
	}
	l, err := s.lookup()
	if err != nil {
		return nil // nothing was read
	}
	return l.Lacks()
}

// News is what folders say of medicines and organisations that those before them
// did not.
type News struct {
	Otherwise bool     // one that was there says something else now
	Fresh     []string // those that were not there, as "Type/id"
}

// Look returns what folders say that those before them, oldest first, did not.
func Look(before, since []string) (News, error) {
	var n News
	l, seen := fhir.NewLookup(), make(map[string]bool)
	for _, dir := range before {
		if err := lookIn(l, dir, 0, func(fhir.Added) {}); err != nil {
			return n, err
		}
	}
	for _, dir := range since {
		err := lookIn(l, dir, 0, func(a fhir.Added) {
			switch {
			case a.Name != "" && !a.Known:
				n.Fresh, seen[a.Name] = append(n.Fresh, a.Name), true
			case a.Otherwise && !seen[a.Name]:
				n.Otherwise = true
			}
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
