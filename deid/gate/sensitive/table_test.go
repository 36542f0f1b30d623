package sensitive

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestTable holds what a table finds of a code, and that it finds anything, to
// looking at every rule, for each way to compare.
func TestTable(t *testing.T) {
	compared := map[form]func(string) string{
		asIs:   func(s string) string { return s },
		folded: func(s string) string { return strings.ToUpper(strings.ReplaceAll(s, ".", "")) },
		read5:  func(s string) string { return strings.TrimRight(s[:min(5, len(s))], ".") },
	}
	for form, same := range compared {
		rapid.Check(t, func(t *rapid.T) {
			code := rapid.StringMatching(`[AaBb1][.1]?[12]?[.12]{0,5}`)
			in := &table{form: form, exact: make(map[string]int32), prefix: make(map[string]int32), entries: make([]entry, 1)}
			type named struct {
				code   string
				prefix bool
			}
			var rules []named
			for i := range rapid.IntRange(0, 6).Draw(t, "rules") {
				r := named{code.Draw(t, "rule"), form != asIs && rapid.Bool().Draw(t, "prefix")}
				if same(r.code) == "" {
					r.code = "1"
				}
				rules = append(rules, r)
				in.add(r.code, r.prefix, i, "")
			}
			asked := code.Draw(t, "asked")
			var got, want []int
			for e := range in.find(asked) {
				got = append(got, int(e.rule))
			}
			for i, r := range rules {
				if same(r.code) == same(asked) && !r.prefix || r.prefix && strings.HasPrefix(same(asked), same(r.code)) {
					want = append(want, i)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) || in.has(asked) != (len(want) > 0) {
				t.Fatalf("%q among %v: %v, want %v, has %t", asked, rules, got, want, in.has(asked))
			}
		})
	}
}
