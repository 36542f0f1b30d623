package leak

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"secondaryuse/deid/trace"
	"secondaryuse/testdata/population"
)

// TestGather holds that of a whole population everybody is known by everything that
// names them, in whatever feed it stands.
func TestGather(t *testing.T) {
	dir := t.TempDir()
	if _, err := population.Write(context.Background(), population.Plan{Persons: 300, Seed: 1, Out: dir}, nil); err != nil {
		t.Fatal(err)
	}
	w := trace.New()
	_, err := Gather(context.Background(), w, Feed{Name: "ohc", Dir: filepath.Join(dir, "shared-record")}, Feed{Name: "phr", Dir: filepath.Join(dir, "phr")},
		Feed{Name: "gp", Dir: filepath.Join(dir, "gp-connect")}, Feed{Name: "hospital", Dir: filepath.Join(dir, "hospital")},
		Feed{Name: "wearable", Dir: filepath.Join(dir, "wearable"), Folders: true}, Feed{Name: "lists", Dir: filepath.Join(dir, "lists"), Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	w.Seal()
	s := Search{Wanted: w}
	raw, err := os.ReadFile(filepath.Join(dir, "truth/identifiers.ndjson.gz"))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); n++ {
		var x map[string]any
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		for member, v := range x {
			for _, one := range strs(v) {
				if one != "" && !s.Tells(one) {
					t.Errorf("person %d: their %s is not known", n, member)
				}
			}
		}
	}
	if n != 300 {
		t.Errorf("asked about %d persons", n)
	}
}
