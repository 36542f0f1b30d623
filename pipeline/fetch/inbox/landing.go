package inbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"secondaryuse/pipeline/durable"
	"secondaryuse/pipeline/fetch"
)

// begin makes the folder of the delivery ready: what an earlier Fetch has left
// there of the same files stays, all else goes.
func (b *Inbox) begin(f Folder, mem memory, dir string, p fetch.Progress, list []file) (*visit, error) {
	v := &visit{Inbox: b, folder: f, dir: dir, p: p, mem: mem, keys: make(map[string]bool), placed: make(map[string]int)}
	if err := v.remove(seen); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	text, err := os.ReadFile(v.path(journalName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	old := parseJournal(text).journal
	var lines strings.Builder
	stays := map[string]bool{journalName: true}
	for _, x := range list {
		n, cut := old.points[id(x)]
		e, ok := old.entries[id(x)]
		if cut {
			lines.WriteString(pointLine(id(x), n))
			stays[".part-"+id(x)] = true
		}
		if ok {
			lines.WriteString(e.line())
			stays[".whole-"+id(x)], stays[target(e.name, e.packed)] = true, !e.dup
		}
	}
	if err := durable.Replace(v.path(journalName), []byte(lines.String())); err != nil {
		return nil, err
	}
	if err := v.sweep(stays); err != nil {
		return nil, err
	}
	v.journal, err = openJournal(v.path(journalName))
	return v, err
}

// sweep removes all files but those that stay.
func (v *visit) sweep(stays map[string]bool) error { return sweep(v.dir, stays) }

// ours is the hidden files that we make, and what durable.Replace may leave of
// them; others are none of our concern.
var ours = regexp.MustCompile(`^\.(part-[0-9a-f]{16}|whole-[0-9a-f]{16}|took|seen|times)(\.tmp)?$`)

func sweep(dir string, stays map[string]bool) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name()[0] == '.' && !ours.MatchString(e.Name()) {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || stays[filepath.ToSlash(name)] {
			return err
		}
		return os.Remove(path)
	})
}

// empty removes what is in the folder of a delivery that there is not.
func empty(dir string) error { return sweep(dir, nil) }

func (v *visit) path(name string) string { return filepath.Join(v.dir, filepath.FromSlash(name)) }

func (v *visit) remove(name string) error { return os.Remove(v.path(name)) }

func (v *visit) hidden(what, id string) string { return v.path("." + what + "-" + id) }

// sync leaves in the journal exactly what was taken, takes away what is only
// of use while it is made, and makes all of it durable.
func (v *visit) sync() error {
	var lines strings.Builder
	stays := map[string]bool{journalName: true}
	for _, h := range v.got {
		lines.WriteString(h.line())
		if !h.dup {
			stays[target(h.file.name, h.packed)] = true
		}
	}
	if err := durable.Replace(v.path(journalName), []byte(lines.String())); err != nil {
		return err
	}
	if err := v.sweep(stays); err != nil {
		return err
	}
	return filepath.WalkDir(v.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			err = durable.Sync(path)
		}
		return err
	})
}
