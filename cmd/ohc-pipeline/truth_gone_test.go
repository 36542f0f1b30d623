package main

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"secondaryuse/testdata/population"
)

// TestDeletedPatientVanishes has a Patient deleted after a run: with the next
// one its person is nowhere, neither in the marts nor on the stage's disk, and
// everybody else is where they were. So it stays when the lists are applied
// again; and once the Patient is sent again, the person is back.
func TestDeletedPatientVanishes(t *testing.T) {
	w := newWorld(t, population.Plan{Persons: 400, Seed: 11, Months: 3})
	before := gotPresent(t, w)
	who, patient := w.somebody(t, before)
	missing := []string{"- " + line(who, "in the marts"), "- " + line(who, "in the stage")}
	stamp := lastUpdated.FindSubmatch(patient)[1]
	id := patientID.FindSubmatch(patient)[1]

	w.append(t, "deleted/Bundle.ndjson", `{"resourceType":"Bundle","meta":{"lastUpdated":"`+string(stamp)+`"},"type":"transaction","entry":[{"request":{"method":"DELETE","url":"Patient/`+string(id)+`"}}]}`)
	w.again(t, extract)
	if got := differ(before, gotPresent(t, w)); !slices.Equal(got, missing) {
		t.Fatalf("deleted: %q, want %q", got, missing)
	}
	if runs, err := os.ReadDir(filepath.Join(stageOf(w.conf), "runs")); err != nil || len(runs) != 1 {
		t.Errorf("%d runs are on the disk, error %v", len(runs), err)
	}
	w.again(t, again)
	if got := differ(before, gotPresent(t, w)); !slices.Equal(got, missing) {
		t.Errorf("published again: %q, want %q", got, missing)
	}

	other := bytes.Replace(patient, id, []byte("another-of-the-same"), 1)
	w.append(t, "Patient.901.ndjson", string(other))
	w.again(t, extract)
	if got := differ(before, gotPresent(t, w)); len(got) > 0 {
		t.Errorf("merged into another Patient: %q", got)
	}
	if got := w.ask(t, w.base, "SELECT DISTINCT person_id, feed FROM problem WHERE feed = 'ohc'"); slices.Contains(got, line(who, "ohc")) {
		t.Error("merged into another Patient: what refers to the deleted one is there")
	}

	w.append(t, "Patient.902.ndjson", string(bytes.Replace(patient, stamp, []byte("2100-01-01T00:00:00.000Z"), 1)))
	w.again(t, extract)
	if got := differ(before, gotPresent(t, w)); len(got) > 0 {
		t.Errorf("sent again: %q", got)
	}
	if got := w.ask(t, w.base, "SELECT DISTINCT person_id, feed FROM problem WHERE feed = 'ohc'"); !slices.Contains(got, line(who, "ohc")) {
		t.Error("sent again: what refers to the Patient is not there")
	}
}

var (
	lastUpdated = regexp.MustCompile(`"lastUpdated":"([^"]*)"`)
	patientID   = regexp.MustCompile(`^{"resourceType":"Patient","id":"([^"]*)"`)
)

// somebody returns a person of whom the shared record and the hospital have
// records that are kept and the PHR has none, with the line of their Patient.
func (w *world) somebody(t *testing.T, present []string) (who int, patient []byte) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(w.folder(t), "Patient.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	has, named := make(map[int]map[string]bool), make(map[int]string)
	for _, r := range w.told.Records {
		if has[r.Person] == nil {
			has[r.Person] = make(map[string]bool)
		}
		has[r.Person][r.Feed+" "+r.Dataset+" "+r.Outcome] = true
		if r.Feed == "ohc" && r.Dataset == "person" {
			named[r.Person] = strings.TrimPrefix(r.Record, "Patient/")
		}
	}
	for _, who := range slices.Sorted(maps.Keys(has)) {
		has := has[who]
		if !has["ohc person kept"] || !has["ohc problem kept"] || !has["hospital encounter kept"] || has["phr person kept"] || has["ohc person superseded"] {
			continue
		}
		for l := range bytes.Lines(data) {
			if bytes.Contains(l, []byte(named[who])) && slices.Contains(present, line(who, "in the marts")) {
				return who, bytes.TrimSpace(l)
			}
		}
	}
	t.Fatal("the population has nobody like that")
	return 0, nil
}

// folder is where the shared record lies.
func (w *world) folder(t *testing.T) string {
	t.Helper()
	for _, f := range w.conf.Feeds {
		if f.Name == "ohc" {
			return f.Path
		}
	}
	t.Fatal("no shared record")
	return ""
}

// append appends a line to a file of the shared record.
func (w *world) append(t *testing.T, name, text string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(w.folder(t), name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text + "\n")
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// again runs or publishes once more, and looks anew. However much a test has
// changed is accepted.
func (w *world) again(t *testing.T, way attempt) {
	t.Helper()
	if _, _, err := begin(context.WithValue(context.Background(), acceptedKey{}, "a test"), w.conf, way); err != nil {
		t.Fatal(err)
	}
	w.db = look(t, w.conf)
}
