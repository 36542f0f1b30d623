package pipeline

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func readText(t *testing.T, path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReadmeModules holds that README.md has every module that is required, with the
// version if it says one, and none that is not.
func TestReadmeModules(t *testing.T) {
	required := make(map[string]string)
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) (v\S+)$`).FindAllStringSubmatch(readText(t, "../go.mod"), -1) {
		required[m[1]] = m[2]
	}
	_, table, _ := strings.Cut(readText(t, "../README.md"), "## What is used, and why\n")
	table, _, _ = strings.Cut(table, "\n## ")
	told := make(map[string]bool)
	for _, m := range regexp.MustCompile("`([a-z.]+\\.[a-z]+/[^` ]+)`(?: (v[0-9.]+))?").FindAllStringSubmatch(table, -1) {
		if told[m[1]] {
			t.Errorf("%s stands twice in the table", m[1])
		}
		told[m[1]] = true
		if is := required[m[1]]; is == "" || m[2] != "" && m[2] != is {
			t.Errorf("the table has %s %s, go.mod %q", m[1], m[2], is)
		}
	}
	for module := range required {
		if !told[module] {
			t.Errorf("%s is not in the table", module)
		}
	}
}

// TestReadmeLinks holds that what README.md links to, and each test and benchmark that it
// tells one to run, is there.
func TestReadmeLinks(t *testing.T) {
	text := readText(t, "../README.md")
	anchors := make(map[string]bool)
	for _, h := range regexp.MustCompile(`(?m)^##* (.*)$`).FindAllStringSubmatch(text, -1) {
		plain := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(h[1]), "")
		anchors["#"+strings.ReplaceAll(plain, " ", "-")] = true
	}
	for _, l := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(l[1], "https://") || anchors[l[1]] {
			continue
		}
		if _, err := os.Stat(filepath.Join("..", l[1])); err != nil {
			t.Errorf("README.md links to %s, which is not there", l[1])
		}
	}
	there := tests(t)
	for _, m := range regexp.MustCompile(`-(?:run|bench) '?([A-Za-z|]+)`).FindAllStringSubmatch(text, -1) {
		for _, name := range strings.Split(m[1], "|") {
			if !strings.Contains(there, name) {
				t.Errorf("README.md runs %s, which no test or benchmark is called", name)
			}
		}
	}
}

// tests are the names of all tests and benchmarks.
func tests(t *testing.T) string {
	var all strings.Builder
	name := regexp.MustCompile(`(?m)^func ((?:Test|Benchmark)\w+)\(`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, m := range name.FindAllStringSubmatch(readText(t, path), -1) {
			all.WriteString(m[1] + "\n")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
