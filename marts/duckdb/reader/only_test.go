package reader

import (
	"context"
	"strings"
	"testing"
)

// TestOnly: a question sees the rows of some persons, and marts of none whole.
func TestOnly(t *testing.T) {
	r, folder := open(t, Limits{})
	ctx := context.Background()
	for _, step := range []struct{ condition, want string }{{"person_id < 10", "[10,1]\n"}, {"person_id % 2 = 0", "[500,1]\n"}, {"", "[1000,1]\n"}} {
		if err := r.Only(ctx, step.condition); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"population", "main.population", "memory.main.population"} {
			if got, err := ask(r, "SELECT count(*), (SELECT count(*) FROM activity) FROM "+name); err != nil || got != step.want {
				t.Errorf("%s: %s%v", step.condition, got, err)
			}
		}
	}
	for _, q := range escapes { // and the walls stand as before
		if out, err := ask(r, strings.NewReplacer("%o", "/etc/passwd", "%s", folder).Replace(q)); err == nil {
			t.Errorf("%s: %s", q, out)
		}
	}
}
