package disclose

import (
	"context"
	"strings"
	"testing"
)

// What is found of one is said of one.
func TestFindingsOfOne(t *testing.T) {
	for hidden, want := range map[int]string{0: "1 counts are too small to be shown", 1: "1 count is too small to be shown", 2: "2 counts are too small to be shown"} {
		bands := [][2]int{{3, 180}, {80, 230}, {160, 310}, {230, 440}}
		if hidden == 2 {
			bands[1][0] = 3
		}
		in := input(t, published(t, hearts(bands...)), "opensafely", strings.Replace(heart, "totals: yes", "totals: no", 1))
		in.AsText = hidden == 0 // a request of before says so
		out, review, err := Control(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		if got := review.Findings; len(got) == 0 || got[0].Text != want {
			t.Errorf("%v, want %q", got, want)
		}
		out.Close()
	}
}

// A question without a header is told where its form stands.
func TestHeaderNextStep(t *testing.T) {
	for _, text := range []string{"SELECT 1", strings.Split(heart, "SELECT")[0]} {
		if _, err := Load(text); err == nil || !strings.Contains(err.Error(), "next: write it") {
			t.Error(err)
		}
	}
}
