package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"secondaryuse/marts/disclose"
	"secondaryuse/marts/egress"
)

// ErrDiffers is wrapped where a request holds something else than what the program of
// who looks at it computes from its question and its snapshot.
var ErrDiffers = errors.New("the request does not hold what is computed from its snapshot")

func differs(r Request, format string, args ...any) error {
	return fmt.Errorf("%w: %s, asked by %s with program %s, computed with %s: %s; next: find out who has written it, or whether its question leaves open which of several rows it takes (ties of an ORDER BY, first, arg_max); nothing of it leaves, and its author may ask again",
		ErrDiffers, r.ID, r.Author, r.Program, egress.Program(), fmt.Sprintf(format, args...))
}

// held computes a request again for who decides on it, and returns the digest of the
// table. A request that does not hold what is computed, or of which nothing can be
// computed any more, is returned to its author.
func (d *Desk) held(ctx context.Context, r Request, s standing, files map[string][]byte) (string, error) {
	digest, err := d.again(ctx, r, files)
	if errors.Is(err, ErrDiffers) || errors.Is(err, ErrRefused) {
		err = errors.Join(err, d.close(ctx, r.ID, event{what: returned, digest: s.digest, why: err.Error()}))
	}
	return digest, err
}

// again computes all of a request again, of the signed snapshot and the question: what
// its author's program has written is believed in nothing. It must come to the same, to
// the byte. It is compared with the very requests that it had to be compared with when
// it was asked.
func (d *Desk) again(ctx context.Context, r Request, files map[string][]byte) (string, error) {
	if digest := d.computed[r.Digest()]; digest != "" {
		return digest, nil
	}
	of, err := d.sameTask(r, files)
	if err != nil {
		return "", err
	}
	k, err := parseKept(files[keptFile])
	if err != nil {
		return "", changed(r.ID, "%s cannot be read", keptFile)
	}
	if err := d.register.Intact(k.Persons); err != nil {
		return "", differs(r, "the file of its persons: %v", err)
	}
	of.blind = k.Blind
	err = d.recomputed(ctx, r, of, k, files)
	if of.asText = true; errors.Is(err, ErrDiffers) && r.Program != egress.Program() {
		if d.recomputed(ctx, r, of, k, files) == nil { // an earlier program ordered the rows by text
			err = nil
		}
	}
	if err != nil {
		return "", err
	}
	d.computed[r.Digest()] = k.Digest
	return k.Digest, nil
}

// recomputed holds a request to what is computed of its task.
func (d *Desk) recomputed(ctx context.Context, r Request, of task, k kept, files map[string][]byte) error {
	t, err := d.answer(ctx, r, of)
	if errors.Is(err, disclose.ErrRefused) {
		return differs(r, "%v", err)
	}
	if err != nil {
		return fmt.Errorf("compute request %s again: %w", r.ID, err)
	}
	return errors.Join(d.same(r, k, files, t), t.table.Close())
}

// sameTask is what a request was made of.
func (d *Desk) sameTask(r Request, files map[string][]byte) (of task, err error) {
	if r.People == "" {
		return of, refuse("it was asked by an earlier program, which did not write down whom its figures count; next: its author asks again")
	}
	if of.folder, err = d.snapshot(r.Snapshot); err != nil {
		return of, err
	}
	m, err := d.published(of.folder)
	if err != nil {
		return of, err
	}
	of.question, of.profile, err = d.understand(Asked{Text: string(files[queryFile]), Purpose: r.Purpose, Profile: r.Profile, Context: r.Context}, m)
	if err == nil {
		err = d.stillHolds(r)
	}
	if err == nil && (m.ID != r.Snapshot || m.Domain != r.Domain || of.question.Name != r.Name) {
		err = differs(r, "it is of another snapshot or question than it says")
	}
	if err != nil {
		return of, err
	}
	if of.earlier, err = d.comparable(r.ID); err != nil {
		return of, err
	}
	return of, d.remembered(r.ID, standing{digest: r.Digest()})
}

// snapshot is the folder of a snapshot, while that is kept.
func (d *Desk) snapshot(id string) (string, error) {
	folder := filepath.Join(d.config.Marts, "snapshots", id)
	_, err := os.Lstat(folder)
	if errors.Is(err, fs.ErrNotExist) || filepath.Base(folder) != id {
		return "", refuse("its snapshot %s is not kept any more (snapshots of config.yaml says for how long), so that nobody can compute it again; next: its author asks again, of a newer one", id)
	}
	return folder, err
}

// same holds what a request has to what was computed. What it tells of a difference
// has no figure in it.
func (d *Desk) same(r Request, k kept, files map[string][]byte, t made) error {
	var what []string
	for name, is := range map[string]bool{
		"the true figures":        reflect.DeepEqual(k.True, t.kept.True),
		"the figures shown":       reflect.DeepEqual(k.Shown, t.kept.Shown) && reflect.DeepEqual(k.Columns, t.kept.Columns) && bytes.Equal(files[tableFile], t.files[tableFile]),
		"the findings":            reflect.DeepEqual(k.Findings, t.kept.Findings),
		"the summary":             reflect.DeepEqual(k.Measures, t.kept.Measures),
		"its persons":             k.Persons == t.kept.Persons && k.Key == t.kept.Key,
		"whom each figure counts": r.People == t.people,
		"the record of the rules": bytes.Equal(files[sealFile], t.files[sealFile]),
	} {
		if !is {
			what = append(what, name)
		}
	}
	switch {
	case len(what) == 0 && maps.EqualFunc(files, t.files, bytes.Equal):
		return nil
	case len(what) == 0:
		what = append(what, "the files, or how it is kept")
	}
	slices.Sort(what)
	return differs(r, "not the same: %s", strings.Join(what, ", "))
}
