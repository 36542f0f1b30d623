package inbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"secondaryuse/pipeline/fetch"
)

// Done moves what was taken into the folder taken, where the policy is not to
// keep it. What has changed since it was taken stays where it is.
func (b *Inbox) Done(ctx context.Context, d fetch.Delivery, dir string) error {
	if b.policy.Keep {
		return nil
	}
	if err := b.done(ctx, d, dir); err != nil {
		return b.fail(ctx, err)
	}
	return nil
}

func (b *Inbox) done(ctx context.Context, d fetch.Delivery, dir string) error {
	mem, err := recall(fetch.Last{Delivery: d, Dir: dir})
	if err != nil {
		return errMemory // nothing is moved for a delivery that is not there
	}
	text, err := os.ReadFile(filepath.Join(dir, journalName))
	if err != nil {
		return err
	}
	p := parseJournal(text)
	if p.length != len(text) {
		return errMemory
	}
	f, err := b.reach(ctx)
	if err != nil {
		return err
	}
	defer f.Close()
	list, err := walk(ctx, f, ".", 0, nil)
	if err != nil {
		return err
	}
	number(list)
	return b.move(ctx, f, list, p.entries, path.Join(taken, group(mem.number)))
}

// move moves the files of the journal that are still what they were, each
// after its marker: a marker without a file would call the next file complete,
// a file without one is only looked at again.
func (b *Inbox) move(ctx context.Context, f Folder, list []file, entries map[string]entry, to string) error {
	there := make(map[string]file, len(list))
	for _, x := range list {
		there[x.name] = x
	}
	var moved []file
	for _, x := range list {
		e, ok := entries[id(x)]
		if !ok || e.path != x.name || x.odd != "" {
			continue
		}
		if m, ok := there[x.name+b.policy.Marker]; ok && b.policy.Marker != "" && m.odd == "" {
			if err := b.away(ctx, f, m, to); err != nil {
				return err
			}
			b.step("marker")
		}
		if err := b.away(ctx, f, x, to); err != nil {
			return err
		}
		b.step("moved")
		moved = append(moved, x)
	}
	if len(moved) == 0 {
		return nil
	}
	return b.giveBack(ctx, f, moved, to)
}

func (b *Inbox) away(ctx context.Context, f Folder, x file, to string) error {
	err := f.Move(ctx, x.name, path.Join(to, x.name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // else somebody was faster
		return &fileError{x.no, fmt.Errorf("cannot be moved into taken: %w", bare(err))}
	}
	return nil
}

// giveBack sees whether what was moved is what was taken. A file that somebody
// replaced in the moment before it was moved goes back.
func (b *Inbox) giveBack(ctx context.Context, f Folder, moved []file, to string) error {
	list, err := walk(ctx, f, to, 1, nil)
	if err != nil {
		return err
	}
	now := make(map[string]file, len(list))
	for _, x := range list {
		now[strings.TrimPrefix(x.name, to+"/")] = x
	}
	for _, x := range moved {
		y, ok := now[x.name]
		if !ok || y.size == x.size && y.at.Equal(x.at) && y.node == x.node {
			continue
		}
		if err := b.back(ctx, f, y.name, x); err != nil {
			return err
		}
	}
	return nil
}

func (b *Inbox) back(ctx context.Context, f Folder, from string, x file) error {
	list, err := f.List(ctx, path.Dir(x.name))
	if err != nil {
		return err
	}
	for _, info := range list {
		if info.Name() == path.Base(x.name) {
			return &fileError{x.no, errors.New("was replaced twice while it was moved; what came in between lies in taken: move it back under another name")}
		}
	}
	return f.Move(ctx, from, x.name)
}
