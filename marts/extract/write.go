package extract

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"secondaryuse/marts/duckdb/cut"
	"secondaryuse/marts/extract/crate"
	"secondaryuse/marts/extract/parcel"
	"secondaryuse/marts/sign"
)

// Label is what the manifest of an extract is signed as.
const Label = "extract"

// What is signed, and its signature: in the archive, and beside it.
const (
	manifestFile  = "manifest.json"
	signatureFile = "manifest.sig"
)

// formats are the formats that a project may ask for.
var formats = map[string]cut.Format{"parquet": cut.Parquet, "csv": cut.CSV}

// write writes an extract to its folder: an archive for each recipient, and the
// manifest with its signature.
func (b *basis) write(ctx context.Context, engine *cut.Cut, t *tables, d *draft) (Issued, error) {
	to, sealed, err := b.recipients(d.folder)
	if err != nil {
		return Issued{}, err
	}
	p, err := parcel.New(b.Project+"-"+b.snapshot.ID, to)
	if err != nil {
		return Issued{}, room(err)
	}
	m, err := b.fill(ctx, engine, t, p)
	if err != nil {
		return Issued{}, room(errors.Join(err, p.Abort()))
	}
	sum, err := p.Close(m.ID)
	if err != nil {
		return Issued{}, room(err)
	}
	for i, f := range sum.Files {
		sealed[i].Bytes, sealed[i].SHA256 = f.Bytes, f.SHA256
	}
	head, err := b.register.Head(ctx)
	if err != nil {
		return Issued{}, err
	}
	out := Issued{Manifest: m, Name: d.name, By: b.By, At: b.Now.UTC().Format(time.RFC3339), Archive: Archive{sum.Bytes, sum.SHA256}, Sealed: sealed, Register: head,
		Eligible: Eligible{b.eligible.At.UTC().Format(time.RFC3339), b.eligible.SHA256, b.eligible.Lists}, Folder: filepath.Join(d.dir, d.name), Links: b.linkFile()}
	return out, room(b.seal(d.folder, out))
}

