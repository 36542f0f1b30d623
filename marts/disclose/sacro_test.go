package disclose

import (
	"fmt"
	"strings"
	"testing"
)

// cars are the cylinders, gears and horsepower of R's data set mtcars, which
// the tests of ACRO-R are about.
const cars = `(6,4,110),(6,4,110),(4,4,93),(6,3,110),(8,3,175),(6,3,105),(8,3,245),(4,4,62),(4,4,95),(6,4,123),(6,4,123),
	(8,3,180),(8,3,180),(8,3,180),(8,3,205),(8,3,215),(8,3,230),(4,4,66),(4,4,52),(4,4,65),(4,3,97),(8,3,150),(8,3,150),
	(8,3,245),(8,3,175),(4,4,66),(4,5,91),(4,5,113),(8,5,264),(6,5,175),(8,5,335),(4,4,109)`

// TestSACRO holds the examples of ACRO-R (AI-SDC/ACRO-R,
// tests/testthat/test-acro_summarise.R): horsepower by cylinders and gears. Of
// at least ten cars there is one group; without that rule, dominance hides the
// five groups of one and two cars, by each of its two rules.
func TestSACRO(t *testing.T) {
	r := published(t, map[string]string{"population": "SELECT row_number() OVER () AS person_id, * FROM (VALUES " + cars + ") AS v(cyl, gear, hp)"})
	out, _, err := asks(t, r, "sacro", "cyl; gear", "total_hp sum of hp", "no", "SELECT * FROM population")
	if want := "cyl,gear,total_hp\n4,3,*\n4,4,*\n4,5,*\n6,3,*\n6,4,*\n6,5,*\n8,3,2330\n8,4,*\n8,5,*\n"; err != nil || text(out) != want {
		t.Errorf("%v\n%s", err, text(out))
	}
	groups := make(map[string]*figure)
	for _, car := range strings.Split(strings.Trim(strings.Join(strings.Fields(cars), ""), "()"), "),(") {
		var cyl, gear, hp int64
		if _, err := fmt.Sscanf(car, "%d,%d,%d", &cyl, &gear, &hp); err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprint(cyl, "/", gear)
		if groups[key] == nil {
			groups[key] = &figure{}
		}
		groups[key].value += hp
		groups[key].most = largest(groups[key].most, hp)
	}
	for _, alone := range []Profile{{Largest: share{2, 0.90}}, {Ratio: 0.10}} {
		for key, f := range groups {
			if want := strings.Contains("4/3 4/5 6/3 6/5 8/5", key); alone.dominated(f) != want {
				t.Errorf("%s: dominated is not %v", key, want)
			}
		}
	}
}
