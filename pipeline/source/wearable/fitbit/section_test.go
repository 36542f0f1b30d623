package fitbit

import (
	"strings"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source/wearable/wearabletest"
)

// TestSections holds that what is measured in sleep alone, or in a workout,
// belongs to that besides, unless it is of a whole day.
func TestSections(t *testing.T) {
	seen := make(map[record.Sections]int)
	for _, name := range []string{"export.json", "answer.json"} {
		rows, _ := wearabletest.Read(t, Open(wearabletest.Folder(t, map[string]string{"user/" + name: wearabletest.File(t, name)})))
		for i := range rows {
			r := &rows[i]
			collection, want := strings.Split(r.ID.ID, "\x1f")[1], record.Sections(0)
			switch {
			case strings.HasPrefix(collection, "sleep"):
				want = record.Sleep
			case collection == "activity":
				want = record.Activity
			case r.Row.Span == "sample" && (r.Row.Metric == "heart-rate-variability" || r.Row.Metric == "spo2"):
				want = record.Sleep
			}
			if r.Sections&want != want || want == 0 && r.Sections&record.Sleep != 0 && r.Row.Span == "day" {
				t.Errorf("%s, %s of %s: %q", collection, r.Row.Metric, r.Row.Span, r.Sections.Names())
			}
			seen[r.Sections]++
		}
	}
	for _, s := range []record.Sections{record.Activity, record.Heart, record.Heart | record.Activity, record.Heart | record.Sleep, record.Breathing | record.Sleep, record.Sleep, record.Body} {
		if seen[s] == 0 {
			t.Errorf("no reading is of %q; there are %v", s.Names(), seen)
		}
	}
}
