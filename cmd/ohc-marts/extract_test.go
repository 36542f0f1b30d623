package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"

	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/domain/keyring/kek"
	"secondaryuse/marts/eligible"
	"secondaryuse/marts/sign/signtest"
	"secondaryuse/marts/snapshot"
)

// ring gives a script what an extract needs besides people and marts: keys of the
// project falls and of the register, wrapped for kek.txt, the list of who may be used
// now, and a recipient, $TO, who has mine.txt.
func ring(t *testing.T, e *testscript.Env, marts string) {
	t.Helper()
	must := func(errs ...error) {
		t.Helper()
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	identity := func(name string) *age.X25519Identity {
		id, err := age.GenerateX25519Identity()
		must(err, os.WriteFile(filepath.Join(e.WorkDir, name), []byte(id.String()+"\n"), 0o600))
		return id
	}
	identity("kek.txt")
	e.Setenv("TO", identity("mine.txt").Recipient().String())
	keys := filepath.Join(e.WorkDir, "keys")
	k, err := kek.Open(kek.Config{Identity: filepath.Join(e.WorkDir, "kek.txt")})
	must(err)
	r, err := keyring.Open(keys, k)
	must(err)
	for _, name := range []string{"project-falls", string(keyring.Register)} {
		_, err := r.Create(name, time.Now(), false)
		must(err)
	}
	_, m, err := snapshot.Current(marts)
	must(err, eligible.Write(filepath.Join(e.WorkDir, "eligible"), eligible.Header{Snapshot: m.ID, Domain: m.Domain, Purpose: m.Purpose, At: time.Now(), Lists: []string{"optout"}},
		everybody(t, marts), signtest.Key(t, "ohc")))
}

// everybody is the persons of the marts.
func everybody(t *testing.T, marts string) (out []int64) {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT person_id FROM '" + filepath.Join(marts, "CURRENT", "population.parquet") + "'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		out = append(out, id)
	}
	return out
}
