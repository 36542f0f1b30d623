package apple

import (
	"strings"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source/wearable/wearabletest"
)

// TestSections holds that the readings of a workout belong to activity, whatever
// was measured, and the pieces of a night to sleep.
func TestSections(t *testing.T) {
	rows, _ := read(t, wearabletest.Folder(t, map[string]string{"user/export.xml": sample(t)}))
	seen := make(map[record.Sections]int)
	for i := range rows {
		r := &rows[i]
		seen[r.Sections]++
		if strings.Contains(r.ID.ID, "HKWorkoutActivityType") && r.Sections&record.Activity == 0 ||
			strings.HasPrefix(string(r.Row.Metric), "sleep") && r.Sections != record.Sleep {
			t.Errorf("%s: %q", r.Row.Metric, r.Sections.Names())
		}
	}
	for _, s := range []record.Sections{record.Activity, record.Heart, record.Heart | record.Activity, record.Sleep, record.Body} {
		if seen[s] == 0 {
			t.Errorf("no reading is of %q; there are %v", s.Names(), seen)
		}
	}
}
