package leak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDraft holds that what could name somebody stops a publication, in a table and in
// a text, and that what a mart has by right does not.
func TestDraft(t *testing.T) {
	const concept = "7000000009" // stands for a number that is one of SNOMED CT as well
	known := func(b []byte) bool { return bytes.Equal(b, []byte("9434765919")) || string(b) == concept }
	for _, tc := range []struct {
		code   string
		number int64
		names  string
	}{
		{"943 476 5919", 1, "column code: NHS number"}, {"9434765870", 1, "column code: NHS number"}, {"x 9434765919", 1, "column code: NHS number"}, {concept, 1, "column code"},
		{"ZZ99 3WZ", 1, "column code: NHS number, or postcode"}, {"07700 900123", 1, "telephone"}, {"+44 7700 900123", 1, "telephone"}, {"a.b@example.org", 1, "e-mail"},
		{"a", 9434765919, "column number: NHS number"}, {"a", 9434765919000, "column number: NHS number"},
		{"322236009", 9434765870, ""}, {"E01014370", 9023372036854775807, ""}, {"M85001", 4000000000, ""}, {"J45.9", 123, ""}, {"2026-11-22", 0, ""}, {"19-24 years", 0, ""},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.parquet"), part(t, line{tc.code, tc.number}, line{"b", 5}), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "a.sql"), []byte("-- what: nobody\nSELECT 322236009, '2026-11-22'"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Draft(context.Background(), dir, known)
		if errors.Is(err, ErrNames) != (tc.names != "") || err != nil && (!strings.Contains(err.Error(), tc.names) || strings.Contains(err.Error(), tc.code) && len(tc.code) > 1) {
			t.Errorf("%q, %d: %v", tc.code, tc.number, err)
		}
	}
	for i, text := range []string{"-- for 9434765919", "{\"why\": \"asked by 943 476 5919\"}", "9434765919 12", "943-476-5919\n", "943 476 5919", "mail a.b@example.org now", "'ZZ993WZ'", "07700900123"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".sql")), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Draft(context.Background(), dir, known); !errors.Is(err, ErrNames) {
			t.Errorf("%d: %v", i, err)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "view.sql"), []byte("FROM '/tmp/Test9434765870/001/a.parquet'"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Draft(context.Background(), dir, known); err != nil {
		t.Errorf("the name of a folder stops a publication: %v", err)
	}
}
