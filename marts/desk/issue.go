package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"secondaryuse/marts/egress"
	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
	"secondaryuse/pipeline/durable"
)

// form is what a record says it is.
const form = "ohc-release 1"

// record is what lies beside a released table, for a machine and an auditor: what
// was asked and of which snapshot, every rule that was applied to the table, and who
// has signed it. It holds nothing that the table hides. The statements in it are
// those that were signed, so that whoever has people.yaml can verify each signature.
type record struct {
	Form       string          `json:"form"`
	Released   string          `json:"released"` // when
	Request    Request         `json:"request"`
	Digest     string          `json:"request_sha256"`
	Submitted  sign.Signature  `json:"submitted"`
	Votes      []signedVote    `json:"votes"`
	Disclosure json.RawMessage `json:"disclosure"` // every rule, as package disclose says it
	Files      []register.File `json:"files"`
	Register   string          `json:"register"` // its head before the release was entered
	Program    string          `json:"program"`  // that released it
}

const (
	releaseFolder = "release"
	recordFile    = "record.json"
	halfRelease   = ".release-" // in the outbox: being written
)

// issue makes the files of a release in the register's folder, enters them, and
// delivers them.
func (d *Desk) issue(ctx context.Context, id string, s standing, c judged) error {
	if err := d.untampered(ctx); err != nil {
		return err
	}
	files, err := d.compose(ctx, c)
	if err != nil {
		return err
	}
	if err := d.requests.stage(id, files); err != nil {
		return err
	}
	i, err := d.entry(c, files)
	if err != nil {
		return err
	}
	if err := d.register.Issue(ctx, i); err != nil {
		return err
	}
	return d.deliver(ctx, id, s)
}

// untampered holds that nobody has changed the register, before something is entered
// into it.
func (d *Desk) untampered(ctx context.Context) error {
	known, err := register.Elsewhere(d.config.Outbox, d.config.Marts)
	if err != nil {
		return err
	}
	return d.register.Whole(ctx, known...)
}

// compose makes the files that leave: the table, the record, and the signature of
// the record.
func (d *Desk) compose(ctx context.Context, c judged) (map[string][]byte, error) {
	key, err := d.signing()
	if err != nil {
		return nil, err
	}
	files, disclosure, err := c.tables(ctx)
	if err != nil {
		return nil, err
	}
	head, err := d.register.Head(ctx)
	if err != nil {
		return nil, err
	}
	said := record{Form: form, Released: d.now().UTC().Format(time.RFC3339), Request: c.request, Digest: c.request.Digest(), Submitted: c.submitted,
		Votes: c.votes[:], Disclosure: disclosure, Files: listed(files), Register: head, Program: egress.Program()}
	text, err := json.MarshalIndent(said, "", "  ")
	if err != nil {
		return nil, err
	}
	files[recordFile] = append(text, '\n')
	files[sign.Beside(recordFile)] = sign.Sign(key, recordLabel, files[recordFile]).Text()
	return files, nil
}

// signing is the installation's own key.
func (d *Desk) signing() (sign.Private, error) {
	key, err := sign.Open(d.config.Signing)
	if err != nil {
		return key, fmt.Errorf("%w; next: name the installation's signing key (key signing of egress.yaml)", err)
	}
	return key, nil
}

// listed is what the register has of files.
func listed(files map[string][]byte) (out []register.File) {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f := register.File{Name: name, Bytes: int64(len(files[name])), SHA256: sum(files[name])}
		if filepath.Ext(name) == ".csv" {
			f.Rows = int64(bytes.Count(files[name], []byte("\n"))) - 1
		}
		out = append(out, f)
	}
	return out
}

