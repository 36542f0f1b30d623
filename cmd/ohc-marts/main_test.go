package main

import (
	"context"
	"database/sql"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/rogpeppe/go-internal/testscript"

	"secondaryuse/marts"
	"secondaryuse/marts/domain"
	"secondaryuse/marts/sign/signtest"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/stage/seal"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ohc-marts": func() { os.Exit(realMain()) }})
}

// TestScripts runs the real command on a published snapshot of 40 persons;
// $MARTS is its folder, and $KEY the public key that it is signed with. Beside what testscript knows, a script has
//
//	issue KIND NAME AT PERSON...     puts an extract or release of persons into the register, and its folder into the outbox
//	digests FILE PERSON...           writes what ohc-pipeline digests would of persons
//	digest PERSON                    prints the digest of one
//	code N ARG...                    runs a command that must end with N
func TestScripts(t *testing.T) {
	dir, key := published(t), signtest.File(t, "ohc")
	testscript.Run(t, testscript.Params{
		Dir:  "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"issue": putIssue, "digests": putDigests, "digest": printDigest, "code": wantCode},
		Setup: func(e *testscript.Env) error {
			e.Setenv("MARTS", dir)
			e.Setenv("KEY", signtest.Key(t, "ohc").Public().String())
			err := errors.Join(os.MkdirAll(filepath.Join(e.WorkDir, "keys"), 0o700), os.Link(key, filepath.Join(e.WorkDir, "keys", "signing.ed25519")), staff(t, e))
			if err == nil && filepath.Base(e.WorkDir) == "script-extract" {
				ring(t, e, dir)
			}
			return err
		},
	})
}

// staff gives each script people with keys: keys/NAME and people.yaml.
func staff(t *testing.T, e *testscript.Env) error {
	text := "people:\n"
	for _, p := range [][2]string{{"ruth", "author"}, {"gwen", "guardian"}, {"carl", "custodian"}, {"rhys", "reviewer"}} {
		key, err := os.ReadFile(signtest.File(t, p[0]))
		if err == nil {
			err = os.MkdirAll(filepath.Join(e.WorkDir, "keys"), 0o700)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(e.WorkDir, "keys", p[0]), key, 0o600)
		}
		if err != nil {
			return err
		}
		text += "  - {name: " + p[0] + ", roles: [" + p[1] + "], key: \"" + signtest.Key(t, p[0]).Public().String() + "\"}\n"
	}
	return os.WriteFile(filepath.Join(e.WorkDir, "people.yaml"), []byte(text), 0o600)
}

func published(t *testing.T) string {
	t.Helper()
	stage := t.TempDir()
	m := seal.Manifest{Run: "r1", AsOf: "2026-11-01", Purpose: "planning", Parts: []seal.Part{{Dataset: "person", File: "person-0.parquet", Rows: 40}}}
	if err := os.MkdirAll(seal.Dir(stage, m.Run), 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.Exec(`COPY (SELECT 1000 + range AS person_id, 'gp' AS feed, 'professional' AS recorder, 77000 + range AS record_key, 0::INTEGER AS part,
		NULL::BIGINT AS encounter_key, TIMESTAMP '2026-01-01' AS version, NULL::TIMESTAMP AS recorded_at,
		CASE WHEN range % 4 = 0 THEN 'male' ELSE 'female' END AS sex, (1940 + 2 * range)::INTEGER AS birth_year, 1::INTEGER AS birth_month,
		NULL::TIMESTAMP AS death_month, false AS deceased, 'A' AS ethnic_category, CASE WHEN range < 30 THEN 'E01028812' END AS lsoa, 3::INTEGER AS imd_decile,
		'M82002' AS practice, NULL::TIMESTAMP AS registered_from, NULL::TIMESTAMP AS registered_to FROM range(40)) TO '` +
		filepath.Join(seal.Dir(stage, m.Run), "person-0.parquet") + `' (FORMAT parquet)`)
	if err != nil {
		t.Fatal(err)
	}
	key, err := domain.New([]byte(strings.Repeat("p", 32)))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "marts")
	if _, err := (marts.Publisher{Dir: dir, Key: key, Signing: signtest.Key(t, "ohc")}).Publish(context.Background(), stage, m); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestVerifyChain holds that a snapshot that is signed, and has been put in front of a
// newer one, is found.
func TestVerifyChain(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		d, err := snapshot.Begin(dir, "r1", signtest.Key(t, "ohc"))
		if err == nil {
			err = errors.Join(os.WriteFile(filepath.Join(d.Dir(), "a.sql"), nil, 0o600), d.Publish(snapshot.Manifest{}, 3))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	verify := func() error { return checked{marts: dir}.run(t.Context(), io.Discard, nil) }
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "CURRENT")
	if err := errors.Join(os.Remove(link), os.Symlink("snapshots/r1", link)); err != nil {
		t.Fatal(err)
	}
	if err := verify(); code(err) != exitCheck || !strings.Contains(err.Error(), "r1-2 was published after it") {
		t.Errorf("%v, want exit code %d", err, exitCheck)
	}
}

// TestLinksNoIdentity holds that nothing this command is made of, however far
// down, is of package deid, of a source or of the ledger: of the way in it may
// only know the seal of a stage, and how a file is made durable.
func TestLinksNoIdentity(t *testing.T) {
	const module = "secondaryuse/"
	may := []string{"pipeline/stage/seal", "pipeline/durable", "pipeline/guard", "pipeline/strict", "pipeline/audit"}
	seen, todo := make(map[string]bool), []string{"cmd/ohc-marts"}
	for len(todo) > 0 {
		dir := todo[0]
		todo = todo[1:]
		if seen[dir] {
			continue
		}
		seen[dir] = true
		wayIn := strings.HasPrefix(dir+"/", "pipeline/") && !slices.Contains(may, dir)
		if wayIn || strings.HasPrefix(dir+"/", "deid/") {
			t.Errorf("ohc-marts links %s", dir)
		}
		files, err := filepath.Glob(filepath.Join("../..", dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files, error %v", dir, err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, spec := range f.Imports {
				name, _ := strconv.Unquote(spec.Path.Value)
				if inner, ours := strings.CutPrefix(name, module); ours {
					todo = append(todo, inner)
				}
			}
		}
	}
	if !seen["marts/duckdb/reader"] || !seen["marts/snapshot"] {
		t.Errorf("the walk saw only %v", seen)
	}
}
