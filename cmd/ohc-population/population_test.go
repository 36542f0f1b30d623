package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"secondaryuse/deid/identity"
	"secondaryuse/testdata/population"
)

// asOf is the day the populations of these tests are for.
var asOf = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// shared is the population that most tests look at.
var shared struct {
	once    sync.Once
	dir     string
	summary population.Summary
	err     error
}

const persons = 3000

// written returns the shared population.
func written(t *testing.T) (dir string, s population.Summary) {
	t.Helper()
	shared.once.Do(func() {
		if shared.dir, shared.err = os.MkdirTemp("", "ohc-population"); shared.err != nil {
			return
		}
		plan := population.Plan{Persons: persons, Seed: 1, Out: filepath.Join(shared.dir, "out"), AsOf: asOf}
		shared.summary, shared.err = population.Write(context.Background(), plan, nil)
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return filepath.Join(shared.dir, "out"), shared.summary
}

// text returns the text of a file, unpacked.
func text(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	switch {
	case strings.HasSuffix(path, ".gz"):
		r, err = gzip.NewReader(f)
	case strings.HasSuffix(path, ".zst"):
		var z *zstd.Decoder
		z, err = zstd.NewReader(f)
		r = z
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return data
}

// each decodes every line of a file of the truth.
func each[X any](t *testing.T, path string, do func(X)) {
	t.Helper()
	s := bufio.NewScanner(strings.NewReader(string(text(t, path))))
	for s.Scan() {
		var x X
		if err := json.Unmarshal(s.Bytes(), &x); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		do(x)
	}
}

// hash returns a digest of the names and the bytes of all files of a folder.
func hash(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		io.WriteString(h, name+"\x00")
		h.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// TestSameBytesOnAnyNumberOfCores writes one plan with one worker and with
// five, and another seed.
func TestSameBytesOnAnyNumberOfCores(t *testing.T) {
	write := func(seed uint64, workers int) string {
		dir := filepath.Join(t.TempDir(), "out")
		plan := population.Plan{Persons: 900, Seed: seed, Out: dir, AsOf: asOf, Months: 6, Workers: workers}
		if _, err := population.Write(context.Background(), plan, nil); err != nil {
			t.Fatal(err)
		}
		return hash(t, dir)
	}
	one := write(5, 1)
	if five := write(5, 5); five != one {
		t.Error("five workers wrote other bytes than one")
	}
	if other := write(6, 5); other == one {
		t.Error("two seeds wrote the same bytes")
	}
}

// TestInterrupted stops a population in the middle.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	plan := population.Plan{Persons: 5000, Seed: 1, Out: filepath.Join(t.TempDir(), "out"), AsOf: asOf, Months: 1, Workers: 3}
	_, err := population.Write(ctx, plan, func(done int) {
		if done >= 300 {
			cancel()
		}
	})
	if err == nil {
		t.Error("an interrupted population was written to its end")
	}
}

func TestPlansThatCannotBe(t *testing.T) {
	for name, plan := range map[string]population.Plan{
		"nobody": {Persons: 0}, "too many": {Persons: population.Most + 1}, "no time": {Persons: 1, Months: -1}, "too long": {Persons: 1, Months: 241},
	} {
		plan.Out = filepath.Join(t.TempDir(), "out")
		if _, err := population.Write(context.Background(), plan, nil); err == nil {
			t.Errorf("%s: it was written", name)
		}
	}
}

// identifiers is a line of the file that says what names a person.
type identifiers struct {
	Person   int      `json:"person"`
	Number   string   `json:"nhs_number"`
	Old      string   `json:"old_number"`
	Family   string   `json:"family"`
	Accounts []string `json:"accounts"`
}

func TestNumbersAreOfTheTestRange(t *testing.T) {
	dir, _ := written(t)
	seen, people, old, accounts := make(map[string]bool), 0, 0, 0
	each(t, filepath.Join(dir, "truth/identifiers.ndjson.gz"), func(x identifiers) {
		people++
		accounts += len(x.Accounts)
		for _, n := range []string{x.Number, x.Old} {
			if n == "" {
				continue
			}
			if _, err := identity.Parse([]byte(n)); err != nil || n[0] != '9' {
				t.Errorf("person %d has a number outside the range: %v", x.Person, err)
			}
			if seen[n] {
				t.Errorf("person %d has a number that somebody else has", x.Person)
			}
			seen[n] = true
		}
		if x.Old != "" {
			old++
		}
	})
	if people != persons || old == 0 || accounts == 0 {
		t.Errorf("%d persons, %d former numbers, %d accounts", people, old, accounts)
	}
}
