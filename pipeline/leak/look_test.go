package leak

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/deid/trace"
)

// shows is what a draft shows that has these codes.
func shows(t *testing.T, codes ...string) Shown {
	t.Helper()
	var lines []line
	for _, c := range codes {
		lines = append(lines, line{c, 1})
	}
	dir := filepath.Join(t.TempDir(), "draft")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "a.parquet"), part(t, lines...), 0o600)); err != nil {
		t.Fatal(err)
	}
	s, err := Draft(context.Background(), dir, func([]byte) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// looking is a Look over one feed, and counts how often it asks what is published by right.
func looking(t *testing.T, patients string) (l Look, times *int) {
	t.Helper()
	times = new(int)
	dir := laid(t, map[string]string{"a.ndjson": patients})
	return Look{File: filepath.Join(t.TempDir(), "looked"), Version: "1", Feeds: []Feed{{Name: "ohc", Dir: dir}}, Right: func(w *trace.Wanted) error {
		*times++
		w.Written("code, number: Age not known, or unknown")
		w.Known("M85001,Longton Surgery")
		return nil
	}}, times
}

const somebody = `{"resourceType":"Patient","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9434765919"},{"system":"x","value":"AB12345"},{"system":"x","value":"M85001"}],` +
	`"name":[{"family":"Featherstone","given":["Ann"]},{"family":"KNOWN","given":["NOT"]},{"family":"Null","given":["Unknown"]},{"family":"Female"}],"address":[{"postalCode":"UNKNOWN","line":["NO FIXED ABODE"]}]}`

// TestLook holds that what is shown for the first time is held to everybody, once.
func TestLook(t *testing.T) {
	l, times := looking(t, somebody)
	innocent := []string{"E01014370", "J45.9", "73211009", "39113611000001102", "Age not known", "85-89", "unknown", "M85001", "mmol/mol"}
	for range 3 {
		if err := l.Through(context.Background(), shows(t, innocent...)); err != nil {
			t.Fatal(err)
		}
	}
	if *times != 1 {
		t.Errorf("it was looked for %d times", *times)
	}
	for code, kind := range map[string]string{"ab12345": "local number", "FEATHERSTONE": "name", "ann.featherstone": "name", "female": "name", "no-fixed-abode": "address"} {
		for range 2 {
			err := l.Through(context.Background(), shows(t, append(innocent, code)...))
			if !errors.Is(err, ErrShown) || !strings.HasPrefix(err.Error(), "a.parquet, column code: "+kind+": it names somebody") || strings.Contains(err.Error(), code) {
				t.Errorf("%s: %v", code, err)
			}
		}
	}
	before := *times
	if err := l.Through(context.Background(), shows(t, innocent...)); err != nil || *times != before {
		t.Errorf("what was looked for is forgotten: %v", err)
	}
	l.Version = "2"
	if err := l.Through(context.Background(), shows(t, innocent...)); err != nil || *times != before+1 {
		t.Errorf("another search has not looked for anything: %v", err)
	}
	if err := l.Through(context.Background(), shows(t, "J45.9", "73211009", "M85001")); err != nil || *times != before+1 {
		t.Errorf("less than was shown is looked for again: %v", err)
	}
}

// TestLookFails holds that nothing passes where nobody could be looked for, and that it is
// not kept.
func TestLookFails(t *testing.T) {
	l, _ := looking(t, somebody)
	gone := l
	gone.Feeds = []Feed{{Name: "ohc", Dir: filepath.Join(t.TempDir(), "gone")}}
	missing := l
	missing.Missing = errors.New("feed hospital is not here")
	empty, _ := looking(t, "{}\n")
	canceled, stop := context.WithCancel(context.Background())
	stop()
	for name, tc := range map[string]struct {
		look Look
		ctx  context.Context
		want string
	}{"gone": {gone, context.Background(), "feed ohc"}, "missing": {missing, context.Background(), "feed hospital is not here"}, "empty": {empty, context.Background(), "no NHS number"}, "canceled": {l, canceled, "canceled"}} {
		of := shows(t, "QX4711")
		of.persons = true
		if err := tc.look.Through(tc.ctx, of); err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "QX4711") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(tc.look.File); err == nil {
			t.Errorf("%s: it is kept as looked for", name)
		}
		if err := tc.look.Through(tc.ctx, shows(t, "J45", "73211009")); err != nil {
			t.Errorf("%s: nobody's identifier could be spelled so: %v", name, err)
		}
		os.Remove(tc.look.File)
	}
}

// TestLookOfNobody holds that rows about persons of whom no feed has a number are not
// published unlooked at, and that marts without any are.
func TestLookOfNobody(t *testing.T) {
	for _, persons := range []bool{true, false} {
		l, _ := looking(t, "{}\n")
		dir := filepath.Join(t.TempDir(), "draft")
		table := part(t, line{"QX4711", 1})
		if persons {
			table = rowsOf(t, []struct {
				Person int64  `parquet:"person_id"`
				Code   string `parquet:"code"`
			}{{1, "QX4711"}})
		}
		if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "a.parquet"), table, 0o600)); err != nil {
			t.Fatal(err)
		}
		s, err := Draft(t.Context(), dir, func([]byte) bool { return false })
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Through(t.Context(), s); (err != nil) != persons {
			t.Errorf("rows about persons: %v: %v", persons, err)
		}
	}
}

