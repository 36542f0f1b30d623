package leak

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
	pq "github.com/parquet-go/parquet-go"

	"secondaryuse/deid/trace"
	duck "secondaryuse/marts/duckdb"
)

// searcher looks for one number and one name.
func searcher(t testing.TB, number, name string) *Search {
	t.Helper()
	w := trace.New()
	if !w.NHS([]byte(number)) || !w.Word(trace.Name, name) {
		t.Fatal("they are not taken up")
	}
	w.Seal()
	temp := t.TempDir()
	return &Search{Wanted: w, Temp: temp, Database: func(ctx context.Context, path string, yield func(table, column, value string)) error {
		return duck.Texts(ctx, path, duck.Limits{Temp: filepath.Join(temp, "duckdb"), Threads: 1}, yield)
	}}
}

type line struct {
	Code   string `parquet:"code,dict,snappy"`
	Number int64  `parquet:"number,delta"`
}

func part(t testing.TB, lines ...line) []byte {
	t.Helper()
	return rowsOf(t, lines)
}

func rowsOf[T any](t testing.TB, rows []T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pq.NewGenericWriter[T](&b)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// planted are files that each hold one identifier, in such a way that it does not
// stand in their bytes where that can be.
func planted(t *testing.T) (files map[string][]byte, key *age.X25519Identity) {
	folded := line{Code: strings.Repeat("feathe", 3) + strings.Repeat("rstone", 2) + " featherstone"} // which snappy writes as copies
	first, last := line{"a", 1}, line{"z", 9434765919 << 8}                                           // the statistics name the least and the greatest
	whole := part(t, first, folded, folded, last)
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	var tarred, zipped, sealed, zst bytes.Buffer
	number := part(t, first, line{"b", 9434765919}, last)
	a := tar.NewWriter(&tarred)
	err = a.WriteHeader(&tar.Header{Name: "data/number.parquet", Mode: 0o600, Size: int64(len(number))})
	a.Write(number)
	a.Close()
	z := zip.NewWriter(&zipped)
	e, _ := z.Create("notes.txt")
	e.Write([]byte("featherstone " + strings.Repeat("featherston ", 9)))
	z.Close()
	s, _ := age.Encrypt(&sealed, key.Recipient())
	s.Write(tarred.Bytes())
	s.Close()
	d, _ := zstd.NewWriter(&zst)
	g := gzip.NewWriter(d)
	g.Write([]byte("943 476 5919"))
	g.Close()
	d.Close()
	if err != nil {
		t.Fatal(err)
	}
	folds := []byte("featherstone " + strings.Repeat("featherston ", 9)) // which gzip does not write as it is
	return map[string][]byte{
		"two.tar.gz":     packed(append(tarOf(t, tar.Header{Name: "a", Size: 1}, []byte("a")), tarOf(t, tar.Header{Name: "b.gz"}, packed(folds))...)),
		"pax.tar.gz":     packed(tarOf(t, tar.Header{Name: "a", Format: tar.FormatPAX, PAXRecords: map[string]string{"SCHILY.xattr.user.of": "9434765919"}}, nil)),
		"owner.tar.gz":   packed(tarOf(t, tar.Header{Name: "a", Uname: "featherstone"}, nil)),
		"called.gz.gz":   packed(called("featherstone.csv", []byte("a"))),
		"log.bz2":        unbase64(t, "QlpoOTFBWSZTWQaeFnEAABkRgEAAI0GcACAAVEAMApUjIx5qMJjKaTKcT9MJ8m02nEYu5IpwoSANPCzi"),
		"skip.zst":       append([]byte("\x50\x2a\x4d\x18\x02\x00\x00\x00ab"), zst.Bytes()...),
		"behind.tar":     append(tarOf(t, tar.Header{Name: "ledger.db-wal"}, []byte("\x37\x7f\x06\x82")), tarOf(t, tar.Header{Name: "b.gz"}, packed(folds))...),
		"text.parquet":   whole,
		"cut.parquet":    whole[:len(whole)*2/3],
		"number.parquet": number,
		"run.log":        []byte("opened Featherstone.json\n"),
		"9434765919.txt": {},
		"ledger.db":      database(t, "sqlite", `CREATE TABLE t (a INTEGER)`, `INSERT INTO t VALUES (9434765919)`),
		"free.db":        database(t, "sqlite", `CREATE TABLE t (a INTEGER)`, `INSERT INTO t VALUES (1), (9434765919), (3)`, `DELETE FROM t`),
		"text.db":        database(t, "sqlite", `CREATE TABLE t (a TEXT, b TEXT)`, `INSERT INTO t VALUES ('x', 'by FEATHERSTONE')`),
		"marts.duckdb":   database(t, "duckdb", `CREATE TABLE t AS SELECT range + 9434765900 AS a FROM range(100)`, `CHECKPOINT`),
		"view.duckdb":    database(t, "duckdb", `CREATE VIEW t AS SELECT 'of Featherstone' AS a`, `CHECKPOINT`),
		"extract.tar":    tarred.Bytes(), "notes.zip": zipped.Bytes(), "sealed.age": sealed.Bytes(), "log.gz.zst": zst.Bytes(),
	}, key
}

// packed is a text as gzip, called one that has a name in its header.
func packed(b []byte) []byte { return called("", b) }

func called(name string, b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Name = name
	z.Write(b)
	z.Close()
	return out.Bytes()
}

// tarOf is an archive of one file.
func tarOf(t *testing.T, h tar.Header, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	a := tar.NewWriter(&out)
	h.Mode, h.Size = 0o600, int64(len(b))
	if err := a.WriteHeader(&h); err != nil {
		t.Fatal(err)
	}
	a.Write(b)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func unbase64(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSearchUnpacks holds that what is planted in a file of any kind is found, and
// nobody else is.
func TestSearchUnpacks(t *testing.T) {
	files, key := planted(t)
	for name, raw := range files {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, hunted := range []bool{true, false} {
			s := searcher(t, "9434765919", "Featherstone")
			if !hunted {
				s = searcher(t, "9434765870", "Featherstoke")
			}
			s.Identities = []age.Identity{key}
			if s.Tells(string(raw)) && !strings.Contains("run.log text.db view.duckdb", name) && hunted {
				t.Errorf("%s: what is planted stands in its bytes", name)
			}
			r, err := s.Run(context.Background(), dir)
			if err != nil || len(r.Faults) > 0 {
				t.Errorf("%s: %v %v", name, err, r.Faults)
			}
			if (len(r.Found) > 0) != hunted {
				t.Errorf("%s: hunted %v, found %v", name, hunted, r.Found)
			}
			for _, f := range r.Found {
				if told := f.String(); s.Tells(told) {
					t.Errorf("%s: what is told of it tells", name)
				}
			}
		}
	}
}

// TestNotSearched holds that what cannot be opened is a fault, and never passed over.
func TestNotSearched(t *testing.T) {
	files, _ := planted(t)
	deep := []byte("deep")
	for range deepest + 2 {
		deep = packed(deep)
	}
	secret := bytes.Clone(files["notes.zip"])
	secret[6] |= 1 // both its headers say that it is encrypted
	secret[bytes.Index(secret, []byte("PK\x01\x02"))+8] |= 1
	for name, raw := range map[string][]byte{
		"deep.gz": deep, "secret.zip": secret, "a.xz": []byte("\xfd7zXZ\x00\x00"), "in.tar.gz": packed(tarOf(t, tar.Header{Name: "a.7z"}, []byte("7z\xbc\xaf\x27\x1c"))),
		"secret.parquet": []byte("PARE\x15\x04\x00"), "a.pdf": []byte("%PDF-1.7"), "a.pgp": []byte("-----BEGIN PGP MESSAGE-----"), "salt.enc": []byte("Salted__abcdefgh"),
		"sealed.age": files["sealed.age"], "cut.gz": {0x1f, 0x8b, 8, 0, 0}, "cut.db": files["ledger.db"][:3000],
		"bad.parquet": append(files["number.parquet"][:60:60], files["number.parquet"][90:]...), "cut.zip": files["notes.zip"][:40],
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := searcher(t, "9434765870", "Featherstoke").Run(context.Background(), dir)
		if err != nil || len(r.Faults)+r.Sealed != 1 || (r.Sealed == 1) != (name == "sealed.age") {
			t.Errorf("%s: %v, faults %v", name, err, r.Faults)
		}
	}
}

// TestBehindFaults holds that what lies in an archive behind something that cannot be
// opened is searched all the same, and that the fault is told of that.
func TestBehindFaults(t *testing.T) {
	files, _ := planted(t)
	for name, first := range map[string][]byte{"a.age": files["sealed.age"], "b.gz": {0x1f, 0x8b, 8, 0, 0}, "c.parquet": []byte("PAR1xxxxxxxxxxPAR1"), "d.xz": []byte("\xfd7zXZ\x00"), "e.db": files["ledger.db"][:3000]} {
		one := tarOf(t, tar.Header{Name: name}, first)
		two := tarOf(t, tar.Header{Name: "z.gz"}, files["called.gz.gz"])
		dir := laid(t, map[string]string{"all.tar": string(append(one[:len(one)-1024:len(one)-1024], two...))})
		s := searcher(t, "9434765919", "Featherstone")
		r, err := s.Run(context.Background(), dir)
		if err != nil || len(r.Faults)+r.Sealed != 1 || r.Sealed == 0 && !strings.HasPrefix(r.Faults[0], filepath.Base(dir)+"/all.tar!"+name+": ") || len(r.Found) == 0 {
			t.Errorf("%s: found %v, faults %q, sealed %d: %v", name, r.Found, r.Faults, r.Sealed, err)
		}
	}
}

func database(t *testing.T, driver string, queries ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "planted.db")
	db, err := sql.Open(driver, path)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queries {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestPieces holds that what lies across two pieces of a long file is found, once, and
// where it lies.
func TestPieces(t *testing.T) {
	s := searcher(t, "9434765919", "Featherstone")
	s.piece = 4096
	b := bytes.Repeat([]byte("all quiet, 12 of them\n"), 3000)
	var want []int64
	for at := int64(8192 - 14); at < int64(len(b)-20); at += 4096 + 1 {
		copy(b[at:], "|9434765919|")
		want = append(want, at+1)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "long.log"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := s.Run(context.Background(), dir)
	if err != nil || len(r.Found) != 1 || r.Found[0].Count != int64(len(want)) || r.Found[0].At != want[0] || r.Bytes != int64(len(b)) {
		t.Errorf("planted %d from %d on, found %v: %v", len(want), want[0], r.Found, err)
	}
}

// FuzzSearch holds that whatever a file holds ends no search, and costs nobody beside it.
func FuzzSearch(f *testing.F) {
	f.Add([]byte("PAR1\x15\x00\x15\x10\x15\x10PAR1"))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x03\x00"))
	f.Add([]byte("PK\x05\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("SQLite format 3\x00\x10\x00"))
	f.Add([]byte("BZh91AY&SY\x06\x9e\x16q"))
	f.Add([]byte("\x28\xb5\x2f\xfd\x04\x00"))
	f.Add(append(bytes.Repeat([]byte("a"), 257), "ustar\x0000"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		for name, text := range map[string][]byte{"a": b, "b": []byte("9434765919")} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := searcher(t, "9434765919", "Featherstone")
		s.Workers = 1
		if r, err := s.Run(context.Background(), dir); err != nil || len(r.Found) == 0 {
			t.Errorf("found %v, faults %q: %v", r.Found, r.Faults, err)
		}
	})
}

// FuzzGather holds that whatever a feed holds is read to its end.
func FuzzGather(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Patient","name":[{"family":"A","given":["B"]}],"identifier":{"system":"nhs-number","value":9}}`))
	f.Add([]byte("{\"a\":[\n{\"userId\":\"x\"},[[]]],\"b\":{\"telecom\":\"x\"}}"))
	f.Add([]byte("#list\nnhs_number;account\n9434765919;\"x"))
	f.Add([]byte("[1,{\"resourceType\":\"Patient\",\"name\":{\"family\":[\"x\"]}}"))
	f.Add([]byte{0x1f, 0x8b, 8, 0, 0})
	f.Add([]byte("\x28\xb5\x2f\xfd{"))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := trace.New()
		g := &gatherer{ctx: context.Background(), to: w}
		if err := g.stream(bytes.NewReader(b)); err != nil {
			t.Error(err)
		}
		w.Seal()
	})
}