// entry is what the register has of a release.
func (d *Desk) entry(c judged, files map[string][]byte) (register.Issue, error) {
	kept, err := parseKept(c.files[keptFile])
	if err != nil {
		return register.Issue{}, changed(c.request.ID, "%s cannot be read", keptFile)
	}
	r := c.request
	i := register.Issue{Kind: kind, Name: r.ID, Reference: r.Digest(), Title: r.Name, Purpose: r.Purpose, Snapshot: r.Snapshot, Domain: r.Domain, RegisterKey: kept.Key,
		By: r.Author, At: d.now(), Files: listed(files), Counts: map[string]int64{"persons": kept.Persons.Count}, Persons: kept.Persons}
	for _, v := range c.votes {
		at, err := time.Parse(time.RFC3339, v.Vote.At)
		if err != nil {
			return register.Issue{}, changed(r.ID, "a vote without its time")
		}
		i.Approvals = append(i.Approvals, register.Approval{By: v.Vote.By, At: at, Subject: r.Digest(), Statement: string(canonical(v.Vote)), Signature: v.Signature})
	}
	return i, nil
}

// stage writes the files of a release into the request's folder: all of them, or
// none. What a desk that died has left of an earlier try goes.
func (s store) stage(id string, files map[string][]byte) error {
	half, whole := s.path(id, halfRequest+releaseFolder), s.path(id, releaseFolder)
	if err := errors.Join(os.RemoveAll(half), os.RemoveAll(whole)); err != nil {
		return err
	}
	return placed(half, whole, files)
}

// placed writes files into a folder that appears under its name whole.
func placed(half, whole string, files map[string][]byte) error {
	if err := durable.Folder(half, 0o700); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := durable.Replace(filepath.Join(half, name), files[name]); err != nil {
			return err
		}
	}
	if err := os.Rename(half, whole); err != nil {
		return err
	}
	return durable.Sync(filepath.Dir(whole))
}

// deliver puts what the register has as issued into the outbox, and says so. A desk
// that died while it did is taken up here.
func (d *Desk) deliver(ctx context.Context, id string, s standing) error {
	i, err := d.issuedAs(id)
	if err != nil {
		return err
	}
	files := make(map[string][]byte)
	for _, f := range i.Files {
		if files[f.Name], err = d.requests.read(id, releaseFolder, f.Name); err != nil {
			return err
		}
		if sum(files[f.Name]) != f.SHA256 {
			return changed(id, "%s is not what the register has as issued; next: ohc-marts verify", f.Name)
		}
	}
	if err := d.put(id, files); err != nil {
		return fmt.Errorf("the outbox: %w; next: see that %s can be written; the next command of the desk delivers it", err, d.config.Outbox)
	}
	return errors.Join(d.step(ctx, id, event{what: released, digest: s.digest}, nil), d.forget())
}

// put places the files in the outbox. What is there already under that name must be
// the same.
func (d *Desk) put(id string, files map[string][]byte) error {
	if err := durable.Folder(d.config.Outbox, 0o700); err != nil {
		return err
	}
	half, whole := filepath.Join(d.config.Outbox, halfRelease+id), filepath.Join(d.config.Outbox, id)
	if _, err := os.Lstat(whole); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, equal(whole, files))
	}
	if err := os.RemoveAll(half); err != nil {
		return err
	}
	return placed(half, whole, files)
}

// equal holds that a folder has these files and no other.
func equal(dir string, files map[string][]byte) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		if want, there := files[e.Name()]; !there || !bytes.Equal(want, text) {
			return fmt.Errorf("%s is not of the release: somebody has put it there", filepath.Join(dir, e.Name()))
		}
	}
	if len(entries) != len(files) {
		return fmt.Errorf("%s has not all files of the release", dir)
	}
	return nil
}

// issuedAs is the register's entry of a release.
func (d *Desk) issuedAs(id string) (register.Issue, error) {
	all, err := d.register.Issued()
	if err != nil {
		return register.Issue{}, err
	}
	for _, i := range all {
		if i.Kind == kind && i.Name == id {
			return i, nil
		}
	}
	return register.Issue{}, changed(id, "the register has it as issued, and no entry of it")
}
