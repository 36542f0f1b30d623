// Package seal is what the stage and the marts agree on: where a run's Parquet
// parts lie and the manifest that makes them exist. It links neither deid nor
// a Parquet library, so that both sides can read it.
//
//	DIR/runs/RUN/DATASET-N.parquet   parts
//	DIR/runs/RUN/manifest.json       the seal: written last, by rename
//	DIR/CURRENT                      the name of the live run; moved by rename
//
// A run without a manifest does not exist: Sweep removes it.
package seal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Part is one Parquet file of a run.
type Part struct {
	Dataset string `json:"dataset"` // person, problem, observation ...
	File    string `json:"file"`    // relative to the run's folder
	Rows    int64  `json:"rows"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"`
}

// Manifest is the seal of a run.
type Manifest struct {
	Run     string   `json:"run"`
	AsOf    string   `json:"as_of"` // YYYY-MM-DD: the day ages and registers are computed for
	Purpose string   `json:"purpose"`
	Key     string   `json:"key"` // fingerprint of the base key its person ids were made with
	Parts   []Part   `json:"parts"`
	Rules   []string `json:"rules"` // which gate stood on which list, one line each, no identifier
}

// Dir returns the folder of a run.
func Dir(stage, run string) string { return filepath.Join(stage, "runs", run) }

// ErrNone is returned by Current when nothing was ever sealed.
var ErrNone = errors.New("stage: no sealed run")

// Write seals a run: its manifest is durable when Write returns.
func Write(stage string, m Manifest) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("stage: manifest: %w", err)
	}
	return replace(filepath.Join(Dir(stage, m.Run), "manifest.json"), append(data, '\n'))
}

// SetCurrent makes run the live one, durably.
func SetCurrent(stage, run string) error {
	return replace(filepath.Join(stage, "CURRENT"), []byte(run+"\n"))
}

// Current returns the manifest of the live run, or ErrNone.
func Current(stage string) (Manifest, error) {
	name, err := os.ReadFile(filepath.Join(stage, "CURRENT"))
	if errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, ErrNone
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("stage: current: %w", err)
	}
	return Read(stage, strings.TrimSpace(string(name)))
}

// Read returns the manifest of a sealed run.
func Read(stage, run string) (Manifest, error) {
	var m Manifest
	data, err := os.ReadFile(filepath.Join(Dir(stage, run), "manifest.json"))
	if err != nil {
		return m, fmt.Errorf("stage: manifest: %w", err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("stage: manifest of run %s is damaged: %w", run, err)
	}
	return m, nil
}

// Sweep removes every run but the named one, sealed or not: what a crash left
// behind, and what the live run replaced.
func Sweep(stage, keep string) error {
	runs, err := os.ReadDir(filepath.Join(stage, "runs"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("stage: sweep: %w", err)
	}
	for _, r := range runs {
		if r.Name() == keep {
			continue
		}
		if err := os.RemoveAll(Dir(stage, r.Name())); err != nil {
			return fmt.Errorf("stage: sweep: %w", err)
		}
	}
	return nil
}

// replace writes a file so that it holds either the old or the new bytes after
// a crash, and the new ones once replace has returned.
func replace(path string, data []byte) error {
	tmp := path + ".tmp"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
