package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/deid"
	"secondaryuse/deid/identity"
	"secondaryuse/marts/domain"
	"secondaryuse/marts/duckdb"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/locator"
	"secondaryuse/pipeline/stage/seal"
)

// proved searches an installation for people.
func proved(t testing.TB, c config.Config, numbers ...identity.Number) (*proof, error) {
	t.Helper()
	p, err := newProof(c, numbers)
	if err == nil {
		err = p.search(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
	return p, p.verdict()
}

// at is how many people a proof has found at places whose names begin so.
func (p *proof) at(name string) (n int) {
	for _, q := range p.places {
		if strings.HasPrefix(q.name, name) {
			n += len(q.found)
		}
	}
	return n
}

func nhs(t testing.TB, text string) identity.Number {
	t.Helper()
	n, err := identity.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// numberOf is the NHS number of a patient of the shared record.
func (o *odd) numberOf(patient int) identity.Number {
	o.t.Helper()
	for _, id := range o.patients[patient]["identifier"].([]any) {
		if x := id.(resource); strings.HasSuffix(fmt.Sprint(x["system"]), "nhs-number") {
			return nhs(o.t, x["value"].(string))
		}
	}
	o.t.Fatal("no number")
	return identity.Number{}
}

// intruder is an installation into which somebody is put who is not there.
type intruder struct {
	*testing.T
	config.Config
	db            *sql.DB
	run, snapshot string // the folders of what is live
	base, id      int64  // of the stage, and of the domain
	key           deid.Key
}

// table writes a Parquet file of one row.
func (p *intruder) table(path, columns string) {
	p.Helper()
	if _, err := p.db.Exec("COPY (SELECT " + columns + ") TO '" + path + "' (FORMAT parquet)"); err != nil {
		p.Fatal(err)
	}
}

func (p *intruder) text(path, text string) {
	p.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		p.Fatal(err)
	}
}

// recordKey is what the key of a record named by the number is replaced by.
func (p *intruder) recordKey(n identity.Number) uint64 {
	p.Helper()
	var marks []uint64
	p.key.Mark(n, feedsOf(p.Config), func(m uint64) { marks = append(marks, m) })
	return marks[len(marks)-1]
}

// The numbers of somebody who is not there, and one that somebody had.
const (
	stranger = "943 476 5919"
	former   = "9434765870"
)

// everyPlace is every kind of place in which somebody could be, and what a proof
// says of it: where they were found, or what it could not read.
var everyPlace = map[string]struct {
	plant        func(p *intruder, path string)
	path         string // below the live run, or (snapshot/) the live snapshot, or (stage/, marts/)
	place, fault string
}{
	"a row of theirs": {func(p *intruder, f string) { p.table(f, fmt.Sprint(p.base, " AS person_id")) }, "problem-900.parquet", "stage, rows", ""},
	"a row of theirs in a dictionary": {func(p *intruder, f string) {
		p.table(f, fmt.Sprintf("CASE WHEN i < 900 THEN %d END AS person_id FROM range(2000) t(i)", p.base))
	}, "problem-900.parquet", "stage, rows", ""},
	"an id in any other column": {func(p *intruder, f string) { p.table(f, fmt.Sprintf("0::BIGINT AS person_id, %d AS to_key", p.base)) }, "problem-900.parquet", "stage, rows", ""},
	"more than a link in a file of links": {func(p *intruder, f string) {
		p.table(f, "0::BIGINT AS person_id, 1::BIGINT AS to_key, 'x' AS code")
	}, "kept-link-900.parquet", "", "it says more of records than to which they refer"},
	"a record key made of the number": {func(p *intruder, f string) {
		p.table(f, fmt.Sprintf("%d::UBIGINT AS record_key", p.recordKey(nhs(p, stranger))))
	}, "problem-900.parquet", "stage, rows", ""},
	"the number as a text":        {func(p *intruder, f string) { p.table(f, "'943-476-5919' AS code") }, "problem-900.parquet", "stage, rows", ""},
	"the number as a number":      {func(p *intruder, f string) { p.table(f, "9434765919::BIGINT AS value") }, "problem-900.parquet", "stage, rows", ""},
	"the number as a measurement": {func(p *intruder, f string) { p.table(f, "9434765919::DOUBLE AS value") }, "problem-900.parquet", "stage, rows", ""},
	"an id as a text":             {func(p *intruder, f string) { p.table(f, fmt.Sprintf("'%d' AS code", p.base)) }, "problem-900.parquet", "stage, rows", ""},
	"what must go with others":    {func(p *intruder, f string) { p.table(f, fmt.Sprint(p.base, " AS on_person")) }, "doomed_record-900.parquet", "stage, rows", ""},
	"a run that was never sealed": {func(p *intruder, f string) {
		p.text(f, "")
		os.Remove(f)
		p.table(f, fmt.Sprint(p.base, " AS person_id"))
	}, "stage/runs/20200101T000000.000Z/problem-000.parquet", "stage, rows", ""},
	"a manifest":                        {func(p *intruder, f string) { p.text(f, `{"rules": ["9434765919"]}`) }, "manifest.json.tmp", "stage, manifests", ""},
	"a mart":                            {func(p *intruder, f string) { p.table(f, fmt.Sprint(p.id, " AS person_id")) }, "snapshot/mine.parquet", "snapshot", ""},
	"a mart, under the id of the stage": {func(p *intruder, f string) { p.table(f, fmt.Sprint(p.base, " AS person_id")) }, "snapshot/mine.parquet", "snapshot", ""},
	"a contract":                        {func(p *intruder, f string) { p.text(f, fmt.Sprint("SELECT ", p.id)) }, "snapshot/mine.sql", "snapshot", ""},
	"a snapshot that is being written": {func(p *intruder, f string) {
		p.text(f, "")
		os.Remove(f)
		p.table(f, fmt.Sprint(p.id, " AS person_id"))
	}, "marts/snapshots/.tmp-20200101T000000.000Z/mine.parquet", "snapshot .tmp", ""},

	"who was touched":      {func(p *intruder, f string) { p.touched(f) }, "touched-900.parquet", "stage, whose", ""},
	"where records lie":    {func(p *intruder, f string) { p.locator(f) }, "locator-900.bin", "stage, where", ""},
	"a roster of that key": {func(p *intruder, f string) { p.text(f, "roster 2\n") }, "roster-900.bin", "", "roster is damaged"},

	"more than who was touched":           {func(p *intruder, f string) { p.table(f, fmt.Sprint(p.base, " AS person_id, 1 AS code")) }, "touched-900.parquet", "", "more of people"},
	"a file of another name":              {func(p *intruder, f string) { p.table(f, "1 AS x") }, "9434765919.parquet", "", "not known"},
	"a file in another folder":            {func(p *intruder, f string) { p.text(f, "") }, "stage/notes.txt", "", "not known"},
	"what an engine has spilled":          {func(p *intruder, f string) { p.text(f, "") }, "stage/.spill/spill-1/x", "", "not known"},
	"a file of another name in a mart":    {func(p *intruder, f string) { p.text(f, "") }, "snapshot/people.csv", "", "not known"},
	"a snapshot of another name":          {func(p *intruder, f string) { p.table(f, "1 AS x") }, "marts/backup.parquet", "", "not known"},
	"a table that is cut off":             {func(p *intruder, f string) { p.text(f, "PAR1") }, "problem-900.parquet", "", "cannot be decoded"},
	"a table with a column of lists":      {func(p *intruder, f string) { p.table(f, "[1, 2] AS x") }, "problem-900.parquet", "", "no plain one"},
	"a table with a column of blobs":      {func(p *intruder, f string) { p.table(f, "1::HUGEINT::DECIMAL(38,0) AS x") }, "problem-900.parquet", "", "kind of column|decoded"},
	"a mart that is cut off":              {func(p *intruder, f string) { p.text(f, "") }, "snapshot/mine.parquet", "", "cannot be decoded"},
	"where records lie, cut off":          {func(p *intruder, f string) { p.text(f, "x") }, "locator-900.bin", "", "cut off"},
	"a snapshot made with a key not here": {func(p *intruder, f string) { p.text(f, `{"domain": "00000000"}`) }, "marts/snapshots/20200101T000000.000Z/manifest.json", "", "not in the folder of keys"},
	"a run made with another key":         {func(p *intruder, f string) { p.text(f, `{"run": "20200101T000000.000Z", "key": "0"}`) }, "stage/runs/20200101T000000.000Z/manifest.json", "", "another base key"},
	"a database with a table": {func(p *intruder, f string) {
		p.database(f, fmt.Sprintf("CREATE TABLE t AS SELECT %d AS person_id", p.id))
	}, "marts/snapshots/20200101T000000.000Z/" + duckdb.Database, "", "holds tables"},
	"a database that is none": {func(p *intruder, f string) { p.text(f, "x") }, "marts/snapshots/20200101T000000.000Z/" + duckdb.Database, "", "cannot be opened"},
	"a view that tells": {func(p *intruder, f string) {
		p.database(f, fmt.Sprintf("CREATE VIEW v AS SELECT %d AS person_id", p.id))
	}, "marts/snapshots/20200101T000000.000Z/" + duckdb.Database, "snapshot 2020", ""},
	"a link to elsewhere": {func(p *intruder, f string) { os.Symlink("/etc", f) }, "marts/snapshots/20200101T000000.000Z", "", "leads elsewhere"},
	"a link in the stage": {func(p *intruder, f string) { os.Symlink("/etc/passwd", f) }, "problem-900.parquet", "", "not known"},
}

func (p *intruder) database(path, query string) {
	p.Helper()
	p.text(path, "")
	os.Remove(path)
	db, err := sql.Open("duckdb", path)
	if err == nil {
		_, err = db.Exec(query)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		p.Fatal(err)
	}
}

// touched plants who was touched, with the columns that such a file has.
func (p *intruder) touched(path string) {
	p.Helper()
	p.table(path, fmt.Sprintf(`%d::BIGINT AS person_id, '' AS feed, '' AS recorder, 0::BIGINT AS record_key, 0::INTEGER AS part,
		0::BIGINT AS encounter_key, 0::BIGINT AS version, 0::BIGINT AS recorded_at`, p.base))
}

func (p *intruder) locator(path string) {
	p.Helper()
	w, err := locator.Create(path)
	if err == nil {
		err = errors.Join(w.Add(locator.Entry{Record: 1, Subject: uint64(p.base)}), w.Close())
	}
	if err != nil {
		p.Fatal(err)
	}
}

// TestProveFinds puts one person into every kind of place in turn: they are
// found there, or what cannot be read is told, and neither is a proof. What a run
// must know to go on leaving them out is told apart.
func TestProveFinds(t *testing.T) {
	t.Parallel()
	o := newOdd(t)
	o.next(map[string][]resource{"Observation.ndjson": {o.made("Observation", "o1", 1, nil)}, "Patient.ndjson": {o.formerly(2, former)}})
	c := o.config("kept")
	who := nhs(t, stranger)
	p := &intruder{T: t, Config: c}
	var err error
	if p.db, err = sql.Open("duckdb", ""); err != nil {
		t.Fatal(err)
	}
	defer p.db.Close()
	if p.key, err = deid.OpenKey(c.Keys, false); err != nil {
		t.Fatal(err)
	}
	key, err := domain.Open(filepath.Join(c.Keys, c.Purpose+".key"))
	if err != nil {
		t.Fatal(err)
	}
	p.base = p.key.Person(who)
	p.id = key.ID(p.base)
	live, err := seal.Current(stageOf(c))
	if err != nil {
		t.Fatal(err)
	}
	p.run = seal.Dir(stageOf(c), live.Run)
	if p.snapshot, _, err = snapshot.Current(c.Marts); err != nil {
		t.Fatal(err)
	}

	if q, err := proved(t, c, who); err != nil || q.at("stage, rows") != 0 || q.at("stage, roster") != 0 {
		t.Fatalf("somebody who is not there: %v", err)
	}
	if q, err := proved(t, c, o.numberOf(1)); code(err) != exitCheck || q.at("stage, rows") != 1 || q.at("stage, roster") != 1 || q.at("stage, whose") != 1 || q.at("snapshot") != 2 {
		t.Fatalf("somebody who is there: %v", err)
	}
	if q, err := proved(t, c, nhs(t, former)); code(err) != exitCheck || q.at("stage, rows") != 1 {
		t.Errorf("somebody by the number they had before: %v", err)
	}
	for name, tc := range everyPlace {
		path := filepath.Join(p.run, tc.path)
		for prefix, dir := range map[string]string{"snapshot/": p.snapshot, "stage/": stageOf(c), "marts/": c.Marts} {
			if rest, ok := strings.CutPrefix(tc.path, prefix); ok {
				path = filepath.Join(dir, rest)
			}
		}
		tc.plant(p, path)
		q, err := proved(t, c, who)
		switch {
		case tc.place == "" && (code(err) != exitCheck || !anyOf(err, tc.fault)):
			t.Errorf("%s: %v, want %s", name, err, tc.fault)
		case tc.place != "" && q.at(tc.place) != 1:
			t.Errorf("%s: not found at %s: %v", name, tc.place, err)
		case tc.place != "" && (code(err) != exitCheck) != strings.HasPrefix(tc.place, "stage, wh"):
			t.Errorf("%s: %v", name, err)
		case err != nil && (strings.Contains(err.Error(), "9434765919") || strings.Contains(err.Error(), fmt.Sprint(p.base))):
			t.Errorf("%s: it tells whom it found", name)
		}
		gone := path
		if strings.Contains(tc.path, "2020") && filepath.Dir(path) != filepath.Join(c.Marts, "snapshots") {
			gone = filepath.Dir(path)
		}
		if err := os.RemoveAll(gone); err != nil { // below the folder of this test
			t.Fatal(err)
		}
		os.RemoveAll(filepath.Join(stageOf(c), ".spill"))
	}
	if _, err := proved(t, c, who); err != nil {
		t.Errorf("somebody who is not there any more: %v", err)
	}
}

// formerly is a patient's own record in which they had another number before,
// verified as the one they have.
func (o *odd) formerly(patient int, number string) resource {
	r := o.again(patient)
	for _, x := range r["identifier"].([]any) {
		old := maps.Clone(x.(resource))
		if strings.HasSuffix(fmt.Sprint(old["system"]), "nhs-number") {
			old["use"], old["value"] = "old", number
			r["identifier"] = append([]any{old}, r["identifier"].([]any)...)
		}
	}
	return r
}

// anyOf reports whether an error says one of what it may.
func anyOf(err error, of string) bool {
	for part := range strings.SplitSeq(of, "|") {
		if err != nil && strings.Contains(err.Error(), part) {
			return true
		}
	}
	return false
}
