package report

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/pipeline/ledger"
)

// TestNothingCanBeComputed holds that of no count from 1 to 7 can be said which it
// is, by whoever sees its column and the column's sum. What is told together is
// one count.
func TestNothingCanBeComputed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.Bool().Draw(t, "some")
		one := rapid.OneOf(rapid.SampledFrom([]int64{1, 7, 8, 12, 13}), rapid.Int64Range(0, 7), rapid.Int64Range(8, 120))
		counts := rapid.SliceOfN(one, 0, 6).Draw(t, "counts")
		counts = append(counts, slices.Repeat([]int64{rapid.SampledFrom([]int64{0, 1, 7, 8, 12}).Draw(t, "same")}, rapid.IntRange(1, 12).Draw(t, "times"))...)
		shown := suppress(counts)
		if some {
			counts = slices.DeleteFunc(counts, func(n int64) bool { return n == 0 })
			slices.Sort(counts)
			n := together(counts)
			shown = told(counts, n)
			if n > 0 {
				sum := int64(0)
				for _, c := range counts[:n] {
					sum += c
				}
				counts = append(counts[n:], sum)
			}
		}
		total := int64(0)
		for _, n := range counts {
			total += n
		}
		from, to := span(Rounded(total), false)
		for i, f := range shown {
			low, high := span(f, some)
			if counts[i] < low || counts[i] > high {
				t.Fatalf("%d of %v is told as %v", counts[i], counts, f)
			}
			if counts[i] == 0 || counts[i] >= least {
				continue
			}
			others, most := int64(0), int64(0)
			for j, g := range shown {
				if j != i {
					l, h := span(g, some)
					others, most = others+l, most+h
				}
			}
			if low, high = max(low, from-most), min(high, to-others); low >= high {
				t.Fatalf("%v of %v, as %v with the sum %v, is known to be %d", counts[i], counts, shown, Rounded(total), low)
			}
		}
	})
}

// TestTogether holds which counts are told as one.
func TestTogether(t *testing.T) {
	for _, tc := range []struct {
		counts []int64
		want   int
	}{{[]int64{7}, 0}, {[]int64{1, 100}, 0}, {[]int64{4, 4}, 0}, {[]int64{7, 7, 7, 7}, 4}, {[]int64{1, 1, 1, 1, 8}, 4}, {[]int64{1, 3, 500}, 0}, {[]int64{1, 8, 8}, 2}} {
		if got := together(tc.counts); got != tc.want {
			t.Errorf("%v: %v", tc.counts, got)
		}
	}
	f := Facts{Tallies: []ledger.Tally{{Feed: "a", Outcome: "kept", Records: 98}, {Feed: "a", Outcome: "deleted", Records: 1}, {Feed: "a", Outcome: "superseded", Records: 1}, {Feed: "a", Outcome: "unused", Records: 2}}}
	want := map[Line]Figure{{Feed: "a", Outcome: "kept"}: 100, {Feed: "a", Outcome: several}: Few}
	if got := records(f); !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// TestFigures holds how figures are written, and that they are read again.
func TestFigures(t *testing.T) {
	for _, tc := range []struct {
		n          int64
		text, data string
	}{{0, "0", "0"}, {1, "<8", `"<8"`}, {7, "<8", `"<8"`}, {8, "10", "10"}, {12, "10", "10"}, {13, "15", "15"}, {1_234_567, "1,234,565", "1234565"}} {
		f := Rounded(tc.n)
		data, err := f.MarshalJSON()
		if err != nil || f.String() != tc.text || string(data) != tc.data {
			t.Errorf("%d: %s %s %v", tc.n, f, data, err)
		}
		var again Figure
		if err := json.Unmarshal(data, &again); err != nil || again != f {
			t.Errorf("%s: %v %v", data, again, err)
		}
	}
	for _, text := range []string{`"8"`, "-1", "-2", "null", "1.5", `"<9"`} {
		if err := new(Figure).UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%s was read as a figure", text)
		}
	}
}
