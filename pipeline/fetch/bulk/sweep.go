package bulk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// ours is what a Fetch leaves in a folder.
var ours = regexp.MustCompile(`^(\.bulk\.jsonl(\.new)?|\.(members|left)(\.new)?|(deleted/)?\.?[A-Za-z]+\.\d{3,}\.ndjson(\.part|\.plain|\.new)?)$`)

// sweep takes away what a Fetch left in a folder and state does not hold as
// here: all of it where state is nil. A file that is not ours is an error, or
// left alone where its name begins with a dot.
func sweep(dir string, s *state) error {
	keep := map[string]bool{}
	if s != nil {
		keep[journal], keep[memberList], keep[leftList] = true, true, true
		for _, j := range s.Jobs {
			for _, f := range j.Files {
				if !f.Done {
					keep[part(f.Name)] = true
				} else if info, err := os.Stat(filepath.Join(dir, f.Name)); err == nil && info.Size() == f.Size {
					keep[f.Name] = true
				} else {
					f.Done = false
				}
			}
		}
		keep[leftName] = s.End != nil
	}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || e.IsDir() && (name == "." || name == "deleted"):
			return err
		case !e.IsDir() && e.Name()[0] == '.' && !ours.MatchString(name):
			return nil
		case e.IsDir() || !ours.MatchString(name):
			return errors.New("the folder of the delivery holds what is not ours")
		case keep[name]:
			return nil
		}
		return os.Remove(filepath.Join(dir, name))
	})
	if below := filepath.Join(dir, "deleted"); err == nil {
		os.Remove(below) // where it is empty
	}
	return err
}

// part is the name of a file while it comes, plain that while it is unpacked.
func part(name string) string  { return hidden(name) + ".part" }
func plain(name string) string { return hidden(name) + ".plain" }

func hidden(name string) string {
	dir, base := filepath.Split(name)
	return dir + "." + strings.TrimPrefix(base, ".")
}
