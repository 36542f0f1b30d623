package main

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// unpack searches what a file of a known kind holds beside its bytes as they
// are, tells hit what it finds, and returns the kind. It goes by what a file
// is, not by its name.
func (s *search) unpack(path string, raw []byte, hit func(what string, hits []string)) (kind string, err error) {
	switch {
	case bytes.HasPrefix(raw, []byte("PAR1")):
		for n, page := range pages(raw) {
			hit(fmt.Sprintf("page %d", n), s.in(page))
		}
		if !bytes.HasSuffix(raw[4:], []byte("PAR1")) {
			return "parquet, cut off", nil
		}
		return "parquet", s.rows(raw, hit)
	case bytes.HasPrefix(raw, []byte("SQLite format 3\x00")):
		return "sqlite", s.database("sqlite", path, `SELECT name FROM sqlite_master WHERE type = 'table'`, hit)
	case len(raw) > 12 && string(raw[8:12]) == "DUCK":
		if len(raw) < duckHeaders {
			return "duckdb, cut off", nil
		}
		return "duckdb", s.database("duckdb", path, `SELECT table_name FROM information_schema.tables
			UNION ALL SELECT 'duckdb_views()' UNION ALL SELECT 'duckdb_columns()' UNION ALL SELECT 'duckdb_tables()'`, hit)
	}
	return "other", nil
}

// duckHeaders is how long a DuckDB file without anything in it is.
const duckHeaders = 3 * 4096

// rows searches every value of a Parquet file.
func (s *search) rows(raw []byte, hit func(string, []string)) error {
	f, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return err
	}
	var texts []byte
	buffer := make([]parquet.Row, 256)
	for _, g := range f.RowGroups() {
		rows := g.Rows()
		for {
			n, err := rows.ReadRows(buffer)
			for _, row := range buffer[:n] {
				for _, v := range row {
					switch {
					case v.Kind() == parquet.Int64 && s.value(v.Uint64()), v.Kind() == parquet.Double && s.double(v.Double()):
						hit("a value", []string{"a number"})
					case v.Kind() == parquet.ByteArray || v.Kind() == parquet.FixedLenByteArray:
						texts = append(append(texts, v.ByteArray()...), '\n')
					}
				}
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
		}
		if err := rows.Close(); err != nil {
			return err
		}
	}
	hit("its texts", s.in(texts))
	return nil
}

var unzstd, _ = zstd.NewReader(nil)

// pages returns the pages of a Parquet file, unpacked, as far as they follow
// one another from its beginning: it needs no footer, which a part that was
// being written has not got yet.
func pages(raw []byte) (out [][]byte) {
	at := 4
	for at < len(raw) {
		r := bytes.NewReader(raw[at:])
		var h format.PageHeader
		if thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(r)).Decode(&h) != nil || h.CompressedPageSize <= 0 || h.UncompressedPageSize <= 0 {
			return out
		}
		from := len(raw) - r.Len()
		at = from + int(h.CompressedPageSize)
		body := raw[from:min(at, len(raw))]
		if v := h.DataPageHeaderV2; v.Valid {
			body = body[min(len(body), int(v.V.RepetitionLevelsByteLength+v.V.DefinitionLevelsByteLength)):]
		}
		if unpacked, err := snappy.Decode(nil, body); err == nil {
			body = unpacked
		} else if unpacked, err := unzstd.DecodeAll(body, nil); err == nil {
			body = unpacked
		}
		out = append(out, body)
	}
	return out
}

// database searches every value of every table that the query names.
func (s *search) database(driver, path, tables string, hit func(string, []string)) error {
	dsn := "file:" + path + "?mode=ro"
	if driver == "duckdb" {
		dsn = path + "?access_mode=read_only"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	names, err := db.Query(tables)
	if err != nil {
		return err
	}
	defer names.Close()
	for names.Next() {
		var name string
		if err := names.Scan(&name); err != nil {
			return err
		}
		if !strings.HasSuffix(name, ")") {
			name = `"` + name + `"`
		}
		if err := s.table(db, name, hit); err != nil {
			return err
		}
	}
	return names.Err()
}

func (s *search) table(db *sql.DB, name string, hit func(string, []string)) error {
	rows, err := db.Query("SELECT * FROM " + name)
	if err != nil && strings.Contains(err.Error(), "No files found") {
		return nil // a view over a snapshot that was removed
	}
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var texts []byte
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for _, v := range values {
			switch v := v.(type) {
			case int64:
				if s.value(uint64(v)) {
					hit("table "+name, []string{"a number"})
				}
			case float64:
				if s.double(v) {
					hit("table "+name, []string{"a number"})
				}
			case []byte:
				texts = append(append(texts, v...), '\n')
			default:
				texts = fmt.Appendf(texts, "%v\n", v)
			}
		}
	}
	hit("table "+name, s.in(texts))
	return rows.Err()
}

// TestSearchUnpacks plants one identifier in each kind of file, in such a way
// that it does not stand in the file's bytes, and shows that it is found.
func TestSearchUnpacks(t *testing.T) {
	type line struct {
		Code   string `parquet:"code,dict,snappy"`
		Number int64  `parquet:"number,delta"`
	}
	part := func(lines ...line) []byte {
		var b bytes.Buffer
		w := parquet.NewGenericWriter[line](&b)
		if _, err := w.Write(lines); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	folded := line{Code: strings.Repeat("feathe", 3) + strings.Repeat("rstone", 2) + "featherstone"} // which snappy writes as copies
	first, last := line{"a", 1}, line{"z", 9434765919 << 8}                                          // the statistics name the least and the greatest
	whole := part(first, folded, folded, last)
	for name, raw := range map[string][]byte{
		"text.parquet":   whole,
		"cut.parquet":    whole[:len(whole)*2/3],
		"number.parquet": part(first, line{"b", 9434765919}, last),
		"run.log":        []byte("opened Featherstone.json\n"),
		"9434765919.txt": {},
		"ledger.db":      database(t, "sqlite", `CREATE TABLE t (a INTEGER)`, `INSERT INTO t VALUES (9434765919)`),
		"marts.duckdb":   database(t, "duckdb", `CREATE TABLE t AS SELECT range + 9434765900 AS a FROM range(100)`, `CHECKPOINT`),
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, hunted := range []bool{true, false} {
			s := newSearch([]string{"9434765919"}, []string{"Featherstone"})
			if !hunted {
				s = newSearch([]string{"9434765870"}, []string{"Featherstoke"})
			}
			if open := len(s.in(raw)) > 0; open && name != "run.log" {
				t.Errorf("%s: what is planted stands in its bytes", name)
			}
			var f found
			if err := s.tree(dir, &f); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if (len(f.where) > 0) != hunted {
				t.Errorf("%s: hunted %v, found %v", name, hunted, f.where)
			}
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
