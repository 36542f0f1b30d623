package tabular

import (
	"bytes"
	"embed"
	"fmt"
	"maps"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed presets/*.yaml
var presets embed.FS

// Presets lists the names of the mappings that come with this package.
func Presets() []string {
	entries, err := presets.ReadDir("presets")
	if err != nil {
		panic("tabular: embedded presets: " + err.Error()) // unreachable: they are in the binary
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// withPreset returns t with what it leaves out taken from its preset.
func (t Table) withPreset() (Table, error) {
	if t.Preset == "" {
		return t, nil
	}
	data, err := presets.ReadFile("presets/" + t.Preset + ".yaml")
	if err != nil {
		return t, fmt.Errorf("preset: must be one of %s", list(Presets()))
	}
	var p Table
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&p); err != nil {
		return t, fmt.Errorf("preset %s: %w", t.Preset, err)
	}
	if t.As != "" {
		p.As = t.As
	}
	if t.Delimiter != "" {
		p.Delimiter = t.Delimiter
	}
	// Whoever names persons in another way takes nothing of the preset's way.
	if len(t.Columns["nhs_number"]) > 0 || len(t.Columns["local_id"]) > 0 {
		delete(p.Columns, "nhs_number")
		delete(p.Columns, "local_id")
		p.Check = ""
	}
	if t.Check != "" {
		p.Check = t.Check
	}
	p.File, p.Preset = t.File, t.Preset
	p.Columns = over(p.Columns, t.Columns)
	p.Codes = over(p.Codes, t.Codes)
	p.Systems = over(p.Systems, t.Systems)
	return p, nil
}

// over returns base with the entries of top in place of its own. An entry that
// is empty takes one away.
func over[V any](base, top map[string]V) map[string]V {
	out := maps.Clone(base)
	if out == nil {
		out = make(map[string]V)
	}
	maps.Copy(out, top)
	return out
}