// TestLooked holds that of a file that is damaged anywhere nothing was looked for.
func TestLooked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "looked")
	s := shows(t, "one-1", "two-2", "three-3")
	if err := remember(path, "v", nil, s); err != nil {
		t.Fatal(err)
	}
	if l := recall(path, "v"); !s.but(l).none() || len(l) != 5 { // with the names of two columns
		t.Fatalf("%d are kept of what was shown", len(l))
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		for name, text := range map[string][]byte{"edited": append(append(append([]byte(nil), whole[:i]...), whole[i]^1), whole[i+1:]...), "cut off": whole[:i]} {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if l := recall(path, "v"); len(l) > 0 {
				t.Fatalf("%s at byte %d: %d are known", name, i, len(l))
			}
		}
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if len(recall(path, "w")) > 0 || len(recall(path+"x", "v")) > 0 {
		t.Error("another search has looked for it")
	}
	if err := remember(path, "v", recall(path, "v"), shows(t, "four-4")); err != nil {
		t.Fatal(err)
	}
	if l := recall(path, "v"); len(l) != 6 || !shows(t, "one-1", "four-4").but(l).none() {
		t.Errorf("%d are kept", len(l))
	}
}

// TestManifestShows holds which texts a manifest shows: the same from night to night, and
// all that somebody could have written into it.
func TestManifestShows(t *testing.T) {
	manifest := func(night string) Shown {
		dir := filepath.Join(t.TempDir(), "draft")
		sum := strings.Repeat("1f", 31) + night
		text := `{"id": "202611` + night + `T013327.177Z", "as_of": "2026-11-` + night + `", "audit": "` + night + `:` + sum + `", "from": "202611` + night + `T013327.177Z-2", "layer": ` + night + `,
			"rules": ["optout: optout.dat, issued 2026-11-` + night + `T06:00:00Z, 10` + night + ` of 10` + night + ` sent may be used, sha256 ` + sum + `", "objection: list, ` + night + ` rows, sha256 ` + sum + `", "change: NOT APPLIED: for Ann Featherstone"],
			"files": [{"name": "a.parquet", "bytes": 123` + night + `, "sha256": "` + sum + `"}]}`
		if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "manifest.json"), []byte(text), 0o600),
			os.WriteFile(filepath.Join(dir, "marts.duckdb"), []byte("abcdefghDUCK\x00\x01CREATE VIEW a AS SELECT * FROM '"+filepath.Dir(dir)+"/202611"+night+"T013327.177Z/a.parquet'\x02for Ann Featherstone\x00"), 0o600)); err != nil {
			t.Fatal(err)
		}
		s, err := Draft(context.Background(), dir, func([]byte) bool { return false })
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	one, two := manifest("22"), manifest("23")
	for text := range two.texts {
		if _, is := one.texts[text]; !is {
			t.Errorf("it is shown in one night only: %q", text)
		}
	}
	if _, is := one.texts["change: NOT APPLIED: for Ann Featherstone"]; !is {
		t.Error("what somebody wrote is not shown")
	}
	if _, is := one.texts["for Ann Featherstone"]; !is {
		t.Error("what stands in the views is not shown")
	}
}

// TestOursHidesNobody holds that what somebody wrote into a manifest is held to everybody
// whatever stands in it, over lines too.
func TestOursHidesNobody(t *testing.T) {
	l, _ := looking(t, strings.Replace(somebody, "AB12345", "2019-04-12-0345", 1)+"\n"+
		`{"resourceType":"Patient","name":[{"family":"Lee","given":["Ann"]}],"telecom":[{"system":"phone","value":"07700 900123"}],"address":[{"line":["2026-11-22 Rows"]}]}`)
	for reason, kind := range map[string]string{"asked for by 2019-04-12-0345": "local number", "of Ann\nLee": "name", "07700 900123 rows less": "telephone number",
		"73cc8e9b8b5b70f6ab8b1d8a8a8f3c5e": "", "of 2026-11-22": "", hashOf("9434765919"): "NHS number", "rows of " + hashOf("9434765919"): "NHS number"} {
		dir := filepath.Join(t.TempDir(), "draft")
		text, err := json.Marshal(map[string]any{"rules": []string{"change: NOT APPLIED: " + reason}})
		if err = errors.Join(err, os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "manifest.json"), text, 0o600)); err != nil {
			t.Fatal(err)
		}
		s, err := Draft(t.Context(), dir, func([]byte) bool { return false })
		if err == nil {
			err = l.Through(t.Context(), s)
		}
		if errors.Is(err, ErrShown) != (kind != "") || err != nil && !strings.HasPrefix(err.Error(), "manifest.json, its text: "+kind+": ") {
			t.Errorf("%q: %v", reason, err)
		}
	}
}

func hashOf(number string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(number))) }
