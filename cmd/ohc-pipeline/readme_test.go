package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"secondaryuse/deid/gate/purpose"
	"secondaryuse/marts/egress"
	"secondaryuse/marts/project"
	"secondaryuse/pipeline/config"
	"secondaryuse/schedules"
	"secondaryuse/testdata/readme"
)

// TestReadme holds that there is every command, flag and argument that README.md and
// the help tell somebody to type.
func TestReadme(t *testing.T) { readme.Hold(t, root) }

// TestReadmeYAML holds that every piece of YAML in README.md is taken by what reads it
// strictly: a piece of config.yaml together with what a configuration must have.
func TestReadmeYAML(t *testing.T) {
	_, blocks := readme.Read(t)
	pieces := 0
	for _, b := range blocks {
		if b.Kind != "yaml" {
			continue
		}
		pieces++
		first, _, _ := strings.Cut(strings.TrimSpace(b.Text), "\n")
		if err := taken(t, first, b.Text); err != nil {
			t.Errorf("README.md, YAML that begins with %q: %v", first, err)
		}
	}
	if pieces < 10 {
		t.Errorf("there are %d pieces of YAML", pieces)
	}
}

// taken has a piece of YAML read by whoever reads what begins like that.
func taken(t *testing.T, first, text string) error {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text = strings.ReplaceAll(text, "age1...", "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z")
	switch first {
	case "name: purpose":
		_, err := purpose.Open(purpose.Config{File: write("p.yaml", text), Purpose: "screening", Now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)})
		return err
	case "name: nightly                 # as the file is called":
		write("nightly.yaml", text)
		_, err := schedules.Exchanging(dir, nil)
		return err
	case "marts: marts                    # the published marts":
		_, err := egress.Load(write("egress.yaml", text))
		return err
	}
	if strings.HasPrefix(first, "linkage: {study:") {
		if err := os.CopyFS(dir, os.DirFS("../../marts/project/testdata")); err != nil {
			t.Fatal(err)
		}
		falls, err := os.ReadFile(filepath.Join(dir, "falls.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		write("falls.yaml", strings.ReplaceAll(string(falls), "26/WM/0123", "26/CAG/0042")+"\n"+text)
		_, err = project.Load(dir, "falls")
		return err
	}
	_, err := config.Load(write("config.yaml", whole(t, text)))
	return err
}

// whole makes a configuration of a piece of one.
func whole(t *testing.T, text string) string {
	var some any
	unmarshal := func(text string, v any) {
		if err := yaml.Unmarshal([]byte(text), v); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
	unmarshal(text, &some)
	all := make(map[string]any)
	unmarshal(`{feeds: [{name: ohc, kind: fhir, path: ohc}], reference: {places: p.csv, practices: q.csv}, gates: {
  optout: {sent: a, reply: b, control: c}, objection: {file: d, max_age: 8d}, connection: {file: e, max_age: 8d}, agreement: {file: f, max_age: 400d}}}`, &all)
	switch some := some.(type) {
	case []any:
		all["feeds"] = some
	case map[string]any:
		if some["sftp"] != nil {
			some = map[string]any{"feeds": []any{map[string]any{"name": "far", "kind": "phr", "fetch": some}}}
		}
		if g, ok := some["gates"].(map[string]any); ok {
			maps.Copy(all["gates"].(map[string]any), g)
			delete(some, "gates")
		}
		maps.Copy(all, some)
	}
	out, err := yaml.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