// seal writes the manifest and its signature beside the archives.
func (b *basis) seal(folder string, m Issued) error {
	body := text(m)
	for name, data := range map[string][]byte{manifestFile: body, signatureFile: sign.Sign(b.signing, Label, body).Text()} {
		f, err := os.OpenFile(filepath.Join(folder, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// recipients is who gets an archive, each with a file of their own.
func (b *basis) recipients(folder string) (to []parcel.To, sealed []Sealed, err error) {
	for i, r := range b.project.Recipients {
		one := Sealed{Recipient: r.Name, Keys: r.Keys, File: fmt.Sprintf("%d-%s.zip.age", i+1, plain(r.Name))}
		var keys []age.Recipient
		for _, text := range r.Keys {
			key, err := age.ParseX25519Recipient(text)
			if err != nil {
				return nil, nil, refused("%s: a key that is no age public key", b.project.Where(fmt.Sprintf("recipients[%d].keys", i)))
			}
			keys = append(keys, key)
		}
		to, sealed = append(to, parcel.To{Path: filepath.Join(folder, one.File), Keys: keys}), append(sealed, one)
	}
	return to, sealed, nil
}

// plain makes a part of a file's name.
func plain(name string) string {
	out := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
	return strings.Trim(out[:min(len(out), 40)], "-")
}

// room says what to do where a disk is full.
func room(err error) error {
	if err != nil && strings.Contains(err.Error(), "no space left") {
		return fmt.Errorf("%w; next: make room for the outbox; nothing was issued", err)
	}
	return err
}

// fill writes what the archive holds.
func (b *basis) fill(ctx context.Context, engine *cut.Cut, t *tables, p *parcel.Parcel) (Manifest, error) {
	m := b.manifestOf(t)
	for _, one := range t.all {
		w, err := b.rows(ctx, engine, one, p)
		if err != nil {
			return m, fmt.Errorf("%s: %w", one.asked.Mart, err)
		}
		m.Tables = append(m.Tables, w)
	}
	entries, err := p.Entries()
	if err != nil {
		return m, err
	}
	c := b.crate(m, t, entries)
	flow, err := crate.Workflow(c)
	if err != nil {
		return m, err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{"dictionary.csv", dictionary(t)}, {"datapackage.json", b.datapackage(m, t, entries)}, {crate.CohortFile, []byte(b.project.Cohort + "\n")}, {crate.WorkflowFile, flow}} {
		if err := put(p, f.name, f.data); err != nil {
			return m, err
		}
	}
	err = b.close(&m, t, p)
	return m, err
}

// close writes what tells of all other files: the crate, and the manifest, which signs
// that, too.
func (b *basis) close(m *Manifest, t *tables, p *parcel.Parcel) error {
	entries, err := p.Entries()
	if err != nil {
		return err
	}
	meta, err := crate.Metadata(b.crate(*m, t, entries))
	if err == nil {
		err = put(p, crate.MetadataFile, meta)
	}
	if err != nil {
		return err
	}
	if entries, err = p.Entries(); err != nil {
		return err
	}
	m.Files = files(entries)
	body := text(*m)
	return errors.Join(put(p, manifestFile, body), put(p, signatureFile, sign.Sign(b.signing, Label, body).Text()))
}

func put(p *parcel.Parcel, name string, data []byte) error {
	w, err := p.File(name)
	if err == nil {
		_, err = w.Write(data)
	}
	return err
}

// rows writes one table, in every format that was asked for.
func (b *basis) rows(ctx context.Context, engine *cut.Cut, t table, p *parcel.Parcel) (Written, error) {
	w := Written{Mart: t.asked.Mart}
	for _, c := range t.columns {
		w.Columns = append(w.Columns, c.Name)
	}
	relation, err := engine.Few(ctx, t.relation, t.texts)
	if err != nil {
		return w, err
	}
	wanted := b.project.Formats
	if len(wanted) == 0 {
		wanted = []string{"parquet"}
	}
	for _, name := range wanted {
		as, ok := formats[name]
		if !ok {
			return w, refused("there is no format %s", name)
		}
		file := "tables/" + t.asked.Mart + "." + name
		to, err := p.File(file)
		if err != nil {
			return w, err
		}
		n, err := engine.Write(ctx, to, relation, w.Columns, t.unique, as)
		if err != nil {
			return w, err
		}
		if len(w.Files) > 0 && n != w.Rows {
			return w, errors.New("two formats have other rows")
		}
		w.Rows, w.Files = n, append(w.Files, file)
	}
	w.LeftOut = []Told{
		told("rows of persons who are not in it", t.whole-t.count.Persons), told("rows outside of the period", t.count.Outside),
		told("rows too near to an end of the period for their day to be moved", t.count.Edge),
		told("rows left out so that nobody is found by them", t.count.Persons-t.count.Outside-t.count.Edge-w.Rows),
	}
	w.LeftOut = append(w.LeftOut, t.outside...)
	return w, nil
}

// manifestOf is the manifest, but for its tables and files.
func (b *basis) manifestOf(t *tables) Manifest {
	m := Manifest{
		Form: form, ID: b.identity("bag"), Program: b.Program, Persons: int64(len(t.leaving)), Rules: b.rules(t),
		Project: Approved{Name: b.Project, Reference: b.project.Reference, Title: b.project.Title, Digest: b.project.Digest(),
			Ends: b.project.End.String(), Retain: b.project.Retention.Until.String()},
		Snapshot: Snapshot{b.snapshot.ID, b.snapshot.AsOf, b.snapshot.Purpose, b.snapshot.Domain, b.manifest},
		Key:      Key{b.entry.Name, b.entry.ID, b.entry.Fingerprint},
		LeftOut: []Told{
			told("persons of the cohort who may not be used now", t.who.ineligible),
			told("persons left out so that nobody is found", int64(len(t.who.all)-len(t.leaving))),
		},
	}
	m.Project.Before = b.approvals[0].Statement.Before
	for _, a := range b.approvals {
		m.Project.Approvals = append(m.Project.Approvals, a.Statement.By+", "+a.Statement.At.UTC().Format(time.RFC3339))
	}
	return m
}

// rules says in words what was done to the rows.
func (b *basis) rules(t *tables) []string {
	r := t.plan.Report
	out := []string{
		"person_id: re-keyed to the domain " + b.entry.Name + ", fingerprint " + b.entry.Fingerprint,
		fmt.Sprintf("anonymity: every combination of %s is that of %d persons or more; the smallest is of %d", strings.Join(quasi(b), ", "), r.K, r.Remaining.Smallest),
	}
	for _, s := range b.project.Anonymity.Sensitive {
		out = append(out, fmt.Sprintf("anonymity: %s has %s among those who look alike", s.Column, values(s.L, s.Entropy)))
	}
	for _, t := range b.project.Anonymity.Tails {
		out = append(out, fmt.Sprintf("tails of %s%s: cut where fewer than %d persons reach", t.Column, within(t.By), r.K))
	}
	for _, l := range r.Levels {
		out = append(out, "level of "+l.Column+": "+l.Level)
	}
	for _, e := range r.Emptied {
		out = append(out, fmt.Sprintf("emptied of %s: for about %s persons", e.Column, told("", e.Persons).N))
	}
	for _, asked := range b.project.Tables {
		for _, c := range asked.Columns {
			if c.Coarsen != "" {
				out = append(out, "level of "+asked.Mart+"."+c.Name+": "+c.Coarsen)
			}
		}
	}
	out = append(out, fmt.Sprintf("rows that have a day: from %s to before %s", b.project.Period.From, b.project.Period.Until))
	for _, one := range t.all {
		for _, c := range one.columns {
			if p, ok := one.days[c.Name]; ok {
				out = append(out, "days of "+one.asked.Mart+"."+c.Name+": "+between(p))
			}
		}
	}
	out = append(out, b.linkRules()...)
	for _, why := range b.despite() {
		out = append(out, "approved although check found something: "+why)
	}
	if n := b.project.Period.Shift; n > 0 {
		out = append(out, fmt.Sprintf("dates: each person's moved by one offset of up to %d days", n))
	}
	return slices.Clip(out)
}

// values says how many values a sensitive column has.
func values(l int, entropy bool) string {
	if entropy {
		return fmt.Sprintf("as many values as an entropy of ln %d", l)
	}
	return fmt.Sprintf("%d values or more", l)
}

func quasi(b *basis) (out []string) {
	for _, q := range b.project.Anonymity.Quasi {
		out = append(out, q.Column)
	}
	return out
}
