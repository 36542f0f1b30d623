package disclose

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"secondaryuse/marts/duckdb/reader"
	"secondaryuse/marts/sign/signtest"
	"secondaryuse/marts/snapshot"
)

// published makes a snapshot of the given marts, each a SELECT.
func published(t testing.TB, marts map[string]string) *reader.Reader {
	t.Helper()
	d, err := snapshot.Begin(t.TempDir(), "s1", signtest.Key(t, "ohc"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var m snapshot.Manifest
	for name, query := range marts {
		if _, err := db.Exec("COPY (" + query + ") TO '" + filepath.Join(d.Dir(), name+".parquet") + "' (FORMAT parquet)"); err != nil {
			t.Fatal(err)
		}
		m.Files = append(m.Files, snapshot.File{Name: name + ".parquet", Mart: name})
	}
	if err := d.Publish(m, 3); err != nil {
		t.Fatal(err)
	}
	r, err := reader.Open(context.Background(), d.Final(), reader.Limits{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func input(t testing.TB, r *reader.Reader, profile, text string) Input {
	t.Helper()
	q, err := Load(text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Choose(profile)
	if err != nil {
		t.Fatal(err)
	}
	return Input{Question: q, Profile: p, Snapshot: "s1", Domain: "d1", Marts: r, Nobody: []string{"place"}, Person: digest, Key: testKey{}, Folder: filepath.Join(t.TempDir(), "people")}
}

// testKey is a register's key.
type testKey struct{}

func (testKey) Fingerprint() string { return "00000000" }
func (testKey) MAC(label string, data []byte) [sha256.Size]byte {
	return sha256.Sum256(append([]byte(label), data...))
}

func digest(id int64) (out [16]byte) {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(id)))
	copy(out[:], sum[:])
	return out
}

func text(r Released) string {
	var b strings.Builder
	if err := r.WriteCSV(&b); err != nil {
		return err.Error()
	}
	return b.String()
}

const heart = `-- release: heart-disease
-- what: Heart disease by age band
-- purpose: planning
-- dimensions:
--   age: age band
-- measures:
--   disease persons of heart: with heart disease
--   population persons: all
-- totals: yes
--
-- From the documentation of OpenSAFELY.
SELECT person_id, age, heart FROM population;
`

// hearts are persons by age band: in each so many, of whom so many have it.
func hearts(bands ...[2]int) map[string]string {
	var parts []string
	for i, b := range bands {
		age := []string{"21-30", "31-40", "41-50", "51+"}[i]
		parts = append(parts, "SELECT "+itoa(i*1000)+" + range AS person_id, '"+age+"' AS age, range < "+itoa(b[0])+" AS heart FROM range("+itoa(b[1])+")")
	}
	return map[string]string{"population": strings.Join(parts, " UNION ALL ")}
}

// TestOpenSAFELY holds the table before and after control in OpenSAFELY's
// documentation (docs/outputs/sdc.md, "Rounding counts").
func TestOpenSAFELY(t *testing.T) {
	r := published(t, hearts([2]int{3, 18}, [2]int{8, 23}, [2]int{16, 31}, [2]int{23, 44}))
	out, _, err := Control(context.Background(), input(t, r, "opensafely", heart))
	want := "age,disease,population\n21-30,[REDACTED],20\n31-40,10,25\n41-50,15,30\n51+,25,45\nTotal,50,120\n"
	if got := text(out); err != nil || got != want {
		t.Errorf("%v\n%swant\n%s", err, got, want)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
