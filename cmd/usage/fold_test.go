package usage

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"pgregory.net/rapid"
)

// TestFold holds that help fits into 80 columns, words and paragraphs as they were; and
// that lists stay as they are written.
func TestFold(t *testing.T) {
	list := "Kinds:\n  one    " + strings.Repeat("x", 90) + "\n  other  y"
	c := &cobra.Command{Use: "x", Long: strings.Repeat("some words ", 20) + "\n\n" + list}
	c.AddCommand(&cobra.Command{Use: "y", Long: strings.Repeat("naïve ", 40), Run: func(*cobra.Command, []string) {}})
	Strict(c, func(err error) error { return err })
	first, second, _ := strings.Cut(c.Long, "\n\n")
	if second != list || strings.Count(first, "\n") != 2 || strings.Count(c.Commands()[0].Long, "\n") != 3 {
		t.Errorf("%q, %q", c.Long, c.Commands()[0].Long)
	}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-zé]{1,30}`)).Draw(t, "words")
		got := broken(words)
		if strings.Join(strings.Fields(got), " ") != strings.Join(words, " ") {
			t.Fatalf("%q of %q", got, words)
		}
		for _, line := range strings.Split(got, "\n") {
			if len([]rune(line)) > columns {
				t.Fatalf("%q is too long", line)
			}
		}
	})
}
