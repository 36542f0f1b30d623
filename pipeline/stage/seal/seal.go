// Package seal is what the stage and the marts agree on: where a run's parts
// lie and the manifest that makes them exist. It links neither deid nor
// a Parquet library, so that both sides can read it.
//
//	DIR/runs/RUN/DATASET-N.parquet   parts
//	DIR/runs/RUN/*.bin               parts that are no tables: locator, roster
//	DIR/runs/RUN/manifest.json       the seal: written last, by rename
//	DIR/CURRENT                      the name of the live run; moved by rename
//	DIR/.spill                       what an engine spills while it builds marts
//
// A run without a manifest does not exist: Sweep removes it. Nothing here
// touches a name that is not of this form, so what somebody else puts into the
// folder stays.
package seal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"secondaryuse/pipeline/durable"
)

// Part is one file of a run: Parquet, but for a Locator and a Roster.
type Part struct {
	Dataset string `json:"dataset"` // person, problem, observation ...
	File    string `json:"file"`    // relative to the run's folder
	Rows    int64  `json:"rows"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"`
	Layer   int64  `json:"layer,omitempty"` // the layer its rows are of

	// Of what tells where records lie: the delivery that it is about.
	Feed     string `json:"feed,omitempty"`
	Delivery int64  `json:"delivery,omitempty"`
}

// Mark is how far a feed was read.
type Mark struct {
	Feed     string `json:"feed"`
	Delivery int64  `json:"delivery,omitempty"` // the newest that was read, of a feed that is fetched
	Files    string `json:"files,omitempty"`    // a digest of the files, of one that is a folder

	// Lacks is hashes of what records that were read refer to and the feed has
	// not held yet, such as a medicine; Any instead of too many.
	Lacks []string `json:"lacks,omitempty"`
}

// Any in Lacks stands for anything.
const Any = "any"

// Manifest is the seal of a run.
//
// A run stands on layers. What read every feed whole is one layer, in an epoch
// of its own. What took up a delta adds a layer to those before it: the rows of
// every person touched, all of them anew, and a part of the dataset Touched
// that names these persons. A row counts if its person is not among those
// touched in a layer above that of its part.
type Manifest struct {
	Run     string   `json:"run"`
	AsOf    string   `json:"as_of"` // YYYY-MM-DD: the day ages and registers are computed for
	Purpose string   `json:"purpose"`
	Key     string   `json:"key"`             // fingerprint of the base key its person ids were made with
	Epoch   string   `json:"epoch,omitempty"` // the run that read every feed whole
	Layer   int64    `json:"layer,omitempty"` // the newest layer, 0 for that of the epoch's own run
	Since   int64    `json:"since,omitempty"` // the parts Touched of all layers above this one are there
	Parts   []Part   `json:"parts"`
	State   []Part   `json:"state,omitempty"`  // what only later deltas need; see package pipeline
	Marks   []Mark   `json:"marks,omitempty"`  // how far each feed was read
	Before  []Mark   `json:"before,omitempty"` // of a run that has read none: the marks of that which read what it holds
	Basis   string   `json:"basis,omitempty"`  // a digest of all that records were judged by, but for what is known of persons
	Judged  string   `json:"judged,omitempty"` // a digest of what the gates of records say: agreements, connections, the sensitive policy
	Rules   []string `json:"rules"`            // which gate stood on which list, one line each, no identifier
	Audit   string   `json:"audit,omitempty"`  // the head of the audit log then
}

// Touched is the dataset, with the column person_id, that names the persons
// whose rows in lower layers do not count any more.
const Touched = "touched"

// Unlinked is the dataset that names the records (person_id, feed, record_key)
// that may be used without their person only. It lies in the layer of its records.
const Unlinked = "unlinked"

// What only later deltas need, besides links.
const (
	Locator = "locator"       // where records lie in the landing
	Roster  = "roster"        // what is known of persons
	Doomed  = "doomed_record" // records that go, and with them what hangs on them
)

// current is the name of the file that names the live run.
const current = "CURRENT"

// Dir returns the folder of a run.
func Dir(stage, run string) string { return filepath.Join(stage, "runs", run) }

// Spill returns the folder for what does not fit in memory while marts are
// built: it may hold base ids, and so lies on the stage's side.
func Spill(stage string) string { return filepath.Join(stage, ".spill") }

// Name returns the name of a run that begins at the given time. Names sort as
// the times do.
func Name(began time.Time) string { return began.UTC().Format("20060102T150405.000Z") }

// named is what Name returns: what else lies among the runs is not ours.
var named = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}\.[0-9]{3}Z$`)

// ErrNone is returned by Current when nothing was ever sealed.
var ErrNone = errors.New("stage: no sealed run")

// ErrDamaged is wrapped by the error for a run that is not as it was sealed.
var ErrDamaged = errors.New("not as it was sealed")

// Make makes the folder of a run. It is there after a crash, once Make has
// returned.
func Make(stage, run string) error {
	if err := durable.Folder(Dir(stage, run), 0o700); err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	return nil
}

// Write seals a run, the folder of which Make has made. Its manifest and the
// names of its parts are durable when Write returns.
func Write(stage string, m Manifest) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("stage: manifest: %w", err)
	}
	return durable.Replace(filepath.Join(Dir(stage, m.Run), "manifest.json"), append(data, '\n'))
}

// SetCurrent makes run the live one. It is there after a crash, once SetCurrent
// has returned.
func SetCurrent(stage, run string) error {
	return durable.Replace(filepath.Join(stage, current), []byte(run+"\n"))
}

// Current returns the manifest of the live run, or ErrNone.
func Current(stage string) (Manifest, error) {
	name, err := os.ReadFile(filepath.Join(stage, current))
	if errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, ErrNone
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("stage: current: %w", err)
	}
	return Read(stage, strings.TrimSpace(string(name)))
}

// Read returns the manifest of a sealed run, or an error that wraps ErrDamaged
// when it has none that can be read.
func Read(stage, run string) (Manifest, error) {
	var m Manifest
	data, err := os.ReadFile(filepath.Join(Dir(stage, run), "manifest.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("stage: manifest of run %s is missing: %w", run, ErrDamaged)
	}
	if err != nil {
		return m, fmt.Errorf("stage: manifest: %w", err)
	}
	if err := json.Unmarshal(data, &m); err != nil || m.Run != run {
		return m, fmt.Errorf("stage: manifest of run %s is %w", run, ErrDamaged)
	}
	return m, nil
}

// Sweep removes every run but the named one, sealed or not, and what else a
// crash may have left: it is gone from the disk when Sweep returns. No run may
// be going on.
func Sweep(stage, keep string) error {
	if err := sweep(stage, keep); err != nil {
		return fmt.Errorf("stage: sweep: %w", err)
	}
	return nil
}

func sweep(stage, keep string) error {
	for _, left := range []string{filepath.Join(stage, current+durable.Half), Spill(stage)} {
		if err := os.RemoveAll(left); err != nil {
			return err
		}
	}
	all := filepath.Join(stage, "runs")
	runs, err := os.ReadDir(all)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	removed := false
	for _, r := range runs {
		if r.Name() == keep || !r.IsDir() || !named.MatchString(r.Name()) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(all, r.Name())); err != nil {
			return err
		}
		removed = true
	}
	if !removed {
		return nil
	}
	return durable.Sync(all)
}
