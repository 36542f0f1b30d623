package marts

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/marts/catalogue"
	"secondaryuse/marts/domain"
	"secondaryuse/marts/duckdb"
	"secondaryuse/marts/practice"
	"secondaryuse/marts/sign/signtest"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/stage/seal"
)

// TestPublishGoesOn publishes, and again with something different: it goes on
// from the first snapshot only where nothing forbids it, and the marts are then
// those of a marts folder without a past.
func TestPublishGoesOn(t *testing.T) {
	other, err := domain.New([]byte(strings.Repeat("o", 32)))
	if err != nil {
		t.Fatal(err)
	}
	all, err := catalogue.All()
	if err != nil {
		t.Fatal(err)
	}
	stage, first := sealed(t)
	first.Epoch, first.Layer = "r1", 4
	published := Publisher{Dir: t.TempDir(), Key: planning(t), Signing: signtest.Key(t, "ohc")}
	if _, err := published.Publish(context.Background(), stage, first); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		goes   bool
		change func(p *Publisher, m *seal.Manifest) error
	}{
		"the same":          {true, func(p *Publisher, m *seal.Manifest) error { return nil }},
		"a later day":       {true, func(p *Publisher, m *seal.Manifest) error { m.AsOf = "2027-01-01"; return nil }},
		"a higher layer":    {true, func(p *Publisher, m *seal.Manifest) error { m.Layer = 6; return nil }},
		"compacted at once": {true, func(p *Publisher, m *seal.Manifest) error { m.Since = 4; return nil }},
		"compacted since":   {false, func(p *Publisher, m *seal.Manifest) error { m.Layer, m.Since = 5, 5; return nil }},
		"a lower layer":     {false, func(p *Publisher, m *seal.Manifest) error { m.Layer = 3; return nil }},
		"an earlier day":    {false, func(p *Publisher, m *seal.Manifest) error { m.AsOf = "2026-10-31"; return nil }},
		"another epoch":     {false, func(p *Publisher, m *seal.Manifest) error { m.Epoch = "r9"; return nil }},
		"another base key":  {false, func(p *Publisher, m *seal.Manifest) error { m.Key = "12345678"; return nil }},
		"another purpose":   {false, func(p *Publisher, m *seal.Manifest) error { m.Purpose = "research"; return nil }},
		"another domain":    {false, func(p *Publisher, m *seal.Manifest) error { p.Key = other; return nil }},
		"another practice": {false, func(p *Publisher, m *seal.Manifest) error {
			p.Practices = []practice.Practice{{Code: "M82002", PCN: "U1"}}
			return nil
		}},
		"a damaged mart":     {false, func(p *Publisher, m *seal.Manifest) error { return damage(p.Dir, "population.parquet") }},
		"a damaged manifest": {false, func(p *Publisher, m *seal.Manifest) error { return damage(p.Dir, "manifest.json") }},
		"a manifest that went": {false, func(p *Publisher, m *seal.Manifest) error {
			return os.Remove(filepath.Join(p.Dir, "CURRENT", "manifest.json"))
		}},
		"another contract": {false, func(p *Publisher, m *seal.Manifest) error {
			return edit(p.Dir, func(s *snapshot.Manifest) { s.Basis = "that of another contract" })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p, m := published, first
			p.Dir = copied(t, published.Dir)
			if err := tc.change(&p, &m); err != nil {
				t.Fatal(err)
			}
			from, name := p.before(m, p.describe(m, all))
			if want := map[bool]string{true: "r1"}[tc.goes]; name != want || (from != duckdb.Before{}) != tc.goes {
				t.Fatalf("goes on from %q, want %q; %+v", name, want, from)
			}
			if !tc.goes {
				return
			}
			var got [2]snapshot.Manifest
			for i, dir := range []string{p.Dir, t.TempDir()} {
				p.Dir = dir
				if _, err := p.Publish(context.Background(), stage, m); err != nil {
					t.Fatal(err)
				}
				got[i] = current(t, dir)
			}
			if got[0].From != "r1" || got[1].From != "" || got[0].Epoch != m.Epoch || got[0].Layer != m.Layer {
				t.Errorf("went on from %q and %q; %s %d", got[0].From, got[1].From, got[0].Epoch, got[0].Layer)
			}
			for i, f := range got[1].Files {
				if g := got[0].Files[i]; f.Mart != "" && f != g {
					t.Errorf("%+v, built anew %+v", g, f)
				}
			}
		})
	}
}

// copied returns a copy of a marts folder with its current snapshot alone.
func copied(t testing.TB, dir string) string {
	t.Helper()
	folder, _, err := snapshot.Current(dir)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "marts")
	err = os.CopyFS(filepath.Join(to, "snapshots", filepath.Base(folder)), os.DirFS(folder))
	if err := errors.Join(err, os.Symlink(filepath.Join("snapshots", filepath.Base(folder)), filepath.Join(to, "CURRENT"))); err != nil {
		t.Fatal(err)
	}
	return to
}

func current(t *testing.T, dir string) snapshot.Manifest {
	t.Helper()
	folder, m, err := snapshot.Current(dir)
	if err := errors.Join(err, snapshot.Verify(folder)); err != nil {
		t.Fatal(err)
	}
	return m
}

func damage(dir, name string) error {
	return os.WriteFile(filepath.Join(dir, "CURRENT", name), []byte("PAR1"), 0o600)
}

// edit changes what the current snapshot says of itself.
func edit(dir string, change func(*snapshot.Manifest)) error {
	folder, m, err := snapshot.Current(dir)
	if err != nil {
		return err
	}
	change(&m)
	text, err := json.Marshal(m)
	return errors.Join(err, os.WriteFile(filepath.Join(folder, "manifest.json"), text, 0o600))
}

// TestEditionIsTheEngines holds that who takes another engine changes Edition.
func TestEditionIsTheEngines(t *testing.T) {
	text, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "github.com/duckdb/duckdb-go/v2 ")
	version, _, _ := strings.Cut(after, "\n")
	if version == "" || !strings.HasPrefix(duckdb.Edition, "duckdb-go "+version+", ") {
		t.Errorf("the engine is %q, its edition says %q", version, duckdb.Edition)
	}
}
