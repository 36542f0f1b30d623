package marts

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/sign/signtest"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/stage/seal"
)

// sealed writes a run with two persons, one of whom is old.
func sealed(t *testing.T) (string, seal.Manifest) {
	t.Helper()
	stage := t.TempDir()
	m := seal.Manifest{Run: "r1", AsOf: "2026-11-01", Purpose: "planning", Rules: []string{"optout: fresh"}}
	if err := os.MkdirAll(seal.Dir(stage, m.Run), 0o700); err != nil {
		t.Fatal(err)
	}
	db := client(t, "")
	path := filepath.Join(seal.Dir(stage, m.Run), "person-0.parquet")
	_, err := db.Exec(`COPY (SELECT 1000000007 + range AS person_id, 'gp' AS feed, 'professional' AS recorder, 77000 + range AS record_key, 0::INTEGER AS part,
		NULL::BIGINT AS encounter_key, TIMESTAMP '2026-01-01' AS version, NULL::TIMESTAMP AS recorded_at, 'female' AS sex, (1936 + 40 * range)::INTEGER AS birth_year,
		NULL::INTEGER AS birth_month, NULL::TIMESTAMP AS death_month, false AS deceased, 'A' AS ethnic_category, 'E01028812' AS lsoa, 3::INTEGER AS imd_decile,
		'M82002' AS practice, NULL::TIMESTAMP AS registered_from, NULL::TIMESTAMP AS registered_to FROM range(2)) TO '` + path + `' (FORMAT parquet)`)
	if err != nil {
		t.Fatal(err)
	}
	m.Parts = []seal.Part{{Dataset: "person", File: "person-0.parquet", Rows: 2}}
	return stage, m
}

func client(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func planning(t testing.TB) domain.Key {
	t.Helper()
	k, err := domain.New([]byte(strings.Repeat("p", 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestPublish takes a sealed run all the way to what any DuckDB client sees.
func TestPublish(t *testing.T) {
	stage, m := sealed(t)
	p := Publisher{Dir: filepath.Join(t.TempDir(), "it's marts"), Key: planning(t), Signing: signtest.Key(t, "ohc")}
	id, err := p.Publish(context.Background(), stage, m)
	if err != nil || id != "r1" {
		t.Fatal(id, err)
	}
	folder, manifest, err := snapshot.Current(p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := snapshot.Verify(folder); err != nil {
		t.Error(err)
	}
	if manifest.AsOf != m.AsOf || manifest.Purpose != m.Purpose || manifest.Domain != p.Key.Fingerprint() || len(manifest.Rules) != 1 || len(manifest.Files) != 15 {
		t.Errorf("manifest %+v", manifest)
	}
	db := client(t, filepath.Join(p.Dir, "CURRENT", "marts.duckdb")+"?access_mode=read_only")
	var band, said string
	var person int64
	if err := db.QueryRow("SELECT person_id, age_band FROM population WHERE age_band LIKE '90%'").Scan(&person, &band); err != nil || person != p.Key.ID(1000000007) {
		t.Errorf("the person of 90 years: %d, %v", person, err)
	}
	if err := db.QueryRow("SELECT comment FROM duckdb_columns() WHERE table_name = 'population' AND column_name = 'lsoa'").Scan(&said); err != nil || said == "" {
		t.Errorf("what the contract says of a column: %q, %v", said, err)
	}
	if _, err := os.Stat(filepath.Join(stage, ".spill")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left behind what was spilled: %v", err)
	}
	again, err := p.Publish(context.Background(), stage, m)
	if err != nil || again != "r1-2" {
		t.Errorf("the run repeated: %s %v", again, err)
	}
	_, second, err := snapshot.Current(p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range manifest.Files {
		if g := second.Files[i]; f.Mart != "" && f.SHA256 != g.SHA256 {
			t.Errorf("%s has other bytes when the run is repeated", f.Name)
		}
	}
}

// TestPublishFails holds that a run that cannot be published leaves what is
// published alone, and nothing else.
func TestPublishFails(t *testing.T) {
	stage, m := sealed(t)
	p := Publisher{Dir: t.TempDir(), Key: planning(t), Signing: signtest.Key(t, "ohc")}
	if _, err := p.Publish(context.Background(), stage, m); err != nil {
		t.Fatal(err)
	}
	m.Parts[0].File = "gone.parquet"
	if _, err := p.Publish(context.Background(), stage, m); err == nil {
		t.Error("published a run whose part is gone")
	}
	folder, _, err := snapshot.Current(p.Dir)
	if err != nil || filepath.Base(folder) != "r1" || snapshot.Verify(folder) != nil {
		t.Errorf("CURRENT is %s, %v", folder, err)
	}
	if left, _ := os.ReadDir(filepath.Join(p.Dir, "snapshots")); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
