package fetch

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestTimesOfFiles holds that the times of files come back as they were said,
// that there may be none, and that damaged ones are refused.
func TestTimesOfFiles(t *testing.T) {
	dir := t.TempDir()
	if got, err := Times(dir); got != nil || err != nil {
		t.Errorf("nothing was said, and it is %v, %v", got, err)
	}
	want := map[string]time.Time{
		"a.csv": time.Date(2026, 11, 1, 2, 3, 4, 5000, time.UTC), "konto/\u00e4 \"b\".json": time.Date(1999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)}
	if err := WriteTimes(dir, want); err != nil {
		t.Fatal(err)
	}
	if got, err := Times(dir); !maps.Equal(got, want) || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"", "{", `{"a.csv": "yesterday"}`, `[]`} {
		if err := os.WriteFile(filepath.Join(dir, TimesName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := Times(dir); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
