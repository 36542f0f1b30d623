package wearable

import (
	"math/bits"
	"testing"

	"secondaryuse/deid/record"
)

// TestEveryMetricHasASection holds that what each metric tells of is one of the
// sections that wearables have: what had none would be shared by nobody who
// chooses.
func TestEveryMetricHasASection(t *testing.T) {
	for m := range metrics {
		if s := Metric(m).Section(); bits.OnesCount32(uint32(s)) != 1 || s&record.OfWearable == 0 {
			t.Errorf("%s belongs to %q", Metric(m).Word(), s.Names())
		}
	}
}
