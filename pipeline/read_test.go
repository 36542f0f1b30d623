package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
)

// TestFilesThatNameAPerson shows that neither a place nor an error tells a
// file name that may hold a number, a surname or an account.
func TestFilesThatNameAPerson(t *testing.T) {
	for _, tc := range []struct {
		private bool
		name    string
		hidden  bool
	}{
		{false, "Observation.000.ndjson", false},
		{false, "apc_20261101.csv", false},
		{false, "9434765919.ndjson", true},
		{false, "x/943 476 5919.json", true},
		{true, "Featherstone.json", true},
		{false, "deleted/2.Patient.ndjson.gz", false},
		{false, "john-smith/Observation.ndjson", true},
		{false, "john.smith.ndjson", true},
	} {
		f := Feed{Private: tc.private}
		if got := f.where(0, tc.name, 3); (got == "file 4") != tc.hidden {
			t.Errorf("%s is told as %s", tc.name, got)
		}
		err := told(fmt.Errorf("open: %w", &fs.PathError{Op: "open", Path: tc.name, Err: fs.ErrPermission}))
		if strings.Contains(err.Error(), tc.name) || !errors.Is(err, fs.ErrPermission) {
			t.Errorf("error: %v", err)
		}
	}
}
