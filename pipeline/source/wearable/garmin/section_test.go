package garmin

import (
	"slices"
	"strings"
	"testing"

	"secondaryuse/pipeline/source/wearable/wearabletest"
)

// TestSections holds which sections the readings of each kind of summary belong
// to: a day's those of their metrics, and all that was measured in a night or a
// workout to that as well.
func TestSections(t *testing.T) {
	rows, _ := wearabletest.Read(t, Open(wearabletest.Folder(t, map[string]string{"push.json": sample(t)})))
	got := make(map[string]string)
	for i := range rows {
		kind := strings.Split(rows[i].ID.ID, "\x1f")[1]
		names := strings.Join(rows[i].Sections.Names(), " and ")
		if all := strings.Split(got[kind], ", "); !slices.Contains(all, names) {
			got[kind] = strings.TrimPrefix(strings.Join(append(all, names), ", "), ", ")
		}
	}
	for kind, want := range map[string]string{
		"dailies": "activity, heart, stress", "epochs": "activity", "sleeps": "sleep, sleep and breathing", "hrv": "sleep and heart",
		"activities": "activity, activity and heart", "bodyComps": "body", "bloodPressures": "heart", "pulseox": "breathing",
		"allDayRespiration": "breathing", "stressDetails": "stress", "userMetrics": "activity", "healthSnapshot": "heart",
	} {
		if a, b := strings.Split(got[kind], ", "), strings.Split(want, ", "); !slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))) {
			t.Errorf("%s: %s; want %s", kind, got[kind], want)
		}
	}
	if len(got) == 0 {
		t.Error("no readings")
	}
}
