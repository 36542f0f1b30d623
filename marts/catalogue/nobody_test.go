package catalogue

import (
	"slices"
	"testing"
)

// TestOfNobody: counts of persons are of somebody, however far down the persons are; what
// is made of look-ups alone is of nobody.
func TestOfNobody(t *testing.T) {
	marts, err := All()
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) []Column { return []Column{{Name: name, Type: "VARCHAR"}} }
	marts = append(marts,
		Mart{Name: "of_tallies", Reads: []string{"activity_monthly"}, Columns: column("month")},
		Mart{Name: "later", Reads: []string{"network"}, Columns: column("pcn")},
		Mart{Name: "network", Reads: []string{"practice"}, Columns: column("pcn")},
		Mart{Name: "ids", Reads: []string{"practice"}, Columns: column("person_id")},
		Mart{Name: "records", Reads: []string{"unlinked_problem"}, Columns: column("code")},
		Mart{Name: "unheard", Reads: []string{"nothing_known"}, Columns: column("code")},
	)
	got, err := OfNobody(marts)
	slices.Sort(got)
	if want := []string{"later", "network"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}
