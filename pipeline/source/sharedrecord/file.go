package sharedrecord

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"secondaryuse/pipeline/source/fhir"
	"secondaryuse/pipeline/source/scan"
)

// file is a file of the feed and what its name says.
type file struct {
	name    string // within the folder, with slashes
	size    int64
	typ     string // the resource type, or nothing
	deleted bool   // it lists deletions
	foreign bool   // it is named for a resource type, but is not NDJSON
}

// files lists the files of the feed in the order of their names. It is an
// error if there are none.
func (s *Source) files(ctx context.Context) ([]file, error) {
	list, err := filesOf(ctx, s.config.Dir)
	if err == nil && len(list) == 0 {
		err = errors.New("folder of the feed: no bulk-export file in the folder")
	}
	return list, err
}

func filesOf(ctx context.Context, dir string) ([]file, error) {
	var list []file
	tree := os.DirFS(dir)
	err := fs.WalkDir(tree, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		f, ok := named(name)
		if e.IsDir() || !ok {
			return ctx.Err()
		}
		info, err := fs.Stat(tree, name) // through a symbolic link
		if err != nil {
			return err
		}
		if f.size = info.Size(); info.Mode().IsRegular() {
			list = append(list, f)
		}
		return nil
	})
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		err = fmt.Errorf("%s: %w", path.Op, path.Err)
	}
	if err != nil {
		return nil, fmt.Errorf("folder of the feed: %w", err)
	}
	return list, nil
}

// named says what a name says. It reports false for a file that is none of the
// feed's records.
func named(name string) (f file, ok bool) {
	f.name = name
	dir, base := "", name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		dir, base = name[:i], name[i+1:]
	}
	f.deleted = dir == "deleted" || strings.HasSuffix(dir, "/deleted")
	words := strings.FieldsFunc(base, func(c rune) bool { return c == '.' || c == '-' || c == '_' })
	if len(words) == 0 || base[0] == '.' {
		return f, false
	}
	if last := strings.ToLower(words[len(words)-1]); last == "gz" || last == "zst" {
		words = words[:len(words)-1]
	}
	for _, w := range words {
		if f.typ == "" && fhir.IsType(w) {
			f.typ = w
		}
	}
	switch strings.ToLower(words[max(0, len(words)-1)]) {
	case "ndjson":
		first := strings.ToLower(words[0])
		return f, f.typ != "" || first != "log" && first != "manifest"
	case "sha256", "sha512", "md5", "crc", "crc32", "sig", "asc":
		return f, false
	}
	f.foreign = true
	return f, f.typ != ""
}

// holdsPersons reports whether patients, not only deletions of them, are looked
// for in a file.
func (s *Source) holdsPersons(f file) (bool, error) {
	switch {
	case f.deleted, f.foreign:
		return false, nil
	case f.typ == "", f.typ == "Patient", f.typ == "Bundle":
		return true, nil
	}
	lines, err := scan.Open(s.path(f.name), 0, 0, s.config.Limit)
	if err != nil {
		return false, fmt.Errorf("%s: %w", f.name, err)
	}
	defer lines.Close()
	for lines.Next() {
		if lines.Fault() == "" {
			typ := fhir.TypeOf(lines.Bytes())
			return typ == "Patient" || typ == "Bundle", lines.Err() // the line may be what was read before it failed
		}
	}
	return false, lines.Err()
}
