package proof

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/marts/sign"
	"secondaryuse/marts/sign/signtest"
)

// issued is a folder of a kind with two files.
func issued(t *testing.T, k Kind) string {
	t.Helper()
	dir := t.TempDir()
	said := map[string]any{"register": "1:" + strings.Repeat("0", 64), "files": []map[string]any{}}
	for _, name := range []string{"a.csv", "b.age"} {
		text := []byte("the bytes of " + name)
		said["files"] = append(said["files"].([]map[string]any), map[string]any{"name": name, "bytes": len(text), "sha256": fmt.Sprintf("%x", sha256.Sum256(text))})
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(said)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, k.File)
	s := sign.Sign(signtest.Key(t, "ohc"), k.Label, text)
	if err := errors.Join(os.WriteFile(path, text, 0o600), os.WriteFile(sign.Beside(path), s.Text(), 0o600)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func check(t *testing.T, dir string) error {
	s, err := Read(dir, signtest.Key(t, "ohc").Public())
	return errors.Join(err, s.Held(t.Context(), dir))
}

// TestEveryByteCounts holds that of each kind every byte of every file, of the
// statement and of the signature counts.
func TestEveryByteCounts(t *testing.T) {
	for _, k := range Kinds {
		dir := issued(t, k)
		if err := check(t, dir); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 4 {
			t.Fatal(entries, err)
		}
		key := signtest.Key(t, "ohc").Public()
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for at := range whole {
				changed := bytes.Clone(whole)
				changed[at] ^= 1
				if err := os.WriteFile(path, changed, 0o600); err != nil {
					t.Fatal(err)
				}
				s, err := Read(dir, key)
				if err = errors.Join(err, s.Held(t.Context(), dir)); !errors.Is(err, ErrFound) {
					t.Fatalf("%s: byte %d of %s: %v", k.Label, at, e.Name(), err)
				}
			}
			if err := os.WriteFile(path, whole, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestFound holds that files that are missing, added, or of another installation or
// kind are found, and that files may be left out where nobody asks for them.
func TestFound(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(dir string) error
		want   string
	}{
		"a file less":  {func(dir string) error { return os.Remove(filepath.Join(dir, "b.age")) }, "b.age is missing"},
		"a file more":  {func(dir string) error { return os.WriteFile(filepath.Join(dir, "c.age"), nil, 0o600) }, "c.age is not named"},
		"no signature": {func(dir string) error { return os.Remove(filepath.Join(dir, "manifest.sig")) }, "there is none"},
		"a folder": {func(dir string) error {
			p := filepath.Join(dir, "a.csv")
			return errors.Join(os.Remove(p), os.Mkdir(p, 0o700))
		}, "a.csv"},
		"signed as something else": {func(dir string) error {
			text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
			return errors.Join(err, os.WriteFile(filepath.Join(dir, "manifest.sig"), sign.Sign(signtest.Key(t, "ohc"), "eligible", text).Text(), 0o600))
		}, "signed as something else"},
		"another's": {func(dir string) error {
			text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
			return errors.Join(err, os.WriteFile(filepath.Join(dir, "manifest.sig"), sign.Sign(signtest.Key(t, "another"), "extract", text).Text(), 0o600))
		}, "by another key"},
	} {
		dir := issued(t, Kind{"extract", "manifest.json"})
		if err := tc.change(dir); err != nil {
			t.Fatal(err)
		}
		if err := check(t, dir); !errors.Is(err, ErrFound) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	if err := check(t, t.TempDir()); err == nil || !strings.Contains(err.Error(), "next: ") {
		t.Error(err)
	}
	alone := issued(t, Kind{"extract", "manifest.json"})
	if err := errors.Join(os.Remove(filepath.Join(alone, "a.csv")), os.Remove(filepath.Join(alone, "b.age"))); err != nil {
		t.Fatal(err)
	}
	if s, err := Read(alone, signtest.Key(t, "ohc").Public()); err != nil || len(s.Files) != 2 || s.Register == "" {
		t.Errorf("%+v %v", s, err)
	}
}

// TestNamesStayInside holds that a statement cannot have a file outside its folder
// looked at.
func TestNamesStayInside(t *testing.T) {
	for _, name := range []string{"../a", "/etc/passwd", `a\b`, "a/../../b", "..", ""} {
		if why := (File{Name: name}).wrong(t.Context(), t.TempDir()); why != "is no name of a file" {
			t.Errorf("%q: %s", name, why)
		}
	}
}

// TestUnpacked holds that an extract is checked as it was unpacked: files in folders,
// with the rows that the statement has of tables, whatever format they are in.
func TestUnpacked(t *testing.T) {
	for name, tc := range map[string]struct {
		rows int
		want string
	}{"as it says": {2, ""}, "fewer": {3, "tables/a.csv has other rows"}} {
		dir := t.TempDir()
		csv, parquet := filepath.Join(dir, "tables", "a.csv"), filepath.Join(dir, "tables", "a.parquet")
		if err := errors.Join(os.Mkdir(filepath.Dir(csv), 0o700), os.WriteFile(csv, []byte("id,of\n1,\"a\nb\"\n2,c\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("duckdb", "")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec("COPY (FROM range(2)) TO '" + parquet + "' (FORMAT parquet)"); err != nil {
			t.Fatal(err)
		}
		var files []map[string]any
		for _, path := range []string{csv, parquet} {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, map[string]any{"name": "tables/" + filepath.Base(path), "bytes": len(text), "sha512": fmt.Sprintf("%x", sha512.Sum512(text))})
		}
		text, err := json.Marshal(map[string]any{"files": files, "tables": []any{map[string]any{"rows": tc.rows, "files": []string{"tables/a.csv", "tables/a.parquet"}}}})
		if err != nil {
			t.Fatal(err)
		}
		s := sign.Sign(signtest.Key(t, "ohc"), "extract", text)
		if err := errors.Join(os.WriteFile(filepath.Join(dir, "manifest.json"), text, 0o600), os.WriteFile(filepath.Join(dir, "manifest.sig"), s.Text(), 0o600)); err != nil {
			t.Fatal(err)
		}
		if err := check(t, dir); tc.want == "" && err != nil || tc.want != "" && (!errors.Is(err, ErrFound) || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "a.parquet has other rows")) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

// TestSealed holds that of an extract in the outbox the archives are what is there.
func TestSealed(t *testing.T) {
	dir := t.TempDir()
	text, err := json.Marshal(map[string]any{"files": []any{map[string]any{"name": "tables/a.parquet", "bytes": 1, "sha512": "00"}},
		"sealed": []any{map[string]any{"file": "1-x.zip.age", "bytes": 1, "sha256": fmt.Sprintf("%x", sha256.Sum256([]byte("x")))}}})
	if err != nil {
		t.Fatal(err)
	}
	s := sign.Sign(signtest.Key(t, "ohc"), "extract", text)
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "manifest.json"), text, 0o600), os.WriteFile(filepath.Join(dir, "manifest.sig"), s.Text(), 0o600),
		os.WriteFile(filepath.Join(dir, "1-x.zip.age"), []byte("x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := check(t, dir); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "1-x.zip.age"), []byte("y"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := check(t, dir); !errors.Is(err, ErrFound) {
		t.Error(err)
	}
}
