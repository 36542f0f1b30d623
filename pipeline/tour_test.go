package pipeline

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTours holds that each package stands once in the tour of its folder, and that
// what a tour lists is there. Packages for tests may stand in the line of another.
func TestTours(t *testing.T) {
	for root, tour := range map[string]string{"pipeline": "doc.go", "deid": "doc.go", "marts": "marts.go", "schedules": "doc.go"} {
		text, err := os.ReadFile(filepath.Join("..", root, tour))
		if err != nil {
			t.Fatal(err)
		}
		listed := make(map[string]int)
		for _, item := range regexp.MustCompile(`(?m)^//\t([a-z0-9/]+)  .+$`).FindAllStringSubmatch(string(text), -1) {
			listed[item[1]]++
		}
		for _, name := range packages(t, root) {
			if n := listed[name]; n > 1 || n == 0 && !(strings.HasSuffix(name, "test") && strings.Contains(string(text), filepath.Base(name))) {
				t.Errorf("%s/%s lists %s %d times", root, tour, name, n)
			}
			delete(listed, name)
		}
		for name := range listed {
			t.Errorf("%s/%s lists %s, which is not there", root, tour, name)
		}
	}
}

// packages are the folders below one that hold Go which is not for tests.
func packages(t *testing.T, root string) (all []string) {
	err := filepath.WalkDir(filepath.Join("..", root), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || d.Name() == root {
			return err
		}
		if d.Name() == "testdata" {
			return fs.SkipDir
		}
		files, err := filepath.Glob(filepath.Join(path, "*.go"))
		for _, f := range files {
			if !strings.HasSuffix(f, "_test.go") {
				all = append(all, strings.TrimPrefix(filepath.ToSlash(path), "../"+root+"/"))
				break
			}
		}
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%s: %d packages, %v", root, len(all), err)
	}
	return all
}
