package pipeline

import (
	"errors"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/locator"
	"secondaryuse/pipeline/source"
)

// TestMet holds that every line that was asked for, and every file that was read
// as a whole, must have held a record that was sought: many of one file do not
// stand for another.
func TestMet(t *testing.T) {
	type found struct {
		file string
		head record.Head
	}
	one := func(file string, from int64) found { return found{file, record.Head{From: from, Size: 7}} }
	whole := func(file string, from int64) found { return found{file, record.Head{From: from}} }
	lines := []locator.Place{{File: 0, From: 0, Size: 7}, {File: 0, From: 8, Size: 7}}
	files := []locator.Place{{File: 0}, {File: 1, From: 3}, {File: 1, From: 9}}
	for name, tc := range map[string]struct {
		places []locator.Place
		found  []found
		all    bool
	}{
		"every line":                        {lines, []found{one("a", 0), one("a", 8)}, true},
		"one line of two":                   {lines, []found{one("a", 0)}, false},
		"another line":                      {lines, []found{one("a", 0), one("a", 9)}, false},
		"one line of two, with two records": {lines, []found{one("a", 0), one("a", 0)}, false},
		"every file":                        {files, []found{whole("a", 0), whole("b", 5)}, true},
		"one file of two, twice":            {files, []found{whole("a", 1), whole("a", 2)}, false},
		"a file and a line":                 {append(files[:1:1], locator.Place{File: 2, Size: 7}), []found{whole("a", 4), one("c", 0)}, true},
		"a file, and a line that is not":    {append(files[:1:1], locator.Place{File: 2, Size: 7}), []found{whole("a", 4), whole("a", 0)}, false},
		"a file that was asked for in both": {append(lines[:2:2], locator.Place{File: 0}), []found{whole("a", 4)}, true},
		"nothing":                           {files, nil, false},
	} {
		d := delivery{0, 3}
		m := met{places: make(map[delivery]map[locator.Place]bool)}
		for _, f := range tc.found {
			shard := source.Shard{File: f.file}
			if f.head.Size > 0 {
				shard.Picked = new([]source.Span)
			}
			m.note(&task{batch: batch{Landed: Landed{Number: 3}, src: picked{files: map[string]int{"a": 0, "b": 1, "c": 2}}}, shard: shard}, &f.head)
		}
		places := make(map[locator.Place]bool)
		for _, p := range tc.places {
			places[p] = true
		}
		err := m.all([]Feed{{}}, map[delivery]map[locator.Place]bool{d: places})
		if (err == nil) != tc.all || err != nil && !errors.Is(err, errMissing) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
