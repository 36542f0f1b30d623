package bulk

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"secondaryuse/pipeline/durable"
	"secondaryuse/pipeline/fetch"
)

const (
	// memberList is the file beside a delivery that holds who was in the group,
	// an id a line, in order.
	memberList = ".members"
	// leftList is the file beside a delivery that holds who left the group since
	// the last delivery of everything, an id a line, in order.
	leftList = ".left"
	// leftName is the file that deletes who is not in it any more.
	leftName = "deleted/Patient.000.ndjson"
	// together is how many patients' history is asked for at once.
	together = 1000
)

// group fetches who is in the group, and the history of those who joined; those
// who left are deleted. It says how many. Where somebody who had left is back it
// has everything fetched: their history is older than their deletion, and would
// fall to it.
func (r *run) group(ctx context.Context) (left int64, err error) {
	if err := r.list(ctx); err != nil {
		return 0, err
	}
	if r.since.IsZero() {
		return 0, nil
	}
	old := filepath.Join(r.last.Dir, memberList)
	if _, err := os.Stat(old); errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("who was in the group is not known: %w", fetch.ErrLost)
	}
	var joined, gone []string
	before, err := differ(old, r.path(memberList), &gone, &joined)
	if err != nil {
		return 0, err
	}
	if len(gone) > before/2 {
		return 0, fmt.Errorf("more than half of the group has left: %w", fetch.ErrLost)
	}
	all, back, err := r.everLeft(gone, joined)
	if err != nil {
		return 0, err
	}
	if back {
		r.show.Note("somebody who had left the group is back: everything is fetched")
		r.since = time.Time{}
		return 0, r.discard(leftList)
	}
	n := 0
	for some := range slices.Chunk(joined, together) {
		q := r.changed(time.Time{})
		q.patients = some
		if err := r.join(ctx, fmt.Sprintf("joined.%d", n), q); err != nil {
			return 0, err
		}
		n++
	}
	return int64(len(gone)), errors.Join(r.write(leftList, all), r.remove(gone))
}

// everLeft is who has left since the last delivery of everything, those who did
// so now among them, and whether any of them is among those who joined.
func (r *run) everLeft(gone, joined []string) (all []string, back bool, err error) {
	text, err := os.ReadFile(filepath.Join(r.last.Dir, leftList))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, false, err
	}
	all = slices.Concat(strings.Fields(string(text)), gone)
	slices.Sort(all)
	all = slices.Compact(all)
	return all, slices.ContainsFunc(joined, func(id string) bool { _, was := slices.BinarySearch(all, id); return was }), nil
}

// write writes a list beside the delivery; none where it is empty.
func (r *run) write(name string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return write(r.path(name), func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Join(ids, "\n")+"\n")
		return err
	})
}

// join fetches the history of those who joined.
func (r *run) join(ctx context.Context, name string, q request) error {
	err := r.export(ctx, name, q)
	f, ok := errors.AsType[*failure](err)
	if ok && f.kind == "kick-off" && (f.status == 400 || f.status == 405 || f.status == 422 || f.status == 501) {
		return fmt.Errorf("%w: the server does not export the history of those who joined the group: %w", f, fetch.ErrLost)
	}
	return err
}

// list fetches who is in the group.
func (r *run) list(ctx context.Context) error {
	j := r.state.job("members")
	if _, err := os.Stat(r.path(memberList)); err == nil && j.Complete {
		return nil
	}
	j.Complete = false
	err := r.export(ctx, "members", r.members())
	if f, ok := errors.AsType[*failure](err); ok && f.kind == "kick-off" && f.status == 400 {
		q := r.members()
		q.elements = "" // it is optional
		err = r.export(ctx, "members", q)
	}
	if err != nil {
		return err
	}
	var ids []string
	for _, f := range j.Files {
		if f.Section == "output" {
			if ids, err = readIDs(r.path(f.Name), ids); err != nil {
				return err
			}
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 0 {
		return &failure{kind: "export", reason: "the group has no members", cause: errSpoilt}
	}
	return r.write(memberList, ids)
}

// readIDs adds the ids of the patients in a file.
func readIDs(path string, ids []string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for d := json.NewDecoder(bufio.NewReaderSize(f, 1<<18)); ; {
		var p struct{ ResourceType, ID string }
		err := d.Decode(&p)
		if err == io.EOF {
			return ids, nil
		}
		if err != nil || p.ResourceType != "Patient" || !identifier.MatchString(p.ID) {
			return nil, &failure{kind: "export", reason: "the list of members holds what is no patient with an id", cause: errSpoilt}
		}
		ids = append(ids, p.ID)
	}
}

// differ compares two lists in order: who is in the first alone, and in the
// second alone. before is how many are in the first.
func differ(first, second string, gone, joined *[]string) (before int, err error) {
	a, err := os.Open(first)
	if err != nil {
		return 0, err
	}
	defer a.Close()
	b, err := os.Open(second)
	if err != nil {
		return 0, err
	}
	defer b.Close()
	old, now := bufio.NewScanner(a), bufio.NewScanner(b)
	moreOld, moreNow := old.Scan(), now.Scan()
	for moreOld || moreNow {
		switch {
		case !moreNow || moreOld && old.Text() < now.Text():
			*gone = append(*gone, old.Text())
			before++
			moreOld = old.Scan()
		case !moreOld || now.Text() < old.Text():
			*joined = append(*joined, now.Text())
			moreNow = now.Scan()
		default:
			before++
			moreOld, moreNow = old.Scan(), now.Scan()
		}
	}
	return before, errors.Join(old.Err(), now.Err())
}

// remove writes the deletions of those who left.
func (r *run) remove(gone []string) error {
	if len(gone) == 0 {
		return nil
	}
	if err := durable.Folder(r.path("deleted"), 0o700); err != nil {
		return err
	}
	type m = map[string]any
	return write(r.path(leftName), func(w io.Writer) error {
		out := json.NewEncoder(w)
		for _, id := range gone {
			err := out.Encode(m{"resourceType": "Bundle", "type": "transaction", "meta": m{"lastUpdated": r.state.job("members").Time},
				"entry": []m{{"request": m{"method": "DELETE", "url": "Patient/" + id}}}})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// write writes a file whole or not at all.
func write(path string, fill func(io.Writer) error) error {
	fresh := filepath.Join(filepath.Dir(path), "."+strings.TrimPrefix(filepath.Base(path), ".")+".new")
	f, err := os.OpenFile(fresh, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	if err := errors.Join(fill(w), w.Flush(), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(fresh, path)
}
