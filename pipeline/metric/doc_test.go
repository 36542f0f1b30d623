package metric

import (
	"regexp"
	"strings"
	"testing"
)

// TestDoc holds that the package comment lists every metric that is exposed, and no
// other.
func TestDoc(t *testing.T) {
	text := strings.ReplaceAll(readText(t, "doc.go"), "\n//     ", " ")
	there, named := series(t), make(map[string]bool)
	for _, item := range regexp.MustCompile(`(?m)^//   - ([a-z_, ]+): `).FindAllStringSubmatch(text, -1) {
		for _, name := range strings.Split(item[1], ", ") {
			named["ohc_"+name] = true
		}
	}
	for name := range there {
		if !named[name] {
			t.Errorf("%s is not in the list", name)
		}
	}
	for name := range named {
		if there[name] == nil {
			t.Errorf("%s is in the list, and is not exposed", name)
		}
	}
}
