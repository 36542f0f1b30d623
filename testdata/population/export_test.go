package population_test

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/testdata/population"
)

// served returns what a server gives, and the texts of it by the names of files.
func served(t *testing.T, p population.Plan, since, day int) (population.Export, map[string]string) {
	t.Helper()
	p.Out = filepath.Join(t.TempDir(), "served")
	e, err := population.Serve(context.Background(), p, since, day)
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	for _, o := range e.Outputs {
		r, err := o.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		name, err := filepath.Rel(p.Out, o.Path)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
		if n := strings.Count(string(text), "\n"); n != o.Count || n == 0 {
			t.Errorf("%s: %d lines, %d are counted", name, n, o.Count)
		}
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, `{"resourceType":"`+o.Type+`",`) || o.Deleted != (o.Type == "Bundle") {
				t.Errorf("%s: a line is no %s", name, o.Type)
			}
		}
	}
	return e, texts
}

// TestWhatChangedIsOfItsTime holds every time in a delta against the clocks of
// the days that it leads from and to: that is what makes the one a watermark for
// the next.
func TestWhatChangedIsOfItsTime(t *testing.T) {
	p := living(t, 50, 500)
	times := 0
	for _, c := range [][2]int{{0, 1}, {1, 2}, {2, 7}, {7, 8}} {
		e, texts := served(t, p, c[0], c[1])
		from := p.Clock(c[0])
		if !e.Clock.Equal(p.Clock(c[1])) || !e.Clock.Equal(time.Date(2026, 11, 1+c[1], 0, 0, 0, 0, time.UTC)) {
			t.Errorf("day %d ends at %s", c[1], e.Clock)
		}
		seen := make(map[string]bool)
		for name, text := range texts {
			for line := range strings.Lines(text) {
				var at time.Time
				if found := resource.FindStringSubmatch(line); found != nil {
					at, _ = time.Parse(time.RFC3339, found[3])
					if key := found[1] + "/" + found[2]; seen[key] {
						t.Errorf("%s comes twice", found[1])
					} else {
						seen[key] = true
					}
				} else {
					var b struct {
						Meta struct{ LastUpdated time.Time }
					}
					if err := json.Unmarshal([]byte(line), &b); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					at = b.Meta.LastUpdated
				}
				times++
				if at.Before(from) || !at.Before(e.Clock) {
					t.Errorf("from day %d to %d: a change of %s", c[0], c[1], at)
				}
			}
		}
	}
	if times < 100 {
		t.Errorf("only %d changes were looked at", times)
	}
}

// TestServedWhole wants a whole export to have everything once, of before its
// clock, and no deletions; and what a delta deletes not to be in its output.
func TestServedWhole(t *testing.T) {
	p := living(t, 51, 400)
	e, texts := served(t, p, population.Never, 9)
	types := make(map[string]bool)
	for _, o := range e.Outputs {
		types[o.Type] = true
		if o.Deleted {
			t.Errorf("a whole export deletes something")
		}
	}
	for _, want := range []string{"Patient", "Observation", "Encounter", "MedicationRequest", "Appointment", "Organization"} {
		if !types[want] {
			t.Errorf("there is no %s", want)
		}
	}
	newest := e.Clock.Format(time.RFC3339)
	for name, text := range texts {
		for line := range strings.Lines(text) {
			if found := resource.FindStringSubmatch(line); found != nil && found[3] >= newest {
				t.Errorf("%s: a record of %s", name, found[3])
			}
		}
	}
	_, texts = served(t, p, 0, 9)
	gone := make(map[string]string)
	deletions(t, "x", []byte(texts["shared-record/deleted/Bundle.ndjson"]), gone)
	if len(gone) == 0 {
		t.Fatal("nothing was deleted")
	}
	for name, text := range texts {
		for line := range strings.Lines(text) {
			if found := resource.FindStringSubmatch(line); found != nil && gone["x "+found[1]+"/"+found[2]] != "" {
				t.Errorf("%s: what is deleted is given as well", name)
			}
		}
	}
}
