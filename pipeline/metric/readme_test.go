package metric

import (
	"regexp"
	"strings"
	"testing"
)

// TestReadme holds that the table of metrics in the README has every one that is
// exposed, and no other.
func TestReadme(t *testing.T) {
	text := readText(t, "../../README.md")
	from, to := strings.Index(text, "\n| metrics (`ohc_`...)"), strings.Index(text, "**no count of records")
	if from < 0 || to < from {
		t.Fatal("there is no table")
	}
	there := series(t)
	named := make(map[string]bool)
	for row := range strings.Lines(text[from+1 : to]) {
		cells := strings.Split(row, "|")
		if len(cells) < 3 || !strings.HasPrefix(row, "| `") {
			continue
		}
		words := regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(cells[1], -1)
		for i, w := range words {
			name := w[1]
			for j := i; strings.HasSuffix(name, "_") && j < len(words); j++ { // the rest of the name is told once, later
				if at := strings.Index(words[j][1], "timestamp_seconds"); at >= 0 {
					name += words[j][1][at:]
				}
			}
			named["ohc_"+name] = true
		}
	}
	for name := range there {
		if !named[name] {
			t.Errorf("%s is not in the table", name)
		}
	}
	for name := range named {
		if there[name] == nil {
			t.Errorf("%s is in the table, and is not exposed", name)
		}
	}
}
